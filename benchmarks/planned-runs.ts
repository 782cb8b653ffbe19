/** Lists of runs: what to call, in which order, and how long it takes, to have every figure that a document quotes. */
import { type Benchmark, type Sizes, sizesOf } from './harness/benchmark.ts';
import { commandOf } from './harness/results.ts';
import { benchmarkNamed } from './registry.ts';

export interface PlannedRun {
  readonly benchmark: string;
  readonly sizes: Sizes;
  /** Expected wall time on two idle cores. */
  readonly minutes: number;
}

/** Figures of every part in less than half an hour; two million accounts are in `FULL_RUNS`. */
export const QUICK_RUNS: readonly PlannedRun[] = [{ benchmark: 'memory-latency', sizes: {}, minutes: 0.5 }];

export const FULL_RUNS: readonly PlannedRun[] = [];

export const RUN_LISTS: Readonly<Record<string, readonly PlannedRun[]>> = {
  quick: QUICK_RUNS,
  full: FULL_RUNS,
};

export function plannedBenchmark({ benchmark }: PlannedRun): Benchmark {
  const found = benchmarkNamed(benchmark);
  if (found === undefined) throw new Error(`no benchmark ${benchmark}`);
  return found;
}

/** As the run is called by itself. */
export function plannedCommand(run: PlannedRun): string {
  const benchmark = plannedBenchmark(run);
  return commandOf(benchmark, sizesOf(benchmark, 'default', run.sizes), true);
}

/** Every listed run as a command. */
export const PLANNED_COMMANDS: readonly string[] = Object.values(RUN_LISTS).flat().map(plannedCommand);
