/** ClickHouse's HTTP interface over one engine: paths, refusals, concurrency, failures. */

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { DataFolder } from './data-folder.ts';
import { type Engine, quote, SCOPE_EMPTY } from './engine.ts';
import { describeFailure, ServerException } from './exception.ts';
import { execute, killMarked } from './execute.ts';
import { Gate } from './gate.ts';
import { CONNECTIONS_MAX, HEADER_BYTES_MAX, KEEP_ALIVE_MS, RUNNING_MAX, WAITING_MAX } from './limits.ts';
import { Reply } from './reply.ts';
import { parseRequest, type QueryRequest, refuseForeign } from './request.ts';
import { decodedBody, readStatement } from './statement-reader.ts';

const PROGRESS_SQL =
  'SELECT toString(read_rows) AS read_rows, toString(read_bytes) AS read_bytes, ' +
  'toString(written_rows) AS written_rows, toString(written_bytes) AS written_bytes, ' +
  'toString(total_rows_approx) AS total_rows_to_read, ' +
  "toString(toUInt64(elapsed * 1e9)) AS elapsed_ns FROM system.processes WHERE Settings['log_comment'] = ";

/** The server, not yet listening. */
export function createClickHouseServer(engine: Engine, folder: DataFolder): Server {
  const gate = new Gate(RUNNING_MAX, WAITING_MAX);
  const running = new Set<string>();
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      void handle({ engine, folder, gate, running }, request, response);
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  // A large INSERT may take longer than Node's default of five minutes; its size is bounded instead.
  server.requestTimeout = 0;
  return server;
}

interface Context {
  readonly engine: Engine;
  readonly folder: DataFolder;
  readonly gate: Gate;
  /** Query ids in work. */
  readonly running: Set<string>;
}

async function handle(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let queryId: string | undefined;
  const reply = new Reply(response, () => {
    if (queryId !== undefined) killMarked(context.engine, quote(queryId)).catch(() => undefined);
  });
  // After a failure inside a streamed body the client finds the message behind this tag.
  const tag = randomBytes(8).toString('hex');
  reply.header('X-ClickHouse-Exception-Tag', tag);
  reply.header('X-ClickHouse-Server-Display-Name', 'rastro');
  reply.header('X-ClickHouse-Timezone', 'UTC');
  try {
    refuseForeign(request.headers);
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (isPing(request, url)) return sendText(reply, 200, 'Ok.\n');
    if (url.pathname !== '/')
      return sendText(reply, 404, 'There is no such path. Queries go to /, the check to /ping.\n');
    if (!['GET', 'HEAD', 'POST'].includes(request.method ?? ''))
      return sendText(reply, 405, 'Use GET or POST.\n');
    const query = parseRequest(request, url, context.folder.key);
    reply.header('X-ClickHouse-Query-Id', query.queryId);
    queryId = query.queryId;
    await context.gate.enter(() => serve(context, query, request, reply));
  } catch (error) {
    await fail(reply, error, context.engine.version, tag);
  } finally {
    queryId = undefined;
    // What a refused request still sends is read and dropped, so that the connection can be used again.
    request.resume();
  }
}

async function serve(
  { engine, folder, running }: Context,
  query: QueryRequest,
  request: IncomingMessage,
  reply: Reply,
) {
  if (running.has(query.queryId)) {
    const message = `Query with id = ${query.queryId} is already running.`;
    throw new ServerException(216, 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING', message);
  }
  running.add(query.queryId);
  let reporter: NodeJS.Timeout | undefined;
  try {
    const read = await readStatement(query.urlQuery, decodedBody(request), {
      trusted: query.trusted,
      readOnly: query.readOnly,
      tableFunctions: engine.tableFunctions,
      params: query.params,
    });
    if (query.progressMs !== undefined) {
      reporter = setInterval(() => void reportProgress(engine, query.queryId, reply), query.progressMs);
    }
    await execute({ engine, spoolPath: folder.spoolPath, request: query, read, reply });
  } finally {
    clearInterval(reporter);
    running.delete(query.queryId);
  }
}

async function reportProgress(engine: Engine, queryId: string, reply: Reply): Promise<void> {
  const sql = `${PROGRESS_SQL}${quote(queryId)} LIMIT 1`;
  const found = await engine
    .within(SCOPE_EMPTY, (connection) => connection.run(sql, 'JSONEachRow'))
    .catch(() => undefined);
  const line = Buffer.from(found?.bytes ?? [])
    .toString()
    .trim();
  if (line !== '') reply.progress(line);
}

function isPing(request: IncomingMessage, url: URL): boolean {
  if (url.pathname === '/ping' || url.pathname === '/replicas_status') return true;
  return url.pathname === '/' && url.search === '' && request.method !== 'POST';
}

function sendText(reply: Reply, status: number, text: string): void {
  reply.header('Content-Type', 'text/plain; charset=UTF-8');
  reply.begin(status, false);
  void reply.write(text);
  reply.end();
}

/** Answers with the failure, or, if the result is already under way, ends it with the message behind its tag. */
async function fail(reply: Reply, error: unknown, version: string, tag: string): Promise<void> {
  const failure = describeFailure(error, version);
  if (!reply.isBegun) {
    reply.header('X-ClickHouse-Exception-Code', String(failure.code));
    sendText(reply, failure.status, failure.text);
    return;
  }
  const message = failure.text.trimEnd();
  const length = Buffer.byteLength(message) + 1;
  await reply.write(`\r\n__exception__\r\n${tag}\r\n${message}\n${length} ${tag}\r\n__exception__\r\n`);
  reply.end();
}
