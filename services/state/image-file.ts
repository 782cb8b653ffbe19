/**
 * The image of a checkpoint as a file, written and read from one end to the other. Its checksums, one a block, are made of the
 * file once it is written, and looked at before anything of a block is used.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import {
  type ByteSink,
  type ByteSource,
  CheckpointDamage,
} from '../../pipelines/recovery/checkpoint-image.ts';

/** Frames are small or large: the small ones are written, and read, together. Also what one checksum is over. */
const BLOCK_BYTES = 1_048_576;

export class ImageWriter implements ByteSink {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  #waiting = 0;
  #isOpen = true;

  /** Makes the file, which must not be there. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'wx', 0o600);
  }

  write(bytes: Uint8Array): void {
    if (this.#waiting + bytes.length > BLOCK_BYTES) this.#drain();
    if (bytes.length >= BLOCK_BYTES) {
      this.#writeAll(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#waiting);
    this.#waiting += bytes.length;
  }

  /** Everything is in the file, though perhaps not yet on the disk. */
  close(): void {
    this.#drain();
    this.abandon();
  }

  /** What waits is not written. */
  abandon(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }

  #drain(): void {
    if (this.#waiting > 0) this.#writeAll(this.#buffer.subarray(0, this.#waiting));
    this.#waiting = 0;
  }

  #writeAll(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#descriptor, bytes, from);
  }
}

/** Length of a file, and the checksum of each block of it; others have their turn between two blocks. */
export async function checksumsOf(path: string): Promise<{ bytes: number; checksums: number[] }> {
  const file = await open(path, 'r');
  try {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    const { size } = await file.stat();
    const checksums: number[] = [];
    for (let at = 0; at < size; at += BLOCK_BYTES) {
      const length = Math.min(BLOCK_BYTES, size - at);
      for (let read = 0; read < length; ) {
        const { bytesRead } = await file.read(block, read, length - read, at + read);
        if (bytesRead === 0) throw new CheckpointDamage('the file ends too soon');
        read += bytesRead;
      }
      checksums.push(crc32(block.subarray(0, length)));
    }
    return { bytes: size, checksums };
  } finally {
    await file.close();
  }
}

export class ImageReader implements ByteSource {
  readonly #descriptor: number;
  readonly #checksums: readonly number[];
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #number = 0;
  /** What of the block was not read yet. */
  #from = 0;
  #until = 0;
  #left: number;

  constructor(path: string, checksums: readonly number[]) {
    this.#checksums = checksums;
    this.#descriptor = openSync(path, 'r');
    this.#left = fstatSync(this.#descriptor).size;
  }

  get left(): number {
    return this.#left;
  }

  read(into: Uint8Array): void {
    this.#left -= into.length;
    for (let at = 0; at < into.length; ) {
      if (this.#from === this.#until) this.#next();
      const count = Math.min(this.#until - this.#from, into.length - at);
      into.set(this.#block.subarray(this.#from, this.#from + count), at);
      this.#from += count;
      at += count;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #next(): void {
    this.#from = 0;
    this.#until = 0;
    for (;;) {
      const count = readSync(this.#descriptor, this.#block, this.#until, BLOCK_BYTES - this.#until, null);
      this.#until += count;
      if (count === 0 || this.#until === BLOCK_BYTES) break;
    }
    const number = this.#number++;
    if (this.#until === 0 || crc32(this.#block.subarray(0, this.#until)) !== this.#checksums[number])
      throw new CheckpointDamage(`block ${number} of the image`);
  }
}

/** Waits until what is in a file, or which entries a folder has, is on the disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
