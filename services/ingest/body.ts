/** A request's body as it comes, given up where the client is too slow. Only waiting for the client counts, not for the log. */

import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { RastroError } from '../../schemas/errors/index.ts';
import { INGEST_LIMITS } from './limits.ts';

const SECOND_MS = 1_000;

export interface Pace {
  /** A body that brings nothing for so long is given up. */
  readonly idleMs: number;
  readonly graceMs?: number;
}

/** @throws RastroError RAS-HTTP-BODY-SLOW; what the stream throws where the client is gone */
export async function* pacedBody(stream: Readable, { idleMs, graceMs }: Pace): AsyncGenerator<Uint8Array> {
  // An ended iteration must not close the connection: the answer still has to go out.
  const iterator = stream.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  let waitedMs = 0;
  let bytes = 0;
  for (;;) {
    const askedMs = performance.now();
    const timer = new AbortController();
    const idle = sleep(idleMs, 'idle' as const, { signal: timer.signal }).catch(() => 'idle' as const);
    const step = await Promise.race([iterator.next(), idle]).finally(() => timer.abort());
    if (step === 'idle') throw new RastroError('RAS-HTTP-BODY-SLOW');
    if (step.done === true) return;
    waitedMs += performance.now() - askedMs;
    bytes += (step.value as Uint8Array).byteLength;
    const overMs = waitedMs - (graceMs ?? INGEST_LIMITS.GRACE_MS);
    if (overMs > 0 && bytes < (overMs / SECOND_MS) * INGEST_LIMITS.BYTES_PER_SECOND_MIN)
      throw new RastroError('RAS-HTTP-BODY-SLOW');
    yield step.value as Uint8Array;
  }
}
