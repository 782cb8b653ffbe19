/**
 * Record batches (version 2 of the format, that of every broker since 0.11): what one request carries for one partition.
 * kafkajs' own reader is left out here because it makes objects of many parts of every record, does not check the checksum, and
 * hides batches that compaction has emptied, at which a reader would ask for the same offset for ever.
 */
import type { NewRecord, PartitionOf, TopicRecord } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { CODEC_IDS, type Compression, codecOf, OversizeError } from './codecs.ts';
import { crc32c } from './crc32c.ts';
import { BUS_LIMITS } from './limits.ts';

/** Bytes of a batch in front of its records. */
const HEADER_BYTES = 61;
/** Offset and length, which the length does not count. */
const FRAME_BYTES = 12;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const MAX_TIMESTAMP_AT = 35;
const MAGIC = 2;
const CODEC_MASK = 0x07;
const CONTROL_MASK = 0x20;
/** A varint of 32 bits. */
const VARINT_BYTES = 5;

/** Who sends a batch, and as its how many-th record to the partition: how the broker knows a repetition. */
export interface BatchSource {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

/** Upper bound of what a record takes in a batch. */
export function recordBytes({ key, value, headers }: NewRecord): number {
  let bytes = 8 * VARINT_BYTES + (key === null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers ?? {}))
    bytes += 2 * VARINT_BYTES + Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}

class Writer {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Zigzag, seven bits a byte. */
  varint(value: number): void {
    let rest = (value << 1) ^ (value >> 31);
    while ((rest & ~0x7f) !== 0) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  /** Behind their length. */
  bytes(value: Uint8Array | null): void {
    this.varint(value === null ? -1 : value.length);
    if (value === null) return;
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

function varintBytes(value: number): number {
  let rest = (value << 1) ^ (value >> 31);
  let bytes = 1;
  while ((rest & ~0x7f) !== 0) {
    rest >>>= 7;
    bytes++;
  }
  return bytes;
}

const fieldBytes = (value: Uint8Array | null) =>
  value === null ? 1 : varintBytes(value.length) + value.length;

function encodeRecords(records: readonly NewRecord[]): Buffer {
  const writer = new Writer(
    Buffer.allocUnsafe(records.reduce((sum, record) => sum + recordBytes(record), 0)),
  );
  for (const [delta, record] of records.entries()) {
    const key = record.key === null ? null : Buffer.from(record.key);
    const headers = Object.entries(record.headers ?? {}).map(
      ([name, text]) => [Buffer.from(name), Buffer.from(text)] as const,
    );
    // Attributes and the difference in time are a zero byte each.
    let length =
      2 + varintBytes(delta) + fieldBytes(key) + fieldBytes(record.value) + varintBytes(headers.length);
    for (const [name, text] of headers) length += fieldBytes(name) + fieldBytes(text);
    writer.varint(length);
    writer.varint(0);
    writer.varint(0);
    writer.varint(delta);
    writer.bytes(key);
    writer.bytes(record.value);
    writer.varint(headers.length);
    for (const [name, text] of headers) {
      writer.bytes(name);
      writer.bytes(text);
    }
  }
  return writer.written();
}

/** One batch of these records, in their order. @throws RastroError RAS-BUS-CODEC-MISSING */
export function encodeBatch(
  records: readonly NewRecord[],
  source: BatchSource,
  compression: Compression,
  nowMs: number,
): Buffer {
  const plain = encodeRecords(records);
  const body = codecOf(CODEC_IDS[compression])?.compress(plain) ?? plain;
  const batch = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - FRAME_BYTES, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(CODEC_IDS[compression], ATTRIBUTES_AT);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(nowMs), 27);
  batch.writeBigInt64BE(BigInt(nowMs), 35);
  batch.writeBigInt64BE(source.producerId, 43);
  batch.writeInt16BE(source.producerEpoch, 51);
  batch.writeInt32BE(source.firstSequence, 53);
  batch.writeInt32BE(records.length, 57);
  body.copy(batch, HEADER_BYTES);
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES_AT), CRC_AT);
  return batch;
}

export interface ReadBatches {
  readonly records: readonly TopicRecord[];
  /** Behind the last batch that was there in full, whether or not it had records; `from` where there was none. */
  readonly next: number;
}

const NO_HEADERS = Object.freeze({});

class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  varint(): number {
    let raw = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.#bytes[this.at++] ?? 0;
      raw |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80 && shift < 35);
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** A varint of up to 64 bits that nobody asked for. */
  skipVarint(): void {
    while ((this.#bytes[this.at++] ?? 0) >= 0x80);
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    if (this.at + length > this.#bytes.length) throw new RangeError('a record that ends behind its batch');
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}

function readHeaders(reader: Reader): Readonly<Record<string, string>> {
  const count = reader.varint();
  if (count <= 0) return NO_HEADERS;
  const headers: Record<string, string> = {};
  for (let at = 0; at < count; at++) {
    const name = reader.bytes()?.toString() ?? '';
    headers[name] = reader.bytes()?.toString() ?? '';
  }
  return headers;
}

function readRecord(
  reader: Reader,
  { topic, partition }: PartitionOf,
  first: number,
  sentMs: number,
): TopicRecord {
  const length = reader.varint();
  const end = reader.at + length;
  if (length < 0 || end > reader.length) throw new RangeError('a record that ends behind its batch');
  reader.at++;
  reader.skipVarint();
  const offset = first + reader.varint();
  const key = reader.bytes()?.toString() ?? null;
  const value = reader.bytes();
  const headers = readHeaders(reader);
  reader.at = end;
  const isSmall = value !== null && value.length < BUS_LIMITS.COPIED_VALUE_BYTES;
  return { topic, partition, offset, key, headers, value: isSmall ? Buffer.from(value) : value, sentMs };
}

/**
 * The records of `batches` with from <= offset < until. The last batch may be cut off, which is how brokers answer; control
 * records are left out. A batch that would become too large is one record with a `fault`; one more is left for the next call where
 * what came before it is much already.
 * @throws Error where a batch is not what its sender wrote, or of a kind that cannot be read.
 */
export function readBatches(batches: Buffer, place: PartitionOf, from: number, until: number): ReadBatches {
  const records: TopicRecord[] = [];
  let next = from;
  let unpacked = 0;
  for (let at = 0; at + HEADER_BYTES <= batches.length && next < until; ) {
    const end = at + FRAME_BYTES + batches.readInt32BE(at + 8);
    if (end > batches.length || unpacked >= BUS_LIMITS.DECOMPRESSED_BYTES) break;
    if (batches.readInt8(at + 16) !== MAGIC) throw new RangeError('a batch of an old format');
    if (crc32c(batches, at + ATTRIBUTES_AT, end) !== batches.readUInt32BE(at + CRC_AT))
      throw new RangeError('a batch whose checksum is wrong');
    const first = Number(batches.readBigInt64BE(at));
    const last = first + batches.readInt32BE(at + 23);
    const sentMs = Number(batches.readBigInt64BE(at + MAX_TIMESTAMP_AT));
    const attributes = batches.readInt16BE(at + ATTRIBUTES_AT);
    const count = batches.readInt32BE(at + 57);
    if ((attributes & CONTROL_MASK) === 0 && count > 0) {
      const body =
        count > BUS_LIMITS.RECORDS_IN_BATCH
          ? undefined
          : plainBody(batches.subarray(at + HEADER_BYTES, end), attributes & CODEC_MASK);
      if (body === undefined) {
        if (last >= from && last < until) records.push(oversizeRecord(place, last));
      } else {
        unpacked += body.length;
        const reader = new Reader(body);
        for (let left = count; left > 0; left--) {
          const record = readRecord(reader, place, first, sentMs);
          if (record.offset >= from && record.offset < until) records.push(record);
        }
      }
    }
    next = Math.max(next, last + 1);
    at = end;
  }
  return { records, next };
}

/** Undefined where it would become too large. */
function plainBody(body: Buffer, codec: number): Buffer | undefined {
  const known = codecOf(codec);
  if (codec !== 0 && known === undefined) throw new RangeError(`a batch of codec ${codec}`);
  try {
    return known === undefined ? body : known.decompress(body);
  } catch (error) {
    if (error instanceof OversizeError) return undefined;
    throw error;
  }
}

/** Stands for a batch that is not read. */
export function oversizeRecord({ topic, partition }: PartitionOf, offset: number): TopicRecord {
  const bytes = BUS_LIMITS.DECOMPRESSED_BYTES;
  const fault = new RastroError('RAS-BUS-BATCH-TOO-LARGE', { topic, partition, offset, bytes });
  return { topic, partition, offset, key: null, headers: NO_HEADERS, value: null, fault };
}
