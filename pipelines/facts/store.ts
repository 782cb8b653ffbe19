/**
 * The rows that are in memory, as facts. A row is a number for life: `row >>> 16` is its segment, `row & 65535` its place
 * there; a leg is 2 × row + side. Rows are only ever added; which of them count is not known here.
 */
import type { FactBatch, FactColumns } from '../../schemas/facts.ts';
import { HASH_WORDS } from './batch.ts';
import type { FactDictionary } from './dictionary.ts';
import { FIRST_ROWS, SEGMENT_ROWS, SEGMENT_SHIFT, Segment } from './segment.ts';

const PLACE = SEGMENT_ROWS - 1;

export class FactStore {
  readonly dictionary: FactDictionary;
  readonly #segments: Segment[] = [];
  readonly #wide = new Map<number, bigint>();
  #rows = 0;

  constructor(dictionary: FactDictionary) {
    this.dictionary = dictionary;
  }

  /** The number that the next row will have. */
  get rows(): number {
    return this.#rows;
  }

  /** Copies the rows of a batch, whose ids must be of this store's dictionary. Returns the first one's number. */
  append(batch: FactBatch): number {
    const first = this.#rows;
    let member = 0;
    for (let from = 0; from < batch.rows; ) {
      const place = this.#rows & PLACE;
      if (place === 0) this.#segments.push(new Segment(this.#rows === 0 ? FIRST_ROWS : SEGMENT_ROWS));
      const count = Math.min(batch.rows - from, SEGMENT_ROWS - place);
      member = this.#segmentOf(this.#rows).append(batch, from, count, member);
      this.#rows += count;
      from += count;
    }
    for (const [row, amount] of batch.wide) this.#wide.set(first + row, amount);
    return first;
  }

  /** Columns of the segment of a row: index row columns with `row & 65535`, leg columns with `leg & 131071`. */
  columns(row: number): FactColumns {
    return this.#segmentOf(row).columns;
  }

  /** The same arrays as a list, in the order of `FACT_COLUMNS`. */
  columnList(row: number): Segment['list'] {
    return this.#segmentOf(row).list;
  }

  rowId(row: number): string {
    const segment = this.#segmentOf(row);
    const place = row & PLACE;
    const { buffer, byteOffset } = segment.idBytes;
    const start = segment.idStart(place);
    return Buffer.from(buffer, byteOffset + start, segment.idEnds[place]! - start).toString('utf8');
  }

  versionOf(row: number): number {
    return this.#segmentOf(row).version[row & PLACE]!;
  }

  /** Whether the row's content hash begins with the four words at `at`. */
  hashEquals(row: number, words: Uint32Array, at: number): boolean {
    const { hash } = this.#segmentOf(row);
    const own = HASH_WORDS * (row & PLACE);
    for (let i = 0; i < HASH_WORDS; i++) if (hash[own + i] !== words[at + i]) return false;
    return true;
  }

  /** Bits of `FACT_FLAGS`. */
  flagsOf(row: number): number {
    return this.#segmentOf(row).flags[row & PLACE]!;
  }

  /** Id of the reference that two reports of one transfer share, or `TEXT_NULL`. */
  sharedRefOf(row: number): number {
    return this.#segmentOf(row).sharedRef[row & PLACE]!;
  }

  /** The amount of a row whose column says NaN because it is beyond 2^53. */
  wideAmount(row: number): bigint | undefined {
    return this.#wide.get(row);
  }

  /** Subjects of the row beside accounts and holders, in the order of `membershipsOf`; kind is an index of `SUBJECT_KINDS`. */
  eachMember(row: number, visit: (kind: number, key: number, side: number) => void): void {
    const segment = this.#segmentOf(row);
    const place = row & PLACE;
    for (let i = segment.memberStart(place); i < segment.memberEnds[place]!; i++)
      visit(segment.memberKind[i]!, segment.memberKey[i]!, segment.memberSide[i]!);
  }

  /** Whether the row's id is these bytes: `bytes[start .. end)`. */
  idEquals(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const segment = this.#segmentOf(row);
    const place = row & PLACE;
    const from = segment.idStart(place);
    if (segment.idEnds[place]! - from !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (segment.idBytes[from + i] !== bytes[start + i]) return false;
    return true;
  }

  /** The total order of events: (time, institution, id, version), texts by their unsigned bytes (SEMANTICS §2). */
  compareRows(a: number, b: number): number {
    const one = this.#segmentOf(a);
    const two = this.#segmentOf(b);
    const i = a & PLACE;
    const j = b & PLACE;
    const byTime = one.columns.time[i]! - two.columns.time[j]!;
    if (byTime !== 0) return byTime;
    const institution = one.columns.institution[i]!;
    const other = two.columns.institution[j]!;
    if (institution !== other) return this.dictionary.interner.compare(institution, other);
    return compareIds(one, i, two, j) || one.version[i]! - two.version[j]!;
  }

  get bytes(): number {
    return this.#segments.reduce((bytes, segment) => bytes + segment.bytes, 0);
  }

  #segmentOf(row: number): Segment {
    return this.#segments[row >>> SEGMENT_SHIFT]!;
  }
}

function compareIds(one: Segment, i: number, two: Segment, j: number): number {
  let a = one.idStart(i);
  let b = two.idStart(j);
  const endA = one.idEnds[i]!;
  const endB = two.idEnds[j]!;
  for (; a < endA && b < endB; a++, b++) {
    const difference = one.idBytes[a]! - two.idBytes[b]!;
    if (difference !== 0) return difference;
  }
  return endA - a - (endB - b);
}
