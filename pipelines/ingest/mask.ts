/** What a report may show of a rejected value: its shape, never its content. */
import { FEED_LIMITS } from './limits.ts';

/** A calendar date identifies nobody by itself, and hiding the digits would hide what is wrong with it. */
const DATE = /^(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/]\d{1,2}[-/]\d{4})(?=$|[T ])/;

/**
 * Digits become 9, letters A or a, everything else but control characters stays; at most `MASK_CHARS` characters and
 * then the count of all. A leading date is shown as it is.
 */
export function maskValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return Array.isArray(value) ? '[…]' : '{…}';
  const text = String(value);
  const shown = text.slice(0, FEED_LIMITS.MASK_CHARS);
  const date = DATE.exec(shown)?.[0] ?? '';
  const masked =
    date +
    shown
      .slice(date.length)
      .replace(/\p{Nd}/gu, '9')
      .replace(/\p{Lu}/gu, 'A')
      .replace(/[\p{L}\p{M}]/gu, (letter) => (letter === 'A' ? 'A' : 'a'))
      .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '·');
  return text.length > FEED_LIMITS.MASK_CHARS ? `${masked}… (${text.length})` : masked;
}
