/**
 * The aggregates of SEMANTICS §5 over the values of the matching events, in total order. Null is unknown. Ints are
 * exact; every double is one correctly rounded function of exact ints.
 */
import { compareUtf8 } from '../../../schemas/order.ts';
import type { Int, Value } from '../checked-rule.ts';
import { add, bounded, compareInts, multiply, ratio, subtract } from '../integer.ts';

/** Exact sum, not bounded. */
export function total(values: readonly Int[]): Int {
  let sum: Int = 0;
  for (const value of values) sum = add(sum, value);
  return sum;
}

export function sum(values: readonly Int[]): Int | null {
  return bounded(total(values));
}

export function minimum(values: readonly Int[]): Int | null {
  let least: Int | null = null;
  for (const value of values) if (least === null || value < least) least = value;
  return least;
}

export function maximum(values: readonly Int[]): Int | null {
  let most: Int | null = null;
  for (const value of values) if (most === null || value > most) most = value;
  return most;
}

export function mean(values: readonly Int[]): number | null {
  return ratio(total(values), values.length);
}

/** Population standard deviation: sqrt((n Σv² - (Σv)²) / n²), rounded once in the quotient and once in the root. */
export function standardDeviation(values: readonly Int[]): number | null {
  const count = values.length;
  if (count === 0) return null;
  const sumOfValues = total(values);
  const squares = total(values.map((value) => multiply(value, value)));
  const spread = subtract(multiply(count, squares), multiply(sumOfValues, sumOfValues));
  const variance = ratio(spread, multiply(count, count));
  return variance === null ? null : Math.sqrt(variance);
}

/** Gaps that make a spacing. */
const GAPS_MIN = 2;

/** Population standard deviation of the gaps between neighbours over their mean; null with fewer than two, or a mean not above 0. */
export function intervalVariation(values: readonly Int[]): number | null {
  const gaps = values.slice(1).map((value, i) => subtract(value, values[i]!));
  const span = total(gaps);
  if (gaps.length < GAPS_MIN || span <= 0) return null;
  const squares = total(gaps.map((gap) => multiply(gap, gap)));
  const square = multiply(span, span);
  const variation = ratio(subtract(multiply(gaps.length, squares), square), square);
  return variation === null ? null : Math.sqrt(variation);
}

/** Number of different tuples; `columns` holds one array of values per field. */
export function distinct(columns: readonly (readonly Value[])[]): number {
  const [first] = columns;
  if (first === undefined) return 0;
  if (columns.length === 1) return new Set(first).size;
  const tuples = new Set<string>();
  for (let i = 0; i < first.length; i++) tuples.add(tupleKey(columns.map((column) => column[i]!)));
  return tuples.size;
}

/** Unambiguous text of a tuple: type and length of each part stand before it. */
function tupleKey(tuple: readonly Value[]): string {
  let key = '';
  for (const value of tuple) {
    const text = String(value);
    key += `${typeof value === 'string' ? 's' : 'v'}${text.length}:${text}`;
  }
  return key;
}

/**
 * Share of the sum that lies on `top` modes. A mode is taken as the value c of all values that holds most of what is
 * not yet taken with 1000 |v - c| <= tolerance c; ties go to the smallest c. All values are positive.
 */
export function topShare(values: readonly Int[], top: number, toleranceMilli: number): number | null {
  const weightOf = new Map<Int, Int>();
  for (const value of values) weightOf.set(value, add(weightOf.get(value) ?? 0, value));
  const centres = [...weightOf.keys()].sort(compareInts);
  const weights = centres.map((centre) => weightOf.get(centre)!);
  let taken: Int = 0;
  for (let round = 0; round < top; round++) {
    const mode = heaviestMode(centres, weights, toleranceMilli);
    if (mode === null) break;
    taken = add(taken, mode.weight);
    weights.fill(0, mode.from, mode.to);
  }
  return ratio(taken, total(values));
}

interface Mode {
  readonly weight: Int;
  /** Half-open range of positions among the sorted values. */
  readonly from: number;
  readonly to: number;
}

/** Two pointers over the sorted values: both ends of a mode move up with its centre. Null when nothing is left. */
function heaviestMode(centres: readonly Int[], weights: readonly Int[], toleranceMilli: number): Mode | null {
  let best: Mode | null = null;
  let from = 0;
  let to = 0;
  let weight: Int = 0;
  for (const centre of centres) {
    const half = multiply(toleranceMilli, centre);
    while (to < centres.length && multiply(1000, subtract(centres[to]!, centre)) <= half) {
      weight = add(weight, weights[to]!);
      to++;
    }
    while (multiply(1000, subtract(centre, centres[from]!)) > half) {
      weight = subtract(weight, weights[from]!);
      from++;
    }
    if (weight > (best?.weight ?? 0)) best = { weight, from, to };
  }
  return best;
}

/** Nearest rank: the ceil(p n / 1000)-th smallest value. */
export function percentile(values: readonly Int[], pMilli: number): Int | null {
  const rank = Math.ceil((pMilli * values.length) / 1000);
  return [...values].sort(compareInts)[rank - 1] ?? null;
}

/** The string with the largest sum of `amounts`, or the most frequent one without; ties go to the smallest string. */
export function topKey(keys: readonly string[], amounts: readonly Int[] | null): string | null {
  const totals = new Map<string, Int>();
  keys.forEach((key, i) => {
    totals.set(key, add(totals.get(key) ?? 0, amounts === null ? 1 : amounts[i]!));
  });
  let best: string | null = null;
  let most: Int = 0;
  for (const [key, sumOfKey] of totals) {
    if (best === null || sumOfKey > most || (sumOfKey === most && compareUtf8(key, best) < 0)) {
      best = key;
      most = sumOfKey;
    }
  }
  return best;
}

/** Smallest, lower median or largest size of the groups of equal values. */
export function groupCount(keys: readonly Value[], stat: 'min' | 'median' | 'max'): number | null {
  const sizes = new Map<Value, number>();
  for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  const sorted = [...sizes.values()].sort((a, b) => a - b);
  const rank = stat === 'min' ? 1 : stat === 'max' ? sorted.length : Math.ceil(sorted.length / 2);
  return sorted[rank - 1] ?? null;
}
