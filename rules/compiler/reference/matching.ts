/**
 * Matching outgoing to incoming money within one window: FIFO lots, and cycles by sum (SEMANTICS §6).
 *
 * Movements and portions are kept column by column: a busy account is matched anew at every event, and an object for
 * each movement would cost more than the matching.
 */
import type { Int, Value } from '../checked-rule.ts';
import { add, bounded, compareInts, floorDivide, multiply, subtract } from '../integer.ts';

/** Events that bring money in, take it out, or both, in total order; `from` and `to` cut out one window. */
export interface Movements {
  readonly positions: readonly number[];
  readonly timesMs: readonly number[];
  readonly amounts: readonly Int[];
  readonly isIn: readonly boolean[];
  readonly isOut: readonly boolean[];
  readonly from: number;
  readonly to: number;
}

/** Parts of outgoing events, each taken from one lot, in the order of the outgoing events. */
export class Portions {
  readonly inPositions: number[] = [];
  readonly outPositions: number[] = [];
  readonly amounts: Int[] = [];
  readonly dwellsMs: number[] = [];

  get length(): number {
    return this.amounts.length;
  }
}

/** First in, first out. The lots are the incoming movements themselves: one pointer to the oldest that is not used up. */
export function matchFifo(movements: Movements): Portions {
  const { positions, timesMs, amounts, isIn, isOut, from, to } = movements;
  const portions = new Portions();
  let next = from;
  let lot = from;
  let left: Int = 0;
  for (let out = from; out < to; out++) {
    if (!isOut[out]) continue;
    let wanted = amounts[out]!;
    while (wanted > 0) {
      if (left === 0) {
        while (next <= out && !(isIn[next] && amounts[next]! > 0)) next++;
        if (next > out) break;
        lot = next++;
        left = amounts[lot]!;
      }
      const part = compareInts(wanted, left) < 0 ? wanted : left;
      portions.inPositions.push(positions[lot]!);
      portions.outPositions.push(positions[out]!);
      portions.amounts.push(part);
      portions.dwellsMs.push(timesMs[out]! - timesMs[lot]!);
      wanted = subtract(wanted, part);
      left = subtract(left, part);
    }
  }
  return portions;
}

/** Smallest dwell d with 2 Σ(portions with dwell <= d) >= Σ portions; null when nothing matched. */
export function weightedMedianDwell({ amounts, dwellsMs }: Portions): number | null {
  const order = amounts.map((_, i) => i).sort((a, b) => dwellsMs[a]! - dwellsMs[b]!);
  let all: Int = 0;
  for (const amount of amounts) all = add(all, amount);
  let upTo: Int = 0;
  for (const i of order) {
    upTo = add(upTo, amounts[i]!);
    if (multiply(2, upTo) >= all) return dwellsMs[i]!;
  }
  return null;
}

/** One outgoing event with the incoming events it was matched with: a sub-event that features aggregate. */
export interface Cycle {
  readonly position: number;
  readonly lots: readonly number[];
  readonly matched: Int | null;
  readonly matchedShareMilli: Int | null;
}

/** Cycles whose money left, first in first out, within `withinMs` of coming in. */
export function fifoCycles(movements: Movements, withinMs: number): Cycle[] {
  const { positions, amounts, isOut, from, to } = movements;
  const portions = matchFifo(movements);
  const cycles: Cycle[] = [];
  let portion = 0;
  for (let out = from; out < to; out++) {
    const amount = amounts[out]!;
    if (!isOut[out] || amount <= 0) continue;
    const position = positions[out]!;
    const lots: number[] = [];
    let matched: Int = 0;
    for (; portions.outPositions[portion] === position; portion++) {
      if (portions.dwellsMs[portion]! > withinMs) continue;
      matched = add(matched, portions.amounts[portion]!);
      lots.push(portions.inPositions[portion]!);
    }
    const matchedShareMilli = floorDivide(multiply(1000, matched), amount);
    cycles.push({ position, lots, matched: bounded(matched), matchedShareMilli });
  }
  return cycles;
}

/** Cycles that use up, as a whole, every incoming event of the last `withinMs` that no earlier cycle used. */
export function sumCycles(movements: Movements, withinMs: number): Cycle[] {
  const { positions, timesMs, amounts, isIn, isOut, from, to } = movements;
  const cycles: Cycle[] = [];
  // Incoming events not yet used; what is too old for one cycle is too old for all later ones.
  let open: number[] = [];
  for (let i = from; i < to; i++) {
    const amount = amounts[i]!;
    if (amount <= 0) continue;
    if (isOut[i]) {
      const used = open.filter((lot) => timesMs[lot]! > timesMs[i]! - withinMs);
      const matched = used.reduce<Int>((sum, lot) => add(sum, amounts[lot]!), 0);
      cycles.push({
        position: positions[i]!,
        lots: used.map((lot) => positions[lot]!),
        matched: bounded(matched),
        matchedShareMilli: matched === 0 ? null : floorDivide(multiply(1000, amount), matched),
      });
      open = [];
    }
    if (isIn[i]) open.push(i);
  }
  return cycles;
}

/** Number of different known sources of the lots. */
export function distinctSources(lots: readonly number[], sourceOf: (position: number) => Value): number {
  const sources = new Set<Value>();
  for (const lot of lots) {
    const source = sourceOf(lot);
    if (source !== null) sources.add(source);
  }
  return sources.size;
}
