/** Runs one checked statement and writes its result. */

import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Answer, type Connection, type Engine, quote, SCOPE_EMPTY } from './engine.ts';
import { tooLarge } from './exception.ts';
import { contentType, isStreamable } from './formats.ts';
import { COLLECTED_ROWS_MAX, INSERT_BYTES_MAX, PIECE_ROWS } from './limits.ts';
import type { Reply } from './reply.ts';
import type { QueryRequest } from './request.ts';
import { decodeUtf8, type ReadStatement } from './statement-reader.ts';

export interface Execution {
  readonly engine: Engine;
  readonly spoolPath: string;
  readonly request: QueryRequest;
  readonly read: ReadStatement;
  readonly reply: Reply;
}

/** Runs the statement of `execution` under its own settings, parameters and database. */
export async function execute(execution: Execution): Promise<void> {
  const { engine, request, read } = execution;
  const settings = new Map(request.settings);
  // The engine gives every statement an id of its own; this mark finds it again (KILL, progress).
  settings.set('log_comment', request.queryId);
  if (!settings.has('max_block_size')) settings.set('max_block_size', String(PIECE_ROWS));
  if (read.statement.kind === 'answer') settings.set('max_result_rows', String(COLLECTED_ROWS_MAX));
  if (read.statement.kind === 'insert' && !read.valuesChecked) {
    settings.set('input_format_values_interpret_expressions', '0');
  }
  const readOnly = !request.trusted || request.readOnly;
  const scope = { database: request.database, settings, params: request.params, readOnly };
  await engine.within(scope, (connection) => {
    switch (read.statement.kind) {
      case 'select':
        return select(execution, connection);
      case 'insert':
        return insert(execution, connection);
      case 'kill':
        return kill(execution);
      default:
        return answer(execution, connection, decodeUtf8(read.source.slice(0, read.statement.end)));
    }
  });
}

async function select(execution: Execution, connection: Connection): Promise<void> {
  const { read, request, reply } = execution;
  const format = read.statement.format ?? request.defaultFormat;
  if (!isStreamable(format) || request.waitEnd) return selectBySpool(execution, connection, format);
  const sql = decodeUtf8(read.source.slice(0, read.statement.end));
  const pieces = connection.stream(sql, format);
  // The head waits for the first piece: a statement that fails before it gets its proper status.
  let isFirst = true;
  for await (const piece of pieces) {
    if (reply.isGone) return;
    if (isFirst) beginResult(execution, format);
    isFirst = false;
    await reply.write(piece);
  }
  if (isFirst) beginResult(execution, format);
  reply.end();
}

/** Formats with a head and a foot, and `wait_end_of_query`: the engine writes a file, which is then sent. */
async function selectBySpool(execution: Execution, connection: Connection, format: string): Promise<void> {
  const { read, reply } = execution;
  const { formatAt, end } = read.statement;
  const path = join(execution.spoolPath, randomUUID());
  const before = decodeUtf8(read.source.slice(0, formatAt));
  const after = read.statement.format ? decodeUtf8(read.source.slice(formatAt, end)) : `FORMAT ${format}`;
  try {
    // A line break, because a comment may end the statement.
    const ran = await connection.run(`${before}\nINTO OUTFILE ${quote(path)} ${after}`, format);
    beginResult(execution, format, ran);
    const exists = await stat(path).then(
      () => true,
      () => false,
    );
    if (exists)
      for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 }))
        await reply.write(piece);
    reply.end();
  } finally {
    await rm(path, { force: true });
  }
}

/** Spools the data, so that their bytes reach the engine untouched and memory stays flat, then inserts the file. */
async function insert(execution: Execution, connection: Connection): Promise<void> {
  const { read, spoolPath } = execution;
  const { sourceAt, formatAt, format } = read.statement;
  const path = join(spoolPath, randomUUID());
  try {
    const bytes = await spool(read.data, path);
    if (bytes === 0) return finish(execution, undefined);
    const head = decodeUtf8(read.source.slice(0, sourceAt));
    const settings = decodeUtf8(read.source.slice(sourceAt, formatAt));
    const sql = `${head}\nFROM INFILE ${quote(path)} ${settings}\nFORMAT ${format}`;
    finish(execution, await connection.run(sql, 'Null'));
  } finally {
    await rm(path, { force: true });
  }
}

async function spool(data: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  let bytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of data) {
      bytes += piece.length;
      if (bytes > INSERT_BYTES_MAX) throw tooLarge('The data of the INSERT are too large.');
      yield piece;
    }
  }
  await pipeline(Readable.from(counted(), { objectMode: false }), createWriteStream(path, { mode: 0o600 }));
  return bytes;
}

/** Stops the statement that was sent with this query id. */
async function kill(execution: Execution): Promise<void> {
  const { engine, read } = execution;
  await killMarked(engine, decodeUtf8(read.statement.killTarget ?? "''"));
  finish(execution, undefined);
}

/** Stops whatever runs under the mark; `literal` is a quoted SQL string. */
export async function killMarked(engine: Engine, literal: string): Promise<void> {
  await engine.within(SCOPE_EMPTY, (connection) =>
    connection.run(`KILL QUERY WHERE Settings['log_comment'] = ${literal} ASYNC`, 'Null'),
  );
}

async function answer(execution: Execution, connection: Connection, sql: string): Promise<void> {
  const format = execution.read.statement.format ?? execution.request.defaultFormat;
  const ran = await connection.run(sql, format);
  if (execution.read.statement.kind === 'write') return finish(execution, ran);
  beginResult(execution, format, ran);
  await execution.reply.write(ran.bytes);
  execution.reply.end();
}

function beginResult({ request, reply }: Execution, format: string, ran?: Answer): void {
  reply.header('Content-Type', contentType(format));
  reply.header('X-ClickHouse-Format', format);
  reply.header(
    'X-ClickHouse-Summary',
    summary({ read: ran?.rowsRead ?? 0, bytes: ran?.bytesRead ?? 0, written: 0 }),
  );
  reply.begin(200, request.acceptsGzip);
}

function finish({ reply }: Execution, ran: Answer | undefined): void {
  const rows = ran?.rowsRead ?? 0;
  reply.header('Content-Type', 'text/plain; charset=UTF-8');
  reply.header('X-ClickHouse-Summary', summary({ read: rows, bytes: ran?.bytesRead ?? 0, written: rows }));
  reply.begin(200, false);
  reply.end();
}

function summary(counts: { read: number; bytes: number; written: number }): string {
  return JSON.stringify({
    read_rows: String(counts.read),
    read_bytes: String(counts.bytes),
    written_rows: String(counts.written),
    written_bytes: counts.written > 0 ? String(counts.bytes) : '0',
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: '0',
  });
}
