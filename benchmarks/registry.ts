/** Every benchmark, in the order in which they are listed and in which `all` runs them. */
import { blocks } from './blocks.ts';
import { bus } from './bus/bus.ts';
import { day } from './day.ts';
import { decode } from './decode.ts';
import { feedCheck } from './feed-check.ts';
import { fileToSignals } from './file-to-signals.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { hotAccount } from './hot-account.ts';
import { httpIngest } from './http-ingest.ts';
import { intern } from './intern.ts';
import { jsonParse } from './json-parse.ts';
import { kafkaLatency } from './kafka/kafka-latency.ts';
import { kafkaToSignals } from './kafka/kafka-to-signals.ts';
import { confirm } from './kernels/confirm.ts';
import { gates } from './kernels/gates.ts';
import { ruleCost } from './kernels/rule-cost.ts';
import { logToSignals, logToSignalsReference } from './log-to-signals.ts';
import { memoryLatency } from './memory-latency.ts';
import { cleanPopulation } from './quality/clean-population.ts';
import { scenarios } from './quality/scenarios.ts';
import { rebuild } from './rebuild.ts';
import { rebuildStore } from './rebuild-store.ts';
import { rebuildWorker } from './rebuild-worker.ts';
import { ruleConditions } from './rule-conditions.ts';
import { ruleLoop, ruleLoopReference } from './rule-loop.ts';
import { rulesReload } from './rules-reload.ts';
import { stateUpdate } from './state-update.ts';
import { threads } from './threads.ts';

export const BENCHMARKS: readonly Benchmark[] = [
  memoryLatency,
  jsonParse,
  ruleConditions,
  intern,
  gates,
  ruleCost,
  confirm,
  stateUpdate,
  blocks,
  bus,
  ruleLoopReference,
  ruleLoop,
  hotAccount,
  rulesReload,
  rebuild,
  rebuildStore,
  rebuildWorker,
  logToSignalsReference,
  logToSignals,
  day,
  decode,
  fileToSignals,
  threads,
  feedCheck,
  httpIngest,
  kafkaToSignals,
  kafkaLatency,
  scenarios,
  cleanPopulation,
];

export function benchmarkNamed(name: string): Benchmark | undefined {
  return BENCHMARKS.find((benchmark) => benchmark.name === name);
}
