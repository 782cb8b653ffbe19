/** A bus for tests, in memory. It promises what `Bus` does but for surviving the process. */
import type { Bus, NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { TOPIC_NAMES, TOPIC_VALUE_BYTES, TOPICS, type TopicName } from '../../schemas/topics.ts';

interface Partition {
  records: TopicRecord[];
  begin: number;
  end: number;
}

export interface MemoryBus extends Bus {
  /** Of a compacted topic: of each key the last record stays, and that not if it has no value. The last record of all stays. */
  compact(topic: TopicName): void;
  /** As retention does: records before the offset go. */
  deleteBefore(topic: TopicName, partition: number, offset: number): void;
}

export interface MemoryBusOptions {
  /** Of the topics by subject. */
  readonly partitions?: number;
  readonly topics?: readonly TopicName[];
}

export function memoryBus({ partitions = 4, topics = TOPIC_NAMES }: MemoryBusOptions = {}): MemoryBus {
  const logs = new Map<TopicName, Partition[]>(
    topics.map((topic) => {
      const count = TOPICS[topic].partitions === 'subjects' ? partitions : TOPICS[topic].partitions;
      return [topic, Array.from({ length: count }, () => ({ records: [], begin: 0, end: 0 }))];
    }),
  );
  let isClosed = false;

  const partitionsOf = (topic: TopicName): Partition[] => {
    if (isClosed) throw new RastroError('RAS-BUS-CLOSED');
    const found = logs.get(topic);
    if (found === undefined) throw new RastroError('RAS-BUS-TOPIC-MISSING', { topic });
    return found;
  };
  const partitionOf = (topic: TopicName, partition: number): Partition => {
    const found = partitionsOf(topic)[partition];
    if (found === undefined) throw new RastroError('RAS-BUS-TOPIC-MISSING', { topic });
    return found;
  };
  const check = (topic: TopicName, { partition, key, value }: NewRecord) => {
    partitionOf(topic, partition);
    if (key === null && TOPICS[topic].cleanup === 'compact')
      throw new RastroError('RAS-BUS-KEY-MISSING', { topic });
    const bytes = value?.length ?? 0;
    if (bytes > TOPIC_VALUE_BYTES) throw new RastroError('RAS-BUS-RECORD-TOO-LARGE', { topic, bytes });
  };

  return {
    async partitionsOf(topic) {
      return partitionsOf(topic).length;
    },
    async append(topic, records) {
      partitionsOf(topic);
      for (const record of records) check(topic, record);
      return records.map(({ partition, key, headers = {}, value }) => {
        const log = partitionOf(topic, partition);
        const offset = log.end++;
        const own = value === null ? null : Uint8Array.from(value);
        log.records.push({ topic, partition, offset, key, headers: { ...headers }, value: own });
        return offset;
      });
    },
    async ranges(topic) {
      return partitionsOf(topic).map(({ begin, end }) => ({ begin, end }));
    },
    async *read(topic, partition, from, until) {
      const log = partitionOf(topic, partition);
      if (from >= until) return;
      if (from < log.begin || until > log.end)
        throw new RastroError('RAS-BUS-OFFSET-GONE', { topic, partition, offset: from });
      for (const record of [...log.records]) {
        if (isClosed) throw new RastroError('RAS-BUS-CLOSED');
        if (record.offset >= from && record.offset < until) yield record;
      }
    },
    async close() {
      isClosed = true;
    },
    compact(topic) {
      for (const log of partitionsOf(topic)) {
        const last = new Map(log.records.map(({ key, offset }) => [key, offset]));
        log.records = log.records.filter(
          ({ key, offset, value }) => offset === log.end - 1 || (last.get(key) === offset && value !== null),
        );
      }
    },
    deleteBefore(topic, partition, offset) {
      const log = partitionOf(topic, partition);
      log.begin = offset;
      log.records = log.records.filter((record) => record.offset >= offset);
    },
  };
}
