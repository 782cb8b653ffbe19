/**
 * The file log: append-only segments of checksummed records.
 *
 * Segment file `<first offset, 16 digits>.log`; a record is a 24-byte head and the payload:
 *
 *   0  magic   u32 LE  0x52535452
 *   4  kind    u32 LE  index into RECORD_KINDS
 *   8  offset  u64 LE
 *  16  length  u32 LE  bytes of the payload
 *  20  crc32   u32 LE  over bytes 4..19 of the head and the payload
 *
 * A record is durable when `append` resolves: written, then synced (`fdatasync`), each one; there is no other policy, because
 * a block is an acknowledgement. Where each record begins is held in memory, 8 bytes a record, found when the log is opened:
 * every record is read and checked then anyway. Invariant: everything before a record that
 * checks out was written completely, so opening truncates the last segment after its last good record (a torn tail is
 * a record that was never acknowledged). A bad record anywhere else is corruption and refuses to open.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  type BlockLog,
  LOG_LIMITS,
  type LogRecord,
  RECORD_KINDS,
  type RecordKind,
} from '../../../pipelines/log/port.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { makeFolder } from '../../config/folder.ts';

const MAGIC = 0x52535452;
const HEAD_BYTES = 24;

interface Segment {
  readonly path: string;
  readonly first: number;
  bytes: number;
  /** Where its records begin, in their order. */
  readonly positions: number[];
}

function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.log`;
}

function encodeHead(kind: number, offset: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(kind, 4);
  head.writeBigUInt64LE(BigInt(offset), 8);
  head.writeUInt32LE(payload.byteLength, 16);
  head.writeUInt32LE(crc32(payload, crc32(head.subarray(4, 20))), 20);
  return head;
}

/** One record at `position`; `torn` when the bytes there are not a whole, checked record. */
async function readRecord(
  file: FileHandle,
  position: number,
  size: number,
): Promise<LogRecord | 'end' | 'torn'> {
  if (position === size) return 'end';
  if (position + HEAD_BYTES > size) return 'torn';
  const head = Buffer.alloc(HEAD_BYTES);
  await file.read(head, 0, HEAD_BYTES, position);
  const length = head.readUInt32LE(16);
  if (head.readUInt32LE(0) !== MAGIC || length > LOG_LIMITS.RECORD_BYTES) return 'torn';
  if (position + HEAD_BYTES + length > size) return 'torn';
  const payload = Buffer.alloc(length);
  await file.read(payload, 0, length, position + HEAD_BYTES);
  if (crc32(payload, crc32(head.subarray(4, 20))) !== head.readUInt32LE(20)) return 'torn';
  const kind = RECORD_KINDS[head.readUInt32LE(4)];
  if (kind === undefined) return 'torn';
  return { offset: Number(head.readBigUInt64LE(8)), kind, payload };
}

/** True if a whole record stands somewhere after `position`: then the bytes there are damage, not a torn tail. */
async function holdsRecordAfter(file: FileHandle, position: number, size: number): Promise<boolean> {
  const rest = Buffer.alloc(size - position);
  await file.read(rest, 0, rest.length, position);
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC, 0);
  for (let at = rest.indexOf(magic, 1); at !== -1; at = rest.indexOf(magic, at + 1)) {
    const record = await readRecord(file, position + at, size);
    if (record !== 'end' && record !== 'torn') return true;
  }
  return false;
}

/** Walks a segment and notes its records; its bytes end behind the last good one. Returns the offset that follows it. */
async function scanSegment(segment: Segment, isLast: boolean): Promise<number> {
  const file = await open(segment.path, 'r');
  try {
    const { size } = await file.stat();
    let position = 0;
    let next = segment.first;
    for (;;) {
      const record = await readRecord(file, position, size);
      segment.bytes = position;
      if (record === 'end') return next;
      if (record === 'torn' || record.offset !== next) {
        const isTail = isLast && record === 'torn' && !(await holdsRecordAfter(file, position, size));
        if (isTail) return next;
        throw new RastroError('RAS-ENGINE-LOG-CORRUPT', { file: segmentName(segment.first), position });
      }
      segment.positions.push(position);
      position += HEAD_BYTES + record.payload.byteLength;
      next++;
    }
  } finally {
    await file.close();
  }
}

/** Names of the segment files, in the order of their records. */
async function segmentFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((entry) => /^\d{16}\.log$/.test(entry)).sort();
}

/**
 * Reads a log that another process may be writing, and changes nothing: up to the first record that is not whole. Yields
 * nothing where there is no log.
 */
export async function* readFileLog(folder: string): AsyncIterable<LogRecord> {
  if (!existsSync(folder)) return;
  for (const name of await segmentFiles(folder)) {
    const file = await open(join(folder, name), 'r');
    try {
      const { size } = await file.stat();
      for (let position = 0; ; ) {
        const record = await readRecord(file, position, size);
        if (record === 'end') break;
        if (record === 'torn') return;
        position += HEAD_BYTES + record.payload.byteLength;
        yield record;
      }
    } finally {
      await file.close();
    }
  }
}

/** Opens, or creates, the log in `folder`. Errors: `RAS-ENGINE-LOG-CORRUPT`, `RAS-CONFIG-FOLDER`. */
export async function openFileLog(folder: string, name: string): Promise<BlockLog> {
  makeFolder(folder);
  const names = await segmentFiles(folder);
  const segments: Segment[] = names.map((entry) => ({
    path: join(folder, entry),
    first: Number(entry.slice(0, 16)),
    bytes: 0,
    positions: [],
  }));
  let end = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.first !== end) {
      throw new RastroError('RAS-ENGINE-LOG-CORRUPT', { file: segmentName(segment.first), position: 0 });
    }
    const isLast = index === segments.length - 1;
    end = await scanSegment(segment, isLast);
    if (isLast) await truncate(segment.path, segment.bytes);
  }
  return new FileLog(folder, name, segments, end);
}

/** Writes all bytes of the pieces: a system may take a part of them, as it does where the disk is nearly full. */
async function writeFully(file: FileHandle, pieces: readonly Uint8Array[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev([...pieces], position);
  const all = pieces.reduce((bytes, piece) => bytes + piece.byteLength, 0);
  if (bytesWritten === all) return;
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let at = 0; at < rest.length; ) {
    at += (await file.write(rest, at, rest.length - at, position + bytesWritten + at)).bytesWritten;
  }
}

class FileLog implements BlockLog {
  readonly name: string;
  readonly #folder: string;
  readonly #segments: Segment[];
  #end: number;
  #writer: FileHandle | undefined;
  /** Descriptors for `readPart`, by segment: a segment is a quarter of a gigabyte, so they are few. */
  readonly #readers = new Map<Segment, number>();

  constructor(folder: string, name: string, segments: Segment[], end: number) {
    this.#folder = folder;
    this.name = name;
    this.#segments = segments;
    this.#end = end;
  }

  get end(): number {
    return this.#end;
  }

  async append(kind: RecordKind, payload: Uint8Array): Promise<number> {
    if (payload.byteLength > LOG_LIMITS.RECORD_BYTES) {
      throw new RastroError('RAS-ENGINE-LOG-RECORD-TOO-LARGE', {
        bytes: payload.byteLength,
        limit: LOG_LIMITS.RECORD_BYTES,
      });
    }
    const { segment, file } = await this.#segmentForAppend();
    const offset = this.#end;
    await writeFully(file, [encodeHead(RECORD_KINDS.indexOf(kind), offset, payload), payload], segment.bytes);
    await file.datasync();
    segment.positions.push(segment.bytes);
    segment.bytes += HEAD_BYTES + payload.byteLength;
    this.#end++;
    return offset;
  }

  async #segmentForAppend(): Promise<{ segment: Segment; file: FileHandle }> {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < LOG_LIMITS.SEGMENT_BYTES) {
      this.#writer ??= await open(last.path, 'r+');
      return { segment: last, file: this.#writer };
    }
    await this.#writer?.close();
    const path = join(this.#folder, segmentName(this.#end));
    const segment: Segment = { path, first: this.#end, bytes: 0, positions: [] };
    this.#writer = await open(segment.path, 'wx+');
    // The new name must survive a crash too, not only the bytes.
    const folder = await open(this.#folder, 'r');
    await folder.sync();
    await folder.close();
    this.#segments.push(segment);
    return { segment, file: this.#writer };
  }

  async *read(offset: number): AsyncIterable<LogRecord> {
    const end = this.#end;
    for (const [index, segment] of this.#segments.entries()) {
      const following = this.#segments[index + 1];
      if (following !== undefined && following.first <= offset) continue;
      // What is appended while this reads, in this segment or in a new one, is not its.
      if (segment.first >= end) return;
      const file = await open(segment.path, 'r');
      try {
        const from = Math.max(0, offset - segment.first);
        for (const position of segment.positions.slice(from, end - segment.first)) {
          const record = await readRecord(file, position, segment.bytes);
          if (record === 'end' || record === 'torn') {
            throw new RastroError('RAS-ENGINE-LOG-CORRUPT', { file: segmentName(segment.first), position });
          }
          yield record;
        }
      } finally {
        await file.close();
      }
    }
  }

  readPart(offset: number, start: number, length: number): Uint8Array {
    const segment = this.#segments.findLast(({ first }) => first <= offset);
    const position = segment?.positions[offset - segment.first];
    if (segment === undefined || position === undefined) throw new RangeError(`no record at ${offset}`);
    // Of a length that leads into the next record nothing would be noticed: its head is bytes like any.
    const end = segment.positions[offset - segment.first + 1] ?? segment.bytes;
    if (start < 0 || length < 0 || position + HEAD_BYTES + start + length > end) {
      throw new RangeError(`no ${length} bytes at ${start} of record ${offset}`);
    }
    let reader = this.#readers.get(segment);
    if (reader === undefined) {
      reader = openSync(segment.path, 'r');
      this.#readers.set(segment, reader);
    }
    const part = new Uint8Array(length);
    if (readSync(reader, part, 0, length, position + HEAD_BYTES + start) !== length) {
      throw new RastroError('RAS-ENGINE-LOG-CORRUPT', { file: segmentName(segment.first), position });
    }
    return part;
  }

  async close(): Promise<void> {
    for (const reader of this.#readers.values()) closeSync(reader);
    this.#readers.clear();
    await this.#writer?.close();
    this.#writer = undefined;
  }
}
