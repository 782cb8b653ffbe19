/** Brings the store's tables to this version: numbered SQL files, each applied once, never changed afterwards. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import type { Store } from './client.ts';
import { clusterForm } from './cluster-form.ts';

export interface Migration {
  /** `0001-name.sql`. */
  readonly file: string;
  /** SHA-256 of the file's bytes, hex. */
  readonly sha256: string;
  readonly statements: readonly string[];
}

export interface MigrationState {
  readonly file: string;
  readonly applied: boolean;
}

export interface MigrateOptions {
  /** Only tells what would be applied. */
  readonly dryRun?: boolean;
  /** Folder of the files; this package's own by default. */
  readonly folder?: string;
  /** Applies the replicated form on all servers of this cluster. */
  readonly cluster?: string | undefined;
}

const FILE_NAME = /^\d{4}-[a-z0-9-]+\.sql$/;
/** A section holds one statement and begins with `-- statement: what it makes`. */
const SECTION = /^-- statement: .+$/m;

const TABLE = `CREATE TABLE IF NOT EXISTS _migrations (
  file String COMMENT 'name of the migration file',
  sha256 String COMMENT 'checksum of the file as applied, hex',
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when its last statement had run'
) ENGINE = ReplacingMergeTree(applied_at)
ORDER BY file
COMMENT 'migrations that this store has'`;

/** One copy on every server, whichever shard it holds: any of them is asked. */
const TABLE_ON_CLUSTER = TABLE.replace('_migrations (', "_migrations ON CLUSTER '{cluster}' (").replace(
  'ReplacingMergeTree(',
  "ReplicatedReplacingMergeTree('/clickhouse/tables/{database}/{table}', '{shard}-{replica}', ",
);

/** Statements of a migration as they are sent: as written, or for every server of a cluster. */
export function statementsFor({ file, statements }: Migration, cluster?: string): readonly string[] {
  if (cluster === undefined) return statements;
  return statements
    .flatMap((statement) => clusterForm(statement, file))
    .map((sql) => onCluster(sql, cluster));
}

function onCluster(sql: string, cluster: string): string {
  return sql.replaceAll("'{cluster}'", `'${cluster}'`);
}

/**
 * The migrations of a folder, in order.
 * @throws RastroError RAS-STORE-MIGRATION-MALFORMED on a wrong name, a gap in the numbers or a file without statements.
 */
export function readMigrations(folder = join(packageRoot(), 'schemas/clickhouse')): Migration[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    const malformed = (detail: string) => new RastroError('RAS-STORE-MIGRATION-MALFORMED', { file, detail });
    if (!FILE_NAME.test(file)) throw malformed('its name is not like 0001-name.sql');
    if (Number(file.slice(0, 4)) !== index + 1) throw malformed('the numbers have a gap or a double');
    const text = readFileSync(join(folder, file), 'utf8');
    const [preamble = '', ...sections] = text.split(SECTION);
    if (/^(?!\s*(--|$))/m.test(preamble)) throw malformed('SQL stands before the first section');
    const statements = sections.map((section) => section.trim().replace(/;$/, ''));
    if (statements.length === 0 || statements.includes('')) throw malformed('a section holds no statement');
    return { file, sha256: createHash('sha256').update(text).digest('hex'), statements };
  });
}

/**
 * Which migrations the store has and which are due.
 * @throws RastroError RAS-STORE-MIGRATION-CHANGED, RAS-STORE-MIGRATION-UNKNOWN, or why the store cannot be asked.
 */
export async function migrationStatus(store: Store, options: MigrateOptions = {}): Promise<MigrationState[]> {
  return compare(readMigrations(options.folder), await appliedChecksums(store));
}

/**
 * Applies what is due; returns its file names. Interrupted halfway it can be run again: statements are idempotent and a
 * file counts as applied after its last one.
 * @throws RastroError as `migrationStatus`, and what the store says about a statement.
 */
export async function migrate(store: Store, options: MigrateOptions = {}): Promise<string[]> {
  const migrations = readMigrations(options.folder);
  const states = compare(migrations, await appliedChecksums(store));
  const due = migrations.filter((_, index) => !states[index]!.applied);
  if (options.dryRun) return due.map(({ file }) => file);
  const { cluster } = options;
  if (due.length > 0)
    await store.command(cluster === undefined ? TABLE : onCluster(TABLE_ON_CLUSTER, cluster));
  for (const migration of due) {
    for (const statement of statementsFor(migration, cluster)) await store.command(statement);
    await store.insertRows('_migrations', [{ file: migration.file, sha256: migration.sha256 }]);
  }
  return due.map(({ file }) => file);
}

async function appliedChecksums(store: Store): Promise<Map<string, string>> {
  const [found] = await store.queryRows<{ n: string }>(
    "SELECT count() AS n FROM system.tables WHERE database = currentDatabase() AND name = '_migrations'",
  );
  if (found?.n !== '1') return new Map();
  const rows = await store.queryRows<{ file: string; sha256: string }>(
    'SELECT file, sha256 FROM _migrations FINAL',
  );
  return new Map(rows.map(({ file, sha256 }) => [file, sha256]));
}

function compare(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): MigrationState[] {
  const known = new Set(migrations.map(({ file }) => file));
  for (const file of applied.keys()) {
    if (!known.has(file)) throw new RastroError('RAS-STORE-MIGRATION-UNKNOWN', { file });
  }
  return migrations.map(({ file, sha256 }) => {
    const before = applied.get(file);
    if (before !== undefined && before !== sha256)
      throw new RastroError('RAS-STORE-MIGRATION-CHANGED', { file });
    return { file, applied: before !== undefined };
  });
}
