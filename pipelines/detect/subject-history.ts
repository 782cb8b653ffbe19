/**
 * The history of one subject: its visible events in total order, kept in order as rows come and go.
 *
 * Of one transfer reported by two institutions one report is visible (SEMANTICS §1). The history remembers whether
 * everything since the last evaluation was an append at the end: only then may an evaluation go on from where it was.
 */
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { Reversal, RuleEvent } from '../../schemas/event-fields.ts';
import { compareRefs, compareUtf8 } from '../../schemas/order.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import { eventView, type Standpoint } from './event-view.ts';
import { lowerBound } from './order.ts';

/** What a history asks of the engine. */
export interface HistoryContext {
  /** `needs` that the feed of a row provides. */
  providedOf(tx: Transaction): ReadonlySet<string>;
  /** The institution was declared, before `time`, as submitting a feed. */
  isDeclared(institution: string, time: number): boolean;
  /** Reversals of a row in the effective set, in total order. */
  reversalsOf(tx: Transaction): readonly Reversal[];
}

interface Entry {
  readonly tx: Transaction;
  readonly side: Standpoint;
}

function sharedReference(tx: Transaction): string | undefined {
  return tx.refs?.endToEndId ?? tx.refs?.uetr;
}

const entryKey = (tx: Transaction): string => `${tx.institution}\u0000${tx.id}`;

export class SubjectHistory {
  readonly kind: SubjectKind;
  readonly key: string;
  readonly #entries = new Map<string, Entry>();
  readonly #byReference = new Map<string, Set<string>>();
  readonly #context: HistoryContext;
  #events: RuleEvent[] = [];
  /** Number of leading events that the last call of `settle` handed over and that are still so. */
  #settled = 0;
  #stale = false;

  constructor(kind: SubjectKind, key: string, context: HistoryContext) {
    this.kind = kind;
    this.key = key;
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** The events as the last call of `settle` handed them over. */
  get events(): readonly RuleEvent[] {
    return this.#events;
  }

  transactions(): Transaction[] {
    return [...this.#entries.values()].map((entry) => entry.tx);
  }

  /** Some event may lie at or after `timeMs`. */
  reaches(timeMs: number): boolean {
    const last = this.#events[this.#events.length - 1];
    return this.#stale || (last !== undefined && last.time >= timeMs);
  }

  add(tx: Transaction, side: Standpoint): void {
    const entry = { tx, side };
    this.#entries.set(entryKey(tx), entry);
    const reference = sharedReference(tx);
    if (reference !== undefined) {
      const group = this.#byReference.get(reference) ?? new Set();
      const others = [...group]
        .flatMap((key) => this.#entries.get(key) ?? [])
        .filter((other) => other !== entry);
      const shown = others.filter((other) => this.#isVisible(other));
      group.add(entryKey(tx));
      this.#byReference.set(reference, group);
      // The other bank's report of a transfer mostly stays invisible; only one that takes a visible place changes the list.
      if (shown.some((other) => !this.#isVisible(other))) this.#stale = true;
    }
    if (this.#stale || !this.#isVisible(entry)) return;
    const event = this.#eventOf(entry);
    const index = lowerBound(this.#events, event);
    if (index < this.#settled) {
      // Evaluators keep what they derived by the identity of the list: one that changed before its end is a new list.
      this.#events = this.#events.slice();
      this.#settled = 0;
    }
    this.#events.splice(index, 0, event);
  }

  remove(tx: Transaction): void {
    this.#entries.delete(entryKey(tx));
    const reference = sharedReference(tx);
    if (reference !== undefined) this.#byReference.get(reference)?.delete(entryKey(tx));
    this.#stale = true;
  }

  /** Something outside the row changed what it says: a reversal, a declared institution. */
  touch(): void {
    this.#stale = true;
  }

  /**
   * The events in total order, and whether all that the last call handed over are still its beginning: then an
   * evaluation may go on behind them, otherwise the list is another one.
   */
  settle(): { events: readonly RuleEvent[]; grown: boolean } {
    if (this.#stale) {
      this.#events = [...this.#entries.values()]
        .filter((entry) => this.#isVisible(entry))
        .map((entry) => this.#eventOf(entry));
      this.#events.sort(compareRefs);
      this.#settled = 0;
      this.#stale = false;
    }
    const grown = this.#settled > 0;
    this.#settled = this.#events.length;
    return { events: this.#events, grown };
  }

  #eventOf({ tx, side }: Entry): RuleEvent {
    const event = eventView({ tx, side, subjectKind: this.kind, provided: this.#context.providedOf(tx) });
    const reversals = this.#context.reversalsOf(tx);
    return reversals.length === 0 ? event : { ...event, reversals };
  }

  /** Of the reports of one transfer those of one institution are read: the account's own, else the smallest. */
  #isVisible(entry: Entry): boolean {
    const { tx, side } = entry;
    const readsAccount = this.kind === 'account' || this.kind === 'holder';
    const bank = readsAccount ? tx.stamp[side].bank : undefined;
    const reporter = this.#reporterOf(tx, bank);
    if (reporter !== tx.institution) return false;
    if (bank === undefined || bank === tx.institution) return true;
    return !this.#context.isDeclared(bank, tx.stamp.eventTime);
  }

  #reporterOf(tx: Transaction, bank: string | undefined): string {
    const reference = sharedReference(tx);
    const group = reference === undefined ? undefined : this.#byReference.get(reference);
    if (group === undefined || group.size < 2) return tx.institution;
    const reporters = [...group].map((key) => key.slice(0, key.indexOf('\u0000')));
    if (bank !== undefined && reporters.includes(bank)) return bank;
    return reporters.reduce((least, reporter) => (compareUtf8(reporter, least) < 0 ? reporter : least));
  }
}
