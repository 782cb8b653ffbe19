/** What a report may show of a rejected value: its shape, never its content. */
import type { ErrorCode } from '../../schemas/errors/index.ts';
import { FEED_LIMITS } from './limits.ts';

/** Leading calendar date. */
const DATE = /^(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/]\d{1,2}[-/]\d{4})(?=$|[T ])/;

/**
 * Digits become 9, letters A or a, control characters a dot, everything else stays; at most `MASK_CHARS` characters and
 * then the count of all. Where the reject is about a time, its date is shown: hidden, nobody could see what is wrong with
 * it. A date in any other field may be somebody's birthday.
 */
export function maskValue(value: unknown, code?: ErrorCode): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return Array.isArray(value) ? '[…]' : '{…}';
  const text = String(value);
  const shown = text.slice(0, FEED_LIMITS.MASK_CHARS);
  const date = code?.startsWith('RAS-FEED-TIME-') ? (DATE.exec(shown)?.[0] ?? '') : '';
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
