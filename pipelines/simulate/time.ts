/**
 * Days, zones and local times, by integer arithmetic. A day is days since 1970-01-01; a moment is UTC milliseconds.
 *
 * Every zone of the simulated world follows the daylight-saving rule of the United States, that of the European Union,
 * or none, so two rules replace a zone database in the inner loop; a test compares them with the platform's database.
 */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export interface Zone {
  /** IANA name. */
  readonly name: string;
  /** Standard offset from UTC in minutes. */
  readonly baseMin: number;
  readonly dst: 'us' | 'eu' | 'none';
}

const zone = (name: string, baseMin: number, dst: Zone['dst']): Zone => ({ name, baseMin, dst });

/** Mexico ended daylight saving in 2022 except in border municipalities, which follow the United States. */
export const ZONES = {
  newYork: zone('America/New_York', -300, 'us'),
  chicago: zone('America/Chicago', -360, 'us'),
  denver: zone('America/Denver', -420, 'us'),
  phoenix: zone('America/Phoenix', -420, 'none'),
  losAngeles: zone('America/Los_Angeles', -480, 'us'),
  toronto: zone('America/Toronto', -300, 'us'),
  winnipeg: zone('America/Winnipeg', -360, 'us'),
  vancouver: zone('America/Vancouver', -480, 'us'),
  mexicoCity: zone('America/Mexico_City', -360, 'none'),
  cancun: zone('America/Cancun', -300, 'none'),
  hermosillo: zone('America/Hermosillo', -420, 'none'),
  mazatlan: zone('America/Mazatlan', -420, 'none'),
  tijuana: zone('America/Tijuana', -480, 'us'),
  ciudadJuarez: zone('America/Ciudad_Juarez', -420, 'us'),
  matamoros: zone('America/Matamoros', -360, 'us'),
  manila: zone('Asia/Manila', 480, 'none'),
  london: zone('Europe/London', 0, 'eu'),
  berlin: zone('Europe/Berlin', 60, 'eu'),
} as const satisfies Readonly<Record<string, Zone>>;

/** Sunday is 0. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** Gregorian year, month (1..12) and day of month. */
export function civilOf(day: number): { year: number; month: number; dayOfMonth: number } {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, dayOfMonth: date.getUTCDate() };
}

export function dayOf(year: number, month: number, dayOfMonth: number): number {
  return Math.floor(Date.UTC(year, month - 1, dayOfMonth) / DAY_MS);
}

/** `YYYY-MM-DD` to a day; NaN when it is not a date. */
export function parseDay(text: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / DAY_MS : Number.NaN;
}

const TWO = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));

export function dateText(day: number): string {
  const { year, month, dayOfMonth } = civilOf(day);
  return `${year}-${TWO[month]}-${TWO[dayOfMonth]}`;
}

export function lastDayOfMonth(year: number, month: number): number {
  return dayOf(year, month + 1, 1) - 1;
}

/** Easter Sunday (Gregorian computus). */
export function easterOf(year: number): number {
  const century = Math.floor(year / 100);
  const golden = year % 19;
  const correction =
    century - Math.floor(century / 4) - Math.floor((8 * century + 13) / 25) + 19 * golden + 15;
  let epact = correction % 30;
  epact -= Math.floor(epact / 28) * (1 - Math.floor(29 / (epact + 1)) * Math.floor((21 - golden) / 11));
  const full = (year + Math.floor(year / 4) + epact + 2 - century + Math.floor(century / 4)) % 7;
  const shift = epact - full;
  const month = 3 + Math.floor((shift + 40) / 44);
  return dayOf(year, month, shift + 28 - 31 * Math.floor(month / 4));
}

/** The day itself when it is Monday to Friday and neither Christmas nor New Year, else the nearest such day before it. */
export function businessDayBefore(day: number): number {
  let d = day;
  for (;;) {
    const weekday = weekdayOf(d);
    const { month, dayOfMonth } = civilOf(d);
    const holiday = (month === 12 && dayOfMonth === 25) || (month === 1 && dayOfMonth === 1);
    if (weekday !== 0 && weekday !== 6 && !holiday) return d;
    d--;
  }
}

const sundayFrom = (day: number): number => day + ((7 - weekdayOf(day)) % 7);

interface Summer {
  /** First and last moments in minutes; local standard time for `us`, UTC for `eu`. */
  readonly from: number;
  readonly to: number;
}

const summers = new Map<string, Summer>();

/** Bounded by the years a simulation spans. */
function summerOf(rule: 'us' | 'eu', year: number): Summer {
  const key = `${rule}${year}`;
  let summer = summers.get(key);
  if (summer === undefined) {
    summer =
      rule === 'us'
        ? {
            from: (sundayFrom(dayOf(year, 3, 1)) + 7) * 1_440 + 120,
            to: sundayFrom(dayOf(year, 11, 1)) * 1_440 + 60,
          }
        : {
            from: sundayFrom(dayOf(year, 3, 25)) * 1_440 + 60,
            to: sundayFrom(dayOf(year, 10, 25)) * 1_440 + 60,
          };
    summers.set(key, summer);
  }
  return summer;
}

/** Offset from UTC in minutes at a moment. */
export function offsetMin(at: Zone, momentMs: number): number {
  if (at.dst === 'none') return at.baseMin;
  const utcMin = momentMs / MINUTE_MS;
  const clock = at.dst === 'us' ? utcMin + at.baseMin : utcMin;
  const summer = summerOf(at.dst, civilOf(Math.floor(clock / 1_440)).year);
  return clock >= summer.from && clock < summer.to ? at.baseMin + 60 : at.baseMin;
}

/** The moment of a local wall time; minutes of the day may run past 1440 into the following night. */
export function momentOf(at: Zone, day: number, minuteOfDay: number): number {
  const local = day * 1_440 + minuteOfDay;
  const summerGuess = Math.round((local - at.baseMin - 60) * MINUTE_MS);
  if (at.dst !== 'none' && offsetMin(at, summerGuess) !== at.baseMin) return summerGuess;
  return Math.round((local - at.baseMin) * MINUTE_MS);
}

/** Local calendar day of a moment. */
export function localDay(at: Zone, momentMs: number): number {
  return Math.floor((momentMs + offsetMin(at, momentMs) * MINUTE_MS) / DAY_MS);
}

/** RFC 3339 with the local offset, to the second or (`minute`) with seconds zero. */
export function isoText(at: Zone, momentMs: number, toMinute = false): string {
  const offset = offsetMin(at, momentMs);
  const local = momentMs + offset * MINUTE_MS;
  const day = Math.floor(local / DAY_MS);
  const second = Math.floor((local - day * DAY_MS) / 1_000);
  const size = Math.abs(offset);
  const seconds = toMinute ? '00' : TWO[second % 60];
  return `${dateText(day)}T${TWO[Math.floor(second / 3_600)]}:${TWO[Math.floor(second / 60) % 60]}:${seconds}${offset < 0 ? '-' : '+'}${TWO[Math.floor(size / 60)]}:${TWO[size % 60]}`;
}
