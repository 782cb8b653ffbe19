/**
 * Rules that tick, in every evaluator, over streams with late rows, amendments, withdrawals, reversals and rows of others that
 * tell how late it is: after every block the same signals as the reference. RASTRO_RUNS, RASTRO_SEED and RASTRO_STREAM as elsewhere.
 */
import { expect, test } from 'vitest';
import type { DetectorOptions } from '../../pipelines/detect/detector.ts';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { memoryColdFile } from '../support/memory-cold-file.ts';
import { createRowsDetector, type RowsDetectorOptions } from '../support/rows-detector.ts';
import { StreamMaker } from '../support/rule-streams.ts';
import type { Op } from '../support/stream-arrival.ts';
import { NUMBERS, OPTIONS, REFERENCE, refuse, SEED, STREAMING } from '../support/stream-comparison.ts';
import { type Contender, firstDifference } from '../support/stream-player.ts';
import { ruleSteps } from '../support/stream-timelines.ts';
import { tickingSet } from '../support/ticking-rules.ts';
import { transaction } from '../support/transactions.ts';

const DAY_MS = 86_400_000;
/** Of the streams of other comparisons, one in so many. */
const EVERY = 16;
const STREAM_MS_MAX = 20_000;

const ticking: DetectorOptions = { ...OPTIONS, ruleSet: tickingSet(OPTIONS.ruleSet) };
/** Of the shipped rules alone: what fires on silence does so beside. */
const OURS = ticking.ruleSet.rules.filter(({ id }) => !id.startsWith('TST'));
const MAKER = new StreamMaker(SEED, OURS, ticking.evaluation);
const STEPS = ruleSteps(ticking.ruleSet, ticking.evaluation);

const hot = (): NonNullable<RowsDetectorOptions['hot']> => ({ seed: [SEED, 1] });
const evicting = (): NonNullable<RowsDetectorOptions['hot']> => ({
  ...hot(),
  coldRows: { cold: memoryColdFile(), hotWindowMs: DAY_MS, pageRows: 2, cachePages: 3 },
  idle: { file: memoryColdFile(), idleMs: 6 * 3_600_000 },
});

interface Way {
  readonly name: string;
  readonly options: (random: Random) => RowsDetectorOptions;
  /** Blocks hold no rows stamped anew. */
  readonly ofBlocks?: boolean;
  readonly rules?: boolean;
}

const WAYS: readonly Way[] = [
  { name: 'hot', options: () => ({ blockRows: [4_096], hot: hot() }) },
  { name: 'evicting', options: () => ({ blockRows: [4_096], hot: evicting() }) },
  { name: 'small blocks', options: () => ({ blockRows: [1, 3, 2], hot: hot() }), ofBlocks: true },
  {
    name: 'streaming',
    options: () => ({ blockRows: [1, 3, 2], hot: evicting(), order: STREAMING[0]! }),
    ofBlocks: true,
  },
  {
    name: 'from checkpoints',
    options: (random) => ({
      blockRows: [4, 1],
      hot: evicting(),
      order: STREAMING[2]!,
      restarts: () => random.chance(0.4),
    }),
    ofBlocks: true,
  },
  {
    name: 'under rules that change over time',
    options: () => ({ blockRows: [1, 3, 2], reloadSteps: [0, 1, 0, 4, 40, 0, 2_000, 7], hot: evicting() }),
    ofBlocks: true,
    rules: true,
  },
];

/** Rows of nobody in the stream, at any time of it or weeks after: how late it is, in any order. */
function withClocks(random: Random, ops: readonly Op[]): Op[] {
  const times = ops.flatMap((op) => (op.kind === 'row' ? op.tx.stamp.eventTime : []));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const out = [...ops];
  for (let i = 0; i < 5; i++) {
    const at = new Date(i === 0 ? last + 25 * DAY_MS : random.int(first, last + 15 * DAY_MS)).toISOString();
    const tx = transaction({ id: `clock-${i}`, at, from: 'nobody', to: 'noone' });
    const place = i === 0 ? out.length : random.int(0, out.length);
    out.splice(place, 0, { kind: 'row', tx }, ...(random.chance(0.5) ? [{ kind: 'flush' } as const] : []));
  }
  return out;
}

const stepping = (contender: Contender): Contender => ({
  ...contender,
  between(detector, block) {
    const step = STEPS[block % STEPS.length]!;
    detector.useRules(step.ruleSet, step.evaluation, step.fromMs);
    return detector;
  },
});

test.each(WAYS)(
  '$name: as of ticks, too, the signals of the reference',
  ({ name, options, ofBlocks, rules }) => {
    const numbers = NUMBERS.filter((_, i) => i % EVERY === 0 || NUMBERS.length === 1);
    const seen = { streams: 0, signals: 0, ofTicks: 0 };
    for (const number of numbers) {
      const made = MAKER.make(number).arrival.ops.filter(({ kind }) => ofBlocks !== true || kind !== 'link');
      const ops = withClocks(new Random(deriveSeed(SEED, 'clocks', number)), made);
      const differenceOf = (some: readonly Op[]) => {
        const random = new Random(deriveSeed(SEED, name, number));
        const contender: Contender = { name, create: (given) => createRowsDetector(given, options(random)) };
        const [a, b] = rules === true ? [stepping(REFERENCE), stepping(contender)] : [REFERENCE, contender];
        return firstDifference(a, b, ticking, [...some, { kind: 'flush' }], (standing) => {
          seen.streams++;
          for (const told of [...standing.values()].flat()) {
            const { eventTime } = told.version;
            seen.signals++;
            if (eventTime % DAY_MS === 0) seen.ofTicks++;
          }
        });
      };
      if (differenceOf(ops) !== null) refuse(`RASTRO_STREAM=${number} ${name}`, ops, differenceOf);
    }
    console.info(`ticks, ${name}: ${JSON.stringify(seen)}`);
    expect(seen.ofTicks).toBeGreaterThanOrEqual(numbers.length > 10 ? numbers.length : 0);
  },
  60_000 + NUMBERS.length * STREAM_MS_MAX,
);
