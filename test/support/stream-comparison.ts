/**
 * What the comparisons of evaluators over streams have in common: the rules, the run's seed and size, who is compared.
 *
 * RASTRO_RUNS: how many streams; RASTRO_SEED: of which run (`random` explores); RASTRO_STREAM: this one alone.
 */
import { createDetector, type DetectorOptions } from '../../pipelines/detect/detector.ts';
import { createHotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { loadCatalogue } from '../unit/rules/catalogue/catalogue.ts';
import { StreamMaker } from './rule-streams.ts';
import type { Op } from './stream-arrival.ts';
import { type Contender, shrunk, streamText } from './stream-player.ts';
import { FEEDS } from './stream-transactions.ts';

/** Every rule has its turns forty times. */
const DEFAULT_RUNS = 1_040;
const DEFAULT_SEED = 20_261_121;
/** Time for one stream on a busy machine; a stream takes some hundredths of a second. */
const STREAM_MS_MAX = 1_000;
const given = process.env['RASTRO_SEED'];
const only = process.env['RASTRO_STREAM'];

export const SEED = given === 'random' ? Date.now() % 2 ** 31 : Number(given ?? DEFAULT_SEED);
export const RUNS = only === undefined ? Number(process.env['RASTRO_RUNS'] ?? DEFAULT_RUNS) : 1;
export const TIMEOUT_MS = 60_000 + RUNS * STREAM_MS_MAX;
/** Enough streams for the counts of a run to mean something. */
export const IS_WHOLE_RUN = RUNS >= DEFAULT_RUNS;
export const NUMBERS: readonly number[] =
  only === undefined ? Array.from({ length: RUNS }, (_, i) => i) : [Number(only)];

const { ruleSet, rules, context } = await loadCatalogue();
const FULL: ReadonlySet<string> = new Set(PROVIDABLE);
/** A feed without the fields that small institutions leave out. */
const BARE: ReadonlySet<string> = new Set(
  PROVIDABLE.filter((name) => !['travel', 'terminal', 'conductor', 'counterparty', 'purpose'].includes(name)),
);

export const OPTIONS: DetectorOptions = {
  ruleSet,
  evaluation: context,
  providedBy: (feed) => (feed === FEEDS.full ? FULL : BARE),
};
export const MAKER = new StreamMaker(SEED, rules, context);

export const REFERENCE: Contender = { name: 'reference', create: createDetector };
/** Whoever must say what the reference says. */
export const CONTENDERS: readonly Contender[] = [
  { name: 'hot', create: (options) => createHotDetector({ ...options, seed: [SEED, 1] }) },
];

/** Fails with the run's seed, what was played, and the fewest steps that still show the difference. */
export function refuse(
  what: string,
  ops: readonly Op[],
  differenceOf: (ops: readonly Op[]) => string | null,
): never {
  const fewest = shrunk(ops, (fewer) => differenceOf(fewer) !== null);
  throw new Error([`RASTRO_SEED=${SEED} ${what}`, differenceOf(fewest), streamText(fewest)].join('\n'));
}
