/**
 * Texts as numbers: every different key gets a small integer, the same each time, and gives it back on request.
 *
 * A look-up is two reads of memory that are rarely cached: the slot of the key's fingerprint (`fingerprint-table.ts`) and
 * the row with the key itself (`key-rows.ts`). Every match is confirmed by the bytes: two accounts taken for one would be
 * a false accusation. `internAll` hashes many keys, then probes for all, then compares all, and before each of these reads
 * all the memory that it will need, so that the waits overlap.
 *
 * Ids depend on the order of the calls alone, never on the seed or on when a table grew.
 */

import type { Steps } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { CheckpointDamage, type CheckpointIn, type CheckpointOut } from '../recovery/checkpoint-image.ts';
import { FingerprintTable } from './fingerprint-table.ts';
import { FINGERPRINT_BITS, type HashSeed, KeyHash, loadWords, loadWordsOfView, wordsOf } from './key-hash.ts';
import { INLINE_BYTES, INLINE_WORDS, KeyRows } from './key-rows.ts';
import { BATCH_KEYS, KEY_BYTES_MAX, TABLE_ENTRIES_MAX } from './limits.ts';

export interface InternerOptions {
  readonly seed: HashSeed;
  /** Keys to make room for at once; default 1,024. */
  readonly initialCapacity?: number;
  /** How many of the lowest ids are kept for words, of which there are few; default none. */
  readonly wordIds?: number;
  /** Most ids in use at a time, 1 .. TABLE_ENTRIES_MAX (the default). */
  readonly idsMax?: number;
  /** Bits of the fingerprint that count, 0 .. 64 (the default). Fewer cost time, never a wrong answer: for tests. */
  readonly fingerprintBits?: number;
}

export interface InternerStats {
  /** Slots of the table. */
  readonly slots: number;
  /** Memory of table, rows and long keys. */
  readonly bytes: number;
  /** Comparisons of two different keys with one fingerprint so far. */
  readonly collisions: number;
}

const CAPACITY_DEFAULT = 1_024;
const encoder = new TextEncoder();

export class Interner {
  readonly #hash: KeyHash;
  readonly #table: FingerprintTable;
  readonly #rows: KeyRows;
  readonly #idsMax: number;
  #collisions = 0;

  /** The key at hand, and its fingerprint. */
  #words = new Int32Array(INLINE_WORDS);
  readonly #print = new Int32Array(2);
  #textBytes = new Uint8Array(256);

  readonly #batchWords = new Int32Array(BATCH_KEYS * INLINE_WORDS);
  readonly #batchPrints = new Int32Array(BATCH_KEYS * 2);
  readonly #batchIds = new Int32Array(BATCH_KEYS);
  /** What `touch` read; means nothing. */
  #touched = 0;

  constructor(options: InternerOptions) {
    const { seed, initialCapacity = CAPACITY_DEFAULT, idsMax = TABLE_ENTRIES_MAX } = options;
    if (!(idsMax >= 1 && idsMax <= TABLE_ENTRIES_MAX))
      throw new RangeError(`idsMax ${idsMax} is out of range`);
    this.#hash = new KeyHash(seed, options.fingerprintBits ?? FINGERPRINT_BITS);
    this.#table = new FingerprintTable(Math.min(initialCapacity, idsMax));
    this.#rows = new KeyRows(options.wordIds);
    this.#idsMax = idsMax;
  }

  /** Ids in use. */
  get size(): number {
    return this.#rows.live;
  }

  get stats(): InternerStats {
    return {
      slots: this.#table.capacity,
      bytes: this.#table.bytes + this.#rows.bytes,
      collisions: this.#collisions,
    };
  }

  /**
   * Id of the key in bytes [start, end), given now if it is new: one of those kept for words if it `isWord`.
   * @throws RangeError if the key is longer than KEY_BYTES_MAX; RAS-ENGINE-IDS-EXHAUSTED if it is new and all ids are in use.
   */
  intern(bytes: Uint8Array, start: number, end: number, isWord = false): number {
    this.#load(bytes, start, end);
    return this.#internLoaded(end - start, isWord);
  }

  /** Id of the key in bytes [start, end), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > KEY_BYTES_MAX) return -1;
    this.#load(bytes, start, end);
    return this.#findLoaded(end - start);
  }

  /** Id of a text's UTF-8 form; half of a surrogate pair counts as U+FFFD, as in every UTF-8 encoder. */
  internText(text: string, isWord = false): number {
    const length = this.#encode(text);
    return this.intern(this.#textBytes, 0, length, isWord);
  }

  findText(text: string): number {
    if (text.length > KEY_BYTES_MAX) return -1;
    const length = this.#encode(text);
    return this.find(this.#textBytes, 0, length);
  }

  /**
   * Ids of `count` keys that lie behind one another: key i is bytes [ends[i - 1], ends[i]), the first from 0 on.
   * The same ids as from `intern` in that order. Throws as `intern` does; some of the keys before it may then have ids.
   */
  internAll(bytes: Uint8Array, ends: Int32Array, count: number, out: Int32Array, isWord = false): void {
    if (count > ends.length || count > out.length) throw new RangeError(`No room for ${count} ids`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let from = 0; from < count; from += BATCH_KEYS) {
      const to = Math.min(from + BATCH_KEYS, count);
      this.#hashBatch(view, ends, start, from, to);
      this.#touched ^= this.#table.touch(this.#batchPrints, to - from);
      this.#probeBatch(to - from);
      this.#touched ^= this.#rows.touch(this.#batchIds, to - from);
      start = this.#settleBatch(bytes, ends, start, from, to, out, isWord);
    }
  }

  /** The key of an id, read as UTF-8. @throws RangeError if the id is not in use. */
  text(id: number): string {
    this.#demand(id);
    const words = this.#rows.wordsOf(id);
    const first = this.#rows.firstOf(id) * 4;
    return Buffer.from(words.buffer, words.byteOffset).toString(
      'utf8',
      first,
      first + this.#rows.lengthOf(id),
    );
  }

  /** Bytes of the key of an id. @throws RangeError if the id is not in use. */
  sizeOf(id: number): number {
    this.#demand(id);
    return this.#rows.lengthOf(id);
  }

  /** Writes the key of an id to `at`; returns what is behind it. @throws RangeError if the id is not in use. */
  write(id: number, to: Uint8Array, at: number): number {
    this.#demand(id);
    const words = this.#rows.wordsOf(id);
    const first = this.#rows.firstOf(id);
    const size = this.#rows.lengthOf(id);
    for (let i = 0; i < size; i++) to[at + i] = words[first + (i >> 2)]! >>> (8 * (i & 3));
    return at + size;
  }

  /** Order of two keys by unsigned bytes: negative, 0 or positive. @throws RangeError if an id is not in use. */
  compare(a: number, b: number): number {
    this.#demand(a);
    this.#demand(b);
    const rows = this.#rows;
    const words = Math.min(wordsOf(rows.lengthOf(a)), wordsOf(rows.lengthOf(b)));
    const wordsA = rows.wordsOf(a);
    const wordsB = rows.wordsOf(b);
    const firstA = rows.firstOf(a);
    const firstB = rows.firstOf(b);
    for (let i = 0; i < words; i++) {
      const wordA = wordsA[firstA + i]!;
      const wordB = wordsB[firstB + i]!;
      if (wordA === wordB) continue;
      // The lowest byte that differs comes first in the key. Bytes behind a key's end are 0 and never above the other's.
      const differing = wordA ^ wordB;
      const shift = (31 - Math.clz32(differing & -differing)) & 24;
      return ((wordA >>> shift) & 255) - ((wordB >>> shift) & 255);
    }
    return rows.lengthOf(a) - rows.lengthOf(b);
  }

  /**
   * Gives back an id: its key is forgotten, and a later new key gets it under a higher `generation`.
   * @throws RangeError if the id is not in use.
   */
  retire(id: number): void {
    this.#demand(id);
    const bytes = this.#rows.lengthOf(id);
    this.#hash.write(this.#rows.wordsOf(id), this.#rows.firstOf(id), wordsOf(bytes), bytes, this.#print, 0);
    const a = this.#print[0]!;
    const b = this.#print[1]!;
    let place = this.#table.seek(a, b);
    while (place !== -1 && this.#table.value(place) !== id) place = this.#table.next(a, b, place);
    if (place === -1) throw new Error(`Id ${id} has a row but no slot`);
    this.#table.remove(place);
    this.#rows.release(id);
  }

  /** How often an id was given again after it was retired; 0 for its first key. */
  generation(id: number): number {
    return this.#rows.generation(id);
  }

  /** What is loaded under the same seed gives the same ids, to the keys that come as to those that came. */
  *save(out: CheckpointOut): Steps<void> {
    yield* out.array('hash', this.#hash.check());
    yield* this.#table.save(out);
    yield* this.#rows.save(out);
  }

  /** Fills an interner that has no key yet. @throws CheckpointDamage under another seed too */
  load(image: CheckpointIn): void {
    const check = this.#hash.check();
    if (image.array('hash', Int32Array).some((lane, i) => lane !== check[i]))
      throw new CheckpointDamage('another seed');
    this.#table.load(image);
    this.#rows.load(image);
  }

  #demand(id: number): void {
    if (!this.#rows.has(id)) throw new RangeError(`Id ${id} is not in use`);
  }

  #load(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (!(start >= 0 && length >= 0 && end <= bytes.length)) {
      throw new RangeError(`No key at ${start} .. ${end} of ${bytes.length} bytes`);
    }
    if (length > KEY_BYTES_MAX) throw tooLong(length);
    const count = wordsOf(length);
    if (count > this.#words.length) this.#words = new Int32Array(count);
    loadWords(bytes, start, end, this.#words, 0);
    this.#hash.write(this.#words, 0, count, length, this.#print, 0);
  }

  #findLoaded(length: number): number {
    return this.#confirmed(this.#words, 0, length, this.#print[0]!, this.#print[1]!);
  }

  #internLoaded(length: number, isWord: boolean): number {
    const id = this.#findLoaded(length);
    return id === -1 ? this.#add(this.#words, 0, length, this.#print[0]!, this.#print[1]!, isWord) : id;
  }

  #confirmed(words: Int32Array, at: number, length: number, a: number, b: number): number {
    const table = this.#table;
    for (let place = table.seek(a, b); place !== -1; place = table.next(a, b, place)) {
      const id = table.value(place);
      if (this.#rows.equals(id, words, at, length)) return id;
      this.#collisions++;
    }
    return -1;
  }

  #add(words: Int32Array, at: number, length: number, a: number, b: number, isWord: boolean): number {
    if (this.#rows.live >= this.#idsMax) {
      throw new RastroError('RAS-ENGINE-IDS-EXHAUSTED', { limit: this.#idsMax });
    }
    const id = this.#rows.add(words, at, length, isWord);
    this.#table.insert(a, b, id);
    return id;
  }

  #hashBatch(view: DataView, ends: Int32Array, start: number, from: number, to: number): void {
    for (let key = from, at = 0; key < to; key++, at++) {
      const end = ends[key]!;
      const length = end - start;
      if (length >= 0 && length <= INLINE_BYTES) {
        loadWordsOfView(view, start, end, this.#batchWords, at * INLINE_WORDS);
        this.#hash.write(
          this.#batchWords,
          at * INLINE_WORDS,
          wordsOf(length),
          length,
          this.#batchPrints,
          2 * at,
        );
      }
      start = end;
    }
  }

  /** The first id of each fingerprint, or -1; the comparison comes later. */
  #probeBatch(count: number): void {
    const table = this.#table;
    for (let at = 0; at < count; at++) {
      const place = table.seek(this.#batchPrints[2 * at]!, this.#batchPrints[2 * at + 1]!);
      this.#batchIds[at] = place === -1 ? -1 : table.value(place);
    }
  }

  /** Compares, and does in full what the comparison does not settle; returns where the next key starts. */
  #settleBatch(
    bytes: Uint8Array,
    ends: Int32Array,
    start: number,
    from: number,
    to: number,
    out: Int32Array,
    isWord: boolean,
  ): number {
    const words = this.#batchWords;
    for (let key = from, at = 0; key < to; key++, at++) {
      const end = ends[key]!;
      const length = end - start;
      if (length < 0 || length > INLINE_BYTES) {
        out[key] = this.intern(bytes, start, end, isWord);
      } else {
        const first = at * INLINE_WORDS;
        let id = this.#batchIds[at]!;
        if (id === -1 || !this.#rows.equals(id, words, first, length)) {
          const a = this.#batchPrints[2 * at]!;
          const b = this.#batchPrints[2 * at + 1]!;
          id = this.#confirmed(words, first, length, a, b);
          if (id === -1) id = this.#add(words, first, length, a, b, isWord);
        }
        out[key] = id;
      }
      start = end;
    }
    return start;
  }

  /** Encodes a text into the scratch bytes, where they may move; returns its length. */
  #encode(text: string): number {
    // A text has at least as many bytes as code units.
    if (text.length > KEY_BYTES_MAX) throw tooLong(text.length);
    const most = text.length * 3;
    if (most > this.#textBytes.length) this.#textBytes = new Uint8Array(most);
    return encoder.encodeInto(text, this.#textBytes).written;
  }
}

function tooLong(bytes: number): RangeError {
  return new RangeError(`A key of ${bytes} bytes is over the limit of ${KEY_BYTES_MAX}`);
}
