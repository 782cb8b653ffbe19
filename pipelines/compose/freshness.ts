/**
 * How much a signal still weighs after whole days: floor(1000 · 2^(-days / halfLife)), as exact integers.
 *
 * The value for d days is the largest integer m with m^h · 2^d <= 1000^h, h the half-life in days. Integer arithmetic
 * alone decides it, so that no two machines can differ by a rounding of `Math.pow`.
 */
export const DAY_MS = 86_400_000;

/** Freshness in thousandths for 0..maxDays days, `halfLifeDays` >= 1. */
export function freshnessTable(halfLifeDays: number, maxDays: number): readonly number[] {
  const power = BigInt(halfLifeDays);
  const full = 1000n ** power;
  const table: number[] = [];
  let milli = 1000n;
  for (let day = 0; day <= maxDays; day++) {
    while (milli > 0n && (milli ** power) << BigInt(day) > full) milli--;
    table.push(Number(milli));
  }
  return table;
}
