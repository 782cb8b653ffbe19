/** The ingest role on Kafka itself: claims that race, and a file from one process through another. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import type { Receipt } from '../../../schemas/submission.ts';
import { TOPIC_NAMES } from '../../../schemas/topics.ts';
import { Receiver } from '../../../services/ingest/receive.ts';
import { SubmissionView } from '../../../services/ingest/view.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { testKeys } from '../../support/ingest.ts';
import { line, publishedIds, startTestRole } from '../../support/ingest-role.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../../support/kafka/shared.ts';

const START_MS = 180_000;
const RACERS = 6;
const KEYS = 8;

// One version: what differs between them, the suite of the bus has shown.
describe.each((await kafkaVersions()).slice(-1))('Kafka %i', (version) => {
  let config: KafkaConfig;
  const buses: KafkaBus[] = [];

  beforeAll(async () => {
    const { brokers } = await sharedKafka(version);
    config = kafkaConfig.parse({
      brokers,
      prefix: ownPrefix(),
      partitions: 2,
      replicationFactor: 1,
      minInsyncReplicas: 1,
    });
    await applyTopics(config, TOPIC_NAMES);
    for (let i = 0; i < RACERS; i++) buses.push(await KafkaBus.open(config));
  }, START_MS);
  afterAll(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
  });

  test(
    'processes that race on one key agree, key by key',
    async () => {
      const receivers = buses.map((bus) => {
        const view = new SubmissionView(bus);
        return new Receiver({ bus, view, rawKey: testKeys.raw, nowMs: Date.now });
      });
      for (let key = 0; key < KEYS; key++) {
        const received = await Promise.all(
          receivers.map((receiver) =>
            receiver.receive({
              institution: 'bank-a',
              mapping: 'canonical',
              onError: 'acceptValid',
              dryRun: true,
              idempotencyKey: `race-${key}`,
              body: (async function* () {
                yield Buffer.from(`body of ${key}`);
              })(),
            }),
          ),
        );
        expect(new Set(received.map(({ submission }) => submission.claim.submissionId)).size).toBe(1);
        expect(received.filter(({ replayed }) => !replayed)).toHaveLength(1);
      }
    },
    START_MS,
  );

  test(
    'what one process received, another one reads, and both say so',
    async () => {
      const [one, other] = buses as [KafkaBus, KafkaBus];
      const receiving = await startTestRole({ bus: one });
      await receiving.role.processor.disown(receiving.role.processor.owned);
      const body = Array.from({ length: 5_000 }, (_, i) =>
        line(`k${i}`, i % 100 === 0 ? { kind: '?' } : {}),
      ).join('');
      const receipt = (await (await receiving.submit(body)).json()) as Receipt;
      const reading = await startTestRole({ bus: other });
      expect(await receiving.status(receipt)).toMatchObject({
        counts: { read: 5_000, accepted: 4_950, rejected: 50 },
      });
      expect((await receiving.report(receipt)).lines).toHaveLength(50);
      expect(await publishedIds(one)).toHaveLength(4_950);
      expect([...receiving.problems, ...reading.problems]).toEqual([]);
      await Promise.all([receiving.role.stop(0), reading.role.stop(0)]);
    },
    START_MS,
  );
});
