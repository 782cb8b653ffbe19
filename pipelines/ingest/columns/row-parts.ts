/**
 * How the cells of a scanned record make the parts of a row: which cells belong to its head, which to each member, and who
 * reads a member that was not met before.
 */
import type { CellMemo } from './cell-memo.ts';
import type { Fragment } from './fragment.ts';
import type { Head } from './head.ts';

/** What a reader answers where a record is for the library to judge. */
export const UNREADABLE: unique symbol = Symbol('unreadable');

export interface GroupPart {
  /** Place in `GROUPS`; -1 for one that makes the row a document unless it is absent. */
  readonly group: number;
  readonly kind: number;
  readonly cells: Int32Array;
  /** The member as the contract has it, checked; undefined where the record has none. */
  readonly read: (bytes: Buffer, cells: Int32Array) => unknown;
}

export interface RowParts {
  readonly head: Omit<GroupPart, 'group'>;
  readonly groups: readonly GroupPart[];
  readonly id: (bytes: Buffer, cells: Int32Array) => unknown;
  readonly amount: (bytes: Buffer, cells: Int32Array) => unknown;
  readonly occurredAt: (bytes: Buffer, cells: Int32Array) => unknown;
  /** Told first of each record; false where the record is for the library. */
  readonly begin: (bytes: Buffer, cells: Int32Array) => boolean;
  /** What the mapping fills in beside the columns. */
  readonly complete: (tree: Record<string, unknown>) => void;
}

/** Who makes rows of parts; asked for numbers of its memos when parts are planned. */
export interface PartsTaker {
  readonly heads: CellMemo<Head>;
  readonly fragments: CellMemo<Fragment>;
  /** Physical line of the next record. */
  line: number;
  /** Whether the record's parts were written as a row; it is the library's otherwise. */
  take(parts: RowParts, bytes: Buffer, cells: Int32Array): boolean;
}
