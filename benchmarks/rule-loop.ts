/**
 * Transactions a second through the rules, ids given: facts in, signals out, every shipped rule on. The bar is the rows in
 * order; the whole stream, late and corrected rows included, stands beside it. What would make the figure wrong: a stream
 * without history, near misses or late rows (the ranges are checked), or signals other than the reference's (a sample of
 * subjects is checked in the same run).
 */
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { createHot } from './detect/hot.ts';
import { measureDetector } from './detect/measure-detector.ts';
import { createReference } from './detect/reference-detector.ts';
import type { DetectorFactory } from './detect/subject.ts';
import { type Benchmark, type BenchmarkOption, sizeOf } from './harness/benchmark.ts';
import { ruleSetOf } from './rules/rule-sets.ts';

const OPTIONS = {
  skew: { default: 0, smoke: 0, what: 'exponent of Zipf over the accounts that act; 0 is uniform' },
  hot: { default: 0, smoke: 0, what: 'thousandths of the rows in which one account takes part' },
  planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
  rules: { default: 0, smoke: 0, what: 'rules: shipped ones and variants of them; 0 is the shipped set' },
  lateness: { default: 0, smoke: 0, what: 'minutes for which rows wait for late ones; 0: they do not' },
  memory: {
    default: 0,
    smoke: 0,
    what: '1: old rows and idle subjects stay in memory; 0: on disk, as what ships',
  },
  flush: { default: 64, smoke: 1, what: 'blocks between two flushes' },
  seed: { default: 1, smoke: 1, what: 'seed' },
} satisfies Readonly<Record<string, BenchmarkOption>>;

const MINUTE_MS = 60_000;
/** From here on a run counts as a measurement, and its stream must lie in the ranges: 17 rows an account are enough. */
const MEASURED_FROM_ROWS = 1_000_000;
/** What is promised, and where: two million accounts, none busier than the others, the shipped rules. */
const GOALS = { inOrder: 1_000_000, whole: 500_000 } as const;
const GOAL_ACCOUNTS = 2_000_000;

export interface RuleLoopParts {
  readonly name: string;
  readonly what: string;
  readonly factory: DetectorFactory;
  readonly accounts: BenchmarkOption;
  readonly rows: BenchmarkOption;
  readonly heapMib: number;
}

/** A benchmark that runs the measured stream through one detector. */
export function ruleLoopOf({ name, what, factory, accounts, rows, heapMib }: RuleLoopParts): Benchmark {
  return {
    name,
    what,
    yardstick: 'memory',
    options: { accounts, rows, ...OPTIONS },
    nodeFlags: () => [`--max-old-space-size=${heapMib}`],
    async run(context) {
      const size = (option: string): number => sizeOf(context, option);
      const shipped = await loadKnowledge({ cases: true });
      const isPromised =
        factory === createHot &&
        size('accounts') >= GOAL_ACCOUNTS &&
        size('skew') + size('hot') + size('rules') + size('lateness') + size('memory') === 0;
      return measureDetector(
        name,
        factory,
        {
          accounts: size('accounts'),
          rows: size('rows'),
          seed: size('seed'),
          skew: size('skew'),
          hotMilli: size('hot'),
          plantedMilli: size('planted'),
          flushEvery: size('flush'),
          latenessMs: MINUTE_MS * size('lateness'),
          inMemory: size('memory') === 1,
          isMeasured: size('rows') >= MEASURED_FROM_ROWS,
          goals: isPromised ? GOALS : undefined,
        },
        { shipped, measured: { ...shipped, ruleSet: ruleSetOf(shipped, size('rules')) } },
        context.progress,
      );
    },
  };
}

export const ruleLoopReference = ruleLoopOf({
  name: 'rule-loop-reference',
  what: 'the reference evaluator over a small measured stream: what the answer is, and what it costs without a hot path',
  factory: createReference,
  accounts: { default: 4_000, smoke: 300, what: 'accounts' },
  rows: { default: 60_000, smoke: 4_500, what: 'rows of the stream' },
  heapMib: 8_192,
});

export const ruleLoop = ruleLoopOf({
  name: 'rule-loop',
  what: 'the hot evaluator over the measured stream, ids given, every shipped rule on',
  factory: createHot,
  accounts: { default: 2_000_000, smoke: 300, what: 'accounts' },
  rows: { default: 33_000_000, smoke: 4_500, what: 'rows of the stream' },
  heapMib: 16_384,
});
