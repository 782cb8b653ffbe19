/**
 * Every evaluator gives the signals of the reference, word for word, after every block of every stream. Streams lie at the
 * edge of what the shipped rules fire on (`rule-streams.ts`) and come in as feeds do (`stream-arrival.ts`).
 */
import { describe, expect, test } from 'vitest';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { interleaved, type Op, rearranged } from '../support/stream-arrival.ts';
import {
  CONTENDERS,
  IS_WHOLE_RUN,
  MAKER,
  NUMBERS,
  OPTIONS,
  REFERENCE,
  refuse,
  SEED,
  TIMEOUT_MS,
} from '../support/stream-comparison.ts';
import { firstDifference, standingDifference, standingOf } from '../support/stream-player.ts';
import { StreamTally } from '../support/stream-tally.ts';

/** Streams in which each rule must fire, and in which it must be one row from its threshold. */
const STREAMS_PER_RULE = 20;
/** Streams side by side in one detector: thousands of subjects, whose tables grow while they are used. */
const CROWD = 130;

describe.each(CONTENDERS.map((contender) => [contender.name, contender] as const))(
  '%s',
  (_name, contender) => {
    const differenceOf = (ops: readonly Op[]) => firstDifference(REFERENCE, contender, OPTIONS, ops);

    test(
      'says what the reference says, after every block',
      () => {
        for (const number of NUMBERS) {
          const { ops } = MAKER.make(number).arrival;
          if (differenceOf(ops) !== null) refuse(`RASTRO_STREAM=${number}`, ops, differenceOf);
        }
      },
      TIMEOUT_MS,
    );

    test(
      'says it too when many streams run side by side',
      () => {
        for (let from = 0; from < NUMBERS.length; from += 2 * CROWD) {
          const arrivals = NUMBERS.slice(from, from + CROWD).map((number) => MAKER.make(number).arrival);
          const ops = interleaved(new Random(deriveSeed(SEED, 'crowd', from)), arrivals);
          if (differenceOf(ops) !== null) refuse(`streams from ${from}, side by side`, ops, differenceOf);
        }
      },
      TIMEOUT_MS,
    );
  },
);

describe('the reference', () => {
  test(
    'in another order of arrival and other blocks ends in the same signals',
    () => {
      const tally = new StreamTally(REFERENCE, OPTIONS, 3 * STREAMS_PER_RULE);
      for (const number of NUMBERS) {
        const stream = MAKER.make(number);
        const { arrival } = stream;
        const otherwise = (ops: readonly Op[]) =>
          rearranged(new Random(deriveSeed(SEED, 'order', number)), { ...arrival, ops });
        const differenceOf = (ops: readonly Op[]) => {
          const [one, other] = [[...ops, { kind: 'flush' } as const], otherwise(ops)].map((each) =>
            standingOf(REFERENCE, OPTIONS, each),
          );
          return standingDifference(one!, other!, new Set([...one!.keys(), ...other!.keys()]));
        };
        const standing = standingOf(REFERENCE, OPTIONS, arrival.ops);
        const other = standingOf(REFERENCE, OPTIONS, otherwise(arrival.ops));
        const keys = new Set([...standing.keys(), ...other.keys()]);
        if (standingDifference(standing, other, keys) !== null)
          refuse(`RASTRO_STREAM=${number}, another order`, arrival.ops, differenceOf);
        tally.add(stream, standing);
      }
      console.info(`seed ${SEED}: ${tally.text()}`);
      if (!IS_WHOLE_RUN) return;
      for (const counts of [tally.fires, tally.near]) {
        const few = [...counts].filter(([, count]) => count < STREAMS_PER_RULE);
        expect(few).toEqual([]);
      }
      for (const [fate, count] of tally.fates) expect(count, fate).toBeGreaterThan(STREAMS_PER_RULE);
    },
    TIMEOUT_MS,
  );
});
