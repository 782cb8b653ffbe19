/** The image of a checkpoint as a file, written and read from one end to the other. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  type ByteSink,
  type ByteSource,
  CheckpointDamage,
} from '../../pipelines/recovery/checkpoint-image.ts';

/** Frames are small or large: the small ones are written, and read, together. */
const BUFFER_BYTES = 1_048_576;

export class ImageWriter implements ByteSink {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #waiting = 0;
  #bytes = 0;

  /** Makes the file, which must not be there. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'wx', 0o600);
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#waiting + bytes.length > BUFFER_BYTES) this.#drain();
    if (bytes.length >= BUFFER_BYTES) {
      this.#writeAll(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#waiting);
    this.#waiting += bytes.length;
  }

  /** Everything is in the file, though perhaps not yet on the disk. */
  close(): void {
    this.#drain();
    closeSync(this.#descriptor);
  }

  #drain(): void {
    if (this.#waiting > 0) this.#writeAll(this.#buffer.subarray(0, this.#waiting));
    this.#waiting = 0;
  }

  #writeAll(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#descriptor, bytes, from);
  }
}

export class ImageReader implements ByteSource {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  /** What of the buffer was not read yet. */
  #from = 0;
  #until = 0;
  #left: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.#left = fstatSync(this.#descriptor).size;
  }

  get left(): number {
    return this.#left;
  }

  read(into: Uint8Array): void {
    this.#left -= into.length;
    let at = Math.min(into.length, this.#until - this.#from);
    into.set(this.#buffer.subarray(this.#from, this.#from + at));
    this.#from += at;
    while (into.length - at >= BUFFER_BYTES) at += this.#readFile(into.subarray(at));
    while (at < into.length) {
      this.#from = 0;
      this.#until = this.#readFile(this.#buffer);
      const taken = Math.min(this.#until, into.length - at);
      into.set(this.#buffer.subarray(0, taken), at);
      this.#from = taken;
      at += taken;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #readFile(into: Uint8Array): number {
    const count = readSync(this.#descriptor, into);
    if (count === 0) throw new CheckpointDamage('the file ends too soon');
    return count;
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
