/**
 * The reference amounts of a row without big integers: rates of one day as fractions of doubles, used where every step is
 * exact, and the reference data themselves everywhere else.
 */
import { divideHalfEven } from '../../../rules/reference/decimal.ts';
import type { Factor } from '../../../rules/reference/rates.ts';
import type { Reference } from '../../../rules/reference/reference.ts';
import type { WagePlace } from '../../../rules/reference/wages.ts';
import { jsonBytes } from './json-bytes.ts';

/** Days and places remembered before all are forgotten. */
const REMEMBERED_MAX = 8_192;
const MILLI = 1_000;

interface Fraction {
  readonly exact: Factor;
  /** The same in lowest terms; 0 where a double does not hold it. */
  readonly numerator: number;
  readonly denominator: number;
}

export interface DayRates {
  readonly usd: Fraction | null;
  readonly mxn: Fraction | null;
  readonly cad: Fraction | null;
  readonly rateId: string | null;
  readonly rateJson: Uint8Array;
}

export interface DayWage {
  readonly minor: number;
  readonly ccy: string;
  readonly tableJson: Uint8Array;
}

function fractionOf(factor: Factor | null): Fraction | null {
  if (factor === null) return null;
  let [a, b] = [factor.numerator, factor.denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  const [numerator, denominator] = [Number(factor.numerator / a), Number(factor.denominator / a)];
  const fits = Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator);
  return { exact: factor, numerator: fits ? numerator : 0, denominator };
}

/** `value * numerator / denominator` to the nearest integer, ties to the even one; all are safe integers >= 0, and so is the product. */
function scaled(product: number, denominator: number): number {
  let quotient = Math.floor(product / denominator);
  let rest = product - quotient * denominator;
  if (rest < 0) {
    quotient -= 1;
    rest += denominator;
  } else if (rest >= denominator) {
    quotient += 1;
    rest -= denominator;
  }
  const twice = 2 * rest;
  return twice > denominator || (twice === denominator && quotient % 2 === 1) ? quotient + 1 : quotient;
}

/** NaN where there is no rate, or the result is no safe integer. `minor` is a safe integer >= 0. */
export function convert(minor: number, by: Fraction | null): number {
  if (by === null) return Number.NaN;
  const { numerator, denominator } = by;
  if (numerator === denominator) return minor;
  const product = minor * numerator;
  // The product of floor and denominator stays exact as well.
  if (numerator > 0 && product + denominator <= Number.MAX_SAFE_INTEGER) return scaled(product, denominator);
  const exact = Number(divideHalfEven(BigInt(minor) * by.exact.numerator, by.exact.denominator));
  return Number.isSafeInteger(exact) ? exact : Number.NaN;
}

/** Thousandths of the wage; NaN where that is no safe integer. `inWageCcy` is a safe integer >= 0. */
export function overWage(inWageCcy: number, wage: DayWage): number {
  const product = inWageCcy * MILLI;
  if (product + wage.minor <= Number.MAX_SAFE_INTEGER) return scaled(product, wage.minor);
  const exact = Number(divideHalfEven(BigInt(inWageCcy) * BigInt(MILLI), BigInt(wage.minor)));
  return Number.isSafeInteger(exact) ? exact : Number.NaN;
}

/** Rates and wages by day. */
export class ReferenceDays {
  readonly #reference: Reference;
  readonly #rates = new Map<string, Map<number, DayRates>>();
  readonly #wages = new Map<string, Map<number, DayWage | null>>();

  constructor(reference: Reference) {
    this.#reference = reference;
  }

  rates(ccy: string, day: number): DayRates {
    const days = daysOf(this.#rates, ccy);
    let found = days.get(day);
    if (found === undefined) {
      const { usd, mxn, cad, rateId } = this.#reference.rates.factors(ccy, day);
      found = {
        usd: fractionOf(usd),
        mxn: fractionOf(mxn),
        cad: fractionOf(cad),
        rateId,
        rateJson: jsonBytes(rateId),
      };
      remember(days, day, found);
    }
    return found;
  }

  wage(place: WagePlace, day: number): DayWage | null {
    const { country = '', admin1 = '', municipalityCode = '' } = place;
    if (country === '') return null;
    const days = daysOf(this.#wages, `${country}\0${admin1}\0${municipalityCode}`);
    let found = days.get(day);
    if (found === undefined) {
      const wage = this.#reference.wages.at(place, day);
      found =
        wage === null ? null : { minor: Number(wage.minor), ccy: wage.ccy, tableJson: jsonBytes(wage.table) };
      remember(days, day, found);
    }
    return found;
  }
}

function daysOf<T>(all: Map<string, Map<number, T>>, key: string): Map<number, T> {
  let days = all.get(key);
  if (days === undefined) {
    if (all.size >= REMEMBERED_MAX) all.clear();
    days = new Map();
    all.set(key, days);
  }
  return days;
}

function remember<T>(days: Map<number, T>, day: number, value: T): void {
  if (days.size >= REMEMBERED_MAX) days.clear();
  days.set(day, value);
}
