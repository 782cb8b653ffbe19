/** Results as lines for a person, as one JSON object each, and as a table of a page. */
import { type Baseline, type MeasuredResult, ratioToBaseline } from './baselines.ts';
import { reaches } from './benchmark.ts';
import { classSlug, type MachineClass } from './machine.ts';

const SIGNIFICANT = 4;

function amount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(SIGNIFICANT)));
}

function goalText({ result }: MeasuredResult): string {
  if (result.goal === undefined) return '';
  const sign = result.goal.better === 'more' ? '>=' : '<=';
  return `goal ${sign} ${amount(result.goal.value)}: ${reaches(result) ? 'reached' : 'missed'}`;
}

function baselineText(measured: MeasuredResult, stored: Baseline | undefined): string {
  const compared = ratioToBaseline(measured, stored);
  if (compared === undefined) return '';
  const result = compared.sameResult ? '' : ', another result';
  return `${compared.ratio.toFixed(2)} of the baseline${result}`;
}

export function textLines(measured: MeasuredResult, stored: Baseline | undefined): string[] {
  const { result } = measured;
  const beside = [goalText(measured), baselineText(measured, stored)].filter((text) => text !== '');
  const head = `${result.name}  ${amount(result.value)} ${result.unit}${beside.map((text) => `  (${text})`).join('')}`;
  const details = Object.entries(result.details).map(
    ([name, value]) => `    ${name.padEnd(28)} ${typeof value === 'number' ? amount(value) : value}`,
  );
  const faults = (result.faults ?? []).map((fault) => `    out of range: ${fault}`);
  return [head, ...details, `    ${'result'.padEnd(28)} ${result.resultHash}`, ...faults];
}

export function jsonLine(
  measured: MeasuredResult,
  stored: Baseline | undefined,
  machine: MachineClass,
): string {
  const { result, sizes } = measured;
  const { details, ...head } = result;
  const compared = ratioToBaseline(measured, stored);
  return JSON.stringify({
    ...head,
    ...details,
    sizes,
    ...(result.goal === undefined ? {} : { reached: reaches(result) }),
    ...(compared === undefined
      ? {}
      : { baselineRatio: compared.ratio, baselineSameResult: compared.sameResult }),
    machine: classSlug(machine),
    node: process.version,
  });
}

export function markdownPage(measured: readonly MeasuredResult[], machine: MachineClass): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = measured.map((one) => {
    const { result, sizes } = one;
    const size = Object.entries(sizes).map(([name, value]) => `${name} ${amount(value)}`);
    const cells = [
      `\`${result.name}\``,
      `${amount(result.value)} ${result.unit}`,
      goalText(one) || '-',
      size.join(', '),
      result.resultHash,
    ];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const { cpu, cores, nodeMajor, hugePages } = machine;
  return [
    '# Figures of one run',
    '',
    `Written by \`npm run bench -- all --markdown\`. ${cpu}, ${cores} cores, Node ${nodeMajor}, huge pages ${hugePages ? 'on' : 'off'}.`,
    '',
    '| benchmark | figure | goal | sizes | result |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
