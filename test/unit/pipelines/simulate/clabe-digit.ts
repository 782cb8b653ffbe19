/** The check digit of a CLABE by its published rule: weights 3, 7, 1, each product modulo ten. */
export function clabeCheckDigit(clabe: string): string {
  const weights = [3, 7, 1];
  const sum = [...clabe.slice(0, 17)].reduce(
    (total, digit, i) => total + ((Number(digit) * weights[i % 3]!) % 10),
    0,
  );
  return String((10 - (sum % 10)) % 10);
}
