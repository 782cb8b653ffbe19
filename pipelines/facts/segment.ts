/**
 * Up to 65,536 rows of the store: the columns, and what identifies and versions a row. A segment that begins small doubles
 * until it has room for all of them; its arrays are then other ones, and whoever read rows from the old ones still may.
 */
import {
  allocateFacts,
  FACT_COLUMNS,
  type FactBatch,
  type FactColumnName,
  type FactColumns,
} from '../../schemas/facts.ts';
import { HASH_WORDS } from './batch.ts';

export const SEGMENT_SHIFT = 16;
export const SEGMENT_ROWS = 1 << SEGMENT_SHIFT;

/** Rows that the first segment of a store makes room for: most stores that ever are hold a few hundred rows. */
export const FIRST_ROWS = 1_024;

const ID_BYTES_PER_ROW = 16;
const ROWS_PER_MEMBER = 4;

export type ColumnArray = Float64Array | Int32Array | Uint8Array;

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
/** Places a row has in each column of `Segment.list`: one, or one a leg. */
export const COLUMN_WIDTHS = NAMES.map((name) => (FACT_COLUMNS[name].per === 'leg' ? 2 : 1));

/** Place of a column in `Segment.list`. */
export const COLUMN_AT = Object.fromEntries(NAMES.map((name, i) => [name, i])) as Readonly<
  Record<FactColumnName, number>
>;

export type MemberVisit = (kind: number, key: number, side: number) => void;

/** Where a row is read: a segment, or a page of rows that have left memory. */
export interface RowHome {
  /** Place of a row: its number AND this. */
  readonly rowMask: number;
  readonly columns: FactColumns;
  /** The same arrays in the order of `FACT_COLUMNS`. */
  readonly list: readonly ColumnArray[];
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
  readonly flags: Uint8Array;
  readonly sharedRef: Int32Array;
  readonly idBytes: Uint8Array;
  readonly idEnds: Int32Array;
  idStart(place: number): number;
  eachMember(place: number, visit: MemberVisit): void;
}

type Growing = Uint8Array | Uint32Array | Int32Array;

/** An array of `length` with the first `used` elements of another. */
function enlarged<T extends Growing | ColumnArray>(array: T, used: number, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array.subarray(0, used) as never);
  return larger;
}

function grown<T extends Growing>(array: T, used: number, needed: number): T {
  return needed <= array.length ? array : enlarged(array, used, Math.max(needed, 2 * array.length));
}

export class Segment implements RowHome {
  readonly rowMask = SEGMENT_ROWS - 1;
  columns: FactColumns;
  /** The same arrays in the order of `FACT_COLUMNS`. */
  list: readonly ColumnArray[];
  idEnds: Int32Array;
  version: Uint32Array;
  hash: Uint32Array;
  flags: Uint8Array;
  sharedRef: Int32Array;
  /** End of each row's members. */
  memberEnds: Int32Array;
  idBytes: Uint8Array;
  memberKind: Uint8Array;
  memberKey: Int32Array;
  memberSide: Uint8Array;
  rows = 0;
  #capacity: number;

  /** Room for `capacity` rows at first. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.columns = allocateFacts(capacity);
    this.list = NAMES.map((name) => this.columns[name]);
    this.idEnds = new Int32Array(capacity);
    this.version = new Uint32Array(capacity);
    this.hash = new Uint32Array(HASH_WORDS * capacity);
    this.flags = new Uint8Array(capacity);
    this.sharedRef = new Int32Array(capacity);
    this.memberEnds = new Int32Array(capacity);
    this.idBytes = new Uint8Array(ID_BYTES_PER_ROW * capacity);
    this.memberKind = new Uint8Array(capacity / ROWS_PER_MEMBER);
    this.memberKey = new Int32Array(capacity / ROWS_PER_MEMBER);
    this.memberSide = new Uint8Array(capacity / ROWS_PER_MEMBER);
  }

  idStart(place: number): number {
    return place === 0 ? 0 : this.idEnds[place - 1]!;
  }

  memberStart(place: number): number {
    return place === 0 ? 0 : this.memberEnds[place - 1]!;
  }

  eachMember(place: number, visit: MemberVisit): void {
    for (let i = this.memberStart(place); i < this.memberEnds[place]!; i++)
      visit(this.memberKind[i]!, this.memberKey[i]!, this.memberSide[i]!);
  }

  /** Copies `count` rows of the batch from row `from` on; they must fit. `member` is the batch's first member of them. */
  append(batch: FactBatch, from: number, count: number, member: number): number {
    const at = this.rows;
    const until = from + count;
    if (at + count > this.#capacity) this.#grow(at + count);
    for (let i = 0; i < NAMES.length; i++) {
      const width = COLUMN_WIDTHS[i]!;
      this.list[i]!.set(batch.columns[NAMES[i]!].subarray(width * from, width * until), width * at);
    }
    this.version.set(batch.version.subarray(from, until), at);
    this.hash.set(batch.hash.subarray(HASH_WORDS * from, HASH_WORDS * until), HASH_WORDS * at);
    this.flags.set(batch.flags.subarray(from, until), at);
    this.sharedRef.set(batch.sharedRef.subarray(from, until), at);
    this.#appendIds(batch, from, until);
    const next = this.#appendMembers(batch, from, until, member);
    this.rows += count;
    return next;
  }

  #grow(needed: number): void {
    let capacity = this.#capacity;
    while (capacity < needed) capacity *= 2;
    const { rows } = this;
    this.list = this.list.map((array, i) =>
      enlarged(array, COLUMN_WIDTHS[i]! * rows, COLUMN_WIDTHS[i]! * capacity),
    );
    this.columns = Object.fromEntries(NAMES.map((name, i) => [name, this.list[i]!])) as FactColumns;
    this.idEnds = enlarged(this.idEnds, rows, capacity);
    this.version = enlarged(this.version, rows, capacity);
    this.hash = enlarged(this.hash, HASH_WORDS * rows, HASH_WORDS * capacity);
    this.flags = enlarged(this.flags, rows, capacity);
    this.sharedRef = enlarged(this.sharedRef, rows, capacity);
    this.memberEnds = enlarged(this.memberEnds, rows, capacity);
    this.#capacity = capacity;
  }

  #appendIds({ idBytes, idEnds }: FactBatch, from: number, until: number): void {
    const start = from === 0 ? 0 : idEnds[from - 1]!;
    const used = this.idStart(this.rows);
    const bytes = idBytes.subarray(start, idEnds[until - 1]);
    this.idBytes = grown(this.idBytes, used, used + bytes.length);
    this.idBytes.set(bytes, used);
    for (let row = from; row < until; row++)
      this.idEnds[this.rows + row - from] = idEnds[row]! - start + used;
  }

  #appendMembers({ members }: FactBatch, from: number, until: number, first: number): number {
    let end = first;
    while (end < members.count && members.row[end]! < until) end++;
    const used = this.memberStart(this.rows);
    const needed = used + end - first;
    this.memberKind = grown(this.memberKind, used, needed);
    this.memberKey = grown(this.memberKey, used, needed);
    this.memberSide = grown(this.memberSide, used, needed);
    this.memberKind.set(members.kind.subarray(first, end), used);
    this.memberKey.set(members.key.subarray(first, end), used);
    this.memberSide.set(members.side.subarray(first, end), used);
    let member = first;
    for (let row = from; row < until; row++) {
      while (member < end && members.row[member] === row) member++;
      this.memberEnds[this.rows + row - from] = used + member - first;
    }
    return end;
  }

  get bytes(): number {
    let bytes = 0;
    for (const array of this.list) bytes += array.byteLength;
    for (const array of [
      this.idEnds,
      this.version,
      this.hash,
      this.flags,
      this.sharedRef,
      this.memberEnds,
      this.idBytes,
      this.memberKind,
      this.memberKey,
      this.memberSide,
    ])
      bytes += array.byteLength;
    return bytes;
  }
}
