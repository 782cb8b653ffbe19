/**
 * The bytes of each id: one row of 48 bytes an id, in chunks that never move.
 *
 *   word 0        length of the key in bytes; of a retired id, -2 - (the next retired id, or -1)
 *   words 1 .. 11 the key, filled up with zeros, up to 44 bytes: every pseudonym, so one cache miss (sometimes two
 *                 adjacent lines) compares a key
 *   word 1        of a longer key, its address in the arena
 *
 * A row belongs to its id for ever; a retired one is taken by the next new key, under a higher generation.
 *
 * The lowest ids may be set aside for words, the texts of which there are few: a column of them then fits narrow numbers,
 * whatever else got an id before. Words beyond get ids like any other key.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { KeyArena } from './key-arena.ts';
import { wordsOf } from './key-hash.ts';

const ROW_WORDS = 12;
export const INLINE_WORDS = ROW_WORDS - 1;
export const INLINE_BYTES = INLINE_WORDS * 4;
/** 768 KiB a chunk: the allocator may have to zero it at once, and 3 MiB were a pause of 2 to 4 ms on a busy machine. */
const CHUNK_BITS = 14;
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/** In the place of a chunk that nothing was stored in. */
const NOTHING = new Int32Array(0);

export class KeyRows {
  readonly #chunks: Int32Array[] = [];
  #chunkCount = 0;
  /** Ids below this one are words'. */
  readonly #wordIds: number;
  readonly #arena = new KeyArena();
  /** Generations by chunk; a chunk without one has never seen an id again. */
  readonly #generations: (Int32Array | undefined)[] = [];
  #generationBytes = 0;
  /** The next id of a key, and of a word, that was never given. */
  #end: number;
  #wordEnd = 0;
  #live = 0;
  #lastRetired = -1;

  /** `wordIds`: how many of the lowest ids are words'. */
  constructor(wordIds = 0) {
    this.#wordIds = wordIds;
    this.#end = wordIds;
  }

  /** Ids in use. */
  get live(): number {
    return this.#live;
  }

  get bytes(): number {
    return this.#chunkCount * (ROW_WORDS << CHUNK_BITS) * 4 + this.#arena.bytes + this.#generationBytes;
  }

  has(id: number): boolean {
    const end = id < this.#wordIds ? this.#wordEnd : this.#end;
    return id >= 0 && id < end && this.#chunk(id)[rowAt(id)]! >= 0;
  }

  /**
   * Stores a key of `bytes` bytes, given as words of 32 bits, and returns its id: the next one set aside if it `isWord` and
   * there is one, else the one retired last, else a new one.
   */
  add(words: Int32Array, at: number, bytes: number, isWord: boolean): number {
    const id = isWord && this.#wordEnd < this.#wordIds ? this.#fresh(this.#wordEnd++) : this.#take();
    const count = wordsOf(bytes);
    let to = this.#chunk(id);
    let first = rowAt(id);
    to[first++] = bytes;
    if (bytes > INLINE_BYTES) {
      const address = this.#arena.allocate(count);
      to[first] = address;
      to = this.#arena.slab(address);
      first = this.#arena.offset(address);
    }
    for (let i = 0; i < count; i++) to[first + i] = words[at + i]!;
    this.#live++;
    return id;
  }

  /** Whether the key of an id in use is this one. */
  equals(id: number, words: Int32Array, at: number, bytes: number): boolean {
    let from = this.#chunk(id);
    let first = rowAt(id);
    if (from[first++] !== bytes) return false;
    if (bytes > INLINE_BYTES) {
      const address = from[first]!;
      from = this.#arena.slab(address);
      first = this.#arena.offset(address);
    }
    for (let i = wordsOf(bytes) - 1; i >= 0; i--) if (from[first + i] !== words[at + i]) return false;
    return true;
  }

  /** Reads the rows of `count` ids (those below 0 are none), for the reason of `FingerprintTable.touch`. */
  touch(ids: Int32Array, count: number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const id = ids[i]!;
      if (id >= 0) sum ^= this.#chunk(id)[rowAt(id)]!;
    }
    return sum;
  }

  /** Length of the key of an id in use, in bytes. */
  lengthOf(id: number): number {
    return this.#chunk(id)[rowAt(id)]!;
  }

  /** The words that hold the key of an id in use; they start at `firstOf(id)`. */
  wordsOf(id: number): Int32Array {
    const chunk = this.#chunk(id);
    const row = rowAt(id);
    return chunk[row]! > INLINE_BYTES ? this.#arena.slab(chunk[row + 1]!) : chunk;
  }

  firstOf(id: number): number {
    const chunk = this.#chunk(id);
    const row = rowAt(id);
    return chunk[row]! > INLINE_BYTES ? this.#arena.offset(chunk[row + 1]!) : row + 1;
  }

  /** Gives back an id in use. */
  release(id: number): void {
    const chunk = this.#chunk(id);
    const row = rowAt(id);
    const bytes = chunk[row]!;
    if (bytes > INLINE_BYTES) this.#arena.release(chunk[row + 1]!, wordsOf(bytes));
    chunk[row] = -2 - this.#lastRetired;
    this.#lastRetired = id;
    this.#live--;
  }

  /** How often the id was given again; 0 for its first key. */
  generation(id: number): number {
    return this.#generations[id >>> CHUNK_BITS]?.[id & CHUNK_MASK] ?? 0;
  }

  *save(out: CheckpointOut): Steps<void> {
    const used = this.#chunks.flatMap((chunk, i) => (chunk === NOTHING ? [] : [i]));
    const counted = [...this.#generations.keys()].filter((i) => this.#generations[i] !== undefined);
    yield* out.numbers('keys', this.#end, this.#wordEnd, this.#live, this.#lastRetired);
    yield* out.array('keys.used', Int32Array.from(used));
    for (const i of used) yield* out.array('keys.rows', this.#chunks[i]!, ROW_WORDS * this.#usedOf(i));
    yield* out.array('keys.counted', Int32Array.from(counted));
    for (const i of counted) yield* out.array('keys.generations', this.#generations[i]!);
    yield* this.#arena.save(out);
  }

  /** Fills rows that hold nothing yet. */
  load(image: CheckpointIn): void {
    const [end = 0, wordEnd = 0, live = 0, lastRetired = -1] = image.numbers('keys');
    for (const i of image.array('keys.used', Int32Array)) {
      this.#fresh(i << CHUNK_BITS);
      image.into('keys.rows', this.#chunks[i]!);
    }
    for (const i of image.array('keys.counted', Int32Array)) {
      const generations = image.array('keys.generations', Int32Array);
      this.#generations[i] = generations;
      this.#generationBytes += generations.byteLength;
    }
    this.#arena.load(image);
    this.#end = end;
    this.#wordEnd = wordEnd;
    this.#live = live;
    this.#lastRetired = lastRetired;
  }

  /** Rows of a chunk up to the last one that was ever given. */
  #usedOf(chunk: number): number {
    const first = chunk << CHUNK_BITS;
    const end = this.#end > Math.max(first, this.#wordIds) ? this.#end : this.#wordEnd;
    return Math.min(1 << CHUNK_BITS, end - first);
  }

  #take(): number {
    const retired = this.#lastRetired;
    if (retired === -1) return this.#fresh(this.#end++);
    this.#lastRetired = -2 - this.#chunk(retired)[rowAt(retired)]!;
    let generations = this.#generations[retired >>> CHUNK_BITS];
    if (generations === undefined) {
      generations = new Int32Array(1 << CHUNK_BITS);
      this.#generations[retired >>> CHUNK_BITS] = generations;
      this.#generationBytes += generations.byteLength;
    }
    generations[retired & CHUNK_MASK]!++;
    return retired;
  }

  /** Sees to a row for an id that was never given. */
  #fresh(id: number): number {
    const chunk = id >>> CHUNK_BITS;
    while (this.#chunks.length <= chunk) {
      this.#chunks.push(NOTHING);
      this.#generations.push(undefined);
    }
    if (this.#chunks[chunk] === NOTHING) {
      this.#chunks[chunk] = new Int32Array(ROW_WORDS << CHUNK_BITS);
      this.#chunkCount++;
    }
    return id;
  }

  #chunk(id: number): Int32Array {
    return this.#chunks[id >>> CHUNK_BITS]!;
  }
}

function rowAt(id: number): number {
  return (id & CHUNK_MASK) * ROW_WORDS;
}
