import { describe, expect, test } from 'vitest';
import type { PartitionOf, RecordBatch } from '../../../../../../pipelines/log/bus.ts';
import { Handover } from '../../../../../../services/log/kafka/group/handover.ts';
import { GROUP_LIMITS } from '../../../../../../services/log/kafka/group/limits.ts';
import { type Fetched, PartitionFeed } from '../../../../../../services/log/kafka/group/partition-feed.ts';

const BYTES = 10;

function feed(partition: number): PartitionFeed {
  return new PartitionFeed({ topic: 'transactions', partition }, 1, 0);
}

const one = (offset: number, bytes = BYTES): Fetched => ({
  records: [{ topic: 'transactions', partition: 0, offset, key: null, headers: {}, value: null }],
  bytes,
  next: offset + 1,
  end: 100,
});

/** A handover whose batches end when told; what it asked of the consumer in words. */
function bench(limits = {}) {
  const said: string[] = [];
  const batches: { batch: RecordBatch; isCurrent: () => boolean; end: (error?: Error) => Promise<void> }[] =
    [];
  const failures: unknown[] = [];
  const state = { mayWork: true };
  const names = (places: readonly PartitionOf[]) => places.map(({ partition }) => partition).join();
  const handover = new Handover({
    limits: { ...GROUP_LIMITS, partitionBufferBytes: 3 * BYTES, bufferBytes: 5 * BYTES, ...limits },
    nowMs: () => 0,
    pause: (places) => said.push(`pause ${names(places)}`),
    resume: (places) => said.push(`resume ${names(places)}`),
    seek: ({ partition }, offset) => said.push(`seek ${partition} ${offset}`),
    batch: (batch, isCurrent) =>
      new Promise((resolve, reject) => {
        const end = async (error?: Error) => {
          if (error === undefined) resolve();
          else reject(error);
          await new Promise(setImmediate);
        };
        batches.push({ batch, isCurrent, end });
      }),
    mayWork: () => state.mayWork,
    failed: (error) => failures.push(error),
  });
  const offsets = () => batches.map(({ batch }) => batch.records.map(({ offset }) => offset).join());
  return { handover, said, batches, failures, state, offsets };
}

describe('handing records over', () => {
  test('one batch at a time per partition; what came meanwhile comes together', async () => {
    const { handover, batches, offsets } = bench();
    const [a, b] = [feed(0), feed(1)];
    handover.open([a, b]);
    handover.take(a, one(0));
    handover.take(a, one(1));
    handover.take(b, one(7));
    handover.take(a, one(2));
    expect(offsets()).toEqual(['0', '7']);
    await batches[0]?.end();
    expect(offsets()).toEqual(['0', '7', '1,2']);
    expect([a.next, a.fetched]).toEqual([1, 3]);
  });

  test('a partition with enough in hand is paused, all are where all have too much', async () => {
    const { handover, said, batches } = bench();
    const [a, b] = [feed(0), feed(1)];
    handover.open([a, b]);
    for (const offset of [0, 1, 2]) handover.take(a, one(offset));
    handover.take(b, one(0));
    expect(said.splice(0)).toEqual(['seek 0 0', 'seek 1 0', 'resume 0,1', 'pause 0']);
    handover.take(b, one(1));
    expect(said.splice(0)).toEqual(['pause 1']);
    await batches[0]?.end();
    expect(said.splice(0)).toEqual(['resume 0,1']);
    expect(handover.bytes).toBe(4 * BYTES);
    for (const { end } of batches) await end();
    for (const { end } of batches) await end();
    expect(handover.bytes).toBe(0);
  });

  test('closed: what runs is not current, what waits is dropped, and the next opening starts behind the last whole batch', async () => {
    const { handover, said, batches, offsets } = bench();
    const [a, b] = [feed(0), feed(1)];
    handover.open([a, b]);
    handover.take(a, one(0));
    handover.take(a, one(1));
    handover.take(b, one(0));
    await batches[1]?.end();
    expect(batches[0]?.isCurrent()).toBe(true);
    handover.close();
    expect(batches[0]?.isCurrent()).toBe(false);
    expect([a.lost, b.lost]).toEqual([true, false]);
    await batches[0]?.end();
    expect([a.next, handover.bytes, offsets().length]).toEqual([0, 0, 2]);
    said.length = 0;
    handover.open([a, b]);
    expect(said).toEqual(['seek 0 0', 'seek 1 1', 'resume 0,1']);
    // Work of the time before stays what it was.
    expect(batches.map(({ isCurrent }) => isCurrent())).toEqual([false, false]);
  });

  test('draining: running batches may end as current ones, none begins', async () => {
    const { handover, batches, offsets } = bench();
    const a = feed(0);
    handover.open([a]);
    handover.take(a, one(0));
    handover.take(a, one(1));
    const drained = handover.drain(60_000);
    expect(batches[0]?.isCurrent()).toBe(true);
    await batches[0]?.end();
    expect(await drained).toBe(true);
    expect([a.next, offsets().length]).toEqual([1, 1]);
    handover.close();
    handover.open([a]);
    handover.take(a, one(1));
    expect(await handover.drain(1)).toBe(false);
  });

  test('nothing is current without the lease, and a batch that fails is told', async () => {
    const { handover, batches, failures, state } = bench();
    const a = feed(0);
    handover.open([a]);
    handover.take(a, one(0));
    state.mayWork = false;
    expect(batches[0]?.isCurrent()).toBe(false);
    const error = new Error('no');
    await batches[0]?.end(error);
    expect(failures).toEqual([error]);
    expect([a.next, handover.bytes]).toEqual([0, 0]);
  });
});
