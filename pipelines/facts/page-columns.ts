/** Rows in the form in which a page lies in a cold file: every column one array, all of them in one stretch of memory. */
import {
  FACT_COLUMNS,
  type FactColumnName,
  type FactColumns,
  noneOf,
  SPARSE_POSITIONS,
} from '../../schemas/facts.ts';
import { filledColumn } from '../../schemas/null-columns.ts';
import { HASH_WORDS } from './batch.ts';
import { closedColumn, copyRows, copySparse, elementBytesOf } from './copy-rows.ts';
import type { ColumnArray } from './stored-column.ts';

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
const DENSE_NAMES = NAMES.filter((_, i) => !SPARSE_POSITIONS.includes(i));

const WIDTHS: ReadonlyMap<string, number> = new Map(
  Object.entries(FACT_COLUMNS).map(([name, { per }]) => [name, per === 'leg' ? 2 : 1]),
);

/** Elements of a row. */
export const widthOf = (name: FactColumnName): number => WIDTHS.get(name) as number;

const columnBytes = (names: readonly FactColumnName[]): number =>
  names.reduce((bytes, name) => bytes + elementBytesOf(name) * widthOf(name), 0);
/** Bytes of a row: its columns but sparse ones; version, hash, shared reference, ends of id and members; flags. */
const ROW_BYTES = columnBytes(DENSE_NAMES) + 4 * (HASH_WORDS + 4) + 1;
/** At most, of all sparse columns of a row. */
const SPARSE_ROW_BYTES = columnBytes(SPARSE_POSITIONS.map((i) => NAMES[i] as FactColumnName));
/** The positions of the tail and of the sparse columns. */
const HEADER_BYTES = 16;
/** No page has the sparse columns of its rows at a position below 0: it has none. */
export const NO_SPARSE = -1;

interface ArrayType {
  new (buffer: ArrayBuffer, at: number, length: number): ColumnArray | Uint32Array;
  readonly BYTES_PER_ELEMENT: number;
}

export class PageColumns {
  readonly rows: number;
  readonly columns: FactColumns;
  /** Sparse columns are closed until a row of them is taken over. */
  readonly list: ColumnArray[];
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
  readonly sharedRef: Int32Array;
  readonly flags: Uint8Array;
  readonly idEnds: Int32Array;
  readonly memberEnds: Int32Array;
  /** Of a page, the position of what has no fixed width. */
  readonly tailAt: Float64Array;
  /** ... and that of its sparse columns, or `NO_SPARSE`. */
  readonly sparseAt: Float64Array;
  /** All of it but sparse columns. */
  readonly bytes: Uint8Array;

  /** Room for `rows` rows. */
  constructor(rows: number) {
    this.rows = rows;
    const buffer = new ArrayBuffer(HEADER_BYTES + rows * ROW_BYTES);
    this.bytes = new Uint8Array(buffer);
    let at = 0;
    const take = (of: ArrayType, length: number) => {
      const array = new of(buffer, at, length);
      at += array.byteLength;
      return array;
    };
    const columns: Partial<Record<FactColumnName, ColumnArray>> = {};
    const takeColumns = (of: ArrayType) => {
      for (const name of DENSE_NAMES) {
        if (elementBytesOf(name) !== of.BYTES_PER_ELEMENT) continue;
        columns[name] = take(of, widthOf(name) * rows) as ColumnArray;
      }
    };
    // The widest elements first: each array then begins where its elements may.
    this.tailAt = take(Float64Array, 1) as Float64Array;
    this.sparseAt = take(Float64Array, 1) as Float64Array;
    takeColumns(Float64Array);
    takeColumns(Int32Array);
    this.version = take(Uint32Array, rows) as Uint32Array;
    this.hash = take(Uint32Array, HASH_WORDS * rows) as Uint32Array;
    this.sharedRef = take(Int32Array, rows) as Int32Array;
    this.idEnds = take(Int32Array, rows) as Int32Array;
    this.memberEnds = take(Int32Array, rows) as Int32Array;
    takeColumns(Uint8Array);
    this.flags = take(Uint8Array, rows) as Uint8Array;
    this.list = NAMES.map((name, i) => columns[name] ?? closedColumn(i));
    this.columns = Object.fromEntries(NAMES.map((name, i) => [name, this.list[i]])) as FactColumns;
  }

  /** Takes over all rows of a page, at place `at`. */
  take(page: PageColumns, at: number): void {
    copyRows(page.list, 0, this.list, at, page.rows);
    this.version.set(page.version, at);
    this.hash.set(page.hash, HASH_WORDS * at);
    this.sharedRef.set(page.sharedRef, at);
    this.idEnds.set(page.idEnds, at);
    this.memberEnds.set(page.memberEnds, at);
    this.flags.set(page.flags, at);
    this.takeSparse(page.list, 0, at, page.rows);
  }

  /** Takes over the sparse columns of some rows. */
  takeSparse(list: readonly (ColumnArray | undefined)[], first: number, at: number, rows: number): void {
    copySparse(list, first, this.list, at, rows, this.rows);
    const columns = this.columns as Record<string, ColumnArray>;
    for (const i of SPARSE_POSITIONS) columns[NAMES[i] as string] = this.list[i] as ColumnArray;
  }

  /** The sparse columns that say something: each its place in `FACT_COLUMNS`, then its values. */
  sparseBytes(): Uint8Array {
    const bytes = this.sparseRoom();
    let at = 0;
    for (const i of SPARSE_POSITIONS) {
      const column = this.list[i] as ColumnArray;
      if (column === closedColumn(i) || !this.#says(i, column)) continue;
      bytes[at] = i;
      bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at + 1);
      at += 1 + column.byteLength;
    }
    return bytes.subarray(0, at);
  }

  /** Room for what `sparseBytes` gives. */
  sparseRoom(): Uint8Array {
    return new Uint8Array(SPARSE_POSITIONS.length + SPARSE_ROW_BYTES * this.rows);
  }

  /** Reads what `sparseBytes` gave; every other sparse column says nothing then. */
  putSparse(bytes: Uint8Array): void {
    for (const i of SPARSE_POSITIONS) {
      const column = this.list[i] as ColumnArray;
      if (column !== closedColumn(i)) column.fill(noneOf(FACT_COLUMNS[NAMES[i] as FactColumnName]));
    }
    for (let at = 0; at < bytes.length; ) {
      const i = bytes[at] as number;
      const name = NAMES[i] as FactColumnName;
      if (this.list[i] === closedColumn(i))
        this.list[i] = filledColumn(FACT_COLUMNS[name], widthOf(name) * this.rows);
      const column = this.list[i] as ColumnArray;
      const into = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
      into.set(bytes.subarray(at + 1, at + 1 + into.length));
      at += 1 + into.length;
    }
  }

  #says(position: number, column: ColumnArray): boolean {
    const none = noneOf(FACT_COLUMNS[NAMES[position] as FactColumnName]);
    return column.some((value) => value !== none && !Number.isNaN(value));
  }
}
