import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { threadFile } from '../../../services/threads/detect-pool.ts';
import { RING_RECORD_BYTES_MAX } from '../../../services/threads/limits.ts';
import { allocateRing, RingReader, type RingRecord, RingWriter } from '../../../services/threads/ring.ts';

const RING_MODULE = threadFile('ring').href;

/** Words of the control block in which the counters lie (`ring.ts`). */
const COUNTERS = [0, 16];

/** A ring whose counters stand where they would after so many bytes. */
function ringAfter(bytes: number, capacity: number): SharedArrayBuffer {
  const ring = allocateRing(capacity);
  const control = new Int32Array(ring, 0, 64);
  for (const word of COUNTERS) control[word] = bytes | 0;
  return ring;
}

const bytesOf = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) ^ seed) >>> 24);

interface Sent {
  readonly kind: number;
  readonly bytes: Uint8Array;
}
const record = (lengthMax: number): fc.Arbitrary<Sent> =>
  fc
    .tuple(fc.integer(), fc.nat(lengthMax), fc.nat())
    .map(([kind, length, seed]) => ({ kind, bytes: bytesOf(length, seed) }));

/** Reads `count` records without ever sleeping on the ring. */
async function taken(reader: RingReader, count: number): Promise<RingRecord[]> {
  const records: RingRecord[] = [];
  while (records.length < count) {
    const next = reader.take();
    if (next === undefined) await delay(0);
    else records.push(next);
  }
  return records;
}

async function sendAll(writer: RingWriter, records: readonly Sent[]): Promise<void> {
  for (const { kind, bytes } of records) expect(await writer.write(kind, bytes)).toBe(true);
}

const plain = (records: readonly Sent[]) =>
  records.map(({ kind, bytes }) => ({ kind, bytes: Buffer.from(bytes).toString('hex') }));

describe('a ring', () => {
  test('gives back what was written, in order, wherever its end falls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(64, 100, 256, 4_096),
        // Counters of bytes begin near where 32 bits end, or anywhere.
        fc.oneof(
          fc.nat(300).map((short) => 2 ** 32 - short),
          fc.nat(),
        ),
        fc.array(record(150), { minLength: 1, maxLength: 12 }),
        async (capacity, after, records) => {
          const ring = ringAfter(after, capacity);
          const reading = taken(new RingReader(ring), records.length);
          await sendAll(new RingWriter(ring), records);
          expect(plain(await reading)).toEqual(plain(records));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('carries records both ways between two threads, and the reader sleeps in between', async () => {
    // The worker sleeps on one ring and writes what it gets into the other.
    const echo = `
      const { workerData } = require('node:worker_threads');
      import(${JSON.stringify(RING_MODULE)}).then(async ({ RingReader, RingWriter }) => {
        const reader = new RingReader(workerData.there);
        const writer = new RingWriter(workerData.back);
        for (let record = reader.read(); record !== null; record = reader.read())
          await writer.write(record.kind, record.bytes);
      });`;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(64, 1_024, 65_536),
        fc.array(record(2_000), { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        async (capacity, records, pauses) => {
          const there = ringAfter(2 ** 32 - 1_000, capacity);
          const back = ringAfter(2 ** 31 - 1_000, capacity);
          const worker = new Worker(echo, { eval: true, workerData: { there, back } });
          const ended = once(worker, 'exit');
          const writer = new RingWriter(there);
          const reading = taken(new RingReader(back), records.length);
          for (const { kind, bytes } of records) {
            if (pauses) await delay(2);
            expect(await writer.write(kind, bytes)).toBe(true);
          }
          writer.close();
          expect(plain(await reading)).toEqual(plain(records));
          expect(await ended).toEqual([0]);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('that is full holds its writer back while the event loop goes on', async () => {
    const ring = allocateRing(64);
    const writer = new RingWriter(ring);
    // Eight bytes of header each: two records of 24 bytes fill the 64.
    await sendAll(writer, [
      { kind: 1, bytes: bytesOf(24, 1) },
      { kind: 2, bytes: bytesOf(24, 2) },
    ]);
    let isIn = false;
    const third = writer.write(3, bytesOf(24, 3)).then((wasRead) => {
      isIn = wasRead;
    });
    let turns = 0;
    for (; turns < 10; turns++) await delay(2);
    expect(isIn).toBe(false);
    await expect(writer.write(4, bytesOf(1, 4))).rejects.toThrow('another record');
    const reader = new RingReader(ring);
    expect(reader.take()?.kind).toBe(1);
    await third;
    expect(isIn).toBe(true);
    expect([reader.take()?.kind, reader.take()?.kind, reader.take()]).toEqual([2, 3, undefined]);
  });

  test('that is closed is read to its end; what was half written is dropped', async () => {
    const ring = allocateRing(64);
    const writer = new RingWriter(ring);
    await sendAll(writer, [{ kind: 5, bytes: bytesOf(10, 5) }]);
    const half = writer.write(6, bytesOf(500, 6));
    writer.abandon();
    writer.close();
    expect(await half).toBe(false);
    const reader = new RingReader(ring);
    expect(reader.read()?.kind).toBe(5);
    expect(reader.read()).toBeNull();
    await expect(writer.write(7, bytesOf(1, 7))).rejects.toThrow('closed');
  });

  test('an empty record is a record', async () => {
    const ring = allocateRing(64);
    await sendAll(new RingWriter(ring), [{ kind: -1, bytes: new Uint8Array(0) }]);
    expect(new RingReader(ring).read()).toEqual({ kind: -1, bytes: new Uint8Array(0) });
  });

  test('refuses sizes that it cannot have, and a record over the limit', async () => {
    for (const bytes of [0, 63, 2 ** 31, Number.NaN]) expect(() => allocateRing(bytes)).toThrow(RangeError);
    // Larger than the limit without being made.
    const tooLong = Object.defineProperty(new Uint8Array(1), 'length', { value: RING_RECORD_BYTES_MAX + 1 });
    await expect(new RingWriter(allocateRing(64)).write(0, tooLong)).rejects.toThrow(RangeError);
  });
});
