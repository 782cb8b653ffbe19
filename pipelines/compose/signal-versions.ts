/**
 * Versions of signals by id, asked for as of a moment. A signal may have hundreds of versions, and what reads them hundreds that name a
 * thousand signals each: nobody may look through all of them for each.
 */
import type { Signal } from '../../schemas/signal.ts';

/** The last one that is not later; they are in order of time. */
export function lastUntil<T>(
  versions: readonly T[],
  untilMs: number,
  timeOf: (version: T) => number,
): T | undefined {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(versions[middle] as T) <= untilMs) low = middle + 1;
    else high = middle;
  }
  return versions[low - 1];
}

export class SignalVersions {
  readonly #byId = new Map<string, Signal[]>();

  /** `signals` in the order of events. */
  constructor(signals: Iterable<Signal>) {
    for (const signal of signals) {
      const known = this.#byId.get(signal.id);
      if (known === undefined) this.#byId.set(signal.id, [signal]);
      else known.push(signal);
    }
  }

  /** Of a signal the last version, in the order of events, that is not later. */
  at(id: string, untilMs: number): Signal | undefined {
    return lastUntil(this.#byId.get(id) ?? [], untilMs, ({ eventTime }) => eventTime);
  }
}
