/**
 * A key as 32-bit words, and its seeded 64-bit fingerprint.
 *
 * The fingerprint has two 32-bit lanes that read every word differently: one folds its high half down after the
 * multiplication, the other rotates before it. A difference in the top bit passes a multiplication by any odd number
 * unchanged, so that with one lane two keys could be built that collide under every seed; the correction that hides the
 * difference from one lane is never the one that hides it from the other. Start values and multipliers come from the
 * seed. It is a defence against chosen keys, not a cryptographic hash: whoever uses it compares keys as well.
 *
 * Words are little-endian, as is every machine that Node supports and this project is built for.
 */

/** Words that hold a key of `bytes` bytes. */
export function wordsOf(bytes: number): number {
  return (bytes + 3) >>> 2;
}

/** Copies bytes [start, end) to `words` from index `at` on, the last word filled up with zeros. */
export function loadWords(
  bytes: Uint8Array,
  start: number,
  end: number,
  words: Int32Array,
  at: number,
): void {
  const whole = start + ((end - start) & ~3);
  let i = start;
  let to = at;
  for (; i < whole; i += 4) {
    words[to++] = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
  }
  if (i === end) return;
  let word = bytes[i]!;
  if (i + 1 < end) word |= bytes[i + 1]! << 8;
  if (i + 2 < end) word |= bytes[i + 2]! << 16;
  words[to] = word;
}

/** As `loadWords`, through a view: half the time, and worth it where one view serves many keys. */
export function loadWordsOfView(
  view: DataView,
  start: number,
  end: number,
  words: Int32Array,
  at: number,
): void {
  const whole = start + ((end - start) & ~3);
  let i = start;
  let to = at;
  for (; i < whole; i += 4) words[to++] = view.getInt32(i, true);
  if (i === end) return;
  let word = view.getUint8(i);
  if (i + 1 < end) word |= view.getUint8(i + 1) << 8;
  if (i + 2 < end) word |= view.getUint8(i + 2) << 16;
  words[to] = word;
}

/** Two 32-bit numbers; chosen once per data folder, kept secret from who sends feeds. */
export type HashSeed = readonly [number, number];

export const FINGERPRINT_BITS = 64;

export class KeyHash {
  readonly #startA: number;
  readonly #startB: number;
  readonly #factorA: number;
  readonly #factorB: number;
  readonly #maskA: number;
  readonly #maskB: number;

  /** `bits`: of the 64, how many count; fewer make collisions common. */
  constructor(seed: HashSeed, bits = FINGERPRINT_BITS) {
    this.#startA = scramble(seed[0], seed[1], 0x9e3779b9);
    this.#startB = scramble(seed[1], seed[0], 0x7f4a7c15);
    this.#factorA = scramble(seed[0], seed[1], 0x85ebca6b) | 1;
    this.#factorB = scramble(seed[1], seed[0], 0xc2b2ae35) | 1;
    this.#maskA = topBits(bits);
    this.#maskB = topBits(bits - 32);
  }

  /** Lanes that are others under another seed. */
  check(): Int32Array {
    const words = new Int32Array(2);
    this.write(words, 0, words.length, 0, words, 0);
    return words;
  }

  /**
   * Writes the fingerprint of `count` words from index `at` on, a key of `bytes` bytes, to `out[to]` and `out[to + 1]`.
   * The first lane's high bits are the best: a table takes its place from them.
   */
  write(words: Int32Array, at: number, count: number, bytes: number, out: Int32Array, to: number): void {
    const factorA = this.#factorA;
    const factorB = this.#factorB;
    let a = this.#startA;
    let b = this.#startB;
    for (let i = at, end = at + count; i < end; i++) {
      const word = words[i]!;
      a = Math.imul(a ^ word, factorA);
      a ^= a >>> 15;
      b = Math.imul(((b << 13) | (b >>> 19)) ^ word, factorB);
    }
    // A last partial word is filled up with zeros: the length keeps "a" and "a\0" apart. Each step below can be undone,
    // so that no two pairs of lanes become one.
    a ^= bytes;
    a ^= Math.imul(b ^ (b >>> 16), 0x85ebca6b);
    b ^= Math.imul(a ^ (a >>> 15), 0xc2b2ae35);
    a ^= Math.imul(b ^ (b >>> 13), 0x9e3779b1);
    out[to] = a & this.#maskA;
    out[to + 1] = b & this.#maskB;
  }
}

/** A 32-bit number in which every bit of the three depends on every bit of them; done once a table. */
function scramble(first: number, second: number, salt: number): number {
  let x = Math.imul(first ^ salt, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15) ^ second, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 13) ^ salt, 0x9e3779b1);
  return x ^ (x >>> 16);
}

function topBits(count: number): number {
  if (count <= 0) return 0;
  return count >= 32 ? -1 : -1 << (32 - count);
}
