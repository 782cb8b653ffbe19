/** Copies the columns of rows between lists of columns, whatever their lengths. */
import {
  FACT_COLUMNS,
  type FactColumn,
  type FactColumnName,
  noneOf,
  SPARSE_POSITIONS,
} from '../../schemas/facts.ts';
import { filledColumn } from '../../schemas/null-columns.ts';
import { type ColumnArray, storedNulls } from './stored-column.ts';

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
/** Places a row has in each column: one, or one a leg. */
const WIDTHS = NAMES.map((name) => (FACT_COLUMNS[name].per === 'leg' ? 2 : 1));

/** Bytes of an element of a column in a batch, or in a page. */
export function elementBytesOf(name: FactColumnName): number {
  const { type } = FACT_COLUMNS[name];
  if (type === 'int') return 8;
  return type === 'bool' || type === 'enum' ? 1 : 4;
}

/** Columns that few rows have come last, and not at all where no row has them. */
const IS_SPARSE: ReadonlySet<number> = new Set(SPARSE_POSITIONS);
const placesOf = (bytes: number): number[] =>
  NAMES.flatMap((name, i) => (elementBytesOf(name) === bytes && !IS_SPARSE.has(i) ? [i] : []));
const FLOATS = placesOf(8);
const WORDS = placesOf(4);
const BYTES = placesOf(1);

// One function for each type, so that each knows its arrays; element by element, because a stretch is so short that views of
// it would cost more than copying.
function copyFloats(
  from: Float64Array | Float32Array,
  first: number,
  to: Float64Array,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[at + i] = from[first + i]!;
}

function copyWords(
  from: Int32Array | Int16Array | Int8Array,
  first: number,
  to: Int32Array,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) to[at + i] = from[first + i]!;
}

function copyBytes(from: Uint8Array, first: number, to: Uint8Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] = from[first + i]!;
}

/** By place in `FACT_COLUMNS`: what stands for a sparse column in which no row says anything, and the value that says nothing. */
const NULLS: readonly ColumnArray[] = NAMES.map((name) => storedNulls(FACT_COLUMNS[name]));
const NONES: readonly number[] = NAMES.map((name) => noneOf(FACT_COLUMNS[name]));

/** What stands for a sparse column before a row needs one: all of them share it, and nobody writes to it. */
export function closedColumn(position: number): ColumnArray {
  return NULLS[position]!;
}

/**
 * Copies sparse columns as `copyRows` does the others. Where `to` has a closed column and a row says something, it gets one of
 * its own of `room` rows.
 */
export function copySparse(
  from: readonly (ColumnArray | undefined)[],
  first: number,
  to: ColumnArray[],
  at: number,
  rows: number,
  room: number,
): void {
  for (const i of SPARSE_POSITIONS) {
    const width = WIDTHS[i]!;
    const nulls = NULLS[i]!;
    const values = from[i]!;
    let target = to[i]!;
    if (values === nulls) {
      if (target !== nulls) target.fill(NONES[i]!, width * at, width * (at + rows));
      continue;
    }
    if (target === nulls) {
      if (!saysSomething(values, width * first, width * rows, NONES[i]!)) continue;
      const column: FactColumn = FACT_COLUMNS[NAMES[i]!];
      target = filledColumn(column, width * room);
      to[i] = target;
    }
    for (let k = 0; k < width * rows; k++) target[width * at + k] = values[width * first + k]!;
  }
}

function saysSomething(values: ColumnArray, start: number, count: number, none: number): boolean {
  for (let i = start; i < start + count; i++) {
    const value = values[i]!;
    if (value !== none && !Number.isNaN(value)) return true;
  }
  return false;
}

/**
 * Copies `rows` rows from place `first` of a home's list, all of whose columns are there, to place `at` of arrays of the kinds
 * of a batch, but for sparse columns; both in the order of `FACT_COLUMNS`.
 */
export function copyRows(
  from: readonly (ColumnArray | undefined)[],
  first: number,
  to: readonly ColumnArray[],
  at: number,
  rows: number,
): void {
  for (const i of FLOATS) {
    const width = WIDTHS[i]!;
    copyFloats(from[i] as Float64Array, width * first, to[i] as Float64Array, width * at, width * rows);
  }
  for (const i of WORDS) {
    const width = WIDTHS[i]!;
    copyWords(from[i] as Int32Array, width * first, to[i] as Int32Array, width * at, width * rows);
  }
  for (const i of BYTES) {
    const width = WIDTHS[i]!;
    copyBytes(from[i] as Uint8Array, width * first, to[i] as Uint8Array, width * at, width * rows);
  }
}
