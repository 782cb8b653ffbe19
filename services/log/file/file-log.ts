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
 * A record is durable when `append` resolves: written, then fsynced. Invariant: everything before a record that
 * checks out was written completely, so opening truncates the last segment after its last good record (a torn tail is
 * a record that was never acknowledged). A bad record anywhere else is corruption and refuses to open.
 */
import { type FileHandle, mkdir, open, readdir, truncate } from 'node:fs/promises';
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

const MAGIC = 0x52535452;
const HEAD_BYTES = 24;

interface Segment {
  readonly path: string;
  readonly first: number;
  bytes: number;
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

/** Walks a segment. Returns the byte position after its last good record and the offset that follows it. */
async function scanSegment(segment: Segment, isLast: boolean): Promise<{ bytes: number; next: number }> {
  const file = await open(segment.path, 'r');
  try {
    const { size } = await file.stat();
    let position = 0;
    let next = segment.first;
    for (;;) {
      const record = await readRecord(file, position, size);
      if (record === 'end') return { bytes: position, next };
      if (record === 'torn' || record.offset !== next) {
        const isTail = isLast && record === 'torn' && !(await holdsRecordAfter(file, position, size));
        if (isTail) return { bytes: position, next };
        throw new RastroError('RAS-ENGINE-LOG-CORRUPT', { file: segmentName(segment.first), position });
      }
      position += HEAD_BYTES + record.payload.byteLength;
      next++;
    }
  } finally {
    await file.close();
  }
}

/** Opens, or creates, the log in `folder`. Errors: `RAS-ENGINE-LOG-CORRUPT`. */
export async function openFileLog(folder: string, name: string): Promise<BlockLog> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((entry) => /^\d{16}\.log$/.test(entry)).sort();
  const segments: Segment[] = names.map((entry) => ({
    path: join(folder, entry),
    first: Number(entry.slice(0, 16)),
    bytes: 0,
  }));
  let end = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.first !== end) {
      throw new RastroError('RAS-ENGINE-LOG-CORRUPT', { file: segmentName(segment.first), position: 0 });
    }
    const isLast = index === segments.length - 1;
    const scanned = await scanSegment(segment, isLast);
    segment.bytes = scanned.bytes;
    end = scanned.next;
    if (isLast) await truncate(segment.path, scanned.bytes);
  }
  return new FileLog(folder, name, segments, end);
}

class FileLog implements BlockLog {
  readonly name: string;
  readonly #folder: string;
  readonly #segments: Segment[];
  #end: number;
  #writer: FileHandle | undefined;

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
    const segment = await this.#segmentForAppend();
    const offset = this.#end;
    const head = encodeHead(RECORD_KINDS.indexOf(kind), offset, payload);
    await this.#writer?.writev([head, payload], segment.bytes);
    await this.#writer?.datasync();
    segment.bytes += HEAD_BYTES + payload.byteLength;
    this.#end++;
    return offset;
  }

  async #segmentForAppend(): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < LOG_LIMITS.SEGMENT_BYTES) {
      this.#writer ??= await open(last.path, 'r+');
      return last;
    }
    await this.#writer?.close();
    const segment: Segment = { path: join(this.#folder, segmentName(this.#end)), first: this.#end, bytes: 0 };
    this.#writer = await open(segment.path, 'wx+');
    // The new name must survive a crash too, not only the bytes.
    const folder = await open(this.#folder, 'r');
    await folder.sync();
    await folder.close();
    this.#segments.push(segment);
    return segment;
  }

  async *read(offset: number): AsyncIterable<LogRecord> {
    const end = this.#end;
    for (const [index, segment] of this.#segments.entries()) {
      const following = this.#segments[index + 1];
      if (following !== undefined && following.first <= offset) continue;
      const file = await open(segment.path, 'r');
      try {
        let position = 0;
        while (position < segment.bytes) {
          const record = await readRecord(file, position, segment.bytes);
          if (record === 'end' || record === 'torn') {
            throw new RastroError('RAS-ENGINE-LOG-CORRUPT', { file: segmentName(segment.first), position });
          }
          position += HEAD_BYTES + record.payload.byteLength;
          if (record.offset >= end) return;
          if (record.offset >= offset) yield record;
        }
      } finally {
        await file.close();
      }
    }
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
  }
}
