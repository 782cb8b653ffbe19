/**
 * The effective set over facts: blocks of rows in, each row told apart as `ok | duplicate | late | reject`, and the rows
 * that count handed to the hot evaluator. The same meaning as `../effective-set.ts`, without an object a row.
 *
 * Every row stays in the store under its number; of each (institution, id) the highest version counts, unless it is a
 * withdrawal, beyond the horizon, or reverses another row. "Seen before" is a fingerprint table whose every hit is
 * confirmed by the stored row's institution and id.
 */
import type { Reversal } from '../../../schemas/event-fields.ts';
import { FACT_FLAGS, type FactBatch, TEXT_NULL } from '../../../schemas/facts.ts';
import { compareRefs } from '../../../schemas/order.ts';
import type { FactStore } from '../../facts/store.ts';
import { SeenTable } from '../../intern/seen.ts';
import { REEVALUATION_HORIZON_MS } from '../effective-set.ts';
import type { HotCore } from './hot-core.ts';

const COMPLETED = 0;
const HASH_WORDS = 4;

export const ROW_OUTCOMES = ['ok', 'duplicate', 'late', 'reject'] as const;
/** Index in `ROW_OUTCOMES`. */
const OK = 0;
const DUPLICATE = 1;
const LATE = 2;
const REJECT = 3;

/** What a row that reverses another one says of it; the facts of a row do not hold it. */
export interface ReversedBy {
  readonly institution: string;
  readonly id: string;
  /** Null where the whole original is reversed. */
  readonly amountMinor: bigint | null;
}

export interface EffectiveRowsOptions {
  readonly store: FactStore;
  readonly core: HotCore;
  readonly seed: readonly [number, number];
  readonly horizonMs?: number;
  /** Rows to make room for at the start. */
  readonly rows?: number;
}

interface Reverser {
  readonly row: number;
  readonly amountMinor: bigint | null;
}

export class EffectiveRows {
  readonly #store: FactStore;
  readonly #core: HotCore;
  readonly #horizonMs: number;
  readonly #seen: SeenTable;
  /** Rows of other versions of an identity, by the row that the table holds: nearly always empty. */
  readonly #versions = new Map<number, number[]>();
  /** Rows that reverse a row, by `institution NUL id` of the reversed one. */
  readonly #reversers = new Map<string, Reverser[]>();
  /** The identity that a row reverses, by the row under which the versions of its own identity are kept. */
  readonly #originals = new Map<number, string>();
  /** Reversed identities that are not there yet. */
  readonly #orphans = new Set<string>();
  #highestTime = Number.NEGATIVE_INFINITY;

  constructor(options: EffectiveRowsOptions) {
    const { store } = options;
    this.#store = store;
    this.#core = options.core;
    this.#horizonMs = options.horizonMs ?? REEVALUATION_HORIZON_MS;
    this.#seen = new SeenTable({
      seed: options.seed,
      initialCapacity: options.rows ?? 1_024,
      sameKey: (row, institution, bytes, start, end) =>
        store.institutionOf(row) === institution && store.idEquals(row, bytes, start, end),
    });
  }

  /** Bytes of the table of what was seen. */
  get bytes(): number {
    return this.#seen.bytes;
  }

  /**
   * Admits a block. `reversedBy` is asked for rows that reverse others, by their place in the block. Returns the index in
   * `ROW_OUTCOMES` of each row.
   */
  admit(batch: FactBatch, reversedBy: (place: number) => ReversedBy): Uint8Array {
    const outcomes = new Uint8Array(batch.rows);
    const first = this.#store.append(batch);
    const special = this.#tellApart(batch, first, outcomes);
    this.#core.feed(first, batch.rows, batch.members);
    // What concerns other rows comes after these are in.
    for (const place of special)
      this.#settle(batch, place, first + place, outcomes[place] as number, reversedBy);
    for (const original of this.#orphans) {
      const row = this.#rowOf(original);
      if (row >= first) this.#reverse(original);
    }
    return outcomes;
  }

  /**
   * Writes the outcome of each row; places of those that are not simply new. A function of its own: it is optimised while the
   * loop runs, and what came behind the loop would be thrown out, as never seen, block after block.
   */
  #tellApart(batch: FactBatch, first: number, outcomes: Uint8Array): readonly number[] {
    const { institution, time } = batch.columns;
    const special: number[] = [];
    for (let place = 0; place < batch.rows; place++) {
      const row = first + place;
      const start = place === 0 ? 0 : (batch.idEnds[place - 1] as number);
      const end = batch.idEnds[place] as number;
      const sender = institution[place] as number;
      const timeMs = time[place] as number;
      const known = this.#seen.find(sender, batch.idBytes, start, end);
      const isLate = timeMs < this.#highestTime - this.#horizonMs;
      const isPlain = known === -1 && !isLate && (batch.flags[place] as number) === 0;
      if (known === -1) this.#seen.put(sender, batch.idBytes, start, end, row);
      if (isPlain) {
        if (timeMs > this.#highestTime) this.#highestTime = timeMs;
        continue;
      }
      outcomes[place] = this.#irregular(batch, place, row, known, isLate);
      special.push(place);
    }
    return special;
  }

  /** A row that is not simply new: its outcome. Rows that do not count are dead before they are fed. */
  #irregular(batch: FactBatch, place: number, row: number, known: number, isLate: boolean): number {
    const timeMs = batch.columns.time[place] as number;
    if (known !== -1) {
      const same = this.#sameVersion(known, batch.version[place] as number);
      if (same !== -1) {
        this.#core.bury(row);
        return this.#store.hashEquals(same, batch.hash, HASH_WORDS * place) ? DUPLICATE : REJECT;
      }
    }
    this.#highestTime = Math.max(this.#highestTime, timeMs);
    const counts = !isLate && (batch.flags[place] as number) === 0;
    if (!counts) this.#core.bury(row);
    if (known !== -1) this.#replace(batch, place, row, known);
    return isLate ? LATE : OK;
  }

  /** Another version of a known identity. */
  #replace(batch: FactBatch, place: number, row: number, known: number): void {
    const versions = this.#versions.get(known) ?? [known];
    const highest = known;
    if ((batch.version[place] as number) < this.#store.versionOf(highest)) {
      this.#core.bury(row);
      this.#versions.set(known, [...versions, row]);
      return;
    }
    this.#versions.delete(known);
    this.#versions.set(row, [...versions, row]);
    this.#core.kill(known);
    const start = place === 0 ? 0 : (batch.idEnds[place - 1] as number);
    const sender = batch.columns.institution[place] as number;
    this.#seen.put(sender, batch.idBytes, start, batch.idEnds[place] as number, row);
  }

  /** Row of this version among those of an identity, or -1. */
  #sameVersion(known: number, version: number): number {
    if (this.#store.versionOf(known) === version) return known;
    return this.#versions.get(known)?.find((row) => this.#store.versionOf(row) === version) ?? -1;
  }

  /** Reversals that a row brings or takes away. */
  #settle(
    batch: FactBatch,
    place: number,
    row: number,
    outcome: number,
    reversedBy: (place: number) => ReversedBy,
  ): void {
    if (outcome === DUPLICATE || outcome === REJECT) return;
    const identity = this.#identityOf(row);
    if (this.#reversers.has(identity)) this.#reverse(identity);
    // Of the versions of a row that reverses only the highest one does, whenever the others come.
    if (this.#highestOf(row) !== row) return;
    const key = this.#identityRow(row);
    const before = this.#originals.get(key);
    if (before !== undefined) {
      const left = (this.#reversers.get(before) ?? []).filter((by) => this.#identityOf(by.row) !== identity);
      if (left.length > 0) this.#reversers.set(before, left);
      else this.#reversers.delete(before);
      this.#originals.delete(key);
      this.#reverse(before);
    }
    const flags = batch.flags[place] as number;
    const isReversal = (flags & FACT_FLAGS.reverses) !== 0 && (flags & FACT_FLAGS.withdraw) === 0;
    if (!isReversal || outcome === LATE) return;
    const { institution, id, amountMinor } = reversedBy(place);
    const original = `${institution}\u0000${id}`;
    this.#reversers.set(original, [...(this.#reversers.get(original) ?? []), { row, amountMinor }]);
    this.#originals.set(key, original);
    this.#reverse(original);
  }

  #reverse(original: string): void {
    const row = this.#rowOf(original);
    if (row === -1 && this.#reversers.has(original)) this.#orphans.add(original);
    else this.#orphans.delete(original);
    if (row === -1) return;
    if (this.#core.isDead(row)) return;
    const { columns, rowMask } = this.#store.home(row);
    const whole = this.#store.wideAmount(row) ?? BigInt(columns.amount[row & rowMask] as number);
    const reversals: Reversal[] = [];
    for (const by of this.#reversers.get(original) ?? []) {
      const of = this.#store.home(by.row);
      if (of.columns.status[by.row & of.rowMask] !== COMPLETED) continue;
      reversals.push({
        time: this.#store.timeOf(by.row),
        institution: this.#institutionOf(by.row),
        id: this.#store.rowId(by.row),
        version: this.#store.versionOf(by.row),
        amountMinor: by.amountMinor ?? whole,
      });
    }
    this.#core.setReversals(row, reversals.sort(compareRefs));
  }

  /** The row that holds an identity, or -1. */
  #rowOf(identity: string): number {
    const [institution = '', id = ''] = identity.split('\u0000');
    const sender = this.#store.dictionary.interner.findText(institution);
    if (sender === TEXT_NULL) return -1;
    const bytes = Buffer.from(id, 'utf8');
    return this.#seen.find(sender, bytes, 0, bytes.length);
  }

  #highestOf(row: number): number {
    return this.#rowOf(this.#identityOf(row));
  }

  /** The row under which the versions of a row's identity are kept: the first one that came. */
  #identityRow(row: number): number {
    return this.#versions.get(this.#highestOf(row))?.[0] ?? row;
  }

  #identityOf(row: number): string {
    return `${this.#institutionOf(row)}\u0000${this.#store.rowId(row)}`;
  }

  #institutionOf(row: number): string {
    return this.#store.dictionary.text(this.#store.institutionOf(row));
  }
}
