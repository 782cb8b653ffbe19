/** The page `RESULTS.md`, made of stored results and of nothing else. */
import { sizesText } from './baselines.ts';
import { amount } from './report.ts';
import type { ResultRecord } from './results.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [row(head), row(head.map(() => '---')), ...rows.map(row), ''];
}

/** One row per run: what each block cost, and what stands beside the figure wherever blocks of a stream were run. */
const BLOCK_COLUMNS: readonly (readonly [head: string, detail: string])[] = [
  ['ns/tx', 'nsPerTx'],
  ['block p50 us', 'blockP50Us'],
  ['p99 us', 'blockP99Us'],
  ['p99.9 us', 'blockP999Us'],
  ['GC share', 'gcShare'],
  ['survivors %', 'survivorPercent'],
  ['bytes/account', 'stateBytesPerAccount'],
];

function figuresOf(records: readonly ResultRecord[]): string[] {
  const withGoal = records.filter(({ goal }) => goal !== undefined);
  const others = records.filter(({ goal }) => goal === undefined);
  const ofBlocks = records.filter(({ details }) => details['blockP50Us'] !== undefined);
  const faulty = records.filter(({ faults }) => faults.length > 0);
  const name = (record: ResultRecord): string => `\`${record.name}\``;
  const figure = ({ value, unit }: ResultRecord): string => `${amount(value)} ${unit}`;
  const run = ({ seed, date, loadPerCore, command }: ResultRecord): string[] => [
    String(seed),
    date,
    loadPerCore.toFixed(2),
    `\`${command}\``,
  ];
  const lines: string[] = [];
  if (withGoal.length > 0) {
    lines.push('### Goals', '');
    lines.push(
      ...table(
        ['what', 'goal', 'figure', 'figure / goal', 'verdict', 'result', 'seed', 'date', 'load', 'command'],
        withGoal.map((record) => {
          const { value, better } = record.goal!;
          return [
            name(record),
            `${better === 'more' ? '>=' : '<='} ${amount(value)} ${record.unit}`,
            figure(record),
            (record.value / value).toFixed(2),
            record.reached ? 'met' : '**missed**',
            record.resultHash,
            ...run(record),
          ];
        }),
      ),
    );
  }
  if (ofBlocks.length > 0) {
    lines.push('### Blocks of the measured stream', '');
    lines.push(
      ...table(
        ['what', 'sizes', ...BLOCK_COLUMNS.map(([head]) => head)],
        ofBlocks.map((record) => [
          name(record),
          sizesText(record.sizes),
          ...BLOCK_COLUMNS.map(([, detail]) => {
            const value = record.details[detail];
            return typeof value === 'number' ? amount(value) : '-';
          }),
        ]),
      ),
    );
  }
  if (others.length > 0) {
    lines.push('### Other figures', '');
    lines.push(
      ...table(
        ['what', 'figure', 'result', 'seed', 'date', 'load', 'command'],
        others.map((record) => [name(record), figure(record), record.resultHash, ...run(record)]),
      ),
    );
  }
  if (faulty.length > 0) {
    lines.push('### Runs that say nothing about speed', '');
    for (const record of faulty) lines.push(`- ${name(record)}: ${record.faults.join('; ')}`);
    lines.push('');
  }
  return lines;
}

/** Stored results by class of machine, and which of the commands that the lists name have left none. */
export function resultsPage(
  stored: ReadonlyMap<string, readonly ResultRecord[]>,
  commands: readonly string[],
): string {
  const measured = new Set([...stored.values()].flat().map(({ command }) => command));
  const missing = commands.filter((command) => !measured.has(command));
  return [
    '# Results',
    '',
    'Written by `npm run bench -- report` from the lines in `results/<class of machine>/`, which runs with `--save` leave; a test holds',
    'it to them. `load`: runnable processes a core when the run began; above 0.5 somebody else was on the machine. Rates are per',
    'second of CPU time of one core, unless a line says otherwise. What each figure means stands in the first comment of its file.',
    '',
    ...[...stored].flatMap(([machine, records]) => [`## ${machine}`, '', ...figuresOf(records)]),
    ...(missing.length === 0
      ? []
      : ['## Not measured yet', '', ...missing.map((command) => `- \`${command}\``), '']),
  ].join('\n');
}
