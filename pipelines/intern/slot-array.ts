/**
 * The slots of a fingerprint table, in chunks that come when something is put into them and can go one by one: a table of any
 * size is never allocated, zeroed or freed at once.
 *
 * A slot has three words: both lanes of the fingerprint, and value + 1 (0: empty).
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';

const SLOT_WORDS = 3;
/** 768 KiB a chunk, as of `key-rows.ts`: of one that was used before the allocator zeroes all at once. */
const CHUNK_BITS = 16;
/** In the place of every chunk that nothing was put into. Never written to. */
const VOID = new Int32Array(SLOT_WORDS << CHUNK_BITS);

export class SlotArray {
  readonly bits: number;
  readonly mask: number;
  readonly #homeShift: number;
  readonly #chunkShift: number;
  readonly #chunkMask: number;
  readonly #chunks: Int32Array[];
  #chunkCount = 0;

  /** 2^bits slots. */
  constructor(bits: number) {
    this.bits = bits;
    this.mask = (1 << bits) - 1;
    this.#homeShift = 32 - bits;
    this.#chunkShift = Math.min(bits, CHUNK_BITS);
    this.#chunkMask = (1 << this.#chunkShift) - 1;
    // Of less than a chunk there is one, smaller, from the start.
    this.#chunks =
      bits < CHUNK_BITS
        ? [new Int32Array(SLOT_WORDS << bits)]
        : new Array<Int32Array>(1 << (bits - CHUNK_BITS)).fill(VOID);
    if (bits < CHUNK_BITS) this.#chunkCount = 1;
  }

  get bytes(): number {
    return this.#chunkCount * (4 * SLOT_WORDS) * (this.#chunkMask + 1);
  }

  /** Where the search for a fingerprint begins: the high bits of its first lane. */
  homeOf(a: number): number {
    return a >>> this.#homeShift;
  }

  /** The first slot from `from` on that holds this fingerprint, or -1. */
  probe(from: number, a: number, b: number): number {
    for (let slot = from; ; slot &= this.mask) {
      const chunk = this.#chunks[slot >>> this.#chunkShift]!;
      for (let at = (slot & this.#chunkMask) * SLOT_WORDS; at < chunk.length; at += SLOT_WORDS, slot++) {
        if (chunk[at + 2] === 0) return -1;
        if (chunk[at] === a && chunk[at + 1] === b) return slot;
      }
    }
  }

  /** The first empty slot from `from` on. */
  emptyFrom(from: number): number {
    for (let slot = from; ; slot &= this.mask) {
      const chunk = this.#chunks[slot >>> this.#chunkShift]!;
      for (let at = (slot & this.#chunkMask) * SLOT_WORDS; at < chunk.length; at += SLOT_WORDS, slot++) {
        if (chunk[at + 2] === 0) return slot;
      }
    }
  }

  /** Fills a slot; `word`: value + 1. */
  set(slot: number, a: number, b: number, word: number): void {
    const number = slot >>> this.#chunkShift;
    let chunk = this.#chunks[number]!;
    if (chunk === VOID) {
      chunk = new Int32Array(SLOT_WORDS << this.#chunkShift);
      this.#chunks[number] = chunk;
      this.#chunkCount++;
    }
    const at = (slot & this.#chunkMask) * SLOT_WORDS;
    chunk[at] = a;
    chunk[at + 1] = b;
    chunk[at + 2] = word;
  }

  first(slot: number): number {
    return this.#chunks[slot >>> this.#chunkShift]![(slot & this.#chunkMask) * SLOT_WORDS]!;
  }

  second(slot: number): number {
    return this.#chunks[slot >>> this.#chunkShift]![(slot & this.#chunkMask) * SLOT_WORDS + 1]!;
  }

  /** Value + 1, or 0. */
  word(slot: number): number {
    return this.#chunks[slot >>> this.#chunkShift]![(slot & this.#chunkMask) * SLOT_WORDS + 2]!;
  }

  setWord(slot: number, word: number): void {
    this.#chunks[slot >>> this.#chunkShift]![(slot & this.#chunkMask) * SLOT_WORDS + 2] = word;
  }

  /** Empties a slot. The keys behind it close the gap, so that no marker of deleted slots is needed. */
  remove(place: number): void {
    let gap = place;
    for (let slot = (gap + 1) & this.mask; this.word(slot) !== 0; slot = (slot + 1) & this.mask) {
      const a = this.first(slot);
      // A key may move back to the gap unless its home lies behind it.
      if (((slot - this.homeOf(a)) & this.mask) < ((slot - gap) & this.mask)) continue;
      this.set(gap, a, this.second(slot), this.word(slot));
      gap = slot;
    }
    this.setWord(gap, 0);
  }

  /** Whether a slot is the last one of its chunk. */
  endsChunk(slot: number): boolean {
    return (slot & this.#chunkMask) === this.#chunkMask;
  }

  isOneChunk(slot: number, other: number): boolean {
    return slot >>> this.#chunkShift === other >>> this.#chunkShift;
  }

  /** Nothing is asked of the slot's chunk any more, or put into it. */
  release(slot: number): void {
    if (this.#chunkShift < CHUNK_BITS) return;
    this.#chunks[slot >>> this.#chunkShift] = VOID;
    this.#chunkCount--;
  }

  *save(out: CheckpointOut): Steps<void> {
    const used = this.#chunks.flatMap((chunk, i) => (chunk === VOID ? [] : [i]));
    yield* out.array('slots.used', Int32Array.from(used));
    for (const i of used) yield* out.array('slots', this.#chunks[i]!);
  }

  /** Fills an array of as many slots, in which there is nothing yet. */
  load(image: CheckpointIn): void {
    for (const i of image.array('slots.used', Int32Array)) {
      if (this.#chunks[i] === VOID) {
        this.#chunks[i] = new Int32Array(SLOT_WORDS << this.#chunkShift);
        this.#chunkCount++;
      }
      image.into('slots', this.#chunks[i]!);
    }
  }
}
