import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURRENCIES } from '../../../schemas/currencies.ts';
import { exponentOf, FIAT_MINOR_MAX, formatMinor, parseAmount } from '../../../schemas/money.ts';

/** Codes of `Intl` that have no minor unit in ISO 4217 and so are no money here. */
const WITHOUT_MINOR_UNIT = new Set(['XDR', 'XSU', 'XUA']);

describe('currency table', () => {
  it('knows every currency of the runtime that has a minor unit', () => {
    const missing = Intl.supportedValuesOf('currency').filter(
      (code) => !CURRENCIES.has(code) && !WITHOUT_MINOR_UNIT.has(code),
    );
    expect(missing).toEqual([]);
  });

  it('gives the exponents of ISO 4217, not those of display tables', () => {
    const expected = {
      USD: 2,
      MXN: 2,
      CAD: 2,
      JPY: 0,
      KWD: 3,
      IQD: 3,
      CLF: 4,
      COP: 2,
      HUF: 2,
      BYR: 0,
      HRK: 2,
    };
    for (const [code, exponent] of Object.entries(expected))
      expect([code, exponentOf(code)]).toEqual([code, exponent]);
    expect(exponentOf('BTC')).toBe(8);
    expect(exponentOf('ETH')).toBe(18);
    expect(exponentOf('XYZ')).toBeNull();
  });
});

describe('parseAmount', () => {
  const minor = (amount: string, ccy: string) => {
    const parsed = parseAmount(amount, ccy);
    return parsed.ok ? parsed.minor : parsed.code;
  };

  it('reads amounts exactly', () => {
    expect(minor('12.30', 'USD')).toBe(1230n);
    expect(minor('12', 'USD')).toBe(1200n);
    expect(minor('007', 'JPY')).toBe(7n);
    expect(minor('-3.001', 'KWD')).toBe(-3001n);
    expect(minor('123456789012345678901234.000000000000000001', 'ETH')).toBe(
      123456789012345678901234000000000000000001n,
    );
  });

  it('takes padding zeros beyond the exponent and refuses any other digit there', () => {
    expect(minor('10.500', 'MXN')).toBe(1050n);
    expect(minor('10.0', 'JPY')).toBe(10n);
    expect(minor('10.505', 'MXN')).toBe('RAS-FEED-AMOUNT-PRECISION');
    expect(minor('10.5', 'JPY')).toBe('RAS-FEED-AMOUNT-PRECISION');
    expect(minor('0.123456789', 'BTC')).toBe('RAS-FEED-AMOUNT-PRECISION');
  });

  it('makes a negative zero zero', () => {
    expect(minor('-0.00', 'USD')).toBe(0n);
    expect(formatMinor(0n, 'USD')).toBe('0.00');
  });

  it.each(['', '1e5', '1,000', '1.234,56', ' 1', '+1', '.5', '5.', '--1', '1.2.3', 'NaN', '١٢'])(
    'refuses %j as a format',
    (amount) => expect(minor(amount, 'USD')).toBe('RAS-FEED-AMOUNT-FORMAT'),
  );

  it('refuses what cannot be held exactly, and unknown currencies', () => {
    expect(minor(formatMinor(FIAT_MINOR_MAX, 'USD'), 'USD')).toBe(FIAT_MINOR_MAX);
    expect(minor(formatMinor(FIAT_MINOR_MAX + 1n, 'USD'), 'USD')).toBe('RAS-FEED-AMOUNT-RANGE');
    expect(minor('9'.repeat(61), 'ETH')).toBe('RAS-FEED-AMOUNT-RANGE');
    expect(minor('1', 'XAU')).toBe('RAS-FEED-CURRENCY-UNKNOWN');
  });

  it('returns what formatMinor wrote, for every currency', () => {
    const codes = fc.constantFrom(...CURRENCIES.keys());
    const size = fc.bigInt({ min: -FIAT_MINOR_MAX, max: FIAT_MINOR_MAX });
    fc.assert(
      fc.property(codes, size, fc.nat(4), (ccy, value, zeros) => {
        const written = formatMinor(value, ccy);
        expect(minor(written, ccy)).toBe(value);
        const padded = written.includes('.') ? written + '0'.repeat(zeros) : written;
        expect(minor(padded, ccy)).toBe(value);
      }),
    );
  });
});
