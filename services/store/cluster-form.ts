/**
 * The replicated form of a migration, made from the same text: a table becomes one on every server of the cluster, replicated
 * and named `..._local`, and in front of it a distributed one with the name that everybody reads and writes.
 *
 * Rows of one identity must meet on one server, or they would never replace one another: the sharding key is a function of the
 * ORDER BY key alone. `SHARD_COLUMNS` says of which part of it.
 */
import { RastroError } from '../../schemas/errors/index.ts';

/** Columns of the ORDER BY key by whose hash rows are spread. What is read together by more than the identity has fewer. */
export const SHARD_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  // All versions of a transaction, all versions of an alert, all rows of a signal on one server.
  transactions: ['institution', 'id'],
  submissions: ['submission_id'],
  rejects: ['submission_id'],
  parties: ['party_key'],
  signals: ['id'],
  alerts: ['id'],
  alert_versions: ['id'],
  block_markers: ['log', 'partition'],
  log_records: ['log', 'partition'],
  engine_state: ['key'],
  vault: ['pseudonym'],
  vault_access_log: ['at', 'actor', 'pseudonym'],
  hold_events: ['hold_id'],
  suppression_events: ['suppression_id'],
  alert_outcomes: ['alert_id'],
  retention_runs: ['run_id'],
  retention_keys: ['run_id', 'step', 'key_1'],
};

const LOCAL = '_local';
const ON_CLUSTER = "ON CLUSTER '{cluster}'";
/** Servers fill in the macros: cluster, shard and replica are theirs, database and table their own. */
const PATH = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

const CREATE_TABLE = /^CREATE TABLE IF NOT EXISTS (\w+) \(/;
const CREATE_VIEW = /^CREATE (?:OR REPLACE VIEW|VIEW IF NOT EXISTS) (\w+) AS/;
const ALTER_TABLE = /^ALTER TABLE (\w+)\n/;
const ENGINE = /\) ENGINE = (Replacing)?MergeTree(?:\((\w+)\))?\nORDER BY (\(.+\)|\w+)/;

/** A statement without the comment lines in front of it. */
function bare(statement: string): string {
  return statement.replace(/^(--.*\n)+/, '');
}

/**
 * The statements that do on a cluster what `statement` does on one server. `{cluster}` is left to the servers' macros.
 * @throws RastroError RAS-STORE-MIGRATION-MALFORMED on a form that this does not know.
 */
export function clusterForm(statement: string, file: string): string[] {
  const sql = bare(statement);
  const malformed = (detail: string) => new RastroError('RAS-STORE-MIGRATION-MALFORMED', { file, detail });
  if (CREATE_VIEW.test(sql))
    return [sql.replace(CREATE_VIEW, (head) => head.replace(/ AS$/, ` ${ON_CLUSTER} AS`))];

  const created = CREATE_TABLE.exec(sql)?.[1];
  if (created !== undefined) {
    const engine = ENGINE.exec(sql);
    if (engine === null) throw malformed(`${created} has an engine that has no replicated form`);
    const [, replacing = '', version, order = ''] = engine;
    const shard = shardKey(created, order, malformed);
    const args = version === undefined ? PATH : `${PATH}, ${version}`;
    const local = sql
      .replace(CREATE_TABLE, `CREATE TABLE IF NOT EXISTS ${created}${LOCAL} ${ON_CLUSTER} (`)
      .replace(ENGINE, `) ENGINE = Replicated${replacing}MergeTree(${args})\nORDER BY ${order}`);
    return [
      local,
      `CREATE TABLE IF NOT EXISTS ${created} ${ON_CLUSTER} AS ${created}${LOCAL}\n` +
        `ENGINE = Distributed('{cluster}', currentDatabase(), ${created}${LOCAL}, ${shard})`,
    ];
  }

  const altered = ALTER_TABLE.exec(sql)?.[1];
  if (altered !== undefined) {
    const actions = sql.slice(sql.indexOf('\n')).split(/,\n(?=\s+(?:ADD|MODIFY|DROP) )/);
    // A distributed table has no order of its own.
    const columns = actions.filter((action) => /^\s*(ADD|MODIFY|DROP) COLUMN /.test(action));
    return [
      `ALTER TABLE ${altered}${LOCAL} ${ON_CLUSTER}${actions.join(',\n')}`,
      ...(columns.length === 0 ? [] : [`ALTER TABLE ${altered} ${ON_CLUSTER}${columns.join(',\n')}`]),
    ];
  }
  throw malformed(`a statement that has no replicated form: ${sql.slice(0, 40)}`);
}

/** Name under which a server keeps its own rows of a table, and what follows it in a statement for all servers. */
export function ownTable(
  table: string,
  cluster: string | undefined,
): { readonly name: string; readonly target: string } {
  if (cluster === undefined) return { name: table, target: table };
  return { name: `${table}${LOCAL}`, target: `${table}${LOCAL} ON CLUSTER '${cluster}'` };
}

function shardKey(table: string, order: string, malformed: (detail: string) => RastroError): string {
  const key = order.replace(/[()]/g, '').split(', ');
  const columns = SHARD_COLUMNS[table];
  if (columns === undefined)
    throw malformed(`${table} has no sharding key in services/store/cluster-form.ts`);
  if (columns.some((column, i) => column !== key[i]))
    throw malformed(`${table} is not sharded by the head of its key`);
  return `cityHash64(${columns.join(', ')})`;
}
