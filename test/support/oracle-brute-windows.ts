/** Durations and windows as the brute-force oracle reads them. */
import type { RuleFile } from '../../schemas/rule.ts';

export const HOUR_MS = 3_600_000;

export function duration(text: string): number {
  const unit = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS }[text.slice(-1)];
  return Number(text.slice(0, -1)) * (unit ?? Number.NaN);
}

/** Where a window text holds a calendar window, its count, unit and country. */
export function calendar(text: string): { count: number; unit: string; country: string } | null {
  const found = /^(\d+)(day|month|businessDay)@(.+)$/.exec(text);
  return found === null ? null : { count: Number(found[1]), unit: found[2]!, country: found[3]! };
}

/** Length of a window; n local days count n days, n months 31 n, n business days 2 n + 5. */
export function windowLength(over: string): number {
  const found = calendar(over);
  if (found === null) return duration(over);
  const days =
    found.unit === 'day' ? found.count : found.unit === 'month' ? 31 * found.count : 2 * found.count + 5;
  return days * 24 * HOUR_MS;
}

export function longestWindow(rule: RuleFile): number {
  const parts = [...Object.values(rule.features), ...Object.values(rule.derive)];
  return Math.max(...parts.map((part) => ('over' in part ? windowLength(part.over) : 0)));
}

export function monthOf(day: number): number {
  const date = new Date(day * 24 * HOUR_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Conditions by which a feature, or a derive, takes events; its `part` apart. */
export function eventTexts(part: object): string[] {
  const found = part as Readonly<Record<string, string | undefined>>;
  const texts = ['in', 'out', 'start'].flatMap((key) => found[key] ?? []);
  return texts.length > 0 ? texts : [found['where'] ?? 'true'];
}

/** An expression of the rule names `status`: then every event is visible (§2). */
export function readsStatus(rule: RuleFile): boolean {
  const texts = [
    rule.when,
    ...Object.values(rule.let),
    ...Object.values(rule.features).flatMap((f) => ('part' in f ? [f.part] : [])),
    ...Object.values(rule.features).flatMap((f) => ('steps' in f ? f.steps : [])),
    ...[...Object.values(rule.features), ...Object.values(rule.derive)].flatMap(eventTexts),
  ];
  return texts.some((text) => text !== undefined && /\bstatus\b/.test(text));
}
