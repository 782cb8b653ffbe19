/**
 * Windows and durations as text, as their meaning, and as milliseconds.
 *
 * A calendar window has no fixed length. Where one is needed (the default of `quiet` and `lookback`, the history to
 * keep) n days count n x 24 h, n months 31 n x 24 h and n business days (2 n + 5) x 24 h: weekends and two adjoining
 * holidays are in it for every n.
 */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Two local days that are equal may lie this much further apart in time: offsets run from -12 h to +14 h. */
export const OFFSET_SLACK_MS = 2 * DAY_MS;

export type Country = 'US' | 'MX' | 'CA';

export type Window =
  | { readonly kind: 'sliding'; readonly lengthMs: number; readonly skipMs: number }
  | { readonly kind: 'day'; readonly lengthMs: number; readonly days: number }
  | { readonly kind: 'month'; readonly lengthMs: number; readonly months: number }
  | {
      readonly kind: 'businessDay';
      readonly lengthMs: number;
      readonly days: number;
      readonly country: Country;
    };

const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** Milliseconds of `15m`, `48h`, `30d`; the text has passed the schema. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * (UNIT_MS[text.slice(-1)] ?? Number.NaN);
}

/** The window that `over` and `skip` of a feature mean; both texts have passed the schema. */
export function parseWindow(over: string, skip?: string): Window {
  const calendar = /^(\d+)(day|month|businessDay)@(local|US|MX|CA)$/.exec(over);
  if (calendar === null) {
    return {
      kind: 'sliding',
      lengthMs: durationMs(over),
      skipMs: skip === undefined ? 0 : durationMs(skip),
    };
  }
  const count = Number(calendar[1]);
  if (calendar[2] === 'day') return { kind: 'day', lengthMs: count * DAY_MS, days: count };
  if (calendar[2] === 'month') return { kind: 'month', lengthMs: 31 * count * DAY_MS, months: count };
  return {
    kind: 'businessDay',
    lengthMs: (2 * count + 5) * DAY_MS,
    days: count,
    country: calendar[3] as Country,
  };
}

/** How far before an event the window may reach, whatever the offsets. */
export function windowReachMs(window: Window): number {
  return window.kind === 'sliding' ? window.lengthMs : window.lengthMs + OFFSET_SLACK_MS;
}
