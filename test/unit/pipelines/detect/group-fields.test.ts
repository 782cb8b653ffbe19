/** What groups of a row and the records of its parties say, by hand. */
import { describe, expect, test } from 'vitest';
import { eventView } from '../../../../pipelines/detect/event-view.ts';
import { canonicalise } from '../../../../pipelines/ingest/canonical.ts';
import { Directory } from '../../../../pipelines/ingest/directory.ts';
import { canonicaliseParty } from '../../../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../../../pipelines/ingest/provided.ts';
import { monthOfDay, roundToOf, weekdayOf } from '../../../../schemas/derived-facts.ts';
import { EVENT_FIELDS, type EventFieldName, type FieldValue } from '../../../../schemas/event-fields.ts';
import { type PartyRecordInput, partyRecordInput } from '../../../../schemas/party.ts';
import { transactionInput } from '../../../../schemas/transaction.ts';
import { testContext } from '../../../support/ingest.ts';

const PROVIDED: ReadonlySet<string> = new Set(PROVIDABLE);
const NAMES = (Object.keys(EVENT_FIELDS) as EventFieldName[]).filter((name) => !name.startsWith('pair'));

/** The fields of a row as the holder of a side sees it; 2026-03-04 was a Wednesday. */
function fieldsOf(
  parts: Readonly<Record<string, unknown>>,
  side: 'debtor' | 'creditor' = 'debtor',
  parties: readonly Readonly<Record<string, unknown>>[] = [],
): Readonly<Record<string, FieldValue>> {
  const context = testContext(new Directory());
  for (const party of parties) {
    const input = partyRecordInput.parse({ institution: 'bank', ...party }) as PartyRecordInput;
    const result = canonicaliseParty(input, context.pseudonyms);
    if (!result.ok) throw new Error(JSON.stringify(result.rejects));
    context.directory.apply(result.record);
  }
  const row = transactionInput.parse({
    institution: 'bank',
    id: 'row',
    kind: 'transfer',
    rail: 'spei',
    channel: 'online',
    instrument: 'account',
    settled: { amount: '1500.00', ccy: 'MXN' },
    occurredAt: '2026-03-04T20:30:00-06:00',
    debtor: { account: { scheme: 'institution', token: 'from', bank: 'bank' }, country: 'MX' },
    creditor: { account: { scheme: 'institution', token: 'to', bank: 'bank' }, country: 'MX' },
    ...parts,
  });
  const origin = { submissionId: 's', line: 1, provided: 'x@1', coverage: 'full_account' } as const;
  const result = canonicalise(row, origin, context);
  if (!result.ok) throw new Error(JSON.stringify(result.rejects));
  const { fields } = eventView({ tx: result.tx, subjectKind: 'account', side, provided: PROVIDED });
  return Object.fromEntries(NAMES.map((name) => [name, fields[name] ?? null]));
}

const holds = (ref: string, token: string, more: Readonly<Record<string, unknown>> = {}) => ({
  ref,
  accounts: [{ scheme: 'institution', token, bank: 'bank' }],
  ...more,
});

describe('the calendar and the amount', () => {
  test('a local day has its weekday and month', () => {
    expect(fieldsOf({})).toMatchObject({ weekday: 2, localMonth: 3, roundTo: 500 });
    // Already Thursday in UTC.
    expect(fieldsOf({ occurredAt: '2026-03-01T23:30:00-06:00' })).toMatchObject({
      weekday: 6,
      localMonth: 3,
    });
    expect([weekdayOf(-1), monthOfDay(-1)]).toEqual([2, 12]);
  });

  test.each<[string, string, number]>([
    ['3000', 'MXN', 1_000],
    ['150', 'USD', 50],
    ['40', 'USD', 20],
    ['75', 'USD', 25],
    ['30', 'CAD', 10],
    ['35', 'CAD', 5],
    ['7', 'CAD', 1],
    ['7.50', 'CAD', 0],
    ['0', 'CAD', 0],
    ['5000', 'JPY', 1_000],
  ])('%s %s is round to %i', (amount, ccy, wanted) => {
    expect(fieldsOf({ settled: { amount, ccy } })['roundTo']).toBe(wanted);
  });

  test('amounts beyond 2^53 are round too, and an unknown currency is not', () => {
    expect(roundToOf(25n * 10n ** 18n, 'ETH')).toBe(25);
    expect(roundToOf(25n * 10n ** 18n + 1n, 'ETH')).toBe(0);
    expect(roundToOf(-2_000_00, 'USD')).toBe(1_000);
    expect(roundToOf(100, 'QQQ')).toBe(0);
  });
});

describe('groups of a row', () => {
  const cash = (ccy: string, face: string, count: number, note = 'note') => ({ ccy, face, count, note });

  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, FieldValue>>]>([
    [
      'small notes and coins by value',
      { in: [cash('USD', '20', 5), cash('USD', '100', 2), cash('USD', '0.25', 400, 'coin')] },
      { cashSmallMilli: 500, cashLargeOutMilli: null },
    ],
    [
      'small notes of another country',
      { in: [cash('MXN', '100', 1), cash('MXN', '200', 1)] },
      { cashSmallMilli: 333 },
    ],
    [
      'large notes handed out',
      { out: [cash('CAD', '50', 3), cash('CAD', '20', 5)] },
      { cashLargeOutMilli: 600 },
    ],
    ['several currencies', { in: [cash('MXN', '100', 1), cash('USD', '20', 1)] }, { cashSmallMilli: null }],
    ['a currency without a bar', { in: [cash('EUR', '20', 1)] }, { cashSmallMilli: null }],
    ['a face that is no number', { in: [cash('USD', 'twenty', 1)] }, { cashSmallMilli: null }],
    ['no piece', { in: [cash('USD', '20', 0)] }, { cashSmallMilli: null }],
  ])('cash: %s', (_name, given, wanted) => {
    expect(fieldsOf({ cash: given })).toMatchObject(wanted);
  });

  test('payroll: net over gross, days of the period, pay of a day over the wage', () => {
    const payroll = {
      employer: 'e',
      employee: 'w',
      payDate: '2026-03-04',
      periodFrom: '2026-02-16',
      periodTo: '2026-03-01',
      days: 12.5,
      gross: { amount: '3000.00', ccy: 'MXN' },
      net: { amount: '1500.00', ccy: 'MXN' },
    };
    const fields = fieldsOf({ payroll });
    expect(fields).toMatchObject({ payNetMilli: 500, payPeriodDays: 14 });
    const wage = fields['wageMilli'] as number;
    expect(wage).toBeGreaterThan(0);
    // The gross is twice what was settled.
    expect(fields['payDayWageMilli']).toBe(Math.floor((wage * 2) / 12.5));
    const { gross: _, net: __, ...bare } = payroll;
    expect(fieldsOf({ payroll: bare })['payDayWageMilli']).toBe(Math.floor(wage / 12.5));
    expect(fieldsOf({ payroll: { ...payroll, days: 0 } })['payDayWageMilli']).toBeNull();
    expect(fieldsOf({ payroll: { ...payroll, gross: { amount: '9', ccy: 'USD' } } })).toMatchObject({
      payDayWageMilli: null,
    });
    expect(fieldsOf({ payroll: { ...payroll, periodTo: '2026-02-15' } })['payPeriodDays']).toBeNull();
  });

  test('loans: amounts of the currency that was settled', () => {
    const loan = { contractToken: 'l', lenderLicensed: false, principal: { amount: '10.00', ccy: 'MXN' } };
    expect(fieldsOf({ loan })).toMatchObject({ loanPrincipal: 1_000, lenderLicensed: false });
    expect(
      fieldsOf({ loan: { ...loan, principal: { amount: '10.00', ccy: 'USD' } } })['loanPrincipal'],
    ).toBeNull();
  });

  test('journeys: the first passenger who is not the one who pays', () => {
    const travel = {
      to: 'MX-ROO',
      from: 'MX-TLA',
      depart: '2026-03-05',
      passengers: ['payer', 'guest'],
      oneWay: true,
    };
    const debtor = { holders: [{ ref: 'payer', refScheme: 'customer' }] };
    const fields = fieldsOf({ travel, debtor });
    const other = fieldsOf({ travel, debtor }, 'creditor');
    expect(fields).toMatchObject({ passengers: 2, oneWay: true, travelFrom: 'MX-TLA', travelDay: 20_517 });
    expect(other['passenger']).toBe(fields['holder']);
    expect(fields['passenger']).not.toBe(fields['holder']);
  });

  test('who acts', () => {
    const conductors = [
      { ref: 'a', idRefused: true, ageBandAtEvent: '16_17' },
      { ref: 'b', idRefused: false, onBehalfOf: [{ ref: 'c' }] },
    ];
    const fields = fieldsOf({ conductors, beneficiaries: [{ ref: 'c' }], statusReason: 'closed' });
    expect(fields).toMatchObject({ idRefused: true, conductorAgeBand: '16_17', statusReason: 'closed' });
    expect(fields['onBehalfOf']).toBe(fields['beneficiary']);
    expect(fields['onBehalfOf']).toMatch(/^par_/);
  });

  test('a shop is the sub-merchant, else the merchant', () => {
    const both = fieldsOf({ card: { merchantId: 'platform', subMerchant: 'seller' } });
    const one = fieldsOf({ card: { merchantId: 'seller' } });
    expect(both['merchant']).toBe(one['merchant']);
  });
});

describe('records of the parties', () => {
  test('occupation, office, income, incorporation, on the side that asks and on the other', () => {
    const parties = [
      holds('p', 'from', {
        occupation: 'police',
        pep: true,
        declaredMonthlyIn: { amount: '1000.00', ccy: 'MXN' },
        incorporated: '2026-03-01',
      }),
    ];
    expect(fieldsOf({}, 'debtor', parties)).toMatchObject({
      holderOccupation: 'police',
      holderPep: true,
      incomeMilli: 1_500,
      incorporatedDays: 4,
    });
    expect(fieldsOf({}, 'creditor', parties)).toMatchObject({
      counterpartyOccupation: 'police',
      counterpartyPep: true,
    });
    expect(fieldsOf({}, 'creditor', parties)['incomeMilli']).toBeNull();
  });

  test.each<[string, string, boolean]>([
    ['2026-03-04T20:30:00-06:00', 'open', false],
    ['2026-03-04T17:59:00-06:00', 'before it opens', true],
    ['2026-03-05T01:59:00-06:00', 'past midnight', false],
    ['2026-03-05T02:00:00-06:00', 'when it closes', true],
    ['2026-03-05T20:30:00-06:00', 'on another day', true],
  ])('opening hours: %s, %s', (occurredAt, _name, wanted) => {
    const openingHours = [{ weekday: 2, opens: '18:00', closes: '02:00' }];
    expect(fieldsOf({ occurredAt }, 'debtor', [holds('p', 'from', { openingHours })])['outOfHours']).toBe(
      wanted,
    );
  });

  test('opening hours say nothing of a date', () => {
    const openingHours = [{ weekday: 2, opens: '09:00', closes: '17:00' }];
    const parties = [holds('p', 'from', { openingHours })];
    expect(fieldsOf({ occurredAt: '2026-03-04' }, 'debtor', parties)['outOfHours']).toBeNull();
  });

  test('changes of name in the two years up to the event', () => {
    // The day of the event in UTC is the fifth.
    const nameChanges = ['2024-03-05', '2024-03-06', '2026-03-05', '2026-03-06'];
    expect(fieldsOf({}, 'debtor', [holds('p', 'from', { nameChanges })])['nameChanges']).toBe(2);
  });

  test('an employer is declared, or shares an owner with one that is', () => {
    const worker = holds('w', 'to', { employers: ['firm'] });
    const firm = { ref: 'firm', beneficialOwners: [{ ref: 'boss' }] };
    const declared = [worker, { ...firm, ...holds('firm', 'from') }];
    const sister = [worker, firm, holds('sister', 'from', { beneficialOwners: [{ ref: 'boss' }] })];
    const stranger = [worker, firm, holds('stranger', 'from', { beneficialOwners: [{ ref: 'other' }] })];
    for (const [parties, wanted] of [
      [declared, true],
      [sister, true],
      [stranger, false],
      [[], false],
    ] as const) {
      expect(fieldsOf({}, 'creditor', parties)).toMatchObject({ isEmployer: wanted, isWorker: false });
      expect(fieldsOf({}, 'debtor', parties)).toMatchObject({ isEmployer: false, isWorker: wanted });
    }
  });

  test('an income that is no amount is refused', () => {
    const { pseudonyms } = testContext(new Directory());
    const input = partyRecordInput.parse({
      institution: 'bank',
      ref: 'p',
      declaredMonthlyIn: { amount: '1.005', ccy: 'MXN' },
      incorporated: '2026-02-01',
    });
    const result = canonicaliseParty(input, pseudonyms);
    expect(result.ok ? [] : result.rejects.map(({ field, code }) => [field, code])).toEqual([
      ['declaredMonthlyIn', 'RAS-FEED-AMOUNT-PRECISION'],
    ]);
  });
});
