/** What generated code calls: exact numbers, bounds by time, calendar days, pairs, and the reference's own aggregates. */
import type { Int } from '../checked-rule.ts';
import {
  intervalVariation,
  maximum,
  mean,
  minimum,
  percentile,
  standardDeviation,
  topShare,
} from '../reference/aggregate.ts';
import type { EvaluationContext } from '../reference/evaluation.ts';
import { circuits, nights, payPeriods, stays } from '../reference/groupings.ts';
import { type Cycle, fifoCycles, matchFifo, sumCycles, weightedMedianDwell } from '../reference/matching.ts';
import { type StepEvents, sequencesIn } from '../reference/sequences.ts';
import { dayRange } from '../reference/window-range.ts';
import type { Window } from '../window.ts';
import { ModeBound } from './mode-bound.ts';

/** Movements of money of one window, reused from evaluation to evaluation; positions are places of the window's events. */
export interface MovementBuffer {
  readonly positions: number[];
  readonly timesMs: number[];
  readonly amounts: number[];
  readonly isIn: boolean[];
  readonly isOut: boolean[];
  readonly keys: number[];
  from: number;
  to: number;
}

function movementBuffer(): MovementBuffer {
  return { positions: [], timesMs: [], amounts: [], isIn: [], isOut: [], keys: [], from: 0, to: 0 };
}

/** Events that do steps of a sequence, likewise. */
function stepBuffer(): StepEvents {
  return { positions: [], timesMs: [], does: [], keys: [], from: 0, to: 0 };
}

/** First index before `end` whose time is greater than `timeMs`; `end` if there is none. Times ascend. */
function firstAfter(times: Float64Array, end: number, timeMs: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! > timeMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Index of a position among the first `count`, ascending; -1 if it is none of them. */
function placeOf(positions: Int32Array, count: number, position: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions[middle]! >= position) high = middle;
    else low = middle + 1;
  }
  return low < count && positions[low] === position ? low : -1;
}

const DAYS_KEPT = 1_024;

/** First and last local day of a calendar window, by the day of the evaluation; NaN where the calendar ends. */
class DayRanges {
  readonly #window: Exclude<Window, { kind: 'sliding' }>;
  readonly #context: EvaluationContext;
  readonly #known = new Map<number, readonly [first: number, last: number]>();

  constructor(window: Exclude<Window, { kind: 'sliding' }>, context: EvaluationContext) {
    this.#window = window;
    this.#context = context;
  }

  of(day: number): readonly [first: number, last: number] {
    const known = this.#known.get(day);
    if (known !== undefined) return known;
    if (this.#known.size >= DAYS_KEPT) this.#known.clear();
    const range = dayRange(this.#window, day, this.#context);
    const days = range === null ? ([Number.NaN, Number.NaN] as const) : ([range.first, range.last] as const);
    this.#known.set(day, days);
    return days;
  }
}

/** Earlier events of each counterparty (SEMANTICS §7): ages and ordinals of events that come in total order. */
class Pairs {
  readonly #lookbackMs: number;
  readonly #timesOf = new Map<number, { readonly times: number[]; first: number }>();
  /** Of the event that was put last. */
  ageMs = Number.NaN;
  ordinal = Number.NaN;

  constructor(lookbackMs: number) {
    this.#lookbackMs = lookbackMs;
  }

  clear(): void {
    this.#timesOf.clear();
  }

  put(counterparty: number, timeMs: number): void {
    if (counterparty < 0) {
      this.ageMs = Number.NaN;
      this.ordinal = Number.NaN;
      return;
    }
    let pair = this.#timesOf.get(counterparty);
    if (pair === undefined) {
      pair = { times: [], first: 0 };
      this.#timesOf.set(counterparty, pair);
    }
    const { times } = pair;
    times.push(timeMs);
    while (times[pair.first]! <= timeMs - this.#lookbackMs) pair.first++;
    this.ageMs = timeMs - times[pair.first]!;
    this.ordinal = times.length - pair.first;
  }
}

/** Sizes of groups: the smallest, the lower median or the largest; NaN where there is none. */
function groupStat(sizes: ReadonlyMap<number, number>, stat: 'min' | 'median' | 'max'): number {
  if (sizes.size === 0) return Number.NaN;
  if (stat === 'median') {
    const sorted = [...sizes.values()].sort((a, b) => a - b);
    return sorted[Math.ceil(sorted.length / 2) - 1]!;
  }
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const size of sizes.values()) {
    if (size < least) least = size;
    if (size > most) most = size;
  }
  return stat === 'min' ? least : most;
}

/** How many groups there are of each size, and of all: their sizes change by one. */
class GroupSizes {
  readonly #sizeOf = new Map<number, number>();
  /** Groups by their size. */
  readonly #countOf: number[] = [];
  #largest = 0;

  clear(): void {
    this.#sizeOf.clear();
    this.#countOf.length = 0;
    this.#largest = 0;
  }

  put(key: number): void {
    const size = this.#sizeOf.get(key) ?? 0;
    this.#sizeOf.set(key, size + 1);
    this.#move(size, size + 1);
  }

  take(key: number): void {
    const size = this.#sizeOf.get(key)!;
    if (size === 1) this.#sizeOf.delete(key);
    else this.#sizeOf.set(key, size - 1);
    this.#move(size, size - 1);
  }

  /** As `groupStat`. */
  stat(stat: 'min' | 'median' | 'max'): number {
    const groups = this.#sizeOf.size;
    if (groups === 0) return Number.NaN;
    if (stat === 'max') return this.#largest;
    let left = stat === 'min' ? 1 : Math.ceil(groups / 2);
    let size = 0;
    while (left > 0) left -= this.#countOf[++size]!;
    return size;
  }

  #move(from: number, to: number): void {
    const counts = this.#countOf;
    while (counts.length <= to) counts.push(0);
    counts[from]!--;
    counts[to]!++;
    if (to > this.#largest) this.#largest = to;
    else if (from === this.#largest && counts[from] === 0) this.#largest = to;
  }
}

/** Id with the largest total; -1 where there is none. Ties go to the smallest text. */
function topId(totals: ReadonlyMap<number, number>, compareTexts: (a: number, b: number) => number): number {
  let best = -1;
  let most = 0;
  for (const [id, total] of totals) {
    if (best < 0 || total > most || (total === most && compareTexts(id, best) < 0)) {
      best = id;
      most = total;
    }
  }
  return best;
}

/** Number of different known sources of the lots of a cycle. */
function sourcesOf({ lots }: Cycle, sources: Int32Array): number {
  const known = new Set<number>();
  for (const lot of lots) if (sources[lot]! >= 0) known.add(sources[lot]!);
  return known.size;
}

/** A copy with twice the room. */
function grown<T extends Float64Array | Int32Array | Uint8Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(2 * array.length);
  larger.set(array as never);
  return larger;
}

export const SUPPORT = {
  DayRanges,
  GroupSizes,
  ModeBound,
  Pairs,
  circuits,
  fifoCycles,
  firstAfter,
  groupStat,
  grown,
  matchFifo,
  maximum: maximum as (values: readonly number[]) => Int | null,
  mean,
  minimum: minimum as (values: readonly number[]) => Int | null,
  movementBuffer,
  nights,
  payPeriods,
  percentile: percentile as (values: readonly number[], pMilli: number) => Int | null,
  placeOf,
  sourcesOf,
  sequencesIn,
  stays,
  standardDeviation,
  intervalVariation,
  stepBuffer,
  sumCycles,
  topId,
  topShare,
  weightedMedianDwell,
};

export type Support = typeof SUPPORT;
