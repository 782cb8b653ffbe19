/**
 * Records of the log that could not be read, as an operator handles them: which there are, what they are, and appending them again.
 *
 * A replay appends the record, as it was, to the partition that it lay in, for a version of Rastro that can read it. What a record says
 * is told apart by its content (rows by identity, version and content; messages by key and position), so that one which two
 * operators replay at the same moment, or which a crash leaves without its note, still counts once.
 */
import { z } from 'zod';
import {
  openRecord,
  placeText,
  type RecordPlace,
  type RejectedRecord,
  rejectedRecord,
  replayedRecord,
} from '../../pipelines/ingest/rejected-record.ts';
import type { Bus, NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { aligned, BlockReader } from '../../schemas/block-reader.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES } from '../../schemas/topics.ts';

export interface LogRejectFilter {
  readonly place?: RecordPlace;
  readonly code?: string;
}

/** A record that could not be read. */
export interface LogReject extends RejectedRecord {
  /** Where the topic `rejected` has it. */
  readonly at: { readonly partition: number; readonly offset: number };
  /** Offset to which it was appended again; null where it was not. */
  readonly replayedAt: number | null;
}

/** All of them that the topic keeps, by topic, partition and offset. */
export async function logRejects(bus: Bus, filter: LogRejectFilter = {}): Promise<LogReject[]> {
  const found = new Map<string, LogReject>();
  const replayed = new Map<string, number>();
  const wanted = filter.place === undefined ? undefined : placeText(filter.place);
  for (const [partition, { begin, end }] of (await bus.ranges('rejected')).entries())
    for await (const record of bus.read('rejected', partition, begin, end)) {
      const said = rejectedRecord(record);
      if (said === undefined) continue;
      const key = placeText(said.place);
      if (wanted !== undefined && key !== wanted) continue;
      if ('at' in said) replayed.set(key, said.at);
      else if (filter.code === undefined || filter.code === said.code)
        found.set(key, { ...said, at: { partition, offset: record.offset }, replayedAt: null });
    }
  return [...found]
    .map(([key, reject]) => ({ ...reject, replayedAt: replayed.get(key) ?? null }))
    .sort(
      (a, b) =>
        a.place.topic.localeCompare(b.place.topic) ||
        a.place.partition - b.place.partition ||
        a.place.offset - b.place.offset,
    );
}

/** A row that contradicts a known one. */
export interface ContradictingRow {
  readonly institution: string;
  readonly id: string;
  readonly version: number;
}

/** Code of blocks of rows that contradict known ones; to append them again would change nothing. */
export const CONTRADICTING = 'RAS-ENGINE-CONFLICT';

const row = z.object({ institution: z.string(), id: z.string(), version: z.number() });

/** The rows of a block that is rejected because of them; none of another record. @throws as `rejectedContent` */
export async function contradictingRows(
  parts: { readonly bus: Bus; readonly rawKey: Uint8Array },
  reject: LogReject,
): Promise<ContradictingRow[]> {
  if (reject.code !== CONTRADICTING) return [];
  const { value } = await rejectedContent(parts, reject);
  const { bytes, offsets } = new BlockReader(aligned(value ?? new Uint8Array(0))).utf8('doc');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: offsets.length - 1 }, (_, i) =>
    row.parse(JSON.parse(text.toString('utf8', offsets[i], offsets[i + 1]))),
  );
}

async function recordAt(bus: Bus, { topic, partition, offset }: RecordPlace): Promise<TopicRecord> {
  const { begin = 0, end = 0 } = (await bus.ranges(topic))[partition] ?? {};
  if (offset >= begin && offset < end)
    for await (const record of bus.read(topic, partition, offset, offset + 1))
      if (record.offset === offset) return record;
  throw new RastroError('RAS-BUS-OFFSET-GONE', { topic, partition, offset });
}

/** The record as it was: as it is kept, else from its topic. @throws RastroError RAS-BUS-OFFSET-GONE, RAS-FEED-VAULT-OPEN */
export async function rejectedContent(
  parts: { readonly bus: Bus; readonly rawKey: Uint8Array },
  { place, at, isKept }: LogReject,
): Promise<Pick<TopicRecord, 'key' | 'headers' | 'value'>> {
  if (!isKept) return recordAt(parts.bus, place);
  const { value } = await recordAt(parts.bus, { topic: 'rejected', ...at });
  return openRecord(parts.rawKey, place, value ?? new Uint8Array(0));
}

/**
 * Appends the record again. Resolves to its new offset.
 * @throws RastroError RAS-ENGINE-RECORD-SIZE where no version could read it, and as `rejectedContent`
 */
export async function replayRecord(
  parts: { readonly bus: Bus; readonly rawKey: Uint8Array },
  reject: LogReject,
): Promise<number> {
  const { place, bytes } = reject;
  if (bytes > TOPIC_VALUE_BYTES)
    throw new RastroError('RAS-ENGINE-RECORD-SIZE', { bytes, limit: TOPIC_VALUE_BYTES });
  const { key, headers, value } = await rejectedContent(parts, reject);
  const again: NewRecord = { partition: place.partition, key, headers, value };
  const [offset] = await parts.bus.append(place.topic, [again]);
  const at = offset as number;
  await parts.bus.append('rejected', [replayedRecord(place, at, await parts.bus.partitionsOf('rejected'))]);
  return at;
}
