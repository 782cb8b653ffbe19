/**
 * Money: a decimal string at the edge, an integer number of minor units inside.
 *
 * Nothing is ever rounded on the way in. `12.30` fits a currency of two decimals, and so does `12.300`: digits beyond
 * the exponent are accepted only where they are zeros, because banks pad. `12.305` is rejected. A negative zero is zero.
 * Thousands separators and exponents are not numbers here; a mapping resolves them before.
 */
import { CURRENCIES } from './currencies.ts';
import { LIMITS } from './identity.ts';

/** Largest fiat amount, in minor units: what an exact JavaScript integer holds. */
export const FIAT_MINOR_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** Largest amount of a virtual asset, in base units: what the store's Int256 holds. */
export const VIRTUAL_MINOR_MAX = 2n ** 255n - 1n;

export type AmountFault =
  | 'RAS-FEED-AMOUNT-FORMAT'
  | 'RAS-FEED-AMOUNT-PRECISION'
  | 'RAS-FEED-AMOUNT-RANGE'
  | 'RAS-FEED-CURRENCY-UNKNOWN';

export type ParsedAmount =
  | { readonly ok: true; readonly minor: bigint }
  | { readonly ok: false; readonly code: AmountFault };

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
/** Digits that a double and an int64 both hold without a check. */
const SHORT_DIGITS = 15;

const fault = (code: AmountFault): ParsedAmount => ({ ok: false, code });

/** Decimals of the smallest unit of `ccy`, or null where the code is unknown. */
export function exponentOf(ccy: string): number | null {
  return CURRENCIES.get(ccy)?.exponent ?? null;
}

/**
 * Reads a plain decimal string (`-?\d+(\.\d+)?`) as minor units of `ccy`.
 * Refuses, never rounds: unknown currency, other characters, more significant decimals than the currency has, and
 * amounts beyond `FIAT_MINOR_MAX` (or `VIRTUAL_MINOR_MAX`).
 */
export function parseAmount(amount: string, ccy: string): ParsedAmount {
  const facts = CURRENCIES.get(ccy);
  if (facts === undefined) return fault('RAS-FEED-CURRENCY-UNKNOWN');
  if (amount.length > LIMITS.AMOUNT_DIGITS) return fault('RAS-FEED-AMOUNT-RANGE');
  const match = DECIMAL.exec(amount);
  if (match === null) return fault('RAS-FEED-AMOUNT-FORMAT');
  const [, sign, whole, decimals = ''] = match;
  const { exponent } = facts;
  for (let i = exponent; i < decimals.length; i++) {
    if (decimals.charCodeAt(i) !== 48) return fault('RAS-FEED-AMOUNT-PRECISION');
  }
  const digits = whole + decimals.slice(0, exponent).padEnd(exponent, '0');
  const size = digits.length <= SHORT_DIGITS ? BigInt(Number(digits)) : BigInt(digits);
  if (size > (facts.class === 'virtual' ? VIRTUAL_MINOR_MAX : FIAT_MINOR_MAX)) {
    return fault('RAS-FEED-AMOUNT-RANGE');
  }
  return { ok: true, minor: sign === '-' ? -size : size };
}

/** Writes minor units of `ccy` as a decimal string with all its decimals. Throws a TypeError on an unknown currency. */
export function formatMinor(minor: bigint, ccy: string): string {
  const exponent = exponentOf(ccy);
  if (exponent === null) throw new TypeError(`unknown currency ${ccy}`);
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
