/**
 * A record of another topic that could not be read, as a record of the topic `rejected`: where it lay, why, its checksum, and the
 * record itself, encrypted. Its key is that place, so that whoever meets it twice says one thing twice.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { TOPIC_NAMES, TOPIC_VALUE_BYTES, type TopicName } from '../../schemas/topics.ts';
import type { NewRecord, TopicRecord } from '../log/bus.ts';
import { PieceSealer } from './vault.ts';

/** Of whose pieces these are; no institution may have an empty name. */
const NOBODY = '';
/** Bytes that sealing adds. */
const SEAL_BYTES = 64;
/** Bytes that a kept record may become when it is unpacked. */
const UNPACKED_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;

export interface RecordPlace {
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: number;
}

const count = z.coerce.number().int().min(0);

const headersOf = z.object({
  kind: z.enum(['record', 'replayed']),
  topic: z.enum(TOPIC_NAMES),
  partition: count,
  offset: count,
  code: z.string().default(''),
  /** Of the record's value, hex. */
  sha256: z.string().default(''),
  bytes: count.default(0),
  /** Of what was replayed: where it lies now. */
  at: count.optional(),
});

const head = z.object({ key: z.string().nullable(), headers: z.record(z.string(), z.string()) });

/** What is known of a record that could not be read. */
export interface RejectedRecord {
  readonly place: RecordPlace;
  readonly code: string;
  readonly sha256: string;
  readonly bytes: number;
  /** False where it was too large to be kept here: it lies in its topic alone. */
  readonly isKept: boolean;
}

/** A record was appended to its topic and partition again, at this offset. */
export interface ReplayedRecord {
  readonly place: RecordPlace;
  readonly at: number;
}

export const placeText = ({ topic, partition, offset }: RecordPlace) => `${topic}/${partition}/${offset}`;

/** The place that a text names; undefined where it names none. */
export function placeOf(text: string): RecordPlace | undefined {
  const [name, partition, offset, more] = text.split('/');
  const topic = TOPIC_NAMES.find((each) => each === name);
  const isNumber = (part: string | undefined) => part !== undefined && /^\d{1,15}$/.test(part);
  if (topic === undefined || more !== undefined || !isNumber(partition) || !isNumber(offset))
    return undefined;
  return { topic, partition: Number(partition), offset: Number(offset) };
}

const sealedPlace = (place: RecordPlace) => `record\0${placeText(place)}`;

/** `partitions`: how many the topic `rejected` has. */
export function sealRecord(
  rawKey: Uint8Array,
  record: TopicRecord,
  { code, partitions }: { readonly code: string; readonly partitions: number },
): NewRecord {
  const { topic, partition, offset, key, headers, value } = record;
  const bytes = value ?? new Uint8Array(0);
  const about = Buffer.from(JSON.stringify({ key, headers }), 'utf8');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(about.length);
  const packed = gzipSync(Buffer.concat([length, about, bytes]), { level: 1 });
  const isKept = packed.length + SEAL_BYTES <= TOPIC_VALUE_BYTES;
  const sealed = isKept ? new PieceSealer(rawKey, NOBODY).seal(sealedPlace(record), packed) : null;
  return {
    partition: partition % partitions,
    key: placeText(record),
    headers: {
      kind: 'record',
      topic,
      partition: String(partition),
      offset: String(offset),
      code,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: String(bytes.length),
    },
    value: sealed,
  };
}

export function replayedRecord(place: RecordPlace, at: number, partitions: number): NewRecord {
  const { topic, partition, offset } = place;
  return {
    partition: partition % partitions,
    key: placeText(place),
    headers: {
      kind: 'replayed',
      topic,
      partition: String(partition),
      offset: String(offset),
      at: String(at),
    },
    value: null,
  };
}

/** What a record of the topic `rejected` says of another record; undefined where it speaks of lines of a submission. */
export function rejectedRecord({ headers, value }: TopicRecord): RejectedRecord | ReplayedRecord | undefined {
  const read = headersOf.safeParse(headers);
  if (!read.success) return undefined;
  const { kind, topic, partition, offset, code, sha256, bytes, at } = read.data;
  const place = { topic, partition, offset };
  if (kind === 'record') return { place, code, sha256, bytes, isKept: value !== null };
  return at === undefined ? undefined : { place, at };
}

/** The record as it was, of one that is kept. @throws RastroError RAS-FEED-VAULT-OPEN */
export function openRecord(
  rawKey: Uint8Array,
  place: RecordPlace,
  sealed: Uint8Array,
): Pick<TopicRecord, 'key' | 'headers' | 'value'> {
  const packed = new PieceSealer(rawKey, NOBODY).open(sealedPlace(place), sealed);
  const plain = gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES });
  const end = LENGTH_BYTES + plain.readUInt32LE(0);
  const { key, headers } = head.parse(JSON.parse(plain.subarray(LENGTH_BYTES, end).toString('utf8')));
  return { key, headers, value: plain.subarray(end) };
}
