/**
 * Blocks of one partition on local disk, so that the document of a row can be read back: a topic cannot be read at a place inside a
 * record. It is a cache of the log in a cold file, of which checkpoints keep links.
 */
import type { CheckpointIn, CheckpointOut } from '../../pipelines/recovery/checkpoint-image.ts';
import type { Steps } from '../../rules/compiler/index.ts';
import type { DiskColdFile } from '../state/disk-cold-file.ts';

interface Place {
  readonly position: number;
  readonly bytes: number;
}

export class BlockSpool {
  readonly #file: DiskColdFile;
  /** By offset of the log. */
  readonly #places = new Map<number, Place>();

  /** `file`: nobody else adds to it. */
  constructor(file: DiskColdFile) {
    this.#file = file;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Keeps the block at an offset. @throws RastroError RAS-ENGINE-STATE-FAILED, RAS-ENGINE-STATE-FULL */
  add(offset: number, block: Uint8Array): void {
    if (this.#places.has(offset)) return;
    this.#places.set(offset, { position: this.#file.append(block), bytes: block.length });
  }

  /** Bytes [start, start + length) of the block at `offset`. @throws RangeError where there are none */
  readPart(offset: number, start: number, length: number): Uint8Array {
    const place = this.#places.get(offset);
    if (place === undefined || start < 0 || start + length > place.bytes)
      throw new RangeError(`no bytes ${start} + ${length} of block ${offset}`);
    const part = new Uint8Array(length);
    this.#file.readPart(place.position, start, part);
    return part;
  }

  /** Writes where the blocks lie; the file is saved by who opened it. */
  *save(out: CheckpointOut): Steps<void> {
    const words = new Float64Array(3 * this.#places.size);
    let at = 0;
    for (const [offset, { position, bytes }] of this.#places) {
      words.set([offset, position, bytes], at);
      at += 3;
    }
    yield* out.array('spool', words);
  }

  /** Goes on with what `save` wrote, in an empty one over the file as it was. @throws CheckpointDamage */
  load(from: CheckpointIn): void {
    const words = from.array('spool', Float64Array);
    for (let at = 0; at < words.length; at += 3) {
      const [offset, position, bytes] = words.subarray(at, at + 3) as unknown as [number, number, number];
      this.#places.set(offset, { position, bytes });
    }
  }
}
