/**
 * Identities on their way to the vault: sealed entries onto the topic `identities`, durable before any row that speaks of them.
 * The pseudonymiser hands an entry over once, to whichever submission met it first, so entries are kept here until they are
 * durable, and everybody's rows wait for all that were handed over before.
 */
import type { VaultEntry } from '../../pipelines/ingest/vault.ts';
import type { Bus, NewRecord } from '../../pipelines/log/bus.ts';

/** Characters of the entries of one record, well below a record's size in bytes. */
const RECORD_CHARS = 256 * 1024;
/** Of one entry beside its ciphertext. */
const ENTRY_CHARS = 96;

export class IdentityOutbox {
  readonly #bus: Bus;
  #waiting: VaultEntry[] = [];
  #running: Promise<void> = Promise.resolve();
  #turn = 0;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  add(entries: readonly VaultEntry[]): void {
    for (const entry of entries) this.#waiting.push(entry);
  }

  /** Resolves when all that was added before the call is durable. @throws RastroError of the bus; the entries stay. */
  flush(): Promise<void> {
    const next = this.#running.catch(() => undefined).then(() => this.#append());
    this.#running = next;
    return next;
  }

  async #append(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const entries = this.#waiting;
    this.#waiting = [];
    const partition = this.#turn++ % (await this.#bus.partitionsOf('identities'));
    try {
      await this.#bus.append('identities', recordsOf(entries, partition));
    } catch (error) {
      this.#waiting = [...entries, ...this.#waiting];
      throw error;
    }
  }
}

function recordsOf(entries: readonly VaultEntry[], partition: number): NewRecord[] {
  const records: NewRecord[] = [];
  let from = 0;
  let chars = 0;
  entries.forEach((entry, i) => {
    chars += entry.ciphertext.length + ENTRY_CHARS;
    if (chars < RECORD_CHARS && i < entries.length - 1) return;
    const value = Buffer.from(JSON.stringify(entries.slice(from, i + 1)), 'utf8');
    records.push({ partition, key: null, value });
    [from, chars] = [i + 1, 0];
  });
  return records;
}
