/**
 * Produce (version 7) and Fetch (version 11): the highest that kafkajs speaks, there in every broker from 2.3 to 4.x. Sent over
 * kafkajs' connections, but with the record batches of `record-batch.ts`, and with an answer for each partition: kafkajs turns
 * the first partition that failed into an error and drops what it learnt of the others.
 */
import type { Protocol } from 'kafkajs/src/cluster/index.js';
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js';
import { BUS_LIMITS } from './limits.ts';

const PRODUCE = 0;
const FETCH = 1;
const ALL_IN_SYNC = -1;

class Answer {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  int64(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigInt64BE(this.#at - 8));
  }

  string(): string {
    const length = this.int16();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  list<T>(one: () => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, one);
  }
}

function numbers(bytes: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  write(buffer);
  return buffer;
}

const int32 = (value: number) => numbers(4, (buffer) => buffer.writeInt32BE(value));

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([numbers(2, (buffer) => buffer.writeInt16BE(bytes.length)), bytes]);
}

function protocol<T>(
  kind: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string },
  parts: readonly Buffer[],
  decode: (answer: Answer) => T,
): Protocol<T> {
  const buffer = Buffer.concat(parts);
  return {
    request: { ...kind, encode: async () => ({ buf: buffer, buffer }) },
    response: { decode: async (raw) => decode(new Answer(raw)), parse: async (decoded) => decoded },
    logResponseError: false,
  };
}

export type PartitionFailure = ReturnType<typeof createErrorFromCode>;

const failureOf = (code: number): PartitionFailure | undefined =>
  code === 0 ? undefined : createErrorFromCode(code);

export interface ProduceResult {
  readonly partition: number;
  readonly failure: PartitionFailure | undefined;
  /** Offset of the batch's first record. */
  readonly baseOffset: number;
}

/** One batch for each of some partitions of a topic, to their leader; acknowledged by all in-sync replicas. */
export function produceRequest(
  topic: string,
  batches: readonly { readonly partition: number; readonly batch: Buffer }[],
): Protocol<readonly ProduceResult[]> {
  const head = numbers(12, (buffer) => {
    // No transaction.
    buffer.writeInt16BE(-1, 0);
    buffer.writeInt16BE(ALL_IN_SYNC, 2);
    buffer.writeInt32BE(BUS_LIMITS.REQUEST_TIMEOUT_MS, 4);
    buffer.writeInt32BE(1, 8);
  });
  const partitions = batches.flatMap(({ partition, batch }) => [
    int32(partition),
    int32(batch.length),
    batch,
  ]);
  return protocol(
    { apiKey: PRODUCE, apiVersion: 7, apiName: 'Produce' },
    [head, string(topic), int32(batches.length), ...partitions],
    (answer) =>
      answer
        .list(() => {
          answer.string();
          return answer.list(() => {
            const partition = answer.int32();
            const failure = failureOf(answer.int16());
            const baseOffset = answer.int64();
            // When the broker wrote it, and where its log starts.
            answer.int64();
            answer.int64();
            return { partition, failure, baseOffset };
          });
        })
        .flat(),
  );
}

export interface FetchResult {
  readonly failure: PartitionFailure | undefined;
  /** Offset that the partition's next record gets, of what all in-sync replicas have. */
  readonly end: number;
  readonly batches: Buffer;
}

/** Batches of one partition from an offset on, the last perhaps cut off. */
export function fetchRequest(
  topic: string,
  partition: number,
  from: number,
  bytes: number,
): Protocol<FetchResult> {
  const head = numbers(29, (buffer) => {
    // A consumer, no replica.
    buffer.writeInt32BE(-1, 0);
    buffer.writeInt32BE(BUS_LIMITS.FETCH_WAIT_MS, 4);
    buffer.writeInt32BE(1, 8);
    buffer.writeInt32BE(bytes, 12);
    // Uncommitted records too: no role of ours writes in transactions.
    buffer.writeInt8(0, 16);
    // No fetch session.
    buffer.writeInt32BE(0, 17);
    buffer.writeInt32BE(-1, 21);
    buffer.writeInt32BE(1, 25);
  });
  const wanted = numbers(32, (buffer) => {
    buffer.writeInt32BE(1, 0);
    buffer.writeInt32BE(partition, 4);
    buffer.writeInt32BE(-1, 8);
    buffer.writeBigInt64BE(BigInt(from), 12);
    buffer.writeBigInt64BE(-1n, 20);
    buffer.writeInt32BE(bytes, 28);
  });
  return protocol(
    { apiKey: FETCH, apiVersion: 11, apiName: 'Fetch' },
    [head, string(topic), wanted, int32(0), string('')],
    (answer) => {
      answer.int32();
      const failed = failureOf(answer.int16());
      answer.int32();
      const [found] = answer
        .list(() => {
          answer.string();
          return answer.list(() => {
            answer.int32();
            const failure = failureOf(answer.int16());
            const end = answer.int64();
            answer.int64();
            answer.int64();
            answer.list(() => [answer.int64(), answer.int64()]);
            answer.int32();
            return { failure, end, batches: answer.bytes() };
          });
        })
        .flat();
      return found ?? { failure: failed, end: from, batches: Buffer.alloc(0) };
    },
  );
}
