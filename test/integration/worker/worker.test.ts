/** Workers against Kafka and a store say what one engine says. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configSchema, type KafkaConfig, kafkaConfig } from '../../../schemas/config.ts';
import { type Embedded, startEmbedded } from '../../../services/embedded/start.ts';
import { KafkaBus } from '../../../services/log/kafka/bus.ts';
import { clientOptions } from '../../../services/log/kafka/client.ts';
import { joinGroup } from '../../../services/log/kafka/group/join-group.ts';
import { applyTopics } from '../../../services/log/kafka/topics.ts';
import { openLog } from '../../../services/observe/log.ts';
import { Metrics } from '../../../services/observe/metrics.ts';
import { openStore, type Store } from '../../../services/store/client.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { WORKER_TOPICS, WorkerRole } from '../../../services/worker/role.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { openSecret } from '../../../services/workspace/secret.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../../support/kafka/shared.ts';
import { routedFeed, send } from '../../support/routed-feed.ts';

const DATA = process.env['RASTRO_DATA'] ?? '';

test('one worker says what one engine says', async () => {
  const { brokers } = await sharedKafka(4);
  const config: KafkaConfig = kafkaConfig.parse({
    brokers,
    prefix: ownPrefix(),
    partitions: 4,
    replicationFactor: 1,
    minInsyncReplicas: 1,
  });
  await applyTopics(config);
  const knowledge = await loadKnowledge();
  const folder = mkdtempSync(join(tmpdir(), 'worker-'));
  const embedded = await startEmbedded({ dataDir: folder });
  const store = openStore({ url: embedded.url, key: embedded.key });
  await migrate(store);
  const bus = await KafkaBus.open(config);
  const feed = await routedFeed(DATA, knowledge, 4);
  console.log(feed.records.length, feed.rows, feed.copies);
  let t = performance.now();
  await send(bus, feed.records);
  console.log(
    'sent',
    performance.now() - t,
    (await bus.ranges('transactions')).map((r) => r.end),
  );
  t = performance.now();
  const role = new WorkerRole({
    bus,
    store,
    keys: await openSecret(DATA),
    knowledge,
    config: configSchema.parse({}).worker,
    stateFolder: join(folder, 'state-worker'),
    metrics: new Metrics(),
    log: openLog({ level: 'info', format: 'text' }, { role: 'worker' }),
  });
  const membership = joinGroup({
    kafka: new kafkajs.Kafka(await clientOptions(config)),
    bus,
    prefix: config.prefix,
    groupId: 'worker',
    topics: [...WORKER_TOPICS],
    member: role.member,
  });
  membership.ended.catch((e) => console.log('ended', e));
  const timer = setInterval(async () => console.log(Math.round(performance.now() - t), role.partitions.length, JSON.stringify((await bus.ranges('signals')).map((r) => r.end)), process.cpuUsage().user / 1e6), 5000);
  await expect.poll(() => role.isCaughtUp(), { timeout: 500_000, interval: 500 }).toBe(true);
  clearInterval(timer);
  console.log('done', performance.now() - t);
  await membership.leave();
  await role.close();
  const signals = await store.queryRows<{ doc: string }>('SELECT doc FROM signals_standing ORDER BY id');
  const alerts = await store.queryRows<{ doc: string }>('SELECT doc FROM alerts_standing ORDER BY id');
  const [tx] = await store.queryRows<{ n: string }>('SELECT count() AS n FROM transactions_current');
  console.log(
    signals.length,
    alerts.length,
    tx,
    await store.queryRows(
      'SELECT log, partition, max(offset_to) AS m, count() AS n FROM block_markers GROUP BY log, partition ORDER BY 1,2',
    ),
  );
  await bus.close();
  await store.close();
  await embedded.stop();
  const one = await startEmbedded({ dataDir: DATA });
  const oneStore = openStore({ url: one.url, key: one.key });
  const expectedSignals = await oneStore.queryRows<{ doc: string }>(
    'SELECT doc FROM signals_standing ORDER BY id',
  );
  const expectedAlerts = await oneStore.queryRows<{ doc: string }>(
    'SELECT doc FROM alerts_standing ORDER BY id',
  );
  await oneStore.close();
  await one.stop();
  expect(signals.map((r) => JSON.parse(r.doc))).toEqual(expectedSignals.map((r) => JSON.parse(r.doc)));
  expect(alerts.map((r) => JSON.parse(r.doc))).toEqual(expectedAlerts.map((r) => JSON.parse(r.doc)));
}, 600_000);
