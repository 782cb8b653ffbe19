/**
 * A simulated world as a stream of rows. Days pass in order; on each day everybody acts; noise is added; rows leave in
 * the order in which they arrive. Memory holds the people and a few days of rows, whatever the number of transactions.
 */
import type { PartyRecordInput } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { subjectOf } from './case.ts';
import {
  type BuiltCase,
  buildCase,
  type CaseCount,
  countRows,
  type Plan,
  type PlannedCase,
  planCases,
} from './casebook.ts';
import { Resident } from './daily-life.ts';
import { InfrastructureLife } from './infrastructure-life.ts';
import { type Institution, institutionList } from './institutions.ts';
import { ArrivalBuffer, noisySink } from './noise.ts';
import { NOISE, POPULATION, PREVALENCE, VARIANT_SHARES } from './parameters.ts';
import { type Party, recordsOf } from './people.ts';
import type { CountryCode } from './places.ts';
import { deriveSeed, Random } from './random.ts';
import { CLEAR, Counters, Ledger } from './rows.ts';
import { DAY_MS, dateText, HOUR_MS, parseDay } from './time.ts';
import {
  type CaseKind,
  LOOKALIKE_KINDS,
  SCENARIO_KINDS,
  type Truth,
  type TruthCase,
  type Variant,
} from './truth.ts';
import { COUNTRIES, residentIds, World } from './world.ts';

export interface SimulateOptions {
  /** Any whole number; the same seed gives the same bytes. */
  readonly seed?: number;
  /** How many rows to aim at; met within a tenth when the wanted cases leave room. */
  readonly transactions?: number;
  /** First local day, `YYYY-MM-DD`. */
  readonly from?: string;
  /** Length in days, 28 to 1,200. */
  readonly days?: number;
  /** Which scenarios and look-alikes may occur; default all. */
  readonly cases?: readonly CaseKind[];
  /** `demo`: about one case in a hundred accounts, far above reality. `honest`: one in tens of thousands. */
  readonly prevalence?: 'demo' | 'honest';
  /** Relative shares of the variants among the cases beyond the guaranteed base ones. */
  readonly variantShares?: Readonly<Record<Variant, number>>;
  /** These cases and no others, whatever their rows; `cases`, `prevalence` and `variantShares` say nothing then. */
  readonly exactly?: readonly CaseCount[];
  /** Exactly so many ordinary people, at least 60; `transactions` says nothing then. */
  readonly people?: number;
}

export const SIMULATION_LIMITS = { MIN_DAYS: 28, MAX_DAYS: 1_200, MAX_TRANSACTIONS: 200_000_000 } as const;

export const DEFAULT_SIMULATION = {
  seed: 7,
  transactions: 200_000,
  /** From September so that recruitment, harvest, December and the sends of spring all lie inside. */
  from: '2025-09-01',
  days: 240,
} as const;

export interface Simulation {
  /** The party files of all submitting institutions, each record with the institution that vouches for it. */
  readonly parties: Iterable<PartyRecordInput>;
  /** Rows in order of arrival. One pass at a time; every pass gives the same rows. Treat them as read-only. */
  readonly transactions: Iterable<TransactionInput>;
  readonly truth: Truth;
  /** Who submits what: to be declared before the feed is evaluated. */
  readonly institutions: readonly Institution[];
}

const NOTES = {
  demo: 'Prevalence is inflated for demonstration: about one case per hundred accounts. All persons and institutions are invented.',
  honest:
    'Prevalence is as low as assumed in reality: one case per tens of thousands of accounts. All persons and institutions are invented.',
} as const;

/** People whose whole life is run once to learn how many rows a person gives. */
const PILOT_PEOPLE = 400;
const MIN_PEOPLE = 60;
/** Rows may arrive no earlier than they happen, and local days begin at most this long before the UTC day. */
const EAST_MS = 14 * HOUR_MS;

/** Sets up a world; throws RangeError when an option lies outside its limits. */
export function simulate(options: SimulateOptions = {}): Simulation {
  const settings = settle(options);
  const size = sizeFor(settings);
  const stage = setStage(settings, size);
  const accounts = [...stage.people()].reduce((sum, party) => sum + party.accounts.length, 0);
  return {
    institutions: institutionList(),
    truth: {
      seed: settings.plan.seed,
      prevalence: settings.plan.prevalence,
      note: NOTES[settings.plan.prevalence],
      from: dateText(settings.from),
      days: settings.days,
      people: size.people,
      accounts,
      cases: size.truths,
      infrastructure: stage.nodes.map((party) => subjectOf({ party, role: 'infrastructure' })),
    },
    parties: { [Symbol.iterator]: () => partyRecords(settings, size) },
    transactions: { [Symbol.iterator]: () => rowsOf(settings, size) },
  };
}

interface Settings {
  readonly plan: Plan;
  readonly transactions: number;
  readonly from: number;
  readonly days: number;
  readonly people: number | undefined;
}

/** How large the world is, found once so that every pass builds the same one. */
interface Size {
  readonly people: number;
  /** People the employers and landlords are counted for; close to `people`, and known before the cases are. */
  readonly stagePeople: number;
  readonly planned: readonly PlannedCase[];
  readonly truths: readonly TruthCase[];
}

function settle(options: SimulateOptions): Settings {
  const { MIN_DAYS, MAX_DAYS, MAX_TRANSACTIONS } = SIMULATION_LIMITS;
  const from = parseDay(options.from ?? DEFAULT_SIMULATION.from);
  const days = options.days ?? DEFAULT_SIMULATION.days;
  const transactions = options.transactions ?? DEFAULT_SIMULATION.transactions;
  const seed = options.seed ?? DEFAULT_SIMULATION.seed;
  if (!Number.isInteger(from)) throw new RangeError(`from is not a date: ${options.from}`);
  if (!Number.isInteger(days) || days < MIN_DAYS || days > MAX_DAYS)
    throw new RangeError(`days must be a whole number from ${MIN_DAYS} to ${MAX_DAYS}: ${days}`);
  if (!Number.isInteger(transactions) || transactions < 1 || transactions > MAX_TRANSACTIONS)
    throw new RangeError(
      `transactions must be a whole number from 1 to ${MAX_TRANSACTIONS}: ${transactions}`,
    );
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number: ${seed}`);
  const plan: Plan = {
    seed,
    kinds: options.cases ?? [...SCENARIO_KINDS, ...LOOKALIKE_KINDS],
    prevalence: options.prevalence ?? 'demo',
    variantShares: options.variantShares ?? VARIANT_SHARES,
    ...(options.exactly === undefined ? {} : { exactly: options.exactly }),
  };
  const { people } = options;
  if (people !== undefined && (!Number.isInteger(people) || people < MIN_PEOPLE))
    throw new RangeError(`people must be a whole number from ${MIN_PEOPLE}: ${people}`);
  return { plan, transactions, from, days, people };
}

/**
 * Runs a pilot of ordinary lives and every planned case once, without keeping rows, and fills what is left of the
 * wanted number with people. Cases beyond the first round are left out when they would crowd ordinary life out.
 */
function sizeFor(settings: Settings): Size {
  const { plan, from, days, transactions } = settings;
  const rowsPerPerson = settings.people === undefined ? rowsOfPilot(settings) : 1;
  const stagePeople = settings.people ?? Math.max(MIN_PEOPLE, Math.round(transactions / rowsPerPerson));
  const world = newWorld(settings, stagePeople);
  const kept: PlannedCase[] = [];
  const truths: TruthCase[] = [];
  const firstRound =
    plan.exactly !== undefined
      ? Number.POSITIVE_INFINITY
      : plan.prevalence === 'demo'
        ? plan.kinds.length
        : 0;
  // What the infrastructure does counts like a case: it is there whatever the number of people.
  let caseRows = countRows(infrastructureOf(settings, stagePeople, world), CLEAR, from, days);
  for (const planned of planCases(plan, stagePeople)) {
    if (kept.length >= firstRound && caseRows > transactions * PREVALENCE.caseRowShare) break;
    const { draft, actor } = buildCase(planned, plan.seed, world, days);
    const count = countRows([actor], draft.lens, from, days);
    caseRows += count;
    kept.push(planned);
    truths.push(draft.truth(count));
  }
  const people =
    settings.people ?? Math.max(MIN_PEOPLE, Math.round((transactions - caseRows) / rowsPerPerson));
  return { people, stagePeople, planned: kept, truths };
}

/** Rows that a person gives, at least one. */
function rowsOfPilot(settings: Settings): number {
  const pilot = [...residentsOf(settings, PILOT_PEOPLE, newWorld(settings, PILOT_PEOPLE))];
  return Math.max(1, countRows(pilot, CLEAR, settings.from, settings.days) / PILOT_PEOPLE);
}

function newWorld(settings: Settings, people: number): World {
  return new World(new Random(deriveSeed(settings.plan.seed, 'world')), settings.from, people);
}

function infrastructureOf(settings: Settings, people: number, world: World): InfrastructureLife[] {
  return COUNTRIES.map((country) => {
    const rng = new Random(deriveSeed(settings.plan.seed, 'infrastructure', country));
    return new InfrastructureLife(rng, world, country, people);
  });
}

function* residentsOf(settings: Settings, count: number, world: World): Generator<Resident> {
  const { seed } = settings.plan;
  const shares = COUNTRIES.map((country) => POPULATION.countryShares[country]);
  for (let i = 0; i < count; i++) {
    const rng = new Random(deriveSeed(seed, 'resident', i));
    const country: CountryCode = COUNTRIES[rng.weighted(shares)]!;
    const neighbours = world.residents[country];
    const spouse = rng.chance(NOISE.sharedHandleShare) ? neighbours.at(-1) : undefined;
    const resident = new Resident(rng, residentIds(i), world, country, spouse);
    neighbours.push(resident.account);
    yield resident;
  }
}

interface Stage {
  readonly cases: readonly BuiltCase[];
  readonly residents: readonly Resident[];
  readonly nodes: readonly Party[];
  readonly infrastructure: readonly InfrastructureLife[];
  people(): Iterable<Party>;
}

function setStage(settings: Settings, size: Size): Stage {
  const world = newWorld(settings, size.stagePeople);
  const cases = size.planned.map((planned) => buildCase(planned, settings.plan.seed, world, settings.days));
  const residents = [...residentsOf(settings, size.people, world)];
  return {
    cases,
    residents,
    nodes: world.parties,
    infrastructure: infrastructureOf(settings, size.stagePeople, world),
    *people() {
      yield* world.parties;
      for (const { draft } of cases) yield* draft.parties;
      for (const resident of residents) yield* resident.parties;
    },
  };
}

function* partyRecords(settings: Settings, size: Size): Generator<PartyRecordInput> {
  for (const party of setStage(settings, size).people()) yield* recordsOf(party);
}

function* rowsOf(settings: Settings, size: Size): Generator<TransactionInput> {
  const { plan, from, days } = settings;
  const { cases, residents, infrastructure } = setStage(settings, size);
  const counters = new Counters();
  const buffer = new ArrivalBuffer();
  const sink = noisySink(new Random(deriveSeed(plan.seed, 'noise')), counters, buffer);
  const ordinary = new Ledger(counters, CLEAR, sink);
  const ledgers = cases.map(({ draft }) => new Ledger(counters, draft.lens, sink));
  for (let day = from; day < from + days; day++) {
    cases.forEach(({ actor }, i) => {
      actor.act(day, ledgers[i]!);
    });
    for (const resident of residents) resident.act(day, ordinary);
    for (const nodes of infrastructure) nodes.act(day, ordinary);
    yield* buffer.drain((day + 1) * DAY_MS - EAST_MS);
  }
  yield* buffer.drain(Number.POSITIVE_INFINITY);
}
