/**
 * How a block lies in Arrow: which columns, of which Arrow type, and what stands for "unknown".
 *
 * A block is one record batch. First the columns of the store's table `transactions`, by name and in its order, which the
 * store takes as they are; behind them the facts that those do not say (`facts.ts`), by the name of their fact column,
 * which the store skips. A fact column in which every row is unknown is left out.
 *
 * - Texts are codes of one of two dictionaries, each written once a block and shared by all its columns: `words` (names of
 *   enumerations, places, currencies, sets ...), few to a block, and `keys` (accounts, parties, references), several to a
 *   row. Entry 0 of both is the empty text and means none; no text of a row is empty.
 * - An enumeration is a word, so that a list of `enumerations.ts` may grow without old blocks changing their meaning.
 * - A set is the word that is its members' JSON array; none is the empty set.
 * - Numbers and truth values are unknown where `facts.ts` says so (NaN, `SMALL_NULL`, `BYTE_NULL`).
 * - What there is of each side of a row is a list of two: debtor, creditor.
 */
import { Dictionary, Field, List, Struct, Uint8, Uint16, Uint32, Utf8 } from 'apache-arrow';
import { DERIVED_FACTS } from './derived-facts.ts';
import { FACT_COLUMNS, type FactColumn, type FactColumnName } from './facts.ts';
import { SPARSE_KEYS } from './sparse-facts.ts';

export const DICTIONARIES = ['words', 'keys'] as const;
export type DictionaryName = (typeof DICTIONARIES)[number];

/** Entries of a dictionary whose codes still fit 16 bits. */
export const SHORT_DICTIONARY = 65_536;

type Plain = 'utf8' | 'uint8' | 'uint32' | 'uint64' | 'milliseconds' | 'int64?';

/** Columns of the table `transactions`, in its order. `amount_minor` is text: Arrow has no Int256, and the store reads it so. */
export const TABLE_COLUMNS = {
  institution: 'words',
  id: 'utf8',
  version: 'uint32',
  revision: 'uint64',
  withdrawn: 'uint8',
  event_time: 'milliseconds',
  precision: 'words',
  kind: 'words',
  rail: 'words',
  channel: 'words',
  instrument: 'words',
  status: 'words',
  amount_minor: 'utf8',
  ccy: 'words',
  ref_usd_minor: 'int64?',
  ref_mxn_minor: 'int64?',
  ref_cad_minor: 'int64?',
  rate_id: 'words',
  debtor_account: 'keys',
  creditor_account: 'keys',
  debtor_holder: 'keys',
  creditor_holder: 'keys',
  submission_id: 'words',
  line: 'uint64',
  block_offset: 'uint64',
  content_hash: 'utf8',
  doc: 'utf8',
} as const satisfies Readonly<Record<string, Plain | DictionaryName>>;

export type TableColumn = keyof typeof TABLE_COLUMNS;

/** Columns of the table by the dictionary that their texts are in. */
export type WordColumn = {
  [K in TableColumn]: (typeof TABLE_COLUMNS)[K] extends DictionaryName ? K : never;
}[TableColumn];

/** Facts that columns of the table say already: texts and enumerations word for word ... */
export const FACTS_OF_WORDS = {
  institution: 'institution',
  precision: 'precision',
  kind: 'kind',
  rail: 'rail',
  channel: 'channel',
  instrument: 'instrument',
  status: 'status',
  ccy: 'ccy',
} as const satisfies Partial<Record<FactColumnName, WordColumn>>;

/** ... and reference amounts number for number. Time, amount, accounts and parties are read from the table's columns too. */
export const FACTS_OF_INT64 = {
  amountUsd: 'ref_usd_minor',
  amountMxn: 'ref_mxn_minor',
  amountCad: 'ref_cad_minor',
} as const satisfies Partial<Record<FactColumnName, TableColumn>>;

const SAID_BY_TABLE: ReadonlySet<string> = new Set([
  ...Object.keys(FACTS_OF_WORDS),
  ...Object.keys(FACTS_OF_INT64),
  'time',
  'amount',
  'account',
  'party',
]);

const DERIVED: ReadonlySet<string> = new Set(DERIVED_FACTS);

/** Fact columns that a block carries beside the table's; what follows from others it does not. */
export const OWN_FACTS = (Object.keys(FACT_COLUMNS) as FactColumnName[]).filter(
  (name) => !SAID_BY_TABLE.has(name) && !DERIVED.has(name),
);

/** Facts whose texts are in the dictionary of keys. */
const KEY_FACTS: ReadonlySet<string> = new Set([
  'account',
  'party',
  'conductor',
  'terminal',
  'source',
  ...SPARSE_KEYS,
]);

/** The dictionary of a fact column, or null where it holds numbers. */
export function dictionaryOf(name: FactColumnName): DictionaryName | null {
  const { type }: FactColumn = FACT_COLUMNS[name];
  if (type === 'text') return KEY_FACTS.has(name) ? 'keys' : 'words';
  return type === 'enum' || type === 'set' ? 'words' : null;
}

/** Columns that are neither the table's nor an event's: left out, like a fact, where no row has a value. */
export const SHARED_REF = 'sharedRef';
export const REVERSES = 'reverses';
export const MEMBERS = 'members';

/** The Arrow types of a block that differ from block to block: in the width of the codes. */
export class BlockTypes {
  readonly words: Dictionary<Utf8>;
  readonly keys: Dictionary<Utf8>;
  readonly member: Struct;
  readonly members: List<Struct>;

  /** Entries of the two dictionaries. */
  constructor(entries: Readonly<Record<DictionaryName, number>>) {
    const codes = (name: DictionaryName) =>
      new Dictionary(
        new Utf8(),
        entries[name] <= SHORT_DICTIONARY ? new Uint16() : new Uint32(),
        DICTIONARIES.indexOf(name),
      );
    this.words = codes('words');
    this.keys = codes('keys');
    this.member = new Struct([
      new Field('kind', this.words, false),
      new Field('key', this.keys, false),
      new Field('side', new Uint8(), false),
    ] as Field[]);
    this.members = new List(new Field('member', this.member, false));
  }
}
