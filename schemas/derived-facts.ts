/** Facts that follow from others of the same row: no block carries them, and whoever reads one works them out. */
import { type FactColumns, SMALL_NULL, TEXT_NULL } from './facts.ts';
import { exponentOf } from './money.ts';

export const DERIVED_FACTS = ['weekday', 'localMonth', 'roundTo'] as const;

const ROUND_UNITS = [1_000, 500, 100, 50, 25, 20, 10, 5, 1] as const;

/** 0 Monday .. 6 Sunday of a day number (days since 1970-01-01, a Thursday). */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** 1..12 of a day number. */
export function monthOfDay(day: number): number {
  return new Date(day * 86_400_000).getUTCMonth() + 1;
}

/** The largest round number of major units that divides an amount in minor units; 0 where none does, or for nothing. */
export function roundToOf(minor: number | bigint, ccy: string): number {
  const exponent = exponentOf(ccy);
  if (exponent === null) return 0;
  if (typeof minor === 'number') {
    const unit = 10 ** exponent;
    if (minor === 0 || minor % unit !== 0) return 0;
    const major = minor / unit;
    for (const round of ROUND_UNITS) if (major % round === 0) return round;
    return 0;
  }
  const unit = 10n ** BigInt(exponent);
  if (minor === 0n || minor % unit !== 0n) return 0;
  const major = minor / unit;
  return ROUND_UNITS.find((round) => major % BigInt(round) === 0n) ?? 0;
}

export type DerivedFrom = Pick<FactColumns, 'localDay' | 'amount' | 'ccy'>;

/** The columns of `DERIVED_FACTS`; `wide`: amounts beyond what `amount` holds, by row. */
export function derivedFacts(
  { localDay, amount, ccy }: DerivedFrom,
  wide: ReadonlyMap<number, bigint>,
  rows: number,
  texts: { text(id: number): string },
): Pick<FactColumns, (typeof DERIVED_FACTS)[number]> {
  const weekday = new Int32Array(rows);
  const localMonth = new Int32Array(rows);
  const roundTo = new Int32Array(rows);
  // Rows of a block are of few days and currencies.
  let [lastDay, lastWeekday, lastMonth] = [SMALL_NULL, SMALL_NULL, SMALL_NULL];
  let [lastCcy, code] = [TEXT_NULL, ''];
  for (let row = 0; row < rows; row++) {
    const day = localDay[row] as number;
    if (day !== lastDay) {
      lastDay = day;
      lastWeekday = day === SMALL_NULL ? SMALL_NULL : weekdayOf(day);
      lastMonth = day === SMALL_NULL ? SMALL_NULL : monthOfDay(day);
    }
    weekday[row] = lastWeekday;
    localMonth[row] = lastMonth;
    if (ccy[row] !== lastCcy) {
      lastCcy = ccy[row] as number;
      code = lastCcy === TEXT_NULL ? '' : texts.text(lastCcy);
    }
    const minor = amount[row] as number;
    roundTo[row] = roundToOf(Number.isNaN(minor) ? (wide.get(row) ?? 0n) : minor, code);
  }
  return { weekday, localMonth, roundTo };
}
