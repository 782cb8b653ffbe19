/**
 * Columns of segments that have left memory, read back as a whole for who goes through all rows: the two that were read last,
 * because whoever does so is between two.
 */
import { allocateFacts, type FactColumns } from '../../schemas/facts.ts';
import { closedColumn } from './copy-rows.ts';
import { COLUMN_NAMES } from './segment.ts';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from './segment-size.ts';
import type { ColumnArray } from './stored-column.ts';

interface Thawed {
  readonly segment: number;
  readonly columns: FactColumns;
}

/** Copies a row to place `place` of columns that hold some other rows. */
type CopyRow = (row: number, into: ColumnArray[], place: number) => void;

export class ThawedSegments {
  readonly #copyRow: CopyRow;
  #thawed: readonly Thawed[] = [];
  #thawing: { readonly segment: number; readonly list: ColumnArray[]; rows: number } | null = null;

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
    if (this.#thawing?.segment !== segment) this.#thawing = { segment, list: openList(), rows: 0 };
    const { list } = this.#thawing;
    const end = Math.min(SEGMENT_ROWS, this.#thawing.rows + rows);
    const first = segment << SEGMENT_SHIFT;
    for (let place = this.#thawing.rows; place < end; place++) this.#copyRow(first + place, list, place);
    this.#thawing.rows = end;
    if (end < SEGMENT_ROWS) return true;
    const columns = Object.fromEntries(
      COLUMN_NAMES.map((name, i) => [name, list[i]]),
    ) as unknown as FactColumns;
    this.#thawed = [{ segment, columns }, ...this.#thawed.slice(0, 1)];
    this.#thawing = null;
    return false;
  }
}

function openList(): ColumnArray[] {
  const columns: Partial<FactColumns> = allocateFacts(SEGMENT_ROWS, false);
  return COLUMN_NAMES.map((name, i) => columns[name] ?? closedColumn(i));
}
