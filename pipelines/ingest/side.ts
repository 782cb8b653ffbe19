/**
 * Facts about one side of a row as of its event: who holds the account, where they are at home, what is on record. The
 * directory is asked first, the row second; what neither says is absent, and no default stands in for it.
 */
import type { Coverage } from '../../schemas/enumerations.ts';
import type { Side, Transaction } from '../../schemas/transaction.ts';
import {
  ageBandIn,
  type Directory,
  type Holding,
  type HomePlace,
  licencesOn,
  type PartyFacts,
} from './directory.ts';
import type { BareTransaction } from './row-tree.ts';

const DAY_MS = 86_400_000;

type InnerParty = NonNullable<Transaction['debtor']>;
type Holder = NonNullable<InnerParty['holders']>[number];

export interface SideContext {
  readonly directory: Directory;
  readonly eventTime: number;
  /** What the row's feed shows of its own accounts; undefined where the mapping does not say. */
  readonly coverage: Coverage | undefined;
}

const STRENGTHS = ['strong', 'medium', 'weak'] as const;
/** Without a stated strength: a document says who somebody is, a bank's own number whom it knows, a contact less. */
const SCHEMES = ['curp', 'rfc', 'tin', 'document', 'customer', 'name_dob', 'phone', 'email', 'none'] as const;

function strongest(holders: readonly Holder[] | undefined): string | undefined {
  if (holders === undefined || holders.length <= 1) return holders?.[0]?.ref;
  const rank = ({ refStrength, refScheme }: Holder) =>
    (refStrength === undefined ? 1 : STRENGTHS.indexOf(refStrength)) * SCHEMES.length +
    SCHEMES.indexOf(refScheme);
  return holders.reduce((best, holder) => (rank(holder) < rank(best) ? holder : best)).ref;
}

/** The country in which an account of this scheme is kept. */
function schemeCountry(party: InnerParty | undefined): string | undefined {
  switch (party?.account?.scheme) {
    case 'clabe':
      return 'MX';
    case 'us_aba':
      return 'US';
    case 'ca_transit':
      return 'CA';
    default:
      return undefined;
  }
}

const qualified = (place: HomePlace | undefined, part: string | undefined) =>
  place === undefined || part === undefined ? undefined : `${place.country}-${part}`;

/** The stamped facts of `side` of a row. */
export function sideOf(row: BareTransaction, side: 'debtor' | 'creditor', context: SideContext): Side {
  const { directory, eventTime } = context;
  const party = row[side];
  const accountKey = party?.account?.token;
  const holding = accountKey === undefined ? null : directory.holdingOf(accountKey, eventTime);
  const rowHolder = strongest(party?.holders) ?? payee(row, side, party);
  const holderKey = holding?.partyKey ?? rowHolder ?? accountKey;
  const facts = holderKey === undefined ? null : directory.factsOf(holderKey, eventTime);
  const bank = party?.account?.bank ?? holding?.account.bank;

  const out: Side = {};
  if (accountKey !== undefined) out.accountKey = accountKey;
  if (bank !== undefined) out.bank = bank;
  if (holderKey !== undefined) {
    out.holderKey = holderKey;
    out.resolvedBy =
      holding !== null || facts !== null ? 'directory' : rowHolder === undefined ? 'account' : 'row';
  }
  const kind = facts?.kind ?? party?.kind;
  if (kind !== undefined) out.kind = kind;
  const product = holding?.account.product ?? party?.account?.product;
  if (product !== undefined) out.product = product;
  const country =
    party?.country ?? schemeCountry(party) ?? facts?.homePlace?.country ?? facts?.residenceCountry;
  if (country !== undefined) out.country = country;
  const admin1 = qualified(facts?.homePlace, facts?.homePlace?.admin1);
  if (admin1 !== undefined) out.admin1 = admin1;
  const municipality = qualified(facts?.homePlace, facts?.homePlace?.municipality);
  if (municipality !== undefined) out.municipality = municipality;
  const workAdmin1 = qualified(facts?.workPlace, facts?.workPlace?.admin1);
  if (workAdmin1 !== undefined) out.workAdmin1 = workAdmin1;
  const licences = licencesOf(facts, party, eventTime);
  if (licences !== undefined) out.licences = licences;
  if (facts?.sector !== undefined) out.sector = facts.sector;
  if (facts?.birthYear !== undefined) {
    out.ageBand = ageBandIn(new Date(eventTime).getUTCFullYear(), facts.birthYear);
  }
  const kinTokens = (facts?.kinTokens as string[] | undefined) ?? party?.kinTokens;
  if (kinTokens !== undefined) out.kinTokens = kinTokens;
  const relatedKeys = facts?.relatedKeys as string[] | undefined;
  if (relatedKeys !== undefined) out.relatedKeys = relatedKeys;
  const opened = holding?.account.opened;
  if (opened !== undefined) out.openedAt = Date.parse(opened);
  const coverage = coverageOf(row, side, holding, bank, context.coverage);
  if (coverage !== undefined) out.coverage = coverage;
  if (facts?.nightWork !== undefined || licences?.includes('late_venue')) {
    out.occupationNight = facts?.nightWork === true || (licences?.includes('late_venue') ?? false);
  }
  if (facts?.survivorSafe !== undefined) out.survivorSafe = facts.survivorSafe;
  if (facts !== null) addRecord(out, facts, context);
  return out;
}

/** What is on record beside what every party has. */
function addRecord(out: Side, facts: PartyFacts, { directory, eventTime }: SideContext): void {
  const { occupation, pep, declaredMonthlyIn, openingHours, incorporated, nameChanges, employers, owners } =
    facts;
  if (occupation !== undefined) out.occupation = occupation;
  if (pep !== undefined) out.pep = pep;
  if (declaredMonthlyIn !== undefined) out.monthlyIn = declaredMonthlyIn;
  if (openingHours !== undefined) out.openingHours = openingHours;
  if (incorporated !== undefined) out.incorporatedAt = Date.parse(incorporated);
  if (nameChanges !== undefined) out.nameChanges = changesBefore(nameChanges, eventTime);
  if (employers !== undefined && employers.length > 0) {
    out.employerKeys = [...employers];
    const theirs = employers.flatMap((key) => directory.factsOf(key, eventTime)?.owners ?? []);
    if (theirs.length > 0) out.employerOwnerKeys = [...new Set(theirs)].sort();
  }
  if (owners !== undefined && owners.length > 0) out.ownerKeys = [...owners];
}

const NAME_CHANGE_YEARS = 2;

/** How many of the days lie in the two years up to the day of the event, that day included. */
function changesBefore(days: readonly string[], eventTime: number): number {
  const until = dateOf(eventTime);
  const from = `${String(Number(until.slice(0, 4)) - NAME_CHANGE_YEARS).padStart(4, '0')}${until.slice(4)}`;
  return days.filter((day) => day > from && day <= until).length;
}

const dateOf = (time: number): string =>
  new Date(Math.floor(time / DAY_MS) * DAY_MS).toISOString().slice(0, 10);

/** A remittance paid to somebody without an account names them as beneficiary only. */
function payee(row: BareTransaction, side: string, party: InnerParty | undefined): string | undefined {
  return side === 'creditor' && party?.account === undefined ? row.beneficiaries?.[0]?.ref : undefined;
}

function licencesOf(
  facts: PartyFacts | null,
  party: InnerParty | undefined,
  eventTime: number,
): Side['licences'] {
  const given = party?.licence;
  if (facts?.licences === undefined && given === undefined) return undefined;
  const date = dateOf(eventTime);
  const valid = licencesOn([...(facts?.licences ?? []), ...(given === undefined ? [] : [given])], date);
  return valid.length === 0 ? undefined : valid;
}

/**
 * What the reporting feed shows of this side. An account's own bank knows (the directory says how much, else the
 * mapping). An account of an unknown bank opposite the reporter's own is seen from outside. Elsewhere the mapping says what
 * the feed shows of its product.
 */
function coverageOf(
  row: BareTransaction,
  side: 'debtor' | 'creditor',
  holding: Holding | null,
  bank: string | undefined,
  coverage: Coverage | undefined,
): Coverage | undefined {
  const keeper = bank ?? holding?.institution;
  if (keeper === row.institution) return holding?.account.coverage ?? coverage;
  const opposite = row[side === 'debtor' ? 'creditor' : 'debtor']?.account?.bank;
  const seenFromOutside =
    row[side]?.account !== undefined && keeper === undefined && opposite === row.institution;
  return seenFromOutside ? 'counterparty_view' : coverage;
}
