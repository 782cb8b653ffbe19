/**
 * Reversed identities whose rows are not there yet. A partition of the distributed form gets every reversal, and most of the rows that
 * they reverse never: each row that comes is asked about, by a few bits of its id, and only what these do not rule out is looked up.
 */
import type { FactBatch } from '../../../schemas/facts.ts';

const FIRST_BITS = 1 << 13;
/** Bits for each identity: of rows that are none of them some three in a hundred are looked up. */
const BITS_PER_IDENTITY = 32;
/** Bytes at the end of an id that its bit is made of. */
const TAIL = 8;
const PRIME = 0x01000193;
const SEPARATOR = 0;

/** Bits of the id in bytes [start, end). */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = Math.max(start, end - TAIL); at < end; at++)
    hash = Math.imul(hash ^ (bytes[at] as number), PRIME);
  return hash ^ (hash >>> 15);
}

export class Orphans {
  readonly #identities = new Set<string>();
  #bits = new Uint32Array(FIRST_BITS >>> 5);

  /** For a checkpoint. */
  [Symbol.iterator](): Iterator<string> {
    return this.#identities.values();
  }

  add(identity: string): void {
    if (this.#identities.has(identity)) return;
    this.#identities.add(identity);
    if (this.#identities.size * BITS_PER_IDENTITY <= 32 * this.#bits.length) {
      this.#mark(identity);
      return;
    }
    this.#bits = new Uint32Array(2 * this.#bits.length);
    for (const each of this.#identities) this.#mark(each);
  }

  delete(identity: string): void {
    this.#identities.delete(identity);
  }

  /** Identities of rows of the batch that are among these. */
  among(
    batch: Pick<FactBatch, 'rows' | 'idBytes' | 'idEnds'>,
    identityOf: (place: number) => string,
  ): string[] {
    const found: string[] = [];
    if (this.#identities.size === 0) return found;
    const { idBytes, idEnds } = batch;
    const mask = 32 * this.#bits.length - 1;
    for (let place = 0, start = 0; place < batch.rows; place++) {
      const end = idEnds[place] as number;
      const bit = hashOf(idBytes, start, end) & mask;
      start = end;
      if (((this.#bits[bit >>> 5] as number) & (1 << (bit & 31))) === 0) continue;
      const identity = identityOf(place);
      if (this.#identities.has(identity)) found.push(identity);
    }
    return found;
  }

  #mark(identity: string): void {
    const bytes = Buffer.from(identity, 'utf8');
    const bit = hashOf(bytes, bytes.indexOf(SEPARATOR) + 1, bytes.length) & (32 * this.#bits.length - 1);
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) | (1 << (bit & 31));
  }
}
