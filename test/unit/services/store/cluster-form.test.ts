import { describe, expect, test } from 'vitest';
import { clusterForm, SHARD_COLUMNS } from '../../../../services/store/cluster-form.ts';
import { readMigrations, statementsFor } from '../../../../services/store/migrate.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS alerts (
  id String COMMENT 'x',
  revision UInt64 COMMENT 'y'
) ENGINE = ReplacingMergeTree(revision)
ORDER BY id
COMMENT 'z'`;

describe('the replicated form', () => {
  test('a table: one on every server, and the distributed one in front', () => {
    const [local, distributed] = clusterForm(TABLE, 'f.sql');
    expect(local).toBe(`CREATE TABLE IF NOT EXISTS alerts_local ON CLUSTER '{cluster}' (
  id String COMMENT 'x',
  revision UInt64 COMMENT 'y'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', revision)
ORDER BY id
COMMENT 'z'`);
    expect(distributed).toContain(
      "Distributed('{cluster}', currentDatabase(), alerts_local, cityHash64(id))",
    );
  });

  test('a changed table: columns on both, the order on the servers alone', () => {
    const change = 'ALTER TABLE alerts\n  ADD COLUMN a String AFTER id,\n  MODIFY ORDER BY (id, a)';
    expect(clusterForm(change, 'f.sql')).toEqual([
      "ALTER TABLE alerts_local ON CLUSTER '{cluster}'\n  ADD COLUMN a String AFTER id,\n  MODIFY ORDER BY (id, a)",
      "ALTER TABLE alerts ON CLUSTER '{cluster}'\n  ADD COLUMN a String AFTER id",
    ]);
  });

  test('a view is made everywhere', () => {
    expect(clusterForm('-- Why.\nCREATE VIEW IF NOT EXISTS v AS SELECT 1', 'f.sql')).toEqual([
      "CREATE VIEW IF NOT EXISTS v ON CLUSTER '{cluster}' AS SELECT 1",
    ]);
  });

  test('what it does not know is refused: an engine, a table without sharding key, one not sharded by its identity', () => {
    const refused = (sql: string) =>
      expect(() => clusterForm(sql, 'f.sql')).toThrow(/RAS-STORE-MIGRATION-MALFORMED/);
    refused(TABLE.replace('ReplacingMergeTree(revision)', 'Log'));
    refused(TABLE.replace('EXISTS alerts', 'EXISTS elsewhere'));
    refused(TABLE.replace('ORDER BY id', 'ORDER BY (revision, id)'));
    refused('OPTIMIZE TABLE alerts');
  });

  test('every table of the migrations has a sharding key, and none has one that is not there', () => {
    const sql = readMigrations().flatMap((migration) => statementsFor(migration, 'main'));
    const tables = sql.flatMap((each) =>
      [...each.matchAll(/^CREATE TABLE IF NOT EXISTS (\w+)_local/g)].map(([, t]) => t),
    );
    expect(tables.sort()).toEqual(Object.keys(SHARD_COLUMNS).sort());
    expect(sql.every((each) => each.includes("ON CLUSTER 'main'"))).toBe(true);
  });
});
