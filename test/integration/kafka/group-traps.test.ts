/** What kafkajs is known to do to consumers, and what guards against it; the table is in services/log/kafka/group/README.md. */
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Consumer } from 'kafkajs';
import { afterAll, describe, expect, test } from 'vitest';
import type { Membership } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { kafkaVersions, sharedKafka } from '../../support/kafka/shared.ts';
import { Books, probe } from '../../support/kafka-group/probe.ts';
import { QUICK, Scene, until } from '../../support/kafka-group/scene.ts';

const versions = (await kafkaVersions()).filter(
  (version) => version === 4 || process.env['RASTRO_KAFKA'] === 'both',
);

const codeOf = (membership: Membership): Promise<string> =>
  membership.ended.then(
    () => 'ended by leaving',
    (error: unknown) => (RastroError.is(error) ? error.code : String(error)),
  );

const heldBy = (books: Books, member: string) =>
  books.tenures.filter((tenure) => tenure.held && tenure.member === member).map(({ place }) => place);

describe.each(versions)('traps of kafkajs, on Kafka %i', (version) => {
  const scenes: Scene[] = [];
  const scene = async (options: object = {}) => {
    const { brokers } = await sharedKafka(version);
    const made = await Scene.make({ brokers, partitions: 2, ...options });
    scenes.push(made);
    return made;
  };
  afterAll(async () => {
    await Promise.all(scenes.map((each) => each.close()));
  });

  test.concurrent('a handler that still runs when its partition goes is not current, and its records come again', async () => {
    const at = await scene();
    const books = new Books();
    await at.append(10);
    let let_go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      let_go = resolve;
    });
    const seen: boolean[] = [];
    const slow = at.join(
      probe('slow', books, {
        work: async (_, isCurrent) => {
          seen.push(isCurrent());
          await held;
          seen.push(isCurrent());
        },
      }),
      { drainMs: 500 },
    );
    await until('all its partitions are at work', () => seen.length === 4);
    const other = at.join(probe('other', books));
    await until('the other has its share', () => heldBy(books, 'other').length === 2);
    expect(seen).toEqual([true, true, true, true]);
    let_go();
    await until('all is read', () => books.missing(at.ends).length === 0);
    expect(seen.slice(4, 8)).toEqual([false, false, false, false]);
    await Promise.all([slow.leave(), other.leave()]);
    expect(books.faults).toEqual([]);
  });

  test.concurrent('a handler slower than the session costs no membership, and the other partitions go on', async () => {
    const at = await scene();
    const books = new Books();
    await at.append(10);
    let seen = 0;
    let wasSlow = false;
    const membership = at.join(
      probe('one', books, {
        work: async ({ topic, partition }, isCurrent) => {
          if (wasSlow || topic !== 'transactions' || partition !== 0) return;
          wasSlow = true;
          for (const end = performance.now() + 1.3 * (QUICK.sessionMs as number); performance.now() < end; ) {
            await pause(100);
            if (isCurrent()) seen++;
          }
        },
      }),
    );
    await until('the others are read', () => books.missing(at.ends).join() === 'transactions-0');
    await at.append(10);
    await until('they are read on', () => books.missing(at.ends).join() === 'transactions-0');
    await until('the slow one too', () => books.missing(at.ends).length === 0);
    await membership.leave();
    expect(seen).toBeGreaterThan(20);
    expect(books.calls).toMatchObject({ assigned: 1, revoked: 1 });
    expect(books.faults).toEqual([]);
  });

  test.concurrent('what waits in memory is bounded, however much there is', async () => {
    const bytes = 64 * 1024;
    const at = await scene({ partitions: 4 });
    for (let i = 0; i < 20; i++) await at.append(1, bytes);
    const books = new Books();
    let let_go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      let_go = resolve;
    });
    let batchMax = 0;
    let inHand = 0;
    let inHandMax = 0;
    const membership = at.join(
      probe('one', books, {
        work: async ({ records }) => {
          const size = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
          batchMax = Math.max(batchMax, size);
          inHand += size;
          inHandMax = Math.max(inHandMax, inHand);
          await held;
          inHand -= size;
        },
      }),
      {
        partitionBufferBytes: 4 * bytes,
        partitionFetchBytes: 2 * bytes,
        fetchBytes: 8 * bytes,
        bufferBytes: 8 * bytes,
      },
    );
    await until('it is full', () => books.calls.batches >= 4);
    const fetches = membership.sinceFetchMs();
    expect(fetches).toBeLessThan(QUICK.stallMs as number);
    // Nothing is fetched any more: what is in hand stays what it is, and heartbeats keep the membership.
    await pause(1_000);
    expect(inHandMax).toBeLessThanOrEqual(8 * bytes + 8 * bytes + 2 * bytes);
    let_go();
    await until('all is read', () => books.missing(at.ends).length === 0);
    expect(batchMax).toBeLessThanOrEqual(4 * bytes + 2 * bytes);
    await membership.leave();
    expect(books.calls.assigned).toBe(1);
    expect(books.faults).toEqual([]);
  });

  test.concurrent('members of another protocol: refused, and said so', async () => {
    const at = await scene();
    // kafkajs by itself may end where the first coordinator of a fresh broker is still being made.
    await until('there is a coordinator', () =>
      at.coordinator().then(
        () => true,
        () => false,
      ),
    );
    const stranger = at.kafka.consumer({ groupId: `${at.prefix}workers` });
    await stranger.connect();
    await stranger.subscribe({ topics: at.topics.map((topic) => at.nameOf(topic)) });
    let joined = false;
    stranger.on(stranger.events.GROUP_JOIN, () => {
      joined = true;
    });
    await stranger.run({ eachMessage: async () => undefined });
    await until('the stranger is in', () => joined);
    const membership = at.join(probe('one', new Books()));
    expect(await codeOf(membership)).toBe('RAS-BUS-GROUP-VERSION');
    await stranger.disconnect();
  });

  test.concurrent('members that read other topics: refused', async () => {
    const at = await scene();
    const books = new Books();
    const one = at.join(probe('one', books));
    await until('it is in', () => heldBy(books, 'one').length === 4);
    const other = at.join(probe('other', books), {}, 'workers', ['transactions']);
    const codes = await Promise.race([codeOf(one), codeOf(other)]);
    expect(codes).toBe('RAS-BUS-GROUP-VERSION');
    await Promise.all([one.leave(), other.leave()]);
  });

  test.concurrent('topics with different numbers of partitions: refused', async () => {
    const at = await scene();
    await at.admin.createPartitions({ topicPartitions: [{ topic: at.nameOf('signals'), count: 3 }] });
    expect(await codeOf(at.join(probe('one', new Books())))).toBe('RAS-BUS-GROUP-PARTITIONS');
  });

  test.concurrent('a topic that is deleted ends the membership, and does not come back empty', async () => {
    const at = await scene();
    const books = new Books();
    await at.append(1);
    const membership = at.join(probe('one', books));
    await until('it is read', () => books.missing(at.ends).length === 0);
    await at.admin.deleteTopics({ topics: [at.nameOf('signals')] });
    expect(await codeOf(membership)).toBe('RAS-BUS-TOPIC-MISSING');
    expect(await at.admin.listTopics()).not.toContain(at.nameOf('signals'));
  });

  test.concurrent('offsets that retention took, or that never were, are no place to start from', async () => {
    const at = await scene();
    await at.append(10);
    await at.admin.deleteTopicRecords({
      topic: at.nameOf('signals'),
      partitions: [{ partition: 1, offset: '5' }],
    });
    expect(await codeOf(at.join(probe('one', new Books())))).toBe('RAS-BUS-OFFSET-GONE');
    const ahead = new Books();
    for (const [place, end] of at.ends) ahead.checkpoint.set(place, end + 1);
    expect(await codeOf(at.join(probe('one', ahead)))).toBe('RAS-BUS-OFFSET-GONE');
  });

  test.concurrent('offsets that go while they are waited for: kafkajs may not read on elsewhere', async () => {
    const at = await scene();
    const books = new Books();
    let let_go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      let_go = resolve;
    });
    await at.append(10);
    const membership = at.join(probe('one', books, { work: () => held }), { partitionBufferBytes: 1 });
    await until('all are at work', () => books.calls.batches === 4);
    await at.append(10);
    await at.admin.deleteTopicRecords({
      topic: at.nameOf('signals'),
      partitions: [{ partition: 1, offset: '15' }],
    });
    let_go();
    expect(await codeOf(membership)).toBe('RAS-BUS-OFFSET-GONE');
    expect(books.faults).toEqual([]);
  });

  test.concurrent('offsets that compaction took are no loss, and whoever starts among them gets all that is left', async () => {
    const at = await scene({ partitions: 1, topics: ['signals'] });
    const configure = (entries: Readonly<Record<string, string>>) => {
      const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
      const name = at.nameOf('signals');
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }];
      return at.admin.alterConfigs({ validateOnly: false, resources });
    };
    await configure({
      'cleanup.policy': 'compact',
      'segment.ms': '50',
      'min.cleanable.dirty.ratio': '0.001',
      'delete.retention.ms': '0',
    });
    // Batches that are emptied, one that keeps a record in its middle, and ones behind them that stay.
    const keys = ['a', 'a', 'a', 'kept', 'a', 'a'];
    const value = Buffer.from('x');
    await at.bus.append(
      'signals',
      Array.from({ length: 20 }, () => ({ partition: 0, key: 'a', value })),
    );
    await at.bus.append(
      'signals',
      keys.map((key) => ({ partition: 0, key, value })),
    );
    const left = async () => {
      const found: number[] = [];
      const end = (await at.bus.ranges('signals'))[0]?.end ?? 0;
      for await (const { offset } of at.bus.read('signals', 0, 0, end)) found.push(offset);
      return found;
    };
    await until('it is compacted', async () => {
      await at.bus.append('signals', [{ partition: 0, key: 'a', value }]);
      return (await left())[0] === 23;
    });
    // From here on it stays as it is, once a round of the cleaner that is under way has ended.
    await configure({ 'cleanup.policy': 'delete', 'retention.ms': '-1' });
    let expected = await left();
    await until('it stays', async () => {
      await pause(500);
      const before = expected;
      expected = await left();
      return expected.join() === before.join();
    });
    const handed = async (from: number, limits = {}) => {
      const got: number[] = [];
      const membership = at.join(
        {
          assigned: async (places) => places.map((place) => ({ ...place, from })),
          batch: async ({ records }) => {
            got.push(...records.map(({ offset }) => offset));
          },
          revoked: async () => undefined,
        },
        limits,
        `from-${from}`,
      );
      const last = expected.at(-1) as number;
      await until('the last is handed over', () => got.at(-1) === last);
      await membership.leave();
      return got;
    };
    expect(await handed(0)).toEqual(expected);
    expect(await handed(5)).toEqual(expected);
    // One batch at a time: of the first, all that is left lies before.
    expect(await handed(24, { partitionFetchBytes: 1 })).toEqual(expected.filter((offset) => offset >= 24));
  });

  test.concurrent('a partition that is never fetched again ends the membership, though the others go on', async () => {
    const at = await scene();
    const books = new Books();
    const consumers: Consumer[] = [];
    const { kafka } = at;
    const tapped = {
      consumer: (options: Parameters<typeof kafka.consumer>[0]) => {
        const consumer = kafka.consumer(options);
        consumers.push(consumer);
        return consumer;
      },
    } as typeof kafka;
    await at.append(1);
    const membership = at.join(probe('one', books), { stallMs: 3_000 }, 'workers', at.topics, tapped);
    await until('it is read', () => books.missing(at.ends).length === 0);
    const [consumer] = consumers as [Consumer];
    consumer.pause([{ topic: at.nameOf('transactions'), partitions: [1] }]);
    at.stream(1);
    expect(await codeOf(membership)).toBe('RAS-BUS-GROUP-STALLED');
    expect(books.missing(at.ends)).toContain('transactions-1');
    expect(books.faults).toEqual([]);
  });

  test.concurrent('a consumer that ended without a word ends the membership', async () => {
    const at = await scene();
    const books = new Books();
    const consumers: Consumer[] = [];
    const { kafka } = at;
    const tapped = {
      consumer: (options: Parameters<typeof kafka.consumer>[0]) => {
        const consumer = kafka.consumer(options);
        consumers.push(consumer);
        return consumer;
      },
    } as typeof kafka;
    const membership = at.join(probe('one', books), { stallMs: 2_000 }, 'workers', at.topics, tapped);
    await until('it is in', () => heldBy(books, 'one').length === 4);
    await (consumers as [Consumer])[0].stop();
    expect(await codeOf(membership)).toBe('RAS-BUS-GROUP-STALLED');
    expect(heldBy(books, 'one')).toEqual([]);
  });

  test.concurrent('the group learns how far batches came, and nobody reads it back', async () => {
    const at = await scene();
    const books = new Books();
    await at.append(10);
    const membership = at.join(probe('one', books));
    const committed = async () => {
      const offsets = await at.admin.fetchOffsets({ groupId: `${at.prefix}workers` });
      return offsets.flatMap(({ partitions }) => partitions.map(({ offset }) => offset));
    };
    await until('it is told', async () => (await committed()).join() === '10,10,10,10');
    await membership.leave();
    const again = new Books();
    const anew = at.join(probe('again', again));
    await until('all is read again', () => again.missing(at.ends).length === 0);
    await anew.leave();
    expect(again.tenures.map(({ from }) => from)).toEqual([0, 0, 0, 0]);
  });

  test.concurrent('a member that fails ends its membership with its own error', async () => {
    const at = await scene();
    await at.append(1);
    const books = new Books();
    const broken = at.join(
      probe('one', books, {
        work: async () => {
          throw new TypeError('a bug');
        },
      }),
    );
    expect(await codeOf(broken)).toBe('RAS-BUS-GROUP-MEMBER');
    expect(heldBy(books, 'one')).toEqual([]);
  });
});
