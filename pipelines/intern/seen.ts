/**
 * "Was this row there before?": keys (institution, row id) to the number of the row that holds them now.
 *
 * The table knows fingerprints only. Every hit is confirmed by `sameKey`, which compares with the stored row, and the
 * search goes on where it says no: a collision costs a comparison, never a lost row.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { FingerprintTable } from './fingerprint-table.ts';
import { FINGERPRINT_BITS, type HashSeed, KeyHash, loadWords, wordsOf } from './key-hash.ts';
import { BATCH_KEYS, KEY_BYTES_MAX, TABLE_ENTRIES_MAX } from './limits.ts';

export interface SeenOptions {
  readonly seed: HashSeed;
  /** Whether `row` is of this institution and its id is bytes [start, end). */
  readonly sameKey: (
    row: number,
    institution: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ) => boolean;
  /** Keys to make room for at once; default 1,024. */
  readonly initialCapacity?: number;
  /** Bits of the fingerprint that count, 0 .. 64 (the default). Fewer cost time, never a wrong answer: for tests. */
  readonly fingerprintBits?: number;
}

const CAPACITY_DEFAULT = 1_024;
const WORDS_DEFAULT = 16;

export class SeenTable {
  readonly #hash: KeyHash;
  readonly #table: FingerprintTable;
  readonly #sameKey: SeenOptions['sameKey'];
  /** The institution, then the key at hand. */
  #words = new Int32Array(WORDS_DEFAULT);
  readonly #print = new Int32Array(2);
  readonly #batchPrints = new Int32Array(2 * BATCH_KEYS);
  /** What `touch` read; means nothing. */
  #touched = 0;

  constructor(options: SeenOptions) {
    this.#hash = new KeyHash(options.seed, options.fingerprintBits ?? FINGERPRINT_BITS);
    this.#table = new FingerprintTable(
      Math.min(options.initialCapacity ?? CAPACITY_DEFAULT, TABLE_ENTRIES_MAX),
    );
    this.#sameKey = options.sameKey;
  }

  /** Keys held. */
  get size(): number {
    return this.#table.count;
  }

  /** Memory of the table. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** The row (0 .. 2^31 - 2) of a key, or -1. `institution` is any 32-bit number. */
  find(institution: number, bytes: Uint8Array, start: number, end: number): number {
    const place = this.#place(institution, bytes, start, end);
    return place === -1 ? -1 : this.#table.value(place);
  }

  /**
   * Adds a key, or points it at a newer row.
   * @throws RangeError if the key is longer than KEY_BYTES_MAX, or new beyond TABLE_ENTRIES_MAX keys.
   */
  put(institution: number, bytes: Uint8Array, start: number, end: number, row: number): void {
    const place = this.#place(institution, bytes, start, end);
    if (place !== -1) this.#table.setValue(place, row);
    else this.#table.insert(this.#print[0]!, this.#print[1]!, row);
  }

  /**
   * As `find` of each of `count` keys in turn, and `put` where it is not there: key i, of `institutions[i]`, is bytes
   * [ends[i - 1], ends[i]), the first from 0 on, and a new one gets the row `firstRow` + i. Writes the row that held the key
   * before, or -1, to `out`. Hashes many, then reads all the memory that the search will need, so that the waits overlap.
   */
  findAll(
    institutions: ArrayLike<number>,
    bytes: Uint8Array,
    ends: Int32Array,
    count: number,
    firstRow: number,
    out: Int32Array,
  ): void {
    if (count > ends.length || count > out.length) throw new RangeError(`No room for ${count} rows`);
    const prints = this.#batchPrints;
    let start = 0;
    for (let from = 0; from < count; from += BATCH_KEYS) {
      const to = Math.min(from + BATCH_KEYS, count);
      const before = start;
      for (let i = from; i < to; i++) {
        this.#hashKey(institutions[i]!, bytes, start, ends[i]!, prints, 2 * (i - from));
        start = ends[i]!;
      }
      this.#touched ^= this.#table.touch(prints, to - from);
      start = before;
      for (let i = from; i < to; i++) {
        const a = prints[2 * (i - from)]!;
        const b = prints[2 * (i - from) + 1]!;
        const place = this.#confirmed(a, b, institutions[i]!, bytes, start, ends[i]!);
        out[i] = place === -1 ? -1 : this.#table.value(place);
        if (place === -1) this.#table.insert(a, b, firstRow + i);
        start = ends[i]!;
      }
    }
  }

  /** Forgets a key; whether it was there. */
  remove(institution: number, bytes: Uint8Array, start: number, end: number): boolean {
    const place = this.#place(institution, bytes, start, end);
    if (place === -1) return false;
    this.#table.remove(place);
    return true;
  }

  /** The rows are who holds them's to save. To be loaded under the same seed. */
  *save(out: CheckpointOut): Steps<void> {
    yield* this.#table.save(out);
  }

  load(image: CheckpointIn): void {
    this.#table.load(image);
  }

  #place(institution: number, bytes: Uint8Array, start: number, end: number): number {
    this.#hashKey(institution, bytes, start, end, this.#print, 0);
    return this.#confirmed(this.#print[0]!, this.#print[1]!, institution, bytes, start, end);
  }

  /** Writes the fingerprint of a key to `prints[at]` and behind it. */
  #hashKey(
    institution: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    prints: Int32Array,
    at: number,
  ): void {
    const length = end - start;
    if (!(start >= 0 && length >= 0 && end <= bytes.length)) {
      throw new RangeError(`No key at ${start} .. ${end} of ${bytes.length} bytes`);
    }
    if (length > KEY_BYTES_MAX)
      throw new RangeError(`A key of ${length} bytes is over the limit of ${KEY_BYTES_MAX}`);
    const count = wordsOf(length) + 1;
    if (count > this.#words.length) this.#words = new Int32Array(count);
    this.#words[0] = institution;
    loadWords(bytes, start, end, this.#words, 1);
    this.#hash.write(this.#words, 0, count, length, prints, at);
  }

  #confirmed(
    a: number,
    b: number,
    institution: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const table = this.#table;
    for (let place = table.seek(a, b); place !== -1; place = table.next(a, b, place)) {
      if (this.#sameKey(table.value(place), institution, bytes, start, end)) return place;
    }
    return -1;
  }
}
