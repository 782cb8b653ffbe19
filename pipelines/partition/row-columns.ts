/** Rows of several blocks gathered into one that is being filled, column by column: no object a row. */
import { encodeContent } from '../../schemas/arrow.ts';
import type { TextColumn } from '../../schemas/block-content.ts';
import type { BlockRows } from '../../schemas/block-rows.ts';
import { CodeTable } from '../../schemas/block-texts.ts';
import {
  FACT_COLUMNS,
  type FactColumn,
  type FactColumnName,
  type FactColumns,
  type FactMembers,
  noneOf,
} from '../../schemas/facts.ts';
import { isNullColumn, openFacts, ownColumn } from '../../schemas/null-columns.ts';
import { HASH_WORDS } from '../facts/batch.ts';
import type { FactDictionary } from '../facts/dictionary.ts';

const FIRST_ROWS = 256;
const FIRST_BYTES = 1 << 16;
const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];

type NumberArray = Float64Array | Int32Array | Uint32Array | Uint8Array;

function grown<T extends NumberArray>(from: T, length: number): T {
  const to = new (from.constructor as new (length: number) => T)(length);
  to.set(from);
  return to;
}

/** One loop for each kind of array: a loop that saw all of them would be slower on each. */
function pickFloats(to: Float64Array, at: number, from: Float64Array, rows: Int32Array, n: number): void {
  for (let i = 0; i < n; i++) to[at + i] = from[rows[i] as number] as number;
}
function pickInts(to: Int32Array, at: number, from: Int32Array, rows: Int32Array, n: number): void {
  for (let i = 0; i < n; i++) to[at + i] = from[rows[i] as number] as number;
}
function pickBytes(to: Uint8Array, at: number, from: Uint8Array, rows: Int32Array, n: number): void {
  for (let i = 0; i < n; i++) to[at + i] = from[rows[i] as number] as number;
}
function pickPairs(to: NumberArray, at: number, from: NumberArray, rows: Int32Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = 2 * (rows[i] as number);
    to[2 * (at + i)] = from[row] as number;
    to[2 * (at + i) + 1] = from[row + 1] as number;
  }
}

function pick(to: NumberArray, at: number, from: NumberArray, rows: Int32Array, n: number): void {
  if (to instanceof Float64Array) pickFloats(to, at, from as Float64Array, rows, n);
  else if (to instanceof Int32Array) pickInts(to, at, from as Int32Array, rows, n);
  else if (to instanceof Uint8Array) pickBytes(to, at, from as Uint8Array, rows, n);
  else for (let i = 0; i < n; i++) to[at + i] = from[rows[i] as number] as number;
}

class Texts {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  ends = new Int32Array(FIRST_ROWS);

  add(at: number, { bytes, ends }: TextColumn, rows: Int32Array, n: number): void {
    let end = at === 0 ? 0 : (this.ends[at - 1] as number);
    // A view of its own for each text would be an object for each.
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < n; i++) {
      const row = rows[i] as number;
      const from = row === 0 ? 0 : (ends[row - 1] as number);
      const size = (ends[row] as number) - from;
      if (end + size > this.bytes.length) {
        const grownBytes = Buffer.allocUnsafe(2 * (end + size));
        this.bytes.copy(grownBytes, 0, 0, end);
        this.bytes = grownBytes;
      }
      source.copy(this.bytes, end, from, from + size);
      end += size;
      this.ends[at + i] = end;
    }
  }

  of(rows: number): TextColumn {
    return { bytes: this.bytes, ends: this.ends.subarray(0, rows) };
  }
}

export class RowColumns {
  rows = 0;
  readonly #dictionary: FactDictionary;
  readonly #tables = { words: new CodeTable(), keys: new CodeTable() };
  #capacity = FIRST_ROWS;
  #columns: FactColumns = openFacts(FIRST_ROWS);
  #version = new Uint32Array(FIRST_ROWS);
  #hash = new Uint32Array(HASH_WORDS * FIRST_ROWS);
  #flags = new Uint8Array(FIRST_ROWS);
  #sharedRef = new Int32Array(FIRST_ROWS);
  #rateId = new Int32Array(FIRST_ROWS);
  #submissionId = new Int32Array(FIRST_ROWS);
  #line = new Float64Array(FIRST_ROWS);
  readonly #ids = new Texts();
  readonly #docs = new Texts();
  readonly #amounts = new Texts();
  readonly #hashes = new Texts();
  #wide = new Map<number, bigint>();
  #members = 0;
  #memberRow = new Int32Array(FIRST_ROWS);
  #memberKind = new Uint8Array(FIRST_ROWS);
  #memberKey = new Int32Array(FIRST_ROWS);
  #memberSide = new Uint8Array(FIRST_ROWS);

  /** `dictionary`: of all rows that are added. */
  constructor(dictionary: FactDictionary) {
    this.#dictionary = dictionary;
  }

  /** Bytes of the documents so far. */
  get docBytes(): number {
    return this.rows === 0 ? 0 : (this.#docs.ends[this.rows - 1] as number);
  }

  /** Adds the first `n` of the listed rows, ascending; `memberEnds`: end of each row's members (`memberEndsOf`). */
  add(from: BlockRows, rows: Int32Array, n: number, memberEnds: Int32Array): void {
    const at = this.rows;
    if (at + n > this.#capacity) this.#grow(at + n);
    const { facts } = from;
    for (const name of NAMES) {
      const column: FactColumn = FACT_COLUMNS[name];
      const width = column.per === 'row' ? 1 : 2;
      const values = facts.columns[name];
      let to: NumberArray = this.#columns[name];
      if (isNullColumn(values)) {
        if (!isNullColumn(to)) to.fill(noneOf(column), width * at, width * (at + n));
        continue;
      }
      if (isNullColumn(to)) to = ownColumn(this.#columns, name, width * this.#capacity);
      if (width === 1) pick(to, at, values, rows, n);
      else pickPairs(to, at, values, rows, n);
    }
    pick(this.#version, at, facts.version, rows, n);
    pick(this.#flags, at, facts.flags, rows, n);
    pick(this.#sharedRef, at, facts.sharedRef, rows, n);
    pick(this.#rateId, at, from.rateId, rows, n);
    pick(this.#submissionId, at, from.submissionId, rows, n);
    pick(this.#line, at, from.line, rows, n);
    for (let i = 0; i < n; i++)
      for (let word = 0; word < HASH_WORDS; word++)
        this.#hash[HASH_WORDS * (at + i) + word] = facts.hash[
          HASH_WORDS * (rows[i] as number) + word
        ] as number;
    this.#ids.add(at, { bytes: facts.idBytes, ends: facts.idEnds }, rows, n);
    this.#docs.add(at, from.doc, rows, n);
    this.#amounts.add(at, from.amountMinor, rows, n);
    this.#hashes.add(at, from.contentHash, rows, n);
    if (facts.wide.size > 0)
      for (let i = 0; i < n; i++) {
        const exact = facts.wide.get(rows[i] as number);
        if (exact !== undefined) this.#wide.set(at + i, exact);
      }
    this.#addMembers(facts.members, rows, n, memberEnds);
    this.rows = at + n;
  }

  /** The block of the rows so far. */
  bytes(): Uint8Array {
    return encodeContent(
      { ...this.content(), texts: this.#dictionary, tables: this.#tables },
      // Where it will stand in its log is known when it stands there.
      0,
    );
  }

  /** The rows so far; gone with the next `clear`. */
  content(): BlockRows {
    const { rows } = this;
    return {
      facts: {
        rows,
        columns: this.#columns,
        members: {
          count: this.#members,
          row: this.#memberRow.subarray(0, this.#members),
          kind: this.#memberKind.subarray(0, this.#members),
          key: this.#memberKey.subarray(0, this.#members),
          side: this.#memberSide.subarray(0, this.#members),
        },
        idBytes: this.#ids.bytes,
        idEnds: this.#ids.ends.subarray(0, rows),
        version: this.#version.subarray(0, rows),
        hash: this.#hash.subarray(0, HASH_WORDS * rows),
        flags: this.#flags.subarray(0, rows),
        sharedRef: this.#sharedRef.subarray(0, rows),
        wide: this.#wide,
      },
      amountMinor: this.#amounts.of(rows),
      contentHash: this.#hashes.of(rows),
      doc: this.#docs.of(rows),
      rateId: this.#rateId.subarray(0, rows),
      submissionId: this.#submissionId.subarray(0, rows),
      line: this.#line.subarray(0, rows),
    };
  }

  clear(): void {
    this.rows = 0;
    this.#members = 0;
    if (this.#wide.size > 0) this.#wide = new Map();
  }

  #addMembers(members: FactMembers, rows: Int32Array, n: number, ends: Int32Array): void {
    for (let i = 0; i < n; i++) {
      const row = rows[i] as number;
      const end = ends[row] as number;
      for (let m = row === 0 ? 0 : (ends[row - 1] as number); m < end; m++) {
        const at = this.#members++;
        if (at === this.#memberRow.length) this.#growMembers();
        this.#memberRow[at] = this.rows + i;
        this.#memberKind[at] = members.kind[m] as number;
        this.#memberKey[at] = members.key[m] as number;
        this.#memberSide[at] = members.side[m] as number;
      }
    }
  }

  #growMembers(): void {
    const size = 2 * this.#memberRow.length;
    this.#memberRow = grown(this.#memberRow, size);
    this.#memberKind = grown(this.#memberKind, size);
    this.#memberKey = grown(this.#memberKey, size);
    this.#memberSide = grown(this.#memberSide, size);
  }

  #grow(rows: number): void {
    const capacity = Math.max(rows, 2 * this.#capacity);
    const columns = openFacts(capacity);
    for (const name of NAMES) {
      const from = this.#columns[name];
      if (isNullColumn(from)) continue;
      const width = FACT_COLUMNS[name].per === 'row' ? 1 : 2;
      ownColumn(columns, name, width * capacity).set(from);
    }
    this.#columns = columns;
    this.#version = grown(this.#version, capacity);
    this.#hash = grown(this.#hash, HASH_WORDS * capacity);
    this.#flags = grown(this.#flags, capacity);
    this.#sharedRef = grown(this.#sharedRef, capacity);
    this.#rateId = grown(this.#rateId, capacity);
    this.#submissionId = grown(this.#submissionId, capacity);
    this.#line = grown(this.#line, capacity);
    for (const texts of [this.#ids, this.#docs, this.#amounts, this.#hashes])
      texts.ends = grown(texts.ends, capacity);
    this.#capacity = capacity;
  }
}

/** Of each row, where its members end. */
export function memberEndsOf({ count, row }: FactMembers, rows: number): Int32Array {
  const ends = new Int32Array(rows);
  let m = 0;
  for (let place = 0; place < rows; place++) {
    while (m < count && (row[m] as number) <= place) m++;
    ends[place] = m;
  }
  return ends;
}
