/**
 * From the edge tree of a row to the inner one: money to minor units, identifiers to keys, moments to milliseconds.
 *
 * The tree is written down once as data; a test holds it against the contract, so that a
 * new field cannot be forgotten. Amounts and moments have been checked before (`row-faults.ts`): here nothing fails.
 */
import { parseAmount } from '../../schemas/money.ts';
import type { PartyInput, Transaction, TransactionInput } from '../../schemas/transaction.ts';
import { parseMoment } from './event-time.ts';
import { normalisePhone } from './normalise.ts';
import type { Pseudonymiser, PseudonymKind } from './pseudonym.ts';

interface Env {
  readonly pseudonyms: Pseudonymiser;
  readonly institution: string;
  /** Scope of agents. */
  readonly operator: string;
}

type Members = Readonly<Record<string, unknown>>;
type InnerParty = NonNullable<Transaction['debtor']>;
/** `value` is never undefined; `owner` is the object that holds it. */
type Turn = (value: never, owner: never, env: Env) => unknown;

const copy: Turn = (value: unknown) => value;

const money: Turn = (value: { amount: string; ccy: string }) => {
  const parsed = parseAmount(value.amount, value.ccy);
  if (!parsed.ok) throw new Error(`amount not checked: ${parsed.code}`);
  return { ccy: value.ccy, minor: parsed.minor.toString() };
};

const moment: Turn = (value: string) => {
  const parsed = parseMoment(value);
  if (parsed === null) throw new Error('moment not checked');
  return parsed.ms;
};

function list(item: Turn): Turn {
  return (values: unknown[], _owner: unknown, env: Env) =>
    values.map((value) => item(value as never, values as never, env));
}

/**
 * Members in byte order of their names, so that the text of a row has one order of keys (`transactionHash` rests on it).
 * `sources` names the edge's field where it is called otherwise there. What turns to nothing is left out.
 */
function tree(members: Readonly<Record<string, Turn>>, sources: Readonly<Record<string, string>> = {}): Turn {
  const entries = Object.keys(members)
    .sort()
    .map((name) => ({ name, source: sources[name] ?? name, turn: members[name] as Turn }));
  const places = new Map(entries.map(({ source }, place): [string, number] => [source, place]));
  // Most members of the contract are absent from most rows: those that are there are put in their places first. No
  // group lies inside itself, so one set of places serves.
  const found: unknown[] = new Array(entries.length).fill(undefined);
  return (value: Members, _owner: unknown, env: Env) => {
    found.fill(undefined);
    for (const key in value) {
      const place = places.get(key);
      if (place !== undefined) found[place] = value[key];
    }
    const out: Record<string, unknown> = {};
    for (let place = 0; place < found.length; place++) {
      const member = found[place];
      if (member === undefined) continue;
      const { name, turn } = entries[place] as (typeof entries)[number];
      const turned = turn(member as never, value as never, env);
      if (turned !== undefined) out[name] = turned;
    }
    return out;
  };
}

/** A key in a name space that needs nothing but the value. */
const key =
  (kind: PseudonymKind, space: (env: Env) => string = () => ''): Turn =>
  (value: string, _owner: unknown, env: Env) =>
    env.pseudonyms.token(kind, space(env), value);

/** A party by the scheme that stands beside it, if one does. */
const party: Turn = (value: string, owner: { refScheme?: never }, env: Env) =>
  env.pseudonyms.party(owner.refScheme, value, env.institution);

const address: Turn = (value: string, _owner: unknown, env: Env) => env.pseudonyms.account('chain', value);
const accountToken: Turn = (value: string, owner: { scheme: never }, env: Env) =>
  env.pseudonyms.account(owner.scheme, value);
const terminalId: Turn = (value: string, owner: { owner?: string }, env: Env) =>
  env.pseudonyms.token('ter', owner.owner ?? env.institution, value);
const agent = key('agt', (env) => env.operator);
const phone: Turn = (value: string, _owner: unknown, env: Env) =>
  env.pseudonyms.token('tel', '', normalisePhone(value));
/** References of payments are shared by both banks of a transfer: global, one name space a field. */
const reference = (field: string): Turn => key('ref', () => field);

/** What ISO 20022 messages say where the debtor gave none: it is mandatory there. Taken for a reference it would join strangers. */
const NO_END_TO_END_ID = 'NOTPROVIDED';
const givenEndToEndId = reference('endToEndId');
const endToEndId: Turn = (value: string, owner: never, env: Env) =>
  value.trim().toUpperCase() === NO_END_TO_END_ID ? undefined : givenEndToEndId(value as never, owner, env);

const place = tree({
  role: copy,
  country: copy,
  admin1: copy,
  municipalityCode: copy,
  lat: copy,
  lon: copy,
  tz: copy,
  precision: copy,
});

const counted = tree({ ccy: copy, face: copy, note: copy, count: copy });

/** Keyed surnames, sorted, without repeats; undefined where there are none. */
export function surnameKeys(
  surnames: readonly string[] | undefined,
  pseudonyms: Pseudonymiser,
): string[] | undefined {
  const keys = new Set(surnames?.flatMap((surname) => pseudonyms.surname(surname) ?? []));
  return keys.size === 0 ? undefined : [...keys].sort();
}

const surnamesTurn: Turn = (surnames: string[], _owner: unknown, env: Env) =>
  surnameKeys(surnames, env.pseudonyms);

const partyFields = tree(
  {
    account: tree({ scheme: copy, token: accountToken, bank: copy, branchPlace: place, product: copy }),
    holders: list(tree({ ref: party, refScheme: copy, refStrength: copy })),
    kind: copy,
    country: copy,
    licence: tree({ kind: copy, register: copy, idToken: key('lic'), validTo: copy }),
    kinTokens: surnamesTurn,
  },
  { kinTokens: 'surnames' },
);

/** A side of the row. Its name goes to the vault under the first key that it has. */
const side: Turn = (given: PartyInput, owner: never, env: Env) => {
  const inner = partyFields(given as never, owner, env) as InnerParty;
  const key = inner.holders?.[0]?.ref ?? inner.account?.token;
  if (given.name !== undefined && given.name !== '' && key !== undefined)
    env.pseudonyms.name(key, given.name);
  return inner;
};

const purposeText: Turn = (text: string, _owner: unknown, env: Env) =>
  text.trim() === '' ? undefined : env.pseudonyms.token('txt', '', text);

const ROW_MEMBERS: Readonly<Record<string, Turn>> = {
  institution: copy,
  id: copy,
  version: copy,
  kind: copy,
  rail: copy,
  channel: copy,
  instrument: copy,
  status: copy,
  statusReason: copy,
  op: copy,
  occurredAt: moment,
  postedAt: moment,
  valueDate: copy,
  fees: list(tree({ money, payer: copy })),
  instructed: money,
  settled: money,
  fxRate: copy,
  balanceAfter: money,
  purpose: copy,
  purposeCode: copy,
  railPurpose: copy,
  refs: tree({
    endToEndId,
    ...Object.fromEntries(
      ['uetr', 'speiClaveRastreo', 'speiReferencia', 'achTrace', 'mtcnToken', 'interacRefToken'].map(
        (field) => [field, reference(field)],
      ),
    ),
  }),
  reverses: tree({ institution: copy, id: copy, amount: money }),
  sameAs: list(tree({ institution: copy, id: copy })),
  conductors: list(
    tree({
      ref: party,
      refScheme: copy,
      kind: copy,
      isHolder: copy,
      authorised: copy,
      onBehalfOf: list(tree({ ref: party, refScheme: copy, relationship: copy })),
      idRequested: copy,
      idRefused: copy,
      ageBandAtEvent: copy,
    }),
  ),
  beneficiaries: list(tree({ ref: party, refScheme: copy, country: copy })),
  places: list(place),
  terminal: tree({ id: terminalId, owner: copy, kind: copy }),
  employee: tree({ token: key('emp', (env) => env.institution) }),
  card: tree({
    token: key('crd'),
    present: copy,
    entryMode: copy,
    recurring: copy,
    merchantId: key('mer'),
    mcc: copy,
    merchantDescriptorClass: copy,
    facilitator: copy,
    subMerchant: key('mer'),
    approved: copy,
  }),
  cash: tree({ in: list(counted), out: list(counted), method: copy }),
  mto: tree({
    operator: copy,
    sendAgent: agent,
    payAgent: agent,
    payoutMethod: copy,
    fundedBy: copy,
    sentAt: moment,
    paidAt: moment,
    declaredRelationshipClass: copy,
    declaredPurposeClass: copy,
  }),
  payroll: tree({
    employer: party,
    employee: party,
    payDate: copy,
    periodFrom: copy,
    periodTo: copy,
    days: copy,
    hours: copy,
    gross: money,
    net: money,
    deductions: list(tree({ kind: copy, amount: money })),
  }),
  loan: tree({
    contractToken: key('con', (env) => env.institution),
    lenderLicensed: copy,
    principal: money,
    outstanding: money,
  }),
  lodging: tree({ checkIn: copy, nights: copy, rooms: copy }),
  travel: tree({
    carrier: copy,
    from: copy,
    to: copy,
    depart: copy,
    return: copy,
    passengers: list(party),
    oneWay: copy,
    bookedBy: party,
  }),
  telecom: tree({ toppedUpToken: phone }),
  session: tree({ deviceToken: key('dev'), ipToken: key('ip'), ipCountry: copy, ipClass: copy }),
  va: tree({
    chain: copy,
    txHash: copy,
    leg: copy,
    asset: copy,
    contract: copy,
    from: list(address),
    to: list(address),
    memoTag: copy,
    fee: money,
    block: copy,
    confirmations: copy,
    custody: copy,
    vaspFrom: copy,
    vaspTo: copy,
    tradePair: copy,
    price: copy,
    kioskId: key('kio'),
  }),
  debtor: side,
  creditor: side,
  ultimateDebtor: side,
  ultimateCreditor: side,
  textToken: purposeText,
};
const ROW_SOURCES: Readonly<Record<string, string>> = { textToken: 'purposeText' };

const rowTree = tree(ROW_MEMBERS, ROW_SOURCES);

/** A canonical row without what ingest knows beside it. */
export type BareTransaction = Omit<Transaction, 'stamp'>;

/** Turns a checked row inside out. Adds what is new to the vault entries of `pseudonyms`. */
export function bareTransaction(row: TransactionInput, pseudonyms: Pseudonymiser): BareTransaction {
  const env: Env = {
    pseudonyms,
    institution: row.institution,
    operator: row.mto?.operator ?? row.institution,
  };
  return rowTree(row as never, row as never, env) as BareTransaction;
}

/** A member of a row by itself: its name inside and at the edge, and what it turns to; undefined where that is nothing. */
export interface RowMember {
  readonly name: string;
  readonly source: string;
  turn(value: unknown, institution: string, operator: string, pseudonyms: Pseudonymiser): unknown;
}

/** The members of a row in the order of its text. */
export const MEMBERS_OF_ROW: readonly RowMember[] = Object.keys(ROW_MEMBERS)
  .sort()
  .map((name) => ({
    name,
    source: ROW_SOURCES[name] ?? name,
    turn: (value, institution, operator, pseudonyms) =>
      (ROW_MEMBERS[name] as Turn)(value as never, undefined as never, { pseudonyms, institution, operator }),
  }));
