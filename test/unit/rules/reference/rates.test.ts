import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { civilDay } from '../../../../rules/reference/civil-day.ts';
import { divideHalfEven } from '../../../../rules/reference/decimal.ts';
import { createRates } from '../../../../rules/reference/rates.ts';
import { exponentOf } from '../../../../schemas/money.ts';
import { rateFile } from '../../../../schemas/reference.ts';

const day = (date: string) => civilDay(date) as number;

const table = rateFile.parse({
  kind: 'rates',
  id: 'test',
  source: 'invented',
  date: '2025-01-31',
  official: false,
  base: 'USD',
  currencies: ['MXN', 'CAD', 'EUR', 'ETH', 'JPY'],
  rates: {
    '2025-01-02': ['20.5', '1.44', '0.97', '0.000297', '157'],
    '2025-01-06': ['20.3', '1.43', null, '0.0003', '158.2'],
  },
});
const rates = createRates(table);

describe('rates', () => {
  it('is exact without a rate in the currency itself, on any day', () => {
    expect(rates.convert(12_345n, 'USD', day('2017-01-01'))).toEqual({
      usdMinor: 12_345,
      mxnMinor: null,
      cadMinor: null,
      rateId: null,
    });
  });

  it('takes the last rate at or before the day, at most seven days old', () => {
    expect(rates.convert(10_000n, 'USD', day('2025-01-05')).mxnMinor).toBe(205_000);
    expect(rates.convert(10_000n, 'USD', day('2025-01-06')).mxnMinor).toBe(203_000);
    expect(rates.convert(10_000n, 'USD', day('2025-01-13')).mxnMinor).toBe(203_000);
    expect(rates.convert(10_000n, 'USD', day('2025-01-14')).mxnMinor).toBeNull();
    expect(rates.convert(10_000n, 'USD', day('2025-01-01')).mxnMinor).toBeNull();
  });

  it('names the newest rate it used and skips days on which the source was silent', () => {
    const euro = rates.convert(9_700n, 'EUR', day('2025-01-07'));
    expect(euro.usdMinor).toBe(10_000);
    expect(euro.rateId).toBe('test@2025-01-06');
    expect(rates.convert(9_700n, 'EUR', day('2025-01-10')).usdMinor).toBeNull();
  });

  it('keeps eighteen decimals and zero decimals apart', () => {
    expect(rates.convert(3n * 10n ** 14n, 'ETH', day('2025-01-06')).usdMinor).toBe(100);
    expect(rates.convert(1_582n, 'JPY', day('2025-01-06')).usdMinor).toBe(1_000);
  });

  it('knows nothing of a currency outside the table', () => {
    expect(rates.convert(1n, 'KWD', day('2025-01-06'))).toEqual({
      usdMinor: null,
      mxnMinor: null,
      cadMinor: null,
      rateId: null,
    });
  });

  it('gives no amount that an exact integer cannot hold', () => {
    expect(rates.convert(BigInt(Number.MAX_SAFE_INTEGER), 'USD', day('2025-01-06')).mxnMinor).toBeNull();
  });

  it('rounds ties to the even cent', () => {
    expect(divideHalfEven(5n, 2n)).toBe(2n);
    expect(divideHalfEven(7n, 2n)).toBe(4n);
    expect(divideHalfEven(-5n, 2n)).toBe(-2n);
    expect(divideHalfEven(-7n, 2n)).toBe(-4n);
    expect(divideHalfEven(8n, 3n)).toBe(3n);
  });

  it('equals the nearest integer of the exact rational, by an independent comparison of distances', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 14n });
    const quote = fc.tuple(fc.integer({ min: 1, max: 9_999_999 }), fc.nat(8));
    fc.assert(
      fc.property(
        amount,
        quote,
        quote,
        fc.constantFrom('EUR', 'JPY', 'ETH', 'CAD'),
        (minor, mxn, other, ccy) => {
          const text = ([digits, scale]: [number, number]) => {
            const padded = String(digits).padStart(scale + 1, '0');
            return scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
          };
          const own = createRates(
            rateFile.parse({
              ...table,
              currencies: ['MXN', ccy],
              rates: { '2025-01-06': [text(mxn), text(other)] },
            }),
          );
          const got = own.convert(minor, ccy, day('2025-01-06')).mxnMinor;
          // value = minor / 10^e_in / (o / 10^so) * (m / 10^sm) * 10^2, as top / bottom
          const top = minor * BigInt(mxn[0]) * 10n ** BigInt(other[1]) * 100n;
          const bottom = 10n ** BigInt(exponentOf(ccy) as number) * BigInt(other[0]) * 10n ** BigInt(mxn[1]);
          if (got === null) {
            expect(top / bottom >= BigInt(Number.MAX_SAFE_INTEGER)).toBe(true);
            return;
          }
          const error = 2n * (BigInt(got) * bottom - top);
          const size = error < 0n ? -error : error;
          expect(size <= bottom).toBe(true);
          if (size === bottom) expect(got % 2).toBe(0);
        },
      ),
    );
  });
});
