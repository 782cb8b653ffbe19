/**
 * Takes subjects out of memory that had no event for long, and brings them back as they were: record, hidden legs, the last
 * chunk of the history. The rest of that is read where it lies (`event-chunks.ts`): who comes back once a quarter does not
 * bring a year along.
 */
import type { RecordLayout, Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { ColdFile } from '../../state/cold-file.ts';
import { CHUNK_WORDS } from './cold-chunks.ts';
import type { EventChunks } from './event-chunks.ts';
import { IDLE_WORDS_MAX, IdleSubjects } from './idle-subjects.ts';
import { FLAG_STALE, HEADER, type RecordSlab } from './record-slab.ts';

/** The records are gone through this often in the time after which a subject is idle. */
const SWEEPS = 16;
const SWEPT_MIN = 64;
/** Of histories that are longer, chunks may be old though the last few are not: the sweep looks at all of them. */
const LONG_EVENTS = 64;
const IDLE_MS = 90 * 86_400_000;

/** When the state of a subject leaves memory, and where it goes. */
export interface IdleOptions {
  readonly file: ColdFile;
  /** Event time without an event of the subject; default 90 d. */
  readonly idleMs?: number;
}

export class IdleSweep {
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
      if (!this.#slab.isLive(line)) continue;
      if ((f64[line << 3] as number) > newestMs - this.#idleMs || isKept(line)) {
        if (this.#slab.lengthOf(line) > LONG_EVENTS) this.#chunks.leave(this.#slab.views, line << 4);
        continue;
      }
      const key = this.#slab.views.i32[(line << 4) + HEADER.key] as number;
      const reference = this.#moveOut(line);
      if (reference !== 0) moved(key, reference);
    }
    this.#hand = end < endLine ? end : 0;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('sweep', this.#hand, this.#sweepAtMs, this.#count);
    yield* this.#subjects.save(out);
  }

  load(image: CheckpointIn): void {
    [this.#hand = 0, this.#sweepAtMs = 0, this.#count = 0] = image.numbers('sweep');
    this.#subjects.load(image);
  }

  /** Reference of the subject, or 0 if it stays. The image: how many legs are hidden, the record, the last chunk, those legs. */
  #moveOut(line: number): number {
    const views = this.#slab.views;
    const base = line << 4;
    const { i32 } = views;
    if (((i32[base + HEADER.flags] as number) & FLAG_STALE) !== 0) return 0;
    if (this.#layout.openWords.some((offset) => i32[base + (offset >> 2)] !== 0)) return 0;
    const hidden = this.#hidden.get(line) ?? [];
    const chunkAt = 1 + (this.#layout.bytes >> 2);
    const words = chunkAt + CHUNK_WORDS + hidden.length;
    if (words > IDLE_WORDS_MAX) return 0;
    const image = this.#subjects.room(words);
    image[0] = hidden.length;
    image.set(i32.subarray(base, base + chunkAt - 1), 1);
    const hasHistory = i32[base + HEADER.tail] !== 0;
    image[1 + HEADER.tail] = hasHistory ? 1 : 0;
    if (hasHistory) this.#chunks.moveLast(views, base, image, chunkAt);
    else image.fill(0, chunkAt, chunkAt + CHUNK_WORDS);
    image.set(hidden, chunkAt + CHUNK_WORDS);
    const reference = this.#subjects.put(words);
    this.#count++;
    this.#hidden.delete(line);
    this.#slab.release(line);
    return reference;
  }

  /** Puts the state of a subject back as it was. */
  bringBack(key: number, reference: number): number {
    const line = this.#slab.allocate(key);
    const image = this.#subjects.read(reference);
    const { views } = this.#slab;
    const base = line << 4;
    const chunkAt = 1 + (this.#layout.bytes >> 2);
    views.i32.set(image.subarray(1, chunkAt), base);
    if (views.i32[base + HEADER.tail] !== 0) this.#chunks.putLast(views, base, image, chunkAt);
    const hidden = image[0] as number;
    const hiddenAt = chunkAt + CHUNK_WORDS;
    if (hidden > 0) this.#hidden.set(line, [...image.subarray(hiddenAt, hiddenAt + hidden)]);
    this.#subjects.forget(reference);
    this.#count--;
    return line;
  }
}
