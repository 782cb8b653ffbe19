/** The brokers that the other suites rest on: they start, come back after kill -9, and end with whoever started them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { isAlive } from '../../../services/embedded/alive.ts';
import { KEEPER } from '../../support/kafka/broker.ts';
import { KafkaCluster } from '../../support/kafka/cluster.ts';
import { kafkaVersions } from '../../support/kafka/shared.ts';

const START_MS = 180_000;

async function answers(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  const socket = connect(Number(port), host);
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isThere;
}

describe.each(await kafkaVersions())('three brokers of Kafka %i', (version) => {
  test(
    'one that was killed is gone, and comes back with what was written before',
    async () => {
      const cluster = await KafkaCluster.start({ version, brokers: 3 });
      try {
        const kafka = new kafkajs.Kafka({
          brokers: [...cluster.brokers],
          logLevel: kafkajs.logLevel.NOTHING,
        });
        const admin = kafka.admin();
        const producer = kafka.producer();
        await admin.connect();
        await producer.connect();
        const topics = [{ topic: 't', numPartitions: 1, replicationFactor: 3 }];
        await admin.createTopics({ topics, waitForLeaders: false });
        await expect
          .poll(
            () =>
              producer.send({ topic: 't', messages: [{ value: 'v' }] }).then(
                () => true,
                () => false,
              ),
            { timeout: START_MS },
          )
          .toBe(true);
        await cluster.kill(2);
        expect(await Promise.all(cluster.brokers.map(answers))).toEqual([true, false, true]);
        await cluster.restart(2);
        expect(await Promise.all(cluster.brokers.map(answers))).toEqual([true, true, true]);
        // If the one that was killed led the partition, another has to be elected before anybody answers for it.
        const written = async (): Promise<number> => {
          const offsets = await admin.fetchTopicOffsets('t').catch(() => []);
          return Number(offsets[0]?.high ?? 0);
        };
        await expect.poll(written, { timeout: START_MS }).toBeGreaterThanOrEqual(1);
        await Promise.all([admin.disconnect(), producer.disconnect()]);
      } finally {
        await cluster.stop();
      }
      expect(await Promise.all(cluster.brokers.map(answers))).toEqual([false, false, false]);
    },
    START_MS,
  );
});

test('what is kept ends with whoever started it, even by kill -9', async () => {
  const starter = spawn(
    process.execPath,
    [
      '-e',
      `require('node:child_process').spawn('sh', ['-c', process.env.KEEPER, 'keeper', 'sh', '-c', 'echo $$; exec sleep 1000'],
        { stdio: ['pipe', 'inherit', 'inherit'], detached: true });`,
    ],
    { env: { ...process.env, KEEPER }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [text] = (await once(starter.stdout, 'data')) as [Buffer];
  const kept = Number(text.toString());
  expect(isAlive(kept)).toBe(true);
  starter.kill('SIGKILL');
  await expect.poll(() => isAlive(kept), { timeout: 30_000 }).toBe(false);
});
