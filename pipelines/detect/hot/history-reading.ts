/** Reading a subject's history as a whole: not for the hot loop. */
import type { FactStore } from '../../facts/store.ts';
import type { EntryReader } from './event-chunks.ts';
import type { TickRange } from './tick-calendar.ts';

export interface Histories {
  readonly slab: { lengthOf(line: number): number };
  readBack(line: number, from: number, each: EntryReader): void;
}

/** Legs of a subject's history, as they lie. */
export function legsOf(histories: Histories, line: number): number[] {
  const legs: number[] = [];
  histories.readBack(line, 0, (_position, leg) => legs.push(leg) > 0);
  return legs.reverse();
}

/** Position of the subject's first event at `timeMs` or later; the length of its history if there is none. */
export function positionAt(histories: Histories, store: FactStore, line: number, timeMs: number): number {
  let first = histories.slab.lengthOf(line);
  histories.readBack(line, 0, (position, leg) => {
    if (store.timeOf(leg >> 1) < timeMs) return false;
    first = position;
    return true;
  });
  return first;
}

/** Ticks of the subject after `afterMs` and up to `untilMs`; null where it has no event. */
export function tickRange(
  histories: Histories,
  store: FactStore,
  line: number,
  afterMs: number,
  untilMs: number,
): TickRange | null {
  const length = histories.slab.lengthOf(line);
  if (length === 0) return null;
  let [position, positionMs] = [0, 0];
  histories.readBack(line, 0, (at, leg) => {
    [position, positionMs] = [at, store.timeOf(leg >> 1)];
    return positionMs > afterMs;
  });
  return { afterMs, untilMs, position, positionMs, length };
}
