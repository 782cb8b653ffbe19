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

/** Events of an account in 120 days decide how many rows a stream of so many accounts must have: 16.5 each are enough. */
const MILLION = 1_000_000;

/** A figure of every part in less than half an hour, the longest run last. */
const QUICK_RUNS: readonly PlannedRun[] = [
  { benchmark: 'memory-latency', sizes: {}, minutes: 0.3 },
  { benchmark: 'json-parse', sizes: {}, minutes: 0.4 },
  { benchmark: 'rule-conditions', sizes: {}, minutes: 0.3 },
  { benchmark: 'intern', sizes: {}, minutes: 1 },
  { benchmark: 'gates', sizes: {}, minutes: 0.5 },
  { benchmark: 'confirm', sizes: {}, minutes: 0.7 },
  { benchmark: 'state-update', sizes: {}, minutes: 1 },
  { benchmark: 'blocks', sizes: {}, minutes: 0.5 },
  { benchmark: 'decode', sizes: {}, minutes: 1.2 },
  { benchmark: 'feed-check', sizes: { rows: 200_000 }, minutes: 0.6 },
  { benchmark: 'threads', sizes: {}, minutes: 1.2 },
  { benchmark: 'rule-loop-reference', sizes: {}, minutes: 0.4 },
  { benchmark: 'rule-loop', sizes: { accounts: 100_000, rows: 1.7 * MILLION }, minutes: 1.2 },
  { benchmark: 'rule-loop', sizes: { accounts: 20_000, rows: 340_000, skew: 0.9 }, minutes: 1.5 },
  { benchmark: 'hot-account', sizes: {}, minutes: 2 },
  { benchmark: 'rules-reload', sizes: {}, minutes: 0.6 },
  { benchmark: 'log-to-signals', sizes: {}, minutes: 1.8 },
  { benchmark: 'file-to-signals', sizes: {}, minutes: 2.5 },
  { benchmark: 'rule-loop', sizes: {}, minutes: 7 },
];

/** What takes longer: busy accounts in a larger stream, fifty rules over a million accounts, a day of ten million. */
const FULL_RUNS: readonly PlannedRun[] = [
  { benchmark: 'rule-loop', sizes: { accounts: 100_000, rows: 1.7 * MILLION, skew: 0.9 }, minutes: 20 },
  { benchmark: 'rule-loop', sizes: { accounts: MILLION, rows: 16.5 * MILLION, rules: 50 }, minutes: 6 },
  { benchmark: 'feed-check', sizes: {}, minutes: 3 },
  { benchmark: 'rebuild', sizes: { accounts: MILLION, rows: 8 * MILLION }, minutes: 4 },
  { benchmark: 'day', sizes: {}, minutes: 15 },
];

/** Lists by the name by which they are called. */
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
