/** Exact sums of settled amounts by currency: what a bank compares with its own books before anything else. */
import { exponentOf, formatMinor, parseAmount } from '../../schemas/money.ts';

export interface ControlTotal {
  readonly ccy: string;
  readonly rows: number;
  /** Decimal string with all decimals of the currency. */
  readonly amount: string;
}

/** Characters of an amount that a double reads without loss, point included. */
const SHORT_CHARS = 15;
/** A partial sum stays far below 2^53 and is moved to the exact one before it could pass it. */
const FLUSH_AT = 2 ** 52;

interface Sum {
  rows: number;
  exact: bigint;
  /** Integer minor units, exact as a double. */
  partial: number;
  readonly scale: number;
}

export class ControlTotals {
  readonly #sums = new Map<string, Sum>();

  /** The amount has passed the checks of `meaning.ts`. */
  add(amount: string, ccy: string): void {
    let sum = this.#sums.get(ccy);
    if (sum === undefined) {
      sum = { rows: 0, exact: 0n, partial: 0, scale: 10 ** (exponentOf(ccy) ?? 0) };
      this.#sums.set(ccy, sum);
    }
    sum.rows += 1;
    const minor =
      amount.length <= SHORT_CHARS ? Math.round(Number(amount) * sum.scale) : Number.POSITIVE_INFINITY;
    if (Math.abs(minor) > FLUSH_AT / 2) {
      const parsed = parseAmount(amount, ccy);
      if (parsed.ok) sum.exact += parsed.minor;
      return;
    }
    sum.partial += minor;
    if (Math.abs(sum.partial) > FLUSH_AT / 2) {
      sum.exact += BigInt(sum.partial);
      sum.partial = 0;
    }
  }

  totals(): ControlTotal[] {
    return [...this.#sums]
      .map(([ccy, sum]) => ({
        ccy,
        rows: sum.rows,
        amount: formatMinor(sum.exact + BigInt(sum.partial), ccy),
      }))
      .sort((a, b) => (a.ccy < b.ccy ? -1 : 1));
  }
}
