/**
 * A bank's way of writing dates and times to the canonical one: `YYYY-MM-DD`, or `YYYY-MM-DDTHH:mm:ss±HH:MM` in the
 * local offset. Impossible dates, and local times that the clocks skipped or repeated, are refused by name.
 */
import type { ErrorCode } from '../../schemas/errors/index.ts';
import type { TimeSpec } from '../../schemas/mapping.ts';
import { ZoneClock } from './zone-time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Month names as exports print them, three letters at least, in the languages of the corridor. */
const MONTHS: Readonly<Record<string, number>> = {
  ene: 1,
  jan: 1,
  janv: 1,
  feb: 2,
  fev: 2,
  fevr: 2,
  mar: 3,
  mars: 3,
  abr: 4,
  apr: 4,
  avr: 4,
  may: 5,
  mai: 5,
  jun: 6,
  juin: 6,
  jul: 7,
  juil: 7,
  ago: 8,
  aug: 8,
  aou: 8,
  aout: 8,
  sep: 9,
  sept: 9,
  oct: 10,
  nov: 11,
  dic: 12,
  dec: 12,
};

const TOKENS: Readonly<Record<string, string>> = {
  yyyy: '(?<year>\\d{4})',
  yy: '(?<shortYear>\\d{2})',
  MMM: '(?<monthName>\\p{L}{3,10})\\.?',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{2})',
  d: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour12>\\d{2})',
  h: '(?<hour12>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '(?<fraction>\\d{1,9})',
  a: '(?<half>[AaPp])\\.?\\s?[Mm]\\.?',
  Z: '(?<offset>Z|[+-]\\d{2}:?\\d{2})',
};
const TOKEN = /'([^']*)'|yyyy|yy|MMM|MM|M|dd|d|HH|H|hh|h|mm|ss|SSS|a|Z|[^A-Za-z]/gy;

/** Formats that are not patterns. */
const EPOCHS = new Map([
  ['epoch-seconds', 1_000],
  ['epoch-millis', 1],
]);
const STEPS = new Map([
  ['step-hours', HOUR_MS],
  ['step-days', DAY_MS],
]);

/** `iso` is RFC 3339 with an offset, as the contract has it. */
const ALIASES = new Map([['iso', ["yyyy-MM-dd'T'HH:mm:ssZ", "yyyy-MM-dd'T'HH:mm:ss.SSSZ"]]]);

/** The regular expression of a format, or null where it holds a letter that is no token. */
function patternOf(format: string): RegExp | null {
  let source = '';
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < format.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(format);
    if (match === null) return null;
    const literal = match[1] ?? match[0];
    source +=
      (match[1] === undefined ? TOKENS[match[0]] : undefined) ??
      literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    at += match[0].length;
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    return null;
  }
}

/** Whether a mapping may use this format. */
export function isTimeFormat(format: string): boolean {
  return EPOCHS.has(format) || STEPS.has(format) || ALIASES.has(format) || patternOf(format) !== null;
}

/** Whether a text in this format says a time of day. */
export function formatHasTime(format: string): boolean {
  if (format === 'step-days') return false;
  return (
    EPOCHS.has(format) || STEPS.has(format) || format === 'iso' || /[Hh]/.test(format.replace(/'[^']*'/g, ''))
  );
}

/** Whether a text in this format says its own offset, so that no zone is needed. */
export function formatHasOffset(format: string): boolean {
  return EPOCHS.has(format) || format === 'iso' || /Z/.test(format.replace(/'[^']*'/g, ''));
}

export type TimeFault = Extract<
  ErrorCode,
  'RAS-FEED-TIME-FORMAT' | 'RAS-FEED-TIME-INVALID' | 'RAS-FEED-TIME-GAP' | 'RAS-FEED-TIME-OVERLAP'
>;

export type TimeResult =
  | { readonly text: string; readonly fault: null }
  | { readonly text: null; readonly fault: TimeFault; readonly zone?: string };

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** `wallMs` is the wall time read as if it were UTC. */
function momentText(wallMs: number, fraction: string, offset: string): string {
  const wall = new Date(wallMs).toISOString().slice(0, 19);
  return `${wall}${fraction === '' ? '' : `.${fraction}`}${offset}`;
}

function monthNumber(name: string): number {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return MONTHS[plain] ?? MONTHS[plain.slice(0, 4)] ?? MONTHS[plain.slice(0, 3)] ?? 0;
}

const refused = (fault: TimeFault, zone?: string): TimeResult =>
  zone === undefined ? { text: null, fault } : { text: null, fault, zone };

/** A reader for one field. With `dateOnly` the time of day is dropped: the feed's precision is day or batch. */
export function timeReader(
  spec: TimeSpec,
  dateOnly: boolean,
): (text: string, zoneName: string | null) => TimeResult {
  const plans = spec.formats
    .flatMap((format) => ALIASES.get(format) ?? [format])
    .map((format) => ({ format, pattern: patternOf(format) }));
  const clocks = new Map<string, ZoneClock | null>();
  const start = spec.from === undefined ? 0 : Date.parse(`${spec.from}T00:00:00Z`);

  function atWall(wallMs: number, fraction: string, zoneName: string | null): TimeResult {
    if (dateOnly) return { text: new Date(wallMs).toISOString().slice(0, 10), fault: null };
    if (zoneName === null) return refused('RAS-FEED-TIME-FORMAT');
    let clock = clocks.get(zoneName);
    if (clock === undefined) {
      clock = ZoneClock.of(zoneName);
      clocks.set(zoneName, clock);
    }
    if (clock === null) return refused('RAS-FEED-TIME-FORMAT', zoneName);
    const found = clock.offsetAt(wallMs);
    if (found.kind === 'one')
      return { text: momentText(wallMs, fraction, offsetText(found.offset)), fault: null };
    if (found.kind === 'gap') return refused('RAS-FEED-TIME-GAP', zoneName);
    if (spec.overlap === 'reject') return refused('RAS-FEED-TIME-OVERLAP', zoneName);
    return { text: momentText(wallMs, fraction, offsetText(found[spec.overlap])), fault: null };
  }

  function fromGroups(groups: Record<string, string | undefined>, zoneName: string | null): TimeResult {
    const year =
      groups['year'] === undefined ? 2000 + Number(groups['shortYear'] ?? '0') : Number(groups['year']);
    const month =
      groups['monthName'] === undefined ? Number(groups['month']) : monthNumber(groups['monthName']);
    const day = Number(groups['day']);
    let hour = Number(groups['hour'] ?? '0');
    if (groups['hour12'] !== undefined) {
      const half = groups['half'];
      hour = Number(groups['hour12']);
      if (half === undefined || hour < 1 || hour > 12) return refused('RAS-FEED-TIME-INVALID');
      hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
    }
    const minute = Number(groups['minute'] ?? '0');
    const second = Number(groups['second'] ?? '0');
    const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
    const wall = new Date(wallMs);
    const exists =
      year >= 1000 &&
      wall.getUTCMonth() === month - 1 &&
      wall.getUTCDate() === day &&
      hour < 24 &&
      minute < 60 &&
      second < 60;
    if (!exists) return refused('RAS-FEED-TIME-INVALID');
    const fraction = groups['fraction'] ?? '';
    const offset = groups['offset'];
    if (offset === undefined || dateOnly) return atWall(wallMs, fraction, zoneName);
    const tidy = offset === 'Z' ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(-2)}`;
    if (tidy !== 'Z' && (Number(tidy.slice(1, 3)) > 23 || Number(tidy.slice(4)) > 59)) {
      return refused('RAS-FEED-TIME-INVALID');
    }
    return { text: momentText(wallMs, fraction, tidy), fault: null };
  }

  return (text, zoneName) => {
    for (const { format, pattern } of plans) {
      const unit = EPOCHS.get(format) ?? STEPS.get(format);
      if (unit !== undefined) {
        if (!/^\d{1,15}$/.test(text)) continue;
        const ms = Number(text) * unit + (STEPS.has(format) ? start : 0);
        if (ms > 8.64e15) return refused('RAS-FEED-TIME-INVALID');
        if (STEPS.has(format)) return atWall(ms, '', zoneName);
        return {
          text: dateOnly ? new Date(ms).toISOString().slice(0, 10) : new Date(ms).toISOString(),
          fault: null,
        };
      }
      const groups = pattern?.exec(text)?.groups;
      if (groups !== undefined) return fromGroups(groups, zoneName);
    }
    return refused('RAS-FEED-TIME-FORMAT');
  };
}
