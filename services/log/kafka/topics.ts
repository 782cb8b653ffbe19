/** Makes the topics what `schemas/topics.ts` says, and tells where they differ from it. */
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { KafkaConfig } from '../../../schemas/config.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import {
  TOPIC_NAMES,
  TOPIC_RECORD_BYTES,
  TOPICS,
  type TopicName,
  type TopicSpec,
} from '../../../schemas/topics.ts';
import { clientOptions, contextOf } from './client.ts';
import { busError, mayPass } from './errors.ts';
import { BUS_LIMITS } from './limits.ts';

export interface TopicDifference {
  readonly setting: string;
  /** Null: not set, or not there. */
  readonly is: string | null;
  readonly wanted: string;
}

export interface TopicState {
  readonly topic: TopicName;
  /** Its name in the cluster. */
  readonly name: string;
  readonly isMissing: boolean;
  /** Empty where it is as it should be. */
  readonly differences: readonly TopicDifference[];
}

export interface AppliedTopics {
  readonly created: readonly TopicName[];
  readonly altered: readonly TopicName[];
  readonly unchanged: readonly TopicName[];
}

const PARTITIONS = 'partitions';
/** A setting that somebody gave this topic, as describeConfigs says it. */
const OF_THE_TOPIC = 1;

function partitionsOf({ partitions }: TopicSpec, config: KafkaConfig): number {
  return partitions === 'subjects' ? config.partitions : partitions;
}

function settingsOf(spec: TopicSpec, config: KafkaConfig): Readonly<Record<string, string>> {
  const kept = spec.cleanup === 'compact' ? 'delete.retention.ms' : ('retention.ms' as const);
  return {
    'cleanup.policy': spec.cleanup,
    [kept]: String(spec.retentionMs),
    ...(spec.compactionLagMs === undefined ? {} : { 'min.compaction.lag.ms': String(spec.compactionLagMs) }),
    'max.message.bytes': String(TOPIC_RECORD_BYTES),
    'min.insync.replicas': String(config.minInsyncReplicas),
  };
}

type Described = ReadonlyMap<string, { readonly value: string; readonly source: number }>;

class TopicAdmin {
  readonly #admin: kafkajs.Admin;
  readonly #config: KafkaConfig;
  readonly #specs: readonly TopicSpec[];

  constructor(config: KafkaConfig, admin: kafkajs.Admin, topics: readonly TopicName[]) {
    this.#config = config;
    this.#admin = admin;
    this.#specs = topics.map((topic) => TOPICS[topic]);
  }

  async states(): Promise<TopicState[]> {
    const there = new Set(await this.#admin.listTopics());
    const known = this.#specs.map(this.#nameOf).filter((name) => there.has(name));
    const partitions = await this.#partitionsOf(known);
    const settings = await this.#settingsOf(known);
    return this.#specs.map((spec) => {
      const { name: topic } = spec;
      const name = this.#nameOf(spec);
      const wanted: Record<string, string> = {
        [PARTITIONS]: String(partitionsOf(spec, this.#config)),
        ...settingsOf(spec, this.#config),
      };
      const is: Record<string, string | undefined> = {
        [PARTITIONS]: partitions.get(name)?.toString(),
        ...Object.fromEntries([...(settings.get(name) ?? [])].map(([key, { value }]) => [key, value])),
      };
      const differences = Object.entries(wanted)
        .filter(([setting, value]) => is[setting] !== value)
        .map(([setting, value]) => ({ setting, is: is[setting] ?? null, wanted: value }));
      return { topic, name, isMissing: !there.has(name), differences };
    });
  }

  /** Creates what is missing and alters what differs; changes nothing where a number of partitions is another. */
  async apply(): Promise<AppliedTopics> {
    const states = await this.states();
    for (const { name, isMissing, differences } of states) {
      const other = differences.find(({ setting }) => setting === PARTITIONS);
      if (!isMissing && other !== undefined)
        throw new RastroError('RAS-BUS-PARTITIONS-FIXED', {
          topic: name,
          is: other.is ?? '',
          wanted: other.wanted,
        });
    }
    const missing = states.filter(({ isMissing }) => isMissing);
    const differing = states.filter(({ isMissing, differences }) => !isMissing && differences.length > 0);
    await this.#create(missing);
    await this.#alter(differing);
    const names = (some: readonly TopicState[]) => some.map(({ topic }) => topic);
    const unchanged = states.filter((state) => !missing.includes(state) && !differing.includes(state));
    return { created: names(missing), altered: names(differing), unchanged: names(unchanged) };
  }

  readonly #nameOf = ({ name }: TopicSpec): string => `${this.#config.prefix}${name}`;

  async #partitionsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (names.length === 0) return new Map();
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [...names] });
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  }

  async #settingsOf(names: readonly string[]): Promise<ReadonlyMap<string, Described>> {
    if (names.length === 0) return new Map();
    const resources = names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name }));
    const described = await this.#admin.describeConfigs({ resources, includeSynonyms: false });
    return new Map(
      described.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(
          configEntries.map(({ configName, configValue, configSource }) => [
            configName,
            { value: configValue, source: Number(configSource) },
          ]),
        ),
      ]),
    );
  }

  async #create(missing: readonly TopicState[]): Promise<void> {
    if (missing.length === 0) return;
    const topics = missing.map(({ topic, name }) => ({
      topic: name,
      numPartitions: partitionsOf(TOPICS[topic], this.#config),
      replicationFactor: this.#config.replicationFactor,
      configEntries: Object.entries(settingsOf(TOPICS[topic], this.#config)).map(([key, value]) => ({
        name: key,
        value,
      })),
    }));
    // kafkajs' own wait fails at the first broker that has not heard of the topic yet.
    await this.#admin.createTopics({ topics, waitForLeaders: false });
    const giveUpAt = performance.now() + BUS_LIMITS.READ_RETRY_MS;
    for (;;) {
      try {
        await this.#partitionsOf(topics.map(({ topic }) => topic));
        return;
      } catch (error) {
        if (!mayPass(error) || performance.now() > giveUpAt) throw error;
        await pause(BUS_LIMITS.RETRY_FIRST_MS);
      }
    }
  }

  /** The request replaces all that was ever set for a topic, so that what is not ours goes with it as it is. */
  async #alter(differing: readonly TopicState[]): Promise<void> {
    if (differing.length === 0) return;
    const settings = await this.#settingsOf(differing.map(({ name }) => name));
    const resources = differing.map(({ topic, name }) => {
      const kept = [...(settings.get(name) ?? [])].filter(([, { source }]) => source === OF_THE_TOPIC);
      const all = {
        ...Object.fromEntries(kept.map(([key, { value }]) => [key, value])),
        ...settingsOf(TOPICS[topic], this.#config),
      };
      const configEntries = Object.entries(all).map(([key, value]) => ({ name: key, value }));
      return { type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries };
    });
    await this.#admin.alterConfigs({ validateOnly: false, resources });
  }
}

async function withAdmin<T>(
  config: KafkaConfig,
  topics: readonly TopicName[],
  work: (admin: TopicAdmin) => Promise<T>,
): Promise<T> {
  const admin = new kafkajs.Kafka(await clientOptions(config)).admin();
  try {
    await admin.connect();
    return await work(new TopicAdmin(config, admin, topics));
  } catch (error) {
    throw busError(error, contextOf(config, 'topics'));
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** How each topic is, beside how it should be. @throws RastroError of the area BUS */
export async function topicStates(
  config: KafkaConfig,
  topics: readonly TopicName[] = TOPIC_NAMES,
): Promise<TopicState[]> {
  return await withAdmin(config, topics, (admin) => admin.states());
}

/**
 * Creates the topics that are missing and alters the settings that differ. Again, it does nothing.
 * @throws RastroError RAS-BUS-PARTITIONS-FIXED before anything was changed, and others of the area BUS.
 */
export async function applyTopics(
  config: KafkaConfig,
  topics: readonly TopicName[] = TOPIC_NAMES,
): Promise<AppliedTopics> {
  return await withAdmin(config, topics, (admin) => admin.apply());
}
