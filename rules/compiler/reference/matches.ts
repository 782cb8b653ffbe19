/**
 * The events that a feature, or a matching of money, reads: column by column, in total order.
 *
 * Whether an event matches mostly depends on the event alone. Then the columns are filled once, as the history is
 * walked, and a window is a range of them. Where it depends on the evaluation (a condition names a feature or a
 * threshold, a reversal has touched an event of the window) the columns of that window are filled anew.
 */
import type {
  DerivedValues,
  DeriveProgram,
  FeatureProgram,
  FieldRead,
  GroupingProgram,
  Int,
  Value,
} from '../checked-rule.ts';
import { type AsOf, FALSE, TRUE, UNKNOWN } from './as-of.ts';
import type { Members } from './groupings.ts';
import type { HistoryIndex } from './history-index.ts';
import type { Movements } from './matching.ts';
import { RankTail, type WorstRanks } from './worst-ranks.ts';

/** Columns that grow with the history. */
export interface Column {
  readonly positions: number[];
  /** Positions of the events that should count and cannot be read. */
  readonly missing: number[];
  /** Events before this position are taken in. */
  upTo: number;
  /** Forgets the first `count` events. */
  drop(count: number): void;
}

/** Takes one event into its columns, or leaves it out. `dayless`: a calendar window cannot place it. */
export type Taker<C> = (column: C, position: number, dayless: boolean) => void;

export class Matches implements Column {
  readonly positions: number[] = [];
  readonly missing: number[] = [];
  upTo = 0;
  /** Values of the first field of `of`. */
  readonly values: Value[] = [];
  /** Values of the further fields of a `distinct` over several. */
  readonly others: Value[][];
  readonly keys: Value[] = [];
  readonly parts: boolean[] = [];
  readonly #ranks = new RankTail();
  /** How many of the events are in the ranks. */
  #ranked = 0;

  constructor(feature: FeatureProgram) {
    this.others = feature.of.slice(1).map(() => []);
  }

  drop(count: number): void {
    for (const column of [this.positions, this.values, this.keys, this.parts, ...this.others]) {
      column.splice(0, count);
    }
    this.#ranked = Math.max(0, this.#ranked - count);
  }

  /** The worst of the events from the one at `from` up to before the one at `to` goes to `worst`. */
  addWorst(history: HistoryIndex, from: number, to: number, worst: WorstRanks): void {
    if (from === to) return;
    if (to < this.positions.length) {
      for (let i = from; i < to; i++) worst.add(history, this.positions[i]!);
      return;
    }
    for (; this.#ranked < to; this.#ranked++) this.#ranks.add(history, this.positions[this.#ranked]!);
    worst.addRanks(this.#ranks.since(this.positions[from]!));
  }
}

/** Events that bring money or take it out, or that are grouped. */
export class MovementColumns implements Column {
  readonly positions: number[] = [];
  readonly missing: number[] = [];
  upTo = 0;
  readonly timesMs: number[] = [];
  readonly amounts: Int[] = [];
  readonly isIn: boolean[] = [];
  readonly isOut: boolean[] = [];
  /** Of events that are grouped: by what. */
  readonly keys: Value[] = [];

  drop(count: number): void {
    const { positions, timesMs, amounts, isIn, isOut, keys } = this;
    for (const column of [positions, timesMs, amounts, isIn, isOut, keys]) {
      column.splice(0, count);
    }
  }
}

/** Positions whose events may match, where what they match depends on the evaluation. */
export class Candidates {
  #positions: number[] = [];
  #first = 0;
  #upTo = 0;

  /** Those from `start` up to before `end`; `mayMatch` is asked once per event while windows move on. */
  between(start: number, end: number, mayMatch: (position: number) => boolean): readonly number[] {
    if (start < this.#first || start > this.#upTo) {
      this.#positions = [];
      this.#first = start;
      this.#upTo = start;
    }
    for (; this.#upTo < end; this.#upTo++) if (mayMatch(this.#upTo)) this.#positions.push(this.#upTo);
    const from = firstAtOrAfter(this.#positions, start);
    const found = this.#positions.slice(from, firstAtOrAfter(this.#positions, end));
    if (isWorthDropping(from, this.#positions.length)) {
      this.#positions.splice(0, from);
      this.#first = start;
    }
    return found;
  }
}

/** Events that a window has left behind are dropped when they are most of those at hand. */
const DROPPED_MIN = 8;

function isWorthDropping(count: number, length: number): boolean {
  return count >= DROPPED_MIN && 2 * count >= length;
}

/** One window of columns. */
export interface Range<C> {
  readonly columns: C;
  readonly from: number;
  readonly to: number;
  readonly missing: number;
}

/** All of the columns. */
export function wholeRange<C extends Column>(columns: C): Range<C> {
  return { columns, from: 0, to: columns.positions.length, missing: columns.missing.length };
}

/**
 * The part of the columns from position `start` up to before `end`, after taking in what is new. What lies before `start` may be
 * dropped: windows move on.
 */
export function rangeOf<C extends Column>(columns: C, start: number, end: number, take: Taker<C>): Range<C> {
  for (; columns.upTo < end; columns.upTo++) take(columns, columns.upTo, false);
  const { positions, missing } = columns;
  const past = firstAtOrAfter(positions, start);
  if (isWorthDropping(past, positions.length)) columns.drop(past);
  const lost = firstAtOrAfter(missing, start);
  if (isWorthDropping(lost, missing.length)) missing.splice(0, lost);
  return {
    columns,
    from: firstAtOrAfter(columns.positions, start),
    to: firstAtOrAfter(columns.positions, end),
    missing: firstAtOrAfter(columns.missing, end) - firstAtOrAfter(columns.missing, start),
  };
}

/** Index of the first of the ascending positions that is not before `position`. */
export function firstAtOrAfter(positions: readonly number[], position: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions[middle]! >= position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Takes an event into the matches of a feature over events. */
export function takeEvent(asOf: AsOf, feature: FeatureProgram): Taker<Matches> {
  const where = feature.where!;
  return (matches, position, dayless) => {
    const truth = asOf.truth(where, position);
    if (truth === FALSE) return;
    if (truth === UNKNOWN || dayless) matches.missing.push(position);
    else takeMatch(asOf, feature, matches, position, null);
  };
}

/** Takes an event, or its sub-event, whose `where` is true; it is missing if `of`, `by` or `part` is unknown. */
export function takeMatch(
  asOf: AsOf,
  feature: FeatureProgram,
  matches: Matches,
  position: number,
  derived: DerivedValues | null,
): boolean {
  const { of, by, part } = feature;
  const isPart = part === null ? FALSE : asOf.truth(part, position, derived);
  const first = of.length === 0 ? null : asOf.read(of[0]!, position, derived);
  const key = by === null ? null : asOf.read(by, position, derived);
  const others = of.length > 1 ? of.slice(1).map((field) => asOf.read(field, position, derived)) : NONE;
  const isKnown =
    isPart !== UNKNOWN &&
    (of.length === 0 || first !== null) &&
    (by === null || key !== null) &&
    !others.includes(null) &&
    // A mode has a width relative to its centre: what is not positive has none.
    !(feature.definition.agg === 'top_share' && (first as Int) <= 0);
  if (!isKnown) {
    matches.missing.push(position);
    return false;
  }
  matches.positions.push(position);
  if (of.length > 0) matches.values.push(first);
  for (let i = 0; i < others.length; i++) matches.others[i]!.push(others[i]!);
  if (by !== null) matches.keys.push(key);
  if (part !== null) matches.parts.push(isPart === TRUE);
  return true;
}

/** Takes an event that brings money in or takes it out. */
export function takeMovement(asOf: AsOf, into: number, out: number, of: FieldRead): Taker<MovementColumns> {
  return (columns, position, dayless) => {
    const isIn = asOf.truth(into, position);
    const isOut = asOf.truth(out, position);
    if (isIn === FALSE && isOut === FALSE) return;
    const amount = asOf.read(of, position, null);
    if (isIn === UNKNOWN || isOut === UNKNOWN || amount === null || dayless) {
      columns.missing.push(position);
      return;
    }
    columns.positions.push(position);
    columns.timesMs.push(asOf.history.events[position]!.time);
    columns.amounts.push(amount as Int);
    columns.isIn.push(isIn === TRUE);
    columns.isOut.push(isOut === TRUE);
  };
}

export function movementsOf({ columns, from, to }: Range<MovementColumns>): Movements {
  const { positions, timesMs, amounts, isIn, isOut } = columns;
  return { positions, timesMs, amounts, isIn, isOut, from, to };
}

/** Takes an event that a derived kind is made of. */
export function takePart(asOf: AsOf, derive: DeriveProgram): Taker<MovementColumns> {
  return 'where' in derive ? takeMember(asOf, derive) : takeMovement(asOf, derive.in, derive.out, derive.of);
}

function takeMember(asOf: AsOf, { where, of, key, isNight }: GroupingProgram): Taker<MovementColumns> {
  return (columns, position, dayless) => {
    const truth = asOf.truth(where, position);
    if (truth === FALSE) return;
    const value = asOf.read(key, position, null);
    // By day an event lies in no night.
    if (value === null && isNight !== null && asOf.read(isNight, position, null) === false) return;
    const amount = of === null ? 0 : asOf.read(of, position, null);
    if (truth === UNKNOWN || value === null || amount === null || dayless) {
      columns.missing.push(position);
      return;
    }
    columns.positions.push(position);
    columns.timesMs.push(asOf.history.events[position]!.time);
    columns.amounts.push(amount as Int);
    columns.keys.push(value);
  };
}

export function membersOf({ columns, from, to }: Range<MovementColumns>, addsUp: boolean): Members {
  const { positions, timesMs, amounts, keys } = columns;
  return { positions, timesMs, amounts: addsUp ? amounts : null, keys, from, to };
}

const NONE: readonly Value[] = [];
