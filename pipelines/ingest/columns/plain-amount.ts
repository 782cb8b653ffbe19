/** Amounts as nearly all are written: digits and at most the currency's decimals. */

const ZERO = 48;
const POINT = 46;
/** Digits that a double holds whatever they are. */
const EXACT_DIGITS = 15;

/** Minor units of `text`; -1 where `schemas/money.ts` is to read it. `exponent`: decimals of the currency. */
export function plainMinor(text: string, exponent: number): number {
  const size = text.length;
  let value = 0;
  let digits = 0;
  let point = -1;
  for (let i = 0; i < size; i++) {
    const code = text.charCodeAt(i);
    if (code === POINT && point === -1 && i > 0) {
      point = i;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    digits++;
  }
  const decimals = point === -1 ? 0 : size - point - 1;
  if (digits === 0 || (point !== -1 && decimals === 0) || decimals > exponent) return -1;
  if (digits + exponent - decimals > EXACT_DIGITS) return -1;
  for (let i = decimals; i < exponent; i++) value *= 10;
  return value;
}
