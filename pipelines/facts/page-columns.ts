/** Rows in the form in which a page lies in a cold file: every column one array, all of them in one stretch of memory. */
import { FACT_COLUMNS, type FactColumnName, type FactColumns } from '../../schemas/facts.ts';
import { HASH_WORDS } from './batch.ts';
import { copyRows, elementBytesOf } from './copy-rows.ts';
import type { ColumnArray } from './stored-column.ts';

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];

const WIDTHS: ReadonlyMap<string, number> = new Map(
  Object.entries(FACT_COLUMNS).map(([name, { per }]) => [name, per === 'leg' ? 2 : 1]),
);

/** Elements of a row. */
export const widthOf = (name: FactColumnName): number => WIDTHS.get(name) as number;

/** Bytes of a row: its columns; version, hash, shared reference, ends of id and members; flags. */
const ROW_BYTES =
  NAMES.reduce((bytes, name) => bytes + elementBytesOf(name) * widthOf(name), 0) + 4 * (HASH_WORDS + 4) + 1;
/** The position of the tail. */
const HEADER_BYTES = 8;

interface ArrayType {
  new (buffer: ArrayBuffer, at: number, length: number): ColumnArray | Uint32Array;
  readonly BYTES_PER_ELEMENT: number;
}

export class PageColumns {
  readonly rows: number;
  readonly columns: FactColumns;
  readonly list: readonly ColumnArray[];
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
  readonly sharedRef: Int32Array;
  readonly flags: Uint8Array;
  readonly idEnds: Int32Array;
  readonly memberEnds: Int32Array;
  /** Of a page, the position of what has no fixed width. */
  readonly tailAt: Float64Array;
  /** All of it. */
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
      for (const name of NAMES) {
        if (elementBytesOf(name) !== of.BYTES_PER_ELEMENT) continue;
        columns[name] = take(of, widthOf(name) * rows) as ColumnArray;
      }
    };
    // The widest elements first: each array then begins where its elements may.
    this.tailAt = take(Float64Array, 1) as Float64Array;
    takeColumns(Float64Array);
    takeColumns(Int32Array);
    this.version = take(Uint32Array, rows) as Uint32Array;
    this.hash = take(Uint32Array, HASH_WORDS * rows) as Uint32Array;
    this.sharedRef = take(Int32Array, rows) as Int32Array;
    this.idEnds = take(Int32Array, rows) as Int32Array;
    this.memberEnds = take(Int32Array, rows) as Int32Array;
    takeColumns(Uint8Array);
    this.flags = take(Uint8Array, rows) as Uint8Array;
    this.columns = columns as FactColumns;
    this.list = NAMES.map((name) => this.columns[name]);
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
  }
}
