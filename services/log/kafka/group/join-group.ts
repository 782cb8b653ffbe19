/** A membership of a consumer group over kafkajs: wires the parts of this folder to a consumer. */
import type { Cluster, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type {
  Bus,
  GroupMember,
  Membership,
  PartitionOf,
  TopicRecord,
} from '../../../../pipelines/log/bus.ts';
import { aligned, alignedInPlace } from '../../../../schemas/block-reader.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import type { TopicName } from '../../../../schemas/topics.ts';
import { isOversize } from '../batch-guard.ts';
import { type BusContext, busError, isRefused } from '../errors.ts';
import { BUS_LIMITS } from '../limits.ts';
import { oversizeRecord } from '../record-batch.ts';
import { ASSIGNMENT_PROTOCOL, stickyAssigner } from './assigner.ts';
import { GroupCoordinator, typeOf } from './coordinator.ts';
import { GROUP_LIMITS, type GroupLimits } from './limits.ts';
import { GroupMembership } from './membership.ts';
import { Supervisor } from './supervisor.ts';

export interface JoinGroupOptions {
  /** With codecs, log-in and log level as they are to be. */
  readonly kafka: Kafka;
  /** For errors: whom the group is asked of, as whom. */
  readonly context: BusContext;
  readonly bus: Pick<Bus, 'ranges' | 'read'>;
  /** In front of the names of topics and group. */
  readonly prefix: string;
  readonly groupId: string;
  /** Dealt out together: partition p of all of them to the same member. */
  readonly topics: readonly TopicName[];
  readonly member: GroupMember;
  readonly limits?: Partial<GroupLimits>;
  readonly nowMs?: () => number;
}

/** kafkajs tries again that often, and starts the consumer anew after that; `stallMs` bounds how long altogether. */
const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 10 };
/** Checks of lease and progress. */
const CHECK_MS = 1_000;
/** kafkajs fetches, or waits to, ten times a second. After that long without it is worth a look whether the topics are there. */
const QUIET_MS = 3_000;
/** kafkajs may take so long to stop; then the process ends without it. */
const STOP_MS = 10_000;

export function joinGroup(options: JoinGroupOptions): Membership {
  return new KafkaMembership(options);
}

class KafkaMembership implements Membership {
  readonly ended: Promise<void>;
  readonly #options: JoinGroupOptions;
  readonly #limits: GroupLimits;
  readonly #group: string;
  readonly #consumer: Consumer;
  readonly #membership: GroupMembership;
  readonly #supervisor: Supervisor;
  readonly #timers: NodeJS.Timeout[] = [];
  #cluster: Cluster | undefined;
  #coordinator: GroupCoordinator | undefined;
  #end!: { readonly resolve: () => void; readonly reject: (error: RastroError) => void };
  #over: Promise<void> | undefined;

  constructor(options: JoinGroupOptions) {
    this.#options = options;
    this.#limits = { ...GROUP_LIMITS, ...options.limits };
    this.#group = `${options.prefix}${options.groupId}`;
    const nowMs = options.nowMs ?? (() => performance.now());
    this.ended = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    // Whoever only awaits `leave` must not die of this one.
    this.ended.catch(() => undefined);
    const { bus, member } = options;
    const membership = new GroupMembership({
      group: this.#group,
      member,
      bus,
      limits: this.#limits,
      topicOf: (name) => this.#topicOf(name),
      nowMs,
      failed: (error) => this.#failed(error),
      reader: {
        pause: (places) => this.#tell((consumer) => consumer.pause(this.#named(places))),
        resume: (places) => this.#tell((consumer) => consumer.resume(this.#named(places))),
        seek: ({ topic, partition }, offset) =>
          this.#tell((consumer) =>
            consumer.seek({ topic: this.#nameOf(topic), partition, offset: String(offset) }),
          ),
      },
    });
    this.#membership = membership;
    this.#supervisor = new Supervisor({ limits: this.#limits, membership, bus, nowMs });
    this.#consumer = this.#makeConsumer();
    this.#listen();
    this.#every(CHECK_MS, async () => {
      membership.check();
      const error = await this.#supervisor.check();
      if (error !== undefined) this.#failed(error);
    });
    this.#every(CHECK_MS, () => this.#missTopics());
    this.#every(this.#limits.heartbeatMs, async () => {
      if (nowMs() - membership.heardAtMs > this.#limits.heartbeatMs) await this.#coordinator?.beat();
    });
    this.#every(this.#limits.commitMs, () => this.#commit());
    this.#start().catch((error: unknown) => this.#failed(this.#crashed(error)));
  }

  sinceFetchMs(): number {
    return this.#supervisor.sinceFetchMs();
  }

  leave(): Promise<void> {
    this.#over ??= this.#membership
      .leave()
      .then(() => this.#stop())
      .then(() => this.#end.resolve());
    return this.#over;
  }

  #failed(error: RastroError): void {
    this.#over ??= this.#membership
      .abandon()
      .catch(() => undefined)
      .then(() => this.#stop())
      .then(() => this.#end.reject(error));
  }

  async #stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MS);
    });
    await Promise.race([this.#goodbye().catch(() => undefined), limit]);
    clearTimeout(timer);
  }

  async #goodbye(): Promise<void> {
    await this.#coordinator?.leave().catch(() => undefined);
    await this.#consumer.disconnect();
  }

  /** One at a time; an error of one round is the next round's business. */
  #every(ms: number, work: () => Promise<void>): void {
    let running = false;
    const round = () => {
      if (running) return;
      running = true;
      work()
        .catch(() => undefined)
        .finally(() => {
          running = false;
        });
    };
    this.#timers.push(setInterval(round, ms));
  }

  #makeConsumer(): Consumer {
    const limits = this.#limits;
    return this.#options.kafka.consumer({
      groupId: this.#group,
      partitionAssigners: [
        stickyAssigner({
          claim: () => this.#membership.claim(),
          refuse: (error) => this.#failed(error),
          onCluster: (cluster: Cluster) => {
            this.#cluster = cluster;
            this.#coordinator = new GroupCoordinator(cluster, this.#group, this.#membership);
          },
        }),
      ],
      sessionTimeout: limits.sessionMs,
      rebalanceTimeout: limits.rebalanceMs,
      heartbeatInterval: limits.heartbeatMs,
      maxWaitTimeInMs: limits.fetchWaitMs,
      maxBytesPerPartition: limits.partitionFetchBytes,
      maxBytes: limits.fetchBytes,
      minBytes: 1,
      // As the bus reads: no role writes in transactions, and one of others that hangs must not hide what is there.
      readUncommitted: true,
      // A deleted topic would come back empty, with another number of partitions.
      allowAutoTopicCreation: false,
      retry: { ...RETRY, restartOnFailure: async () => this.#over === undefined },
    });
  }

  #listen(): void {
    const consumer = this.#consumer;
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      const places = Object.entries(payload.memberAssignment).flatMap(([name, partitions]) => {
        const topic = this.#topicOf(name);
        return topic === undefined ? [] : partitions.map((partition) => ({ topic, partition }));
      });
      this.#membership.assigned(places);
    });
    consumer.on(events.FETCH, () => {
      this.#supervisor.looped();
    });
    consumer.on(events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Fetch') this.#supervisor.fetched();
    });
    consumer.on(events.START_BATCH_PROCESS, ({ payload }) => {
      const topic = this.#topicOf(payload.topic);
      if (topic === undefined || payload.batchSize > 0) return;
      this.#membership.skipped({ topic, partition: payload.partition }, Number(payload.lastOffset) + 1);
    });
    consumer.on(events.CRASH, ({ payload }) => {
      if (!payload.restart || isTopicGone(payload.error)) this.#failed(this.#crashed(payload.error));
    });
  }

  async #start(): Promise<void> {
    const consumer = this.#consumer;
    await consumer.connect();
    await consumer.subscribe({
      topics: this.#options.topics.map((topic) => this.#nameOf(topic)),
      fromBeginning: true,
    });
    await consumer.run({ autoCommit: false, eachBatch: async (payload) => this.#fetched(payload) });
  }

  #fetched({ batch, isStale }: EachBatchPayload): void {
    const topic = this.#topicOf(batch.topic);
    // A seek is under way: this was asked for before it.
    if (topic === undefined || isStale()) return;
    const { partition } = batch;
    const records = batch.messages.map((message) =>
      isOversize(message)
        ? oversizeRecord({ topic, partition }, Number(message.offset))
        : toRecord(topic, partition, message),
    );
    // Not among the published types.
    const { fetchedOffset } = batch as unknown as { readonly fetchedOffset: string };
    this.#membership.fetched({ topic, partition }, Number(fetchedOffset), {
      records,
      bytes: records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
      next: Number(batch.lastOffset()) + 1,
      end: Number(batch.highWatermark),
    });
  }

  /** To kafkajs a topic that was deleted is an error among those that pass. */
  async #missTopics(): Promise<void> {
    if (this.#supervisor.sinceLoopMs() < QUIET_MS) return;
    try {
      await this.#cluster?.refreshMetadata();
    } catch (error) {
      if (isTopicGone(error)) this.#failed(this.#crashed(error));
    }
  }

  /** For tools that show lag; nobody reads it back. What fails now is told next time. */
  async #commit(): Promise<void> {
    const membership = this.#membership;
    const { memberId, generation } = membership.standing();
    const feeds = membership.held().filter(({ state, next }) => state === 'ready' && next > 0);
    if (!membership.isOpen || feeds.length === 0) return;
    const topics = this.#options.topics.map((topic) => ({
      topic: this.#nameOf(topic),
      partitions: feeds
        .filter((feed) => feed.topic === topic)
        .map(({ partition, next }) => ({ partition, offset: String(next) })),
    }));
    await this.#coordinator?.commit({
      memberId,
      groupGenerationId: generation,
      topics: topics.filter(({ partitions }) => partitions.length > 0),
    });
  }

  #crashed(error: unknown): RastroError {
    if (RastroError.is(error)) return error;
    if (isRefused(error)) return busError(error, this.#options.context);
    if (isTopicGone(error)) {
      const topic = this.#options.topics.join(' / ');
      return new RastroError('RAS-BUS-TOPIC-MISSING', { topic }, { cause: error });
    }
    if (typeOf(error) === 'INCONSISTENT_GROUP_PROTOCOL') {
      return new RastroError('RAS-BUS-GROUP-VERSION', { group: this.#group, own: ASSIGNMENT_PROTOCOL });
    }
    const detail = typeOf(error) ?? (error instanceof Error ? error.message : String(error));
    return new RastroError('RAS-BUS-GROUP-ENDED', { group: this.#group, detail }, { cause: error });
  }

  /** Between two lives of kafkajs' consumer there is nothing to tell: the next one starts with a join. */
  #tell(what: (consumer: Consumer) => void): void {
    try {
      what(this.#consumer);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'KafkaJSNonRetriableError')) throw error;
    }
  }

  #nameOf(topic: TopicName): string {
    return `${this.#options.prefix}${topic}`;
  }

  #topicOf(name: string): TopicName | undefined {
    return this.#options.topics.find((topic) => this.#nameOf(topic) === name);
  }

  #named(places: readonly PartitionOf[]): { topic: string; partitions: number[] }[] {
    return this.#options.topics
      .map((topic) => ({
        topic: this.#nameOf(topic),
        partitions: places.filter((place) => place.topic === topic).map(({ partition }) => partition),
      }))
      .filter(({ partitions }) => partitions.length > 0);
  }
}

function isTopicGone(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (typeOf(one) === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
  }
  return false;
}

/**
 * A slice of all that was in its batch; blocks are read as typed arrays. In front of one lie the lengths of the record and its own, two
 * bytes each at least, four bytes more, and its key, which has been read. What `signals` holds may be kept for long, by itself.
 */
function toValue(topic: TopicName, value: Buffer): Uint8Array {
  const isBlock = topic === 'transactions' && value.length >= BUS_LIMITS.COPIED_VALUE_BYTES;
  return isBlock ? alignedInPlace(value) : aligned(value);
}

function toRecord(topic: TopicName, partition: number, message: KafkaMessage): TopicRecord {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    if (value !== undefined) headers[name] = String(Array.isArray(value) ? value[0] : value);
  }
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key === null ? null : message.key.toString(),
    headers,
    value: message.value === null ? null : toValue(topic, message.value),
    sentMs: Number(message.timestamp),
  };
}
