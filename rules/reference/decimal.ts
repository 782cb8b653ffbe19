/** Exact decimal fractions for rates and legal units: integers over powers of ten, one rounding at the end. */

/** A decimal string as `digits / 10^scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Reads `\d+(\.\d+)?`. Throws a SyntaxError on anything else. */
export function decimal(value: string): Decimal {
  const [whole = '', fraction = ''] = value.split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

/**
 * `numerator / denominator` rounded to the nearest integer, ties to the even one (IEEE 754 roundTiesToEven, the rule of
 * financial conversions that adds no bias). The denominator must be positive.
 */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  if (rest === 0n) return quotient;
  const twice = rest < 0n ? -2n * rest : 2n * rest;
  const away = twice > denominator || (twice === denominator && quotient % 2n !== 0n);
  if (!away) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
}
