import { describe, expect, it } from 'vitest';
import { freshnessTable } from '../../../../pipelines/compose/freshness.ts';

/** floor(1000 · 2^(-days/halfLife)) by 2^(-days/halfLife) = 2^-n · r^(1/h), r = 2^-m, to 60 decimal digits: an h-th root by Newton. */
function highPrecision(days: number, halfLife: number): number {
  const digits = 60n;
  const scale = 10n ** digits;
  const h = BigInt(halfLife);
  const target = scale ** h / 2n ** BigInt(days);
  let x = scale;
  for (;;) {
    const next = ((h - 1n) * x + target / x ** (h - 1n)) / h;
    if (next >= x) break;
    x = next;
  }
  // The root is cut, never rounded up: where the true value is a whole number of thousandths, look one digit further.
  const exact = (x + 1n) ** h === target ? x + 1n : x;
  return Number((1000n * exact) / scale);
}

describe('freshness', () => {
  it('halves after each half-life', () => {
    const table = freshnessTable(30, 120);
    expect([table[0], table[30], table[60], table[90], table[120]]).toEqual([1000, 500, 250, 125, 62]);
  });

  it('has the values of a table worked out by hand', () => {
    // 2^(-1/30) = 0.97716, 2^(-7/30) = 0.85066, 2^(-29/30) = 0.51169
    const table = freshnessTable(30, 30);
    expect([table[1], table[7], table[29]]).toEqual([977, 850, 511]);
  });

  it.each([1, 7, 30])('agrees with 60 digits for a half-life of %i days', (halfLife) => {
    const days = 400;
    const table = freshnessTable(halfLife, days);
    expect(table).toHaveLength(days + 1);
    for (let day = 0; day <= days; day++)
      expect(`${day}:${table[day]}`).toBe(`${day}:${highPrecision(day, halfLife)}`);
  });

  it('reaches zero and stays there', () => {
    const table = freshnessTable(1, 12);
    expect(table.slice(9)).toEqual([1, 0, 0, 0]);
  });
});
