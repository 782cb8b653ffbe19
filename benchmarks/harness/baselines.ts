/**
 * Stored figures of one class of machine, to compare a run with: `benchmarks/baselines/<class>.json`. What is compared is the
 * figure as a multiple of a yardstick of the same run; a ratio, a size or a share stands for itself.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BenchmarkResult, Sizes } from './benchmark.ts';
import { classSlug, type MachineClass } from './machine.ts';
import { type Pace, pace, type Yardstick, yardstickNs } from './pace.ts';

/** A figure that is worse than the stored one by more than this share fails the run. */
export const REGRESSION_TOLERANCE = 0.2;

const baseline = z.object({
  name: z.string(),
  /** Options of the run: figures of other sizes are not compared. */
  sizes: z.record(z.string(), z.number()),
  value: z.number(),
  unit: z.string(),
  resultHash: z.string(),
  yardstick: z.enum(['memory', 'json']),
  pace,
});
export type Baseline = z.infer<typeof baseline>;

const baselineFile = z.object({
  machine: z.object({ cpu: z.string(), cores: z.number(), nodeMajor: z.number(), hugePages: z.boolean() }),
  results: z.array(baseline),
});

/** A figure, the options of its run, and the pace of the machine while it ran. */
export interface MeasuredResult {
  readonly result: BenchmarkResult;
  readonly sizes: Sizes;
  readonly yardstick: Yardstick;
  readonly pace: Pace;
}

export interface Comparison {
  /** The run as a ratio to the stored figure, both as multiples of their yardsticks. */
  readonly ratio: number;
  readonly isRegression: boolean;
  readonly sameResult: boolean;
}

export const sizesText = (sizes: Sizes): string =>
  Object.entries(sizes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const fileOf = (folder: string, machine: MachineClass): string => join(folder, `${classSlug(machine)}.json`);

/** Stored figures; none for a class that has no file. */
export async function readBaselines(folder: string, machine: MachineClass): Promise<readonly Baseline[]> {
  let text: string;
  try {
    text = await readFile(fileOf(folder, machine), 'utf8');
  } catch {
    return [];
  }
  return baselineFile.parse(JSON.parse(text)).results;
}

const isOf = (stored: Baseline, name: string, sizes: Sizes): boolean =>
  stored.name === name && sizesText(stored.sizes) === sizesText(sizes);

/** Puts the figures of a run in place of the stored ones of the same names and sizes. Returns the file's path. */
export async function saveBaselines(
  folder: string,
  machine: MachineClass,
  measured: readonly MeasuredResult[],
): Promise<string> {
  const others = (await readBaselines(folder, machine)).filter(
    (stored) => !measured.some(({ result, sizes }) => isOf(stored, result.name, sizes)),
  );
  const fresh = measured.map(({ result, sizes, ...run }) => {
    const { name, value, unit, resultHash } = result;
    return { name, sizes, value, unit, resultHash, ...run };
  });
  const keyOf = ({ name, sizes }: Baseline): string => `${name} ${sizesText(sizes)}`;
  const results = [...others, ...fresh].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await mkdir(folder, { recursive: true });
  const path = fileOf(folder, machine);
  await writeFile(path, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  return path;
}

const RATE = /\/s$/;
const TIME = /^(ns|us|ms|s)(\/|$)/;

/** The figure as a multiple of its yardstick; ratios, sizes and shares as they are. */
function relative(value: number, unit: string, ns: number): number {
  if (RATE.test(unit)) return value * ns;
  return TIME.test(unit) ? value / ns : value;
}

/** Whether more is better; undefined where nobody said so. */
function better({ unit, goal }: BenchmarkResult): 'more' | 'less' | undefined {
  if (RATE.test(unit)) return 'more';
  return TIME.test(unit) ? 'less' : goal?.better;
}

/** The run beside the stored figure of its name, sizes and unit; undefined where there is none. */
export function compareToBaseline(
  { result, sizes, yardstick, pace: ran }: MeasuredResult,
  baselines: readonly Baseline[],
): Comparison | undefined {
  const stored = baselines.find((one) => isOf(one, result.name, sizes));
  if (stored === undefined || stored.unit !== result.unit || stored.yardstick !== yardstick) return undefined;
  const before = relative(stored.value, stored.unit, yardstickNs(stored.pace, yardstick));
  if (before === 0) return undefined;
  const ratio = relative(result.value, result.unit, yardstickNs(ran, yardstick)) / before;
  const direction = better(result);
  const isRegression =
    (direction === 'more' && ratio < 1 - REGRESSION_TOLERANCE) ||
    (direction === 'less' && ratio > 1 + REGRESSION_TOLERANCE);
  return { ratio, isRegression, sameResult: stored.resultHash === result.resultHash };
}
