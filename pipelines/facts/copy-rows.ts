/** Copies the columns of rows between lists of columns, whatever their lengths. */
import { FACT_COLUMNS, type FactColumnName } from '../../schemas/facts.ts';
import type { ColumnArray } from './stored-column.ts';

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
/** Places a row has in each column: one, or one a leg. */
const WIDTHS = NAMES.map((name) => (FACT_COLUMNS[name].per === 'leg' ? 2 : 1));

/** Bytes of an element of a column in a batch, or in a page. */
export function elementBytesOf(name: FactColumnName): number {
  const { type } = FACT_COLUMNS[name];
  if (type === 'int') return 8;
  return type === 'bool' || type === 'enum' ? 1 : 4;
}

const placesOf = (bytes: number): number[] =>
  NAMES.flatMap((name, i) => (elementBytesOf(name) === bytes ? [i] : []));
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

/**
 * Copies `rows` rows from place `first` of a home's list, all of whose columns are there, to place `at` of arrays of the kinds
 * of a batch; both in the order of `FACT_COLUMNS`.
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
