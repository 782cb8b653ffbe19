/**
 * Whatever institutions declare about their cadence, whatever empty blocks come, in whatever order rows arrive: once everything
 * is in, the signals are those of the reference on the rows in order of time. Only when they are known is another matter.
 */
import { expect, test } from 'vitest';
import type { OrderCounts } from '../../pipelines/order/ordering.ts';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import { createRowsDetector, type OrderOptions } from '../support/rows-detector.ts';
import { type Arrival, type Op, rearranged } from '../support/stream-arrival.ts';
import {
  IS_WHOLE_RUN,
  MAKER,
  NUMBERS,
  OPTIONS,
  REFERENCE,
  refuse,
  SEED,
  TIMEOUT_MS,
} from '../support/stream-comparison.ts';
import { type Contender, standingDifference, standingOf } from '../support/stream-player.ts';
import { BANK, OTHER_BANK } from '../support/stream-transactions.ts';

/** One stream in so many of those of the whole comparison. */
const EVERY = 6;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DURATIONS = [0, 1, HOUR, 5 * HOUR, DAY, 4 * DAY, 40 * DAY];

type RowOp = Extract<Op, { kind: 'row' }>;
const isRow = (op: Op): op is RowOp => op.kind === 'row';

function cadenceOf(random: Random): Cadence {
  if (random.chance(0.2)) return { kind: 'file' };
  return { kind: 'stream', latenessMs: random.pick(DURATIONS), silenceMs: random.pick(DURATIONS) };
}

function orderOf(random: Random, ops: readonly Op[]): OrderOptions {
  const times = ops.filter(isRow).map(({ tx }) => tx.stamp.eventTime);
  const cadences = [BANK, OTHER_BANK, 'abank'].flatMap((institution) =>
    Array.from({ length: random.int(0, 3) }, () => ({
      institution,
      fromMs: random.chance(0.5) ? 0 : random.pick(times),
      cadence: cadenceOf(random),
    })),
  );
  const aheadMs = Array.from({ length: 4 }, () => random.pick(DURATIONS) * random.pick([-1, 1]));
  // Some speak for themselves, now and then without having declared anything; some are wrong.
  const institutions = random.sample([null, null, BANK, OTHER_BANK, 'abank', 'nobody'], 3);
  return {
    cadences,
    evaluateEvery: random.int(1, 6),
    ...(random.chance(0.3) ? { heldRowsMax: random.int(0, 8) } : {}),
    ...(random.chance(0.5) ? { tell: { every: random.int(1, 8), aheadMs, institutions } } : {}),
  };
}

/** The rows in order of time, what is declared before them. */
function sorted(ops: readonly Op[]): Op[] {
  const rows = ops.filter(isRow).sort((a, b) => a.tx.stamp.eventTime - b.tx.stamp.eventTime);
  return [...ops.filter(({ kind }) => kind === 'declare'), ...rows, { kind: 'flush' }];
}

/** As it arrived, or, unless its order matters, in any order. */
function arrived(random: Random, arrival: Arrival): Op[] {
  const ops = random.chance(0.6) ? arrival.ops : rearranged(random, arrival);
  return ops.filter(({ kind }) => kind !== 'link');
}

test(
  'the signals are those of the rows in order',
  () => {
    const total: OrderCounts = { held: 0, reordered: 0, releasedEarly: 0, late: 0 };
    let signals = 0;
    for (const number of NUMBERS.filter((_, i) => i % EVERY === 0)) {
      const { arrival } = MAKER.make(number);
      const random = new Random(deriveSeed(SEED, 'cadence', number));
      const ops = arrived(random, arrival);
      const order = orderOf(random, ops);
      const blockRows = Array.from({ length: 3 }, () => random.int(1, 5));
      const contender: Contender = {
        name: 'hot, in order',
        create(options) {
          const detector = createRowsDetector(options, { blockRows, order });
          counts = detector.orderCounts;
          return detector;
        },
      };
      let counts: Readonly<OrderCounts> | undefined;
      const differenceOf = (played: readonly Op[]) => {
        const expected = standingOf(REFERENCE, OPTIONS, arrival.isOrdered ? played : sorted(played));
        const found = standingOf(contender, OPTIONS, played);
        signals += found.size;
        return standingDifference(expected, found, new Set([...expected.keys(), ...found.keys()]));
      };
      if (differenceOf(ops) !== null)
        refuse(`RASTRO_STREAM=${number} cadences ${JSON.stringify(order)}`, ops, differenceOf);
      for (const name of Object.keys(total) as (keyof OrderCounts)[]) total[name] += counts?.[name] ?? 0;
    }
    console.info(`seed ${SEED}: ${signals} subjects with signals, rows ${JSON.stringify(total)}`);
    if (!IS_WHOLE_RUN) return;
    expect(signals).toBeGreaterThan(NUMBERS.length / EVERY / 2);
    for (const [name, count] of Object.entries(total)) expect(count, name).toBeGreaterThan(20);
  },
  TIMEOUT_MS,
);
