import { describe, expect, test } from 'vitest';
import type { TopicRecord } from '../../../../../../pipelines/log/bus.ts';
import { GROUP_LIMITS } from '../../../../../../services/log/kafka/group/limits.ts';
import { PartitionFeed } from '../../../../../../services/log/kafka/group/partition-feed.ts';
import { Supervisor } from '../../../../../../services/log/kafka/group/supervisor.ts';

const STALL_MS = GROUP_LIMITS.stallMs;

/** One partition, read up to offset 5, under a clock of our own. */
function bench(log: { readonly end: number; readonly records: readonly number[] }) {
  const clock = { nowMs: 0 };
  const feed = new PartitionFeed({ topic: 'signals', partition: 0 }, 1, 0);
  Object.assign(feed, { state: 'ready', paused: false, fetched: 5 });
  const membership = { held: () => [feed], isOpen: true, heardAtMs: 0, hasNothingToFetch: () => feed.paused };
  const supervisor = new Supervisor({
    limits: GROUP_LIMITS,
    membership,
    nowMs: () => clock.nowMs,
    bus: {
      ranges: async () => [{ begin: 0, end: log.end }],
      async *read(topic, partition, from, until): AsyncIterable<TopicRecord> {
        for (const offset of log.records) {
          if (offset < from || offset >= until) continue;
          yield { topic, partition, offset, key: null, headers: {}, value: null };
        }
      },
    },
  });
  const check = async () => (await supervisor.check())?.code;
  return { clock, feed, membership, supervisor, check };
}

describe('a consumer that reads nothing', () => {
  test('brokers that answer no fetch for longer than the limit', async () => {
    const { clock, supervisor, check } = bench({ end: 5, records: [] });
    clock.nowMs = STALL_MS;
    expect(supervisor.sinceFetchMs()).toBe(STALL_MS);
    expect(await check()).toBeUndefined();
    clock.nowMs = STALL_MS + 1;
    expect(await check()).toBe('RAS-BUS-GROUP-STALLED');
    supervisor.fetched();
    expect(await check()).toBeUndefined();
  });

  test('where all is held back, answers of the coordinator count', async () => {
    const { clock, feed, membership, supervisor, check } = bench({ end: 9, records: [7] });
    feed.paused = true;
    clock.nowMs = 2 * STALL_MS;
    membership.heardAtMs = clock.nowMs - 1;
    supervisor.looped();
    expect(supervisor.sinceFetchMs()).toBe(1);
    expect(await check()).toBeUndefined();
    membership.heardAtMs = 0;
    expect(await check()).toBe('RAS-BUS-GROUP-STALLED');
  });

  test('answers of the coordinator do not count where kafkajs stopped fetching', async () => {
    const { clock, feed, membership, check } = bench({ end: 5, records: [] });
    feed.paused = true;
    clock.nowMs = 2 * STALL_MS;
    membership.heardAtMs = clock.nowMs;
    expect(await check()).toBe('RAS-BUS-GROUP-STALLED');
  });

  test('a partition with a record that does not come, though others do', async () => {
    const { clock, feed, supervisor, check } = bench({ end: 9, records: [7] });
    clock.nowMs = STALL_MS + 1;
    supervisor.fetched();
    expect(await check()).toBe('RAS-BUS-GROUP-STALLED');
    feed.running = Promise.resolve();
    expect(await check()).toBeUndefined();
  });

  test('offsets that compaction emptied are no records', async () => {
    const { clock, supervisor, check } = bench({ end: 9, records: [4] });
    clock.nowMs = STALL_MS + 1;
    supervisor.fetched();
    expect(await check()).toBeUndefined();
  });
});
