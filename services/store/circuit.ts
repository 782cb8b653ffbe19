/**
 * Whether the store can be written to, as one answer for a whole process. Inserts are tried again while the store is away; after
 * `FAILURES_UNTIL_DOWN` in a row it counts as down, which whoever reads a log takes as the sign to pause. From then on one
 * probe at a time asks whether it is back; nothing else is sent.
 */
import { randomUUID } from 'node:crypto';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Store } from './client.ts';

export interface CircuitTimes {
  /** Before the second attempt; doubled before each further one. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  /** Between probes of a store that is down. */
  readonly probeMs: number;
}

export interface CircuitEvents {
  /** A failed attempt that is tried again. */
  readonly retried?: (code: string) => void;
  readonly down?: () => void;
  readonly up?: () => void;
}

export const CIRCUIT_TIMES: CircuitTimes = { retryMs: 100, retryMsMax: 5_000, probeMs: 1_000 };
export const FAILURES_UNTIL_DOWN = 3;
/** Attempts of one insert while the store answers pings. A store that is down costs none: it is waited for. */
export const ATTEMPTS_MAX = 20;

/** Failures that say nothing against the rows: the same insert may go through later. */
const PASSING: ReadonlySet<string> = new Set(['RAS-STORE-UNREACHABLE', 'RAS-STORE-BUSY']);

export class StoreCircuit {
  readonly #store: Store;
  readonly #times: CircuitTimes;
  readonly #events: CircuitEvents;
  #failures = 0;
  /** While down: resolves when it is back, rejects when closed. */
  #back: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(store: Store, events: CircuitEvents = {}, times: CircuitTimes = CIRCUIT_TIMES) {
    this.#store = store;
    this.#events = events;
    this.#times = times;
  }

  get isUp(): boolean {
    return this.#back === undefined;
  }

  /** Resolves when the store is not down; at once where it is not. Rejects when the circuit is closed meanwhile. */
  async whenUp(): Promise<void> {
    while (this.#back !== undefined) await this.#back;
  }

  /**
   * Does `insert` until it succeeds. It gets the same token each time, so that an attempt whose answer was lost is not stored
   * twice by a replicated table; elsewhere equal revision implies equal content, and a repetition is harmless.
   * @throws RastroError what the store has against the insert itself, RAS-STORE-BUSY after `ATTEMPTS_MAX`, or what stood when
   * the circuit was closed.
   */
  async insert(
    insert: (store: Store, token: string) => Promise<void>,
    token: string = randomUUID(),
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.whenUp();
      try {
        await insert(this.#store, token);
        this.#failures = 0;
        return;
      } catch (error) {
        if (!RastroError.is(error) || !PASSING.has(error.code)) throw error;
        if (this.#closing.signal.aborted || attempt >= ATTEMPTS_MAX) throw error;
        this.#events.retried?.(error.code);
        this.#failures++;
        if (this.#failures >= FAILURES_UNTIL_DOWN) this.#goDown();
        else await this.#pause(Math.min(this.#times.retryMs * 2 ** (attempt - 1), this.#times.retryMsMax));
      }
    }
  }

  /** No further attempt, no further probe; whoever waits gets an error. */
  close(): void {
    this.#closing.abort();
  }

  #goDown(): void {
    if (this.#back !== undefined) return;
    this.#events.down?.();
    this.#back = this.#probe();
    // Nobody may be waiting at this moment.
    this.#back.catch(() => undefined);
  }

  async #probe(): Promise<void> {
    for (;;) {
      await this.#pause(this.#times.probeMs);
      try {
        await this.#store.ping();
        break;
      } catch {
        // Still away.
      }
    }
    this.#failures = 0;
    this.#back = undefined;
    this.#events.up?.();
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    const stopped = () =>
      new RastroError('RAS-STORE-UNREACHABLE', { url: 'the store', detail: 'stopped while it was away' });
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(stopped());
      const abort = () => {
        clearTimeout(timer);
        reject(stopped());
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}
