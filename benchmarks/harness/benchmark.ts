/**
 * What a benchmark is: a name, the options it takes with their defaults, and a function from options to results.
 *
 * A benchmark never prints and never reads the command line: `main.ts` does, in a process of its own for every case, and
 * a test runs the same function at the smoke size.
 */

import type { Yardstick } from './pace.ts';

/** Numbers that a run may be given; a name without a default is not accepted. */
export type Sizes = Readonly<Record<string, number>>;

export interface BenchmarkOption {
  readonly default: number;
  /** Size at which the benchmark runs within the test suite: a second or less. */
  readonly smoke: number;
  readonly what: string;
}

export interface RunContext {
  /** One value for every option of the benchmark. */
  readonly sizes: Sizes;
  /** The case to run; empty where a benchmark has none. */
  readonly case: string;
  /** Something for a person who waits; never part of a result. */
  progress(text: string): void;
}

/** One figure, and everything needed to judge it. */
export interface BenchmarkResult {
  /** `<benchmark>` or `<benchmark>/<what of it>`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly seed: number;
  /** Digest of what was computed: equal inputs give equal digests on every machine. */
  readonly resultHash: string;
  /** Value to reach, and whether more or less is better; absent where a figure is only reported. */
  readonly goal?: { readonly value: number; readonly better: 'more' | 'less' };
  /** What stands beside the figure. */
  readonly details: Readonly<Record<string, number | string | boolean>>;
  /** What is out of range, in words; a run with faults says nothing about speed and exits with 1. */
  readonly faults?: readonly string[];
}

export interface Benchmark {
  readonly name: string;
  readonly what: string;
  /** Parts that would disturb each other's types or memory: each runs in a process of its own. */
  readonly cases?: readonly string[];
  readonly options: Readonly<Record<string, BenchmarkOption>>;
  /** What its figures are compared with their baselines by; default `json`. */
  readonly yardstick?: Yardstick;
  /** Why it cannot run here, where it needs more than this project; undefined where it can. */
  whyNot?(): Promise<string | undefined>;
  /** Flags of the process, by size: more heap for more accounts. */
  nodeFlags?(sizes: Sizes): readonly string[];
  run(context: RunContext): Promise<readonly BenchmarkResult[]>;
}

export function reaches(result: BenchmarkResult): boolean {
  if (result.faults !== undefined && result.faults.length > 0) return false;
  if (result.goal === undefined) return true;
  const { value, better } = result.goal;
  return better === 'more' ? result.value >= value : result.value <= value;
}

/** The value of an option. Throws on a name that the benchmark does not declare. */
export function sizeOf(context: RunContext, name: string): number {
  const value = context.sizes[name];
  if (value === undefined) throw new Error(`the benchmark has no option ${name}`);
  return value;
}

export function sizesOf(benchmark: Benchmark, of: 'default' | 'smoke', given: Sizes = {}): Sizes {
  return Object.fromEntries(
    Object.entries(benchmark.options).map(([name, option]) => [name, given[name] ?? option[of]]),
  );
}
