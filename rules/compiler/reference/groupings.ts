/**
 * Nights, stays, circuits and pay periods: events of one window put together to sub-events (SEMANTICS §6).
 *
 * Each function is given the columns of one window in total order, and gives sub-events in the order of their last events.
 */
import type { DerivedValues, Int, Value } from '../checked-rule.ts';
import { add, bounded, floorDivide, multiply } from '../integer.ts';
import type { Movements } from './matching.ts';

const MILLI = 1_000;

/** Events that belong together. */
export interface Grouping extends DerivedValues {
  /** Of the last of them. */
  readonly position: number;
  /** Of all of them, ascending. */
  readonly lots: readonly number[];
}

/** Events of a window that a kind groups: by `keys`, which are known; `from` and `to` cut out one window. */
export interface Members {
  readonly positions: readonly number[];
  readonly timesMs: readonly number[];
  /** What `total` adds up; null where it adds nothing up. */
  readonly amounts: readonly Int[] | null;
  readonly keys: readonly Value[];
  readonly from: number;
  readonly to: number;
}

/** A field of the event at a position; null is unknown. */
type ReadField = (position: number) => Value;

/** One per different key. */
export function nights(members: Members, stopOf: ReadField | null): Grouping[] {
  const placesOf = new Map<Value, number[]>();
  for (let i = members.from; i < members.to; i++) {
    const night = placesOf.get(members.keys[i]!);
    if (night === undefined) placesOf.set(members.keys[i]!, [i]);
    else night.push(i);
  }
  return [...placesOf.values()]
    .sort((a, b) => a[a.length - 1]! - b[b.length - 1]!)
    .map((places) => {
      const group = groupingOf(members, places);
      return { ...group, stops: stopOf === null ? null : differentOf(group.lots, stopOf) };
    });
}

/** Runs of one key whose neighbours are at most `gapMs` apart. */
export function stays(members: Members, gapMs: number, dayOf: ReadField): Grouping[] {
  const { keys, timesMs, from, to } = members;
  const found: Grouping[] = [];
  let first = from;
  for (let i = from; i < to; i++) {
    const goesOn = i + 1 < to && keys[i + 1] === keys[i] && timesMs[i + 1]! - timesMs[i]! <= gapMs;
    if (goesOn) continue;
    const stay = groupingOf(members, placesBetween(first, i));
    found.push({ ...stay, days: differentOf(stay.lots, dayOf) });
    first = i + 1;
  }
  return found;
}

/** From a key over at least `stopsMin` others back to it, no longer than `withinMs`. */
export function circuits(members: Members, withinMs: number, stopsMin: number): Grouping[] {
  const { keys, timesMs, from, to } = members;
  const found: Grouping[] = [];
  const lastOf = new Map<Value, number>();
  let free = from;
  for (let i = from; i < to; i++) {
    const begins = lastOf.get(keys[i]!);
    lastOf.set(keys[i]!, i);
    if (begins === undefined || begins < free || timesMs[i]! - timesMs[begins]! > withinMs) continue;
    const stops = new Set(keys.slice(begins + 1, i)).size;
    if (stops < stopsMin) continue;
    found.push({ ...groupingOf(members, placesBetween(begins, i)), stops });
    free = i;
  }
  return found;
}

/** Pay days with what went out after each, as of `nowMs`: those that are over. */
export function payPeriods(
  movements: Movements,
  longestMs: number,
  nowMs: number,
  dayOf: ReadField,
): Grouping[] {
  const { positions, timesMs, amounts, isIn, isOut, from, to } = movements;
  const periods: PayPeriod[] = [];
  let lastDay: Value = null;
  for (let i = from; i < to; i++) {
    let period = periods[periods.length - 1];
    if (isIn[i]) {
      const day = dayOf(positions[i]!);
      if (period === undefined || day === null || day !== lastDay) {
        period = { places: [], untilMs: timesMs[i]! + longestMs, paid: 0, total: 0 };
        periods.push(period);
      }
      lastDay = day;
      period.paid = add(period.paid, amounts[i]!);
      period.places.push(i);
    }
    if (!isOut[i] || period === undefined || timesMs[i]! >= period.untilMs) continue;
    period.total = add(period.total, amounts[i]!);
    if (!isIn[i]) period.places.push(i);
  }
  return periods
    .filter(({ untilMs }, i) => i + 1 < periods.length || nowMs >= untilMs)
    .map(({ places, paid, total }) => ({
      ...groupingOf({ ...movements, amounts: null }, places),
      paid: bounded(paid),
      total: bounded(total),
      shareMilli: paid > 0 ? bounded(floorDivide(multiply(MILLI, total), paid)) : null,
    }));
}

interface PayPeriod {
  readonly places: number[];
  /** It is over from this time on. */
  readonly untilMs: number;
  paid: Int;
  total: Int;
}

/** What every kind says of the events at these places of the columns. */
function groupingOf({ positions, timesMs, amounts }: Omit<Members, 'keys'>, places: readonly number[]) {
  const first = places[0]!;
  const last = places[places.length - 1]!;
  let total: Int = 0;
  if (amounts !== null) for (const place of places) total = add(total, amounts[place]!);
  return {
    position: positions[last]!,
    lots: places.map((place) => positions[place]!),
    events: places.length,
    total: amounts === null ? null : bounded(total),
    spanMs: timesMs[last]! - timesMs[first]!,
  };
}

function placesBetween(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Number of different known values. */
function differentOf(positions: readonly number[], read: ReadField): number {
  const values = new Set(positions.map(read));
  values.delete(null);
  return values.size;
}
