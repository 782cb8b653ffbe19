/** Separates a request's statement from the data that follow it, decompressing both. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { badArguments, syntaxError, tooLarge } from './exception.ts';
import { isKeyword, lex } from './guard/lexer.ts';
import { checkStatement, checkValues, type GuardContext, type Statement } from './guard/statement.ts';
import { STATEMENT_BYTES_MAX } from './limits.ts';

export interface ReadStatement {
  /** The statement's bytes as one character each (latin1), as the offsets of `statement` count. */
  readonly source: string;
  readonly statement: Statement;
  /** What follows an INSERT's format. */
  readonly data: AsyncIterable<Uint8Array>;
  /** True if `data` are of the format Values and were checked as expressions. */
  readonly valuesChecked: boolean;
}

/** The body, decompressed. @throws ServerException BAD_ARGUMENTS on an encoding that is not supported. */
export function decodedBody(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return request;
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : encoding === 'br'
          ? createBrotliDecompress()
          : undefined;
  if (decoder === undefined)
    throw badArguments('Unknown Content-Encoding: gzip, deflate and br are supported.');
  // Not `pipeline`: on broken data it would destroy the request, and with it the way back for the answer.
  request.once('close', () => {
    if (!request.complete) decoder.destroy(new Error('The request was cut off.'));
  });
  // The reader of the decoder gets the error; without a listener it would also end the process.
  decoder.on('error', () => undefined);
  return request.pipe(decoder);
}

/**
 * Reads the statement from the URL, the body or both, and checks it.
 * @throws ServerException as `checkStatement`, and HTTP_REQUEST_TOO_LARGE on a statement beyond the limit.
 */
export async function readStatement(
  urlQuery: string,
  body: Readable,
  context: GuardContext,
): Promise<ReadStatement> {
  const iterator: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  const url = Buffer.from(urlQuery);
  if (url.length > STATEMENT_BYTES_MAX) throw tooLarge('The statement is too long.');
  if (beginsInsert(url)) {
    const source = url.toString('latin1');
    const statement = checkStatement(source, context);
    // Data begin in the URL for VALUES; otherwise the body is the data.
    if (statement.kind === 'insert') return withData(source, statement, iterator, context);
  }
  const pieces: Uint8Array[] = url.length > 0 ? [url, Buffer.from('\n')] : [];
  let size = pieces.length > 0 ? url.length + 1 : 0;
  let isWhole = false;
  while (size <= STATEMENT_BYTES_MAX && !isWhole) {
    const { value, done } = await iterator.next();
    if (done) isWhole = true;
    else {
      pieces.push(value);
      size += value.length;
    }
  }
  const source = Buffer.concat(pieces).toString('latin1');
  const isInsert = beginsInsert(source.slice(0, STATEMENT_BYTES_MAX));
  if (!isWhole && !isInsert) throw tooLarge('The statement is too long.');
  const statement = checkStatement(source, context);
  if (statement.kind === 'insert') return withData(source, statement, iterator, context);
  if (!isWhole) throw tooLarge('The statement is too long.');
  return { source, statement, data: rest('', iterator), valuesChecked: false };
}

async function withData(
  source: string,
  statement: Statement,
  iterator: AsyncIterator<Uint8Array>,
  context: GuardContext,
): Promise<ReadStatement> {
  let inline = source.slice(statement.end);
  if (statement.format !== 'Values') {
    return { source, statement, data: rest(inline, iterator), valuesChecked: false };
  }
  // Small VALUES are read whole, so that functions in them can be allowed after a check.
  let isWhole = false;
  while (inline.length <= STATEMENT_BYTES_MAX && !isWhole) {
    const { value, done } = await iterator.next();
    if (done) isWhole = true;
    else inline += Buffer.from(value).toString('latin1');
  }
  if (isWhole) checkValues(inline, context.tableFunctions);
  return { source, statement, data: rest(inline, iterator), valuesChecked: isWhole };
}

async function* rest(first: string, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first !== '') yield Buffer.from(first, 'latin1');
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return;
    yield value;
  }
}

function beginsInsert(text: string | Buffer): boolean {
  const first = lex(typeof text === 'string' ? text : text.toString('latin1')).next();
  return !first.done && isKeyword(first.value, 'INSERT');
}

/** The statement as text. @throws ServerException SYNTAX_ERROR if it is not UTF-8. */
export function decodeUtf8(source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(source, 'latin1'));
  } catch {
    throw syntaxError('The statement is not valid UTF-8.');
  }
}
