/** A result as lines for a person. */
import type { Comparison } from './baselines.ts';
import type { ResultRecord } from './results.ts';

const SIGNIFICANT = 4;

export function amount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(SIGNIFICANT)));
}

function goalText({ goal, reached }: ResultRecord): string {
  if (goal === undefined) return '';
  return `goal ${goal.better === 'more' ? '>=' : '<='} ${amount(goal.value)}: ${reached ? 'met' : 'missed'}`;
}

function baselineText(compared: Comparison | undefined): string {
  if (compared === undefined) return '';
  const worse = compared.isRegression ? ', WORSE' : '';
  return `${compared.ratio.toFixed(2)} of the baseline${worse}${compared.sameResult ? '' : ', another result'}`;
}

export function textLines(record: ResultRecord): string[] {
  const beside = [goalText(record), baselineText(record.baseline)].filter((text) => text !== '');
  const head = `${record.name}  ${amount(record.value)} ${record.unit}${beside.map((text) => `  (${text})`).join('')}`;
  const details = Object.entries(record.details).map(
    ([name, value]) => `    ${name.padEnd(28)} ${typeof value === 'number' ? amount(value) : value}`,
  );
  const faults = record.faults.map((fault) => `    out of range: ${fault}`);
  return [head, ...details, `    ${'result'.padEnd(28)} ${record.resultHash}`, ...faults];
}
