/**
 * Values met before, by their bytes: what the value is, that it passed the checks of its field, and its share of the row's
 * fingerprint. Countries, banks, currencies, codes and accounts repeat; a repeated one costs one look-up and no string.
 *
 * Bounded by forgetting: every value has one slot, and the next one that falls there takes it. A forgotten value is read
 * and checked again, so nothing depends on what is remembered. The bytes are compared, so no two values are confused.
 */
import { SCAN_LIMITS } from './limits.ts';

const { MEMO_SLOTS, MEMO_BYTES } = SCAN_LIMITS;
/** Slots at first: a small file must not pay for a large one. With more values everything is forgotten, once or twice. */
const FIRST_SLOTS = 512;
const GROWTH = 8;
const FIRST_KINDS = 256;
/** Kind + 1 (0 marks an empty slot), length, and the two halves of the fingerprint. */
const LANES = 4;
/** A kind whose values hardly repeat (ids) is looked up only now and then, and does not push others out. */
const TRIAL_LOOKUPS = 1_024;
const TRIAL_HITS_MIN = 100;
const REST_LOOKUPS = 31_744;

export class ValueMemo {
  /** Fingerprint of the value found last. */
  a = 0;
  b = 0;
  #mask = FIRST_SLOTS - 1;
  #lanes = new Int32Array(FIRST_SLOTS * LANES);
  #keys = new Uint8Array(FIRST_SLOTS * MEMO_BYTES);
  #values: unknown[] = new Array(FIRST_SLOTS).fill(undefined);
  /** Values remembered since the table has its size. */
  #puts = 0;
  #kinds = 0;
  /** Look-ups since a trial began, and its hits, by kind. */
  #lookups = new Int32Array(FIRST_KINDS);
  #hits = new Int32Array(FIRST_KINDS);

  /** A number for one field of one layout, or -1 where there are too many of them. */
  kind(): number {
    if (this.#kinds === SCAN_LIMITS.MEMO_KINDS) return -1;
    if (this.#kinds === this.#lookups.length) {
      this.#lookups = doubled(this.#lookups);
      this.#hits = doubled(this.#hits);
    }
    return this.#kinds++;
  }

  /** Slot of a value met before, its fingerprint in `a` and `b`; -1 where it is not known, -2 where it is not to be. */
  find(kind: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const size = end - start;
    if (size > MEMO_BYTES) return -2;
    const lookups = ((this.#lookups[kind] as number) + 1) | 0;
    this.#lookups[kind] = lookups;
    if (lookups > TRIAL_LOOKUPS) {
      if ((this.#hits[kind] as number) < TRIAL_HITS_MIN) {
        if (lookups < TRIAL_LOOKUPS + REST_LOOKUPS) return -2;
      }
      this.#lookups[kind] = 0;
      this.#hits[kind] = 0;
    }
    const slot = slotOf(kind, hash, this.#mask);
    const lane = slot * LANES;
    const lanes = this.#lanes;
    if (lanes[lane] !== kind + 1 || lanes[lane + 1] !== size) return -1;
    const keys = this.#keys;
    const key = slot * MEMO_BYTES;
    for (let i = 0; i < size; i++) if (keys[key + i] !== bytes[start + i]) return -1;
    this.#hits[kind] = ((this.#hits[kind] as number) + 1) | 0;
    this.a = lanes[lane + 2] as number;
    this.b = lanes[lane + 3] as number;
    return slot;
  }

  value(slot: number): unknown {
    return this.#values[slot];
  }

  /** Remembers a value that `find` answered -1 for. */
  put(
    kind: number,
    hash: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    value: unknown,
    a: number,
    b: number,
  ): void {
    if (++this.#puts > this.#mask && this.#mask + 1 < MEMO_SLOTS) this.#grow();
    const slot = slotOf(kind, hash, this.#mask);
    const lane = slot * LANES;
    const lanes = this.#lanes;
    lanes[lane] = kind + 1;
    lanes[lane + 1] = end - start;
    lanes[lane + 2] = a;
    lanes[lane + 3] = b;
    const key = slot * MEMO_BYTES;
    for (let i = start; i < end; i++) this.#keys[key + i - start] = bytes[i] as number;
    this.#values[slot] = value;
  }

  #grow(): void {
    const slots = Math.min(GROWTH * (this.#mask + 1), MEMO_SLOTS);
    this.#mask = slots - 1;
    this.#lanes = new Int32Array(slots * LANES);
    this.#keys = new Uint8Array(slots * MEMO_BYTES);
    this.#values = new Array(slots).fill(undefined);
    this.#puts = 0;
  }
}

function doubled(from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(2 * from.length);
  to.set(from);
  return to;
}

function slotOf(kind: number, hash: number, mask: number): number {
  const mixed = Math.imul(hash ^ Math.imul(kind + 1, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & mask;
}
