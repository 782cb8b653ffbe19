/**
 * Takes subjects out of memory that had no event for long, and brings them back as they were: record, hidden legs. Their
 * history is read where it lies from then on (`event-chunks.ts`): who comes back once a quarter does not bring a year along.
 */
import type { RecordLayout } from '../../../rules/compiler/index.ts';
import type { ColdFile } from '../../state/cold-file.ts';
import type { EventChunks, HistoryArchive } from './event-chunks.ts';
import { IDLE_WORDS_MAX, IdleSubjects } from './idle-subjects.ts';
import { FLAG_STALE, HEADER, type RecordSlab } from './record-slab.ts';

/** The records are gone through this often in the time after which a subject is idle. */
const SWEEPS = 16;
const SWEPT_MIN = 64;
const IDLE_MS = 90 * 86_400_000;

/** When the state of a subject leaves memory, and where it goes. */
export interface IdleOptions {
  readonly file: ColdFile;
  /** Event time without an event of the subject; default 90 d. */
  readonly idleMs?: number;
}

export class IdleSweep implements HistoryArchive {
  readonly #layout: RecordLayout;
  readonly #slab: RecordSlab;
  readonly #chunks: EventChunks;
  /** Legs that other reports of their transfer hide, by line: the tier's. */
  readonly #hidden: Map<number, number[]>;
  readonly #subjects: IdleSubjects;
  readonly #idleMs: number;
  /** Line at which the sweep goes on; 0 when it is at rest until `#sweepAtMs`. */
  #hand = 0;
  #sweepAtMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(
    layout: RecordLayout,
    slab: RecordSlab,
    chunks: EventChunks,
    hidden: Map<number, number[]>,
    { file, idleMs = IDLE_MS }: IdleOptions,
  ) {
    this.#layout = layout;
    this.#slab = slab;
    this.#chunks = chunks;
    this.#hidden = hidden;
    this.#subjects = new IdleSubjects(file);
    chunks.useArchive(this);
    this.#idleMs = idleMs;
  }

  /** Subjects that are not in memory. */
  get count(): number {
    return this.#count;
  }

  /** Memory of what names them. */
  get bytes(): number {
    return this.#subjects.bytes;
  }

  /** Forgets them. */
  clear(): void {
    this.#subjects.clear();
    this.#count = 0;
  }

  /**
   * Moves subjects out of memory that had no event for so long, a bounded number at a time: at most `budget` records are
   * looked at, and all of them a few times in `idleMs`. `isKept`: tier 2 holds something of it.
   * Tells the key of each that left, and the reference for `bringBack`.
   */
  sweep(
    newestMs: number,
    budget: number,
    isKept: (line: number) => boolean,
    moved: (key: number, reference: number) => void,
  ): void {
    if (this.#hand === 0) {
      if (newestMs < this.#sweepAtMs) return;
      this.#sweepAtMs = newestMs + this.#idleMs / SWEEPS;
      this.#hand = 1;
    }
    const { linesPerRecord, endLine } = this.#slab;
    const end = Math.min(endLine, this.#hand + linesPerRecord * Math.max(SWEPT_MIN, budget));
    const { f64 } = this.#slab.views;
    for (let line = this.#hand; line < end; line += linesPerRecord) {
      if ((f64[line << 3] as number) > newestMs - this.#idleMs) continue;
      if (!this.#slab.isLive(line) || isKept(line)) continue;
      const key = this.#slab.views.i32[(line << 4) + HEADER.key] as number;
      const reference = this.#moveOut(line);
      if (reference !== 0) moved(key, reference);
    }
    this.#hand = end < endLine ? end : 0;
  }

  /** Reference of the subject, or 0 if it stays. The image: how many legs are hidden, the record, those legs, the history. */
  #moveOut(line: number): number {
    const views = this.#slab.views;
    const base = line << 4;
    const { i32 } = views;
    if (((i32[base + HEADER.flags] as number) & FLAG_STALE) !== 0) return 0;
    if (this.#layout.openWords.some((offset) => i32[base + (offset >> 2)] !== 0)) return 0;
    const hidden = this.#hidden.get(line) ?? [];
    const length = i32[base + HEADER.length] as number;
    const recordWords = this.#layout.bytes >> 2;
    const before = 1 + recordWords + hidden.length;
    const words = before + this.#chunks.wordsOf(length);
    if (words > IDLE_WORDS_MAX) return 0;
    const image = this.#subjects.room(words);
    image[0] = hidden.length;
    image.set(i32.subarray(base, base + recordWords), 1);
    for (const field of [HEADER.tail, HEADER.slot]) image[1 + field] = 0;
    image.set(hidden, 1 + recordWords);
    this.#chunks.copy(views, base, image, before);
    const reference = this.#subjects.put(words);
    this.#count++;
    this.#hidden.delete(line);
    this.#chunks.release(views, base);
    this.#slab.release(line);
    return reference;
  }

  /** Puts the state of a subject back as it was; its history stays where it is. */
  bringBack(key: number, reference: number): number {
    const line = this.#slab.allocate(key);
    const image = this.#subjects.read(reference);
    const { i32 } = this.#slab.views;
    const base = line << 4;
    const recordWords = this.#layout.bytes >> 2;
    i32.set(image.subarray(1, 1 + recordWords), base);
    const hidden = image[0] as number;
    if (hidden > 0) this.#hidden.set(line, [...image.subarray(1 + recordWords, 1 + recordWords + hidden)]);
    const hasHistory = (i32[base + HEADER.length] as number) > 0;
    i32[base + HEADER.tail] = hasHistory ? -reference : 0;
    i32[base + HEADER.slot] = 0;
    if (!hasHistory) this.#subjects.forget(reference);
    this.#count--;
    return line;
  }

  history(reference: number): { readonly words: Int32Array; readonly at: number; readonly events: number } {
    const words = this.#subjects.read(reference);
    const at = 1 + (this.#layout.bytes >> 2) + (words[0] as number);
    return { words, at, events: words[1 + HEADER.length] as number };
  }

  forget(reference: number): void {
    this.#subjects.forget(reference);
  }
}
