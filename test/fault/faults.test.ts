/**
 * Faults under load. Rows come in at a steady rate while something is killed, joins or leaves; afterwards the store says what one engine,
 * undisturbed, says of the same rows, and no row, signal or alert is lost or doubled. How long and how fast: README.md.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { NOTHING_TO_REPLAY } from '../../services/cli/commands/rejects-log.ts';
import { rastro } from '../support/cli.ts';
import { type Counts, countsOf, NOTHING_AMISS } from '../support/fault/counts.ts';
import { disordered } from '../support/fault/disorder.ts';
import { type FaultFeed, prepareFeed, type SpooledRecord } from '../support/fault/feed.ts';
import { sendMalformed } from '../support/fault/malformed.ts';
import type { Paced } from '../support/fault/pacer.ts';
import { OLDER_CODE, rejectAsOlder, rejectedIn } from '../support/fault/rejects.ts';
import { Scene } from '../support/fault/scene.ts';
import { faultSettings } from '../support/fault/settings.ts';
import { Submissions } from '../support/fault/submissions.ts';
import { freePorts } from '../support/kafka/broker.ts';
import { KafkaCluster } from '../support/kafka/cluster.ts';
import { kafkaVersions, sharedKafka } from '../support/kafka/shared.ts';

const PARTITIONS = 4;
const MALFORMED = { transactions: 7_000, signals: 3_000 };
/** Records that an older version could not read. */
const UNREAD = 3;
const settings = faultSettings(process.env, await kafkaVersions());
const { rowsPerSecond, seconds, patienceMs } = settings;
const TEST_MS = 3 * patienceMs;

const folder = mkdtempSync(join(tmpdir(), 'fault-'));
const feeds = new Map<number, FaultFeed>();
const results: Record<string, unknown>[] = [];

beforeAll(async () => {
  for (const seed of settings.seeds) {
    // A few rows of a feed are sent twice, which counts once.
    const rows = Math.ceil(rowsPerSecond * seconds * 1.01);
    const feed = await prepareFeed(folder, { seed, rows, days: settings.days, partitions: PARTITIONS });
    feeds.set(seed, feed);
    const { signals, alerts, transactions } = feed.expected;
    console.log(
      `seed ${seed}: ${feed.rows} rows, ${feed.copies} copies; undisturbed ${signals.length} signals, ${alerts.length} alerts, ${transactions.length} transactions`,
    );
    // A feed in which nothing happens would show nothing.
    expect(Math.min(signals.length, alerts.length)).toBeGreaterThan(0);
  }
}, TEST_MS);

afterAll(() => {
  console.table(results);
  for (const feed of feeds.values()) feed.close();
});

const runs = settings.versions.flatMap((version) => settings.seeds.map((seed) => ({ version, seed })));

describe.each(runs)('Kafka $version, seed $seed', ({ version, seed }) => {
  const sceneOf = async (
    name: string,
    more: { brokers?: readonly string[]; replicas?: number; port?: number } = {},
  ): Promise<{ scene: Scene; feed: FaultFeed }> => {
    const feed = feeds.get(seed) as FaultFeed;
    const { brokers = (await sharedKafka(version)).brokers, ...others } = more;
    const place = join(folder, `kafka-${version}-seed-${seed}`);
    mkdirSync(place, { recursive: true });
    const { keysFolder } = feed;
    const scene = await Scene.open({
      folder: place,
      name,
      brokers,
      partitions: PARTITIONS,
      keysFolder,
      patienceMs,
      ...others,
    });
    return { scene, feed };
  };

  /** What every fault has to show. */
  async function expectUndisturbed(
    fault: string,
    { scene, feed }: { scene: Scene; feed: FaultFeed },
    { paced, inFlight, ...more }: { paced: Paced; inFlight: number; [more: string]: unknown },
  ): Promise<void> {
    const began = performance.now();
    const found = await scene.settled();
    const drainedS = Math.round((performance.now() - began) / 1_000);
    const counts: Counts = await countsOf(scene.bus, scene.store, found, feed.expected);
    results.push({
      kafka: version,
      seed,
      fault,
      rows: paced.rows,
      'sent/s': paced.sentPerSecond,
      'acknowledged/s': paced.acknowledgedPerSecond,
      'in flight': inFlight,
      'drained s': drainedS,
      ...Object.fromEntries(Object.entries(counts).map(([name, { rows }]) => [name, rows])),
      lost: Object.values(counts).reduce((sum, { lost }) => sum + lost, 0),
      doubled: Object.values(counts).reduce((sum, { rows, identities }) => sum + rows - identities, 0),
      extra: Object.values(counts).reduce((sum, { extra }) => sum + extra, 0),
    });
    console.log(`${fault}: ${inFlight} rows in flight; ${JSON.stringify({ ...more, ...paced, counts })}`);
    if (paced.sentPerSecond < rowsPerSecond)
      console.warn(`${fault}: the source reached ${paced.sentPerSecond} of ${rowsPerSecond} rows a second`);
    expect(inFlight).toBeGreaterThan(0);
    for (const [what, { rows, identities, ...amiss }] of Object.entries(counts)) {
      expect({ what, ...amiss }).toEqual({ what, ...NOTHING_AMISS });
      expect({ what, rows }).toEqual({ what, rows: identities });
    }
    const { expected } = feed;
    expect(found.signals).toEqual(expected.signals);
    expect(found.alerts).toEqual(expected.alerts);
    expect(found.transactions).toEqual(expected.transactions);
    expect(found.versions).toEqual(expected.versions);
    expect(found.unrecorded).toEqual([]);
  }

  /** A scene with one worker at work, and the feed's body under way. */
  async function underLoad(name: string, more: Parameters<typeof sceneOf>[1] = {}) {
    const { scene, feed } = await sceneOf(name, more);
    const worker = await scene.startFirst();
    await scene.sendAll(feed, feed.head);
    const load = scene.pace(feed, feed.body, rowsPerSecond);
    load.catch(() => undefined);
    return { scene, feed, worker, load };
  }

  test(
    'a worker is killed in the middle of its work',
    async () => {
      const { scene, feed, worker, load } = await underLoad('worker');
      try {
        await scene.midWork();
        await worker.kill();
        // Nobody is left to mark anything: what is open now was open when it died.
        const { inFlight } = await scene.rows();
        scene.start();
        await expectUndisturbed('worker killed', { scene, feed }, { paced: await load, inFlight });
      } finally {
        await scene.close();
      }
    },
    TEST_MS,
  );

  test(
    'ClickHouse is killed, and comes back',
    async () => {
      const { scene, feed, worker, load } = await underLoad('store');
      try {
        const inFlight = await scene.midWork();
        await scene.killStore();
        await pause(settings.storeDownMs);
        await scene.restartStore();
        const paced = await load;
        expect(worker.isRunning).toBe(true);
        await expectUndisturbed(
          'store killed',
          { scene, feed },
          { paced, inFlight, downMs: settings.storeDownMs, storeDown: worker.times('store.down') },
        );
      } finally {
        await scene.close();
      }
    },
    TEST_MS,
  );

  test(
    'workers: one, three, one',
    async () => {
      const { scene, feed, load } = await underLoad('scaled');
      try {
        const inFlight = await scene.midWork();
        const others = [scene.start(), scene.start()];
        await scene.until(() => others.every((worker) => worker.times('partition.assigned') > 0));
        const shared = others.map((worker) => worker.times('partition.assigned'));
        expect(await Promise.all(others.map((worker) => worker.drain()))).toEqual([0, 0]);
        await expectUndisturbed('one, three, one', { scene, feed }, { paced: await load, inFlight, shared });
      } finally {
        await scene.close();
      }
    },
    TEST_MS,
  );

  test.runIf(settings.isLong)(
    'a worker is killed while partitions move',
    async () => {
      const { scene, feed, worker, load } = await underLoad('moving');
      try {
        await scene.midWork();
        const others = [scene.start(), scene.start()];
        // The first one has let a partition go, and nobody may have it yet.
        await scene.until(() => worker.times('partition.revoked') > 0);
        await worker.kill();
        const { inFlight } = await scene.rows();
        await scene.until(() => others.every((each) => each.times('partition.assigned') > 0));
        await expectUndisturbed('killed while moving', { scene, feed }, { paced: await load, inFlight });
      } finally {
        await scene.close();
      }
    },
    TEST_MS,
  );

  test(
    'deliveries that come twice, out of order and late, with malformed records among them',
    async () => {
      const { scene, feed } = await sceneOf('disorder');
      try {
        const worker = await scene.startFirst();
        await scene.sendAll(feed, feed.head);
        const random = new Random(deriveSeed(seed, 'disorder'));
        // An older version could not read the last ones: they come in by a replay.
        const unread = feed.body.filter(({ rows }) => rows > 0).slice(-UNREAD);
        const { items, ...disorder } = disordered(
          feed.body.filter((record) => !unread.includes(record)),
          random,
        );
        const load = scene.pace(feed, items, rowsPerSecond);
        const block = feed.record(unread[0] as SpooledRecord).value as Uint8Array;
        const bad = sendMalformed(scene.bus, scene.place.kafka, { counts: MALFORMED, random, block });
        for (const each of [load, bad]) each.catch(() => undefined);
        await scene.midWork();
        await worker.kill();
        const { inFlight } = await scene.rows();
        scene.start();
        await bad;
        const paced = await load;
        await scene.settled();
        const rejects = await rejectedIn(scene);
        expect(rejects).toEqual({ ...MALFORMED, table: MALFORMED.transactions + MALFORMED.signals });
        await rejectAsOlder(
          scene,
          unread.map((record) => feed.record(record)),
        );
        const replay = ['rejects', 'replay', '--log', '--code', OLDER_CODE, '--config', scene.config];
        expect(await rastro(replay)).toMatchObject({
          code: 0,
          out: `${UNREAD} records appended again, 0 not\n`,
        });
        // Once more, there is nothing left to do.
        expect(await rastro(replay)).toMatchObject({ code: 0, out: `${NOTHING_TO_REPLAY}\n` });
        await expectUndisturbed('disorder', { scene, feed }, { paced, inFlight, ...disorder, rejects });
      } finally {
        await scene.close();
      }
    },
    TEST_MS,
  );

  test(
    'a broker of three is killed',
    async () => {
      const cluster = await KafkaCluster.start({ version, brokers: 3 });
      try {
        const { scene, feed, load } = await underLoad('broker', { brokers: cluster.brokers, replicas: 3 });
        try {
          const inFlight = await scene.midWork();
          const node = 1 + (seed % 3);
          await cluster.kill(node);
          const paced = await load;
          await cluster.restart(node);
          await expectUndisturbed('broker killed', { scene, feed }, { paced, inFlight, node });
        } finally {
          await scene.close();
        }
      } finally {
        await cluster.stop();
      }
    },
    TEST_MS,
  );

  test(
    'ingest is killed in the middle of requests',
    async () => {
      const [port = 0] = await freePorts(1);
      const { scene, feed } = await sceneOf('ingest', { port });
      try {
        await scene.startFirst();
        const submissions = await Submissions.of(scene, feed);
        const first = await submissions.startRole();
        await submissions.parties();
        const load = submissions.pace(rowsPerSecond);
        load.catch(() => undefined);
        await scene.until(() => submissions.begun > feed.rows / 3);
        // The role has taken it up, and half of its body.
        const { ended } = await submissions.half();
        await first.kill();
        expect(await ended).toBe('ECONNRESET');
        const inFlight = submissions.begun - (await scene.stored());
        await submissions.startRole();
        const paced = await load;
        const read = await submissions.read();
        await expectUndisturbed('ingest killed', { scene, feed }, { paced, inFlight, ...read });
      } finally {
        await scene.close();
      }
    },
    TEST_MS,
  );
});
