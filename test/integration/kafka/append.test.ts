/** Appends while answers are lost and brokers are killed: every acknowledged record is there once, in order, where it was said. */
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Protocol } from 'kafkajs/src/cluster/index.js';
import { describe, expect, test } from 'vitest';
import type { Bus } from '../../../pipelines/log/bus.ts';
import { type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { Appender } from '../../../services/log/kafka/appender.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { clientOptions } from '../../../services/log/kafka/client.ts';
import { TopicLink } from '../../../services/log/kafka/link.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { readAll } from '../../support/bus-contract.ts';
import { KafkaCluster } from '../../support/kafka/cluster.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../../support/kafka/shared.ts';

const PARTITIONS = 3;
const CLUSTER_MS = 300_000;
const PACE_MS = 10;

/** Records numbered by partition, appended one call after the other without waiting; what was acknowledged, by partition. */
class Stream {
  readonly offsets: Map<number, number>[] = Array.from({ length: PARTITIONS }, () => new Map());
  readonly #append: Bus['append'];
  readonly #open = new Set<Promise<void>>();
  #next = 0;

  constructor(append: Bus['append']) {
    this.#append = append;
  }

  get open(): number {
    return this.#open.size;
  }

  get acknowledged(): number {
    return this.offsets.reduce((sum, offsets) => sum + offsets.size, 0);
  }

  /** One record for each partition. */
  send(): void {
    const number = this.#next++;
    const records = Array.from({ length: PARTITIONS }, (_, partition) => ({
      partition,
      key: null,
      value: Buffer.from(`${number} `.padEnd(500, 'x')),
    }));
    const call = this.#append('transactions', records).then((offsets) => {
      for (const [partition, offset] of offsets.entries()) this.offsets[partition]?.set(number, offset);
      this.#open.delete(call);
    });
    this.#open.add(call);
  }

  /** With so many calls open at a time, until `isEnough`; paced, so that brokers get to start beside it. */
  async sendUntil(isEnough: () => boolean, atOnce: number): Promise<void> {
    while (!isEnough()) {
      while (this.open < atOnce) this.send();
      await Promise.all([Promise.race(this.#open), pause(PACE_MS)]);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#open);
  }

  /** Compares with what is there. */
  async check(bus: Bus): Promise<void> {
    for (const [partition, offsets] of this.offsets.entries()) {
      const found = await readAll(bus, 'transactions', partition);
      expect(offsets.size).toBe(this.#next);
      const numbers = found.map(({ value }) => Number.parseInt(Buffer.from(value ?? []).toString(), 10));
      expect(numbers).toEqual(Array.from({ length: this.#next }, (_, number) => number));
      expect(found.map(({ offset }) => offset)).toEqual([...offsets.values()]);
    }
  }
}

const configOf = (brokers: readonly string[], copies: number): KafkaConfig =>
  kafkaConfig.parse({
    brokers,
    prefix: ownPrefix(),
    partitions: PARTITIONS,
    replicationFactor: copies,
    minInsyncReplicas: Math.max(1, copies - 1),
  });

const versions = await kafkaVersions();

describe.each(versions)('Kafka %i', (version) => {
  test('an answer that is lost doubles nothing', async () => {
    const { brokers } = await sharedKafka(version);
    const config = configOf(brokers, 1);
    await applyTopics(config, ['transactions']);
    let sent = 0;
    let lost = 0;
    class LossyLink extends TopicLink {
      override async send<T>(nodeId: number, protocol: Protocol<T>): Promise<T> {
        const answer = await super.send(nodeId, protocol);
        if (++sent % 3 !== 0) return answer;
        lost++;
        throw Object.assign(new Error('the connection is closed'), { name: 'KafkaJSConnectionClosedError' });
      }
    }
    const link = new LossyLink(config, await clientOptions(config), 'transactions');
    const appender = new Appender(link, 'lz4');
    const stream = new Stream((_, records) => appender.append(records));
    await stream.sendUntil(() => lost >= 5, 20);
    await stream.end();
    await appender.close();
    await link.close();
    const bus = await KafkaBus.open(config);
    await stream.check(bus);
    await bus.close();
  }, 120_000);
});

test.runIf(versions.length > 0)(
  'brokers are killed and come back, one after the other',
  async () => {
    const cluster = await KafkaCluster.start({ version: versions.at(-1) ?? 4, brokers: 3 });
    try {
      const config = configOf(cluster.brokers, 3);
      await applyTopics(config, ['transactions']);
      const bus = await KafkaBus.open(config);
      const stream = new Stream((topic, records) => bus.append(topic, records));
      let isEnough = false;
      const sending = stream.sendUntil(() => isEnough, 20);
      const acknowledged = async (more: number) => {
        const wanted = stream.acknowledged + more;
        await expect.poll(() => stream.acknowledged, { timeout: CLUSTER_MS }).toBeGreaterThan(wanted);
      };
      await acknowledged(1_000);
      for (const broker of [1, 2]) {
        const [open, atKill] = [stream.open, stream.acknowledged];
        expect(open).toBeGreaterThan(0);
        await cluster.kill(broker);
        await acknowledged(500);
        console.log(`broker ${broker} killed with ${open} appends open, ${atKill} records acknowledged`);
        await cluster.restart(broker);
        // The next one may go once this one has caught up.
        await inSync(config, cluster);
      }
      isEnough = true;
      await sending;
      await stream.end();
      await stream.check(bus);
      console.log(`${stream.acknowledged} records acknowledged, each there once`);
      await bus.close();
    } finally {
      await cluster.stop();
    }
  },
  CLUSTER_MS,
);

/** Until every partition has all its replicas in sync. */
async function inSync(config: KafkaConfig, cluster: KafkaCluster): Promise<void> {
  const admin = new kafkajs.Kafka({
    brokers: [...cluster.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  const synced = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [`${config.prefix}transactions`] });
    return topics[0]?.partitions.every(({ isr }) => isr.length === 3) === true;
  };
  await expect.poll(() => synced().catch(() => false), { timeout: CLUSTER_MS }).toBe(true);
  await admin.disconnect();
}
