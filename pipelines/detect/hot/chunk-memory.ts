/** The memory of chunks: slabs of them, and those that were given back, each of which knows the next. Chunk 0 is none. */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import { lineWords } from './aligned.ts';
import { CHUNK_WORDS } from './cold-chunks.ts';

/** Slabs of 4 MiB, which the system can give huge pages; the first one begins small. */
const SLAB_SHIFT = 16;
const SLAB_CHUNKS = 1 << SLAB_SHIFT;
const SLAB_MASK = SLAB_CHUNKS - 1;
const FIRST_CHUNKS = 1 << 8;

export class ChunkMemory {
  readonly #slabs: Int32Array[] = [];
  #next = 1;
  #free = 0;
  #freeCount = 0;

  /** Bytes of the chunks in use. */
  get bytes(): number {
    return (this.#next - this.#freeCount) * CHUNK_WORDS * 4;
  }

  /** The words among which a chunk lies, at `startOf`. */
  slab(chunk: number): Int32Array {
    return this.#slabs[chunk >>> SLAB_SHIFT] as Int32Array;
  }

  startOf(chunk: number): number {
    return (chunk & SLAB_MASK) * CHUNK_WORDS;
  }

  allocate(): number {
    if (this.#free !== 0) {
      const chunk = this.#free;
      this.#free = this.slab(chunk)[this.startOf(chunk)] as number;
      this.#freeCount--;
      return chunk;
    }
    const chunk = this.#next++;
    const room = this.#slabs[chunk >>> SLAB_SHIFT]?.length ?? 0;
    if (this.startOf(chunk) >= room) this.#makeRoom(chunk);
    return chunk;
  }

  giveBack(chunk: number): void {
    this.slab(chunk)[this.startOf(chunk)] = this.#free;
    this.#free = chunk;
    this.#freeCount++;
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* out.numbers('chunks', this.#next, this.#free, this.#freeCount);
    for (const [i, slab] of this.#slabs.entries()) {
      const chunks = Math.min(SLAB_CHUNKS, this.#next - i * SLAB_CHUNKS);
      yield* out.array('chunks.slab', slab, chunks * CHUNK_WORDS);
    }
  }

  load(image: CheckpointIn): void {
    const [next = 1, free = 0, freeCount = 0] = image.numbers('chunks');
    for (let first = 0; next > 1 && first < next; first += SLAB_CHUNKS) {
      const chunks = Math.min(SLAB_CHUNKS, next - first);
      const room = first > 0 ? SLAB_CHUNKS : Math.max(FIRST_CHUNKS, 2 ** Math.ceil(Math.log2(chunks)));
      const slab = lineWords(room * CHUNK_WORDS);
      image.into('chunks.slab', slab);
      this.#slabs.push(slab);
    }
    this.#next = next;
    this.#free = free;
    this.#freeCount = freeCount;
  }

  /** A further slab, or, of the first one, twice the room. */
  #makeRoom(chunk: number): void {
    const slab = chunk >>> SLAB_SHIFT;
    const chunks = slab > 0 ? SLAB_CHUNKS : Math.max(FIRST_CHUNKS, 2 * (chunk & SLAB_MASK));
    const room = lineWords(chunks * CHUNK_WORDS);
    const before = this.#slabs[slab];
    if (before !== undefined) room.set(before);
    this.#slabs[slab] = room;
  }
}
