/** The contract of the bus against Kafka itself, and what only a cluster can do to it. */
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import {
  all,
  busContract,
  codeOf,
  PARTITIONS,
  readAll,
  TOPICS_UNDER_TEST,
} from '../../support/bus-contract.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../../support/kafka/shared.ts';

/** The first records of the contract's compaction, all of which have a newer one of their key. */
const OVERWRITTEN = 30;
const CLEANED_TIMEOUT_MS = 50_000;

describe.each(await kafkaVersions())('Kafka %i', (version) => {
  let config: KafkaConfig;
  let bus: KafkaBus;
  let admin: kafkajs.Admin;
  const kafka = () => new kafkajs.Kafka({ brokers: [...config.brokers], logLevel: kafkajs.logLevel.NOTHING });

  beforeAll(async () => {
    const { brokers } = await sharedKafka(version);
    config = kafkaConfig.parse({
      brokers,
      prefix: ownPrefix(),
      partitions: PARTITIONS,
      replicationFactor: 1,
      minInsyncReplicas: 1,
    });
    await applyTopics(config, TOPICS_UNDER_TEST);
    admin = kafka().admin();
    await admin.connect();
    bus = await KafkaBus.open(config);
  }, 180_000);
  afterAll(async () => {
    await bus?.close();
    await admin?.disconnect();
  });

  busContract(async () => ({
    bus,
    another: async () => await KafkaBus.open(config),
    async compacted() {
      // The cleaner leaves the segment alone that is being written: it is made to end often, and is ended by more records.
      const entries = {
        'segment.ms': '50',
        'min.cleanable.dirty.ratio': '0.001',
        'delete.retention.ms': '0',
      };
      const settings = { 'cleanup.policy': 'compact', ...entries };
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      const name = `${config.prefix}signals`;
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }],
      });
      const isCleaned = async () => {
        await bus.append('signals', [{ partition: 0, key: 'filler', value: Buffer.from('x') }]);
        const found = await readAll(bus, 'signals', 0);
        return found.every(({ offset }) => offset >= OVERWRITTEN);
      };
      await expect.poll(isCleaned, { timeout: CLEANED_TIMEOUT_MS, interval: 100 }).toBe(true);
    },
    async deleteBefore(topic, partition, offset) {
      const partitions = [{ partition, offset: String(offset) }];
      await admin.deleteTopicRecords({ topic: `${config.prefix}${topic}`, partitions });
    },
  }));

  test('the markers of transactions are no records, and end no read', async () => {
    const topic = `${config.prefix}alerts`;
    const producer = kafka().producer({
      transactionalId: ownPrefix(),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const before = (await bus.ranges('alerts'))[1]?.end ?? 0;
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ partition: 1, key: 'k', value: 'in a transaction' }] });
    await transaction.commit();
    await producer.disconnect();
    // The marker follows when the coordinator gets to it.
    const end = async () => (await bus.ranges('alerts'))[1]?.end;
    await expect.poll(end, { timeout: 60_000 }).toBe(before + 2);
    const found = await all(bus.read('alerts', 1, before, before + 2));
    expect(found.map(({ offset }) => offset)).toEqual([before]);
  });

  test('a smaller limit of the broker is an error of its own', async () => {
    const resources = [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: `${config.prefix}alerts`,
        configEntries: [{ name: 'max.message.bytes', value: '1000' }],
      },
    ];
    await admin.alterConfigs({ validateOnly: false, resources });
    const value = Buffer.alloc(4_000);
    for (let at = 0; at < value.length; at++) value[at] = (at * 7919) >>> 3;
    const append = () => codeOf(bus.append('alerts', [{ partition: 0, key: 'large', value }]));
    await expect.poll(append, { timeout: 60_000 }).toBe('RAS-BUS-RECORD-TOO-LARGE');
    // The next one is not mistaken for it.
    const [offset = -1] = await bus.append('alerts', [{ partition: 0, key: 'small', value: null }]);
    expect((await all(bus.read('alerts', 0, offset, offset + 1)))[0]?.key).toBe('small');
  });

  test('nobody at the address is an error of its own, soon', async () => {
    const nobody = await KafkaBus.open({ ...config, brokers: ['127.0.0.1:1'] });
    expect(await codeOf(nobody.partitionsOf('alerts'))).toBe('RAS-BUS-UNREACHABLE');
    await nobody.close();
  });
});
