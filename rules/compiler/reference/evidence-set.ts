/**
 * The evidence of one episode: a set of events that only grows, with its references and their hash.
 *
 * Evidence mostly grows at its end, and what the unfinished hour brought is taken back and comes again. Versions share one list
 * of references, of which each holds how many are its own; a hash is made when it is asked for, which it is of the versions
 * that are written.
 */
import { createHash, type Hash } from 'node:crypto';
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import { listText } from '../../../schemas/ids.ts';
import type { Evidence, TransactionRef } from '../../../schemas/signal.ts';

/** References in total order: those of a set, and behind them some that were taken back. Only ever grows. */
class SharedRefs {
  readonly refs: TransactionRef[];
  /** Hash over the first `#hashed` of them. */
  #hash: Hash | null = null;
  #hashed = 0;

  constructor(refs: TransactionRef[]) {
    this.refs = refs;
  }

  /** Hash over the first `count`: of the versions of an episode mostly the latest are asked, in order. */
  digest(count: number): string {
    if (this.#hash === null || count < this.#hashed) {
      this.#hash = createHash('sha256');
      this.#hashed = 0;
    }
    for (; this.#hashed < count; this.#hashed++) this.#hash.update(textOf(this.refs[this.#hashed]!));
    return this.#hash.copy().digest('hex');
  }
}

export class EvidenceSet {
  readonly #held = new Set<number>();
  /** In total order. */
  #positions: number[] = [];
  #shared = new SharedRefs([]);

  has(position: number): boolean {
    return this.#held.has(position);
  }

  /** Adds events at ascending positions, none of which it holds. */
  add(added: readonly number[], events: readonly RuleEvent[]): void {
    if (added.length === 0) return;
    const before = this.#positions.length;
    const isAtEnd = before === 0 || added[0]! > this.#positions[before - 1]!;
    for (const position of added) {
      this.#held.add(position);
      this.#positions.push(position);
    }
    if (!isAtEnd) this.#positions.sort((a, b) => a - b);
    let same = isAtEnd ? before : this.#positions.indexOf(added[0]!);
    const { refs } = this.#shared;
    while (same < this.#positions.length && same < refs.length) {
      if (!isRefOf(refs[same]!, events[this.#positions[same]!]!)) break;
      same++;
    }
    if (same === this.#positions.length) return;
    // Versions may hold what was taken back: from where the list says something else it is another list.
    if (same < refs.length) this.#shared = new SharedRefs(refs.slice(0, same));
    for (let i = same; i < this.#positions.length; i++) {
      this.#shared.refs.push(refOf(events[this.#positions[i]!]!));
    }
  }

  /** Takes back what was added last. */
  remove(added: readonly number[]): void {
    if (added.length === 0) return;
    for (const position of added) this.#held.delete(position);
    const left = this.#positions.length - added.length;
    if (left === 0 || this.#positions[left - 1]! < added[0]!) {
      this.#positions.length = left;
      return;
    }
    const { refs } = this.#shared;
    const kept = this.#positions.flatMap((position, i) => (this.#held.has(position) ? [i] : []));
    this.#shared = new SharedRefs(kept.map((i) => refs[i]!));
    this.#positions = kept.map((i) => this.#positions[i]!);
  }

  /** References in total order: the first ones, how many, and the hash over all. */
  snapshot(input: 'events' | 'signals'): Evidence {
    const shared = this.#shared;
    const count = this.#positions.length;
    const first = Math.min(count, LIMITS.EVIDENCE_IDS);
    let digest: string | undefined;
    const hash = () => {
      digest ??= shared.digest(count);
      return digest;
    };
    if (input === 'signals') {
      const signals = shared.refs.slice(0, first).map(({ id }) => id);
      return { transactions: [], signals, count, hash: hash() };
    }
    return {
      get transactions() {
        return shared.refs.slice(0, first);
      },
      count,
      get hash() {
        return hash();
      },
    };
  }
}

function refOf({ institution, id, version }: RuleEvent): TransactionRef {
  return { institution, id, version };
}

function isRefOf(ref: TransactionRef, { institution, id, version }: RuleEvent): boolean {
  return ref.id === id && ref.version === version && ref.institution === institution;
}

/** What the hash takes of a reference. */
function textOf({ institution, id, version }: TransactionRef): string {
  return listText([institution, id, String(version)]);
}
