/**
 * `ColdFile` on disk: append-only files of units, each behind its length and checksum.
 *
 * It is a cache of what the log holds. Hence no fsync, and files that a crash left behind are deleted when the next process
 * begins. One process at a time uses a folder: the lock of the workspace sees to that.
 *
 * A checkpoint holds on to the files by a second link to each and by how long the last one was. Bytes of units never change and
 * files only grow, so that whoever goes on from it cuts off what came later and has the units that were there; that the file at
 * hand deletes its link when nothing of it is asked for any more does not touch the other one.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readvSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CheckpointDamage } from '../../pipelines/recovery/checkpoint-image.ts';
import { COLD_LIMITS, type ColdFile } from '../../pipelines/state/cold-file.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { makeFolder } from '../config/folder.ts';

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

/** Which units there were. */
export interface ColdMark {
  readonly fileBytes: number;
  /** The last part, or -1, and how long it was. */
  readonly last: number;
  readonly end: number;
  /** Number of each part, the bytes of its units that were not released, and how long it was. */
  readonly parts: readonly (readonly [number: number, live: number, bytes: number])[];
}

export interface DiskColdFile extends ColdFile {
  /**
   * Fills `into` with bytes of the unit at `position` from `start` on, all of which are within it. Its checksum is over all of it and
   * not looked at: for units in which the caller knows its way.
   */
  readPart(position: number, start: number, into: Uint8Array): void;
  /** Links to the files of all units that are there, in a folder of the same disk. */
  link(folder: string): ColdMark;
}

/** Two names of one file; where the file system has no such thing, a copy of it. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EXDEV' && code !== 'EMLINK') throw error;
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
}

const partName = (name: string, number: number): string => `${name}-${number}${EXTENSION}`;

type Bounds = Required<Omit<DiskColdFileOptions, 'from' | 'onDamage'>> & { readonly onDamage: () => void };

class DiskFile implements DiskColdFile {
  readonly #folder: string;
  readonly #name: string;
  readonly #onDamage: () => void;
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
  readonly #inParts: boolean;

  constructor(folder: string, name: string, { fileBytes, totalBytes, onDamage, inParts }: Bounds) {
    this.#folder = folder;
    this.#name = name;
    this.#onDamage = onDamage;
    this.#fileBytes = fileBytes;
    this.#totalBytes = totalBytes;
    this.#inParts = inParts;
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
    this.#header.writeUInt32LE(this.#inParts ? 0 : crc32(unit), 4);
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
      this.#onDamage();
      throw new RastroError('RAS-ENGINE-STATE-DAMAGED', { file: part.path, position: offset });
    }
    return length;
  }

  readPart(position: number, start: number, into: Uint8Array): void {
    const number = Math.floor(position / this.#fileBytes);
    const part = this.#parts.get(number);
    if (part === undefined) throw new RangeError(`no unit at ${position}`);
    const unitAt = position - number * this.#fileBytes;
    const offset = unitAt + HEADER_BYTES + start;
    const written = number === this.#number ? this.#end - this.#waiting : this.#fileBytes;
    if (unitAt < written) {
      if (this.#readAt(part, offset, [into]) === into.length) return;
      this.#onDamage();
      throw new RastroError('RAS-ENGINE-STATE-DAMAGED', { file: part.path, position: offset });
    }
    const from = offset - written;
    this.#buffer.copy(into, 0, from, from + into.length);
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

  link(folder: string): ColdMark {
    this.#drain();
    for (const number of this.#parts.keys()) {
      const name = partName(this.#name, number);
      try {
        linkOrCopy(join(this.#folder, name), join(folder, name));
      } catch (error) {
        throw failure(join(folder, name), error);
      }
    }
    const parts = Array.from(
      this.#parts,
      ([number, { live, descriptor }]) => [number, live, fstatSync(descriptor).size] as const,
    );
    return { fileBytes: this.#fileBytes, last: this.#number, end: this.#end, parts };
  }

  /** Goes on with the units that were there when `mark` was made; the file is empty so far. */
  goOn({ folder, mark }: ColdOrigin): void {
    if (mark.fileBytes !== this.#fileBytes)
      throw new CheckpointDamage(`${this.#name}: files of another size`);
    for (const [number, live, bytes] of mark.parts) {
      const name = partName(this.#name, number);
      const path = join(this.#folder, name);
      linkOrCopy(join(folder, name), path);
      const descriptor = openSync(path, constants.O_RDWR | constants.O_APPEND);
      this.#parts.set(number, { path, descriptor, live });
      this.#live += live;
      if (fstatSync(descriptor).size < bytes) throw new CheckpointDamage(`${name} is too short`);
      ftruncateSync(descriptor, bytes);
    }
    this.#number = mark.last;
    this.#end = mark.end;
  }

  #begin(): void {
    this.#drain();
    const before = this.#parts.get(this.#number);
    if (before?.live === 0) this.#remove(this.#number, before);
    const number = this.#number + 1;
    const path = join(this.#folder, partName(this.#name, number));
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
  #readDisk(part: Part, offset: number, into: Uint8Array): number {
    return this.#readAt(part, offset, [this.#header, into]);
  }

  #readAt({ path, descriptor }: Part, offset: number, into: readonly Uint8Array[]): number {
    try {
      return readvSync(descriptor, into, offset);
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
  /** What to go on with; default: nothing. */
  readonly from?: ColdOrigin | undefined;
  /** Units are read by `readPart` alone, and have no checksum: nobody would look at it. */
  readonly inParts?: boolean;
  /** Called before a unit that is damaged is refused. */
  readonly onDamage?: (() => void) | undefined;
}

/** Where a checkpoint has its links, and which units there are. */
export interface ColdOrigin {
  readonly folder: string;
  readonly mark: ColdMark;
}

/**
 * Opens a cold file in `folder`, which is made if it is not there; what an earlier process left of this name is deleted.
 * `name`: letters and digits. It is empty, or has the units of a checkpoint.
 * @throws CheckpointDamage where these are not there; RastroError RAS-CONFIG-FOLDER
 */
export function openColdFile(folder: string, name: string, options: DiskColdFileOptions = {}): DiskColdFile {
  makeFolder(folder);
  const isLeft = (entry: string) => entry.startsWith(`${name}-`) && entry.endsWith(EXTENSION);
  for (const entry of readdirSync(folder).filter(isLeft)) unlinkSync(join(folder, entry));
  const {
    fileBytes = COLD_LIMITS.FILE_BYTES,
    totalBytes = COLD_LIMITS.TOTAL_BYTES,
    inParts = false,
    from,
    onDamage = () => undefined,
  } = options;
  const file = new DiskFile(folder, name, { fileBytes, totalBytes, inParts, onDamage });
  if (from === undefined) return file;
  try {
    file.goOn(from);
    return file;
  } catch (error) {
    file.close();
    if (error instanceof CheckpointDamage) throw error;
    throw new CheckpointDamage(`${name}: ${(error as Error).message}`);
  }
}
