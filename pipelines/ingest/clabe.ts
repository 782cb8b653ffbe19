/** CLABE, Mexico's standardised bank key: 3 digits bank, 3 plaza, 11 account, 1 check digit (Banxico, weights 3-7-1). */

const WEIGHTS = [3, 7, 1] as const;

/** Check digit of the first 17 digits. */
export function clabeCheckDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += ((digits.charCodeAt(i) - 48) * (WEIGHTS[i % 3] as number)) % 10;
  return (10 - (sum % 10)) % 10;
}

/** Eighteen digits whose last one is the check digit of the others. */
export function isClabe(text: string): boolean {
  return /^\d{18}$/.test(text) && clabeCheckDigit(text) === text.charCodeAt(17) - 48;
}
