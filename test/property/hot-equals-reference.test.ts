/**
 * Every evaluator gives the signals of the reference, word for word, after every block of every stream. Streams lie at the
 * edge of what the shipped rules fire on (`rule-streams.ts`) and come in as feeds do (`stream-arrival.ts`).
 *
 * RASTRO_RUNS: how many streams; RASTRO_SEED: of which run (`random` explores); RASTRO_STREAM: this one alone.
 */
import { expect, test } from 'vitest';
import { createDetector, type DetectorOptions } from '../../pipelines/detect/detector.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { type Stream, StreamMaker } from '../support/rule-streams.ts';
import { type Op, rearranged } from '../support/stream-arrival.ts';
import {
  type Contender,
  firstDifference,
  shrunk,
  standingDifference,
  standingOf,
  streamText,
} from '../support/stream-player.ts';
import { StreamTally } from '../support/stream-tally.ts';
import { FEEDS } from '../support/stream-transactions.ts';
import { loadCatalogue } from '../unit/rules/catalogue/catalogue.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 1_040);
const ONLY = process.env['RASTRO_STREAM'];
const DEFAULT_SEED = 20_261_121;
const given = process.env['RASTRO_SEED'];
const SEED = given === 'random' ? Date.now() % 2 ** 31 : Number(given ?? DEFAULT_SEED);
/** Streams in which each rule must fire, and in which it must be one row from its threshold. */
const STREAMS_PER_RULE = 20;

const { ruleSet, rules, context } = await loadCatalogue();
const FULL: ReadonlySet<string> = new Set(PROVIDABLE);
/** A feed without the fields that small institutions leave out. */
const BARE: ReadonlySet<string> = new Set(
  PROVIDABLE.filter((name) => !['travel', 'terminal', 'conductor', 'counterparty', 'purpose'].includes(name)),
);
const options: DetectorOptions = {
  ruleSet,
  evaluation: context,
  providedBy: (feed) => (feed === FEEDS.full ? FULL : BARE),
};

const REFERENCE: Contender = { name: 'reference', create: createDetector };
/** Whoever must say what the reference says, after every block. */
const CONTENDERS: readonly Contender[] = [];

const maker = new StreamMaker(SEED, rules, context);
const numbers = ONLY === undefined ? Array.from({ length: RUNS }, (_, i) => i) : [Number(ONLY)];

/** Fails with the stream's seed and number and the fewest steps that still show the difference. */
function report(
  stream: Stream,
  ops: readonly Op[],
  differenceOf: (ops: readonly Op[]) => string | null,
): never {
  const fewest = shrunk(ops, (fewer) => differenceOf(fewer) !== null);
  throw new Error(
    [
      `RASTRO_SEED=${SEED} RASTRO_STREAM=${stream.number} (${stream.name})`,
      differenceOf(fewest),
      streamText(fewest),
    ].join('\n'),
  );
}

test.each(CONTENDERS.map((contender) => [contender.name, contender] as const))(
  '%s says what the reference says, after every block',
  (_name, contender) => {
    for (const number of numbers) {
      const stream = maker.make(number);
      const differenceOf = (ops: readonly Op[]) => firstDifference(REFERENCE, contender, options, ops);
      if (differenceOf(stream.arrival.ops) !== null) report(stream, stream.arrival.ops, differenceOf);
    }
  },
  RUNS * 1_000,
);

test(
  'the reference in another order of arrival and other blocks ends in the same signals',
  () => {
    const tally = new StreamTally(REFERENCE, options, 3 * STREAMS_PER_RULE);
    for (const number of numbers) {
      const stream = maker.make(number);
      const standing = standingOf(REFERENCE, options, stream.arrival.ops);
      tally.add(stream, standing);
      const otherwise = (ops: readonly Op[]) =>
        rearranged(new Random(deriveSeed(SEED, 'order', number)), { ...stream.arrival, ops });
      const differenceOf = (ops: readonly Op[]) => {
        const [one, other] = [ops, otherwise(ops)].map((each) =>
          standingOf(REFERENCE, options, [...each, { kind: 'flush' }]),
        );
        return standingDifference(one!, other!, new Set([...one!.keys(), ...other!.keys()]));
      };
      const other = standingOf(REFERENCE, options, otherwise(stream.arrival.ops));
      const keys = new Set([...standing.keys(), ...other.keys()]);
      if (standingDifference(standing, other, keys) !== null)
        report(stream, stream.arrival.ops, differenceOf);
    }
    console.info(`seed ${SEED}: ${tally.text()}`);
    if (ONLY !== undefined || RUNS < 1_000) return;
    for (const counts of [tally.fires, tally.near]) {
      const few = [...counts].filter(([, count]) => count < STREAMS_PER_RULE);
      expect(few).toEqual([]);
    }
    for (const [fate, count] of tally.fates) expect(count, fate).toBeGreaterThan(STREAMS_PER_RULE);
  },
  RUNS * 1_000,
);
