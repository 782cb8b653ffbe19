/** Topics in memory, as `Bus` promises them but for surviving the process. `pause` runs before and after every append. */
import type { Bus, NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { TOPIC_VALUE_BYTES, TOPICS, type TopicName } from '../../schemas/topics.ts';

export interface SmallBusOptions {
  readonly partitions?: number;
  readonly pause?: (what: string) => Promise<void>;
}

export class SmallBus implements Bus {
  readonly #topics = new Map<string, TopicRecord[]>();
  readonly #partitions: number;
  readonly #pause: (what: string) => Promise<void>;

  constructor({ partitions = 4, pause = async () => undefined }: SmallBusOptions = {}) {
    this.#partitions = partitions;
    this.#pause = pause;
  }

  async partitionsOf(topic: TopicName): Promise<number> {
    const { partitions } = TOPICS[topic];
    return partitions === 'subjects' ? this.#partitions : partitions;
  }

  async append(topic: TopicName, records: readonly NewRecord[]): Promise<readonly number[]> {
    await this.#pause(`before:${topic}`);
    const offsets = records.map(({ partition, key, headers = {}, value }) => {
      if ((value?.byteLength ?? 0) > TOPIC_VALUE_BYTES) throw new Error('the value is too large');
      const of = this.#of(topic, partition);
      of.push({ topic, partition, offset: of.length, key, headers, value: value && new Uint8Array(value) });
      return of.length - 1;
    });
    await this.#pause(`after:${topic}`);
    return offsets;
  }

  async ranges(topic: TopicName) {
    const count = await this.partitionsOf(topic);
    return Array.from({ length: count }, (_, partition) => ({
      begin: 0,
      end: this.#of(topic, partition).length,
    }));
  }

  async *read(topic: TopicName, partition: number, from: number, until: number): AsyncIterable<TopicRecord> {
    for (const record of this.#of(topic, partition).slice(from, until)) {
      if (record.value !== null || TOPICS[topic].cleanup === 'compact') yield record;
    }
  }

  async close(): Promise<void> {}

  #of(topic: TopicName, partition: number): TopicRecord[] {
    const name = `${topic}/${partition}`;
    const known = this.#topics.get(name) ?? [];
    this.#topics.set(name, known);
    return known;
  }
}
