/**
 * One result with everything needed to judge and to repeat it, as `--json` prints it and as
 * `benchmarks/results/<class of machine>/<benchmark>.jsonl` keeps it: one line a result, the last run of the same sizes.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { compareUtf8 } from '../../schemas/order.ts';
import { type Comparison, type MeasuredResult, sizesText } from './baselines.ts';
import { type Benchmark, reaches, type Sizes } from './benchmark.ts';
import { pace } from './pace.ts';

const direction = z.enum(['more', 'less']);

const resultRecord = z.object({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  seed: z.number(),
  resultHash: z.string(),
  goal: z.object({ value: z.number(), better: direction }).optional(),
  /** The goal, where there is one, and no fault. */
  reached: z.boolean(),
  faults: z.array(z.string()),
  details: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
  sizes: z.record(z.string(), z.number()),
  command: z.string(),
  /** Day of the run, UTC. */
  date: z.iso.date(),
  machine: z.string(),
  node: z.string(),
  yardstick: z.enum(['memory', 'json']),
  pace,
  /** Runnable processes a core when the run began, mean of a minute: above 0.5 somebody else was there. */
  loadPerCore: z.number(),
  baseline: z.object({ ratio: z.number(), isRegression: z.boolean(), sameResult: z.boolean() }).optional(),
});
export type ResultRecord = z.infer<typeof resultRecord>;

/** What a run of a benchmark is repeated with: the options that are not the usual ones. */
export function commandOf({ name, options }: Benchmark, sizes: Sizes, hugePages: boolean): string {
  const given = Object.entries(sizes).filter(([option, value]) => options[option]?.default !== value);
  return [
    'npm run bench --',
    name,
    ...given.map(([option, value]) => `--${option} ${value}`),
    ...(hugePages ? [] : ['--huge-pages off']),
  ].join(' ');
}

export interface RunFacts {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly loadPerCore: number;
}

export function recordOf(
  { result, sizes, ...run }: MeasuredResult,
  facts: RunFacts,
  compared: Comparison | undefined,
): ResultRecord {
  const { goal, faults = [], ...said } = result;
  return {
    ...said,
    ...(goal === undefined ? {} : { goal }),
    reached: reaches(result),
    faults: [...faults],
    details: { ...result.details },
    sizes: { ...sizes },
    ...run,
    ...facts,
    ...(compared === undefined ? {} : { baseline: compared }),
  };
}

const benchmarkOf = ({ name }: ResultRecord): string => name.split('/', 1)[0] as string;

async function readLines(path: string): Promise<ResultRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => resultRecord.parse(JSON.parse(line)));
}

const isSameRun = (a: ResultRecord, b: ResultRecord): boolean =>
  a.name === b.name && sizesText(a.sizes) === sizesText(b.sizes);

/** Keeps results of a run under `folder`; those of the same name, sizes and class of machine give way. */
export async function saveResults(folder: string, records: readonly ResultRecord[]): Promise<void> {
  const files = new Map<string, ResultRecord[]>();
  for (const record of records) {
    const path = join(folder, record.machine, `${benchmarkOf(record)}.jsonl`);
    files.set(path, [...(files.get(path) ?? []), record]);
  }
  for (const [path, fresh] of files) {
    const others = (await readLines(path)).filter((old) => !fresh.some((one) => isSameRun(old, one)));
    const lines = [...others, ...fresh].map((record) => JSON.stringify(record));
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, `${lines.sort(compareUtf8).join('\n')}\n`);
  }
}

/** Every stored result, by class of machine. */
export async function readResults(folder: string): Promise<ReadonlyMap<string, readonly ResultRecord[]>> {
  let machines: string[];
  try {
    machines = (await readdir(folder)).sort(compareUtf8);
  } catch {
    return new Map();
  }
  const found = new Map<string, readonly ResultRecord[]>();
  for (const machine of machines) {
    const files = (await readdir(join(folder, machine))).filter((file) => file.endsWith('.jsonl'));
    const records = await Promise.all(
      files.sort(compareUtf8).map((file) => readLines(join(folder, machine, file))),
    );
    if (records.flat().length > 0) found.set(machine, records.flat());
  }
  return found;
}
