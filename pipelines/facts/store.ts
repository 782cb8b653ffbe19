/**
 * The rows as facts. A row is a number for life: `row >>> 16` is its segment, `row & 65535` its place there; a leg is
 * 2 × row + side. Rows are only ever added; which of them count is not known here.
 *
 * With a cold file, rows are written to it in the order of their numbers, a page at a time. A segment that lies there as a
 * whole keeps in memory what the rules read (`keep`); once its rows are older than `hotWindowMs` of event time, their times
 * alone. Nothing else changes for whoever asks: a page is read back. Only `columns`, which promises a segment, is dear for
 * rows that have left.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { FactBatch, FactColumnName, FactColumns } from '../../schemas/facts.ts';
import { CheckpointDamage, type CheckpointIn, type CheckpointOut } from '../recovery/checkpoint-image.ts';
import type { ColdFile } from '../state/cold-file.ts';
import { HASH_WORDS } from './batch.ts';
import { ColdRows } from './cold-rows.ts';
import { copyRows, copySparse } from './copy-rows.ts';
import type { FactDictionary } from './dictionary.ts';
import { OldTimes } from './old-times.ts';
import type { IdentityHome, MemberVisit, RowIdentities } from './row-identities.ts';
import { COLUMN_AT, COLUMN_NAMES, FIRST_ROWS, type RowHome, Segment } from './segment.ts';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from './segment-size.ts';
import type { ColumnArray } from './stored-column.ts';
import { ThawedSegments } from './thawed-segments.ts';

const PLACE = SEGMENT_ROWS - 1;
const DAY_MS = 86_400_000;
/** Rows stay in memory for 30 days of event time. */
const HOT_WINDOW_MS = 30 * DAY_MS;
/** Their times stay for as long as the longest window of a rule, which is as old as a row may be that counts. */
const TIMES_MS = 400 * DAY_MS;
/** The latest rows stay as they came: among them are those that are compared with what comes. */
const WHOLE_ROWS = SEGMENT_ROWS;
/** Rows that are written, and that leave memory, at most for each that comes: nobody waits long for the disk. */
const LEAVING_PER_ROW = 4;
const LEAVING_MIN = 256;

export interface FactStoreOptions {
  /** Where rows go that are older than `hotWindowMs`; without it all stay in memory. */
  readonly cold?: ColdFile;
  /** Event time behind the highest one for which rows stay in memory; default 30 d. */
  readonly hotWindowMs?: number;
  /** Rows of a page, a power of two up to 65,536. */
  readonly pageRows?: number;
  /** Pages held in memory. */
  readonly cachePages?: number;
}

export interface FactMemory {
  readonly recentRows: number;
  readonly recent: number;
  readonly forever: number;
  readonly cache: number;
}

export class FactStore {
  readonly dictionary: FactDictionary;
  /** Undefined for a segment that has left memory. */
  readonly #segments: (Segment | undefined)[] = [];
  /** Times of each segment's rows; undefined for one that has left memory. */
  readonly #times: (Float64Array | undefined)[] = [];
  readonly #oldTimes = new OldTimes();
  readonly #wide = new Map<number, bigint>();
  readonly #cold: ColdRows | undefined;
  readonly #hotWindowMs: number;
  #rows = 0;
  /** Rows below this number have left memory. */
  #coldRows = 0;
  /** Rows below this number, a multiple of a segment's, have left memory but for the columns that are kept. */
  #strippedRows = 0;
  #kept: ReadonlySet<FactColumnName> = new Set(COLUMN_NAMES);
  /** Arrays of a segment that was stripped, for the next one. */
  #spare: RowIdentities | null = null;
  #newestMs = Number.NEGATIVE_INFINITY;
  readonly #thawed = new ThawedSegments((row, into, place) => this.copyRow(row, into, place, SEGMENT_ROWS));

  constructor(dictionary: FactDictionary, options: FactStoreOptions = {}) {
    const { cold, hotWindowMs = HOT_WINDOW_MS, pageRows, cachePages } = options;
    this.dictionary = dictionary;
    this.#hotWindowMs = hotWindowMs;
    if (cold !== undefined) {
      this.#cold = new ColdRows({
        file: cold,
        ...(pageRows === undefined ? {} : { pageRows }),
        ...(cachePages === undefined ? {} : { cachePages }),
      });
    }
  }

  /** The number that the next row will have. */
  get rows(): number {
    return this.#rows;
  }

  /** Rows that have left memory: those below this number. */
  get coldRows(): number {
    return this.#coldRows;
  }

  /** The highest event time of all rows. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /**
   * Copies the rows of a batch, whose ids must be of this store's dictionary. Returns the first one's number. Rows that were
   * there before may leave memory; those of the batch do not until the next one comes.
   */
  append(batch: FactBatch): number {
    if (this.#cold !== undefined) this.#retire(this.#cold, batch.rows);
    const first = this.#rows;
    let member = 0;
    for (let from = 0; from < batch.rows; ) {
      const place = this.#rows & PLACE;
      if (place === 0) this.#segments.push(this.#nextSegment());
      const count = Math.min(batch.rows - from, SEGMENT_ROWS - place);
      const at = this.#rows >>> SEGMENT_SHIFT;
      const segment = this.#segments[at]!;
      member = segment.append(batch, from, count, member);
      this.#rows += count;
      if ((this.#rows & PLACE) === 0) segment.settle();
      this.#times[at] = segment.columns.time;
      from += count;
    }
    for (const [row, amount] of batch.wide) this.#wide.set(first + row, amount);
    const { time } = batch.columns;
    for (let row = 0; row < batch.rows; row++) {
      if (time[row]! > this.#newestMs) this.#newestMs = time[row]!;
    }
    return first;
  }

  /**
   * Columns of the segment of a row: index row columns with `row & 65535`, leg columns with `leg & 131071`. For rows of a
   * segment that has left memory they are read back as a whole.
   */
  columns(row: number): FactColumns {
    return this.#segments[row >>> SEGMENT_SHIFT]?.columns ?? this.#thawed.columns(row >>> SEGMENT_SHIFT);
  }

  /**
   * Reads back some rows of the segment of a row, where that has left memory: false when all are there, and `columns` costs
   * nothing. Who goes through all rows and must not keep others waiting calls this first.
   */
  thaw(row: number, rows: number): boolean {
    const segment = row >>> SEGMENT_SHIFT;
    return this.#segments[segment] === undefined && this.#thawed.advance(segment, rows);
  }

  /**
   * Where a row is read: `columns` and the like at `row & rowMask`, or 2 × that + side. Good until the home of a second other
   * row is asked for.
   */
  home(row: number): RowHome {
    return row < this.#coldRows ? this.#cold!.page(row) : this.#segments[row >>> SEGMENT_SHIFT]!;
  }

  isCold(row: number): boolean {
    return row < this.#coldRows;
  }

  /** Copies a row to place `place` of columns of `room` rows; the room is for sparse ones that are closed until now. */
  copyRow(row: number, into: ColumnArray[], place: number, room = 0): void {
    const { list, rowMask } = row < this.#strippedRows ? this.#cold!.page(row) : this.home(row);
    copyRows(list, row & rowMask, into, place, 1);
    copySparse(list, row & rowMask, into, place, 1, room);
  }

  /** Event time of a row; read from disk where the row is older than any window. */
  timeOf(row: number): number {
    const times = this.#times[row >>> SEGMENT_SHIFT];
    return times === undefined ? this.#oldTimeOf(row) : times[row & PLACE]!;
  }

  /** Id of who sent the row. */
  institutionOf(row: number): number {
    const { columns, rowMask } = this.home(row);
    return columns.institution[row & rowMask]!;
  }

  rowId(row: number): string {
    const home = this.#identityHome(row);
    const place = row & home.rowMask;
    const { buffer, byteOffset } = home.idBytes;
    const start = home.idStart(place);
    return Buffer.from(buffer, byteOffset + start, home.idEnds[place]! - start).toString('utf8');
  }

  versionOf(row: number): number {
    const { version, rowMask } = this.#identityHome(row);
    return version[row & rowMask]!;
  }

  /** Whether the row's content hash begins with the four words at `at`. */
  hashEquals(row: number, words: Uint32Array, at: number): boolean {
    const { hash, rowMask } = this.#identityHome(row);
    const own = HASH_WORDS * (row & rowMask);
    for (let i = 0; i < HASH_WORDS; i++) if (hash[own + i] !== words[at + i]) return false;
    return true;
  }

  /** Bits of `FACT_FLAGS`. */
  flagsOf(row: number): number {
    const { flags, rowMask } = this.#identityHome(row);
    return flags[row & rowMask]!;
  }

  /** Id of the reference that two reports of one transfer share, or `TEXT_NULL`. */
  sharedRefOf(row: number): number {
    const { sharedRef, rowMask } = this.home(row);
    return sharedRef[row & rowMask]!;
  }

  /** The amount of a row whose column says NaN because it is beyond 2^53. */
  wideAmount(row: number): bigint | undefined {
    return this.#wide.get(row);
  }

  /** Subjects of the row beside accounts and holders, in the order of `membershipsOf`; kind is an index of `SUBJECT_KINDS`. */
  eachMember(row: number, visit: MemberVisit): void {
    const home = this.#identityHome(row);
    home.eachMember(row & home.rowMask, visit);
  }

  /** Whether the row's id is these bytes: `bytes[start .. end)`. */
  idEquals(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const home = this.#identityHome(row);
    const place = row & home.rowMask;
    const from = home.idStart(place);
    if (home.idEnds[place]! - from !== end - start) return false;
    const { idBytes } = home;
    for (let i = 0; i < end - start; i++) if (idBytes[from + i] !== bytes[start + i]) return false;
    return true;
  }

  /** The total order of events: (time, institution, id, version), texts by their unsigned bytes (SEMANTICS §2). */
  compareRows(a: number, b: number): number {
    const byTime = this.timeOf(a) - this.timeOf(b);
    if (byTime !== 0) return byTime;
    const institution = this.institutionOf(a);
    const other = this.institutionOf(b);
    if (institution !== other) return this.dictionary.interner.compare(institution, other);
    const one = this.#identityHome(a);
    const two = this.#identityHome(b);
    const i = a & one.rowMask;
    const j = b & two.rowMask;
    return compareIds(one, i, two, j) || one.version[i]! - two.version[j]!;
  }

  /**
   * The columns that stay in memory while rows are younger than the window; those of them that have left come back. Any other
   * can be asked for as well, at the price of reading it back.
   */
  keep(columns: ReadonlySet<FactColumnName>): void {
    this.#kept = columns;
    for (let at = this.#coldRows >>> SEGMENT_SHIFT; at < this.#strippedRows >>> SEGMENT_SHIFT; at++) {
      for (const name of columns) this.#segments[at]!.columnAt(COLUMN_AT[name]);
    }
  }

  /** Memory of the rows. */
  get bytes(): number {
    const { recent, forever, cache } = this.memory;
    return recent + forever + cache;
  }

  /** Memory of the rows that have not left, how many these are, what stays of all rows, and the pages that were read back. */
  get memory(): FactMemory {
    let recent = 0;
    for (const segment of this.#segments) recent += segment?.bytes ?? 0;
    const forever = this.#oldTimes.bytes + (this.#cold?.positionBytes ?? 0);
    return { recentRows: this.#rows - this.#coldRows, recent, forever, cache: this.#cold?.cacheBytes ?? 0 };
  }

  /** The rows that are in memory, and where the others lie. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('rows', this.#rows, this.#coldRows, this.#strippedRows, this.#newestMs);
    yield* out.list(
      'rows.wide',
      Array.from(this.#wide, ([row, amount]) => [row, String(amount)]),
    );
    yield* this.#oldTimes.save(out);
    if (this.#cold !== undefined) yield* this.#cold.save(out);
    for (const segment of this.#segments) if (segment !== undefined) yield* segment.save(out);
  }

  /** Fills an empty store with the same options; the cold file is as it was then. */
  load(image: CheckpointIn): void {
    [this.#rows = 0, this.#coldRows = 0, this.#strippedRows = 0, this.#newestMs = 0] = image.numbers('rows');
    if (this.#cold === undefined && this.#coldRows > 0) throw new CheckpointDamage('rows in no file');
    for (const [row, amount] of image.list('rows.wide') as Iterable<[number, string]>)
      this.#wide.set(row, BigInt(amount));
    this.#oldTimes.load(image);
    this.#cold?.load(image);
    for (let at = 0; at << SEGMENT_SHIFT < this.#rows; at++) {
      const first = at << SEGMENT_SHIFT;
      const isHere = first + SEGMENT_ROWS > this.#coldRows;
      const segment = isHere
        ? Segment.load(image, (name) => (this.#cold as ColdRows).segmentColumn(first, name))
        : undefined;
      this.#segments.push(segment);
      this.#times.push(segment?.columns.time);
    }
  }

  #identityHome(row: number): IdentityHome {
    if (row < this.#strippedRows) return this.#cold!.page(row);
    return this.#segments[row >>> SEGMENT_SHIFT]!.identities as RowIdentities;
  }

  #nextSegment(): Segment {
    const before = this.#segments.at(-1);
    const spare = this.#spare ?? undefined;
    this.#spare = null;
    return new Segment(this.#rows === 0 ? FIRST_ROWS : SEGMENT_ROWS, before, spare);
  }

  /** Writes rows to the cold file, and lets go of what is there and not asked for. */
  #retire(cold: ColdRows, comingRows: number): void {
    const most = Math.max(LEAVING_MIN, LEAVING_PER_ROW * comingRows);
    const { pageRows } = cold;
    for (let left = most; left > 0 && this.#isWhole(cold.rows, pageRows); left -= pageRows) {
      const isOld = this.#isOld(cold.rows, pageRows);
      if (!isOld && cold.rows + pageRows > this.#rows - WHOLE_ROWS) break;
      cold.take(this.#segments[cold.rows >>> SEGMENT_SHIFT]!, cold.rows & PLACE);
    }
    while (this.#strippedRows + SEGMENT_ROWS <= cold.rows) this.#strip(this.#strippedRows >>> SEGMENT_SHIFT);
    for (let left = most; left > 0 && this.#coldRows + pageRows <= cold.rows; left -= pageRows) {
      if (!this.#isOld(this.#coldRows, pageRows)) break;
      this.#coldRows += pageRows;
      if ((this.#coldRows & PLACE) === 0) this.#leave((this.#coldRows >>> SEGMENT_SHIFT) - 1);
    }
    this.#oldTimes.release(this.#newestMs - TIMES_MS);
  }

  /** A segment leaves, but for its times. */
  #leave(at: number): void {
    this.#oldTimes.take(this.#times[at]!);
    this.#times[at] = undefined;
    this.#segments[at] = undefined;
  }

  #oldTimeOf(row: number): number {
    const time = this.#oldTimes.of(row);
    if (!Number.isNaN(time)) return time;
    const { columns, rowMask } = this.#cold!.page(row);
    return columns.time[row & rowMask]!;
  }

  #isWhole(first: number, rows: number): boolean {
    return first + rows <= this.#rows;
  }

  /** Whether the rows of a page are all older than the window. */
  #isOld(first: number, rows: number): boolean {
    const until = this.#newestMs - this.#hotWindowMs;
    const times = this.#times[first >>> SEGMENT_SHIFT]!;
    const place = first & PLACE;
    for (let i = place; i < place + rows; i++) if (times[i]! > until) return false;
    return true;
  }

  #strip(at: number): void {
    const first = at << SEGMENT_SHIFT;
    this.#strippedRows = first + SEGMENT_ROWS;
    const spare =
      this.#segments[at]?.strip(this.#kept, (name) => (this.#cold as ColdRows).segmentColumn(first, name)) ??
      null;
    spare?.clear();
    this.#spare = spare;
  }
}

function compareIds(one: IdentityHome, i: number, two: IdentityHome, j: number): number {
  let a = one.idStart(i);
  let b = two.idStart(j);
  const endA = one.idEnds[i]!;
  const endB = two.idEnds[j]!;
  const bytesA = one.idBytes;
  const bytesB = two.idBytes;
  for (; a < endA && b < endB; a++, b++) {
    const difference = bytesA[a]! - bytesB[b]!;
    if (difference !== 0) return difference;
  }
  return endA - a - (endB - b);
}
