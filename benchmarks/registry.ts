/** Every benchmark, in the order in which they are listed and in which `all` runs them. */
import { feedCheck } from './feed-check.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { memoryLatency } from './memory-latency.ts';
import { ruleLoopReference } from './rule-loop.ts';

export const BENCHMARKS: readonly Benchmark[] = [memoryLatency, ruleLoopReference, feedCheck];

export function benchmarkNamed(name: string): Benchmark | undefined {
  return BENCHMARKS.find((benchmark) => benchmark.name === name);
}
