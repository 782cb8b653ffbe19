/**
 * Long keys, in slabs of 1 MiB that never move. A block starts at a multiple of 16 bytes and belongs to the class of its
 * size in such multiples; a block given back is used again by the next key of its class. Blocks are neither split nor
 * joined: keys of one kind have nearly one length, and so find each other's blocks.
 */
import type { Steps } from '../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../recovery/checkpoint-image.ts';
import { KEY_BYTES_MAX } from './limits.ts';

const SLAB_WORDS_BITS = 18;
const SLAB_WORDS = 1 << SLAB_WORDS_BITS;
/** Words of the unit in which blocks are measured and addressed. */
const UNIT_WORDS = 4;
const UNITS_PER_SLAB_BITS = SLAB_WORDS_BITS - 2;
const UNITS_PER_SLAB = 1 << UNITS_PER_SLAB_BITS;
/** 32 GiB: an address is a 32-bit count of units. */
const SLABS_MAX = 2 ** (31 - UNITS_PER_SLAB_BITS);

export class KeyArena {
  readonly #slabs: Int32Array[] = [];
  #unitsUsed = UNITS_PER_SLAB;
  /** First free block of each class + 1; a free block's first word holds the next one + 1. */
  readonly #free = new Int32Array(unitsOf(KEY_BYTES_MAX >>> 2) + 1);

  get bytes(): number {
    return this.#slabs.length * SLAB_WORDS * 4 + this.#free.byteLength;
  }

  /** Address of a block of at least `words` words (1 .. KEY_BYTES_MAX / 4); its content is whatever was there. */
  allocate(words: number): number {
    const units = unitsOf(words);
    const free = this.#free[units]!;
    if (free !== 0) {
      this.#free[units] = this.slab(free - 1)[this.offset(free - 1)]!;
      return free - 1;
    }
    if (this.#unitsUsed + units > UNITS_PER_SLAB) {
      if (this.#slabs.length === SLABS_MAX) throw new RangeError('The arena of long keys is full');
      this.#slabs.push(new Int32Array(SLAB_WORDS));
      this.#unitsUsed = 0;
    }
    const address = ((this.#slabs.length - 1) << UNITS_PER_SLAB_BITS) | this.#unitsUsed;
    this.#unitsUsed += units;
    return address;
  }

  /** Gives back a block that was allocated for `words` words. */
  release(address: number, words: number): void {
    const units = unitsOf(words);
    this.slab(address)[this.offset(address)] = this.#free[units]!;
    this.#free[units] = address + 1;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('arena', this.#slabs.length, this.#unitsUsed);
    yield* out.array('arena.free', this.#free);
    for (const slab of this.#slabs) {
      const isLast = slab === this.#slabs.at(-1);
      yield* out.array('arena.slab', slab, isLast ? this.#unitsUsed * UNIT_WORDS : SLAB_WORDS);
    }
  }

  load(image: CheckpointIn): void {
    const [slabs = 0, unitsUsed = 0] = image.numbers('arena');
    image.into('arena.free', this.#free);
    for (let i = 0; i < slabs; i++) {
      const slab = new Int32Array(SLAB_WORDS);
      image.into('arena.slab', slab);
      this.#slabs.push(slab);
    }
    this.#unitsUsed = unitsUsed;
  }

  /** The slab of a block. */
  slab(address: number): Int32Array {
    return this.#slabs[address >>> UNITS_PER_SLAB_BITS]!;
  }

  /** Index of a block's first word in its slab. */
  offset(address: number): number {
    return (address & (UNITS_PER_SLAB - 1)) * UNIT_WORDS;
  }
}

function unitsOf(words: number): number {
  return Math.ceil(words / UNIT_WORDS);
}
