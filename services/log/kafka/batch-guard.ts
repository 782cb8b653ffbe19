/**
 * kafkajs' reader of record batches with a limit. Of a batch that would become too large, or holds more records than anybody sends, it
 * gives one message in place of all, which the group hands on as a record with a `fault`: without it the batch would end the
 * consumer, and the one that comes after it, for as long as the topic keeps it.
 */
import { createRequire } from 'node:module';
import { OversizeError } from './codecs.ts';
import { BUS_LIMITS } from './limits.ts';

const DECODER = 'kafkajs/src/protocol/recordBatch/v0/decoder.js';
/** Offset and length, which the length does not count. */
const FRAME_BYTES = 12;
const HEADER_BYTES = 61;

/** kafkajs' own: bytes, and how far they were read. */
interface Bytes {
  readonly buffer: Buffer;
  readonly offset: number;
  forward(bytes: number): void;
}
type DecodeBatch = (bytes: Bytes) => Promise<{ readonly records: readonly object[] }>;

const oversize = new WeakSet<object>();

/** Whether a message stands for a batch that was not read. */
export function isOversize(message: object): boolean {
  return oversize.has(message);
}

function standInOf(head: Buffer): { readonly records: readonly object[] } {
  const firstOffset = head.readBigInt64BE(0);
  const lastOffsetDelta = head.readInt32BE(23);
  const batchContext = {
    firstOffset: String(firstOffset),
    lastOffsetDelta,
    maxTimestamp: String(head.readBigInt64BE(35)),
    inTransaction: false,
    isControlBatch: false,
    magicByte: 2,
  };
  const message = {
    magicByte: 2,
    attributes: 0,
    timestamp: batchContext.maxTimestamp,
    offset: String(firstOffset + BigInt(lastOffsetDelta)),
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    batchContext,
  };
  oversize.add(message);
  return { ...batchContext, records: [message] };
}

/** Before anything is fetched: kafkajs loads the reader with its first fetch. Again does no harm. */
export function guardBatches(): void {
  const require = createRequire(import.meta.url);
  const place = require.resolve(DECODER);
  const decode = require(place) as DecodeBatch;
  const loaded = require.cache[place];
  if (loaded === undefined || decode === guarded) return;
  inner = decode;
  loaded.exports = guarded;
}

let inner: DecodeBatch = () => Promise.reject(new Error('the reader of kafkajs was not found'));

async function guarded(bytes: Bytes): ReturnType<DecodeBatch> {
  const batch = bytes.buffer.subarray(bytes.offset);
  const length = batch.length >= HEADER_BYTES ? FRAME_BYTES + batch.readInt32BE(8) : Number.POSITIVE_INFINITY;
  if (length <= batch.length && batch.readInt32BE(57) > BUS_LIMITS.RECORDS_IN_BATCH) {
    bytes.forward(length);
    return standInOf(batch);
  }
  try {
    return await inner(bytes);
  } catch (error) {
    if (error instanceof OversizeError) return standInOf(batch);
    throw error;
  }
}
