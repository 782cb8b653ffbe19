/**
 * Documents of one partition's blocks on local disk, so that that of a row can be read back: a topic cannot be read at a place
 * inside a record. It is a cache of the log in a cold file, of which checkpoints keep links.
 */
import type { CheckpointIn, CheckpointOut } from '../../pipelines/recovery/checkpoint-image.ts';
import type { Steps } from '../../rules/compiler/index.ts';
import { documentStretch } from '../../schemas/block-documents.ts';
import type { DiskColdFile } from '../state/disk-cold-file.ts';

/** Bytes [start, end) of a block, and where they lie in the file. */
interface Place {
  readonly position: number;
  readonly start: number;
  readonly end: number;
}

const PLACE_WORDS = 4;
type Words = readonly [offset: number, position: number, start: number, end: number];

export class BlockSpool {
  readonly #file: DiskColdFile;
  /** By offset of the log. */
  readonly #places = new Map<number, Place>();

  /** `file`: nobody else adds to it; its units are read in parts. */
  constructor(file: DiskColdFile) {
    this.#file = file;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /**
   * Keeps the documents of the block at an offset.
   * @throws RastroError RAS-ENGINE-BLOCK-CORRUPT, RAS-ENGINE-STATE-FAILED, RAS-ENGINE-STATE-FULL
   */
  add(offset: number, block: Uint8Array): void {
    if (this.#places.has(offset)) return;
    const { start, bytes } = documentStretch(block);
    this.#places.set(offset, { position: this.#file.append(bytes), start, end: start + bytes.length });
  }

  /** Bytes [start, start + length) of the block at `offset`. @throws RangeError where they are not of its documents */
  readPart(offset: number, start: number, length: number): Uint8Array {
    const place = this.#places.get(offset);
    if (place === undefined || start < place.start || start + length > place.end)
      throw new RangeError(`no bytes ${start} + ${length} of the documents of block ${offset}`);
    const part = new Uint8Array(length);
    this.#file.readPart(place.position, start - place.start, part);
    return part;
  }

  /** Writes where the blocks lie; the file is saved by who opened it. */
  *save(out: CheckpointOut): Steps<void> {
    const words = new Float64Array(PLACE_WORDS * this.#places.size);
    let at = 0;
    for (const [offset, { position, start, end }] of this.#places) {
      words.set([offset, position, start, end], at);
      at += PLACE_WORDS;
    }
    yield* out.array('spool', words);
  }

  /** Goes on with what `save` wrote, in an empty one over the file as it was. @throws CheckpointDamage */
  load(from: CheckpointIn): void {
    const words = from.array('spool', Float64Array);
    for (let at = 0; at < words.length; at += PLACE_WORDS) {
      const [offset, position, start, end] = words.subarray(at, at + PLACE_WORDS) as unknown as Words;
      this.#places.set(offset, { position, start, end });
    }
  }
}
