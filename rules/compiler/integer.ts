/**
 * Exact integers that are plain numbers while they are safe, and one correctly rounded quotient.
 *
 * An `Int` is a `number` when |x| <= 2^53 - 1 and a `bigint` otherwise, so equal ints are identical (`===`) unless
 * both are bigints, where `===` compares values as well. JavaScript compares a number with a bigint exactly.
 */
import type { Int } from './checked-rule.ts';

/** Largest magnitude of an int; beyond it a result is unknown (SEMANTICS §3). */
export const INT_MAX = 2n ** 63n - 1n;

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** The one form of an integer. */
export function toInt(value: bigint): Int {
  return value <= SAFE_MAX && value >= -SAFE_MAX ? Number(value) : value;
}

/** The integer, or null beyond ±(2^63 - 1). */
export function bounded(value: Int): Int | null {
  if (typeof value === 'number') return value;
  return value > INT_MAX || value < -INT_MAX ? null : value;
}

/** Exact sum, not bounded. */
export function add(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toInt(BigInt(a) + BigInt(b));
}

/** Exact difference, not bounded. */
export function subtract(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return toInt(BigInt(a) - BigInt(b));
}

/** Exact product, not bounded. */
export function multiply(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // -0 is not an integer of its own.
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  }
  return toInt(BigInt(a) * BigInt(b));
}

/** The quotient rounded towards minus infinity; the divisor is positive. */
export function floorDivide(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const quotient = Math.floor(a / b);
    // The division rounds: where it reached the next integer, the product shows it. -0 is not an integer of its own.
    return (quotient * b > a ? quotient - 1 : quotient) + 0;
  }
  const dividend = BigInt(a);
  const divisor = BigInt(b);
  const quotient = dividend / divisor;
  return toInt(dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient);
}

/** Bits that a scaled quotient keeps: more than the 53 of a double, so that a sticky last bit settles every tie. */
const QUOTIENT_BITS = 64;

/** The double nearest to a / b, ties to even; null if b is 0. */
export function ratio(a: Int, b: Int): number | null {
  if (typeof a === 'number' && typeof b === 'number') {
    // IEEE division of two exact operands is correctly rounded; +0 for a zero of either sign.
    return b === 0 ? null : a / b + 0;
  }
  if (b === 0) return null;
  let dividend = BigInt(a);
  let divisor = BigInt(b);
  if (dividend === 0n) return 0;
  const negative = dividend < 0n !== divisor < 0n;
  if (dividend < 0n) dividend = -dividend;
  if (divisor < 0n) divisor = -divisor;
  const shift = Math.max(0, QUOTIENT_BITS + bitLength(divisor) - bitLength(dividend));
  const scaled = dividend << BigInt(shift);
  let quotient = scaled / divisor;
  if (quotient * divisor !== scaled) quotient |= 1n;
  const value = Number(quotient) * 2 ** -shift;
  return negative ? -value : value;
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** Ascending order of ints. */
export function compareInts(a: Int, b: Int): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
