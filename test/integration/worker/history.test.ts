/**
 * A partition made again from the store, its topic's beginning gone: what stands is what stands where nothing happened. Rows that
 * are amended, withdrawn, reversed or late; rules that change on the way; rows that the store has no more.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewRecord } from '../../../pipelines/log/bus.ts';
import { configSchema } from '../../../schemas/config.ts';
import { runRetention } from '../../../services/stewardship/retention.ts';
import { openStore, type Store } from '../../../services/store/client.ts';
import { markedUntil } from '../../../services/store/markers.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { MARKED_LOG } from '../../../services/worker/store-outputs.ts';
import type { Knowledge } from '../../../services/workspace/knowledge.ts';
import { LoneWorker, recordsOf } from '../../support/lone-worker.ts';
import { type MemoryBus, memoryBus } from '../../support/memory-bus.ts';
import { arriving } from '../../support/partition-play.ts';
import { send } from '../../support/routed-feed.ts';
import { SUBMITTING, shuffled, smallParties, smallRows, writeSmallRules } from '../../support/small-world.ts';
import { knowledgeOf, type Standing, standingOf } from '../../support/workspace.ts';
import { freshFolder, startSuite } from '../embedded/harness.ts';

const PARTITIONS = 3;
const SEED = 41;
/** Longer than the horizon, so that of rows in any order some are late. */
const DAYS = 520;
const MOVEMENTS = 300;
/** Of rows alone: the oldest third of them. */
const LONG = 36_500;
const { retention: RETENTION } = configSchema.parse({
  retention: {
    days: { transactions: 365, signals: LONG, alerts: LONG, rejects: LONG, submissions: LONG, parties: LONG },
    countries: {},
  },
});
const RULES_FROM = Date.UTC(2026, 8, 1);
const TEST_MS = 300_000;

const suite = await startSuite();
afterAll(() => suite?.cleanUp());

describe.skipIf(suite === undefined)('a partition from the store', () => {
  const folder = freshFolder();
  const stores: Store[] = [];
  let knowledge: Knowledge;
  let records: NewRecord[];
  let expected: Standing;

  async function freshStore(): Promise<Store> {
    const { url, key } = suite!.server;
    const database = `history_${stores.length}`;
    const first = openStore({ url, key });
    await first.command(`CREATE DATABASE ${database}`);
    await first.close();
    const store = openStore({ url, key, database });
    stores.push(store);
    await migrate(store);
    return store;
  }

  const start = (bus: MemoryBus, store: Store) => LoneWorker.start(bus, store, knowledge, folder);

  /** What stands, and of the stored rows where they came from. */
  const answers = async (store: Store) => ({
    ...(await standingOf(store)),
    places: await store.queryRows(
      'SELECT institution, id, version, block_offset FROM transactions_current ORDER BY ALL',
    ),
    held: await store.queryRows('SELECT * EXCEPT (revision) FROM log_records_current ORDER BY ALL'),
  });

  async function cut(bus: MemoryBus, at: (range: { begin: number; end: number }) => number): Promise<void> {
    for (const [partition, range] of (await bus.ranges('transactions')).entries())
      bus.deleteBefore('transactions', partition, at(range));
  }

  beforeAll(async () => {
    knowledge = await knowledgeOf({ rulesDir: writeSmallRules(`${folder}/rules`) });
    const others = await knowledgeOf({
      rulesDir: writeSmallRules(`${folder}/others`, [], (text) => text.replace('n >= 400000', 'n >= 200000')),
    });
    const rows = shuffled(smallRows(SEED, MOVEMENTS, DAYS), SEED).map((row) => ({ row }));
    const arrives = arriving(
      [...smallParties().map((party) => ({ party })), ...rows],
      SUBMITTING,
      knowledge.reference,
    );
    const middle = Math.floor(arrives.length * 0.4);
    records = recordsOf(
      [
        ...arrives.slice(0, middle),
        { rules: { ...others, activeFrom: RULES_FROM } },
        ...arrives.slice(middle),
      ],
      knowledge,
      PARTITIONS,
      12,
    );
    const bus = memoryBus({ partitions: PARTITIONS });
    const store = await freshStore();
    await send(bus, records);
    const undisturbed = await start(bus, store);
    await undisturbed.work();
    await undisturbed.kill();
    expected = await answers(store);
    expect(expected.signals.length).toBeGreaterThan(20);
    expect(expected.alerts.length).toBeGreaterThan(0);
  }, TEST_MS);

  afterAll(async () => {
    for (const store of stores) await store.close();
  });

  test(
    'the topic cut in the middle, then gone as far as it is stored, before and after merges',
    async () => {
      const bus = memoryBus({ partitions: PARTITIONS });
      const store = await freshStore();
      const part = Math.floor(records.length / 3);
      await send(bus, records.slice(0, part));
      const first = await start(bus, store);
      await first.work();
      await first.kill();

      await cut(bus, ({ end }) => end >>> 1);
      await send(bus, records.slice(part, 2 * part));
      const second = await start(bus, store);
      expect(second.log.filter(({ event }) => event === 'partition.rebuilt')).toHaveLength(PARTITIONS);
      expect(second.log.filter(({ event }) => event === 'history.incomplete')).toEqual([]);
      await second.work();
      await second.kill();

      await cut(bus, ({ end }) => end);
      for (const table of ['transactions', 'log_records', 'block_markers'])
        await store.command(`OPTIMIZE TABLE ${table} FINAL`);
      const third = await start(bus, store);
      await send(bus, records.slice(2 * part));
      await third.work();
      await third.kill();
      expect(await answers(store)).toEqual(expected);
    },
    TEST_MS,
  );

  test(
    'a partition that lags: rows that others have stored already come to it from its own log',
    async () => {
      const bus = memoryBus({ partitions: PARTITIONS });
      const store = await freshStore();
      await send(bus, records);
      const first = await start(bus, store);
      const [range] = await bus.ranges('transactions');
      await first.work([Math.floor(range!.end / 3)]);
      await first.kill();
      for (let partition = 0; partition < PARTITIONS; partition++)
        bus.deleteBefore('transactions', partition, (await markedUntil(store, MARKED_LOG, partition)) + 1);
      const second = await start(bus, store);
      await second.work();
      await second.kill();
      expect(await answers(store)).toEqual(expected);
    },
    TEST_MS,
  );

  test(
    'every stored row names the record that brought it, and is found in every partition that has it',
    async () => {
      const [store] = stores;
      const [counts] = await store!.queryRows(
        `SELECT count() AS stored, countIf(r.block_offset = t.block_offset) AS placed FROM transactions_current AS t
         LEFT JOIN (SELECT * FROM log_rows_current WHERE kind = 'transactions') AS r
           ON t.institution = r.institution AND t.id = r.id AND t.version = r.version`,
      );
      const stored = `${expected.versions.length}`;
      expect(counts).toEqual({ stored, placed: stored });
    },
    TEST_MS,
  );

  test(
    'rows that retention has deleted are forgotten; others that the store has no more are counted and said; records that it has not end the start',
    async () => {
      const bus = memoryBus({ partitions: PARTITIONS });
      const store = await freshStore();
      await send(bus, records);
      const first = await start(bus, store);
      await first.work();
      await first.kill();
      await cut(bus, ({ end }) => end);
      const count = async (of: string) =>
        Number((await store.queryRows<{ n: string }>(`SELECT count() AS n FROM ${of}`))[0]?.n);
      const [rowsBefore, recordsBefore] = [
        await count('log_rows_current'),
        await count('log_records_current'),
      ];
      const [last] = await store.queryRows<{ ms: string }>(
        'SELECT toUnixTimestamp64Milli(max(event_time)) AS ms FROM transactions_current',
      );
      const ran = await runRetention(store, { config: RETENTION, nowMs: Number(last?.ms), actor: 'ana' });
      expect(ran.steps.find(({ step }) => step === 'transactions')?.deleted).toBeGreaterThan(20);
      expect(await count('log_rows_current')).toBeLessThan(rowsBefore - 20);
      expect(await count('log_records_current')).toBe(recordsBefore);
      const [row] = await store.queryRows<{ id: string; n: string }>(
        'SELECT id, count() AS n FROM log_rows_current GROUP BY id ORDER BY n DESC LIMIT 1',
      );
      await store.command('DELETE FROM transactions WHERE id = {id:String}', { id: row!.id });
      const second = await start(bus, store);
      await second.work();
      await second.kill();
      const gone = second.log.filter(({ event }) => event === 'history.incomplete');
      expect(gone.every(({ code }) => code === 'RAS-WORKER-ROWS-GONE')).toBe(true);
      expect(gone.reduce((sum, { rows }) => sum + Number(rows), 0)).toBe(Number(row!.n));

      await store.command('DELETE FROM log_records WHERE partition = 1 AND block_offset = 3');
      const end = (await bus.ranges('transactions'))[1]?.end;
      await expect(start(bus, store)).rejects.toMatchObject({
        code: 'RAS-WORKER-HISTORY-GONE',
        params: { partition: 1, begin: end, stored: 3 },
      });
    },
    TEST_MS,
  );
});
