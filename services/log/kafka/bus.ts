/** The bus against a Kafka cluster. */
import type { Bus, NewRecord, PartitionRange, TopicRecord } from '../../../pipelines/log/bus.ts';
import type { KafkaConfig } from '../../../schemas/config.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { Appender } from './appender.ts';
import { type ClientOptions, clientOptions } from './client.ts';
import { TopicLink } from './link.ts';
import { readPartition } from './reader.ts';

interface OpenTopic {
  readonly link: TopicLink;
  readonly appender: Appender;
}

export class KafkaBus implements Bus {
  readonly #config: KafkaConfig;
  readonly #options: ClientOptions;
  readonly #topics = new Map<TopicName, OpenTopic>();
  #isClosed = false;

  private constructor(config: KafkaConfig, options: ClientOptions) {
    this.#config = config;
    this.#options = options;
  }

  /**
   * Reads the secrets that the configuration names; connections are made when a topic is first used.
   * @throws RastroError RAS-CONFIG-SECRET-UNREADABLE, RAS-BUS-CODEC-MISSING
   */
  static async open(config: KafkaConfig): Promise<KafkaBus> {
    return new KafkaBus(config, await clientOptions(config));
  }

  async partitionsOf(topic: TopicName): Promise<number> {
    return (await this.#open(topic).link.partitions()).length;
  }

  async append(topic: TopicName, records: readonly NewRecord[]): Promise<readonly number[]> {
    return await this.#open(topic).appender.append(records);
  }

  async ranges(topic: TopicName): Promise<readonly PartitionRange[]> {
    return await this.#open(topic).link.ranges();
  }

  read(topic: TopicName, partition: number, from: number, until: number): AsyncIterable<TopicRecord> {
    return readPartition(this.#open(topic).link, partition, from, until);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(
      [...this.#topics.values()].map(async ({ link, appender }) => {
        await appender.close();
        await link.close();
      }),
    );
  }

  #open(topic: TopicName): OpenTopic {
    if (this.#isClosed) throw new RastroError('RAS-BUS-CLOSED');
    let open = this.#topics.get(topic);
    if (open === undefined) {
      const link = new TopicLink(this.#config, this.#options, topic);
      open = { link, appender: new Appender(link, this.#config.compression) };
      this.#topics.set(topic, open);
    }
    return open;
  }
}
