/**
 * The way to one topic: connections of its own and what is known of its partitions' leaders. One for each topic, because kafkajs
 * asks for the metadata of all topics of a cluster object at once, and one that is missing fails them all.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type Cluster from 'kafkajs/src/cluster/index.js';
import type { Broker, Protocol } from 'kafkajs/src/cluster/index.js';
import type { PartitionRange } from '../../../pipelines/log/bus.ts';
import type { KafkaConfig } from '../../../schemas/config.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { type ClientOptions, contextOf, openCluster } from './client.ts';
import { busError, mayPass } from './errors.ts';
import { BUS_LIMITS } from './limits.ts';

export class TopicLink {
  readonly topic: TopicName;
  /** Its name in the cluster. */
  readonly name: string;
  readonly #config: KafkaConfig;
  readonly #cluster: Cluster;
  #isClosed = false;
  /** A cluster that never answered is not waited for: the address may be wrong. */
  #hasAnswered = false;
  #connecting: Promise<void> | undefined;

  constructor(config: KafkaConfig, options: ClientOptions, topic: TopicName) {
    this.topic = topic;
    this.name = `${config.prefix}${topic}`;
    this.#config = config;
    this.#cluster = openCluster(options);
  }

  /** As an error of the area BUS, if it is not one. */
  error(error: unknown, what: string): RastroError {
    return busError(error, contextOf(this.#config, what, this.name));
  }

  /** Tries `work` again for `limitMs` while its failures may pass. @throws RastroError */
  async retry<T>(what: string, limitMs: number, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let waitMs: number = BUS_LIMITS.RETRY_FIRST_MS; ; waitMs = nextWaitMs(waitMs)) {
      try {
        await this.#connect();
        return await work();
      } catch (error) {
        const left = (isMissing(error) ? BUS_LIMITS.TOPIC_RETRY_MS : limitMs) - (performance.now() - start);
        if (this.#isClosed) throw new RastroError('RAS-BUS-CLOSED');
        if (!mayPass(error) || !this.#hasAnswered || left < waitMs) throw this.error(error, what);
        await pause(waitMs);
        await this.refresh();
      }
    }
  }

  /** Partitions, in order. */
  async partitions(): Promise<number[]> {
    return await this.retry('metadata', BUS_LIMITS.READ_RETRY_MS, async () => {
      await this.#cluster.refreshMetadataIfNecessary();
      return this.#cluster
        .findTopicPartitionMetadata(this.name)
        .map(({ partitionId }) => partitionId)
        .sort((left, right) => left - right);
    });
  }

  async ranges(): Promise<PartitionRange[]> {
    const partitions = (await this.partitions()).map((partition) => ({ partition }));
    return await this.retry('offsets', BUS_LIMITS.READ_RETRY_MS, async () => {
      const [begins, ends] = await Promise.all(
        [true, false].map(async (fromBeginning) => {
          const wanted = [{ topic: this.name, partitions, fromBeginning }];
          const found = await this.#cluster.fetchTopicsOffset(wanted);
          const offsets = found.flatMap((one) => one.partitions);
          return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
        }),
      );
      return partitions.map(({ partition }) => ({
        begin: begins?.get(partition) ?? 0,
        end: ends?.get(partition) ?? 0,
      }));
    });
  }

  /** Node of each partition's leader, as far as is known. */
  leaders(): ReadonlyMap<number, number> {
    const known = this.#cluster.findTopicPartitionMetadata(this.name);
    return new Map(known.map(({ partitionId, leader }) => [partitionId, leader]));
  }

  /** One request to one node; a connection that did not answer is given up. */
  async send<T>(nodeId: number, protocol: Protocol<T>): Promise<T> {
    const broker = await this.#cluster.findBroker({ nodeId });
    try {
      return await broker.connectionPool.send(protocol);
    } catch (error) {
      await broker.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /** What a sender is known by to the brokers. */
  async newProducer(): Promise<{ readonly producerId: string; readonly producerEpoch: number }> {
    const broker: Broker = await this.#cluster.findControllerBroker();
    return await broker.initProducerId({ transactionTimeout: BUS_LIMITS.REQUEST_TIMEOUT_MS });
  }

  /** Asks anew who leads; where nobody answers, the next request says so. */
  async refresh(): Promise<void> {
    await this.#cluster.refreshMetadata().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connecting?.catch(() => undefined);
    await this.#cluster.disconnect();
  }

  async #connect(): Promise<void> {
    if (this.#isClosed) throw new RastroError('RAS-BUS-CLOSED');
    this.#connecting ??= (async () => {
      if (!this.#cluster.isConnected()) await this.#cluster.connect();
      this.#hasAnswered = true;
      await this.#cluster.addTargetTopic(this.name);
    })().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }
}

/** The next wait between two attempts. */
export function nextWaitMs(waitMs: number): number {
  return Math.min(2 * waitMs, BUS_LIMITS.RETRY_LONGEST_MS);
}

function isMissing(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ((at as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
  return false;
}
