/**
 * `ColdFile` on disk: append-only files of units, each behind its length and checksum.
 *
 * It is a cache of what the log holds. Hence no fsync, nothing to recover, and files that a crash left behind are deleted
 * when the next process begins. One process at a time uses a folder: the lock of the workspace sees to that.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readvSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { COLD_LIMITS, type ColdFile } from '../../pipelines/state/cold-file.ts';
import { RastroError } from '../../schemas/errors/index.ts';

/** Length and checksum, 32 bits each. */
const HEADER_BYTES = 8;
/** Units that wait are written together: a call for each of a million subjects would take longer than the writing. */
const BUFFER_BYTES = 1_024 * 1_024;
const EXTENSION = '.cold';

interface Part {
  readonly path: string;
  readonly descriptor: number;
  /** Bytes of units that were not released. */
  live: number;
}

function failure(path: string, error: unknown): RastroError {
  return new RastroError('RAS-ENGINE-STATE-FAILED', { file: path, reason: (error as Error).message });
}

class DiskColdFile implements ColdFile {
  readonly #prefix: string;
  readonly #fileBytes: number;
  readonly #totalBytes: number;
  /** By number; a part that nothing is left of is gone. */
  readonly #parts = new Map<number, Part>();
  #number = -1;
  /** Bytes of the last part, those that wait included. */
  #end = 0;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #waiting = 0;
  #live = 0;
  readonly #header = Buffer.alloc(HEADER_BYTES);

  constructor(prefix: string, fileBytes: number, totalBytes: number) {
    this.#prefix = prefix;
    this.#fileBytes = fileBytes;
    this.#totalBytes = totalBytes;
  }

  get bytes(): number {
    return this.#live;
  }

  append(unit: Uint8Array): number {
    const size = HEADER_BYTES + unit.length;
    if (unit.length === 0 || unit.length > COLD_LIMITS.UNIT_BYTES || size > this.#fileBytes) {
      throw new RangeError(`a unit of ${unit.length} bytes`);
    }
    if (this.#live + size > this.#totalBytes) {
      throw new RastroError('RAS-ENGINE-STATE-FULL', { bytes: this.#live, limit: this.#totalBytes });
    }
    if (this.#number === -1 || this.#end + size > this.#fileBytes) this.#begin();
    const position = this.#number * this.#fileBytes + this.#end;
    this.#header.writeUInt32LE(unit.length, 0);
    this.#header.writeUInt32LE(crc32(unit), 4);
    this.#write(unit);
    this.#end += size;
    this.#live += size;
    (this.#parts.get(this.#number) as Part).live += size;
    return position;
  }

  read(position: number, into: Uint8Array): number {
    const number = Math.floor(position / this.#fileBytes);
    const offset = position - number * this.#fileBytes;
    const part = this.#parts.get(number);
    if (part === undefined) throw new RangeError(`no unit at ${position}`);
    const written = number === this.#number ? this.#end - this.#waiting : this.#fileBytes;
    const found = offset < written ? this.#readDisk(part, offset, into) : this.#readBuffer(offset, into);
    const length = this.#header.readUInt32LE(0);
    if (found >= HEADER_BYTES && length > into.length && length <= COLD_LIMITS.UNIT_BYTES) return length;
    const isWhole = found >= HEADER_BYTES + length && length > 0 && length <= into.length;
    if (!isWhole || crc32(into.subarray(0, length)) !== this.#header.readUInt32LE(4)) {
      throw new RastroError('RAS-ENGINE-STATE-DAMAGED', { file: part.path, position: offset });
    }
    return length;
  }

  release(position: number, length: number): void {
    const number = Math.floor(position / this.#fileBytes);
    const part = this.#parts.get(number);
    if (part === undefined) return;
    part.live -= HEADER_BYTES + length;
    this.#live -= HEADER_BYTES + length;
    if (part.live === 0 && number !== this.#number) this.#remove(number, part);
  }

  close(): void {
    for (const [number, part] of this.#parts) this.#remove(number, part);
    this.#live = 0;
    this.#waiting = 0;
    this.#number = -1;
  }

  #begin(): void {
    this.#drain();
    const before = this.#parts.get(this.#number);
    if (before?.live === 0) this.#remove(this.#number, before);
    const number = this.#number + 1;
    const path = `${this.#prefix}-${number}${EXTENSION}`;
    const { O_RDWR, O_CREAT, O_EXCL, O_APPEND } = constants;
    try {
      const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0o600);
      this.#parts.set(number, { path, descriptor, live: 0 });
    } catch (error) {
      throw failure(path, error);
    }
    this.#number = number;
    this.#end = 0;
  }

  /** Header and unit go together: a unit is on disk as a whole, or waits as a whole. */
  #write(unit: Uint8Array): void {
    const size = HEADER_BYTES + unit.length;
    if (this.#waiting + size > BUFFER_BYTES) this.#drain();
    if (size > BUFFER_BYTES) {
      this.#writeDisk(this.#header);
      this.#writeDisk(unit);
      return;
    }
    this.#buffer.set(this.#header, this.#waiting);
    this.#buffer.set(unit, this.#waiting + HEADER_BYTES);
    this.#waiting += size;
  }

  #drain(): void {
    if (this.#waiting > 0) this.#writeDisk(this.#buffer.subarray(0, this.#waiting));
    this.#waiting = 0;
  }

  #writeDisk(bytes: Uint8Array): void {
    const { path, descriptor } = this.#parts.get(this.#number) as Part;
    try {
      for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
    } catch (error) {
      throw failure(path, error);
    }
  }

  /** Reads header and unit, as far as `into` has room; returns the bytes found. */
  #readDisk({ path, descriptor }: Part, offset: number, into: Uint8Array): number {
    try {
      return readvSync(descriptor, [this.#header, into], offset);
    } catch (error) {
      throw failure(path, error);
    }
  }

  #readBuffer(offset: number, into: Uint8Array): number {
    const from = offset - (this.#end - this.#waiting);
    this.#buffer.copy(this.#header, 0, from, from + HEADER_BYTES);
    const start = from + HEADER_BYTES;
    return HEADER_BYTES + this.#buffer.copy(into, 0, start, this.#waiting);
  }

  #remove(number: number, { path, descriptor }: Part): void {
    this.#parts.delete(number);
    closeSync(descriptor);
    unlinkSync(path);
  }
}

export interface DiskColdFileOptions {
  /** Bytes of one file; default `COLD_LIMITS.FILE_BYTES`. */
  readonly fileBytes?: number;
  /** Bytes of all units; default `COLD_LIMITS.TOTAL_BYTES`. */
  readonly totalBytes?: number;
}

/**
 * Opens an empty cold file in `folder`, which is made if it is not there; what an earlier process left of this name is
 * deleted. `name`: letters and digits.
 */
export function openColdFile(folder: string, name: string, options: DiskColdFileOptions = {}): ColdFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const isLeft = (entry: string) => entry.startsWith(`${name}-`) && entry.endsWith(EXTENSION);
  for (const entry of readdirSync(folder).filter(isLeft)) unlinkSync(join(folder, entry));
  const { fileBytes = COLD_LIMITS.FILE_BYTES, totalBytes = COLD_LIMITS.TOTAL_BYTES } = options;
  return new DiskColdFile(join(folder, name), fileBytes, totalBytes);
}
