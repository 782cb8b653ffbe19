/** Subjects that wait to be rebuilt, and from when on a rebuilt one is another than it was. */
import type { FactStore } from '../../facts/store.ts';

/** A subject that waits to be rebuilt. */
export interface StaleSubject {
  /** Events of its history that the kernel has seen, in order; others lie behind them. */
  readonly length: number;
  /** From here on, event time, what is known of these events has changed. */
  changedMs: number;
}

/**
 * Time of the first event that is not where it was, or that waits to be asked about: the one at position `asked`. `before`
 * and `now` are the legs of a history in order; Infinity where they are the same.
 */
export function changeOf(
  store: FactStore,
  before: readonly number[],
  now: readonly number[],
  asked: number,
): number {
  let same = 0;
  while (same < asked && before[same] !== undefined && before[same] === now[same]) same++;
  const timeOf = (leg: number | undefined) =>
    leg === undefined ? Number.POSITIVE_INFINITY : store.timeOf(leg >> 1);
  return Math.min(timeOf(before[same]), timeOf(now[same]));
}
