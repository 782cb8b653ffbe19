/**
 * The sparse columns of the block that is being filled: one comes to be with the first row that has a value, and says nothing
 * again when the block is closed. A row that has none of them costs nothing here.
 */
import {
  type ColumnArray,
  FACT_COLUMNS,
  type FactColumn,
  type FactColumns,
  noneOf,
} from '../../../schemas/facts.ts';
import { filledColumn, nullColumn } from '../../../schemas/null-columns.ts';
import type { SparseColumnName } from '../../../schemas/sparse-facts.ts';

interface Own {
  readonly array: ColumnArray;
  /** Places of a row. */
  readonly width: number;
  readonly none: number;
}

export class SparseBlock {
  readonly #columns: Record<string, ColumnArray>;
  readonly #rows: number;
  /** Columns that this block has, and those of blocks before, which say nothing. */
  readonly #own = new Map<SparseColumnName, Own>();
  readonly #spare = new Map<SparseColumnName, Own>();
  /** The row that was written last, if it said something: what it said goes if it is not kept. */
  #touched = -1;
  /** Rows of the block that was closed and is there until another row is written; -1 where none was. */
  #closedRows = -1;

  /** `columns`: of `openFacts`, for `rows` rows. */
  constructor(columns: FactColumns, rows: number) {
    this.#columns = columns as unknown as Record<string, ColumnArray>;
    this.#rows = rows;
  }

  /** Before row `row` is written. */
  begin(row: number): void {
    if (this.#closedRows !== -1) this.#clear();
    if (this.#touched !== row) return;
    for (const { array, width, none } of this.#own.values())
      for (let place = width * row; place < width * (row + 1); place++) array[place] = none;
    this.#touched = -1;
  }

  /** A row column. */
  putRow(name: SparseColumnName, row: number, value: number): void {
    this.#touched = row;
    (this.#own.get(name) ?? this.#open(name)).array[row] = value;
  }

  /** A leg column. */
  putLeg(name: SparseColumnName, leg: number, value: number): void {
    this.#touched = leg >> 1;
    (this.#own.get(name) ?? this.#open(name)).array[leg] = value;
  }

  /** The block of `rows` rows is closed; its columns are there until another row is written. */
  close(rows: number): void {
    this.#closedRows = rows;
  }

  #clear(): void {
    for (const [name, own] of this.#own) {
      // One row may have been written behind the last one.
      own.array.fill(own.none, 0, own.width * (this.#closedRows + 1));
      this.#spare.set(name, own);
      this.#columns[name] = nullColumn(FACT_COLUMNS[name], own.array.length);
    }
    this.#own.clear();
    this.#touched = -1;
    this.#closedRows = -1;
  }

  #open(name: SparseColumnName): Own {
    const own = this.#spare.get(name) ?? this.#made(name);
    this.#own.set(name, own);
    this.#columns[name] = own.array;
    return own;
  }

  #made(name: SparseColumnName): Own {
    const column: FactColumn = FACT_COLUMNS[name];
    const width = column.per === 'row' ? 1 : 2;
    return { array: filledColumn(column, width * this.#rows), width, none: noneOf(column) };
  }
}
