/** The evidence of one episode: a set of events that only grows, with its references and their hash. */
import { createHash, type Hash } from 'node:crypto';
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import { updateWithList } from '../../../schemas/ids.ts';
import type { Evidence } from '../../../schemas/signal.ts';

export class EvidenceSet {
  readonly #positions = new Set<number>();
  /** The same, ascending. */
  #ordered: number[] = [];
  /** Hash over the first `#hashed` references; evidence mostly grows at its end. */
  #hash: Hash = createHash('sha256');
  #hashed = 0;

  has(position: number): boolean {
    return this.#positions.has(position);
  }

  /** Adds ascending positions and returns those that were new. */
  add(positions: readonly number[]): number[] {
    const added = positions.filter((position) => !this.#positions.has(position));
    if (added.length === 0) return added;
    for (const position of added) this.#positions.add(position);
    const last = this.#ordered[this.#ordered.length - 1] ?? -1;
    this.#ordered.push(...added);
    if (added[0]! < last) {
      this.#ordered.sort((a, b) => a - b);
      this.#forgetHash();
    }
    return added;
  }

  /** Takes back what `add` returned. */
  remove(added: readonly number[]): void {
    if (added.length === 0) return;
    for (const position of added) this.#positions.delete(position);
    this.#ordered = this.#ordered.filter((position) => this.#positions.has(position));
    this.#forgetHash();
  }

  /** References in total order: the first ones, how many, and the hash over all. */
  snapshot(events: readonly RuleEvent[], input: 'events' | 'signals'): Evidence {
    for (; this.#hashed < this.#ordered.length; this.#hashed++) {
      const { institution, id, version } = events[this.#ordered[this.#hashed]!]!;
      updateWithList(this.#hash, [institution, id, String(version)]);
    }
    const first = this.#ordered.slice(0, LIMITS.EVIDENCE_IDS).map((position) => events[position]!);
    const count = this.#ordered.length;
    const hash = this.#hash.copy().digest('hex');
    if (input === 'signals') return { transactions: [], signals: first.map(({ id }) => id), count, hash };
    return {
      transactions: first.map(({ institution, id, version }) => ({ institution, id, version })),
      count,
      hash,
    };
  }

  #forgetHash(): void {
    this.#hash = createHash('sha256');
    this.#hashed = 0;
  }
}
