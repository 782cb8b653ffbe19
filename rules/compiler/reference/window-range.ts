/** Which events of a history lie in a window as of one event (SEMANTICS §2). */
import { DAY_MS, type Window, windowReachMs } from '../window.ts';
import type { EvaluationContext } from './evaluation.ts';
import type { HistoryIndex } from './history-index.ts';

/** Local days that a calendar window takes, both ends included. */
export interface DayRange {
  readonly first: number;
  readonly last: number;
}

export interface WindowRange {
  /** First position whose time may lie in the window. */
  readonly start: number;
  /** Position after the last one. */
  readonly end: number;
  /** Set for a calendar window: an event belongs to it by its local day. */
  readonly days: DayRange | null;
  /** An event without a local day counts as missing if its time is later than this. */
  readonly missingAfterMs: number;
}

/** As of the event at a position, at its time or at that of a tick after it. Null when the window is unknown: the event has no local day, or the calendar ends before it. */
export function windowRange(
  window: Window,
  history: HistoryIndex,
  { at, nowMs }: { readonly at: number; readonly nowMs: number },
  context: EvaluationContext,
): WindowRange | null {
  const start = history.firstAfter(nowMs - windowReachMs(window), at + 1);
  const missingAfterMs = nowMs - window.lengthMs;
  if (window.kind === 'sliding') {
    const end = window.skipMs === 0 ? at + 1 : history.firstAfter(nowMs - window.skipMs, at + 1);
    return { start, end, days: null, missingAfterMs };
  }
  const day = history.value('localDay', at);
  if (typeof day !== 'number') return null;
  const days = dayRange(window, day, context);
  return days === null ? null : { start, end: at + 1, days, missingAfterMs };
}

export function dayRange(
  window: Exclude<Window, { kind: 'sliding' }>,
  day: number,
  context: EvaluationContext,
): DayRange | null {
  switch (window.kind) {
    case 'day':
      return { first: day - window.days + 1, last: day };
    case 'month':
      return { first: monthStart(day, 1 - window.months), last: monthStart(day, 1) - 1 };
    case 'businessDay': {
      const longest = window.lengthMs / DAY_MS;
      let left = window.days;
      for (let first = day; first > day - longest; first--) {
        const isBusinessDay = context.isBusinessDay(window.country, first);
        if (isBusinessDay === null) return null;
        if (isBusinessDay && --left === 0) return { first, last: day };
      }
      return null;
    }
  }
}

/** First day of the month of `day`, `months` later; days since 1970, proleptic Gregorian. */
function monthStart(day: number, months: number): number {
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / DAY_MS;
}
