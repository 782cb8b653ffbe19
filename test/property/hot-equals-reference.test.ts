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
import { firstDifference, type Standing, standingDifference, standingOf } from '../support/stream-player.ts';
import { StreamTally } from '../support/stream-tally.ts';

/** Streams in which each rule must fire, and in which it must be one row from its threshold. */
const STREAMS_PER_RULE = 20;
/** Streams side by side in one detector: thousands of subjects, whose tables grow while they are used. */
const CROWD = 130;

/** Streams of which the reference is asked in another order too: every so many. */
const ORDERED_EVERY = 3;

describe.each(CONTENDERS.map((contender) => [contender.name, contender] as const))(
  '%s',
  (_name, contender) => {
    const differenceOf = (ops: readonly Op[]) => firstDifference(REFERENCE, contender, OPTIONS, ops);

    test(
      'says what the reference says, after every block',
      () => {
        const tally = new StreamTally(REFERENCE, OPTIONS, STREAMS_PER_RULE + STREAMS_PER_RULE / 2);
        for (const number of NUMBERS) {
          const stream = MAKER.make(number);
          const { ops } = stream.arrival;
          const take = (standing: Standing) => tally.add(stream, standing);
          if (firstDifference(REFERENCE, contender, OPTIONS, ops, take) !== null)
            refuse(`RASTRO_STREAM=${number}`, ops, differenceOf);
        }
        console.info(`seed ${SEED}: ${tally.text()}`);
        if (!IS_WHOLE_RUN) return;
        // Equality of streams in which nothing happens would say nothing.
        for (const counts of [tally.fires, tally.near]) {
          const few = [...counts].filter(([, count]) => count < STREAMS_PER_RULE);
          expect(few).toEqual([]);
        }
        for (const [fate, count] of tally.fates) expect(count, fate).toBeGreaterThan(STREAMS_PER_RULE);
      },
      TIMEOUT_MS,
    );

    test(
      'says it too when many streams run side by side',
      () => {
        for (let from = 0; from < NUMBERS.length; from += 4 * CROWD) {
          const arrivals = NUMBERS.slice(from, from + CROWD).map((number) => MAKER.make(number).arrival);
          const ops = interleaved(new Random(deriveSeed(SEED, 'crowd', from)), arrivals);
          if (differenceOf(ops) !== null) refuse(`streams from ${from}, side by side`, ops, differenceOf);
        }
      },
      TIMEOUT_MS,
    );
  },
);

test(
  'the reference in another order of arrival and other blocks ends in the same signals',
  () => {
    for (const number of NUMBERS.filter((_, i) => i % ORDERED_EVERY === 0)) {
      const { arrival } = MAKER.make(number);
      const differenceOf = (ops: readonly Op[]) => {
        const random = new Random(deriveSeed(SEED, 'order', number));
        const [one, other] = [
          [...ops, { kind: 'flush' } as const],
          rearranged(random, { ...arrival, ops }),
        ].map((each) => standingOf(REFERENCE, OPTIONS, each));
        return standingDifference(one!, other!, new Set([...one!.keys(), ...other!.keys()]));
      };
      if (differenceOf(arrival.ops) !== null)
        refuse(`RASTRO_STREAM=${number}, another order`, arrival.ops, differenceOf);
    }
  },
  TIMEOUT_MS,
);
