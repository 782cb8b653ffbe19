/** Which keys of a dictionary one partition owns; each key's slot is computed once. */
import type { FactDictionary } from '../facts/dictionary.ts';
import { partitionsOfSlots, slotOfKey } from './slots.ts';

/** One of `count` partitions. */
export interface Partition {
  /** 0 .. count - 1. */
  readonly index: number;
  readonly count: number;
}

const FIRST_IDS = 1_024;
/** Slot that was not computed yet. */
const UNKNOWN = -1;

export class OwnedKeys {
  readonly #dictionary: FactDictionary;
  readonly #partitionOf: Int16Array;
  readonly #index: number;
  /** Slot by id. An id must stand for one text as long as this lives: ids of subjects are not retired. */
  #slots = new Int16Array(FIRST_IDS).fill(UNKNOWN);

  /** @throws RangeError where there is no such partition. */
  constructor({ index, count }: Partition, dictionary: FactDictionary) {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`no partition ${index} among ${count}`);
    }
    this.#partitionOf = partitionsOfSlots(count);
    this.#index = index;
    this.#dictionary = dictionary;
  }

  /** Whether the partition owns the subject whose key has this id. */
  has(id: number): boolean {
    const slot = id < this.#slots.length ? (this.#slots[id] as number) : UNKNOWN;
    return this.#partitionOf[slot === UNKNOWN ? this.#slotOf(id) : slot] === this.#index;
  }

  #slotOf(id: number): number {
    if (id >= this.#slots.length) {
      const grown = new Int16Array(Math.max(id + 1, 2 * this.#slots.length)).fill(UNKNOWN);
      grown.set(this.#slots);
      this.#slots = grown;
    }
    const slot = slotOfKey(this.#dictionary.text(id));
    this.#slots[id] = slot;
    return slot;
  }
}
