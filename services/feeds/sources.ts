/** Files, patterns and standard input as sources of decompressed bytes, one chunk in memory at a time. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FeedSource } from '../../pipelines/ingest/outcome.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { expandPattern } from './glob.ts';
import { gunzip, isGzip } from './gunzip.ts';

const CHUNK_BYTES = 262_144;

/** Decompresses where the first two bytes say gzip; the name says nothing. */
export async function* plainBytes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let next = await iterator.next();
  while (!next.done && head.length < 2) {
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    if (head.length < 2) next = await iterator.next();
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      for (let step = await iterator.next(); !step.done; step = await iterator.next()) yield step.value;
    } finally {
      await iterator.return?.();
    }
  }
  yield* isGzip(head) ? gunzip(whole()) : whole();
}

async function* readFileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new RastroError(
      'RAS-FEED-FILE-UNREADABLE',
      { path, detail: (error as NodeJS.ErrnoException).code ?? (error as Error).message },
      { cause: error },
    );
  }
}

/** A feed source, and how many bytes it has on disk (null for standard input) for a progress bar. */
export interface OpenedSource extends FeedSource {
  readonly sizeBytes: number | null;
  /** Bytes read from disk so far, compressed as they lie there. */
  readonly bytesRead: () => number;
}

function opened(name: string, sizeBytes: number | null, raw: AsyncIterable<Uint8Array>): OpenedSource {
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of raw) {
      read += chunk.byteLength;
      yield chunk;
    }
  }
  return { name, sizeBytes, chunks: plainBytes(counted()), bytesRead: () => read };
}

async function fileSource(path: string): Promise<OpenedSource> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new RastroError('RAS-FEED-FILE-NOT-FOUND', { path }, { cause: error });
    throw new RastroError('RAS-FEED-FILE-UNREADABLE', { path, detail: error.code ?? '' }, { cause: error });
  });
  if (found.isDirectory()) {
    throw new RastroError('RAS-FEED-FILE-UNREADABLE', { path, detail: 'EISDIR' });
  }
  return opened(path, found.isFile() ? found.size : null, readFileBytes(path));
}

/**
 * Opens nothing yet: each source reads when its `chunks` are first asked for, once. `-` is `stdin`. Throws
 * `RAS-FEED-FILE-NOT-FOUND` for a path or pattern that names nothing.
 */
export async function openSources(
  paths: readonly string[],
  stdin: AsyncIterable<Uint8Array> | null = null,
): Promise<OpenedSource[]> {
  const sources: OpenedSource[] = [];
  for (const path of paths) {
    if (path === '-' && stdin !== null) {
      sources.push(opened('-', null, stdin));
      continue;
    }
    for (const file of await expandPattern(path)) sources.push(await fileSource(file));
  }
  return sources;
}
