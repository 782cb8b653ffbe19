/**
 * A population in which nobody does wrong: how often the composites alert all the same, whom, and whether people of some
 * municipalities more than others. So many people of each look-alike and each hard pair, and ordinary people around
 * them, in cohorts that are worlds of their own: memory is that of one cohort, whatever the population.
 *
 * What would make it wrong: rules tuned on the seeds that are measured (three fresh ones are drawn and printed each time), a
 * cohort in which a kind is missing, a look-alike that lost the shape of its twin (tests of the shapes hold that). The hard
 * twin of B8 (a new payee in an emergency) cannot be told from a ransom and must page a human: its rate is told apart.
 */
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import { deriveSeed } from '../../pipelines/simulate/random.ts';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import { LOOKALIKE_KINDS, type LookalikeKind, type Truth } from '../../pipelines/simulate/truth.ts';
import { contentHash } from '../../schemas/ids.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import { judge } from '../../services/cli/demo-verdict.ts';
import { type Knowledge, loadKnowledge } from '../../services/workspace/knowledge.ts';
import { testKeys } from '../../test/support/ingest.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from '../harness/benchmark.ts';
import {
  type AsLiveRule,
  type AsLiveTallies,
  addSignals,
  emptyTallies,
  knowledgeAsLive,
  OTHERS,
} from './as-live.ts';
import { evaluate } from './evaluation.ts';
import { experimentalPage } from './experimental-page.ts';
import { KNOWN_ALERTS, type RaisedAlert, withoutKnown } from './known-alerts.ts';
import { addParity, emptyParity, type Parity, parityFaults, ratioOf } from './parity.ts';

/** Seeds that every run measures; fresh ones come beside them. */
const FIXED_SEEDS = [101, 202, 303] as const;
const FRESH_SEEDS = 3;
/** Per 1,000 accounts a month: all composites together, and each. */
const ALL_LIMIT = 0.5;
const EACH_LIMIT = 0.2;
/** Of the emergencies that look like a ransom: a catalogue under which they page nobody would miss ransoms, too. */
const PAGED_LEAST = 0.5;
const DAYS_A_MONTH = 30;
const NOT_ONE: LookalikeKind = 'B3';
const EXPERIMENTAL_PAGE = join(packageRoot(), 'benchmarks', 'experimental-rules.md');
const FIRST_DAYS = ['2025-09-15', '2025-11-01', '2025-12-05', '2026-02-10'] as const;

interface Tally {
  rows: number;
  /** People with an account: cases, ordinary people and their families. */
  people: number;
  readonly ofKind: Map<LookalikeKind, number>;
  readonly raised: RaisedAlert[];
  harmed: number;
  onInfrastructure: number;
  readonly parity: Parity;
  pagedTwins: number;
  twins: number;
  /** Of experimental rules that are evaluated as if they were live. */
  readonly asLive: AsLiveTallies;
}

const newTally = (asLive: readonly AsLiveRule[]): Tally => ({
  asLive: emptyTallies(asLive),
  rows: 0,
  people: 0,
  ofKind: new Map(),
  raised: [],
  harmed: 0,
  onInfrastructure: 0,
  parity: emptyParity(),
  pagedTwins: 0,
  twins: 0,
});

/** People of a look-alike's cases who have an account, by kind. */
function peopleOf(truth: Truth): Map<LookalikeKind, number> {
  const found = new Map<LookalikeKind, number>();
  for (const each of truth.cases) {
    const kind = each.kind as LookalikeKind;
    const people = each.subjects.filter(({ role }) => role === 'ordinary').length;
    found.set(kind, (found.get(kind) ?? 0) + people);
  }
  return found;
}

interface Wanted {
  /** People of each look-alike. */
  readonly accounts: number;
  readonly days: number;
  readonly cohorts: number;
}

/** How many cases of a kind one cohort needs, by what a single case of each has. */
function casesPerCohort({ accounts, days, cohorts }: Wanted, seed: number): Map<LookalikeKind, number> {
  const probe = simulate({
    seed,
    days,
    people: 60,
    exactly: LOOKALIKE_KINDS.map((kind) => ({ kind, variant: 'base', count: 3 })),
  });
  const people = peopleOf(probe.truth);
  return new Map(
    LOOKALIKE_KINDS.map((kind) => [kind, Math.ceil((accounts / cohorts) * (3 / (people.get(kind) ?? 3)))]),
  );
}

async function measureCohort(
  cases: ReadonlyMap<LookalikeKind, number>,
  days: number,
  seed: number,
  knowledge: Knowledge,
  tally: Tally,
): Promise<void> {
  const exactly = [...cases].map(([kind, count]) => ({ kind, variant: 'base' as const, count }));
  const all = exactly.reduce((total, { count }) => total + count, 0);
  const simulation = simulate({
    seed,
    days,
    from: FIRST_DAYS[seed % FIRST_DAYS.length]!,
    people: Math.max(60, all),
    exactly,
  });
  const { truth } = simulation;
  const evaluation = await evaluate(simulation, knowledge);
  const verdicts = judge(truth, evaluation.alerts, evaluation.signals, evaluation.pseudonyms);
  const kindOf = new Map(
    verdicts.flatMap(({ case: each, alerts }) => alerts.map(({ id }) => [id, each.kind])),
  );
  for (const { id, typology } of evaluation.alerts)
    tally.raised.push({ typology, kind: kindOf.get(id) ?? 'other' });
  for (const [kind, people] of peopleOf(truth))
    tally.ofKind.set(kind, (tally.ofKind.get(kind) ?? 0) + people);
  tally.rows += evaluation.rows;
  tally.harmed += new Set(verdicts.flatMap(({ harmed }) => harmed)).size;
  const nodes = new Set(
    truth.infrastructure.map(({ ref, refScheme, institution }) =>
      evaluation.pseudonyms.party(refScheme, ref, institution),
    ),
  );
  tally.onInfrastructure += evaluation.alerts.filter(({ subject }) => nodes.has(subject)).length;
  tally.people += addParity(tally.parity, simulation, evaluation);
  addSignals(tally.asLive, truth, evaluation);
}

/** Emergencies with a new payee: how many of them page somebody. */
async function measureTwins(count: number, days: number, seed: number, knowledge: Knowledge, tally: Tally) {
  const simulation = simulate({
    seed: deriveSeed(seed, 'twins'),
    days,
    people: 60,
    exactly: [{ kind: 'B8', variant: 'evasive', count }],
  });
  const { alerts, signals } = await evaluate(simulation, knowledge);
  const verdicts = judge(simulation.truth, alerts, signals, new Pseudonymiser(testKeys));
  tally.twins += verdicts.length;
  tally.pagedTwins += verdicts.filter((verdict) => verdict.alerts.length > 0).length;
}

async function measureSeed(
  context: RunContext,
  seed: number,
  knowledge: Knowledge,
  asLive: readonly AsLiveRule[],
): Promise<BenchmarkResult[]> {
  const accounts = sizeOf(context, 'accounts');
  const days = sizeOf(context, 'days');
  const cohorts = Math.max(1, Math.ceil(accounts / sizeOf(context, 'cohort')));
  const tally = newTally(asLive);
  const cases = casesPerCohort({ accounts, days, cohorts }, seed);
  const isShort = (kind: LookalikeKind): boolean => (tally.ofKind.get(kind) ?? 0) < accounts;
  for (let cohort = 0; LOOKALIKE_KINDS.some(isShort); cohort++) {
    context.progress(`seed ${seed}: cohort ${cohort + 1} of about ${cohorts}, ${tally.rows} rows`);
    const due = new Map([...cases].filter(([kind]) => isShort(kind)));
    await measureCohort(due, days, deriveSeed(seed, 'cohort', cohort), knowledge, tally);
    // A run that is broken off leaves what it measured until then.
    if (asLive.length > 0) await writeFile(EXPERIMENTAL_PAGE, pageOf(asLive, tally, seed, days));
  }
  await measureTwins(Math.ceil(accounts / 50), days, seed, knowledge, tally);
  return resultsOf(seed, tally, days);
}

function pageOf(asLive: readonly AsLiveRule[], tally: Tally, seed: number, days: number): string {
  const months = (people: number): number => (people * days) / DAYS_A_MONTH;
  const playing = [...tally.ofKind.values()].reduce((sum, people) => sum + people, 0);
  return experimentalPage(asLive, tally.asLive, {
    seed,
    days,
    rows: tally.rows,
    peopleOfEach: Math.min(...tally.ofKind.values()),
    monthsOfKind: new Map<string, number>([
      ...[...tally.ofKind].map(([kind, people]): [string, number] => [kind, months(people)]),
      [OTHERS, months(Math.max(0, tally.people - playing))],
    ]),
    alerts: tally.raised.length,
    harmed: tally.harmed,
  });
}

function resultsOf(seed: number, tally: Tally, days: number): BenchmarkResult[] {
  const today = new Date().toISOString().slice(0, 10);
  const { open, faults } = withoutKnown(tally.raised, KNOWN_ALERTS, today);
  const accountMonths = (tally.people * days) / DAYS_A_MONTH;
  const rate = (alerts: number): number => (1_000 * alerts) / accountMonths;
  const count = (by: (alert: RaisedAlert) => string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const alert of open) counts.set(by(alert), (counts.get(by(alert)) ?? 0) + 1);
    return counts;
  };
  const text = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .sort()
      .map(([name, alerts]) => `${name} ${alerts}`)
      .join(', ') || 'none';
  const byTypology = count(({ typology }) => typology);
  const byKind = count(({ kind }) => kind);
  return [
    {
      name: 'clean-population',
      value: rate(open.length),
      unit: 'alerts per 1,000 synthetic accounts a month',
      seed,
      resultHash: contentHash({ raised: tally.raised, people: tally.people, rows: tally.rows }),
      goal: { value: ALL_LIMIT, better: 'less' },
      details: {
        alerts: open.length,
        known: tally.raised.length - open.length,
        byTypology: text(byTypology),
        byKind: text(byKind),
        accounts: tally.people,
        accountMonths: Math.round(accountMonths),
        rows: tally.rows,
        peopleOfEach: Math.min(...tally.ofKind.values()),
        harmed: tally.harmed,
        parityAlerts: ratioOf(tally.parity.alerted),
        paritySignals: ratioOf(tally.parity.signalled),
        emergenciesWithNewPayee: tally.twins,
        ofWhichPaged: tally.pagedTwins,
      },
      faults: [
        ...faults,
        ...[...byTypology]
          .filter(([, alerts]) => rate(alerts) > EACH_LIMIT)
          .map(
            ([typology, alerts]) =>
              `${typology}: ${rate(alerts).toFixed(2)} per 1,000 accounts a month, at most ${EACH_LIMIT}`,
          ),
        ...(byKind.has(NOT_ONE)
          ? [`${byKind.get(NOT_ONE)} alerts on ${NOT_ONE}, where there may be none`]
          : []),
        ...(tally.pagedTwins < PAGED_LEAST * tally.twins
          ? [`${tally.pagedTwins} of ${tally.twins} emergencies with a new payee page somebody`]
          : []),
        ...(tally.harmed > 0
          ? [`${tally.harmed} protected people have a score or a proposed restraint`]
          : []),
        ...(tally.onInfrastructure > 0 ? [`${tally.onInfrastructure} alerts on infrastructure`] : []),
        ...parityFaults(tally.parity),
      ],
    },
  ];
}

export const cleanPopulation: Benchmark = {
  name: 'clean-population',
  what: 'a synthetic population in which nobody does wrong: alerts per 1,000 accounts a month, harm, parity',
  options: {
    accounts: { default: 2_000, smoke: 60, what: 'people of each look-alike' },
    days: { default: 62, smoke: 62, what: 'length of the simulated time' },
    cohort: { default: 80, smoke: 80, what: 'of these in a world of their own; memory grows with it' },
    seed: { default: 0, smoke: 101, what: 'one seed; 0: the fixed ones and three fresh ones' },
    'as-live': {
      default: 0,
      smoke: 0,
      what: '1: experimental rules count as if they were live, and benchmarks/experimental-rules.md is written anew',
    },
  },
  nodeFlags: () => ['--max-old-space-size=3000'],
  async run(context) {
    const chosen = sizeOf(context, 'seed');
    const fresh = Array.from({ length: FRESH_SEEDS }, () => randomInt(1_000, 2 ** 31));
    const seeds = chosen === 0 ? [...FIXED_SEEDS, ...fresh] : [chosen];
    context.progress(`seeds ${seeds.join(', ')}`);
    const { knowledge, asLive } =
      sizeOf(context, 'as-live') === 1
        ? await knowledgeAsLive()
        : { knowledge: await loadKnowledge(), asLive: [] };
    const results: BenchmarkResult[] = [];
    for (const seed of seeds) results.push(...(await measureSeed(context, seed, knowledge, asLive)));
    return results;
  },
};
