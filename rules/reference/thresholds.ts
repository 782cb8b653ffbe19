/**
 * Statutory thresholds as of an event. A period begins and ends at midnight of the jurisdiction's capital; only periods
 * in force are evaluated, so that a proposed or doubtful amount never fires anything.
 */
import { IANAZone } from 'luxon';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Threshold, ThresholdFile } from '../../schemas/thresholds.ts';
import { civilDay, DAY_MS, lastAtOrBefore } from './civil-day.ts';
import { decimal, divideHalfEven } from './decimal.ts';

/** A threshold's value in minor units of `ccy`. */
export interface ThresholdValue {
  readonly minor: number;
  readonly ccy: 'USD' | 'MXN' | 'CAD';
  readonly op: 'gt' | 'ge';
  /** Upper end, where the law names a band. */
  readonly upTo?: { readonly minor: number; readonly op: 'lt' | 'le' };
}

export interface Thresholds {
  readonly ids: readonly string[];
  /** The whole entry: title, duty, aggregation, periods with their sources. */
  get(id: string): Threshold | undefined;
  /**
   * The value in force at an event time; null where no period was in force, where the law names no amount, or where the
   * unit has no table. Throws a RangeError on an unknown id.
   */
  at(id: string, eventTimeMs: number): ThresholdValue | null;
  /** Least and most, in minor units, that `at` gives at any time; undefined where it never gives a value, and of an unknown id. */
  range(id: string): { readonly least: number; readonly most: number } | undefined;
}

interface Entry {
  readonly file: ThresholdFile;
  readonly threshold: Threshold;
}

const CURRENCY_OF = { US: 'USD', MX: 'MXN', CA: 'CAD' } as const;
const CENT_SCALE = 2;
/** Days whose values are kept, of each threshold; quarters of an hour whose offset is kept, of each zone. */
const DAYS_KEPT = 4_096;
const QUARTERS_KEPT = 65_536;
/** Offsets change on the quarter hour at the earliest. */
const QUARTER_MS = 900_000;

export function createThresholds(files: readonly ThresholdFile[]): Thresholds {
  const entries = new Map<string, Entry>();
  for (const file of files) {
    for (const threshold of file.thresholds) {
      if (entries.has(threshold.id)) throw invalid(file, `${threshold.id} is there twice`);
      checkPeriods(file, threshold);
      entries.set(threshold.id, { file, threshold });
    }
  }
  /** Values by id and legal day: rules ask as of every event, and there are few days. */
  const known = new Map<string, Map<number, ThresholdValue | null>>();

  function valueOn({ file, threshold }: Entry, day: number): ThresholdValue | null {
    const period = threshold.periods.find(
      (each) =>
        each.status === 'in_force' &&
        day >= dayOf(each.from) &&
        (each.to === undefined || day <= dayOf(each.to)),
    );
    if (period === undefined || period.value === null) return null;
    const ccy =
      threshold.unit === 'UMA' || threshold.unit === 'UDI' ? CURRENCY_OF[file.jurisdiction] : threshold.unit;
    const minor = amountOn(file, threshold.unit, period.value, day);
    if (minor === null) return null;
    if (period.upTo === undefined) return { minor, ccy, op: period.op };
    const upper = amountOn(file, threshold.unit, period.upTo.value, day);
    return upper === null ? null : { minor, ccy, op: period.op, upTo: { minor: upper, op: period.upTo.op } };
  }

  return {
    ids: [...entries.keys()].sort(),
    get: (id) => entries.get(id)?.threshold,
    at(id, eventTimeMs) {
      const entry = entries.get(id);
      if (entry === undefined) throw new RangeError(`no threshold ${id}`);
      const day = legalDay(entry.file, eventTimeMs);
      const days = known.get(id) ?? new Map<number, ThresholdValue | null>();
      known.set(id, days);
      let value = days.get(day);
      if (value === undefined) {
        value = valueOn(entry, day);
        if (days.size >= DAYS_KEPT) days.clear();
        days.set(day, value);
      }
      return value;
    },
    range(id) {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      const values = daysOfChange(entry).flatMap((day) => valueOn(entry, day)?.minor ?? []);
      return values.length === 0 ? undefined : { least: Math.min(...values), most: Math.max(...values) };
    },
  };
}

/** Days on which the value may become another one. */
function daysOfChange({ file, threshold }: Entry): number[] {
  const table =
    threshold.unit === 'UMA' || threshold.unit === 'UDI' ? file.units?.[threshold.unit] : undefined;
  return [...threshold.periods, ...(table ?? [])].map(({ from }) => dayOf(from));
}

const dayOf = (date: string): number => civilDay(date) as number;

const offsets = new Map<string, Map<number, number>>();

/** Offset of a zone; asking the zone database is dear. */
function offsetOf(timeZone: string, timeMs: number): number {
  const known = offsets.get(timeZone) ?? new Map<number, number>();
  offsets.set(timeZone, known);
  const quarter = Math.floor(timeMs / QUARTER_MS);
  let offsetMin = known.get(quarter);
  if (offsetMin === undefined) {
    offsetMin = IANAZone.create(timeZone).offset(quarter * QUARTER_MS);
    if (known.size >= QUARTERS_KEPT) known.clear();
    known.set(quarter, offsetMin);
  }
  return offsetMin;
}

/** The calendar day in the legal time of the capital. */
function legalDay(file: ThresholdFile, timeMs: number): number {
  const offsetMin = offsetOf(file.timeZone, timeMs);
  return Math.floor((timeMs + offsetMin * 60_000) / DAY_MS);
}

function amountOn(file: ThresholdFile, unit: Threshold['unit'], value: string, day: number): number | null {
  const own = decimal(value);
  let { digits, scale } = own;
  if (unit === 'UMA' || unit === 'UDI') {
    const table = file.units?.[unit];
    const index = lastAtOrBefore(table?.map((row) => dayOf(row.from)) ?? [], day);
    const row = table?.[index];
    if (row === undefined) return null;
    const daily = decimal(row.daily);
    digits *= daily.digits;
    scale += daily.scale;
  }
  return Number(divideHalfEven(digits * 10n ** BigInt(CENT_SCALE), 10n ** BigInt(scale)));
}

/** Periods in force of one threshold must not overlap, and tables must ascend: a day has one value. */
function checkPeriods(file: ThresholdFile, threshold: Threshold): void {
  let end = Number.NEGATIVE_INFINITY;
  for (const period of threshold.periods.filter((each) => each.status === 'in_force')) {
    if (dayOf(period.from) <= end)
      throw invalid(file, `${threshold.id}: periods in force overlap at ${period.from}`);
    end = period.to === undefined ? Number.POSITIVE_INFINITY : dayOf(period.to);
    if (end < dayOf(period.from)) throw invalid(file, `${threshold.id}: a period ends before it begins`);
  }
  for (const [unit, table] of Object.entries(file.units ?? {})) {
    const days = table.map((row) => dayOf(row.from));
    if (days.some((day, i) => i > 0 && day <= (days[i - 1] as number)))
      throw invalid(file, `${unit} does not ascend`);
  }
}

function invalid(file: ThresholdFile, detail: string): RastroError {
  return new RastroError('RAS-RULES-REFERENCE-INVALID', { file: file.id, detail });
}
