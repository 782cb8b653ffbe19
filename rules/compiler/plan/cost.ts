/**
 * What a rule costs in tier 1, estimated from the size of its code: a guide for who writes rules, no measurement. The weights
 * are rules of thumb for code that runs in cache; a rule pays for all of its code here, although most events leave it early and
 * rules share much of it.
 */
import { readsOf, type Test } from './event-test.ts';
import { countsOf, type Gate } from './gate.ts';

const READ_NS = 0.6;
const COMPARISON_NS = 0.4;
const COUNTER_NS = 1;
const GATE_TERM_NS = 0.7;

export interface CostEstimate {
  readonly reads: number;
  readonly comparisons: number;
  readonly predicates: number;
  readonly counters: number;
  /** Most that an event costs, in nanoseconds. */
  readonly estimatedNs: number;
}

export function costEstimate(trigger: Test, gate: Gate): CostEstimate {
  const counts = [...countsOf(gate).values()];
  const predicates = new Map(counts.map(({ test }) => [test.key, test]));
  const tests = [trigger, ...predicates.values()];
  const reads = new Map();
  for (const test of tests) readsOf(test, reads);
  const comparisons = tests.reduce((sum, test) => sum + comparisonsOf(test), 0);
  const estimate =
    READ_NS * reads.size +
    COMPARISON_NS * comparisons +
    COUNTER_NS * counts.length +
    GATE_TERM_NS * termsOf(gate);
  return {
    reads: reads.size,
    comparisons,
    predicates: predicates.size,
    counters: counts.length,
    estimatedNs: Math.round(10 * estimate) / 10,
  };
}

function comparisonsOf(test: Test): number {
  if ('parts' in test) return test.parts.reduce((sum, part) => sum + comparisonsOf(part), 0);
  if (test.op === 'ids') return test.ids.size;
  return test.op === 'constant' ? 0 : 1;
}

function termsOf(gate: Gate): number {
  if ('parts' in gate) return gate.parts.reduce((sum, part) => sum + termsOf(part), 0);
  return 'terms' in gate ? gate.terms.length : 0;
}
