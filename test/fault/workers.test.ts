/**
 * Workers that are killed, join and leave while a feed comes in: what stands afterwards is what one engine, undisturbed, says.
 * `RASTRO_FAULT_ROWS`: rows of the feed.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewRecord } from '../../pipelines/log/bus.ts';
import { type KafkaConfig, kafkaConfig } from '../../schemas/config.ts';
import { type Embedded, startEmbedded } from '../../services/embedded/start.ts';
import { KafkaBus } from '../../services/log/kafka/bus.ts';
import { applyTopics } from '../../services/log/kafka/topics.ts';
import { openStore, type Store } from '../../services/store/client.ts';
import { markedUntil } from '../../services/store/markers.ts';
import { migrate } from '../../services/store/migrate.ts';
import { WORKER_TOPICS } from '../../services/worker/open-partition.ts';
import { MARKED_LOG } from '../../services/worker/store-outputs.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { rastro } from '../support/cli.ts';
import { kafkaVersions, ownPrefix, sharedKafka } from '../support/kafka/shared.ts';
import { routedFeed, send } from '../support/routed-feed.ts';
import { type WorkerPlace, WorkerProcess } from '../support/worker-process.ts';
import { type Standing, standingOf } from '../support/workspace.ts';

const PARTITIONS = 4;
const ROWS = Number(process.env['RASTRO_FAULT_ROWS'] ?? 12_000);
const READY_MS = 240_000;
const TEST_MS = 600_000;
/** Records between two looks at how far the workers are. */
const PART = 16;

const [version] = (await kafkaVersions()).slice(-1);

describe.skipIf(version === undefined)('workers against one engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fault-'));
  const feedFolder = join(folder, 'feed');
  const dataDir = join(folder, 'one');
  let expected: Standing;
  let records: readonly NewRecord[];
  let rows = 0;
  let copies = 0;

  beforeAll(async () => {
    const simulate = ['simulate', '--transactions', `${ROWS}`, '--days', '120', '--out', feedFolder];
    expect((await rastro(simulate)).code).toBe(0);
    const files = [join(feedFolder, 'transactions.csv'), '--parties', join(feedFolder, 'parties.ndjson')];
    expect((await rastro(['--data-dir', dataDir, 'run', ...files])).code).toBe(0);
    const one = await startEmbedded({ dataDir });
    const store = openStore({ url: one.url, key: one.key });
    expected = await standingOf(store);
    await store.close();
    await one.stop();
    ({ records, rows, copies } = await routedFeed(dataDir, await loadKnowledge(), PARTITIONS, 64));
  }, TEST_MS);

  /** A cluster's topics, a store, and workers over them. */
  class Scene {
    readonly place: WorkerPlace;
    readonly workers: WorkerProcess[] = [];
    readonly #embedded: Embedded;
    readonly #bus: KafkaBus;
    readonly #store: Store;
    readonly #admin: kafkajs.Admin;

    private constructor(
      place: WorkerPlace,
      embedded: Embedded,
      bus: KafkaBus,
      store: Store,
      admin: kafkajs.Admin,
    ) {
      this.place = place;
      this.#embedded = embedded;
      this.#bus = bus;
      this.#store = store;
      this.#admin = admin;
    }

    static async open(name: string): Promise<Scene> {
      const { brokers } = await sharedKafka(version as 3 | 4);
      const kafka: KafkaConfig = kafkaConfig.parse({
        brokers,
        prefix: ownPrefix(),
        partitions: PARTITIONS,
        replicationFactor: 1,
        minInsyncReplicas: 1,
      });
      await applyTopics(kafka);
      const sceneFolder = join(folder, name);
      mkdirSync(sceneFolder);
      const embedded = await startEmbedded({ dataDir: join(sceneFolder, 'store') });
      const store = openStore({ url: embedded.url, key: embedded.key });
      await migrate(store);
      const place = { folder: sceneFolder, kafka, store: embedded, keysFolder: dataDir };
      const admin = new kafkajs.Kafka({
        brokers: [...brokers],
        logLevel: kafkajs.logLevel.NOTHING,
      }).admin();
      await admin.connect();
      return new Scene(place, embedded, await KafkaBus.open(kafka), store, admin);
    }

    start(): WorkerProcess {
      const worker = new WorkerProcess(this.place);
      this.workers.push(worker);
      return worker;
    }

    /** Sends the next records a few at a time; between them `look` may do something. Returns when all are sent. */
    async feed(from: number, until: number): Promise<void> {
      for (let at = from; at < until; at += PART)
        await send(this.#bus, records.slice(at, Math.min(until, at + PART)));
    }

    /** Records of `transactions` that no marker covers yet. */
    async inFlight(): Promise<number> {
      const ranges = await this.#bus.ranges('transactions');
      let open = 0;
      for (const [partition, { end }] of ranges.entries())
        open += end - 1 - (await markedUntil(this.#store, MARKED_LOG, partition));
      return open;
    }

    /** Records that the group has not told to have worked off: what follows from a record is there before it is told. */
    async #behind(): Promise<number> {
      const { prefix } = this.place.kafka;
      const told = await this.#admin.fetchOffsets({
        groupId: `${prefix}worker`,
        topics: WORKER_TOPICS.map((topic) => `${prefix}${topic}`),
      });
      let behind = 0;
      for (const topic of WORKER_TOPICS) {
        const partitions = told.find((of) => of.topic === `${prefix}${topic}`)?.partitions ?? [];
        for (const [partition, { end }] of (await this.#bus.ranges(topic)).entries()) {
          const offset = Number(partitions.find((of) => of.partition === partition)?.offset ?? 0);
          behind += end - Math.max(0, offset);
        }
      }
      return behind;
    }

    /** What stands once all records of both topics are worked off, those too that followed from others. */
    async settled(): Promise<Standing> {
      await expect
        .poll(() => this.#behind(), { timeout: READY_MS, interval: 1_000 })
        .toBe(0)
        .catch((error: unknown) => {
          // What they logged names no one.
          throw new Error(this.workers.map(({ log }) => log).join('---\n'), { cause: error });
        });
      expect(await this.inFlight()).toBe(0);
      return standingOf(this.#store);
    }

    async close(): Promise<void> {
      await Promise.all(this.workers.map((worker) => worker.kill()));
      await this.#admin.disconnect();
      await this.#bus.close();
      await this.#store.close();
      await this.#embedded.stop();
    }
  }

  const scenes: Scene[] = [];
  const open = async (name: string): Promise<Scene> => {
    const scene = await Scene.open(name);
    scenes.push(scene);
    return scene;
  };

  afterAll(async () => {
    for (const scene of scenes) await scene.close();
  }, TEST_MS);

  function expectSame(found: Standing, what: string): void {
    console.log(
      `${what}: ${rows} rows, ${copies} copies, ${found.signals.length} signals, ${found.alerts.length} alerts, ${found.transactions.length} transactions`,
    );
    const identities = ({ id, version }: Record<string, unknown>) => ({ id, version });
    expect(found.alerts.map(identities)).toEqual(expected.alerts.map(identities));
    expect(found.signals).toEqual(expected.signals);
    expect(found.alerts).toEqual(expected.alerts);
    expect(found.transactions).toEqual(expected.transactions);
    expect(found.versions).toEqual(expected.versions);
  }

  test(
    'one is killed in the middle, another goes on',
    async () => {
      const scene = await open('killed');
      const first = scene.start();
      await expect.poll(() => first.assigned, { timeout: READY_MS }).toBe(PARTITIONS);
      const half = records.length >>> 1;
      await scene.feed(0, half);
      const waiting = await scene.inFlight();
      await first.kill();
      console.log(`killed with ${waiting} records in flight`);
      expect(waiting).toBeGreaterThan(0);
      scene.start();
      await scene.feed(half, records.length);
      expectSame(await scene.settled(), 'killed');
    },
    TEST_MS,
  );

  test(
    'one, three, one',
    async () => {
      const scene = await open('scaled');
      const first = scene.start();
      await expect.poll(() => first.assigned, { timeout: READY_MS }).toBe(PARTITIONS);
      const third = Math.floor(records.length / 3);
      await scene.feed(0, third);
      const others = [scene.start(), scene.start()];
      await expect.poll(() => others.every(({ assigned }) => assigned > 0), { timeout: READY_MS }).toBe(true);
      await scene.feed(third, 2 * third);
      expect(await Promise.all(others.map((worker) => worker.drain()))).toEqual([0, 0]);
      await scene.feed(2 * third, records.length);
      expectSame(await scene.settled(), 'scaled');
    },
    TEST_MS,
  );
});
