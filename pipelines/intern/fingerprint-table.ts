/**
 * Open addressing from 64-bit fingerprints to numbers, with linear probing and growth in small steps.
 *
 * A slot has three words: both lanes of the fingerprint, and value + 1 (0: empty). A key's home is the high bits of its
 * first lane, so that a table of twice the size holds the keys in the same order, and moving them is a sequential read and a
 * sequential write.
 *
 * Growth. A second table of twice the size is laid beside the old one, and each insertion moves a few slots to it. Moving
 * starts behind an empty slot and pauses only behind one, so that no run of occupied slots is ever half moved; new keys
 * go to the new table alone. A key is therefore in the old table only if its home has not been passed yet.
 *
 * Equal fingerprints are not equal keys: the caller compares what `seek` finds, and asks `next` for more.
 */
import { LOAD_DENOMINATOR, LOAD_NUMERATOR, SLOTS_MOVED_PER_INSERTION, TABLE_BITS_MAX } from './limits.ts';

const SLOT_WORDS = 3;
const BITS_MIN = 6;
const NOTHING = new Int32Array(0);

export class FingerprintTable {
  #slots: Int32Array;
  #mask: number;
  #shift: number;
  #count = 0;
  /** Count above which the table grows. */
  #countMax: number;

  /** The table that is being emptied, or no words. */
  #old: Int32Array = NOTHING;
  #oldMask = 0;
  #oldShift = 0;
  /** First slot of the old table that was moved, and how many from there on. */
  #start = 0;
  #moved = 0;

  /** Room for `entries` keys before the first growth. */
  constructor(entries: number) {
    let bits = BITS_MIN;
    while (bits < TABLE_BITS_MAX && countMaxOf(bits) < entries) bits++;
    this.#slots = new Int32Array(SLOT_WORDS << bits);
    this.#mask = (1 << bits) - 1;
    this.#shift = 32 - bits;
    this.#countMax = countMaxOf(bits);
  }

  get count(): number {
    return this.#count;
  }

  /** Slots of the current table. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /** Memory of the table, in bytes; while it grows, of both. */
  get bytes(): number {
    return this.#slots.byteLength + this.#old.byteLength;
  }

  /**
   * A place that holds this fingerprint, or -1. A place is good until the next `insert` or `remove`. Places in the old
   * table are below -1.
   */
  seek(a: number, b: number): number {
    if (this.#old.length !== 0) {
      const home = a >>> this.#oldShift;
      if (((home - this.#start) & this.#oldMask) >= this.#moved) {
        const at = probe(this.#old, this.#oldMask, home, a, b);
        if (at !== -1) return -2 - at;
      }
    }
    return probe(this.#slots, this.#mask, a >>> this.#shift, a, b);
  }

  /**
   * Reads the home slots of `count` fingerprints, so that they are on their way into the cache before `seek` waits for the
   * first: a loop without a branch lets many reads overlap, a probe does not. The sum is there to keep the reads.
   */
  touch(prints: Int32Array, count: number): number {
    const slots = this.#slots;
    const shift = this.#shift;
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= slots[(prints[2 * i]! >>> shift) * SLOT_WORDS]!;
    return sum;
  }

  /** The next place with the same fingerprint behind `place`, or -1. */
  next(a: number, b: number, place: number): number {
    if (place >= 0) return probe(this.#slots, this.#mask, slotAfter(place, this.#mask), a, b);
    const at = probe(this.#old, this.#oldMask, slotAfter(-2 - place, this.#oldMask), a, b);
    if (at !== -1) return -2 - at;
    return probe(this.#slots, this.#mask, a >>> this.#shift, a, b);
  }

  /** The value at a place. */
  value(place: number): number {
    return (place >= 0 ? this.#slots[place + 2]! : this.#old[-place]!) - 1;
  }

  /** Replaces the value at a place. */
  setValue(place: number, value: number): void {
    if (place >= 0) this.#slots[place + 2] = value + 1;
    else this.#old[-place] = value + 1;
  }

  /** Adds a key. Precondition, not checked: it is not in the table, and the owner's limit of keys is not passed. */
  insert(a: number, b: number, value: number): void {
    if (this.#old.length !== 0) this.#move();
    else if (this.#count >= this.#countMax) this.#grow();
    put(this.#slots, this.#mask, a >>> this.#shift, a, b, value + 1);
    this.#count++;
  }

  /** Takes out the key at a place. The keys behind it close the gap, so that no marker of deleted slots is needed. */
  remove(place: number): void {
    if (place >= 0) closeGap(this.#slots, this.#mask, this.#shift, place);
    else closeGap(this.#old, this.#oldMask, this.#oldShift, -2 - place);
    this.#count--;
  }

  #grow(): void {
    const bits = 32 - this.#shift + 1;
    if (bits > TABLE_BITS_MAX)
      throw new RangeError('A fingerprint table was filled beyond its limit of keys');
    this.#old = this.#slots;
    this.#oldMask = this.#mask;
    this.#oldShift = this.#shift;
    let empty = 0;
    while (this.#old[empty * SLOT_WORDS + 2] !== 0) empty++;
    this.#start = (empty + 1) & this.#oldMask;
    this.#moved = 0;
    this.#slots = new Int32Array(SLOT_WORDS << bits);
    this.#mask = (1 << bits) - 1;
    this.#shift = 32 - bits;
    this.#countMax = countMaxOf(bits);
  }

  /** Moves some slots, up to and including an empty one. */
  #move(): void {
    const old = this.#old;
    const capacity = this.#oldMask + 1;
    const enough = this.#moved + SLOTS_MOVED_PER_INSERTION;
    for (let moved = this.#moved; ; ) {
      const at = ((this.#start + moved++) & this.#oldMask) * SLOT_WORDS;
      const value = old[at + 2]!;
      if (value !== 0) {
        const a = old[at]!;
        put(this.#slots, this.#mask, a >>> this.#shift, a, old[at + 1]!, value);
      } else if (moved >= enough || moved >= capacity) {
        // The slot before the first one moved was empty at the start and nothing was added since, so the last slot is it.
        this.#moved = moved;
        if (moved >= capacity) this.#old = NOTHING;
        return;
      }
    }
  }
}

function countMaxOf(bits: number): number {
  return ((1 << bits) / LOAD_DENOMINATOR) * LOAD_NUMERATOR;
}

function slotAfter(at: number, mask: number): number {
  return (at / SLOT_WORDS + 1) & mask;
}

function probe(slots: Int32Array, mask: number, from: number, a: number, b: number): number {
  for (let slot = from; ; slot = (slot + 1) & mask) {
    const at = slot * SLOT_WORDS;
    if (slots[at + 2] === 0) return -1;
    if (slots[at] === a && slots[at + 1] === b) return at;
  }
}

function put(slots: Int32Array, mask: number, home: number, a: number, b: number, word: number): void {
  let at = home * SLOT_WORDS;
  for (let slot = home; slots[at + 2] !== 0; at = slot * SLOT_WORDS) slot = (slot + 1) & mask;
  slots[at] = a;
  slots[at + 1] = b;
  slots[at + 2] = word;
}

function closeGap(slots: Int32Array, mask: number, shift: number, place: number): void {
  let gap = place / SLOT_WORDS;
  for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
    const at = slot * SLOT_WORDS;
    if (slots[at + 2] === 0) break;
    const home = slots[at]! >>> shift;
    // A key may move back to the gap unless its home lies behind it.
    if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
    const to = gap * SLOT_WORDS;
    slots[to] = slots[at]!;
    slots[to + 1] = slots[at + 1]!;
    slots[to + 2] = slots[at + 2]!;
    gap = slot;
  }
  slots[gap * SLOT_WORDS + 2] = 0;
}
