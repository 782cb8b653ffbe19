/**
 * Rows in a cold file, a page of them at a time, and a bounded cache of the pages that were read last.
 *
 * Rows are written in the order of their numbers, so that "is it there?" is one comparison. Tier 2 reads single rows of few
 * subjects, scattered over time: a page is small, and the cache holds many.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import { CheckpointDamage, type CheckpointIn, type CheckpointOut } from '../recovery/checkpoint-image.ts';
import type { ColdFile } from '../state/cold-file.ts';
import { Page } from './page.ts';
import type { Segment } from './segment.ts';

/** Some 5 KiB a page: about what a disk reads at once, and cheap to check. */
const PAGE_ROWS = 16;
/** At most 20 MiB of pages, and as much for their views: rows that are asked for again are those of a few busy subjects. */
const CACHE_PAGES = 4_096;
/** A page that is being compared with another stays while that one is read. */
const CACHE_PAGES_MIN = 2;
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
  readonly #cachePages: number;
  /** Position by page. */
  #positions = new Float64Array(FIRST_PAGES);
  /** 1 + the slot in the cache by page; 0 for a page that is not there. */
  #slotOf = new Int32Array(FIRST_PAGES);
  /** Rows leave through this one: a page that was just written is the last that anybody reads. */
  readonly #writer: Page;
  readonly #slots: Page[] = [];
  readonly #pageOf: number[] = [];
  /** 1 for a slot that was read since the hand passed it. */
  readonly #used: Uint8Array;
  #hand = 0;
  #lastSlot = -1;
  #rows = 0;

  constructor({ file, pageRows = PAGE_ROWS, cachePages = CACHE_PAGES }: ColdRowsOptions) {
    this.#file = file;
    this.pageRows = pageRows;
    this.#writer = new Page(file, pageRows);
    this.#pageShift = Math.log2(pageRows);
    this.#cachePages = Math.max(CACHE_PAGES_MIN, cachePages);
    this.#used = new Uint8Array(this.#cachePages);
  }

  /** Rows below this number are here. */
  get rows(): number {
    return this.#rows;
  }

  /** Memory of the pages that were read last. */
  get cacheBytes(): number {
    return this.#slots.reduce((bytes, page) => bytes + page.bytes, 0);
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
      slot = this.#freeSlot();
      (this.#slots[slot] as Page).load(this.#positions[number] as number);
      this.#pageOf[slot] = number;
      this.#slotOf[number] = slot + 1;
    }
    this.#used[slot] = 1;
    this.#lastSlot = slot;
    return this.#slots[slot] as Page;
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

  /** A slot without a page: a new one, or that of a page that was not read for a round of the hand. */
  #freeSlot(): number {
    if (this.#slots.length < this.#cachePages) {
      this.#pageOf.push(-1);
      return this.#slots.push(new Page(this.#file, this.pageRows)) - 1;
    }
    for (;;) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % this.#cachePages;
      if (slot === this.#lastSlot) continue;
      if (this.#used[slot] === 1) {
        this.#used[slot] = 0;
        continue;
      }
      const before = this.#pageOf[slot] as number;
      if (before !== -1) this.#slotOf[before] = 0;
      this.#pageOf[slot] = -1;
      return slot;
    }
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
