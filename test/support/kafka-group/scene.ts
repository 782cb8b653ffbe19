/** Topics of a test on a broker, a stream of counted records into them, and members to read them. */
import kafkajs, { type Admin, type Cluster, type Kafka, type Producer } from 'kafkajs';
import type { GroupMember, Membership, PartitionRange, TopicRecord } from '../../../pipelines/log/bus.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { joinGroup } from '../../../services/log/kafka/group/join-group.ts';
import type { GroupLimits } from '../../../services/log/kafka/group/limits.ts';
import { ownPrefix } from '../kafka/shared.ts';

/** The shortest session that brokers accept, and the rest to fit. */
export const QUICK: Partial<GroupLimits> = {
  sessionMs: 6_000,
  rebalanceMs: 15_000,
  heartbeatMs: 300,
  drainMs: 3_000,
  stuckMs: 10_000,
  commitMs: 300,
  stallMs: 30_000,
};

export const PAIR: readonly TopicName[] = ['transactions', 'signals'];

export interface SceneOptions {
  readonly brokers: readonly string[];
  readonly partitions?: number;
  readonly replicas?: number;
  readonly topics?: readonly TopicName[];
}

export class Scene {
  readonly kafka: Kafka;
  readonly prefix = ownPrefix();
  readonly partitions: number;
  readonly topics: readonly TopicName[];
  /** Partition by name, and how many records were acknowledged. */
  readonly ends = new Map<string, number>();
  readonly admin: Admin;
  readonly #producer: Producer;
  #streaming: Promise<void> | undefined;
  #isStreaming = false;

  private constructor(options: SceneOptions) {
    this.kafka = new kafkajs.Kafka({
      brokers: [...options.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      requestTimeout: 10_000,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 40 },
    });
    this.partitions = options.partitions ?? 6;
    this.topics = options.topics ?? PAIR;
    this.admin = this.kafka.admin();
    this.#producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  }

  static async make(options: SceneOptions): Promise<Scene> {
    const scene = new Scene(options);
    await scene.admin.connect();
    await scene.#producer.connect();
    await scene.admin.createTopics({
      // kafkajs waits with requests that fail where the broker has not heard of the topic yet.
      waitForLeaders: false,
      topics: scene.topics.map((topic) => ({
        topic: scene.nameOf(topic),
        numPartitions: scene.partitions,
        replicationFactor: options.replicas ?? 1,
      })),
    });
    await until('the topics have leaders', () => scene.#hasLeaders());
    return scene;
  }

  async #hasLeaders(): Promise<boolean> {
    const topics = this.topics.map((topic) => this.nameOf(topic));
    const found = await this.admin.fetchTopicMetadata({ topics }).catch(() => ({ topics: [] }));
    const partitions = found.topics.flatMap((topic) => topic.partitions);
    return (
      partitions.length === topics.length * this.partitions && partitions.every(({ leader }) => leader >= 0)
    );
  }

  nameOf(topic: TopicName): string {
    return `${this.prefix}${topic}`;
  }

  /** Puts so many records of so many bytes into every partition of every topic. */
  async append(records: number, bytes = 16): Promise<void> {
    const value = Buffer.alloc(bytes);
    for (const topic of this.topics) {
      const messages = Array.from({ length: records * this.partitions }, (_, i) => ({
        partition: i % this.partitions,
        value,
      }));
      await this.#producer.send({ topic: this.nameOf(topic), messages, acks: -1 });
      for (let p = 0; p < this.partitions; p++) {
        const place = `${topic}-${p}`;
        this.ends.set(place, (this.ends.get(place) ?? 0) + records);
      }
    }
  }

  /** Appends until `endStream`. */
  stream(records = 5): void {
    this.#isStreaming = true;
    this.#streaming = (async () => {
      while (this.#isStreaming) {
        await this.append(records);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
  }

  async endStream(): Promise<void> {
    this.#isStreaming = false;
    await this.#streaming;
  }

  total(): number {
    return [...this.ends.values()].reduce((sum, end) => sum + end, 0);
  }

  async ranges(topic: TopicName): Promise<PartitionRange[]> {
    const offsets = await this.admin.fetchTopicOffsets(this.nameOf(topic));
    return offsets
      .sort((a, b) => a.partition - b.partition)
      .map(({ low, high }) => ({ begin: Number(low), end: Number(high) }));
  }

  /** As much as the supervisor asks for: that there is a record. */
  async *read(topic: TopicName, partition: number, from: number): AsyncIterable<TopicRecord> {
    yield { topic, partition, offset: from, key: null, headers: {}, value: null };
  }

  join(
    member: GroupMember,
    limits: Partial<GroupLimits> = {},
    groupId = 'workers',
    topics = this.topics,
    kafka = this.kafka,
  ): Membership {
    return joinGroup({
      kafka,
      bus: this,
      prefix: this.prefix,
      groupId,
      topics,
      member,
      limits: { ...QUICK, ...limits },
    });
  }

  /** The node that coordinates the group. */
  async coordinator(groupId = 'workers'): Promise<{ readonly coordinator: number }> {
    let cluster: Cluster | undefined;
    const consumer = this.kafka.consumer({
      groupId: 'none',
      partitionAssigners: [
        (given) => {
          cluster = given.cluster;
          return kafkajs.PartitionAssigners.roundRobin(given);
        },
      ],
    });
    await consumer.connect();
    const broker = (await cluster?.findGroupCoordinator({
      groupId: `${this.prefix}${groupId}`,
    })) as unknown as {
      readonly nodeId: number;
    };
    await consumer.disconnect();
    return { coordinator: Number(broker.nodeId) };
  }

  async close(): Promise<void> {
    await this.endStream();
    await this.#producer.disconnect();
    await this.admin.disconnect();
  }
}

/** Waits until it is so. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
