/**
 * The one time that a row is ordered by, how fine it is, and at what local offset it lies.
 *
 * - Event time is `occurredAt`, else `postedAt`, else `valueDate`.
 * - A date without a time of day has precision `day`; its event time is 00:00 UTC of that date, whatever zone the machine,
 *   the bank or the customer is in. A moment that is declared `day` becomes the date it was written with.
 * - A posting moment is when a book was closed, not when somebody acted: `batch`, unless the feed states a precision.
 * - A stated precision can only make a time coarser: seconds are not invented for a date.
 * - The offset is known where the row was written with one (`-07:00`; `Z` and `+00:00` state an instant, not a place) or
 *   where the acting place has a zone. The place wins over an offset that the row does not attribute to a terminal,
 *   branch or place, because banks write head-office time. A date has no offset.
 */
import type { OffsetSource, Precision } from '../../schemas/enumerations.ts';
import { PRECISIONS } from '../../schemas/enumerations.ts';
import type { ErrorCode } from '../../schemas/errors/index.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { actingPlace } from './acting-place.ts';
import type { ZoneOffsets } from './zone-offset.ts';

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const TIME = 84;
const ZULU = 90;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Widest offset of the contract, in minutes. */
const OFFSET_MIN_MAX = 1_080;
/** A row outside these years is a slip of the pen. */
export const YEAR_MIN = 1970;
export const YEAR_MAX = 2100;

export interface Moment {
  /** Milliseconds since 1970 UTC; of a date, its 00:00 UTC. */
  readonly ms: number;
  readonly precision: 'second' | 'day';
  /** Offset it was written with; null for a date or a time in UTC. */
  readonly offsetMin: number | null;
}

export interface EventTime {
  readonly eventTime: number;
  readonly precision: Precision;
  readonly localOffsetMin: number | null;
  readonly offsetSource: OffsetSource | null;
}

export interface TimeFault {
  readonly field: string;
  readonly code: ErrorCode;
  readonly value: string;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysOfMonth(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return leap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

/** Two or more digits at a position; NaN where another character stands there. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Minutes east of UTC of `Z` or `±hh:mm` standing at the end of the text; undefined where it is neither. */
function writtenOffset(text: string, from: number): number | undefined {
  const first = text.charCodeAt(from);
  if (first === ZULU && text.length === from + 1) return 0;
  const sign = first === PLUS ? 1 : first === MINUS ? -1 : 0;
  const hours = digits(text, from + 1, 2);
  const minutes = digits(text, from + 4, 2);
  if (
    sign === 0 ||
    text.length !== from + 6 ||
    text.charCodeAt(from + 3) !== COLON ||
    !(hours < 24) ||
    !(minutes < 60)
  )
    return undefined;
  const offset = sign * (hours * 60 + minutes);
  return Math.abs(offset) <= OFFSET_MIN_MAX ? offset : undefined;
}

/** Reads `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss[.fff](Z|±hh:mm)`; null where it is neither or cannot be. */
export function parseMoment(text: string): Moment | null {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS || !(year >= YEAR_MIN && year <= YEAR_MAX))
    return null;
  if (!(day >= 1 && day <= daysOfMonth(year, month))) return null;
  const date = Date.UTC(year, month - 1, day);
  if (text.length === 10) return { ms: date, precision: 'day', offsetMin: null };

  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  if (text.charCodeAt(10) !== TIME || text.charCodeAt(13) !== COLON || !(hour < 24) || !(minute < 60))
    return null;
  const second = digits(text, 17, 2);
  if (text.charCodeAt(16) !== COLON || !(second < 60)) return null;
  let at = 19;
  let fractionMs = 0;
  if (text.charCodeAt(at) === POINT) {
    const start = ++at;
    for (let scale = 100; digits(text, at, 1) >= 0; at++, scale /= 10)
      if (scale >= 1) fractionMs += scale * digits(text, at, 1);
    if (at === start) return null;
  }
  const offset = writtenOffset(text, at);
  if (offset === undefined) return null;
  const ms = date + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fractionMs;
  return { ms, precision: 'second', offsetMin: offset === 0 ? null : offset };
}

const coarser = (a: Precision, b: Precision): Precision =>
  PRECISIONS.indexOf(a) >= PRECISIONS.indexOf(b) ? a : b;

/** The event time of a row, or what is wrong with its times. */
export function eventTimeOf(row: TransactionInput, zones: ZoneOffsets): EventTime | TimeFault {
  const field =
    row.occurredAt !== undefined ? 'occurredAt' : row.postedAt !== undefined ? 'postedAt' : 'valueDate';
  const text = row[field];
  if (text === undefined) return { field: 'occurredAt', code: 'RAS-FEED-TIME-MISSING', value: '' };
  const moment = parseMoment(text);
  if (moment === null) return { field, code: 'RAS-FEED-TIME-INVALID', value: text };

  const place = actingPlace(row);
  const zoneOffset = place?.tz === undefined ? undefined : zones.at(place.tz, moment.ms);
  if (zoneOffset === null) {
    const index = place === undefined ? 0 : row.places?.indexOf(place);
    return { field: `places.${index}.tz`, code: 'RAS-FEED-ZONE-UNKNOWN', value: place?.tz ?? '' };
  }

  const found = field === 'postedAt' && moment.precision !== 'day' ? 'batch' : moment.precision;
  const stated = row.occurredPrecision;
  // A feed that states the precision of its posting times vouches for them; a date stays a date.
  const precision = stated === undefined ? found : coarser(stated, moment.precision);

  if (precision === 'day' || moment.precision === 'day') {
    const localMs = moment.ms + (moment.offsetMin ?? zoneOffset ?? 0) * MINUTE_MS;
    return {
      eventTime: moment.precision === 'day' ? moment.ms : Math.floor(localMs / DAY_MS) * DAY_MS,
      precision: precision === 'batch' ? 'batch' : 'day',
      localOffsetMin: null,
      offsetSource: null,
    };
  }
  return { eventTime: moment.ms, precision, ...offsetOf(row, moment.offsetMin, zoneOffset, place?.role) };
}

function offsetOf(
  row: TransactionInput,
  written: number | null,
  zoneOffset: number | undefined,
  role: string | undefined,
): Pick<EventTime, 'localOffsetMin' | 'offsetSource'> {
  const stated = row.offsetSource;
  const attributed = stated === 'terminal' || stated === 'branch' || stated === 'place';
  if (written !== null && (attributed || zoneOffset === undefined)) {
    return { localOffsetMin: written, offsetSource: stated ?? 'institution' };
  }
  if (zoneOffset === undefined) return { localOffsetMin: null, offsetSource: null };
  return {
    localOffsetMin: zoneOffset,
    offsetSource: role === 'terminal' || role === 'branch' ? role : 'place',
  };
}

export function isTimeFault(time: EventTime | TimeFault): time is TimeFault {
  return 'code' in time;
}
