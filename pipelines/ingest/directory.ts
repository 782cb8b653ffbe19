/**
 * Who holds which account, and what is on record about them, as of any event time.
 *
 * Records are valid-from and come from institutions. Of one party, each institution's latest record at or before the time
 * counts; where several institutions vouch for one party (a shared document), a later record's value wins field by
 * field, and accounts add up: no bank can unlist another bank's account. An account's holder is the party whose record
 * lists it, before others the one vouched for by the bank that keeps it, then the one who has held it longest, then the
 * smallest key; that order knows nothing of arrival. A record with the same (party, institution, valid-from) replaces the
 * earlier one. `apply` names the keys whose resolution may have changed, so that the caller can re-run them.
 */

import { lastAtOrBefore } from '../../rules/reference/civil-day.ts';
import type { AgeBand, LicenceKind, PartyKind } from '../../schemas/enumerations.ts';
import { canonicalJson } from '../../schemas/ids.ts';
import type { PartyRecord } from '../../schemas/party.ts';

type RecordAccount = PartyRecord['accounts'][number];
export type HomePlace = NonNullable<PartyRecord['homePlace']>;

/** An account as its holder's record lists it. */
export interface Holding {
  readonly partyKey: string;
  readonly account: RecordAccount;
  /** Who vouches for it. */
  readonly institution: string;
}

/** What is on record of a party at a time. */
export interface PartyFacts {
  readonly kind?: PartyKind | undefined;
  readonly homePlace?: HomePlace | undefined;
  readonly workPlace?: HomePlace | undefined;
  readonly residenceCountry?: string | undefined;
  readonly sector?: string | undefined;
  readonly birthYear?: number | undefined;
  readonly nightWork?: boolean | undefined;
  readonly licences?: PartyRecord['licences'] | undefined;
  readonly kinTokens?: readonly string[] | undefined;
  /** Parties declared kin, spouse or guardian. */
  readonly relatedKeys?: readonly string[] | undefined;
  readonly survivorSafe?: boolean | undefined;
  readonly occupation?: PartyRecord['occupation'] | undefined;
  readonly pep?: boolean | undefined;
  readonly declaredMonthlyIn?: PartyRecord['declaredMonthlyIn'] | undefined;
  readonly openingHours?: PartyRecord['openingHours'] | undefined;
  readonly incorporated?: string | undefined;
  /** Days on which the name became another one. */
  readonly nameChanges?: readonly string[] | undefined;
  readonly employers?: readonly string[] | undefined;
  readonly owners?: readonly string[] | undefined;
}

export interface DirectoryChange {
  readonly accounts: readonly string[];
  readonly parties: readonly string[];
}

/** Records of one party by institution, ascending by validity. */
type Chains = Map<string, PartyRecord[]>;

interface Timeline<T> {
  readonly from: readonly number[];
  readonly values: readonly T[];
}

const NO_CHANGE: DirectoryChange = { accounts: [], parties: [] };
const FAMILY: ReadonlySet<string> = new Set(['kin', 'spouse', 'guardian']);

export class Directory {
  readonly #parties = new Map<string, Chains>();
  readonly #listedBy = new Map<string, Set<string>>();
  readonly #facts = new Map<string, Timeline<PartyFacts>>();
  readonly #holdings = new Map<string, Timeline<Holding | null>>();
  #changes = 0;

  /** A directory of records, in the order in which they were applied. */
  static from(records: Iterable<PartyRecord>): Directory {
    const directory = new Directory();
    for (const record of records) directory.apply(record);
    return directory;
  }

  get size(): number {
    return this.#parties.size;
  }

  /** Rises whenever a look-up may answer otherwise than before. */
  get changes(): number {
    return this.#changes;
  }

  /** Adds a record, and names the accounts and parties for which look-ups may now answer otherwise. */
  apply(record: PartyRecord): DirectoryChange {
    const chains: Chains = this.#parties.get(record.partyKey) ?? new Map();
    const chain = chains.get(record.institution) ?? [];
    const at = lastAtOrBefore(
      chain.map((each) => each.validFromMs),
      record.validFromMs,
    );
    const before = chain[at];
    const replaces = before?.validFromMs === record.validFromMs;
    if (replaces && canonicalJson(before) === canonicalJson(record)) return NO_CHANGE;

    this.#changes += 1;
    chains.set(record.institution, chain.toSpliced(replaces ? at : at + 1, replaces ? 1 : 0, record));
    this.#parties.set(record.partyKey, chains);
    this.#facts.delete(record.partyKey);
    const accounts = new Set(
      [...(before?.accounts ?? []), ...record.accounts].map((account) => account.token),
    );
    for (const token of accounts) {
      const parties = this.#listedBy.get(token) ?? new Set<string>();
      this.#listedBy.set(token, parties.add(record.partyKey));
      this.#holdings.delete(token);
    }
    return { accounts: [...accounts].sort(), parties: [record.partyKey] };
  }

  /** Whether any record of the party is valid at the time. */
  knows(partyKey: string, timeMs: number): boolean {
    return this.factsOf(partyKey, timeMs) !== null;
  }

  /** What is on record of a party at a time; null where nothing is yet. */
  factsOf(partyKey: string, timeMs: number): PartyFacts | null {
    let timeline = this.#facts.get(partyKey);
    if (timeline === undefined) {
      const chains = this.#parties.get(partyKey);
      if (chains === undefined) return null;
      timeline = factsTimeline(chains);
      this.#facts.set(partyKey, timeline);
    }
    return timeline.values[lastAtOrBefore(timeline.from, timeMs)] ?? null;
  }

  /** Who holds an account at a time; null where no record valid by then lists it. */
  holdingOf(accountKey: string, timeMs: number): Holding | null {
    let timeline = this.#holdings.get(accountKey);
    if (timeline === undefined) {
      const parties = this.#listedBy.get(accountKey);
      if (parties === undefined) return null;
      timeline = this.#holdingTimeline(accountKey, [...parties]);
      this.#holdings.set(accountKey, timeline);
    }
    return timeline.values[lastAtOrBefore(timeline.from, timeMs)] ?? null;
  }

  /**
   * Event times around `timeMs` for which `holdingOf` the account and `factsOf` the party answer the same: from the first
   * number up to, not with, the second.
   */
  steady(
    accountKey: string | undefined,
    partyKey: string | undefined,
    timeMs: number,
  ): readonly [number, number] {
    let from = Number.NEGATIVE_INFINITY;
    let until = Number.POSITIVE_INFINITY;
    if (accountKey !== undefined) this.holdingOf(accountKey, timeMs);
    if (partyKey !== undefined) this.factsOf(partyKey, timeMs);
    for (const timeline of [this.#holdings.get(accountKey ?? ''), this.#facts.get(partyKey ?? '')]) {
      if (timeline === undefined) continue;
      const at = lastAtOrBefore(timeline.from, timeMs);
      from = Math.max(from, timeline.from[at] ?? Number.NEGATIVE_INFINITY);
      until = Math.min(until, timeline.from[at + 1] ?? Number.POSITIVE_INFINITY);
    }
    return [from, until];
  }

  /** All records, in an order that rebuilds an equal directory. */
  toJSON(): PartyRecord[] {
    return [...this.#parties.values()].flatMap((chains) => [...chains.values()].flat());
  }

  #holdingTimeline(accountKey: string, partyKeys: readonly string[]): Timeline<Holding | null> {
    const chains = partyKeys.flatMap((key) => [...(this.#parties.get(key) as Chains).values()]);
    const from = instants(chains.flat());
    const values = from.map((time) => {
      const claims = chains.flatMap((chain) => claimOf(chain, accountKey, time) ?? []);
      return claims.sort(compareClaims)[0]?.holding ?? null;
    });
    return { from, values };
  }
}

interface Claim {
  readonly holding: Holding;
  /** From when on the chain has listed the account without a break. */
  readonly since: number;
}

/** What one institution's records of one party say of an account at a time. */
function claimOf(chain: readonly PartyRecord[], accountKey: string, timeMs: number): Claim | null {
  let since: number | null = null;
  let holding: Holding | null = null;
  for (const record of chain) {
    if (record.validFromMs > timeMs) break;
    const account = record.accounts.find((each) => each.token === accountKey);
    since = account === undefined ? null : (since ?? record.validFromMs);
    holding =
      account === undefined ? null : { partyKey: record.partyKey, account, institution: record.institution };
  }
  return holding === null || since === null ? null : { holding, since };
}

function compareClaims(a: Claim, b: Claim): number {
  const keeps = (claim: Claim) => (claim.holding.account.bank === claim.holding.institution ? 0 : 1);
  if (keeps(a) !== keeps(b)) return keeps(a) - keeps(b);
  if (a.since !== b.since) return a.since - b.since;
  return (
    compareText(a.holding.partyKey, b.holding.partyKey) ||
    compareText(a.holding.institution, b.holding.institution)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function instants(records: readonly PartyRecord[]): number[] {
  return [...new Set(records.map((record) => record.validFromMs))].sort((a, b) => a - b);
}

function factsTimeline(chains: Chains): Timeline<PartyFacts> {
  const from = instants([...chains.values()].flat());
  const values = from.map((time) => {
    const current = [...chains.values()]
      .flatMap((chain) => chain.filter((record) => record.validFromMs <= time).at(-1) ?? [])
      .sort((a, b) => a.validFromMs - b.validFromMs || compareText(a.institution, b.institution));
    return mergeFacts(current);
  });
  return { from, values };
}

/** Later records win field by field; relations and licences add up; protection, once set by anybody, stays. */
function mergeFacts(records: readonly PartyRecord[]): PartyFacts {
  const last = <K extends keyof PartyRecord>(field: K): PartyRecord[K] | undefined =>
    records.findLast((record) => record[field] !== undefined)?.[field];
  const related = records
    .flatMap((record) => record.relationships ?? [])
    .filter((each) => FAMILY.has(each.kind));
  const licences = records.flatMap((record) => record.licences ?? []);
  return {
    kind: last('kind'),
    homePlace: last('homePlace'),
    workPlace: last('workPlace'),
    residenceCountry: last('residenceCountry'),
    sector: last('sector'),
    birthYear: last('birthYear'),
    nightWork: last('nightWork'),
    kinTokens: last('kinTokens'),
    licences: licences.length > 0 ? licences : undefined,
    relatedKeys: related.length > 0 ? [...new Set(related.map((each) => each.ref))].sort() : undefined,
    survivorSafe: records.some((record) => record.survivorSafe) || undefined,
    occupation: last('occupation'),
    pep: last('pep'),
    declaredMonthlyIn: last('declaredMonthlyIn'),
    openingHours: last('openingHours'),
    incorporated: last('incorporated'),
    nameChanges: allOf(records.map((record) => record.nameChanges)),
    employers: allOf(records.map((record) => record.employers)),
    owners: allOf(records.map((record) => record.beneficialOwners?.map(({ ref }) => ref))),
  };
}

/** What any of the lists holds, sorted; undefined where there is no list. */
function allOf(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const there = lists.filter((list) => list !== undefined);
  return there.length === 0 ? undefined : [...new Set(there.flat())].sort();
}

/** Kinds of licence valid on a day (`YYYY-MM-DD`), sorted; a licence without an end is valid. */
export function licencesOn(licences: PartyRecord['licences'], date: string): LicenceKind[] {
  const valid = (licences ?? []).filter(
    (licence) => licence.validTo === undefined || licence.validTo >= date,
  );
  return [...new Set(valid.map((licence) => licence.kind))].sort();
}

const BANDS: readonly (readonly [number, AgeBand])[] = [
  [25, '25_plus'],
  [21, '21_24'],
  [18, '18_20'],
  [16, '16_17'],
  [14, '14_15'],
  [0, 'under_14'],
];

/**
 * Age band in a year. Only the birth year is known, so the person is taken as not having had that year's birthday: who
 * may still be a minor counts as one, which is the error that protects.
 */
export function ageBandIn(year: number, birthYear: number): AgeBand {
  const age = Math.max(0, year - birthYear - 1);
  return (BANDS.find(([from]) => age >= from) as readonly [number, AgeBand])[1];
}
