/** Members of a group while brokers go and come back. */
import { afterAll, describe, expect, test } from 'vitest';
import { RastroError } from '../../../schemas/errors/index.ts';
import { KafkaCluster } from '../../support/kafka/cluster.ts';
import { kafkaVersions } from '../../support/kafka/shared.ts';
import { Books, probe } from '../../support/kafka-group/probe.ts';
import { Scene, until } from '../../support/kafka-group/scene.ts';

const versions = (await kafkaVersions()).filter(
  (version) => version === 4 || process.env['RASTRO_KAFKA'] === 'both',
);

const START_MS = 180_000;
/** How often the only broker is killed; more, to see what adds up, by `RASTRO_KAFKA_ROUNDS`. */
const ROUNDS = Number(process.env['RASTRO_KAFKA_ROUNDS'] ?? 1);

/** Streams while `fault` happens, and counts what came of it. */
async function throughFault(
  cluster: KafkaCluster,
  replicas: number,
  fault: (scene: Scene, books: Books) => Promise<void>,
): Promise<void> {
  const at = await Scene.make({ brokers: cluster.brokers, partitions: 4, replicas });
  const books = new Books();
  const members = ['a', 'b'].map((name) =>
    at.join(probe(name, books), { sessionMs: 10_000, stallMs: 60_000 }),
  );
  const broken: unknown[] = [];
  for (const member of members) member.ended.catch((error: unknown) => broken.push(error));
  try {
    await at.append(20);
    await until('all is read', () => books.missing(at.ends).length === 0);
    at.stream();
    await fault(at, books);
    const before = at.total();
    await until('records are appended again', () => broken.length > 0 || at.total() > before + 100, START_MS);
    await at.endStream();
    await until('all is read', () => broken.length > 0 || books.missing(at.ends).length === 0, START_MS);
    await Promise.all(members.map((member) => member.leave()));
  } finally {
    await at.close();
  }
  expect(broken).toEqual([]);
  expect(books.faults).toEqual([]);
  const counts = [...books.counts.values()].flatMap((one) => [...one.values()]);
  expect(counts.length).toBe(at.total());
  const again = counts.filter((times) => times > 1).length;
  console.info(
    `${at.total()} records in order, ${again} of them more than once; ${books.tenures.length} partitions assigned in all`,
  );
}

describe.each(versions)('brokers of Kafka %i', (version) => {
  const clusters: KafkaCluster[] = [];
  const start = async (brokers: 1 | 3) => {
    const cluster = await KafkaCluster.start({ version, brokers });
    clusters.push(cluster);
    return cluster;
  };
  afterAll(async () => {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  });

  test(
    'one broker: killed and started again, then frozen for good',
    async () => {
      const cluster = await start(1);
      const sockets = () =>
        process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
      const open: number[] = [];
      await throughFault(cluster, 1, async (at, books) => {
        for (let round = 0; round < ROUNDS; round++) {
          await cluster.kill(1);
          await cluster.restart(1);
          const goals = new Map([...at.ends].map(([place, end]) => [place, end + 20]));
          await until('it goes on', () => books.missing(goals).length === 0, START_MS);
          open.push(sockets());
        }
      });
      console.info(`sockets after each restart: ${open.join(', ')}`);

      const at = await Scene.make({ brokers: cluster.brokers, partitions: 2 });
      const books = new Books();
      await at.append(1);
      const member = at.join(probe('a', books), { stallMs: 5_000 });
      await until('all is read', () => books.missing(at.ends).length === 0);
      cluster.signal(1, 'STOP');
      const code = await member.ended.catch((error: unknown) => (RastroError.is(error) ? error.code : error));
      expect(code).toBe('RAS-BUS-GROUP-STALLED');
      cluster.signal(1, 'CONT');
      await at.close();
    },
    2 * START_MS,
  );

  test(
    'three brokers: the coordinator killed and started again',
    async () => {
      const cluster = await start(3);
      await throughFault(cluster, 3, async (at, books) => {
        const { coordinator } = await at.coordinator();
        await cluster.kill(coordinator);
        const goals = new Map([...at.ends].map(([place, end]) => [place, end + 20]));
        await until('the others go on', () => books.missing(goals).length === 0, START_MS);
        await cluster.restart(coordinator);
      });
    },
    2 * START_MS,
  );
});
