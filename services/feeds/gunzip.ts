/**
 * Decompression that keeps what arrived. A damaged or cut gzip stream makes zlib destroy itself and with it what it had
 * already decoded; so every piece is read out before the next one goes in, and only then may the error be thrown.
 */
import { createGunzip } from 'node:zlib';
import { RastroError } from '../../schemas/errors/index.ts';

/** Compressed bytes given to zlib at once; bounds what one step can expand to (about a thousandfold). */
const PIECE_BYTES = 4_096;

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;

function failure(error: NodeJS.ErrnoException): RastroError {
  return error.code === 'Z_BUF_ERROR'
    ? new RastroError('RAS-FEED-GZIP-TRUNCATED', {}, { cause: error })
    : new RastroError('RAS-FEED-GZIP-CORRUPT', { detail: error.message }, { cause: error });
}

/** The decompressed bytes; ends with `RAS-FEED-GZIP-TRUNCATED` or `-CORRUPT` after all that could be read. */
export async function* gunzip(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip();
  let error: NodeJS.ErrnoException | null = null;
  let isOver = false;
  let wake = (): void => {};
  stream.on('readable', () => wake());
  stream.on('error', (cause) => {
    error = cause;
    wake();
  });
  stream.on('end', () => {
    isOver = true;
    wake();
  });

  /** Reads until `isDone`; a piece is done when zlib took it and holds nothing for us. */
  async function* drain(isDone: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk: unknown = stream.read();
      if (chunk !== null) {
        yield chunk as Uint8Array;
        continue;
      }
      if (error !== null || isOver || isDone()) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  try {
    for await (const chunk of compressed) {
      for (let at = 0; at < chunk.length && error === null; at += PIECE_BYTES) {
        let isTaken = false;
        stream.write(chunk.subarray(at, at + PIECE_BYTES), () => {
          isTaken = true;
          wake();
        });
        yield* drain(() => isTaken);
      }
      if (error !== null) throw failure(error);
    }
    stream.end();
    yield* drain(() => false);
    if (error !== null) throw failure(error);
  } finally {
    stream.destroy();
  }
}
