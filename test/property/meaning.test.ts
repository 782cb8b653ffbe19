/** The short way past ordinary rows against the full checks: the same first fault, or none by both. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventTimeOf, isTimeFault } from '../../pipelines/ingest/event-time.ts';
import { meaningFault } from '../../pipelines/ingest/meaning.ts';
import { rowFaults } from '../../pipelines/ingest/row-faults.ts';
import { ZoneOffsets } from '../../pipelines/ingest/zone-offset.ts';
import { type TransactionInput, transactionInput } from '../../schemas/transaction.ts';

const digits = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'0123456789'.split('')) });
const amount = fc
  .tuple(fc.constantFrom('', '', '', '-'), digits, fc.option(digits, { nil: null }))
  .map(([sign, whole, decimals]) => `${sign}${whole}${decimals === null ? '' : `.${decimals.slice(0, 4)}`}`);
const wildMoney = fc.record({ amount, ccy: fc.constantFrom('MXN', 'USD', 'JPY', 'BHD', 'BTC', 'QQQ') });
const goodMoney = fc.constantFrom(
  { amount: '10.00', ccy: 'MXN' },
  { amount: '123456789012.5', ccy: 'USD' },
  { amount: '7', ccy: 'JPY' },
  { amount: '0.00000001', ccy: 'BTC' },
);
const money = fc.oneof({ weight: 12, arbitrary: goodMoney }, { weight: 1, arbitrary: wildMoney });
const anyMoment = fc.constantFrom(
  '2026-03-01',
  '1969-12-31',
  '2101-01-01T00:00:00Z',
  '2026-03-01T10:00:00Z',
  '2026-03-01T10:00:00.5-06:00',
  '2026-03-01T10:00:00+14:00',
  '2026-03-01T10:00:00-17:59',
  '2026-03-01T10:00:00+18:30',
  '2026-03-01T10:00:00-23:00',
);
const moment = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('2026-03-01', '2026-03-01T10:00:00-06:00') },
  { weight: 1, arbitrary: anyMoment },
);
const row = fc.record(
  {
    institution: fc.constant('b'),
    id: fc.constant('1'),
    kind: fc.constant('transfer'),
    rail: fc.constant('spei'),
    channel: fc.constant('online'),
    instrument: fc.constant('account'),
    settled: money,
    instructed: money,
    balanceAfter: money,
    fees: fc.array(fc.record({ money, payer: fc.constant('debtor') }), { maxLength: 2 }),
    occurredAt: moment,
    postedAt: moment,
    valueDate: fc.constantFrom('2026-03-01', '2026-03-02', '2026-03-03', '1900-01-01'),
    places: fc.array(
      fc.record(
        { role: fc.constant('branch'), tz: fc.constantFrom('America/Tijuana', 'Mars/Base') },
        { requiredKeys: ['role'] },
      ),
      { maxLength: 1 },
    ),
    mto: fc.record({
      operator: fc.constant('o'),
      paidAt: fc.constantFrom('2026-03-01T10:00:00Z', '1950-01-01T00:00:00Z'),
    }),
  },
  { requiredKeys: ['institution', 'id', 'kind', 'rail', 'channel', 'instrument', 'settled'] },
);

it('finds a fault exactly where the full checks find one', () => {
  const zones = new ZoneOffsets();
  const seen = { good: 0, bad: 0 };
  fc.assert(
    fc.property(row, (value) => {
      const parsed: TransactionInput = transactionInput.parse(value);
      const time = eventTimeOf(parsed, zones);
      const expected = rowFaults(parsed)[0]?.code ?? (isTimeFault(time) ? time.code : null);
      expect(meaningFault(parsed, zones)?.code ?? null).toBe(expected);
      if (expected === null) seen.good += 1;
      else seen.bad += 1;
    }),
    { numRuns: 3_000 },
  );
  expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(200);
});
