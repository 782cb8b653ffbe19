/**
 * The effective set over facts: blocks of rows in, and the rows that count handed to the hot evaluator. The same meaning as
 * `../effective-set.ts` and `../reversals.ts`, without an object a row.
 *
 * Every row stays in the store under its number. `row-ledger.ts` says which count; here they are fed, and rows that reverse
 * others find them, whichever comes first.
 */
import type { Steps } from '../../../rules/compiler/index.ts';
import type { Reversal } from '../../../schemas/event-fields.ts';
import { FACT_FLAGS, type FactBatch } from '../../../schemas/facts.ts';
import { compareRefs } from '../../../schemas/order.ts';
import type { FactStore } from '../../facts/store.ts';
import type { CheckpointIn, CheckpointOut } from '../../recovery/checkpoint-image.ts';
import type { HotCore } from './hot-core.ts';
import { Orphans } from './orphans.ts';
import { OUTCOME, RowLedger } from './row-ledger.ts';

const COMPLETED = 0;

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
  readonly horizonMs?: number | undefined;
  /** Rows to make room for at the start. */
  readonly rows?: number | undefined;
}

interface Reverser {
  readonly row: number;
  readonly amountMinor: bigint | null;
}

type SavedReversers = [original: string, rows: [row: number, amountMinor: string | null][]];

function* savedReversers(reversers: ReadonlyMap<string, readonly Reverser[]>): Iterable<SavedReversers> {
  for (const [original, rows] of reversers)
    yield [
      original,
      rows.map(({ row, amountMinor }) => [row, amountMinor === null ? null : String(amountMinor)]),
    ];
}

export class EffectiveRows {
  readonly ledger: RowLedger;
  readonly #store: FactStore;
  readonly #core: HotCore;
  /** Rows that reverse a row, by `institution NUL id` of the reversed one. */
  readonly #reversers = new Map<string, Reverser[]>();
  /** The identity that a row reverses, by the row's own identity. */
  readonly #originals = new Map<string, string>();
  /** Reversed identities that are not there yet. */
  readonly #orphans = new Orphans();

  constructor({ store, core, seed, horizonMs, rows }: EffectiveRowsOptions) {
    this.#store = store;
    this.#core = core;
    const { interner } = store.dictionary;
    this.ledger = new RowLedger({
      identities: {
        institutionOf: (row) => store.institutionOf(row),
        versionOf: (row) => store.versionOf(row),
        idEquals: (row, bytes, start, end) => store.idEquals(row, bytes, start, end),
        hashEquals: (row, words, at) => store.hashEquals(row, words, at),
        findInstitution: (name) => interner.findText(name),
      },
      effects: core,
      seed,
      horizonMs,
      rows,
    });
  }

  /** Bytes of the table of what was seen. */
  get bytes(): number {
    return this.ledger.bytes;
  }

  /**
   * Admits a block. `reversedBy` is asked for rows that reverse others, by their place in the block. Returns the index in
   * `ROW_OUTCOMES` of each row.
   */
  admit(batch: FactBatch, reversedBy: (place: number) => ReversedBy): Uint8Array {
    const outcomes = new Uint8Array(batch.rows);
    const first = this.#store.append(batch);
    const special = this.ledger.tell(batch, first, outcomes);
    this.#core.know(this.ledger.highestTime);
    this.#core.feed(first, batch);
    // What concerns other rows comes after these are in.
    for (const place of special)
      this.#settle(batch, place, first + place, outcomes[place] as number, reversedBy);
    for (const original of this.#orphans.among(batch, (place) => this.#identityOf(first + place)))
      if (this.#rowOf(original) >= first) this.#reverse(original);
    return outcomes;
  }

  /** Puts other facts in the place of those of rows that count: what their accounts and parties are is known better now. */
  renew(batch: FactBatch): void {
    const first = this.#store.append(batch);
    this.ledger.renew(batch, first);
    this.#core.feed(first, batch);
    if (this.#reversers.size === 0) return;
    for (let place = 0; place < batch.rows; place++) {
      const identity = this.#identityOf(first + place);
      if (this.#reversers.has(identity)) this.#reverse(identity);
    }
  }

  *save(out: CheckpointOut): Steps<void> {
    yield* this.ledger.save(out);
    yield* out.list('reversers', savedReversers(this.#reversers));
    yield* out.list('originals', this.#originals);
    yield* out.list('orphans', this.#orphans);
  }

  /** Fills an empty set over the store of the same checkpoint. */
  load(image: CheckpointIn): void {
    this.ledger.load(image);
    for (const [original, rows] of image.list('reversers') as Iterable<SavedReversers>)
      this.#reversers.set(
        original,
        rows.map(([row, amount]) => ({ row, amountMinor: amount === null ? null : BigInt(amount) })),
      );
    for (const [identity, original] of image.list('originals') as Iterable<[string, string]>)
      this.#originals.set(identity, original);
    for (const original of image.list('orphans') as Iterable<string>) this.#orphans.add(original);
  }

  /** Reversals that a row brings or takes away. */
  #settle(
    batch: FactBatch,
    place: number,
    row: number,
    outcome: number,
    reversedBy: (place: number) => ReversedBy,
  ): void {
    if (outcome === OUTCOME.DUPLICATE || outcome === OUTCOME.REJECT) return;
    const identity = this.#identityOf(row);
    if (this.#reversers.has(identity)) this.#reverse(identity);
    // Of the versions of a row that reverses only the highest one does, whenever the others come.
    if (this.#rowOf(identity) !== row) return;
    const before = this.#originals.get(identity);
    if (before !== undefined) {
      const left = (this.#reversers.get(before) ?? []).filter((by) => this.#identityOf(by.row) !== identity);
      if (left.length > 0) this.#reversers.set(before, left);
      else this.#reversers.delete(before);
      this.#originals.delete(identity);
      this.#reverse(before);
    }
    const flags = batch.flags[place] as number;
    const isReversal = (flags & FACT_FLAGS.reverses) !== 0 && (flags & FACT_FLAGS.withdraw) === 0;
    if (!isReversal || outcome === OUTCOME.LATE) return;
    const { institution, id, amountMinor } = reversedBy(place);
    const original = `${institution}\u0000${id}`;
    this.#reversers.set(original, [...(this.#reversers.get(original) ?? []), { row, amountMinor }]);
    this.#originals.set(identity, original);
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
    return this.ledger.highest(institution, id);
  }

  #identityOf(row: number): string {
    return `${this.#institutionOf(row)}\u0000${this.#store.rowId(row)}`;
  }

  #institutionOf(row: number): string {
    return this.#store.dictionary.text(this.#store.institutionOf(row));
  }
}
