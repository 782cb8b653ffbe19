/**
 * A block as buffers: finds a column and hands over its typed arrays, having seen that they are as long as they must be and
 * that their offsets stay inside. Codes are compared with their dictionary by whoever reads them.
 */
import { type Data, DataType, type Vector } from 'apache-arrow';
import { type BlockContents, blockContents } from './block-ipc.ts';
import { DICTIONARIES, type DictionaryName } from './block-layout.ts';
import { RastroError } from './errors/index.ts';

/** Texts one behind the other: text i is `bytes[offsets[i] .. offsets[i + 1])`. */
export interface Utf8Column {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

type Codes = Uint16Array | Uint32Array;
type NumberArray = Float64Array | Int32Array | Uint32Array | Uint8Array;

const TWO_32 = 2 ** 32;
/** High words of safe integers. */
const SAFE_HIGH = 2 ** 21;

/** Says which column is not what it must be. */
export function corrupt(column: string): never {
  throw new RastroError('RAS-ENGINE-BLOCK-CORRUPT', { column });
}

/** The same bytes where the library can lay typed arrays over them. */
export function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

/**
 * As `aligned`, without a copy: the bytes are moved by up to seven places, over what stands in front of them. For bytes of which the
 * caller knows that there is as much in front of them, and that nobody asks for it any more. What is allocated outside of the heap
 * has V8 collect garbage every 64 MiB, and blocks are most of that.
 */
export function alignedInPlace({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  const shift = byteOffset % 8;
  const bytes = new Uint8Array(buffer, byteOffset - shift, shift + length);
  return bytes.copyWithin(0, shift).subarray(0, length);
}

/** By the bytes, for as long as somebody has these: facts, documents and the store's columns are read one after the other. */
const CONTENTS = new WeakMap<Uint8Array, BlockContents>();

export class BlockReader {
  readonly rows: number;
  readonly #columns: ReadonlyMap<string, Data>;

  /** @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
  constructor(bytes: Uint8Array) {
    const { rows, columns } = contentsOf(aligned(bytes));
    this.rows = rows;
    this.#columns = columns;
  }

  /** A column of one value a row, which may be missing. */
  column(name: string): Data | undefined {
    const data = this.#columns.get(name);
    if (data !== undefined && data.length !== this.rows) corrupt(name);
    return data;
  }

  #known(name: string): Data | undefined {
    return this.column(name) ?? (this.rows === 0 ? undefined : corrupt(name));
  }

  /** The values of a column of two a row. */
  pairs(name: string): Data | undefined {
    const data = this.column(name);
    if (data === undefined) return undefined;
    if (!DataType.isFixedSizeList(data.type) || data.type.listSize !== 2) corrupt(name);
    return data.children[0] ?? corrupt(name);
  }

  numbers<T extends NumberArray>(name: string, of: new (length: number) => T): T {
    const data = this.#known(name);
    return data === undefined ? new of(0) : this.numbersOf(name, data, of, this.rows);
  }

  numbersOf<T extends NumberArray>(
    name: string,
    data: Data,
    of: new (length: number) => T,
    length: number,
  ): T {
    const values: unknown = data.values;
    if (!(values instanceof of) || values.length < length || data.nullCount !== 0) corrupt(name);
    return values.subarray(0, length) as T;
  }

  /** 64-bit integers as doubles, read as two words: no BigInt is made. NaN for null. */
  integers(name: string): Float64Array {
    const data = this.#known(name);
    const out = new Float64Array(this.rows);
    if (data === undefined) return out;
    const values: unknown = data.values;
    const isLong = values instanceof BigInt64Array || values instanceof BigUint64Array;
    if (!isLong || values.length < this.rows) corrupt(name);
    const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
    const { nullBitmap } = data;
    const hasNulls = data.nullCount > 0;
    if (hasNulls && nullBitmap.length < Math.ceil(this.rows / 8)) corrupt(name);
    for (let row = 0; row < this.rows; row++) {
      const high = words[2 * row + 1]!;
      if (high >= SAFE_HIGH || high < -SAFE_HIGH) corrupt(name);
      const isNull = hasNulls && ((nullBitmap[row >> 3]! >> (row & 7)) & 1) === 0;
      out[row] = isNull ? Number.NaN : high * TWO_32 + (words[2 * row]! >>> 0);
    }
    return out;
  }

  utf8(name: string): Utf8Column {
    const data = this.#known(name);
    return data === undefined
      ? { offsets: Int32Array.of(0), bytes: new Uint8Array(0) }
      : utf8Of(name, data, this.rows);
  }

  /** Codes of a column, which may be missing. */
  codes(name: string, dictionary: DictionaryName, length: number): Codes | undefined {
    return this.codesOf(name, this.column(name), dictionary, length);
  }

  codesOf(
    name: string,
    data: Data | undefined,
    dictionary: DictionaryName,
    length: number,
  ): Codes | undefined {
    if (data === undefined) return undefined;
    const values: unknown = data.values;
    if (!DataType.isDictionary(data.type) || data.type.id !== DICTIONARIES.indexOf(dictionary)) corrupt(name);
    if (!(values instanceof Uint16Array || values instanceof Uint32Array)) corrupt(name);
    if (values.length < length || data.nullCount !== 0) corrupt(name);
    return values;
  }

  /** The texts of the dictionary of a column. */
  dictionary(name: string, id: number): Utf8Column {
    const data = this.#known(name) ?? corrupt(name);
    if (!DataType.isDictionary(data.type) || data.type.id !== id) corrupt(name);
    const { data: chunks } = data.dictionary as Vector;
    const [entries] = chunks;
    if (chunks.length !== 1 || entries === undefined) corrupt(name);
    return utf8Of(name, entries, entries.length);
  }

  /** A column of lists: their offsets, and what is in them one behind the other. */
  list(name: string): { readonly offsets: Int32Array; readonly child: Data } | undefined {
    const data = this.column(name);
    if (data === undefined) return undefined;
    const child = data.children[0];
    if (!DataType.isList(data.type) || child === undefined || data.nullCount !== 0) corrupt(name);
    return { offsets: offsetsOf(name, data.valueOffsets, this.rows, child.length), child };
  }
}

/** @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
function contentsOf(bytes: Uint8Array): BlockContents {
  const known = CONTENTS.get(bytes);
  if (known !== undefined) return known;
  try {
    const contents = blockContents(bytes);
    CONTENTS.set(bytes, contents);
    return contents;
  } catch {
    return corrupt('*');
  }
}

function utf8Of(name: string, data: Data, length: number): Utf8Column {
  const bytes: unknown = data.values;
  if (!DataType.isUtf8(data.type) || !(bytes instanceof Uint8Array) || data.nullCount !== 0) corrupt(name);
  return { offsets: offsetsOf(name, data.valueOffsets, length, bytes.length), bytes };
}

/** `length + 1` offsets that begin at 0, never fall, and stay within `limit`. */
function offsetsOf(name: string, offsets: unknown, length: number, limit: number): Int32Array {
  if (!(offsets instanceof Int32Array) || offsets.length <= length || offsets[0] !== 0) corrupt(name);
  let last = 0;
  for (let i = 1; i <= length; i++) {
    const offset = offsets[i]!;
    if (offset < last) corrupt(name);
    last = offset;
  }
  if (last > limit) corrupt(name);
  return offsets.subarray(0, length + 1);
}
