/**
 * Columns of segments that have left memory, read back as a whole for who goes through all rows: the two that were read last,
 * because whoever does so is between two.
 */
import { allocateFacts, type FactColumns } from '../../schemas/facts.ts';
import { COLUMN_NAMES } from './segment.ts';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from './segment-size.ts';
import type { ColumnArray } from './stored-column.ts';

interface Thawed {
  readonly segment: number;
  readonly columns: FactColumns;
}

/** Copies a row to place `place` of columns that hold some other rows. */
type CopyRow = (row: number, into: readonly ColumnArray[], place: number) => void;

export class ThawedSegments {
  readonly #copyRow: CopyRow;
  #thawed: readonly Thawed[] = [];
  #thawing: (Thawed & { rows: number }) | null = null;

  constructor(copyRow: CopyRow) {
    this.#copyRow = copyRow;
  }

  /** The columns of a segment, all of which are read back where they are not there. */
  columns(segment: number): FactColumns {
    this.advance(segment, SEGMENT_ROWS);
    return this.#thawed.find((each) => each.segment === segment)!.columns;
  }

  /** Reads back so many rows of a segment; false when all are there. */
  advance(segment: number, rows: number): boolean {
    if (this.#thawed.some((each) => each.segment === segment)) return false;
    if (this.#thawing?.segment !== segment)
      this.#thawing = { segment, columns: allocateFacts(SEGMENT_ROWS), rows: 0 };
    const { columns } = this.#thawing;
    const list = COLUMN_NAMES.map((name) => columns[name]);
    const end = Math.min(SEGMENT_ROWS, this.#thawing.rows + rows);
    const first = segment << SEGMENT_SHIFT;
    for (let place = this.#thawing.rows; place < end; place++) this.#copyRow(first + place, list, place);
    this.#thawing.rows = end;
    if (end < SEGMENT_ROWS) return true;
    this.#thawed = [this.#thawing, ...this.#thawed.slice(0, 1)];
    this.#thawing = null;
    return false;
  }
}
