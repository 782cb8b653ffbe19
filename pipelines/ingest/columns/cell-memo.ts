/**
 * What groups of cells came to, by their bytes: the cells of one member, and the institution whose row it is. Bytes are
 * compared, so no two are confused; a table that is full forgets everything, and what is forgotten is made again.
 */
import { CELL } from '../scan/cells.ts';

/** Entries, and bytes of their cells, before everything is forgotten. */
const ENTRIES_MAX = 131_072;
const BYTES_MAX = 1 << 25;
/** Slots of the table at first: a small file must not pay for a large one. At least twice the entries. */
const FIRST_SLOTS = 1_024;
/** A cell longer than this is not remembered: its length has one byte. */
const CELL_BYTES_MAX = 255;
/** A kind whose cells hardly repeat is looked up only now and then, and does not push others out. */
const TRIAL_LOOKUPS = 8_192;
const TRIAL_HITS_MIN = 128;
const REST_LOOKUPS = 24_576;

const FIRST_BYTES = 1 << 16;
/** Hash, entry + 1, kind and space, where its bytes begin: one line of memory a look-up. */
const LANES = 4;
/** Kinds and spaces from here on are not remembered: both fit one lane. */
const OWNERS = 65_536;

export class CellMemo<V> {
  #slots = new Int32Array(FIRST_SLOTS * LANES);
  #mask = FIRST_SLOTS - 1;
  #values: V[] = [];
  #bytes = new Uint8Array(FIRST_BYTES);
  #used = 0;
  /** Look-ups since a trial began, and its hits, by kind. */
  readonly #lookups: number[] = [];
  readonly #hits: number[] = [];
  #kinds = 0;
  /** Of the last look-up: its hash, or 0 where it is not to be remembered. */
  #hash = 0;

  /** A number for one way of reading cells. */
  kind(): number {
    this.#lookups.push(0);
    this.#hits.push(0);
    return this.#kinds++;
  }

  clear(): void {
    this.#slots.fill(0);
    this.#values = [];
    this.#used = 0;
  }

  /** What `put` remembered of these cells; `which` are numbers of cells. */
  find(kind: number, space: number, bytes: Uint8Array, cells: Int32Array, which: Int32Array): V | undefined {
    this.#hash = 0;
    if (this.#isResting(kind) || kind >= OWNERS || space >= OWNERS) return undefined;
    const owner = ownerOf(kind, space);
    let hash = Math.imul(kind + 1, 0x9e3779b1) ^ Math.imul(space + 1, 0x85ebca6b);
    for (let i = 0; i < which.length; i++) {
      const at = (which[i] as number) * CELL;
      if ((cells[at + 1] as number) - (cells[at] as number) > CELL_BYTES_MAX) return undefined;
      hash = Math.imul(hash ^ (cells[at + 2] as number), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    hash |= 1;
    this.#hash = hash;
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = (hash >>> 1) & mask; ; slot = (slot + 1) & mask) {
      const lane = slot * LANES;
      const entry = (slots[lane + 1] as number) - 1;
      if (entry === -1) return undefined;
      if (slots[lane] !== hash || slots[lane + 2] !== owner) continue;
      if (!this.#isSame(slots[lane + 3] as number, bytes, cells, which)) continue;
      this.#hits[kind] = (this.#hits[kind] as number) + 1;
      return this.#values[entry];
    }
  }

  #isResting(kind: number): boolean {
    const lookups = (this.#lookups[kind] as number) + 1;
    this.#lookups[kind] = lookups;
    if (lookups <= TRIAL_LOOKUPS) return false;
    if ((this.#hits[kind] as number) < TRIAL_HITS_MIN && lookups < TRIAL_LOOKUPS + REST_LOOKUPS) return true;
    this.#lookups[kind] = 0;
    this.#hits[kind] = 0;
    return false;
  }

  #isSame(begin: number, bytes: Uint8Array, cells: Int32Array, which: Int32Array): boolean {
    const known = this.#bytes;
    let at = begin;
    for (let i = 0; i < which.length; i++) {
      const cell = (which[i] as number) * CELL;
      const from = cells[cell] as number;
      const size = (cells[cell + 1] as number) - from;
      if (known[at++] !== size) return false;
      for (let j = 0; j < size; j++) if (known[at + j] !== bytes[from + j]) return false;
      at += size;
    }
    return true;
  }

  /** Remembers the cells that `find` was asked for last and did not know. */
  put(
    kind: number,
    space: number,
    bytes: Uint8Array,
    cells: Int32Array,
    which: Int32Array,
    hash: number,
    value: V,
  ): void {
    if (hash === 0) return;
    let size = which.length;
    for (const each of which) size += (cells[each * CELL + 1] as number) - (cells[each * CELL] as number);
    if (this.#values.length === ENTRIES_MAX || this.#used + size > BYTES_MAX) this.clear();
    if (this.#used + size > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#used + size));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    const entry = this.#values.push(value) - 1;
    const begin = this.#used;
    for (const each of which) {
      const from = cells[each * CELL] as number;
      const to = cells[each * CELL + 1] as number;
      this.#bytes[this.#used++] = to - from;
      this.#bytes.set(bytes.subarray(from, to), this.#used);
      this.#used += to - from;
    }
    if (2 * this.#values.length > this.#mask) this.#grow();
    const lane = this.#freeLane(this.#slots, hash);
    this.#slots[lane] = hash;
    this.#slots[lane + 1] = entry + 1;
    this.#slots[lane + 2] = ownerOf(kind, space);
    this.#slots[lane + 3] = begin;
  }

  #freeLane(slots: Int32Array, hash: number): number {
    let slot = (hash >>> 1) & this.#mask;
    while (slots[slot * LANES + 1] !== 0) slot = (slot + 1) & this.#mask;
    return slot * LANES;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Int32Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    for (let from = 0; from < old.length; from += LANES)
      if (old[from + 1] !== 0)
        slots.set(old.subarray(from, from + LANES), this.#freeLane(slots, old[from] as number));
    this.#slots = slots;
  }

  /** The hash of the cells that `find` was asked for last, for `put`. */
  get lastHash(): number {
    return this.#hash;
  }
}

const ownerOf = (kind: number, space: number): number => (kind << 16) | space;
