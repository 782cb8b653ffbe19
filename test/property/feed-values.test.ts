/** Amounts and local times as banks write them: written and read back, they are the same. */
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, it } from 'vitest';
import { amountReader } from '../../pipelines/ingest/amount-text.ts';
import { clabeCheckDigit, isClabe } from '../../pipelines/ingest/clabe.ts';
import { ControlTotals } from '../../pipelines/ingest/control-totals.ts';
import { mix, SightingTable } from '../../pipelines/ingest/fingerprint.ts';
import { timeReader } from '../../pipelines/ingest/time-text.ts';
import { exponentOf, formatMinor, parseAmount } from '../../schemas/money.ts';

const ZONES = [
  'America/Tijuana',
  'America/Hermosillo',
  'America/Mexico_City',
  'America/Phoenix',
  'America/Toronto',
  'America/Ciudad_Juarez',
  'UTC',
];

it('reads an amount back from any pair of marks and any way to write a minus', () => {
  const marks = fc.constantFrom(['.', ''], ['.', ','], [',', '.'], [',', ' '], ['.', "'"]) as fc.Arbitrary<
    ['.' | ',', '' | ',' | '.' | ' ' | "'"]
  >;
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 14n }),
      marks,
      fc.constantFrom('', '-', '()', 'after'),
      (minor, [decimal, thousands], minus) => {
        const plain = formatMinor(minor, 'USD');
        const [whole = '', decimals = ''] = plain.split('.');
        const written = `${whole.replace(/\B(?=(\d{3})+$)/g, thousands)}${decimal}${decimals}`;
        const signed =
          minus === '-'
            ? `-${written}`
            : minus === '()'
              ? `(${written})`
              : minus === 'after'
                ? `${written}-`
                : written;
        const read = (sign: 'drop' | 'keep'): string | null =>
          amountReader({ decimal, thousands, sign, impliedDecimals: 0 }).read(signed);
        expect(read('drop')).toBe(plain);
        expect(read('keep')).toBe(minus === '' || minor === 0n ? plain : `-${plain}`);
      },
    ),
  );
});

it('never reads an amount of the wrong form', () => {
  const reader = amountReader({ decimal: '.', thousands: ',', sign: 'keep', impliedDecimals: 0 });
  fc.assert(
    fc.property(
      fc.string({ maxLength: 12, unit: fc.constantFrom(...'0123456789.,-()eE+ $'.split('')) }),
      (text) => {
        const read = reader.read(text);
        if (read === null) return;
        expect(read).toMatch(/^-?\d+(\.\d+)?$/);
        expect(text.replace(/[,()-]/g, '')).toBe(read.replace('-', ''));
      },
    ),
    { numRuns: 2_000 },
  );
  expect(
    amountReader({ decimal: '.', thousands: '', sign: 'none', impliedDecimals: 2 }).read('0000085000'),
  ).toBe('850.00');
});

it('writes any instant as local time and finds it again, unless the clocks repeat it', () => {
  const instant = fc
    .integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2030, 0, 1) })
    .map((ms) => Math.floor(ms / 1_000) * 1_000);
  fc.assert(
    fc.property(instant, fc.constantFrom(...ZONES), (ms, zone) => {
      const local = DateTime.fromMillis(ms, { zone });
      const text = local.toFormat('dd/MM/yyyy HH:mm:ss');
      const both = (['earlier', 'later'] as const).map(
        (overlap) =>
          timeReader({ formats: ['dd/MM/yyyy HH:mm:ss'], zone, gap: 'reject', overlap }, false)(text, zone)
            .text,
      );
      const instants = both.map((one) => Date.parse(one ?? ''));
      expect(instants).toContain(ms);
      expect(both.every((one) => one?.startsWith(local.toFormat("yyyy-MM-dd'T'HH:mm:ss")))).toBe(true);
      const strict = timeReader(
        { formats: ['dd/MM/yyyy HH:mm:ss'], zone, gap: 'reject', overlap: 'reject' },
        false,
      )(text, zone);
      expect(strict.fault === 'RAS-FEED-TIME-OVERLAP').toBe(instants[0] !== instants[1]);
    }),
    { numRuns: 500 },
  );
});

it('refuses exactly the local times that never were', () => {
  const wall = fc.record({
    day: fc.integer({ min: 0, max: 5_500 }),
    minute: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(wall, fc.constantFrom(...ZONES), ({ day, minute }, zone) => {
      const text = new Date(Date.UTC(2015, 0, 1) + day * 86_400_000 + minute * 60_000)
        .toISOString()
        .slice(0, 16);
      const read = timeReader(
        { formats: ["yyyy-MM-dd'T'HH:mm"], zone, gap: 'reject', overlap: 'earlier' },
        false,
      )(text, zone);
      // luxon moves a skipped time forward, so it does not print what was asked.
      const exists = DateTime.fromISO(text, { zone }).toFormat("yyyy-MM-dd'T'HH:mm") === text;
      expect(read.fault).toBe(exists ? null : 'RAS-FEED-TIME-GAP');
    }),
    { numRuns: 500 },
  );
});

it('accepts a CLABE with its check digit and no other digit', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 17, maxLength: 17, unit: fc.constantFrom(...'0123456789'.split('')) }),
      (digits) => {
        const check = clabeCheckDigit(digits);
        for (let digit = 0; digit < 10; digit++) expect(isClabe(`${digits}${digit}`)).toBe(digit === check);
      },
    ),
  );
  expect(isClabe('032180000118359719')).toBe(true);
});

it('sums control totals exactly', () => {
  const money = fc.record({
    ccy: fc.constantFrom('USD', 'JPY', 'MXN', 'BTC'),
    digits: fc.bigInt({ min: 0n, max: 9n * 10n ** 15n }),
  });
  fc.assert(
    fc.property(fc.array(money, { maxLength: 50 }), (rows) => {
      const totals = new ControlTotals();
      const sums = new Map<string, bigint>();
      for (const { ccy, digits } of rows) {
        const amount = formatMinor(digits, ccy);
        expect(parseAmount(amount, ccy)).toEqual({ ok: true, minor: digits });
        totals.add(amount, ccy);
        sums.set(ccy, (sums.get(ccy) ?? 0n) + digits);
      }
      const expected = [...sums]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([ccy, sum]) => [ccy, formatMinor(sum, ccy)]);
      expect(totals.totals().map(({ ccy, amount }) => [ccy, amount])).toEqual(expected);
    }),
  );
  expect(exponentOf('JPY')).toBe(0);
});

it('remembers the first content of every key, through growth and crowding', () => {
  const word = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer());
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, word, fc.integer({ min: 0, max: 2 })), { maxLength: 300 }),
      (rows) => {
        const table = new SightingTable();
        const known = new Map<string, number>();
        for (const [a, b, content] of rows) {
          // The table keeps 0, 0 for an empty slot and treats it as 0, 1.
          const key = a === 0 && b === 0 ? '0 1' : `${a} ${b}`;
          const first = known.get(key);
          expect(table.see(a, b, content, 7)).toBe(
            first === undefined ? 'new' : first === content ? 'same' : 'other',
          );
          known.set(key, first ?? content);
        }
      },
    ),
  );
  const table = new SightingTable();
  let fresh = 0;
  for (let i = 1; i <= 200_000; i++) if (table.see(mix(i), mix(~i), i, 0) === 'new') fresh += 1;
  expect(fresh).toBe(200_000);
  for (let i = 1; i < 200_000; i += 997) expect(table.see(mix(i), mix(~i), i, 0)).toBe('same');
});
