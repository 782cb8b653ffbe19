/**
 * The facts of a block, without its documents: columns are taken over or remapped in loops, and what a text costs is paid
 * once for each entry of the block's two dictionaries, never for a row.
 */
import type { Data, DataType } from 'apache-arrow';
import {
  DICTIONARIES,
  type DictionaryName,
  dictionaryOf,
  FACTS_OF_INT64,
  FACTS_OF_WORDS,
  MEMBERS,
  OWN_FACTS,
  REVERSES,
  SHARED_REF,
} from './block-layout.ts';
import { BlockReader, corrupt, type Utf8Column } from './block-reader.ts';
import { type DerivedFrom, derivedFacts } from './derived-facts.ts';
import { SUBJECT_KINDS } from './enumerations.ts';
import {
  BYTE_NULL,
  type ColumnArray,
  FACT_COLUMNS,
  FACT_FLAGS,
  type FactBatch,
  type FactColumn,
  type FactColumnName,
  type FactColumns,
  type FactMembers,
  TEXT_NULL,
} from './facts.ts';
import { nullColumn } from './null-columns.ts';

/** What of the rows of a block says which rows they are. */
export type BlockIdentities = Pick<
  FactBatch,
  'rows' | 'idBytes' | 'idEnds' | 'version' | 'hash' | 'flags'
> & {
  readonly columns: Pick<FactColumns, 'institution' | 'time'>;
};

/** The dictionary that the texts of a block go into (`pipelines/facts/dictionary.ts`). */
export interface FactInterning {
  readonly interner: {
    /** Ids of `count` texts, of which text i is `bytes[ends[i - 1] .. ends[i])`; `isWord`: there are few of their kind. */
    internAll(bytes: Uint8Array, ends: Int32Array, count: number, out: Int32Array, isWord?: boolean): void;
  };
  text(id: number): string;
  setId(members: readonly string[]): number;
}

/** Digits that a double holds whatever they are. */
const EXACT_DIGITS = 15;
/** Digits of the largest amount (`schemas/money.ts`), its sign, and room. */
const AMOUNT_DIGITS = 80;
const MINUS = 45;
const ZERO = 48;
const HASH_WORDS = 4;
const WORD_DIGITS = 8;
/** No enumeration has so many values. */
const UNSEEN = 254;

type Codes = Uint16Array | Uint32Array;

/**
 * The facts of a block that `encodeBlock` wrote; its texts become ids of `dictionary`. Parts of the result lie in `bytes`,
 * and none of it is to be written to.
 * @throws RastroError RAS-ENGINE-BLOCK-CORRUPT where lengths, offsets or codes lead outside of what is there.
 */
export function decodeFacts(bytes: Uint8Array, dictionary: FactInterning): FactBatch {
  return new FactReader(new BlockReader(bytes), dictionary).batch();
}

/** As `decodeFacts`, of which rows they are alone: no account or party becomes an id. @throws as `decodeFacts` */
export function decodeIdentities(bytes: Uint8Array, dictionary: FactInterning): BlockIdentities {
  return new FactReader(new BlockReader(bytes), dictionary).identities();
}

/** Columns in which the block's dictionaries are found. */
const DICTIONARY_COLUMNS = { words: 'institution', keys: 'debtor_account' } as const;

class FactReader {
  readonly #block: BlockReader;
  readonly #rows: number;
  readonly #dictionary: FactInterning;
  /** Ids of the entries of the block's dictionaries, of those that were asked for; entry 0 is none. */
  readonly #ids: Partial<Record<DictionaryName, Int32Array>> = {};

  constructor(block: BlockReader, dictionary: FactInterning) {
    this.#block = block;
    this.#rows = block.rows;
    this.#dictionary = dictionary;
  }

  batch(): FactBatch {
    const block = this.#block;
    // The few words first: they get the low ids.
    this.#idsOf('words');
    this.#idsOf('keys');
    const amounts = this.#amounts(block.utf8('amount_minor'));
    return {
      ...this.#rowsAlone(),
      columns: this.#columns(amounts.column, amounts.wide),
      members: this.#members(),
      sharedRef: this.#textColumn(block.codes(SHARED_REF, 'keys', this.#rows), 'keys', this.#rows),
      wide: amounts.wide,
    };
  }

  identities(): BlockIdentities {
    const codes = this.#block.codes(FACTS_OF_WORDS.institution, 'words', this.#rows);
    return {
      ...this.#rowsAlone(),
      columns: {
        institution: this.#textColumn(codes, 'words', this.#rows),
        time: this.#block.integers('event_time'),
      },
    };
  }

  #rowsAlone(): Omit<BlockIdentities, 'columns'> {
    const id = this.#block.utf8('id');
    return {
      rows: this.#rows,
      idBytes: id.bytes,
      idEnds: id.offsets.subarray(1),
      version: this.#block.numbers('version', Uint32Array),
      hash: this.#hashes(this.#block.utf8('content_hash')),
      flags: this.#flags(),
    };
  }

  #idsOf(name: DictionaryName): Int32Array {
    const known = this.#ids[name];
    if (known !== undefined) return known;
    const ids = this.#intern(name);
    this.#ids[name] = ids;
    return ids;
  }

  #intern(name: DictionaryName): Int32Array {
    if (this.#rows === 0) return Int32Array.of(TEXT_NULL);
    const { offsets, bytes } = this.#block.dictionary(DICTIONARY_COLUMNS[name], DICTIONARIES.indexOf(name));
    const entries = offsets.length - 1;
    if (entries < 1 || offsets[1] !== 0) corrupt(name);
    const ids = new Int32Array(entries);
    try {
      const { interner } = this.#dictionary;
      interner.internAll(bytes, offsets.subarray(2), entries - 1, ids.subarray(1), name === 'words');
    } catch (error) {
      // A text longer than any that ingest lets in.
      if (error instanceof RangeError) corrupt(name);
      throw error;
    }
    ids[0] = TEXT_NULL;
    return ids;
  }

  #columns(amount: Float64Array, wide: ReadonlyMap<number, bigint>): FactColumns {
    const rows = this.#rows;
    const block = this.#block;
    const columns: Partial<Record<FactColumnName, ColumnArray>> = {
      amount,
      time: block.integers('event_time'),
    };
    for (const [fact, column] of Object.entries(FACTS_OF_INT64))
      columns[fact as FactColumnName] = block.integers(column);
    for (const [fact, column] of Object.entries(FACTS_OF_WORDS))
      columns[fact as FactColumnName] = this.#coded(
        fact as FactColumnName,
        block.codes(column, 'words', rows),
        rows,
      );
    columns.account = this.#owners('debtor_account', 'creditor_account', null);
    columns.party = this.#owners('debtor_holder', 'creditor_holder', columns.account);
    for (const name of OWN_FACTS) columns[name] = this.#fact(name);
    Object.assign(columns, derivedFacts(columns as DerivedFrom, wide, this.#rows, this.#dictionary));
    return columns as unknown as FactColumns;
  }

  #fact(name: FactColumnName): ColumnArray {
    const column: FactColumn = FACT_COLUMNS[name];
    const { per, type } = column;
    const length = per === 'row' ? this.#rows : 2 * this.#rows;
    const data = per === 'row' ? this.#block.column(name) : this.#block.pairs(name);
    if (data === undefined) return nullColumn(column, length);
    const dictionary = dictionaryOf(name);
    if (dictionary !== null)
      return this.#coded(name, this.#block.codesOf(name, data, dictionary, length), length);
    if (type === 'int') return this.#block.numbersOf(name, data, Float64Array, length);
    if (type === 'small') return this.#block.numbersOf(name, data, Int32Array, length);
    const values = this.#block.numbersOf(name, data, Uint8Array, length);
    for (let i = 0; i < length; i++) if (values[i]! > 1 && values[i] !== BYTE_NULL) corrupt(name);
    return values;
  }

  #numbers<T extends ColumnArray>(
    name: string,
    data: Data | undefined,
    of: new (length: number) => T,
    length: number,
  ): T | undefined {
    return data === undefined ? undefined : this.#block.numbersOf(name, data, of, length);
  }

  /** Texts as ids, enumerations as codes, sets as ids of sets. */
  #coded(name: FactColumnName, codes: Codes | undefined, length: number): Int32Array | Uint8Array {
    const { type, values = [] }: FactColumn = FACT_COLUMNS[name];
    if (type === 'text') return this.#textColumn(codes, dictionaryOf(name) as DictionaryName, length);
    if (type === 'enum') return this.#enumColumn(name, codes, length, values);
    return this.#setColumn(name, codes, length);
  }

  #setOf(name: string, word: string): number {
    let members: unknown;
    try {
      members = JSON.parse(word);
    } catch {
      corrupt(name);
    }
    if (!Array.isArray(members) || !members.every((member) => typeof member === 'string')) corrupt(name);
    return this.#dictionary.setId(members);
  }

  #textColumn(codes: Codes | undefined, name: DictionaryName, length: number): Int32Array {
    if (codes === undefined) return filled(Int32Array, TEXT_NULL, length);
    const ids = this.#idsOf(name);
    const out = new Int32Array(length);
    let highest = 0;
    for (let i = 0; i < length; i++) {
      const code = codes[i]!;
      if (code > highest) highest = code;
      out[i] = ids[code]!;
    }
    if (highest >= ids.length) corrupt(name);
    return out;
  }

  /** Enumerations as codes. Each different word is looked up once; one that the enumeration does not have is refused. */
  #enumColumn(name: string, codes: Codes | undefined, length: number, values: readonly string[]): Uint8Array {
    if (codes === undefined) return filled(Uint8Array, BYTE_NULL, length);
    const ids = this.#idsOf('words');
    const known = new Uint8Array(ids.length).fill(UNSEEN);
    known[0] = BYTE_NULL;
    const out = new Uint8Array(length);
    let highest = 0;
    for (let i = 0; i < length; i++) {
      const code = codes[i]!;
      if (code > highest) highest = code;
      let value = known[code]!;
      if (value === UNSEEN) {
        value = values.indexOf(this.#dictionary.text(ids[code]!));
        if (value === -1) corrupt(name);
        known[code] = value;
      }
      out[i] = value;
    }
    if (highest >= ids.length) corrupt(name);
    return out;
  }

  /** Sets as their ids; each different one is read once. */
  #setColumn(name: string, codes: Codes | undefined, length: number): Int32Array {
    const out = new Int32Array(length);
    if (codes === undefined) return out;
    const ids = this.#idsOf('words');
    const known = new Int32Array(ids.length).fill(-1);
    known[0] = 0;
    let highest = 0;
    for (let i = 0; i < length; i++) {
      const code = codes[i]!;
      if (code > highest) highest = code;
      let set = known[code]!;
      if (set === -1) {
        set = this.#setOf(name, this.#dictionary.text(ids[code]!));
        known[code] = set;
      }
      out[i] = set;
    }
    if (highest >= ids.length) corrupt(name);
    return out;
  }

  /** A leg column from the table's columns of its two sides; where there is none, what `otherwise` says. */
  #owners(debtor: string, creditor: string, otherwise: Int32Array | null): Int32Array {
    const out = new Int32Array(2 * this.#rows);
    const ids = this.#idsOf('keys');
    [debtor, creditor].forEach((column, side) => {
      const codes = this.#block.codes(column, 'keys', this.#rows) ?? corrupt(column);
      let highest = 0;
      for (let row = 0; row < this.#rows; row++) {
        const code = codes[row]!;
        if (code > highest) highest = code;
        const leg = 2 * row + side;
        out[leg] = code === 0 && otherwise !== null ? otherwise[leg]! : ids[code]!;
      }
      if (highest >= ids.length) corrupt(column);
    });
    return out;
  }

  #amounts({ offsets, bytes }: Utf8Column): { column: Float64Array; wide: ReadonlyMap<number, bigint> } {
    const column = new Float64Array(this.#rows);
    const wide = new Map<number, bigint>();
    for (let row = 0; row < this.#rows; row++) {
      const start = offsets[row]!;
      const end = offsets[row + 1]!;
      const isNegative = bytes[start] === MINUS;
      const first = isNegative ? start + 1 : start;
      if (end <= first || end - first > AMOUNT_DIGITS) corrupt('amount_minor');
      let value = 0;
      for (let i = first; i < end; i++) {
        const digit = bytes[i]! - ZERO;
        if (digit < 0 || digit > 9) corrupt('amount_minor');
        value = 10 * value + digit;
      }
      if (end - first > EXACT_DIGITS) {
        const exact = BigInt(Buffer.from(bytes.subarray(first, end)).toString('latin1'));
        value = Number(exact);
        if (!Number.isSafeInteger(value)) {
          wide.set(row, isNegative ? -exact : exact);
          value = Number.NaN;
        }
      }
      column[row] = isNegative ? -value : value;
    }
    return { column, wide };
  }

  /** A hash that is not in hex is another hash: it is only ever compared. */
  #hashes({ offsets, bytes }: Utf8Column): Uint32Array {
    const hash = new Uint32Array(HASH_WORDS * this.#rows);
    for (let row = 0; row < this.#rows; row++) {
      let at = offsets[row]!;
      if (offsets[row + 1]! - at < HASH_WORDS * WORD_DIGITS) corrupt('content_hash');
      for (let i = HASH_WORDS * row; i < HASH_WORDS * (row + 1); i++) {
        let word = 0;
        for (const end = at + WORD_DIGITS; at < end; at++) {
          const byte = bytes[at]!;
          // '0' .. '9' are 0x30 on, 'a' .. 'f' are 0x61 on.
          word = (word << 4) | ((byte & 15) + 9 * (byte >> 6));
        }
        hash[i] = word;
      }
    }
    return hash;
  }

  #flags(): Uint8Array {
    const withdrawn = this.#block.numbers('withdrawn', Uint8Array);
    const data = this.#block.column(REVERSES);
    const reverses = this.#numbers(REVERSES, data, Uint8Array, this.#rows);
    const flags = new Uint8Array(this.#rows);
    for (let row = 0; row < this.#rows; row++) {
      flags[row] =
        (withdrawn[row] === 0 ? 0 : FACT_FLAGS.withdraw) |
        (reverses === undefined || reverses[row] === 0 ? 0 : FACT_FLAGS.reverses);
    }
    return flags;
  }

  #members(): FactMembers {
    const found = this.#block.list(MEMBERS);
    const count = found?.offsets[this.#rows] ?? 0;
    const row = new Int32Array(count);
    if (found === undefined)
      return { count, row, kind: new Uint8Array(0), key: new Int32Array(0), side: new Uint8Array(0) };
    const [kinds, keys, sides] = found.child.children as readonly Data<DataType>[];
    if (sides === undefined) corrupt(MEMBERS);
    const block = this.#block;
    const kind = this.#enumColumn(
      MEMBERS,
      block.codesOf(MEMBERS, kinds, 'words', count),
      count,
      SUBJECT_KINDS,
    );
    const key = this.#textColumn(block.codesOf(MEMBERS, keys, 'keys', count), 'keys', count);
    const side = block.numbersOf(MEMBERS, sides, Uint8Array, count);
    for (let i = 0; i < count; i++)
      if (kind[i] === BYTE_NULL || key[i] === TEXT_NULL || side[i]! > 1) corrupt(MEMBERS);
    for (let at = 0, member = 0; at < this.#rows; at++) {
      for (const end = found.offsets[at + 1]!; member < end; member++) row[member] = at;
    }
    return { count, row, kind, key, side };
  }
}

function filled<T extends ColumnArray>(of: new (length: number) => T, value: number, length: number): T {
  return new of(length).fill(value) as T;
}
