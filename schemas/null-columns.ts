/**
 * Columns of batches in which no row has a value: one array for all of a kind, as long as the longest that was asked for, to be
 * read and never written. Whoever sees one need not look at its rows.
 */
import {
  allocateFacts,
  type ColumnArray,
  FACT_COLUMNS,
  type FactColumn,
  type FactColumnName,
  type FactColumns,
  noneOf,
  SPARSE_NAMES,
} from './facts.ts';

const NULL_COLUMNS = new WeakSet<ColumnArray>();
const LONGEST = new Map<string, ColumnArray>();
const FIRST_LENGTH = 1_024;

/** At least `length` places that say nothing. */
export function nullColumn(column: FactColumn, length: number): ColumnArray {
  const { type } = column;
  const none = noneOf(column);
  const kind = `${type} ${none}`;
  const known = LONGEST.get(kind);
  if (known !== undefined && known.length >= length) return known;
  const room = Math.max(FIRST_LENGTH, 2 ** Math.ceil(Math.log2(length)));
  const made = filledColumn(column, room);
  NULL_COLUMNS.add(made);
  LONGEST.set(kind, made);
  return made;
}

export function isNullColumn(column: ColumnArray): boolean {
  return NULL_COLUMNS.has(column);
}

/** A column of its own, `length` places long, that says nothing yet. */
export function filledColumn(column: FactColumn, length: number): ColumnArray {
  const none = noneOf(column);
  if (column.type === 'int') return new Float64Array(length).fill(none);
  if (column.type === 'bool' || column.type === 'enum') return new Uint8Array(length).fill(none);
  return new Int32Array(length).fill(none);
}

/** Columns for `rows` rows of which the sparse ones say nothing; each of those is to be put in place before it is written to. */
export function openFacts(rows: number): FactColumns {
  const columns = allocateFacts(rows, false) as Record<string, ColumnArray>;
  for (const name of SPARSE_NAMES) {
    const column: FactColumn = FACT_COLUMNS[name];
    columns[name] = nullColumn(column, column.per === 'row' ? rows : 2 * rows);
  }
  return columns as unknown as FactColumns;
}

/** A column of `openFacts`, to be written to: `length` places of its own from now on. */
export function ownColumn(columns: FactColumns, name: FactColumnName, length: number): ColumnArray {
  const known = columns[name];
  if (!isNullColumn(known)) return known;
  const made = filledColumn(FACT_COLUMNS[name], length);
  (columns as Record<string, ColumnArray>)[name] = made;
  return made;
}
