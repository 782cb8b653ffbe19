/**
 * Exchange rates: the amounts of a row in US dollars, Mexican pesos and Canadian dollars, as integers.
 *
 * The rate is the last one at or before the value date and at most seven days old, else the amount is unknown. Both legs of
 * a cross rate must satisfy that. Conversion is exact integer arithmetic on the decimal digits of the table with one
 * half-even rounding to the target's minor unit; an amount in the target currency itself needs no rate.
 */
import { exponentOf } from '../../schemas/money.ts';
import type { RateFile } from '../../schemas/reference.ts';
import { civilDay, dateOfDay, lastAtOrBefore } from './civil-day.ts';
import { type Decimal, decimal, divideHalfEven } from './decimal.ts';

/** Oldest rate that still counts, in days before the value date. */
export const RATE_AGE_DAYS_MAX = 7;
/** Days of one currency whose conversion factors are remembered. */
const CACHED_DAYS_MAX = 4_096;

export interface Converted {
  readonly usdMinor: number | null;
  readonly mxnMinor: number | null;
  readonly cadMinor: number | null;
  /** `<table>@<date>` of the newest rate used; null where none was. */
  readonly rateId: string | null;
}

export interface Rates {
  readonly id: string;
  readonly official: boolean;
  /** `minor` units of `ccy` on `day` (days since 1970). An unknown currency converts to nothing. */
  convert(minor: bigint, ccy: string, day: number): Converted;
  /** What `convert` multiplies by, for whom converts many amounts of one day. */
  factors(ccy: string, day: number): Factors;
}

interface Series {
  readonly days: number[];
  readonly quotes: Decimal[];
}

/** What minor units are multiplied by, as a fraction. */
export interface Factor {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The factors of one currency on one day; null where there is no rate. */
export interface Factors {
  readonly usd: Factor | null;
  readonly mxn: Factor | null;
  readonly cad: Factor | null;
  readonly rateId: string | null;
}

const ONE: Factor = { numerator: 1n, denominator: 1n };
const BASE: Decimal = { digits: 1n, scale: 0 };

function seriesOf(file: RateFile): Map<string, Series> {
  const series = new Map(file.currencies.map((ccy): [string, Series] => [ccy, { days: [], quotes: [] }]));
  for (const date of Object.keys(file.rates).sort()) {
    const row = file.rates[date] as (string | null)[];
    file.currencies.forEach((ccy, column) => {
      const quote = row[column];
      if (quote === null || quote === undefined) return;
      series.get(ccy)?.days.push(civilDay(date) as number);
      series.get(ccy)?.quotes.push(decimal(quote));
    });
  }
  return series;
}

/** Builds the lookup over one table. */
export function createRates(file: RateFile): Rates {
  const series = seriesOf(file);
  const cache = new Map<string, Map<number, Factors>>();

  function quoteOn(ccy: string, day: number): { quote: Decimal; day: number } | null {
    if (ccy === file.base) return { quote: BASE, day: Number.NEGATIVE_INFINITY };
    const own = series.get(ccy);
    if (own === undefined) return null;
    const index = lastAtOrBefore(own.days, day);
    const found = own.days[index];
    if (found === undefined || day - found > RATE_AGE_DAYS_MAX) return null;
    return { quote: own.quotes[index] as Decimal, day: found };
  }

  function factorsOn(ccy: string, day: number): Factors {
    let used = Number.NEGATIVE_INFINITY;
    const exponentIn = exponentOf(ccy);
    const quoteIn = exponentIn === null ? null : quoteOn(ccy, day);
    const factor = (target: string): Factor | null => {
      if (ccy === target) return ONE;
      const quoteOut = quoteOn(target, day);
      if (exponentIn === null || quoteIn === null || quoteOut === null) return null;
      used = Math.max(used, quoteIn.day, quoteOut.day);
      const exponentOut = exponentOf(target) as number;
      return {
        numerator: quoteOut.quote.digits * 10n ** BigInt(exponentOut + quoteIn.quote.scale),
        denominator: quoteIn.quote.digits * 10n ** BigInt(exponentIn + quoteOut.quote.scale),
      };
    };
    const factors = { usd: factor('USD'), mxn: factor('MXN'), cad: factor('CAD') };
    return { ...factors, rateId: Number.isFinite(used) ? `${file.id}@${dateOfDay(used)}` : null };
  }

  function remembered(ccy: string, day: number): Factors {
    const days = cache.get(ccy) ?? new Map<number, Factors>();
    if (days.size === 0) cache.set(ccy, days);
    let factors = days.get(day);
    if (factors === undefined) {
      if (days.size >= CACHED_DAYS_MAX) days.clear();
      factors = factorsOn(ccy, day);
      days.set(day, factors);
    }
    return factors;
  }

  return {
    id: file.id,
    official: file.official,
    factors: remembered,
    convert(minor, ccy, day) {
      const factors = remembered(ccy, day);
      return {
        usdMinor: scale(minor, factors.usd),
        mxnMinor: scale(minor, factors.mxn),
        cadMinor: scale(minor, factors.cad),
        rateId: factors.rateId,
      };
    },
  };
}

/** The amount times the factor; null where there is none, or where the result is no exact integer of the language. */
function scale(minor: bigint, factor: Factor | null): number | null {
  if (factor === null) return null;
  const result = factor === ONE ? minor : divideHalfEven(minor * factor.numerator, factor.denominator);
  const value = Number(result);
  return Number.isSafeInteger(value) ? value : null;
}
