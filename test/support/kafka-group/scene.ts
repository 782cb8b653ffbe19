/** Topics of a test on a broker, a stream of counted records into them, and members to read them. */
import kafkajs, { type Admin, type Cluster, type Kafka } from 'kafkajs';
import type { GroupMember, Membership } from '../../../pipelines/log/bus.ts';
import { kafkaConfig } from '../../../schemas/config.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { clientOptions } from '../../../services/log/kafka/client.ts';
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
  readonly prefix: string;
  readonly partitions: number;
  readonly topics: readonly TopicName[];
  /** Partition by name, and how many records were acknowledged. */
  readonly ends = new Map<string, number>();
  readonly admin: Admin;
  readonly bus: KafkaBus;
  #streaming: Promise<void> | undefined;
  #isStreaming = false;

  private constructor(kafka: Kafka, bus: KafkaBus, prefix: string, options: SceneOptions) {
    this.kafka = kafka;
    this.bus = bus;
    this.prefix = prefix;
    this.partitions = options.partitions ?? 6;
    this.topics = options.topics ?? PAIR;
    this.admin = this.kafka.admin();
  }

  static async make(options: SceneOptions): Promise<Scene> {
    const prefix = ownPrefix();
    const config = kafkaConfig.parse({ brokers: options.brokers, prefix, compression: 'none' });
    const kafka = new kafkajs.Kafka(await clientOptions(config));
    const scene = new Scene(kafka, await KafkaBus.open(config), prefix, options);
    await scene.admin.connect();
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
      const rows = Array.from({ length: records * this.partitions }, (_, i) => ({
        partition: i % this.partitions,
        key: 'k',
        value,
      }));
      await this.bus.append(topic, rows);
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

  join(
    member: GroupMember,
    limits: Partial<GroupLimits> = {},
    groupId = 'workers',
    topics = this.topics,
    kafka = this.kafka,
  ): Membership {
    return joinGroup({
      kafka,
      context: { brokers: [], what: 'group' },
      bus: this.bus,
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
    await this.bus.close();
    await this.admin.disconnect();
  }
}

/** Waits until it is so. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 120_000,
): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
