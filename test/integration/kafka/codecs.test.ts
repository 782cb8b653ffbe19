/** Every codec both ways: what Kafka's own producer writes is read here, and what is written here its own consumer reads. */
import kafkajs from 'kafkajs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { TopicRecord } from '../../../pipelines/log/bus.ts';
import { COMPRESSIONS, type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { clientOptions, contextOf } from '../../../services/log/kafka/client.ts';
import { checkWritable } from '../../../services/log/kafka/codecs.ts';
import { joinGroup } from '../../../services/log/kafka/group/join-group.ts';
import { BUS_LIMITS } from '../../../services/log/kafka/limits.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { codeOf, readAll } from '../../support/bus-contract.ts';
import { runJava } from '../../support/kafka/broker.ts';
import { kafkaVersions, ownPrefix, type SharedKafka, sharedKafka } from '../../support/kafka/shared.ts';

const PRODUCER = { 3: 'kafka.tools.ConsoleProducer', 4: 'org.apache.kafka.tools.ConsoleProducer' } as const;
const CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer';
const JAVA_MS = 120_000;

/** Some 200 kB, so that a batch has several blocks of its codec. */
const LINES = Array.from(
  { length: 2_000 },
  (_, at) => `${at} ${'transfer '.repeat(10)}${(at * 7919) % 1013}`,
);
const isZstdWritten = await codeOf((async () => checkWritable('zstd'))()).then((code) => code === 'none');
const written = COMPRESSIONS.filter((each) => each !== 'zstd' || isZstdWritten);

describe.each(await kafkaVersions())('Kafka %i', (version) => {
  let kafka: SharedKafka;
  let config: KafkaConfig;
  const topic = () => `${config.prefix}transactions`;

  beforeAll(async () => {
    kafka = await sharedKafka(version);
    const place = { brokers: kafka.brokers, prefix: ownPrefix() };
    config = kafkaConfig.parse({ ...place, partitions: 5, replicationFactor: 1, minInsyncReplicas: 1 });
    await applyTopics(config, ['transactions', 'rejected']);
  }, 180_000);

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    'what Kafka writes in %s is read',
    async (codec) => {
      const name = `${config.prefix}rejected`;
      const bus = await KafkaBus.open(config);
      const ends = async () => (await bus.ranges('rejected')).map(({ end }) => end);
      const before = await ends();
      const large = ['--batch-size', '400000', '--timeout', '500', '--max-memory-bytes', '8000000'];
      const args = [
        '--bootstrap-server',
        kafka.brokers.join(),
        '--topic',
        name,
        '--compression-codec',
        codec,
      ];
      await runJava(
        kafka.jars,
        PRODUCER[version],
        [...args, ...large],
        LINES.map((line) => `${line}\n`).join(''),
      );
      const after = await ends();
      const found: string[] = [];
      for (const [partition, until] of after.entries())
        for await (const { value } of bus.read('rejected', partition, before[partition] ?? 0, until))
          found.push(Buffer.from(value ?? []).toString());
      await bus.close();
      const inOrder = found.sort((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10));
      expect(inOrder).toEqual(LINES);
    },
    JAVA_MS,
  );

  test(
    `Kafka reads what is written in ${written.join(', ')}`,
    async () => {
      for (const [partition, compression] of written.entries()) {
        const bus = await KafkaBus.open({ ...config, compression });
        const records = LINES.map((line) => ({
          partition,
          key: null,
          value: Buffer.from(`${compression} ${line}`),
        }));
        await bus.append('transactions', records);
        expect(await readAll(bus, 'transactions', partition)).toHaveLength(LINES.length);
        await bus.close();
      }
      const count = written.length * LINES.length;
      const args = ['--bootstrap-server', kafka.brokers.join(), '--topic', topic(), '--from-beginning'];
      const text = await runJava(kafka.jars, CONSUMER, [...args, '--max-messages', String(count)]);
      const found = text.split('\n').slice(0, -1);
      expect(found).toHaveLength(count);
      for (const compression of written)
        expect(found.filter((line) => line.startsWith(`${compression} `))).toEqual(
          LINES.map((line) => `${compression} ${line}`),
        );
    },
    JAVA_MS,
  );

  test(
    'a batch that would unpack to more than anybody takes is passed over, with its place',
    async () => {
      const bus = await KafkaBus.open(config);
      const { end = 0 } = (await bus.ranges('transactions'))[0] ?? {};
      const kafka = new kafkajs.Kafka(await clientOptions(config));
      const producer = kafka.producer();
      await producer.connect();
      const bomb = { partition: 0, value: Buffer.alloc(BUS_LIMITS.DECOMPRESSED_BYTES + 1) };
      for (const compression of [kafkajs.CompressionTypes.LZ4, kafkajs.CompressionTypes.GZIP])
        await producer.send({ topic: topic(), messages: [bomb], compression });
      await producer.disconnect();
      await bus.append('transactions', [{ partition: 0, key: null, value: Buffer.from('good') }]);
      const found: TopicRecord[] = [];
      for await (const record of bus.read('transactions', 0, end, end + 3)) found.push(record);
      const expected = [
        [end, 'RAS-BUS-BATCH-TOO-LARGE'],
        [end + 1, 'RAS-BUS-BATCH-TOO-LARGE'],
        [end + 2, undefined],
      ];
      const shown = ({ offset, fault }: TopicRecord) => [offset, fault?.code];
      expect(found.map(shown)).toEqual(expected);
      // A member of a group reads by way of kafkajs.
      const handed: TopicRecord[] = [];
      const membership = joinGroup({
        kafka,
        context: contextOf(config, 'group'),
        bus,
        prefix: config.prefix,
        groupId: 'bombs',
        topics: ['transactions'],
        member: {
          assigned: async (places) =>
            places.map((place) => ({ ...place, from: place.partition === 0 ? end : 0 })),
          batch: async ({ partition, records }) => {
            if (partition === 0) handed.push(...records);
          },
          revoked: async () => undefined,
        },
      });
      await vi.waitFor(() => expect(handed.map(shown)).toEqual(expected), { timeout: 90_000 });
      await membership.leave();
      await bus.close();
    },
    JAVA_MS,
  );

  test.skipIf(isZstdWritten)(
    'zstd is refused where it cannot be written, before anything is sent',
    async () => {
      expect(await codeOf(KafkaBus.open({ ...config, compression: 'zstd' }))).toBe('RAS-BUS-CODEC-MISSING');
    },
  );
});
