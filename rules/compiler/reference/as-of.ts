/**
 * The state of one evaluation: which event it is as of, what its conditions say about each event, and the scope that
 * closures read.
 *
 * A condition that depends on the event alone is asked once per event and kept in a column of bytes; one that reads
 * features, an event that a reversal touches, and pair fields while earlier events may vanish are asked anew.
 */
import { PRECISIONS } from '../../../schemas/enumerations.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import {
  type CheckedRule,
  type Closure,
  type DerivedValues,
  type FieldRead,
  isDerived,
  type Predicate,
  type Scope,
  type Value,
} from '../checked-rule.ts';
import { makesGroup } from '../peer-group.ts';
import type { EvaluationContext, PeerValue } from './evaluation.ts';
import { cutAsOf, type HistoryIndex, type Rest } from './history-index.ts';

/** Answer of a condition about an event. */
export const FALSE = 0;
export const TRUE = 1;
export const UNKNOWN = 2;
export type Truth = typeof FALSE | typeof TRUE | typeof UNKNOWN;

/** Columns hold a truth plus this; 0 is "not asked yet". */
const ASKED = 1;
const COLUMN_LENGTH_MIN = 16;

/** Computes a feature as of the current event; the scope calls it when an expression names the feature. */
export type FeatureReader = (position: number) => Value;

export class AsOf implements Scope {
  rest: Rest | null = null;
  derived: DerivedValues | null = null;
  /** A value was read, or would have been, beyond the history cap. */
  truncated = false;

  readonly rule: CheckedRule;
  readonly context: EvaluationContext;
  history!: HistoryIndex;
  /** Event of the evaluation. */
  at = -1;
  /** Time of the evaluation: of that event, or of a tick after it. */
  nowMs = Number.NEGATIVE_INFINITY;
  /** The tick; null as of an event. */
  tickMs: number | null = null;
  /** First position that the history cap leaves. */
  cut = 0;

  readonly #readFeature: FeatureReader;
  readonly #columns: Uint8Array<ArrayBuffer>[];
  readonly #needsCheck: boolean;
  /** Whether an event lacks what the rule needs. */
  #lacking = new Uint8Array(0);
  /** Values of thresholds that were asked for since the last move. */
  readonly #thresholds: Value[] = [];
  readonly #peers: (PeerValue | null)[] = [];
  #position = -1;
  /** While an event is asked whether it triggers, features are unknown. */
  #featuresUnknown = false;

  constructor(rule: CheckedRule, context: EvaluationContext, readFeature: FeatureReader) {
    this.rule = rule;
    this.context = context;
    this.#readFeature = readFeature;
    this.#columns = rule.program.predicates.map(() => new Uint8Array(0));
    this.#needsCheck = rule.file.needs.precision !== undefined || rule.file.needs.coverage !== undefined;
  }

  /** Every following question is as of event `at`, or of a tick after it. */
  moveTo(at: number, tickMs: number | null = null): void {
    this.at = at;
    this.tickMs = tickMs;
    this.nowMs = tickMs ?? this.history.events[at]!.time;
    this.cut = cutAsOf(at);
    this.truncated = false;
    if (this.#thresholds.length > 0) this.#thresholds.length = 0;
    if (this.#peers.length > 0) this.#peers.length = 0;
  }

  /** Whether the current event makes the rule be evaluated (SEMANTICS §9). */
  triggers(): boolean {
    for (const position of this.rule.program.triggers) {
      if (this.#truthOfTrigger(position) !== FALSE) return true;
    }
    return false;
  }

  /** What condition `predicate` says about event `position`, or about its sub-event, as of the current event. */
  truth(predicate: number, position: number, derived: DerivedValues | null = null): Truth {
    const program = this.rule.program.predicates[predicate]!;
    if (this.#isReversed(position)) return this.#ask(program, position, derived);
    if (!this.dependsOnEventAlone(program)) {
      if (program.parts === null) return this.#ask(program, position, derived);
      const fixed = this.#keptTruth(predicate, program.parts.fixed, position);
      if (fixed === FALSE) return FALSE;
      this.#enter(position, derived);
      if (fixed === TRUE) return this.#qualified(program.parts.rest(this), position);
      return this.#qualified(program.run(this), position);
    }
    let column = this.#columns[predicate]!;
    if (position >= column.length) column = this.#grow(predicate, position);
    const held = column[position]!;
    if (held !== 0) return (held - ASKED) as Truth;
    const truth = this.#ask(program, position, derived);
    column[position] = truth + ASKED;
    return truth;
  }

  /** What the part of a condition that depends on the event alone says of a visible event, asked once. */
  #keptTruth(predicate: number, fixed: Closure, position: number): Truth {
    let column = this.#columns[predicate]!;
    if (position >= column.length) column = this.#grow(predicate, position);
    const held = column[position]!;
    if (held !== 0) return (held - ASKED) as Truth;
    let truth: Truth = FALSE;
    if (this.isVisible(position)) {
      this.#enter(position, null);
      const value = fixed(this);
      truth = value === false ? FALSE : value === null ? UNKNOWN : TRUE;
    }
    column[position] = truth + ASKED;
    return truth;
  }

  /** Whether one of the conditions may be anything but false on an event that no reversal has touched. */
  mayMatch(predicates: readonly number[], position: number): boolean {
    if (!this.isVisible(position)) return false;
    this.#enter(position, null);
    return predicates.some((predicate) => {
      const { gate } = this.rule.program.predicates[predicate]!;
      return gate === null || gate(this) !== false;
    });
  }

  /** Whether the condition says the same about an event at every evaluation, as long as no reversal touches it. */
  dependsOnEventAlone({ readsFeatures, readsDerived, readsThresholds, readsPair }: Predicate): boolean {
    return !(readsFeatures || readsDerived || readsThresholds) && (!readsPair || this.pairsAreFixed());
  }

  /** Pair fields of an event change between evaluations when earlier events may vanish. */
  pairsAreFixed(): boolean {
    return this.history.reversed.length === 0 && this.history.events.length <= LIMITS.HISTORY_EVENTS;
  }

  /** Value of a field of event `position`; of its sub-event where the field is a derived one. */
  read(field: FieldRead, position: number, values: DerivedValues | null): Value {
    const { name, slot } = field;
    if (slot >= 0 && !this.#isReversed(position)) return this.history.valueAt(slot, position);
    if (isDerived(name)) return values?.[name] ?? null;
    this.#enter(position, values);
    return field.run(this);
  }

  feature(position: number): Value {
    if (this.#featuresUnknown) return null;
    const { rest, derived } = this;
    const held = this.#position;
    const value = this.#readFeature(position);
    // Computing the feature has walked over other events.
    this.rest = rest;
    this.derived = derived;
    this.#position = held;
    return value;
  }

  /** Of the event that closures read; `enter` says which. */
  value(slot: number): Value {
    return this.history.valueAt(slot, this.#position);
  }

  get #timeMs(): number {
    return this.history.events[this.#position]!.time;
  }

  peer(position: number): Value {
    return thresholdValue(this.peerValue(position)?.value ?? null);
  }

  /** What a quantile of peers is as of the current event, by its position in the program. */
  peerValue(position: number): PeerValue | null {
    let found = this.#peers[position];
    if (found === undefined) {
      const { table, quantileMilli } = this.rule.program.peers[position]!;
      const group = this.peerGroup(position);
      found =
        group === null ? null : (this.context.peerAt?.(table, quantileMilli, group, this.nowMs) ?? null);
      this.#peers[position] = found;
    }
    return found;
  }

  /** The group of the current event; null where a value of it is not known. */
  peerGroup(position: number): string[] | null {
    const group: string[] = [];
    for (const field of this.rule.program.peers[position]!.by) {
      const value = this.history.value(field, this.at);
      if (!makesGroup(value)) return null;
      group.push(value);
    }
    return group;
  }

  threshold(position: number): Value {
    let value = this.#thresholds[position];
    if (value === undefined) {
      const id = this.rule.program.thresholds[position]!;
      value = thresholdValue(this.context.thresholdAt(id, this.nowMs));
      this.#thresholds[position] = value;
    }
    return value;
  }

  pairAgeMs(): Value {
    const pair = this.#pair();
    return pair === null ? null : this.#timeMs - this.history.events[pair.first]!.time;
  }

  pairOrdinal(): Value {
    return this.#pair()?.count ?? null;
  }

  #enter(position: number, derived: DerivedValues | null): void {
    this.#position = position;
    this.rest = this.#isReversed(position) ? this.history.restAsOf(position, this.at, this.tickMs) : null;
    this.derived = derived;
  }

  #isReversed(position: number): boolean {
    return this.history.reversed.length > 0 && this.history.events[position]!.reversals !== undefined;
  }

  #truthOfTrigger(predicate: number): Truth {
    const program = this.rule.program.predicates[predicate]!;
    if (!program.readsFeatures) return this.truth(predicate, this.at);
    this.#featuresUnknown = true;
    const truth = this.#ask(program, this.at, null);
    this.#featuresUnknown = false;
    return truth;
  }

  #ask(predicate: Predicate, position: number, derived: DerivedValues | null): Truth {
    if (!this.isVisible(position)) return FALSE;
    this.#enter(position, derived);
    if (this.rest !== null && this.rest.rest === 0n) return FALSE;
    return this.#qualified(predicate.run(this), position);
  }

  /** A true condition on an event that does not show what the rule needs is unknown (SEMANTICS §4). */
  #qualified(value: Value, position: number): Truth {
    if (value === false) return FALSE;
    if (value === null) return UNKNOWN;
    return this.#needsCheck && this.#lacksSomething(position) ? UNKNOWN : TRUE;
  }

  /** Asked once an event. */
  #lacksSomething(position: number): boolean {
    const held = this.#lacking[position];
    if (held !== undefined && held !== 0) return held - ASKED === TRUE;
    const lacks = this.lacks(position) !== null;
    if (position >= this.#lacking.length) this.#lacking = this.#grown(this.#lacking, position);
    this.#lacking[position] = ASKED + (lacks ? TRUE : FALSE);
    return lacks;
  }

  isVisible(position: number): boolean {
    return this.rule.input === 'signals' || this.rule.readsStatus || this.history.isCompleted(position);
  }

  /** What the rule needs and the event does not have. */
  lacks(position: number): 'precision' | 'coverage' | null {
    const { precision, coverage } = this.rule.file.needs;
    if (precision !== undefined) {
      const has = (PRECISIONS as readonly Value[]).indexOf(this.history.value('precision', position));
      if (has < 0 || has > PRECISIONS.indexOf(precision)) return 'precision';
    }
    if (coverage !== undefined) {
      const has = this.history.value('coverage', position);
      if (!(coverage as readonly Value[]).includes(has)) return 'coverage';
    }
    return null;
  }

  #pair(): { readonly first: number; readonly count: number } | null {
    const position = this.#position;
    const found = this.history.pairEvents(position, this.rule.readsStatus);
    if (found === null) return null;
    const [events, place] = found;
    const after = this.#timeMs - this.rule.lookbackMs;
    let low = 0;
    let high = place;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.history.events[events[middle]!]!.time > after) high = middle;
      else low = middle + 1;
    }
    if (events[low]! < this.cut) this.truncated = true;
    while (low < place && (events[low]! < this.cut || this.#isAbsent(events[low]!))) low++;
    if (this.history.reversed.length === 0) return { first: events[low]!, count: place - low + 1 };
    let count = 0;
    for (let i = low; i <= place; i++) if (!this.#isAbsent(events[i]!)) count++;
    return { first: events[low]!, count };
  }

  #isAbsent(position: number): boolean {
    return this.#isReversed(position) && this.history.restAsOf(position, this.at, this.tickMs)?.rest === 0n;
  }

  #grow(predicate: number, position: number): Uint8Array<ArrayBuffer> {
    const column = this.#grown(this.#columns[predicate]!, position);
    this.#columns[predicate] = column;
    return column;
  }

  #grown(old: Uint8Array<ArrayBuffer>, position: number): Uint8Array<ArrayBuffer> {
    const length = Math.max(COLUMN_LENGTH_MIN, this.history.events.length, 2 * old.length, position + 1);
    const column = new Uint8Array(length);
    column.set(old);
    return column;
  }
}

function thresholdValue(value: bigint | number | null): Value {
  return typeof value === 'bigint' && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
