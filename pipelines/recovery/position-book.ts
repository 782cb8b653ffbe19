/**
 * What was written of one kind of document by the owner of a partition, with revisions that are positions of its input: the row
 * says what stands as of that position. State is a function of the input up to a position, so that equal revision implies equal
 * content whoever writes, and of two writers the one that has read further wins.
 *
 * A document belongs to its owner: a signal to the holder that it was observed on, an alert or a signal of a rule over signals to
 * its subject. The identity of a stored row is (id, owner), since the last version of a signal may come to name another holder.
 */
import { contentHash } from '../../schemas/ids.ts';
import { type Nearness, replacementOf, type StandingItem, type StandingWrite } from './standing.ts';

interface Written<T> {
  readonly item: T;
  readonly contentHash: string;
}

/** No content has this hash. */
const UNKNOWN = '';

export class PositionBook<T extends StandingItem> {
  readonly #nearness: Nearness<T>;
  /** By place (what reports documents together), by id. */
  readonly #places = new Map<string, Map<string, Written<T>>>();

  constructor(nearness: Nearness<T>) {
    this.#nearness = nearness;
  }

  /** The store may hold the document: unless it stands in its place the next `writes` withdraws it. */
  recall(place: string, item: T): void {
    const written = this.#places.get(place) ?? new Map<string, Written<T>>();
    if (!written.has(item.id)) written.set(item.id, { item, contentHash: UNKNOWN });
    this.#places.set(place, written);
  }

  /** Nobody knows what of all this the store holds: what stands is written again. */
  doubt(): void {
    for (const written of this.#places.values())
      for (const [id, { item }] of written) written.set(id, { item, contentHash: UNKNOWN });
  }

  /** Places of which all documents are in doubt. */
  get doubted(): readonly string[] {
    const all = [...this.#places].filter(([, written]) =>
      [...written.values()].every(({ contentHash }) => contentHash === UNKNOWN),
    );
    return all.map(([place]) => place);
  }

  /** The rows to write for what stands in a place as of `revision`; from now on they are written. */
  writes(place: string, standing: readonly T[], revision: number): StandingWrite<T>[] {
    const before = this.#places.get(place);
    const after = new Map<string, Written<T>>();
    const out: StandingWrite<T>[] = [];
    for (const item of standing) {
      const hash = contentHash(item);
      after.set(item.id, { item, contentHash: hash });
      if (before?.get(item.id)?.contentHash === hash) continue;
      out.push({ item, revision, contentHash: hash, status: 'standing', replacedBy: '' });
    }
    for (const [id, { item }] of before ?? []) {
      if (after.has(id)) continue;
      const replacedBy = replacementOf(item, standing, this.#nearness);
      const hash = contentHash({ withdrawn: id, replacedBy });
      out.push({ item, revision, contentHash: hash, status: 'withdrawn', replacedBy });
    }
    if (after.size === 0) this.#places.delete(place);
    else this.#places.set(place, after);
    return out;
  }
}
