/**
 * What the comparisons of evaluators over streams have in common: the rules, the run's seed and size, who is compared.
 *
 * RASTRO_RUNS: how many streams; RASTRO_SEED: of which run (`random` explores); RASTRO_STREAM: this one alone, of all
 * rules or, with RASTRO_CAST, of that part of them.
 */
import { createDetector, type DetectorOptions } from '../../pipelines/detect/detector.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { deriveSeed } from '../../pipelines/simulate/random.ts';
import type { EvaluationContext, RuleSet } from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import { loadCatalogue } from '../unit/rules/catalogue/catalogue.ts';
import { FIRST_RELEASE } from './first-release.ts';
import { memoryColdFile } from './memory-cold-file.ts';
import { createRowsDetector, type OrderOptions, type RowsDetectorOptions } from './rows-detector.ts';
import { StreamMaker } from './rule-streams.ts';
import type { Op } from './stream-arrival.ts';
import { type Contender, shrunk, streamText } from './stream-player.ts';
import { ruleSteps } from './stream-timelines.ts';
import { BANK, OTHER_BANK } from './stream-transactions.ts';
import { FEEDS } from './stream-values.ts';

const DEFAULT_RUNS = 1_040;
/** In its cast every rule has its turns so often in a whole run. */
const TURNS_PER_RULE = 40;
/** Rules of a cast: streams of few rules are made and judged in a fraction of the time that all rules take. */
const CAST_RULES = 15;
const DEFAULT_SEED = 20_261_121;
/** Time for one stream on a busy machine; a stream takes some hundredths of a second. */
export const STREAM_MS_MAX = 1_000;
const given = process.env['RASTRO_SEED'];
const only = process.env['RASTRO_STREAM'];
const onlyCast = process.env['RASTRO_CAST'];

export const SEED = given === 'random' ? Date.now() % 2 ** 31 : Number(given ?? DEFAULT_SEED);
export const RUNS = only === undefined ? Number(process.env['RASTRO_RUNS'] ?? DEFAULT_RUNS) : 1;
export const TIMEOUT_MS = 60_000 + RUNS * STREAM_MS_MAX;
/** Enough streams for the counts of a run to mean something. */
export const IS_WHOLE_RUN = RUNS >= DEFAULT_RUNS;
export const NUMBERS: readonly number[] =
  only === undefined ? Array.from({ length: RUNS }, (_, i) => i) : [Number(only)];

const { ruleSet: whole, context: ofCatalogue } = await loadCatalogue();
/** Peers of the shipped rules on every other day, as if there were no tables on the days between. */
const PEERS: Readonly<Record<string, number>> = {
  'cash_share.p950': 0.625,
  'cash_on_stays.p500': 60_000,
  'payroll_share.p50': 0.05,
};
const context: EvaluationContext = {
  ...ofCatalogue,
  peerAt(table, quantile, group, timeMs) {
    const value = PEERS[`${table}.p${quantile}`];
    const hasTable = Math.floor(timeMs / 86_400_000) % 2 === 0;
    return value === undefined || !hasTable || group.length === 0
      ? null
      : { value, day: '2026-01-01', accounts: 30 };
  },
};
/** In most ways evaluators are compared on the rules of the first release; of each rule a cast tells. */
const rules = whole.rules.filter(({ id }) => FIRST_RELEASE.test(id));
const ruleSet: RuleSet = { ...whole, rules };
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

/** A part of the rules, and streams about them alone. */
export interface Cast {
  readonly number: number;
  readonly options: DetectorOptions;
  readonly maker: StreamMaker;
  readonly numbers: readonly number[];
}

/** Every rule over events is in one cast; neighbours in the catalogue, which look at the same things, are spread. */
export const CASTS: readonly Cast[] = (() => {
  const count = Math.ceil(whole.rules.length / CAST_RULES);
  return Array.from({ length: count }, (_, number): Cast => {
    const own = whole.rules.filter((_, i) => i % count === number);
    const maker = new StreamMaker(deriveSeed(SEED, 'cast', number), own, context);
    const runs = Math.ceil((maker.turns * TURNS_PER_RULE * RUNS) / DEFAULT_RUNS);
    return {
      number,
      options: { ...OPTIONS, ruleSet: { ...whole, rules: own } },
      maker,
      numbers: only === undefined ? Array.from({ length: runs }, (_, i) => i) : [Number(only)],
    };
  }).filter(({ number }) => onlyCast === undefined || number === Number(onlyCast));
})();

/** All rules, and streams of every cast side by side: of none of them the same number. */
export const WHOLE: DetectorOptions = { ...OPTIONS, ruleSet: whole };
export const streamsOfAll = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const cast = CASTS[i % CASTS.length]!;
    return cast.maker.make(CAST_NUMBERS * (1 + cast.number) + from + i);
  });
/** More than the streams of a cast. */
const CAST_NUMBERS = 100_000;

/** Who must say what another says, and on how many streams: what needs fewer to be found gets fewer, or a run takes too long. */
export interface Comparison {
  readonly contender: Contender;
  /** What befalls the contender between blocks befalls this one too. */
  readonly reference: Contender;
  /** One stream in so many; 0 for none. */
  readonly every: number;
  /** Crowds of streams side by side. */
  readonly crowds: number;
  /** The part of a stream that the contender takes. */
  takes(op: Op): boolean;
}

const whatever = (): boolean => true;
/** Blocks hold no rows stamped anew. */
const ofBlocks = ({ kind }: Op): boolean => kind !== 'link';

export const REFERENCE: Contender = { name: 'reference', create: createDetector };
const hot: Contender = {
  name: 'hot',
  create: (options) => createRowsDetector(options, { blockRows: [4_096], hot: { seed: [SEED, 1] } }),
};
/** Rows leave memory after a day, subjects after some hours; few pages are in memory at a time. */
const evicting: Contender = {
  name: 'hot with old rows and idle subjects on disk',
  create: (options) =>
    createRowsDetector(options, {
      blockRows: [4_096],
      hot: {
        seed: [SEED, 1],
        coldRows: { cold: memoryColdFile(), hotWindowMs: 86_400_000, pageRows: 2, cachePages: 3 },
        idle: { file: memoryColdFile(), idleMs: 6 * 3_600_000 },
      },
    }),
};
const blocks = (name: string, options: RowsDetectorOptions): Contender => ({
  name,
  create: (detector) => createRowsDetector(detector, options),
});

/** After each block another rule set is put in force, in turn. */
const reloading = (contender: Contender, sets: readonly RuleSet[]): Contender => ({
  ...contender,
  name: `${contender.name} under other rules`,
  between(detector, block) {
    detector.useRules(sets[block % sets.length]!, context, Number.NEGATIVE_INFINITY);
    return detector;
  },
});
/** Rules go and come back; a set that is loaded again holds the same rules. */
const SETS: readonly RuleSet[] = [
  { ...ruleSet, rules: rules.filter((_, i) => i % 2 === 0) },
  { ...ruleSet },
  { ...ruleSet, rules: rules.filter((_, i) => i % 3 !== 0) },
  ruleSet,
  ruleSet,
];

/** After each block the rules over time are others, now and then twice. */
const stepping = (contender: Contender): Contender => ({
  ...contender,
  name: `${contender.name} under rules that change over time`,
  between(detector, block) {
    const steps = block % 4 === 3 ? [block, block + 1] : [block];
    for (const at of steps) {
      // The steps go round: whoever takes two at once has skipped none.
      const step = STEPS[(at + Math.floor(block / 4)) % STEPS.length]!;
      detector.useRules(step.ruleSet, step.evaluation, step.fromMs);
    }
    return detector;
  },
});
const STEPS = ruleSteps(ruleSet, context);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const stream = (latenessMs: number, silenceMs: number): Cadence => ({
  kind: 'stream',
  latenessMs,
  silenceMs,
});
const always = (institution: string, cadence: Cadence) => ({ institution, fromMs: 0, cadence });
/** Streams lie over weeks with hours between rows: what waits for hours here waits for seconds in life. */
export const STREAMING: readonly (OrderOptions & { readonly name: string })[] = [
  {
    name: 'late by days',
    cadences: [always(BANK, stream(2 * DAY_MS, 9 * DAY_MS)), always(OTHER_BANK, stream(DAY_MS, 4 * DAY_MS))],
    evaluateEvery: 2,
  },
  {
    name: 'late by an hour, with empty blocks',
    cadences: [always(BANK, stream(HOUR_MS, 0)), always('abank', stream(0, DAY_MS))],
    evaluateEvery: 1,
    tell: {
      every: 5,
      aheadMs: [-DAY_MS, 0, -HOUR_MS, HOUR_MS, -3 * DAY_MS],
      institutions: [null, BANK, null, 'abank'],
    },
  },
  {
    name: 'with little room, one by file',
    cadences: [always(BANK, stream(30 * DAY_MS, 30 * DAY_MS)), always(OTHER_BANK, { kind: 'file' })],
    heldRowsMax: 3,
    evaluateEvery: 3,
  },
  {
    name: 'from some day on',
    cadences: [
      always(BANK, stream(DAY_MS, DAY_MS)),
      { institution: BANK, fromMs: Date.UTC(2026, 2, 1), cadence: { kind: 'file' } },
      { institution: BANK, fromMs: Date.UTC(2026, 2, 14), cadence: stream(5 * DAY_MS, 20 * DAY_MS) },
    ],
    evaluateEvery: 1,
  },
];

/** The first is held to every stream of every cast and counted, the others to some of all rules. */
export const COMPARISONS: readonly Comparison[] = [
  { contender: hot, reference: REFERENCE, every: 8, crowds: 2, takes: whatever },
  {
    contender: reloading(hot, SETS),
    reference: reloading(REFERENCE, SETS),
    every: 40,
    crowds: 0,
    takes: whatever,
  },
  {
    contender: stepping(
      blocks('small blocks', { blockRows: [1, 3, 2], reloadSteps: [0, 1, 0, 4, 40, 0, 2_000, 7] }),
    ),
    reference: stepping(REFERENCE),
    every: 40,
    crowds: 0,
    takes: ofBlocks,
  },
  {
    contender: stepping(evicting),
    reference: stepping(REFERENCE),
    every: 80,
    crowds: 0,
    takes: whatever,
  },
  {
    contender: stepping(
      blocks('blocks of institutions that stream', {
        blockRows: [2, 1],
        order: STREAMING[0]!,
        reloadSteps: [3, 0, 300, 2_000],
      }),
    ),
    reference: stepping(REFERENCE),
    every: 80,
    crowds: 0,
    takes: ofBlocks,
  },
  {
    contender: blocks('blocks of one to three rows', { blockRows: [1, 3, 2] }),
    reference: REFERENCE,
    every: 40,
    crowds: 0,
    takes: ofBlocks,
  },
  {
    contender: blocks('blocks', { blockRows: [64, 1_000] }),
    reference: REFERENCE,
    every: 40,
    crowds: 1,
    takes: ofBlocks,
  },
  {
    contender: reloading(evicting, SETS),
    reference: reloading(REFERENCE, SETS),
    every: 80,
    crowds: 0,
    takes: whatever,
  },
  { contender: evicting, reference: REFERENCE, every: 8, crowds: 1, takes: whatever },
  ...STREAMING.map(({ name, ...order }, i) => ({
    contender: blocks(`blocks of institutions that stream, ${name}`, {
      blockRows: [1, 3, 2],
      order,
      partitions: 1 + (i % 2),
    }),
    reference: REFERENCE,
    every: 12,
    crowds: i === 0 ? 1 : 0,
    takes: ofBlocks,
  })),
  {
    contender: reloading(
      blocks('blocks of institutions that stream', { blockRows: [2, 1], order: STREAMING[0]! }),
      SETS,
    ),
    reference: reloading(REFERENCE, SETS),
    every: 40,
    crowds: 0,
    takes: ofBlocks,
  },
  ...[2, 8].map((partitions) => ({
    contender: blocks(`${partitions} partitions`, { blockRows: [40, 7, 300], partitions }),
    reference: REFERENCE,
    every: 0,
    crowds: 1,
    takes: ofBlocks,
  })),
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
