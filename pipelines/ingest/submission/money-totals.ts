/** Exact sums of settled amounts by currency: what a bank compares with its own books. */
import { formatMinor, parseAmount } from '../../../schemas/money.ts';
import type { ControlTotal } from '../control-totals.ts';

/** A sum of doubles stays below it, and so exact. */
const EXACT_MAX = 2 ** 52;

interface Sum {
  rows: number;
  exact: bigint;
  /** Of what was added since `exact`. */
  small: number;
}

export class MoneyTotals {
  readonly #sums = new Map<string, Sum>();

  /** `minor`: a bigint, or a safe integer. */
  add(ccy: string, minor: number | bigint, rows = 1): void {
    const sum = this.#sums.get(ccy) ?? { rows: 0, exact: 0n, small: 0 };
    this.#sums.set(ccy, sum);
    sum.rows += rows;
    if (typeof minor === 'bigint') sum.exact += minor;
    else if (Math.abs(sum.small) + Math.abs(minor) < EXACT_MAX) sum.small += minor;
    else {
      sum.exact += BigInt(sum.small) + BigInt(minor);
      sum.small = 0;
    }
  }

  /** Adds what `totals` once gave. */
  addTotals(totals: readonly ControlTotal[]): void {
    for (const { ccy, rows, amount } of totals) {
      const parsed = parseAmount(amount, ccy);
      if (!parsed.ok) throw new Error(`no amount of ${ccy}: ${amount}`);
      this.add(ccy, parsed.minor, rows);
    }
  }

  totals(): ControlTotal[] {
    return [...this.#sums]
      .map(([ccy, { rows, exact, small }]) => ({
        ccy,
        rows,
        amount: formatMinor(exact + BigInt(small), ccy),
      }))
      .sort((a, b) => (a.ccy < b.ccy ? -1 : 1));
  }
}
