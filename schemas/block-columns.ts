/**
 * The columns of a block while it is built, as buffers: the library's builders make an object for every value.
 *
 * How wide the codes of a dictionary are is known when every column has put its texts in; so a column is first read, and
 * made into Arrow data afterwards.
 */
import {
  type Data,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  Int64,
  makeData,
  TimestampMillisecond,
  Uint8,
  Uint32,
  Uint64,
  type Utf8,
  type Vector,
} from 'apache-arrow';
import {
  BlockTypes,
  type DictionaryName,
  dictionaryOf,
  MEMBERS,
  REVERSES,
  SHARED_REF,
  SHORT_DICTIONARY,
  TABLE_COLUMNS,
  type TableColumn,
  type WordColumn,
} from './block-layout.ts';
import { BlockKeys, BlockTexts, type CodeTable, type FactTexts, textData } from './block-texts.ts';
import { SUBJECT_KINDS } from './enumerations.ts';
import {
  BYTE_NULL,
  FACT_COLUMNS,
  FACT_FLAGS,
  type FactBatch,
  type FactColumn,
  type FactColumnName,
  noneOf,
} from './facts.ts';
import { isNullColumn } from './null-columns.ts';
import type { Transaction } from './transaction.ts';

/** A row of a block. */
export interface BlockRow {
  readonly tx: Transaction;
  /** Content hash of the row (`pipelines/ingest/canonical.ts`), hex. */
  readonly hash: string;
  /** Orders forms of one (institution, id, version); equal revision implies equal content. A safe integer >= 0. */
  readonly revision: number;
  /** Offset of the block in its log. A safe integer >= 0. */
  readonly blockOffset: number;
}

type Read<V> = (row: BlockRow, doc: string) => V;

/** Columns of the table, by what they are read as. */
const TEXTS: Partial<Record<TableColumn, Read<string>>> = {
  institution: ({ tx }) => tx.institution,
  id: ({ tx }) => tx.id,
  precision: ({ tx }) => tx.stamp.precision,
  kind: ({ tx }) => tx.kind,
  rail: ({ tx }) => tx.rail,
  channel: ({ tx }) => tx.channel,
  instrument: ({ tx }) => tx.instrument,
  status: ({ tx }) => tx.status,
  amount_minor: ({ tx }) => tx.stamp.amountMinor,
  ccy: ({ tx }) => tx.stamp.ccy,
  rate_id: ({ tx }) => tx.stamp.rateId ?? '',
  debtor_account: ({ tx }) => tx.stamp.debtor.accountKey ?? '',
  creditor_account: ({ tx }) => tx.stamp.creditor.accountKey ?? '',
  debtor_holder: ({ tx }) => tx.stamp.debtor.holderKey ?? '',
  creditor_holder: ({ tx }) => tx.stamp.creditor.holderKey ?? '',
  submission_id: ({ tx }) => tx.stamp.submissionId,
  content_hash: ({ hash }) => hash,
  doc: (_row, doc) => doc,
};
const NUMBERS: Partial<Record<TableColumn, Read<number | null>>> = {
  version: ({ tx }) => tx.version,
  revision: ({ revision }) => revision,
  withdrawn: ({ tx }) => (tx.op === 'withdraw' ? 1 : 0),
  event_time: ({ tx }) => tx.stamp.eventTime,
  ref_usd_minor: ({ tx }) => tx.stamp.usdMinor,
  ref_mxn_minor: ({ tx }) => tx.stamp.mxnMinor,
  ref_cad_minor: ({ tx }) => tx.stamp.cadMinor,
  line: ({ tx }) => tx.stamp.line,
  block_offset: ({ blockOffset }) => blockOffset,
};

const TWO_32 = 2 ** 32;

export type NumberType = Exclude<(typeof TABLE_COLUMNS)[TableColumn], 'utf8' | DictionaryName>;

/** A column before it is known how wide the codes of its dictionary are. */
export interface Column {
  readonly name: string;
  data(types: BlockTypes): Data;
  readonly isNullable?: true;
}

/** Builds the columns of one block; their texts gather in its two dictionaries. */
export class BlockColumns {
  readonly #facts: FactBatch;
  readonly #words: BlockTexts;
  readonly #keys: BlockTexts | BlockKeys;
  #dictionaries: Readonly<Record<DictionaryName, Vector<Utf8>>> | undefined;

  constructor(facts: FactBatch, texts: FactTexts, tables?: Readonly<Record<DictionaryName, CodeTable>>) {
    this.#facts = facts;
    this.#words = new BlockTexts(texts, tables?.words);
    // Whoever has tables has ids of all keys.
    this.#keys = tables === undefined ? new BlockTexts(texts) : new BlockKeys(texts, tables.keys);
  }

  #textsOf(name: DictionaryName): BlockTexts | BlockKeys {
    return name === 'words' ? this.#words : this.#keys;
  }

  /** The types of this block. To be called when all its columns are there, and their texts with them. */
  types(): BlockTypes {
    this.#dictionaries = { words: this.#words.vector(), keys: this.#keys.vector() };
    return new BlockTypes({ words: this.#words.size, keys: this.#keys.size });
  }

  tableColumn(name: TableColumn, rows: readonly BlockRow[], docs: readonly string[]): Column {
    const type = TABLE_COLUMNS[name];
    const readText = TEXTS[name];
    if (readText !== undefined) {
      const values = rows.map((row, i) => readText(row, docs[i] as string));
      if (type !== 'words' && type !== 'keys') return { name, data: () => textData(values) };
      const texts = type === 'words' ? this.#words : (this.#keys as BlockTexts);
      const codes = coded(values, (value) => texts.code(value));
      return { name, data: (types) => this.#codeData(type, codes, types) };
    }
    const read = NUMBERS[name] as Read<number | null>;
    const values = rows.map((row) => read(row, ''));
    return {
      name,
      ...(type === 'int64?' ? { isNullable: true as const } : {}),
      data: () => numberData(type as NumberType, values),
    };
  }

  /** A table's column of texts by their ids, every `step`th from `first` on. */
  idColumn(name: WordColumn, ids: Int32Array, first = 0, step = 1): Column {
    const dictionary = TABLE_COLUMNS[name];
    const texts = this.#textsOf(dictionary);
    const codes = new Uint32Array(this.#facts.rows);
    for (let i = 0, at = first; i < codes.length; i++, at += step)
      codes[i] = texts.codeOfId(ids[at] as number);
    return { name, data: (types) => this.#codeData(dictionary, codes, types) };
  }

  /** A table's column of the values of an enumeration by their places in it. */
  enumColumn(name: WordColumn, values: Uint8Array, names: readonly string[]): Column {
    const dictionary = TABLE_COLUMNS[name];
    const texts = this.#words;
    const codes = coded(values.subarray(0, this.#facts.rows), (value) => texts.code(names[value] ?? ''));
    return { name, data: (types) => this.#codeData(dictionary, codes, types) };
  }

  /** The column of a fact; none where every row is unknown. */
  factColumn(name: FactColumnName): Column[] {
    const column: FactColumn = FACT_COLUMNS[name];
    const { per } = column;
    if (isNullColumn(this.#facts.columns[name])) return [];
    const dictionary = dictionaryOf(name);
    const length = (per === 'row' ? 1 : 2) * this.#facts.rows;
    const values = this.#facts.columns[name].subarray(0, length);
    const whole = (data: Data): Data => (per === 'row' ? data : pairData(data));
    if (dictionary !== null) {
      const codes = this.#codesOf(name, values);
      if (codes.every((code) => code === 0)) return [];
      return [{ name, data: (types) => whole(this.#codeData(dictionary, codes, types)) }];
    }
    const none = noneOf(column);
    if (values.every(Number.isNaN(none) ? Number.isNaN : (value: number) => value === none)) return [];
    return [{ name, data: () => whole(factData(values)) }];
  }

  otherColumns(): Column[] {
    const { rows, flags, sharedRef, members } = this.#facts;
    const [words, keys] = [this.#words, this.#keys];
    const columns: Column[] = [];
    const references = coded(sharedRef.subarray(0, rows), (id) => keys.codeOfId(id));
    if (references.some((code) => code !== 0))
      columns.push({ name: SHARED_REF, data: (types) => this.#codeData('keys', references, types) });
    const reverses = Uint8Array.from(flags.subarray(0, rows), (bits) =>
      (bits & FACT_FLAGS.reverses) === 0 ? 0 : 1,
    );
    if (reverses.some((bit) => bit === 1)) columns.push({ name: REVERSES, data: () => factData(reverses) });
    if (members.count > 0) {
      const { count } = members;
      const kinds = coded(members.kind.subarray(0, count), (kind) => words.code(SUBJECT_KINDS[kind] ?? ''));
      const subjects = coded(members.key.subarray(0, count), (id) => keys.codeOfId(id));
      const sides = members.side.slice(0, count);
      const valueOffsets = new Int32Array(rows + 1);
      for (let i = 0; i < count; i++) (valueOffsets[members.row[i]! + 1] as number)++;
      for (let row = 0; row < rows; row++) valueOffsets[row + 1]! += valueOffsets[row]!;
      columns.push({
        name: MEMBERS,
        data: (types) => {
          const children = [
            this.#codeData('words', kinds, types),
            this.#codeData('keys', subjects, types),
            factData(sides),
          ];
          const child = makeData({ type: types.member, length: count, nullCount: 0, children });
          return makeData({ type: types.members, length: rows, nullCount: 0, valueOffsets, child });
        },
      });
    }
    return columns;
  }

  #codesOf(name: FactColumnName, values: Float64Array | Int32Array | Uint8Array): Uint32Array {
    const { type, values: names = [] }: FactColumn = FACT_COLUMNS[name];
    if (type === 'text') {
      const ids = this.#textsOf(dictionaryOf(name) as DictionaryName);
      return coded(values, (id) => ids.codeOfId(id));
    }
    const texts = this.#words;
    if (type === 'set') return coded(values, (id) => texts.codeOfSet(id));
    return coded(values, (code) => (code === BYTE_NULL ? 0 : texts.code(names[code] as string)));
  }

  #codeData(name: DictionaryName, codes: Uint32Array, types: BlockTypes): Data {
    const isShort = this.#textsOf(name).size <= SHORT_DICTIONARY;
    return makeData({
      type: types[name],
      length: codes.length,
      nullCount: 0,
      data: isShort ? new Uint16Array(codes) : codes,
      dictionary: this.#dictionaries?.[name] as Vector<Utf8>,
    });
  }
}

/** `from` of a typed array with a function goes through an iterator. */
function coded<T>(values: ArrayLike<T>, codeOf: (value: T) => number): Uint32Array {
  const codes = new Uint32Array(values.length);
  for (let i = 0; i < codes.length; i++) codes[i] = codeOf(values[i] as T);
  return codes;
}

/** One of each side of a row. */
function pairData(child: Data): Data {
  const type = new FixedSizeList(2, new Field('side', child.type, false));
  return makeData({ type, length: child.length / 2, nullCount: 0, child });
}

function factData(data: Float64Array | Int32Array | Uint8Array): Data {
  const { length } = data;
  if (data instanceof Float64Array) return makeData({ type: new Float64(), length, nullCount: 0, data });
  if (data instanceof Int32Array) return makeData({ type: new Int32(), length, nullCount: 0, data });
  return makeData({ type: new Uint8(), length, nullCount: 0, data });
}

function numberData(type: NumberType, values: readonly (number | null)[]): Data {
  const { length } = values;
  const numbers = values as readonly number[];
  switch (type) {
    case 'uint8':
      return makeData({ type: new Uint8(), length, nullCount: 0, data: Uint8Array.from(numbers) });
    case 'uint32':
      return makeData({ type: new Uint32(), length, nullCount: 0, data: Uint32Array.from(numbers) });
    case 'uint64': {
      const data = new BigUint64Array(words64(values).buffer);
      return makeData({ type: new Uint64(), length, nullCount: 0, data });
    }
    case 'milliseconds': {
      const data = new BigInt64Array(words64(values).buffer);
      return makeData({ type: new TimestampMillisecond('UTC'), length, nullCount: 0, data });
    }
    case 'int64?': {
      const data = new BigInt64Array(words64(values).buffer);
      const nullBitmap = new Uint8Array(Math.ceil(length / 8));
      let nullCount = 0;
      values.forEach((value, i) => {
        if (value === null) nullCount++;
        else nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
      });
      return makeData({ type: new Int64(), length, nullCount, nullBitmap, data });
    }
  }
}

/** Safe integers as 64-bit ones, in two words each, the low one first; null as 0. */
function words64(values: readonly (number | null)[]): Int32Array<ArrayBuffer> {
  const words = new Int32Array(2 * values.length);
  values.forEach((value, i) => {
    words[2 * i] = value ?? 0;
    words[2 * i + 1] = Math.floor((value ?? 0) / TWO_32);
  });
  return words;
}
