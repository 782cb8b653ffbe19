/** 65,536 rows of the store: the columns, and what identifies and versions a row. */
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

const ID_BYTES_FIRST = 16 * SEGMENT_ROWS;
const MEMBERS_FIRST = SEGMENT_ROWS / 4;

type ColumnArray = Float64Array | Int32Array | Uint8Array;

const NAMES = Object.keys(FACT_COLUMNS) as FactColumnName[];
const WIDTHS = NAMES.map((name) => (FACT_COLUMNS[name].per === 'leg' ? 2 : 1));

/** Place of a column in `Segment.list`. */
export const COLUMN_AT = Object.fromEntries(NAMES.map((name, i) => [name, i])) as Readonly<
  Record<FactColumnName, number>
>;

function grown<T extends Uint8Array | Int32Array>(array: T, used: number, needed: number): T {
  if (needed <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(needed, 2 * array.length));
  larger.set(array.subarray(0, used) as never);
  return larger;
}

export class Segment {
  readonly columns: FactColumns = allocateFacts(SEGMENT_ROWS);
  /** The same arrays in the order of `FACT_COLUMNS`. */
  readonly list: readonly ColumnArray[] = NAMES.map((name) => this.columns[name]);
  readonly idEnds = new Int32Array(SEGMENT_ROWS);
  readonly version = new Uint32Array(SEGMENT_ROWS);
  readonly hash = new Uint32Array(HASH_WORDS * SEGMENT_ROWS);
  readonly flags = new Uint8Array(SEGMENT_ROWS);
  readonly sharedRef = new Int32Array(SEGMENT_ROWS);
  /** End of each row's members. */
  readonly memberEnds = new Int32Array(SEGMENT_ROWS);
  idBytes = new Uint8Array(ID_BYTES_FIRST);
  memberKind = new Uint8Array(MEMBERS_FIRST);
  memberKey = new Int32Array(MEMBERS_FIRST);
  memberSide = new Uint8Array(MEMBERS_FIRST);
  rows = 0;

  idStart(place: number): number {
    return place === 0 ? 0 : this.idEnds[place - 1]!;
  }

  memberStart(place: number): number {
    return place === 0 ? 0 : this.memberEnds[place - 1]!;
  }

  /** Copies `count` rows of the batch from row `from` on; they must fit. `member` is the batch's first member of them. */
  append(batch: FactBatch, from: number, count: number, member: number): number {
    const at = this.rows;
    const until = from + count;
    for (let i = 0; i < NAMES.length; i++) {
      const width = WIDTHS[i]!;
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
