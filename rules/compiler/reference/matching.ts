/** Matching outgoing to incoming money within one window: FIFO lots, and cycles by sum (SEMANTICS §6). */
import type { Int, Value } from '../checked-rule.ts';
import { add, compareInts, floorDivide, multiply, subtract } from '../integer.ts';

/** One event of the window with what the matching reads of it. */
export interface Movement {
  readonly position: number;
  readonly timeMs: number;
  readonly amount: Int;
  readonly isIn: boolean;
  readonly isOut: boolean;
}

/** A part of an outgoing event that is taken from one lot. */
export interface Portion {
  readonly inPosition: number;
  readonly outPosition: number;
  readonly amount: Int;
  readonly dwellMs: number;
}

interface Lot {
  readonly position: number;
  readonly timeMs: number;
  left: Int;
}

/** Every portion, in the order of the outgoing events; movements are in total order. */
export function matchFifo(movements: readonly Movement[]): Portion[] {
  const lots: Lot[] = [];
  const portions: Portion[] = [];
  let oldest = 0;
  for (const { position, timeMs, amount, isIn, isOut } of movements) {
    if (amount <= 0) continue;
    if (isIn) lots.push({ position, timeMs, left: amount });
    if (!isOut) continue;
    let wanted = amount;
    while (wanted > 0 && oldest < lots.length) {
      const lot = lots[oldest]!;
      const part = compareInts(wanted, lot.left) < 0 ? wanted : lot.left;
      const dwellMs = timeMs - lot.timeMs;
      portions.push({ inPosition: lot.position, outPosition: position, amount: part, dwellMs });
      wanted = subtract(wanted, part);
      lot.left = subtract(lot.left, part);
      if (lot.left === 0) oldest++;
    }
  }
  return portions;
}

/** Smallest dwell d with 2 Σ(portions with dwell <= d) >= Σ portions; null when nothing matched. */
export function weightedMedianDwell(portions: readonly Portion[]): number | null {
  const sorted = [...portions].sort((a, b) => compareInts(a.dwellMs, b.dwellMs));
  let all: Int = 0;
  for (const { amount } of sorted) all = add(all, amount);
  let upTo: Int = 0;
  for (const { amount, dwellMs } of sorted) {
    upTo = add(upTo, amount);
    if (multiply(2, upTo) >= all) return dwellMs;
  }
  return null;
}

/** One outgoing event with the incoming events it was matched with. */
export interface Cycle {
  readonly position: number;
  readonly lots: readonly number[];
  readonly matched: Int;
  readonly matchedShareMilli: Int | null;
}

/** Cycles whose money left, first in first out, within `withinMs` of coming in. */
export function fifoCycles(movements: readonly Movement[], withinMs: number): Cycle[] {
  const soon = new Map<number, Portion[]>();
  for (const portion of matchFifo(movements)) {
    if (portion.dwellMs > withinMs) continue;
    const list = soon.get(portion.outPosition);
    if (list === undefined) soon.set(portion.outPosition, [portion]);
    else list.push(portion);
  }
  return movements
    .filter(({ isOut, amount }) => isOut && amount > 0)
    .map(({ position, amount }) => {
      const portions = soon.get(position) ?? [];
      const matched = portions.reduce<Int>((sum, portion) => add(sum, portion.amount), 0);
      return {
        position,
        lots: portions.map((portion) => portion.inPosition),
        matched,
        matchedShareMilli: floorDivide(multiply(1000, matched), amount),
      };
    });
}

/** Cycles that use up, as a whole, every incoming event of the last `withinMs` that no earlier cycle used. */
export function sumCycles(movements: readonly Movement[], withinMs: number): Cycle[] {
  const cycles: Cycle[] = [];
  // Incoming events not yet used, oldest first; those that are too old for one cycle are too old for all later ones.
  let open: Movement[] = [];
  for (const movement of movements) {
    const { position, timeMs, amount, isIn, isOut } = movement;
    if (amount <= 0) continue;
    if (isOut) {
      open = open.filter((lot) => lot.timeMs > timeMs - withinMs);
      const matched = open.reduce<Int>((sum, lot) => add(sum, lot.amount), 0);
      cycles.push({
        position,
        lots: open.map((lot) => lot.position),
        matched,
        matchedShareMilli: matched === 0 ? null : floorDivide(multiply(1000, amount), matched),
      });
      open = [];
    }
    if (isIn) open.push(movement);
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
