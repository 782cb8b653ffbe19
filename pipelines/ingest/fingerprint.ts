/**
 * 64-bit fingerprints of rows, for the check report: "was this row in the feed already, and was it the same?" for any
 * number of rows at 16 bytes a slot. A report may rest on a fingerprint (one false match expected in 6 billion rows);
 * what is stored or dropped for good is decided by exact content hashes elsewhere.
 */

const INITIAL_SLOTS = 1 << 10;
/** Share of slots in use beyond which the table doubles. */
const FULLEST = 0.6;
const LANES = 4;

/** Final mixing of murmur3, so that close inputs end far apart. */
export function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Two 32-bit hashes of a text, not yet mixed; they stay in `a` and `b` until the next call. */
export class TextHash {
  a = 0;
  b = 0;

  of(text: string, seed: number): void {
    let a = seed;
    let b = ~seed;
    const size = text.length;
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b + code, 0x5bd1e995) ^ (b >>> 15);
    }
    this.a = a ^ size;
    this.b = b;
  }
}

/** A row's key with its content: new, seen with the same content, or seen with another. */
export type Sighting = 'new' | 'same' | 'other';

export class SightingTable {
  #slots = new Int32Array(INITIAL_SLOTS * LANES);
  #mask = INITIAL_SLOTS - 1;
  #used = 0;

  /** Remembers the first content of a key. */
  see(keyA: number, keyB: number, contentA: number, contentB: number): Sighting {
    if (this.#used > (this.#mask + 1) * FULLEST) this.#grow();
    // The key 0, 0 marks an empty slot.
    const keyLow = keyA === 0 && keyB === 0 ? 1 : keyB | 0;
    const at = this.#find(this.#slots, this.#mask, keyA | 0, keyLow);
    const slots = this.#slots;
    if (slots[at] === 0 && slots[at + 1] === 0) {
      slots[at] = keyA;
      slots[at + 1] = keyLow;
      slots[at + 2] = contentA;
      slots[at + 3] = contentB;
      this.#used += 1;
      return 'new';
    }
    return slots[at + 2] === (contentA | 0) && slots[at + 3] === (contentB | 0) ? 'same' : 'other';
  }

  #find(slots: Int32Array, mask: number, keyA: number, keyB: number): number {
    let slot = keyA & mask;
    for (;;) {
      const at = slot * LANES;
      if ((slots[at] === keyA && slots[at + 1] === keyB) || (slots[at] === 0 && slots[at + 1] === 0))
        return at;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const size = (this.#mask + 1) * 2;
    const slots = new Int32Array(size * LANES);
    const old = this.#slots;
    for (let from = 0; from < old.length; from += LANES) {
      const keyA = old[from] as number;
      const keyB = old[from + 1] as number;
      if (keyA === 0 && keyB === 0) continue;
      slots.set(old.subarray(from, from + LANES), this.#find(slots, size - 1, keyA, keyB));
    }
    this.#slots = slots;
    this.#mask = size - 1;
  }
}
