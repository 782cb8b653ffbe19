/**
 * Blocks of one partition on local disk, so that the document of a row can be read back: a topic cannot be read at a place inside a
 * record. It is a cache of the log: no fsync, and gone when it is closed.
 */
import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';

interface Place {
  readonly position: number;
  readonly bytes: number;
}

export class BlockSpool {
  readonly #path: string;
  readonly #descriptor: number;
  /** By offset of the log. */
  readonly #places = new Map<number, Place>();
  #end = 0;

  /** @throws RastroError RAS-ENGINE-STATE-FAILED */
  constructor(folder: string) {
    this.#path = join(folder, 'blocks.spool');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#descriptor = this.#guarded(() => openSync(this.#path, 'w+', 0o600));
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#end;
  }

  /** Keeps the block at an offset. @throws RastroError RAS-ENGINE-STATE-FAILED */
  add(offset: number, block: Uint8Array): void {
    if (this.#places.has(offset)) return;
    this.#guarded(() => {
      for (let from = 0; from < block.length; )
        from += writeSync(this.#descriptor, block, from, block.length - from, this.#end + from);
    });
    this.#places.set(offset, { position: this.#end, bytes: block.length });
    this.#end += block.length;
  }

  /** Bytes [start, start + length) of the block at `offset`. @throws RangeError where there are none */
  readPart(offset: number, start: number, length: number): Uint8Array {
    const place = this.#places.get(offset);
    if (place === undefined || start < 0 || start + length > place.bytes)
      throw new RangeError(`no bytes ${start} + ${length} of block ${offset}`);
    const part = new Uint8Array(length);
    this.#guarded(() => {
      for (let from = 0; from < length; ) {
        const read = readSync(this.#descriptor, part, from, length - from, place.position + start + from);
        if (read === 0) throw new Error('the file was cut');
        from += read;
      }
    });
    return part;
  }

  close(): void {
    closeSync(this.#descriptor);
    unlinkSync(this.#path);
    this.#places.clear();
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new RastroError('RAS-ENGINE-STATE-FAILED', {
        file: this.#path,
        reason: (error as Error).message,
      });
    }
  }
}
