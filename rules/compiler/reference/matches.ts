/**
 * The events that a feature, or a matching of money, reads: column by column, in total order.
 *
 * Whether an event matches mostly depends on the event alone. Then the columns are filled once, as the history is
 * walked, and a window is a range of them. Where it depends on the evaluation (a condition names a feature or a
 * threshold, a reversal has touched an event of the window) the columns of that window are filled anew.
 */
import type { DerivedValues, FeatureProgram, FieldRead, Int, Value } from '../checked-rule.ts';
import { type AsOf, FALSE, TRUE, UNKNOWN } from './as-of.ts';
import type { Movements } from './matching.ts';

/** Columns that grow with the history. */
interface Column {
  readonly positions: number[];
  /** Positions of the events that should count and cannot be read. */
  readonly missing: number[];
  /** Events before this position are taken in. */
  upTo: number;
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

  constructor(feature: FeatureProgram) {
    this.others = feature.of.slice(1).map(() => []);
  }
}

export class MovementColumns implements Column {
  readonly positions: number[] = [];
  readonly missing: number[] = [];
  upTo = 0;
  readonly timesMs: number[] = [];
  readonly amounts: Int[] = [];
  readonly isIn: boolean[] = [];
  readonly isOut: boolean[] = [];
}

/** Positions whose events may match, where what they match depends on the evaluation. */
export class Candidates {
  readonly #positions: number[] = [];
  #upTo = 0;

  /** Those from `start` up to before `end`; `mayMatch` is asked once per event. */
  between(start: number, end: number, mayMatch: (position: number) => boolean): readonly number[] {
    for (; this.#upTo < end; this.#upTo++) if (mayMatch(this.#upTo)) this.#positions.push(this.#upTo);
    return this.#positions.slice(
      firstAtOrAfter(this.#positions, start),
      firstAtOrAfter(this.#positions, end),
    );
  }
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

/** The part of the columns from position `start` up to before `end`, after taking in what is new. */
export function rangeOf<C extends Column>(columns: C, start: number, end: number, take: Taker<C>): Range<C> {
  for (; columns.upTo < end; columns.upTo++) take(columns, columns.upTo, false);
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

const NONE: readonly Value[] = [];
