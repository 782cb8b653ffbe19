/**
 * Open addressing from 64-bit fingerprints to numbers, with linear probing and growth in small steps.
 *
 * A key's home is the high bits of its first lane, so that a table of twice the size holds the keys in the same order, and
 * moving them is a sequential read and a sequential write.
 *
 * Growth. A second table of twice the size is laid beside the old one, and each insertion moves a few slots to it. Moving
 * starts behind an empty slot, which stays empty, and pauses only behind one, so that no run of occupied slots is ever half
 * moved. A new key goes to the old table if its home has not been passed yet, and else to the new one: both are used from one
 * end to the other, and the memory of the new one comes, and that of the old one goes, as the moving goes on.
 *
 * Equal fingerprints are not equal keys: the caller compares what `seek` finds, and asks `next` for more.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { LOAD_DENOMINATOR, LOAD_NUMERATOR, SLOTS_MOVED_PER_INSERTION, TABLE_BITS_MAX } from './limits.ts';
import { SlotArray } from './slot-array.ts';

const BITS_MIN = 6;

export class FingerprintTable {
  #slots: SlotArray;
  #count = 0;
  /** Count above which the table grows. */
  #countMax: number;

  /** The table that is being emptied. */
  #old: SlotArray | null = null;
  /** First slot of the old table that was moved, and how many from there on. */
  #start = 0;
  #moved = 0;

  /** Room for `entries` keys before the first growth. */
  constructor(entries: number) {
    let bits = BITS_MIN;
    while (bits < TABLE_BITS_MAX && countMaxOf(bits) < entries) bits++;
    this.#slots = new SlotArray(bits);
    this.#countMax = countMaxOf(bits);
  }

  get count(): number {
    return this.#count;
  }

  /** Slots of the current table. */
  get capacity(): number {
    return this.#slots.mask + 1;
  }

  /** Memory of the table, in bytes; while it grows, of both. */
  get bytes(): number {
    return this.#slots.bytes + (this.#old?.bytes ?? 0);
  }

  /**
   * A place that holds this fingerprint, or -1. A place is good until the next `insert` or `remove`. Places in the old
   * table are below -1.
   */
  seek(a: number, b: number): number {
    const old = this.#old;
    if (old !== null) {
      const home = old.homeOf(a);
      if (!this.#isPassed(old, home)) {
        const slot = old.probe(home, a, b);
        if (slot !== -1) return -2 - slot;
      }
    }
    return this.#slots.probe(this.#slots.homeOf(a), a, b);
  }

  /**
   * Reads the home slots of `count` fingerprints, so that they are on their way into the cache before `seek` waits for the
   * first: a loop without a branch lets many reads overlap, a probe does not. The sum is there to keep the reads.
   */
  touch(prints: Int32Array, count: number): number {
    const slots = this.#slots;
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= slots.first(slots.homeOf(prints[2 * i]!));
    return sum;
  }

  /** The next place with the same fingerprint behind `place`, or -1. */
  next(a: number, b: number, place: number): number {
    const slots = this.#slots;
    if (place >= 0) return slots.probe((place + 1) & slots.mask, a, b);
    const old = this.#old as SlotArray;
    const slot = old.probe((-1 - place) & old.mask, a, b);
    if (slot !== -1) return -2 - slot;
    return slots.probe(slots.homeOf(a), a, b);
  }

  /** The value at a place. */
  value(place: number): number {
    return (place >= 0 ? this.#slots.word(place) : (this.#old as SlotArray).word(-2 - place)) - 1;
  }

  /** Replaces the value at a place. */
  setValue(place: number, value: number): void {
    if (place >= 0) this.#slots.setWord(place, value + 1);
    else (this.#old as SlotArray).setWord(-2 - place, value + 1);
  }

  /** Adds a key. Precondition, not checked: it is not in the table, and the owner's limit of keys is not passed. */
  insert(a: number, b: number, value: number): void {
    if (this.#old !== null) this.#move(this.#old);
    else if (this.#count >= this.#countMax) this.#grow();
    this.#count++;
    const old = this.#old;
    if (old !== null && !this.#isPassed(old, old.homeOf(a))) {
      const slot = old.emptyFrom(old.homeOf(a));
      if (slot !== this.#lastSlot(old)) {
        old.set(slot, a, b, value + 1);
        return;
      }
    }
    put(this.#slots, a, b, value + 1);
  }

  /** Takes out the key at a place. */
  remove(place: number): void {
    if (place >= 0) this.#slots.remove(place);
    else (this.#old as SlotArray).remove(-2 - place);
    this.#count--;
  }

  /** Slot by slot: what is loaded is the same table, growth that is under way included. */
  *save(out: CheckpointOut): Steps<void> {
    const oldBits = this.#old?.bits ?? 0;
    yield* out.numbers('table', this.#slots.bits, this.#count, oldBits, this.#start, this.#moved);
    yield* this.#slots.save(out);
    if (this.#old !== null) yield* this.#old.save(out);
  }

  load(image: CheckpointIn): void {
    const [bits = 0, count = 0, oldBits = 0, start = 0, moved = 0] = image.numbers('table');
    this.#slots = new SlotArray(bits);
    this.#slots.load(image);
    this.#old = oldBits === 0 ? null : new SlotArray(oldBits);
    this.#old?.load(image);
    this.#count = count;
    this.#countMax = countMaxOf(bits);
    this.#start = start;
    this.#moved = moved;
  }

  #isPassed(old: SlotArray, home: number): boolean {
    return ((home - this.#start) & old.mask) < this.#moved;
  }

  /** The slot that is moved last; it stays empty until then. */
  #lastSlot(old: SlotArray): number {
    return (this.#start - 1) & old.mask;
  }

  #grow(): void {
    const old = this.#slots;
    const bits = old.bits + 1;
    if (bits > TABLE_BITS_MAX)
      throw new RangeError('A fingerprint table was filled beyond its limit of keys');
    this.#old = old;
    this.#start = (old.emptyFrom(0) + 1) & old.mask;
    this.#moved = 0;
    this.#slots = new SlotArray(bits);
    this.#countMax = countMaxOf(bits);
  }

  /** Moves some slots, up to and including an empty one. */
  #move(old: SlotArray): void {
    const capacity = old.mask + 1;
    const enough = this.#moved + SLOTS_MOVED_PER_INSERTION;
    for (let moved = this.#moved; ; ) {
      const slot = (this.#start + moved++) & old.mask;
      const word = old.word(slot);
      if (word !== 0) put(this.#slots, old.first(slot), old.second(slot), word);
      // The first chunk is passed twice, in part each time.
      if (old.endsChunk(slot) && !old.isOneChunk(slot, this.#start)) old.release(slot);
      // The last slot is empty, so that the moving ends.
      if (word === 0 && (moved >= enough || moved >= capacity)) {
        this.#moved = moved;
        if (moved >= capacity) this.#old = null;
        return;
      }
    }
  }
}

function countMaxOf(bits: number): number {
  return ((1 << bits) / LOAD_DENOMINATOR) * LOAD_NUMERATOR;
}

function put(slots: SlotArray, a: number, b: number, word: number): void {
  slots.set(slots.emptyFrom(slots.homeOf(a)), a, b, word);
}
