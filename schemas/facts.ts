/**
 * Facts: a transaction as columns of numbers, the form in which the hot path reads it.
 *
 * A row has two *legs*, the debtor's (2 r) and the creditor's (2 r + 1). What is the same for both is a `row` column, read
 * at leg >> 1; what belongs to one side is a `leg` column, read at `leg` for the subject's own side and at `leg ^ 1` for the
 * other. Every field of an event (`event-fields.ts`) is one of these reads, so that no field is stored twice.
 *
 * `FIELD_FACTS` says which. It depends on the subject's standpoint: to who acts on an account (conductor, onBehalfOf) the
 * counterparty is the holder of that account.
 */
import {
  ACCOUNT_PRODUCTS,
  AGE_BANDS,
  CHANNELS,
  COVERAGES,
  INSTRUMENTS,
  KINDS,
  PARTY_KINDS,
  PRECISIONS,
  PURPOSES,
  RAILS,
  STATUSES,
  type SubjectKind,
} from './enumerations.ts';
import type { EventFieldName } from './event-fields.ts';
import { SPARSE_COLUMNS, type SparseColumnName } from './sparse-facts.ts';

/**
 * How a column holds its values:
 * - `int`: Float64; NaN is null. A value beyond 2^53 is NaN too, and stands in the batch's `wide` list.
 * - `small`: Int32; `SMALL_NULL` is null.
 * - `bool`: Uint8; 0, 1, `BYTE_NULL`.
 * - `enum`: Uint8; index in the column's list, `BYTE_NULL`.
 * - `text`: Int32; an id of the dictionary, `TEXT_NULL`.
 * - `set`: Int32; an id of the set dictionary (a sorted list of texts). Never null.
 */
export type FactType = 'int' | 'small' | 'bool' | 'enum' | 'text' | 'set';

export const SMALL_NULL = -2_147_483_648;
export const BYTE_NULL = 255;
export const TEXT_NULL = -1;

export interface FactColumn {
  readonly per: 'row' | 'leg';
  readonly type: FactType;
  /** Values of an `enum`, in the order of their codes. */
  readonly values?: readonly string[];
  /** What says nothing, where that is another value than the type's null. */
  readonly none?: number;
}

const NONE: Readonly<Record<FactType, number>> = {
  int: Number.NaN,
  small: SMALL_NULL,
  bool: BYTE_NULL,
  enum: BYTE_NULL,
  text: TEXT_NULL,
  set: 0,
};

/** The value of a column where a row says nothing. */
export function noneOf({ type, none }: FactColumn): number {
  return none ?? NONE[type];
}

export const FACT_COLUMNS = {
  time: { per: 'row', type: 'int' },
  kind: { per: 'row', type: 'enum', values: KINDS },
  rail: { per: 'row', type: 'enum', values: RAILS },
  channel: { per: 'row', type: 'enum', values: CHANNELS },
  instrument: { per: 'row', type: 'enum', values: INSTRUMENTS },
  status: { per: 'row', type: 'enum', values: STATUSES },
  precision: { per: 'row', type: 'enum', values: PRECISIONS },
  purpose: { per: 'row', type: 'enum', values: PURPOSES },
  railPurpose: { per: 'row', type: 'text' },
  institution: { per: 'row', type: 'text' },
  ccy: { per: 'row', type: 'text' },
  amount: { per: 'row', type: 'int' },
  amountUsd: { per: 'row', type: 'int' },
  amountMxn: { per: 'row', type: 'int' },
  amountCad: { per: 'row', type: 'int' },
  wageMilli: { per: 'row', type: 'int' },
  nightNormMilli: { per: 'row', type: 'small' },
  localDay: { per: 'row', type: 'small' },
  localMinute: { per: 'row', type: 'small' },
  isNight: { per: 'row', type: 'bool' },
  nightOf: { per: 'row', type: 'small' },
  sendHour: { per: 'row', type: 'small' },
  weekday: { per: 'row', type: 'small' },
  localMonth: { per: 'row', type: 'small' },
  roundTo: { per: 'row', type: 'small' },
  isKin: { per: 'row', type: 'bool' },
  isOwn: { per: 'row', type: 'bool' },
  conductor: { per: 'row', type: 'text' },
  placeLists: { per: 'row', type: 'set' },
  textClasses: { per: 'row', type: 'set' },
  payPlaceAdmin1: { per: 'row', type: 'text' },
  sendPlaceAdmin1: { per: 'row', type: 'text' },
  sendCountry: { per: 'row', type: 'text' },
  payoutCash: { per: 'row', type: 'bool' },
  payoutDelayMs: { per: 'row', type: 'int' },
  mcc: { per: 'row', type: 'text' },
  cardPresent: { per: 'row', type: 'bool' },
  isTicket: { per: 'row', type: 'bool' },
  travelTo: { per: 'row', type: 'text' },
  isLodging: { per: 'row', type: 'bool' },

  account: { per: 'leg', type: 'text' },
  /** Party key: the resolved holder, else the account. */
  party: { per: 'leg', type: 'text' },
  bank: { per: 'leg', type: 'text' },
  product: { per: 'leg', type: 'enum', values: ACCOUNT_PRODUCTS },
  partyKind: { per: 'leg', type: 'enum', values: PARTY_KINDS },
  licences: { per: 'leg', type: 'set' },
  sector: { per: 'leg', type: 'text' },
  country: { per: 'leg', type: 'text' },
  admin1: { per: 'leg', type: 'text' },
  municipality: { per: 'leg', type: 'text' },
  ageBand: { per: 'leg', type: 'enum', values: AGE_BANDS },
  nightWork: { per: 'leg', type: 'bool' },
  accountAgeDays: { per: 'leg', type: 'small' },
  place: { per: 'leg', type: 'text' },
  placeCountry: { per: 'leg', type: 'text' },
  placeAdmin1: { per: 'leg', type: 'text' },
  terminal: { per: 'leg', type: 'text' },
  atHome: { per: 'leg', type: 'bool' },
  source: { per: 'leg', type: 'text' },
  conductorIsHolder: { per: 'leg', type: 'bool' },
  toVasp: { per: 'leg', type: 'bool' },
  /** What the feed shows of the account to its own account and holder: `counterparty_view` where another bank reports. */
  coverageOfAccount: { per: 'leg', type: 'enum', values: COVERAGES },
  coverageOfFeed: { per: 'leg', type: 'enum', values: COVERAGES },
  ...SPARSE_COLUMNS,
} as const satisfies Readonly<Record<string, FactColumn>>;

export type FactColumnName = keyof typeof FACT_COLUMNS;

const FACT_NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
export const SPARSE_NAMES = Object.keys(SPARSE_COLUMNS) as SparseColumnName[];
/** Places of the sparse columns in `FACT_COLUMNS`. */
export const SPARSE_POSITIONS: readonly number[] = SPARSE_NAMES.map((name) => FACT_NAMES.indexOf(name));

/** Where a subject stands to a row. */
export const STANDPOINTS = ['owner', 'actor', 'named'] as const;
export type StandpointKind = (typeof STANDPOINTS)[number];

/** `owner`: accounts and holders; `actor`: who acts on somebody's account; `named`: everything else. */
export function standpointOf(kind: SubjectKind): StandpointKind {
  if (kind === 'account' || kind === 'holder') return 'owner';
  return kind === 'conductor' || kind === 'onBehalfOf' ? 'actor' : 'named';
}

export type FactIndex = 'row' | 'own' | 'other';

/** One read of a column. `direction` is the leg's parity and the pair fields come from the subject's history. */
export interface FactRead {
  readonly column: FactColumnName;
  readonly at: FactIndex;
}

type SparseRowField = {
  [K in SparseColumnName]: (typeof SPARSE_COLUMNS)[K]['per'] extends 'row' ? K : never;
}[SparseColumnName];

type StoredField = Exclude<EventFieldName, 'direction' | 'pairAgeMs' | 'pairOrdinal'>;

const ROW_FIELDS = [
  'time',
  'kind',
  'rail',
  'channel',
  'instrument',
  'purpose',
  'railPurpose',
  'institution',
  'amount',
  'ccy',
  'amountUsd',
  'amountMxn',
  'amountCad',
  'wageMilli',
  'localDay',
  'localMinute',
  'isNight',
  'nightOf',
  'nightNormMilli',
  'isKin',
  'isOwn',
  'conductor',
  'placeLists',
  'payPlaceAdmin1',
  'sendPlaceAdmin1',
  'sendCountry',
  'sendHour',
  'payoutCash',
  'payoutDelayMs',
  'mcc',
  'cardPresent',
  'isTicket',
  'travelTo',
  'isLodging',
  'textClasses',
  'precision',
  'status',
  'weekday',
  'localMonth',
  'roundTo',
  ...(Object.entries(SPARSE_COLUMNS).flatMap(([name, { per }]) =>
    per === 'row' ? [name] : [],
  ) as SparseRowField[]),
] as const satisfies readonly (StoredField & FactColumnName)[];

const OWN_FIELDS = {
  account: 'account',
  holder: 'party',
  accountBank: 'bank',
  accountProduct: 'product',
  holderKind: 'partyKind',
  holderLicences: 'licences',
  holderSector: 'sector',
  holderAdmin1: 'admin1',
  holderAgeBand: 'ageBand',
  holderNightWork: 'nightWork',
  accountAgeDays: 'accountAgeDays',
  source: 'source',
  conductorIsHolder: 'conductorIsHolder',
  place: 'place',
  placeCountry: 'placeCountry',
  placeAdmin1: 'placeAdmin1',
  terminal: 'terminal',
  atHome: 'atHome',
  placeCity: 'placeCity',
  homeDistanceM: 'homeDistanceM',
  toVasp: 'toVasp',
  holderMunicipality: 'municipality',
  holderOccupation: 'occupation',
  holderPep: 'pep',
  passenger: 'passenger',
  incomeMilli: 'incomeMilli',
  outOfHours: 'outOfHours',
  isEmployer: 'isEmployed',
  incorporatedDays: 'incorporatedDays',
  nameChanges: 'nameChanges',
} as const satisfies Partial<Record<StoredField, FactColumnName>>;

/** The other side to who owns or is named; the account's own side to who acts on it. */
const COUNTERPARTY_FIELDS = {
  counterparty: 'party',
  counterpartyAccount: 'account',
  counterpartyBank: 'bank',
  counterpartyKind: 'partyKind',
  counterpartyLicences: 'licences',
  counterpartyCountry: 'country',
  counterpartyAdmin1: 'admin1',
  counterpartyMunicipality: 'municipality',
  counterpartySector: 'sector',
  counterpartyAgeBand: 'ageBand',
  counterpartyAccountAgeDays: 'accountAgeDays',
  counterpartyProduct: 'product',
  counterpartyOccupation: 'occupation',
  counterpartyPep: 'pep',
} as const satisfies Partial<Record<StoredField, FactColumnName>>;

function fieldFacts(standpoint: StandpointKind): Readonly<Record<StoredField, FactRead>> {
  const reads: Partial<Record<StoredField, FactRead>> = {};
  for (const field of ROW_FIELDS) reads[field] = { column: field, at: 'row' };
  for (const field of Object.keys(OWN_FIELDS) as (keyof typeof OWN_FIELDS)[]) {
    reads[field] = { column: OWN_FIELDS[field], at: 'own' };
  }
  const at = standpoint === 'actor' ? 'own' : 'other';
  for (const field of Object.keys(COUNTERPARTY_FIELDS) as (keyof typeof COUNTERPARTY_FIELDS)[]) {
    reads[field] = { column: COUNTERPARTY_FIELDS[field], at };
  }
  reads.isWorker = { column: 'isEmployed', at: 'other' };
  reads.coverage = { column: standpoint === 'owner' ? 'coverageOfAccount' : 'coverageOfFeed', at: 'own' };
  return reads as Readonly<Record<StoredField, FactRead>>;
}

/** The read behind every field of an event, by the subject's standpoint. */
export const FIELD_FACTS: Readonly<Record<StandpointKind, Readonly<Record<StoredField, FactRead>>>> = {
  owner: fieldFacts('owner'),
  actor: fieldFacts('actor'),
  named: fieldFacts('named'),
};

type ArrayOf<T extends FactType> = T extends 'int'
  ? Float64Array
  : T extends 'bool' | 'enum'
    ? Uint8Array
    : Int32Array;

/** One typed array a column; `leg` columns have two places a row. */
export type FactColumns = {
  readonly [K in FactColumnName]: ArrayOf<(typeof FACT_COLUMNS)[K]['type']>;
};

/** A column of a batch. */
export type ColumnArray = Float64Array | Uint8Array | Int32Array;

function arrayOf(type: FactType, length: number): ColumnArray {
  if (type === 'int') return new Float64Array(length);
  return type === 'bool' || type === 'enum' ? new Uint8Array(length) : new Int32Array(length);
}

/** Columns for `rows` rows, with or without those that few feeds have. */
export function allocateFacts(rows: number, withSparse = true): FactColumns {
  const names = withSparse ? FACT_NAMES : FACT_NAMES.filter((name) => !Object.hasOwn(SPARSE_COLUMNS, name));
  return Object.fromEntries(
    names.map((name) => {
      const { per, type } = FACT_COLUMNS[name];
      return [name, arrayOf(type, per === 'row' ? rows : 2 * rows)];
    }),
  ) as unknown as FactColumns;
}

/** Subjects of the rows beside accounts and holders, which the columns themselves name. */
export interface FactMembers {
  readonly count: number;
  /** Row within the batch, ascending. */
  readonly row: Int32Array;
  /** Index in `SUBJECT_KINDS`. */
  readonly kind: Uint8Array;
  /** Id of the subject's key in the dictionary. */
  readonly key: Int32Array;
  /** 0 where the subject stands on the debtor's side, 1 on the creditor's. */
  readonly side: Uint8Array;
}

/** What the row is beside a put of a transfer. */
export const FACT_FLAGS = { withdraw: 1, reverses: 2 } as const;

/** Rows as facts, their texts as ids of one dictionary. */
export interface FactBatch {
  readonly rows: number;
  readonly columns: FactColumns;
  readonly members: FactMembers;
  /** Row ids (unique within the institution), UTF-8, one behind the other; row r is `idBytes[idEnds[r - 1] .. idEnds[r])`. */
  readonly idBytes: Uint8Array;
  readonly idEnds: Int32Array;
  readonly version: Uint32Array;
  /** First 128 bits of the content hash, four words a row. */
  readonly hash: Uint32Array;
  readonly flags: Uint8Array;
  /** The reference that two reports of one transfer share (SEMANTICS §1), or `TEXT_NULL`. */
  readonly sharedRef: Int32Array;
  /** Amounts beyond 2^53 by row; nearly always empty. */
  readonly wide: ReadonlyMap<number, bigint>;
}
