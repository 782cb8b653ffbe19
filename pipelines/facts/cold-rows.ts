/**
 * Rows in a cold file, a page of them at a time, and a bounded cache of the pages that were read last.
 *
 * Rows are written in the order of their numbers, so that "is it there?" is one comparison. Tier 2 reads single rows of few
 * subjects, scattered over time: a page is small, and the cache holds many.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import { FACT_COLUMNS, type FactColumnName } from '../../schemas/facts.ts';
import { filledColumn } from '../../schemas/null-columns.ts';
import { CheckpointDamage, type CheckpointIn, type CheckpointOut } from '../recovery/checkpoint-image.ts';
import type { ColdFile } from '../state/cold-file.ts';
import { closedColumn } from './copy-rows.ts';
import { Page, PageWriter } from './page.ts';
import { PageColumns, widthOf } from './page-columns.ts';
import { COLUMN_AT, type Segment } from './segment.ts';
import { SEGMENT_ROWS } from './segment-size.ts';
import type { ColumnArray } from './stored-column.ts';

/** Some 5 KiB a page: about what a disk reads at once, and cheap to check. */
const PAGE_ROWS = 16;
/** At most 20 MiB of pages: rows that are asked for again are those of a few busy subjects. */
const CACHE_PAGES = 4_096;
/** A page that is being compared with another stays while that one is read. */
const CACHE_PAGES_MIN = 2;
/** Pages that a page may be in the place of, at most: which ones its number says. */
const WAYS = 16;
const FIRST_PAGES = 1_024;

export interface ColdRowsOptions {
  readonly file: ColdFile;
  /** Rows of a page, a power of two; default 16. */
  readonly pageRows?: number;
  /** Pages held in memory, at least 2; default 4,096. */
  readonly cachePages?: number;
}

export class ColdRows {
  readonly pageRows: number;
  readonly #file: ColdFile;
  readonly #pageShift: number;
  readonly #ways: number;
  /** Pages of a way, a power of two. */
  readonly #wayPages: number;
  /** Position by page. */
  #positions = new Float64Array(FIRST_PAGES);
  /** 1 + the slot in the cache by page; 0 for a page that is not there. */
  #slotOf = new Int32Array(FIRST_PAGES);
  /** Rows come and go through this one. */
  readonly #scratch: PageColumns;
  readonly #writer: PageWriter;
  /** Ways one behind the other: page n is in one of the slots n mod `wayPages` of each. */
  readonly #slots: Page[] = [];
  readonly #pageOf: Int32Array;
  /** 1 for a slot that was read since the hand passed it. */
  readonly #used: Uint8Array;
  /** The way whose slot is looked at next, by place in a way. */
  readonly #hands: Uint8Array;
  #lastSlot = -1;
  #rows = 0;

  constructor({ file, pageRows = PAGE_ROWS, cachePages = CACHE_PAGES }: ColdRowsOptions) {
    this.#file = file;
    this.pageRows = pageRows;
    this.#scratch = new PageColumns(pageRows);
    this.#writer = new PageWriter(file, this.#scratch);
    this.#pageShift = Math.log2(pageRows);
    const pages = Math.max(CACHE_PAGES_MIN, cachePages);
    this.#ways = Math.min(WAYS, pages);
    this.#wayPages = 2 ** Math.floor(Math.log2(pages / this.#ways));
    this.#pageOf = new Int32Array(this.#ways * this.#wayPages).fill(-1);
    this.#used = new Uint8Array(this.#pageOf.length);
    this.#hands = new Uint8Array(this.#wayPages);
  }

  /** Rows below this number are here. */
  get rows(): number {
    return this.#rows;
  }

  /** Memory of the pages that were read last. */
  get cacheBytes(): number {
    const pageBytes = this.#scratch.bytes.length;
    return this.#slots.reduce((bytes, page) => bytes + pageBytes + page.bytes, 0);
  }

  /** Memory of where every page is. */
  get positionBytes(): number {
    return this.#positions.byteLength + this.#slotOf.byteLength;
  }

  /** Takes the next `pageRows` rows, which begin at `place` of the segment. */
  take(segment: Segment, place: number): void {
    const number = this.#rows >>> this.#pageShift;
    if (number === this.#positions.length) this.#grow();
    this.#positions[number] = this.#writer.store(segment, place);
    this.#rows += this.pageRows;
  }

  /** The page of a row below `rows`; good until the second page after it is asked for. */
  page(row: number): Page {
    const number = row >>> this.#pageShift;
    let slot = (this.#slotOf[number] as number) - 1;
    if (slot === -1) {
      slot = this.#freeSlot(number & (this.#wayPages - 1));
      (this.#slots[slot] as Page).load(this.#positions[number] as number, this.#scratch);
      this.#pageOf[slot] = number;
      this.#slotOf[number] = slot + 1;
    }
    this.#used[slot] = 1;
    this.#lastSlot = slot;
    return this.#slots[slot] as Page;
  }

  /** A column of all rows of the segment that begins at row `first`. */
  segmentColumn(first: number, name: FactColumnName): ColumnArray {
    const position = COLUMN_AT[name];
    const width = widthOf(name);
    const closed = closedColumn(position);
    let out: ColumnArray | undefined;
    for (let place = 0; place < SEGMENT_ROWS; place += this.pageRows) {
      const { list, rowMask } = this.page(first + place);
      const column = list[position] as ColumnArray;
      if (column === closed) continue;
      out ??= filledColumn(FACT_COLUMNS[name], width * SEGMENT_ROWS);
      const from = width * ((first + place) & rowMask);
      out.set(column.subarray(from, from + width * this.pageRows), width * place);
    }
    return out ?? closed;
  }

  /** Where the pages lie; they themselves are the cold file's. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('pages', this.#rows, this.pageRows);
    yield* out.array('pages.at', this.#positions, this.#rows >>> this.#pageShift);
  }

  load(image: CheckpointIn): void {
    const [rows = 0, pageRows] = image.numbers('pages');
    if (pageRows !== this.pageRows) throw new CheckpointDamage('pages of another size');
    while (this.#positions.length < rows >>> this.#pageShift) this.#grow();
    image.into('pages.at', this.#positions);
    this.#rows = rows;
  }

  /** A slot without a page, at a place in its way: a new one, or that of a page that was not read for a round of the hand. */
  #freeSlot(place: number): number {
    const slots = this.#slots.length;
    for (let slot = place; slot < slots; slot += this.#wayPages) if (this.#pageOf[slot] === -1) return slot;
    if (slots < this.#pageOf.length) {
      this.#addWay();
      return slots + place;
    }
    for (;;) {
      const way = this.#hands[place] as number;
      this.#hands[place] = (way + 1) % this.#ways;
      const slot = way * this.#wayPages + place;
      if (slot === this.#lastSlot) continue;
      if (this.#used[slot] === 1) {
        this.#used[slot] = 0;
        continue;
      }
      this.#slotOf[this.#pageOf[slot] as number] = 0;
      this.#pageOf[slot] = -1;
      return slot;
    }
  }

  #addWay(): void {
    const columns = new PageColumns(this.#wayPages * this.pageRows);
    for (let first = 0; first < columns.rows; first += this.pageRows)
      this.#slots.push(new Page(this.#file, columns, first, this.pageRows));
  }

  #grow(): void {
    const positions = new Float64Array(2 * this.#positions.length);
    positions.set(this.#positions);
    this.#positions = positions;
    const slots = new Int32Array(2 * this.#slotOf.length);
    slots.set(this.#slotOf);
    this.#slotOf = slots;
  }
}
