/**
 * A subject's history with what every rule asks of it: bounds by time, field values read once, earlier events of a
 * counterparty, and what reversals have left of an event.
 */

import type { Reversal, RuleEvent } from '../../../schemas/event-fields.ts';
import { LIMITS } from '../../../schemas/identity.ts';
import { compareRefs } from '../../../schemas/order.ts';
import type { FieldName, Value } from '../checked-rule.ts';
import { known } from '../field.ts';
import { FIELD_OF_SLOT, slotOf } from '../field-slots.ts';

/** What reversals have left of an event's amount: `rest` of `amount`. */
export interface Rest {
  readonly amount: bigint;
  readonly rest: bigint;
}

const NOTHING_LEFT: Rest = { amount: 1n, rest: 0n };

/** Visible events of one counterparty, in order; `placeOf` finds an event in it. */
interface PairIndex {
  readonly eventsOf: Map<Value, number[]>;
  readonly placeOf: number[];
  length: number;
}

const indexes = new WeakMap<readonly RuleEvent[], HistoryIndex>();

/**
 * The index of an array of events in total order. The array may grow at its end; any other change asks for a new array.
 */
export function indexOf(events: readonly RuleEvent[]): HistoryIndex {
  let index = indexes.get(events);
  if (index === undefined) {
    index = new HistoryIndex(events);
    indexes.set(events, index);
  }
  index.sync();
  return index;
}

export class HistoryIndex {
  readonly events: readonly RuleEvent[];
  /** Events with reversals, ascending. */
  readonly reversed: number[] = [];
  /** What reverses them, in total order. */
  readonly #reversals: Reversal[] = [];
  #length = 0;
  /** By number of the field. */
  readonly #columns: Value[][] = FIELD_OF_SLOT.map(() => []);
  readonly #pairs: (PairIndex | undefined)[] = [undefined, undefined];

  constructor(events: readonly RuleEvent[]) {
    this.events = events;
  }

  /** Takes in what was appended since. */
  sync(): void {
    const { events } = this;
    const known = this.#reversals.length;
    for (; this.#length < events.length; this.#length++) {
      const event = events[this.#length]!;
      if (!isReversed(event)) continue;
      this.reversed.push(this.#length);
      this.#reversals.push(...event.reversals!);
    }
    if (this.#reversals.length > known) this.#reversals.sort(compareRefs);
  }

  /** How many reversals have come as of event `asOf`, or of a tick after it: between two of them nothing is taken from any event. */
  reversalsUpTo(asOf: number, tickMs: number | null = null): number {
    if (this.#reversals.length === 0) return 0;
    const until = this.events[asOf]!;
    let low = 0;
    let high = this.#reversals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isLater(this.#reversals[middle]!, until, tickMs)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** First position before `end` whose time is greater than `timeMs`; `end` if there is none. */
  firstAfter(timeMs: number, end: number): number {
    let low = 0;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle]!.time > timeMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Value of a field as the feed gave it. */
  value(name: FieldName, position: number): Value {
    return this.valueAt(slotOf(name), position);
  }

  /** As `value`, by the number of the field; read from the event once. */
  valueAt(slot: number, position: number): Value {
    const column = this.#columns[slot]!;
    // Positions may be skipped: padded, so that the array stays packed.
    while (column.length <= position) column.push(UNREAD);
    const held = column[position]!;
    if (held !== UNREAD) return held;
    const event = this.events[position]!;
    const name = FIELD_OF_SLOT[slot]!;
    const value =
      name === 'time' ? event.time : name === 'institution' ? event.institution : known(event.fields[name]);
    column[position] = value;
    return value;
  }

  /** What is left of event `position` as of event `asOf`, or of a tick after it; null when no reversal has touched it by then. */
  restAsOf(position: number, asOf: number, tickMs: number | null = null): Rest | null {
    const event = this.events[position]!;
    if (!isReversed(event)) return null;
    const until = this.events[asOf]!;
    let taken = 0n;
    let touched = false;
    for (const reversal of event.reversals ?? []) {
      if (isLater(reversal, until, tickMs) || !hasEffect(reversal, event)) continue;
      touched = true;
      taken += reversal.amountMinor;
    }
    if (!touched) return null;
    const amount = event.fields.amount;
    if (typeof amount !== 'number' && typeof amount !== 'bigint') return NOTHING_LEFT;
    const whole = BigInt(amount);
    return whole > taken ? { amount: whole, rest: whole - taken } : NOTHING_LEFT;
  }

  /**
   * Events of the same counterparty up to and including `position`, among those the rule sees; null when the
   * counterparty is unknown. The second value is the place of `position` in the list.
   */
  pairEvents(position: number, everyStatus: boolean): readonly [readonly number[], number] | null {
    const pairs = this.#pairIndex(everyStatus);
    const place = pairs.placeOf[position] ?? -1;
    if (place < 0) return null;
    return [pairs.eventsOf.get(this.value('counterparty', position))!, place];
  }

  isCompleted(position: number): boolean {
    return this.valueAt(STATUS, position) === 'completed';
  }

  #pairIndex(everyStatus: boolean): PairIndex {
    const slot = everyStatus ? 1 : 0;
    const pairs: PairIndex = this.#pairs[slot] ?? { eventsOf: new Map(), placeOf: [], length: 0 };
    this.#pairs[slot] = pairs;
    for (; pairs.length < this.events.length; pairs.length++) {
      const position = pairs.length;
      const counterparty = this.value('counterparty', position);
      if (counterparty === null || !(everyStatus || this.isCompleted(position))) {
        pairs.placeOf.push(-1);
        continue;
      }
      const list = pairs.eventsOf.get(counterparty);
      pairs.placeOf.push(list?.length ?? 0);
      if (list === undefined) pairs.eventsOf.set(counterparty, [position]);
      else list.push(position);
    }
    return pairs;
  }
}

const STATUS = slotOf('status');

/** Marks a value that was not read yet; no feed can give this very array. */
const UNREAD: readonly string[] = [];

/** The reversal has not come as of the event, or of the tick: a tick comes before what happens at its time. */
function isLater(reversal: Reversal, until: RuleEvent, tickMs: number | null): boolean {
  return tickMs === null ? compareRefs(reversal, until) > 0 : reversal.time >= tickMs;
}

function isReversed(event: RuleEvent): boolean {
  return event.reversals?.some((reversal) => hasEffect(reversal, event)) === true;
}

/** A reversal that has waited too long for its original has none. */
function hasEffect(reversal: Reversal, original: RuleEvent): boolean {
  return original.time <= reversal.time + LIMITS.ORPHAN_REVERSAL_MS;
}

/** First position that the history cap leaves readable as of event `asOf` (SEMANTICS §2). */
export function cutAsOf(asOf: number): number {
  return Math.max(0, asOf + 1 - LIMITS.HISTORY_EVENTS);
}
