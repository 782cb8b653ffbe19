/**
 * The store as every service sees it: ClickHouse over HTTP, embedded or not. Production differs by URL alone.
 *
 * 64-bit integers and decimals arrive as strings, because JSON numbers would lose digits.
 */
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { RastroError } from '../../schemas/errors/index.ts';

export interface StoreOptions {
  readonly url: string;
  /** The data folder's key, or the password of a server's user; without it the store is read-only. */
  readonly key?: string;
  /** User of a server; the embedded one knows `rastro` only. */
  readonly user?: string;
  readonly database?: string;
  /** PEM of the authorities to trust for an https URL. */
  readonly caPem?: Buffer | undefined;
  /** Tables are distributed over the servers of a cluster: an insert is acknowledged when they have the rows, on most replicas. */
  readonly onCluster?: boolean;
  /** An answer that takes longer counts as none; default: longer than the server lets a statement run. */
  readonly timeoutMs?: number;
}

export interface InsertOptions {
  /** The same on every attempt of one insert: a replicated table then takes it once. */
  readonly token?: string;
}

export type QueryParams = Readonly<Record<string, unknown>>;

export interface Store {
  /** Inserts rows given as objects; values that exceed 2^53 go as strings. Resolves when they are stored. */
  insertRows(table: string, rows: ReadonlyArray<object>, options?: InsertOptions): Promise<void>;
  /** Inserts one Arrow IPC stream (schema and batches), or several pieces of one. */
  insertArrow(table: string, ipcStream: Uint8Array, options?: InsertOptions): Promise<void>;
  /** All rows of a result. Use `streamRows` where there may be more than some 100,000. */
  queryRows<T>(sql: string, params?: QueryParams): Promise<T[]>;
  /** The rows of a result in batches, in flat memory. */
  streamRows<T>(sql: string, params?: QueryParams): AsyncGenerator<T[]>;
  /** Runs a statement that returns nothing. */
  command(sql: string, params?: QueryParams): Promise<void>;
  /** @throws RastroError RAS-STORE-UNREACHABLE */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** No byte for this long means that the store is stuck; the server's own limit is reached before. */
const REQUEST_TIMEOUT_MS = 660_000;
/** Below the embedded server's 30 s, so that a request never meets a connection that is being closed. */
const IDLE_SOCKET_MS = 10_000;
const OPEN_CONNECTIONS_MAX = 16;

/** Without these a server would answer before the rows have reached the others. */
const CLUSTER_SETTINGS = {
  insert_distributed_sync: 1,
  insert_quorum: 'auto',
  distributed_product_mode: 'global',
} as const;

/** Opens the store; no request is sent yet. Every failure of its functions is a RastroError of the area STORE. */
export function openStore(options: StoreOptions): Store {
  const { url } = options;
  const client = createClient({
    url,
    username: options.user ?? 'rastro',
    password: options.key ?? '',
    database: options.database ?? 'default',
    application: 'rastro',
    ...(options.caPem === undefined ? {} : { tls: { ca_cert: options.caPem } }),
    request_timeout: options.timeoutMs ?? REQUEST_TIMEOUT_MS,
    max_open_connections: OPEN_CONNECTIONS_MAX,
    // The client would print the engine's messages, which can quote rows.
    log: { level: ClickHouseLogLevel.OFF },
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS },
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
      date_time_input_format: 'best_effort',
      ...(options.onCluster === true ? CLUSTER_SETTINGS : {}),
    },
  });
  const guarded = <T>(work: () => Promise<T>) =>
    work().catch((error: unknown) => Promise.reject(storeError(error, url)));
  return {
    insertRows: (table, rows, how) => guarded(() => insertRows(client, table, rows, how)),
    insertArrow: (table, ipcStream, how) => guarded(() => insertArrow(client, table, ipcStream, how)),
    queryRows: (sql, params) => guarded(() => queryRows(client, sql, params)),
    streamRows: (sql, params) => streamRows(client, sql, params, url),
    command: (sql, params) => guarded(() => command(client, sql, params)),
    ping: () => guarded(() => ping(client)),
    close: () => client.close(),
  };
}

async function insertRows(
  client: ClickHouseClient,
  table: string,
  rows: ReadonlyArray<object>,
  options?: InsertOptions,
): Promise<void> {
  if (rows.length === 0) return;
  await client.insert({ table, values: rows, format: 'JSONEachRow', ...tokenSetting(options) });
}

function tokenSetting({ token }: InsertOptions = {}) {
  return token === undefined ? {} : { clickhouse_settings: { insert_deduplication_token: token } };
}

async function insertArrow(
  client: ClickHouseClient,
  table: string,
  ipcStream: Uint8Array,
  options?: InsertOptions,
): Promise<void> {
  const query = `INSERT INTO ${table} FORMAT ArrowStream`;
  const values = Readable.from([Buffer.from(ipcStream.buffer, ipcStream.byteOffset, ipcStream.byteLength)], {
    objectMode: false,
  });
  const { stream } = await client.exec({ query, values, ...tokenSetting(options) });
  // An answer that nobody reads would hold its connection.
  stream.resume();
}

async function queryRows<T>(client: ClickHouseClient, query: string, params: QueryParams = {}): Promise<T[]> {
  const result = await client.query({ query, query_params: { ...params }, format: 'JSONEachRow' });
  return result.json<T>();
}

async function* streamRows<T>(
  client: ClickHouseClient,
  query: string,
  params: QueryParams = {},
  url: string,
) {
  try {
    const result = await client.query({ query, query_params: { ...params }, format: 'JSONEachRow' });
    try {
      for await (const rows of result.stream()) yield rows.map((row) => row.json<T>());
    } finally {
      result.close();
    }
  } catch (error) {
    throw storeError(error, url);
  }
}

async function command(client: ClickHouseClient, query: string, params: QueryParams = {}): Promise<void> {
  await client.command({ query, query_params: { ...params } });
}

async function ping(client: ClickHouseClient): Promise<void> {
  const answer = await client.ping();
  if (!answer.success) throw answer.error;
}

const DENIED = new Set(['497', '516', '164', '192', '193', '194']);
/** Too many queries, memory, parts; a server that lost its keeper, is read-only, shuts down, or has too few replicas alive. */
const BUSY = new Set(['202', '241', '252', '242', '319', '285', '209', '999', '225']);
/** Codes whose messages speak of names and syntax only; others may quote a row, which must not reach a log. */
const MESSAGE_IS_SAFE = new Set([
  '16',
  '36',
  '43',
  '44',
  '46',
  '47',
  '60',
  '62',
  '81',
  '82',
  '115',
  '164',
  '456',
  '497',
  '516',
]);
const MESSAGE_LENGTH_MAX = 300;
const UNKNOWN_TABLE = '60';
/** The table that such a message names, in either of its forms. */
const NAMED_TABLE = /identifier '([^']+)'|Table (\S+) does(?: not|n't) exist/;

/** Any failure of the client as a RastroError; the original stays in `cause`. */
function storeError(error: unknown, url: string): RastroError {
  if (RastroError.is(error)) return error;
  if (error instanceof ClickHouseError) {
    const name = `${error.type ?? 'error'} (${error.code})`;
    const detail = MESSAGE_IS_SAFE.has(error.code)
      ? `${name}: ${error.message.trim().replace(/\.+$/, '').slice(0, MESSAGE_LENGTH_MAX)}`
      : name;
    if (DENIED.has(error.code)) return new RastroError('RAS-STORE-DENIED', { detail }, { cause: error });
    if (BUSY.has(error.code)) return new RastroError('RAS-STORE-BUSY', {}, { cause: error });
    const [, identifier, missing] = (error.code === UNKNOWN_TABLE && NAMED_TABLE.exec(error.message)) || [];
    const table = identifier ?? missing;
    if (table !== undefined) return new RastroError('RAS-STORE-TABLE-MISSING', { table }, { cause: error });
    return new RastroError('RAS-STORE-QUERY-FAILED', { detail }, { cause: error });
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const detail = code ?? (error instanceof Error ? error.message.slice(0, MESSAGE_LENGTH_MAX) : 'unknown');
  return new RastroError('RAS-STORE-UNREACHABLE', { url: withoutCredentials(url), detail }, { cause: error });
}

function withoutCredentials(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return 'the configured URL';
  }
}
