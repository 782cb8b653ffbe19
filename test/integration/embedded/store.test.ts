/** The store's client, its migrations and its read views, on the embedded server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../../../services/store/client.ts';
import { migrate, migrationStatus, readMigrations } from '../../../services/store/migrate.ts';
import { startSuite } from './harness.ts';

const suite = await startSuite();
afterAll(() => suite?.cleanUp());

/** Identity columns of every replaced table, as README.md of the schemas states them. */
const IDENTITIES: Readonly<Record<string, readonly string[]>> = {
  transactions: ['institution', 'id', 'version'],
  submissions: ['submission_id'],
  rejects: ['submission_id', 'line', 'code', 'field'],
  parties: ['party_key', 'valid_from'],
  signals: ['id', 'observed_holder'],
  alerts: ['id'],
  alert_versions: ['id', 'version'],
  block_markers: ['log', 'partition', 'offset_from'],
  log_records: ['log', 'partition', 'block_offset'],
  engine_state: ['key'],
  vault: ['pseudonym'],
  hold_events: ['hold_id', 'event_id'],
  suppression_events: ['suppression_id', 'event_id'],
  alert_outcomes: ['alert_id'],
  retention_runs: ['run_id', 'step'],
  retention_keys: ['run_id', 'step', 'key_1', 'key_2'],
};

describe.skipIf(suite === undefined)('the store', () => {
  const { server } = suite!;
  let store: Store;
  beforeAll(() => {
    store = openStore({ url: server.url, key: server.key });
  });
  afterAll(() => store.close());

  test('migrations: dry run, apply, again, and what the tables look like', async () => {
    const files = readMigrations().map(({ file }) => file);
    expect(await migrate(store, { dryRun: true })).toEqual(files);
    expect((await migrationStatus(store)).every(({ applied }) => !applied)).toBe(true);
    expect(await migrate(store)).toEqual(files);
    expect(await migrate(store)).toEqual([]);
    expect(await migrationStatus(store)).toEqual(files.map((file) => ({ file, applied: true })));
    const bare = await store.queryRows(
      "SELECT table, name FROM system.columns WHERE database = 'default' AND comment = '' AND table NOT IN (SELECT name FROM system.tables WHERE database = 'default' AND engine = 'View')",
    );
    expect(bare).toEqual([]);
    const tables = await store.queryRows<{ name: string; sorting_key: string }>(
      "SELECT name, sorting_key FROM system.tables WHERE database = 'default' AND engine = 'ReplacingMergeTree' AND name != '_migrations' AND partition_key = ''",
    );
    expect(Object.fromEntries(tables.map((t) => [t.name, t.sorting_key.split(', ')]))).toEqual(IDENTITIES);
  });

  test('an applied file that changed is refused, so is one that this version does not know', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rastro-migrations-'));
    const other = openStore({ url: server.url, key: server.key, database: 'migrating' });
    await store.command('CREATE DATABASE migrating');
    const file = join(folder, '0001-a.sql');
    const sql =
      '-- Why.\n\n-- statement: a\nCREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x;\n';
    writeFileSync(file, sql);
    expect(await migrate(other, { folder })).toEqual(['0001-a.sql']);
    writeFileSync(file, sql.replace('UInt8', 'UInt16'));
    await expect(migrate(other, { folder })).rejects.toMatchObject({ code: 'RAS-STORE-MIGRATION-CHANGED' });
    writeFileSync(file, readFileSync(file, 'utf8').replace('UInt16', 'UInt8'));
    writeFileSync(join(folder, '0002-b.sql'), '-- statement: b\nSELECT nosuch');
    await expect(migrate(other, { folder })).rejects.toMatchObject({ code: 'RAS-STORE-QUERY-FAILED' });
    expect((await migrationStatus(other, { folder })).map(({ applied }) => applied)).toEqual([true, false]);
    rmSync(join(folder, '0002-b.sql'));
    await other.insertRows('_migrations', [{ file: '0009-later.sql', sha256: 'x' }]);
    await expect(migrationStatus(other, { folder })).rejects.toMatchObject({
      code: 'RAS-STORE-MIGRATION-UNKNOWN',
    });
    writeFileSync(join(folder, '0003-gap.sql'), '-- statement: c\nSELECT 1');
    expect(() => readMigrations(folder)).toThrow(/RAS-STORE-MIGRATION-MALFORMED/);
    await other.close();
    rmSync(folder, { recursive: true });
  });

  test('read views answer alike before, between and after merges', async () => {
    const doc = (transactions: number) =>
      JSON.stringify({
        evidence: {
          transactions: Array.from({ length: transactions }, (_, i) => ({
            institution: 'b',
            id: `t${i}`,
            version: 1,
          })),
        },
      });
    const views = (
      await store.queryRows<{ name: string }>(
        "SELECT name FROM system.tables WHERE database = 'default' AND engine = 'View' ORDER BY name",
      )
    ).map(({ name }) => name);
    expect(views).toEqual(
      expect.arrayContaining(['transactions_effective', 'evidence_current', 'alerts_standing']),
    );
    const answers = () =>
      Promise.all(
        views.map(async (view) => [view, await store.queryRows(`SELECT * FROM ${view} ORDER BY ALL`)]),
      );
    const tables = Object.keys(IDENTITIES);
    for (const table of tables) await store.command(`SYSTEM STOP MERGES ${table}`);
    // Two identities; the first is written three times, the last of them with the older revision.
    for (const [revision, items] of [
      [1, 3],
      [2, 1],
      [1, 3],
    ] as const) {
      for (const table of tables) {
        const base = {
          revision,
          doc: doc(items),
          event_time: '2024-01-01T00:00:00.123Z',
          content_hash: `r${revision}`,
        };
        const row = {
          ...base,
          status: 'standing',
          version: 1,
          amount_minor: '123456789012345678901234567890',
          institutions: ['b'],
          ids: [`r${revision}`],
          versions: [1],
          hashes: [`r${revision}`],
        };
        const known = await columnsOf(table);
        const identities = ['x', 'y'].map((value) => {
          const keys = IDENTITIES[table]!.map((column) => [column, identityValue(column, value)]);
          return Object.fromEntries(
            Object.entries({ ...row, ...Object.fromEntries(keys) }).filter(([name]) => known.has(name)),
          );
        });
        await store.insertRows(table, revision === 2 ? identities.slice(0, 1) : identities);
      }
    }
    await store.insertRows('transactions', [
      { institution: 'x', id: 'x', version: 2, revision: 3, withdrawn: 1, amount_minor: '-1' },
    ]);
    const before = await answers();
    for (const table of tables) {
      await store.command(`SYSTEM START MERGES ${table}`);
      await store.command(`OPTIMIZE TABLE ${table} FINAL`);
      if (table === tables[4]) expect(await answers()).toEqual(before);
    }
    expect(await answers()).toEqual(before);
    const evidence = await store.queryRows(
      'SELECT signal_id, seq, tx_id, tx_version FROM evidence_current ORDER BY signal_id, seq',
    );
    expect(evidence).toEqual([
      { signal_id: 'x', seq: 1, tx_id: 't0', tx_version: 1 },
      ...[1, 2, 3].map((seq) => ({ signal_id: 'y', seq, tx_id: `t${seq - 1}`, tx_version: 1 })),
    ]);
    expect(
      await store.queryRows('SELECT institution, amount_minor, event_time FROM transactions_effective'),
    ).toEqual([
      {
        institution: 'y',
        amount_minor: '123456789012345678901234567890',
        event_time: '2024-01-01 00:00:00.123',
      },
    ]);
  });

  test('64-bit numbers and decimals arrive whole', async () => {
    const sql = "SELECT 9007199254740993 AS n, toDecimal64('0.10', 2) AS d, {x:UInt64} AS x";
    expect(await store.queryRows(sql, { x: '18446744073709551615' })).toEqual([
      { n: '9007199254740993', d: '0.1', x: '18446744073709551615' },
    ]);
  });

  test('Arrow rows, as the log carries them', async () => {
    await store.command('CREATE TABLE batches (id String, n Int32) ENGINE = MergeTree ORDER BY id');
    const n = Int32Array.from({ length: 4096 }, (_, i) => i);
    const table = tableFromArrays({ id: Array.from(n, (i) => `id-${i}`), n });
    await store.insertArrow('batches', tableToIPC(table, 'stream'));
    expect(
      await store.queryRows('SELECT count() AS c, sum(n) AS s, uniqExact(id) AS u FROM batches'),
    ).toEqual([{ c: '4096', s: '8386560', u: '4096' }]);
  });

  test('200,000 rows stream in flat memory', async () => {
    // About 600 MB of JSON; the server may keep some pieces of it, never all.
    await store.command('CREATE TABLE wide (n UInt64, pad String) ENGINE = MergeTree ORDER BY n');
    await store.command("INSERT INTO wide SELECT number, repeat('x', 3000) FROM numbers(200000)");
    const sql = 'SELECT n, pad FROM wide';
    const rss = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;
    for await (const rows of store.streamRows('SELECT 1 AS one')) expect(rows).toHaveLength(1);
    const before = process.platform === 'linux' ? rss() : 0;
    let most = 0;
    let rows = 0;
    let sum = 0;
    for await (const batch of store.streamRows<{ n: string }>(sql)) {
      rows += batch.length;
      for (const row of batch) sum += Number(row.n);
      if (process.platform === 'linux') most = Math.max(most, rss() - before);
    }
    expect([rows, sum]).toEqual([200_000, 19_999_900_000]);
    console.info(`server grew by ${most.toFixed(0)} MB while it streamed 600 MB`);
    expect(most).toBeLessThan(300);
  });

  test('concurrent reads and writes', async () => {
    await store.command('CREATE TABLE busy (w UInt8, i UInt16) ENGINE = MergeTree ORDER BY (w, i)');
    const workers = Array.from({ length: 12 }, async (_, w) => {
      for (let i = 0; i < 10; i++) {
        await store.insertRows('busy', [{ w, i }]);
        const [own] = await store.queryRows<{ c: string }>(
          'SELECT count() AS c FROM busy WHERE w = {w:UInt8}',
          { w },
        );
        expect(own).toEqual({ c: String(i + 1) });
      }
    });
    await Promise.all(workers);
    expect(await store.queryRows('SELECT count() AS c FROM busy')).toEqual([{ c: '120' }]);
  });

  test('failures are errors of the store', async () => {
    const reader = openStore({ url: server.url });
    await expect(reader.insertRows('busy', [{ w: 1, i: 1 }])).rejects.toMatchObject({
      code: 'RAS-STORE-DENIED',
    });
    await expect(reader.queryRows('SELECT * FROM vault')).rejects.toMatchObject({ code: 'RAS-STORE-DENIED' });
    await expect(reader.queryRows('SELECT * FROM nosuch')).rejects.toMatchObject({
      code: 'RAS-STORE-TABLE-MISSING',
      params: { table: 'nosuch' },
    });
    await expect(store.insertRows('nosuch', [{ x: 1 }])).rejects.toMatchObject({
      code: 'RAS-STORE-TABLE-MISSING',
    });
    await reader.close();
    const wrong = openStore({ url: server.url, key: 'wrong' });
    await expect(wrong.queryRows('SELECT 1')).rejects.toMatchObject({ code: 'RAS-STORE-DENIED' });
    await wrong.close();
    const nobody = openStore({ url: 'http://127.0.0.1:1' });
    await expect(nobody.ping()).rejects.toMatchObject({ code: 'RAS-STORE-UNREACHABLE' });
    await nobody.close();
    // The message of a parse error quotes the row; it must not get into ours.
    const leak = store.insertRows('busy', [{ w: 'Jane Doe', i: 1 }]);
    await expect(leak).rejects.toMatchObject({ code: 'RAS-STORE-QUERY-FAILED' });
    await expect(leak).rejects.not.toThrow(/Jane/);
  });

  async function columnsOf(table: string): Promise<Set<string>> {
    const sql = "SELECT name FROM system.columns WHERE database = 'default' AND table = {table:String}";
    return new Set((await store.queryRows<{ name: string }>(sql, { table })).map(({ name }) => name));
  }
});

/** A value of the identity column that its type takes. */
function identityValue(column: string, value: string): string | number {
  if (column === 'valid_from') return value === 'x' ? '2024-01-01T00:00:00Z' : '2024-02-01T00:00:00Z';
  return ['version', 'line', 'partition', 'offset_from', 'block_offset'].includes(column) ? 1 : value;
}
