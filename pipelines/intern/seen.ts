/**
 * "Was this row there before?": keys (institution, row id) to the number of the row that holds them now.
 *
 * The table knows fingerprints only. Every hit is confirmed by `sameKey`, which compares with the stored row, and the
 * search goes on where it says no: a collision costs a comparison, never a lost row.
 */
import { FingerprintTable } from './fingerprint-table.ts';
import { FINGERPRINT_BITS, type HashSeed, KeyHash, loadWords, wordsOf } from './key-hash.ts';
import { KEY_BYTES_MAX, TABLE_ENTRIES_MAX } from './limits.ts';

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

  /** Forgets a key; whether it was there. */
  remove(institution: number, bytes: Uint8Array, start: number, end: number): boolean {
    const place = this.#place(institution, bytes, start, end);
    if (place === -1) return false;
    this.#table.remove(place);
    return true;
  }

  #place(institution: number, bytes: Uint8Array, start: number, end: number): number {
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
    this.#hash.write(this.#words, 0, count, length, this.#print, 0);
    const a = this.#print[0]!;
    const b = this.#print[1]!;
    const table = this.#table;
    for (let place = table.seek(a, b); place !== -1; place = table.next(a, b, place)) {
      if (this.#sameKey(table.value(place), institution, bytes, start, end)) return place;
    }
    return -1;
  }
}
