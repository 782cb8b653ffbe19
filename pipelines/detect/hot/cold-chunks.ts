/**
 * Chunks of histories that have left memory: pages of them in a cold file, as they were, and the pages that were read last.
 * What reads a history goes from a chunk in memory to one here as from one to the next.
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { ColdFile } from '../../state/cold-file.ts';

/** Words of a chunk: one cache line. */
export const CHUNK_WORDS = 16;
/** Chunks of a page, 1 KiB: a reader wants one of them, and a disk is not asked for less. */
const PAGE_SHIFT = 4;
const PAGE_CHUNKS = 1 << PAGE_SHIFT;
const PAGE_WORDS = PAGE_CHUNKS * CHUNK_WORDS;
const PAGE_BYTES = 4 * PAGE_WORDS;
/** Pages held in memory, a power of two: each has one place there. */
const CACHE_PAGES = 1_024;
const FIRST_PAGES = 64;
const NO_PAGE = -1;

export class ColdChunks {
  readonly #file: ColdFile;
  /** By page: where it lies, and how many of its chunks are still asked for. */
  #positions = new Float64Array(FIRST_PAGES);
  #live = new Uint8Array(FIRST_PAGES);
  /** The page that is being filled, its number, and how many chunks it has. */
  readonly #filling = new Int32Array(PAGE_WORDS);
  #page = 0;
  #filled = 0;
  readonly #cache: (Int32Array | undefined)[] = new Array<Int32Array | undefined>(CACHE_PAGES).fill(
    undefined,
  );
  readonly #cached = new Int32Array(CACHE_PAGES).fill(NO_PAGE);
  #cacheBytes = 0;

  constructor(file: ColdFile) {
    this.#file = file;
  }

  /** Memory of what names the chunks, and of the pages that were read last. */
  get bytes(): number {
    return this.#positions.byteLength + this.#live.byteLength + PAGE_BYTES + this.#cacheBytes;
  }

  /** Takes over the chunk at word `at`; returns its reference, 1 or more. */
  put(words: Int32Array, at: number): number {
    const place = this.#filled++ * CHUNK_WORDS;
    for (let i = 0; i < CHUNK_WORDS; i++) this.#filling[place + i] = words[at + i] as number;
    const reference = 1 + (this.#page << PAGE_SHIFT) + this.#filled - 1;
    this.#live[this.#page]!++;
    if (this.#filled === PAGE_CHUNKS) this.#write();
    return reference;
  }

  /** The words among which the chunk lies, at `startOf`; good until the next `put`, and until many others were asked for. */
  wordsOf(reference: number): Int32Array {
    const page = (reference - 1) >>> PAGE_SHIFT;
    if (page === this.#page) return this.#filling;
    const place = page & (CACHE_PAGES - 1);
    let words = this.#cache[place];
    if (words !== undefined && this.#cached[place] === page) return words;
    if (words === undefined) {
      words = new Int32Array(PAGE_WORDS);
      this.#cache[place] = words;
      this.#cacheBytes += PAGE_BYTES;
    }
    this.#cached[place] = NO_PAGE;
    this.#file.read(this.#positions[page] as number, new Uint8Array(words.buffer));
    this.#cached[place] = page;
    return words;
  }

  startOf(reference: number): number {
    return ((reference - 1) & (PAGE_CHUNKS - 1)) * CHUNK_WORDS;
  }

  /** The chunk is not asked for again. */
  release(reference: number): void {
    const page = (reference - 1) >>> PAGE_SHIFT;
    this.#live[page]!--;
    if (page !== this.#page && this.#live[page] === 0) this.#forget(page);
  }

  /** Forgets all of them. */
  clear(): void {
    for (let page = 0; page < this.#page; page++) if (this.#live[page] !== 0) this.#forget(page);
    this.#live.fill(0);
    this.#page = 0;
    this.#filled = 0;
    this.#cached.fill(NO_PAGE);
  }

  /** Where the pages lie, and the one that is being filled. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('old', this.#page, this.#filled);
    yield* out.array('old.positions', this.#positions, this.#page);
    yield* out.array('old.live', this.#live, this.#page + 1);
    yield* out.array('old.filling', this.#filling, this.#filled * CHUNK_WORDS);
  }

  load(image: CheckpointIn): void {
    [this.#page = 0, this.#filled = 0] = image.numbers('old');
    while (this.#positions.length <= this.#page) this.#grow();
    image.into('old.positions', this.#positions);
    image.into('old.live', this.#live);
    image.into('old.filling', this.#filling);
  }

  #write(): void {
    const page = this.#page++;
    this.#filled = 0;
    if (this.#page === this.#positions.length) this.#grow();
    if (this.#live[page] === 0) return;
    this.#positions[page] = this.#file.append(new Uint8Array(this.#filling.buffer));
  }

  #forget(page: number): void {
    this.#file.release(this.#positions[page] as number, PAGE_BYTES);
  }

  #grow(): void {
    const positions = new Float64Array(2 * this.#positions.length);
    positions.set(this.#positions);
    this.#positions = positions;
    const live = new Uint8Array(2 * this.#live.length);
    live.set(this.#live);
    this.#live = live;
  }
}
