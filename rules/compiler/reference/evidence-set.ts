/**
 * The evidence of one episode: a set of events that only grows, with its references and their hash.
 *
 * Evidence mostly grows at its end, and what the unfinished hour brought is taken back and comes again. Versions share one list
 * of references, of which each holds how many are its own; the hash goes on from what was there before the latest.
 */
import { createHash, type Hash, hash as hashOf } from 'node:crypto';
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import { listText } from '../../../schemas/ids.ts';
import type { Evidence, TransactionRef } from '../../../schemas/signal.ts';

const ALGORITHM = 'sha256';
/** So many references are hashed anew faster than a hash is kept and copied. */
const HASHED_ANEW_MAX = 64;

interface Entry {
  readonly position: number;
  readonly ref: TransactionRef;
}

export class EvidenceSet {
  readonly #positions = new Set<number>();
  /** In total order. */
  #entries: Entry[] = [];
  /** References of the first entries, at most `EVIDENCE_IDS`, and of some that were taken back: longer or shorter than the entries. */
  #refs: TransactionRef[] = [];
  /** Hash over the first `#hashed` references; few are hashed anew each time. */
  #hash: Hash | null = null;
  #hashed = 0;

  has(position: number): boolean {
    return this.#positions.has(position);
  }

  /** Adds events at ascending positions, none of which it holds. */
  add(added: readonly number[], events: readonly RuleEvent[]): void {
    if (added.length === 0) return;
    const before = this.#entries.length;
    const last = this.#entries[before - 1]?.position ?? -1;
    const isAtEnd = added[0]! > last;
    if (isAtEnd) this.#hashUpTo(before);
    for (const position of added) {
      const { institution, id, version } = events[position]!;
      this.#positions.add(position);
      this.#entries.push({ position, ref: { institution, id, version } });
    }
    if (isAtEnd) this.#share(before);
    else {
      this.#entries.sort((a, b) => a.position - b.position);
      this.#forget();
    }
  }

  /** Takes back what was added at once. */
  remove(added: readonly number[]): void {
    if (added.length === 0) return;
    for (const position of added) this.#positions.delete(position);
    const left = this.#entries.length - added.length;
    if (left >= this.#hashed && (this.#entries[left - 1]?.position ?? -1) < added[0]!) {
      this.#entries.length = left;
      return;
    }
    this.#entries = this.#entries.filter(({ position }) => this.#positions.has(position));
    this.#forget();
  }

  /** References in total order: the first ones, how many, and the hash over all. */
  snapshot(input: 'events' | 'signals'): Evidence {
    const refs = this.#refs;
    const count = this.#entries.length;
    const first = Math.min(count, LIMITS.EVIDENCE_IDS);
    const digest = this.#digest();
    if (input === 'signals') {
      return { transactions: [], signals: refs.slice(0, first).map(({ id }) => id), count, hash: digest };
    }
    return {
      get transactions() {
        return refs.slice(0, first);
      },
      count,
      hash: digest,
    };
  }

  #hashUpTo(count: number): void {
    if (count <= HASHED_ANEW_MAX) return;
    this.#hash ??= createHash(ALGORITHM);
    for (; this.#hashed < count; this.#hashed++) this.#hash.update(textOf(this.#entries[this.#hashed]!.ref));
  }

  #digest(): string {
    let text = '';
    for (let i = this.#hashed; i < this.#entries.length; i++) text += textOf(this.#entries[i]!.ref);
    return this.#hash === null
      ? hashOf(ALGORITHM, text, 'hex')
      : this.#hash.copy().update(text).digest('hex');
  }

  /** References of the entries from `from` on become shared ones; where others were taken back, versions may hold these. */
  #share(from: number): void {
    const until = Math.min(this.#entries.length, LIMITS.EVIDENCE_IDS);
    for (let i = from; i < until; i++) {
      const { ref } = this.#entries[i]!;
      const shared = this.#refs[i];
      if (shared !== undefined && isSame(shared, ref)) continue;
      if (shared !== undefined) this.#refs = this.#refs.slice(0, i);
      this.#refs.push(ref);
    }
  }

  #forget(): void {
    this.#hash = null;
    this.#hashed = 0;
    this.#refs = this.#entries.slice(0, LIMITS.EVIDENCE_IDS).map(({ ref }) => ref);
  }
}

/** What the hash takes of a reference. */
function textOf({ institution, id, version }: TransactionRef): string {
  return listText([institution, id, String(version)]);
}

function isSame(a: TransactionRef, b: TransactionRef): boolean {
  return a.id === b.id && a.institution === b.institution && a.version === b.version;
}
