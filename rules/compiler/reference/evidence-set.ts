/** The evidence of one episode: a set of events that only grows, with its references and their hash. */
import { createHash, type Hash } from 'node:crypto';
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import { listText } from '../../../schemas/ids.ts';
import type { Evidence, TransactionRef } from '../../../schemas/signal.ts';

interface Entry {
  readonly position: number;
  readonly ref: TransactionRef;
  /** What the hash takes of the reference. */
  readonly text: string;
}

export class EvidenceSet {
  readonly #positions = new Set<number>();
  /** In total order. */
  #entries: Entry[] = [];
  /** The first references as last given out, while they are still the first ones. */
  #first: readonly TransactionRef[] | null = null;
  /** Hash over the first `#hashed` references: evidence mostly grows at its end. */
  #hash: Hash = createHash('sha256');
  #hashed = 0;

  has(position: number): boolean {
    return this.#positions.has(position);
  }

  /** Adds events at ascending positions and returns the positions that were new. */
  add(positions: readonly number[], events: readonly RuleEvent[]): number[] {
    const added = positions.filter((position) => !this.#positions.has(position));
    if (added.length === 0) return added;
    const last = this.#entries[this.#entries.length - 1]?.position ?? -1;
    for (const position of added) {
      const { institution, id, version } = events[position]!;
      this.#positions.add(position);
      this.#entries.push({
        position,
        ref: { institution, id, version },
        text: listText([institution, id, String(version)]),
      });
    }
    if (added[0]! < last) {
      this.#entries.sort((a, b) => a.position - b.position);
      this.#forget();
    } else if (this.#entries.length - added.length < LIMITS.EVIDENCE_IDS) this.#first = null;
    return added;
  }

  /** Takes back what `add` returned. */
  remove(added: readonly number[]): void {
    if (added.length === 0) return;
    for (const position of added) this.#positions.delete(position);
    this.#entries = this.#entries.filter(({ position }) => this.#positions.has(position));
    this.#forget();
  }

  /** References in total order: the first ones, how many, and the hash over all. */
  snapshot(input: 'events' | 'signals'): Evidence {
    if (this.#hashed < this.#entries.length) {
      const unread = this.#hashed === 0 ? this.#entries : this.#entries.slice(this.#hashed);
      this.#hash.update(unread.map(({ text }) => text).join(''));
      this.#hashed = this.#entries.length;
    }
    this.#first ??= this.#entries.slice(0, LIMITS.EVIDENCE_IDS).map(({ ref }) => ref);
    const count = this.#entries.length;
    const hash = this.#hash.copy().digest('hex');
    return input === 'signals'
      ? { transactions: [], signals: this.#first.map(({ id }) => id), count, hash }
      : { transactions: this.#first as TransactionRef[], count, hash };
  }

  #forget(): void {
    this.#hash = createHash('sha256');
    this.#hashed = 0;
    this.#first = null;
  }
}
