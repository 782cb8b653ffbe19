/** Stored figures of one class of machine, to compare a run with: `benchmarks/baselines/<class>.json`. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BenchmarkResult } from './benchmark.ts';
import { classSlug, type MachineClass } from './machine.ts';

const baseline = z.object({
  value: z.number(),
  unit: z.string(),
  resultHash: z.string(),
  /** Options of the run: figures of other sizes are not compared. */
  sizes: z.record(z.string(), z.number()),
});
const baselineFile = z.object({
  machine: z.object({
    cpu: z.string(),
    cores: z.number(),
    nodeMajor: z.number(),
    hugePages: z.boolean(),
  }),
  results: z.record(z.string(), baseline),
});
export type Baseline = z.infer<typeof baseline>;
type BaselineFile = z.infer<typeof baselineFile>;

export interface MeasuredResult {
  readonly result: BenchmarkResult;
  readonly sizes: Readonly<Record<string, number>>;
}

const fileOf = (folder: string, machine: MachineClass): string => join(folder, `${classSlug(machine)}.json`);

/** Stored figures by name of the result; none for a class that has no file. */
export async function readBaselines(
  folder: string,
  machine: MachineClass,
): Promise<Readonly<Record<string, Baseline>>> {
  let text: string;
  try {
    text = await readFile(fileOf(folder, machine), 'utf8');
  } catch {
    return {};
  }
  return baselineFile.parse(JSON.parse(text)).results;
}

/** Puts the figures of a run in place of the stored ones of the same names. Returns the file's path. */
export async function saveBaselines(
  folder: string,
  machine: MachineClass,
  measured: readonly MeasuredResult[],
): Promise<string> {
  const results: Record<string, Baseline> = { ...(await readBaselines(folder, machine)) };
  for (const { result, sizes } of measured) {
    const { value, unit, resultHash } = result;
    results[result.name] = { value, unit, resultHash, sizes: { ...sizes } };
  }
  const sorted = Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file: BaselineFile = { machine, results: sorted };
  await mkdir(folder, { recursive: true });
  const path = fileOf(folder, machine);
  await writeFile(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}

/** The run as a ratio to the stored figure; undefined where sizes or unit differ or nothing is stored. */
export function ratioToBaseline(
  measured: MeasuredResult,
  stored: Baseline | undefined,
): { readonly ratio: number; readonly sameResult: boolean } | undefined {
  if (stored === undefined || stored.unit !== measured.result.unit || stored.value === 0) return undefined;
  const names = new Set([...Object.keys(stored.sizes), ...Object.keys(measured.sizes)]);
  for (const name of names) if (stored.sizes[name] !== measured.sizes[name]) return undefined;
  return {
    ratio: measured.result.value / stored.value,
    sameResult: stored.resultHash === measured.result.resultHash,
  };
}
