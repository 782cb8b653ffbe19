/** What every `Bus` promises, as tests: run over the one in memory and over each version of Kafka. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Bus, NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES, type TopicName } from '../../schemas/topics.ts';

/** `transactions`, `signals` (compacted) and `alerts` are there with `PARTITIONS` partitions each; `rules` is not. */
export interface BusUnderTest {
  readonly bus: Bus;
  /** Another that sees the same. */
  another(): Promise<Bus>;
  /** Lets compaction have run over what was appended to `signals` before. */
  compacted(): Promise<void>;
  deleteBefore(topic: TopicName, partition: number, offset: number): Promise<void>;
}

export const PARTITIONS = 3;
export const TOPICS_UNDER_TEST: readonly TopicName[] = ['transactions', 'signals', 'alerts'];

/** All that a read hands over. */
export async function all<T>(read: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of read) found.push(one);
  return found;
}

export async function readAll(bus: Bus, topic: TopicName, partition: number): Promise<TopicRecord[]> {
  const { begin = 0, end = 0 } = (await bus.ranges(topic))[partition] ?? {};
  return await all(bus.read(topic, partition, begin, end));
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'none',
    (error: unknown) => (RastroError.is(error) ? error.code : String(error)),
  );
}

const text = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString());
const record = (partition: number, value: string, key = value): NewRecord => ({
  partition,
  key,
  value: Buffer.from(value),
});

export function busContract(open: () => Promise<BusUnderTest>): void {
  let under: BusUnderTest;
  let bus: Bus;
  beforeAll(async () => {
    under = await open();
    bus = under.bus;
  });

  test('a topic has the partitions that it was made with, empty at first', async () => {
    expect(await bus.partitionsOf('alerts')).toBe(PARTITIONS);
    expect(await bus.ranges('alerts')).toEqual(Array(PARTITIONS).fill({ begin: 0, end: 0 }));
    expect(await readAll(bus, 'alerts', 0)).toEqual([]);
  });

  test('records come back as they were given, with the offsets that the append said', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const [before] = await bus.ranges('transactions');
    const offsets = await bus.append('transactions', [
      { partition: 0, key: 'clé ñ', headers: { kind: 'transactions', más: 'ü' }, value: bytes },
      { partition: 1, key: null, value: Buffer.from('elsewhere') },
      { partition: 0, key: null, value: null },
      { partition: 0, key: '', value: new Uint8Array(0) },
    ]);
    const start = before?.begin ?? 0;
    expect(offsets).toEqual([start, 0, start + 1, start + 2]);
    const found = await readAll(bus, 'transactions', 0);
    expect(found.map(({ value, sentMs: _, ...rest }) => ({ ...rest, bytes: value && [...value] }))).toEqual([
      {
        topic: 'transactions',
        partition: 0,
        offset: start,
        key: 'clé ñ',
        headers: { kind: 'transactions', más: 'ü' },
        bytes: [...bytes],
      },
      { topic: 'transactions', partition: 0, offset: start + 1, key: null, headers: {}, bytes: null },
      { topic: 'transactions', partition: 0, offset: start + 2, key: '', headers: {}, bytes: [] },
    ]);
  });

  test('an append of nothing is done at once', async () => {
    expect(await bus.append('transactions', [])).toEqual([]);
  });

  test('what is appended at once stays in order, each record once', async () => {
    const calls = Array.from({ length: 200 }, (_, call) =>
      bus.append(
        'alerts',
        Array.from({ length: 5 }, (_, at) => record(call % 2, `${call}/${at}`)),
      ),
    );
    const offsets = (await Promise.all(calls)).flat();
    expect(new Set(offsets).size).toBe(500);
    for (const partition of [0, 1]) {
      const found = (await readAll(bus, 'alerts', partition)).map(({ value }) => text(value));
      const wanted = Array.from({ length: 100 }, (_, call) =>
        Array.from({ length: 5 }, (_, at) => `${2 * call + partition}/${at}`),
      ).flat();
      expect(found).toEqual(wanted);
    }
  });

  test('records of the largest size go through, many at once too', async () => {
    const large = Buffer.alloc(TOPIC_VALUE_BYTES, 'large ');
    const [from] = (await bus.ranges('transactions')).map(({ end }) => end).slice(2);
    await bus.append(
      'transactions',
      Array.from({ length: 20 }, (_, at) => ({ partition: 2, key: String(at), value: large })),
    );
    const found: string[] = [];
    for await (const { key, value } of bus.read('transactions', 2, from ?? 0, (from ?? 0) + 20)) {
      expect(large.equals(value as Uint8Array)).toBe(true);
      found.push(key ?? '');
    }
    expect(found).toEqual(Array.from({ length: 20 }, (_, at) => String(at)));
  });

  test('a record without a key is refused where the last one of each key stays', async () => {
    const records = [record(0, 'a key'), { partition: 0, key: null, value: new Uint8Array(1) }];
    expect(await codeOf((async () => await bus.append('signals', records))())).toBe('RAS-BUS-KEY-MISSING');
    expect((await bus.ranges('signals'))[0]).toEqual({ begin: 0, end: 0 });
  });

  test('a larger one is refused, and nothing of its append is there', async () => {
    const before = await bus.ranges('transactions');
    const large = { partition: 0, key: null, value: new Uint8Array(TOPIC_VALUE_BYTES + 1) };
    expect(await codeOf(bus.append('transactions', [record(0, 'small'), large]))).toBe(
      'RAS-BUS-RECORD-TOO-LARGE',
    );
    expect(await bus.ranges('transactions')).toEqual(before);
  });

  test('a read has its bounds, and can be left early', async () => {
    const [first = 0] = await bus.append(
      'alerts',
      Array.from({ length: 10 }, (_, at) => record(2, String(at))),
    );
    const read = async (from: number, until: number) =>
      (await all(bus.read('alerts', 2, first + from, first + until))).map(({ value }) => text(value));
    expect(await read(3, 6)).toEqual(['3', '4', '5']);
    expect(await read(9, 10)).toEqual(['9']);
    expect(await read(4, 4)).toEqual([]);
    for await (const { value } of bus.read('alerts', 2, first, first + 10)) if (text(value) === '2') break;
    expect(await read(0, 1)).toEqual(['0']);
  });

  test('who reads from another bus sees the same', async () => {
    const other = await under.another();
    expect(await readAll(other, 'alerts', 0)).toEqual(await readAll(bus, 'alerts', 0));
    await other.close();
  });

  describe('compaction', () => {
    test('leaves gaps, which a read goes over', async () => {
      const keys = Array.from({ length: 30 }, (_, at) => record(0, `old ${at}`, `k${at % 3}`));
      await bus.append('signals', keys);
      await bus.append('signals', [
        record(0, 'new', 'k0'),
        { partition: 0, key: 'k1', value: null },
        record(0, 'new', 'k2'),
      ]);
      await under.compacted();
      const end = (await bus.ranges('signals'))[0]?.end ?? 0;
      const last = new Map<string | null, string | null>();
      for await (const { key, value, offset } of bus.read('signals', 0, 0, end)) {
        expect(offset).toBeLessThan(end);
        last.set(key, text(value));
      }
      expect([last.get('k0'), last.get('k1') ?? null, last.get('k2')]).toEqual(['new', null, 'new']);
      // Nothing is left of the first thirty, wherever in them a read begins and ends.
      for (const [from, until] of [
        [0, 30],
        [7, 30],
        [5, 12],
      ] as const)
        expect(await all(bus.read('signals', 0, from, until))).toEqual([]);
    });
  });

  test('what retention took is gone, and a read of it says so', async () => {
    await under.deleteBefore('transactions', 0, 2);
    expect((await bus.ranges('transactions'))[0]).toEqual({ begin: 2, end: 3 });
    expect(await codeOf(all(bus.read('transactions', 0, 0, 3)))).toBe('RAS-BUS-OFFSET-GONE');
    expect((await readAll(bus, 'transactions', 0)).map(({ offset }) => offset)).toEqual([2]);
  });

  test('a topic or partition that is not there is an error of its own', async () => {
    expect(await codeOf(bus.append('rules', [record(0, 'x')]))).toBe('RAS-BUS-TOPIC-MISSING');
    expect(await codeOf(bus.partitionsOf('rules'))).toBe('RAS-BUS-TOPIC-MISSING');
    expect(await codeOf(bus.append('alerts', [record(PARTITIONS, 'x')]))).toBe('RAS-BUS-TOPIC-MISSING');
    expect(await codeOf(all(bus.read('alerts', PARTITIONS, 0, 1)))).toBe('RAS-BUS-TOPIC-MISSING');
    // Nor does it disturb the others.
    expect(await bus.append('alerts', [record(0, 'after')])).toHaveLength(1);
  });

  test('a closed one refuses', async () => {
    const other = await under.another();
    await other.close();
    expect(await codeOf((async () => await other.append('alerts', [record(0, 'x')]))())).toBe(
      'RAS-BUS-CLOSED',
    );
  });
}
