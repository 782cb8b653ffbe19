/** Tables and views of operation on the embedded server: signals by holder, the replicated form as the engine's parser reads it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../../../schemas/config.ts';
import { deletionOf } from '../../../services/stewardship/retention.ts';
import { retentionSteps } from '../../../services/stewardship/retention-steps.ts';
import { openStore, type Store } from '../../../services/store/client.ts';
import { ownTable } from '../../../services/store/cluster-form.ts';
import { migrate, readMigrations, statementsFor } from '../../../services/store/migrate.ts';
import { startSuite } from './harness.ts';

const suite = await startSuite();
afterAll(() => suite?.cleanUp());

describe.skipIf(suite === undefined)('tables of operation', () => {
  const { server } = suite!;
  let store: Store;
  beforeAll(async () => {
    store = openStore({ url: server.url, key: server.key });
    await migrate(store);
  });
  afterAll(() => store.close());

  test('the replicated form of every statement is one that the engine can parse', async () => {
    const statements = [
      ...readMigrations().flatMap((migration) => statementsFor(migration, 'main')),
      ...retentionSteps(configSchema.parse({}).retention, 0)
        .flatMap(({ tables }) => tables)
        .map((table) => deletionOf(table, 'retention_keys', 'main')),
      `OPTIMIZE TABLE ${ownTable('vault', 'main').target} FINAL`,
    ];
    expect(statements.length).toBeGreaterThan(50);
    for (const sql of statements) {
      const [row] = await store.queryRows<{ formatted: string }>(
        'SELECT formatQuerySingleLine({sql:String}) AS formatted',
        {
          sql,
        },
      );
      expect(row?.formatted).toContain('ON CLUSTER');
    }
    await expect(
      store.queryRows("SELECT formatQuery('CREATE TABLE x ON CLUSTR y') AS f"),
    ).rejects.toMatchObject({
      code: 'RAS-STORE-QUERY-FAILED',
    });
  });

  test('of a signal that moved, the standing row counts, whatever its revision; of a withdrawn one the newest', async () => {
    await store.command('SYSTEM STOP MERGES signals');
    const row = (id: string, observed_holder: string, revision: number, status: string, version = 1) => ({
      id,
      observed_holder,
      revision,
      status,
      version,
      doc: JSON.stringify({
        evidence: { transactions: [{ institution: 'b', id: `${id}-${observed_holder}`, version }] },
      }),
    });
    // Revisions of two holders are offsets of two partitions: they say nothing about each other.
    await store.insertRows('signals', [
      row('moved', 'old', 900, 'standing'),
      row('gone', 'old', 5, 'standing'),
      row('alone', '', 1, 'standing'),
      row('both', 'a', 3, 'standing'),
    ]);
    await store.insertRows('signals', [
      row('moved', 'old', 901, 'withdrawn'),
      row('moved', 'new', 7, 'standing', 2),
      row('gone', 'old', 6, 'withdrawn'),
      row('gone', 'new', 9, 'withdrawn', 3),
      row('alone', '', 2, 'standing', 4),
      row('both', 'b', 2, 'standing'),
    ]);
    // A zombie of the old owner, behind what it wrote before.
    await store.insertRows('signals', [row('moved', 'old', 900, 'standing')]);
    const views = ['signals_current', 'signals_standing', 'evidence_current'];
    const answers = () =>
      Promise.all(views.map((view) => store.queryRows(`SELECT * FROM ${view} ORDER BY ALL`)));
    const before = await answers();
    expect(
      await store.queryRows(
        'SELECT id, observed_holder, revision, status, version FROM signals_current ORDER BY id',
      ),
    ).toEqual([
      { id: 'alone', observed_holder: '', revision: '2', status: 'standing', version: '4' },
      { id: 'both', observed_holder: 'a', revision: '3', status: 'standing', version: '1' },
      { id: 'gone', observed_holder: 'new', revision: '9', status: 'withdrawn', version: '3' },
      { id: 'moved', observed_holder: 'new', revision: '7', status: 'standing', version: '2' },
    ]);
    expect(await store.queryRows("SELECT tx_id FROM evidence_current WHERE signal_id = 'moved'")).toEqual([
      { tx_id: 'moved-new' },
    ]);
    await store.command('SYSTEM START MERGES signals');
    await store.command('OPTIMIZE TABLE signals');
    expect(await answers()).toEqual(before);
    await store.command('OPTIMIZE TABLE signals FINAL');
    expect(await answers()).toEqual(before);
  });

  test('a question about one signal reads that one by its key', async () => {
    const plan = await store.queryRows<{ explain: string }>(
      "EXPLAIN indexes = 1 SELECT doc FROM signals_current WHERE id = 'moved'",
    );
    expect(plan.map(({ explain }) => explain).join('\n')).toMatch(
      /Condition: \(id in \['moved', 'moved'\]\)/,
    );
  });
});
