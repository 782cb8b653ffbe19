/** Rows for tests of facts and blocks: arbitrary ones that hold every field, and those of simulated feeds. */
import fc from 'fast-check';
import { canonicalise, transactionHash } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import { canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import {
  ACCOUNT_PRODUCTS,
  AGE_BANDS,
  CHANNELS,
  COVERAGES,
  INSTRUMENTS,
  KINDS,
  LICENCE_KINDS,
  PARTY_KINDS,
  PLACE_ROLES,
  PRECISIONS,
  PURPOSES,
  RAILS,
  RELATIONSHIPS,
  STATUSES,
} from '../../schemas/enumerations.ts';
import { CUSTODIES, IP_CLASSES, OCCUPATIONS } from '../../schemas/group-values.ts';
import type { Side, Transaction } from '../../schemas/transaction.ts';
import { testContext } from './ingest.ts';
import { key, transaction } from './transactions.ts';

export interface ProvidedRow {
  readonly tx: Transaction;
  readonly hash: string;
  readonly provided: ReadonlySet<string>;
}

type Known<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** An object without the members that are undefined, as rows come. */
function present<T extends object>(value: T): Partial<Known<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Partial<
    Known<T>
  >;
}

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const word = fc.oneof(name, fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }));
const keyed = (prefix: string) => name.map((text) => key(prefix, text));
const HOURS = fc.integer({ min: -500_000, max: 500_000 }).map((hours) => 3_600_000 * hours);

/** Of groups and records that few rows have; sometimes none of a block's rows has one. */
const rarely = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const money = fc.record({
  minor: fc
    .oneof(
      fc.integer({ min: -100, max: 5_000_000 }),
      fc.maxSafeInteger(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }),
    )
    .map(String),
  ccy: fc.constantFrom('MXN', 'USD', 'CAD', 'EUR'),
});
const day = fc
  .integer({ min: -10_000, max: 40_000 })
  .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
const clock = fc.integer({ min: 0, max: 1_439 }).map((minute) => {
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
});
const stretch = fc.record({ weekday: fc.integer({ min: 0, max: 6 }), opens: clock, closes: clock });
const counted = fc.record({
  ccy: fc.constantFrom('MXN', 'MXN', 'USD', 'EUR'),
  face: fc.constantFrom('0.5', '20', '50', '100', '500', '1000', 'x'),
  note: fc.constantFrom('note' as const, 'coin' as const),
  count: fc.integer({ min: 0, max: 50 }),
});

const sideOf = (bank: fc.Arbitrary<string>): fc.Arbitrary<Side> =>
  fc
    .record({
      accountKey: maybe(keyed('acc')),
      holderKey: maybe(keyed('par')),
      bank: maybe(bank),
      kind: maybe(fc.constantFrom(...PARTY_KINDS)),
      product: maybe(fc.constantFrom(...ACCOUNT_PRODUCTS)),
      country: maybe(fc.constantFrom('MX', 'US', 'CA')),
      admin1: maybe(fc.constantFrom('MX-BCN', 'US-TX')),
      municipality: maybe(word),
      workAdmin1: maybe(fc.constantFrom('MX-BCN', 'US-TX')),
      licences: maybe(fc.array(fc.constantFrom(...LICENCE_KINDS), { maxLength: 4 })),
      sector: maybe(word),
      ageBand: maybe(fc.constantFrom(...AGE_BANDS)),
      kinTokens: maybe(fc.array(keyed('kin'), { maxLength: 3 })),
      relatedKeys: maybe(fc.array(keyed('par'), { maxLength: 3 })),
      openedAt: maybe(HOURS),
      coverage: maybe(fc.constantFrom(...COVERAGES)),
      occupationNight: maybe(fc.boolean()),
      occupation: rarely(fc.constantFrom(...OCCUPATIONS)),
      pep: rarely(fc.boolean()),
      monthlyIn: rarely(money),
      openingHours: rarely(fc.array(stretch, { maxLength: 3 })),
      incorporatedAt: rarely(HOURS),
      nameChanges: rarely(fc.integer({ min: 0, max: 9 })),
      employerKeys: rarely(fc.array(keyed('par'), { maxLength: 3 })),
      employerOwnerKeys: rarely(fc.array(keyed('par'), { maxLength: 3 })),
      ownerKeys: rarely(fc.array(keyed('par'), { maxLength: 3 })),
    })
    .map((side) => present(side));

const place = fc
  .record({
    role: fc.constantFrom(...PLACE_ROLES),
    country: maybe(fc.constantFrom('MX', 'US')),
    admin1: maybe(fc.constantFrom('BCN', 'TX')),
    municipalityCode: maybe(word),
  })
  .map(({ role, ...rest }) => ({ role, ...present(rest) }));

const conductor = fc
  .record({
    ref: keyed('par'),
    isHolder: maybe(fc.boolean()),
    idRefused: maybe(fc.boolean()),
    ageBandAtEvent: maybe(fc.constantFrom(...AGE_BANDS)),
    onBehalfOf: maybe(
      fc.array(
        keyed('par').map((ref) => ({ ref })),
        { maxLength: 2 },
      ),
    ),
  })
  .map(({ ref, ...rest }) => ({ ref, ...present(rest) }));

const amount = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: -100_000n, max: 10_000_000n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), -(2n ** 53n) - 1n) },
);
const reference = fc.option(fc.oneof(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.maxSafeInteger()), {
  nil: null,
});

const actedIn = fc
  .record({
    city: fc.constantFrom('MX-TIJUANA', 'US-EL-PASO'),
    homeM: maybe(fc.integer({ min: 0, max: 3_000_000 })),
  })
  .map(({ city, ...rest }) => ({ city, ...present(rest) }));

const stampParts = fc.record({
  cities: maybe(
    fc.record({ debtor: maybe(actedIn), creditor: maybe(actedIn) }).map((sides) => present(sides)),
  ),
  eventTime: HOURS,
  precision: fc.constantFrom(...PRECISIONS),
  localOffsetMin: fc.option(fc.integer({ min: -720, max: 840 }), { nil: null }),
  amountMinor: amount.map(String),
  ccy: fc.constantFrom('MXN', 'USD', 'ETH'),
  usdMinor: reference,
  mxnMinor: reference,
  cadMinor: reference,
  wageMilli: reference,
  nightNormMilli: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: null }),
  textClasses: fc.array(fc.constantFrom('rent', 'adult', 'debt', 'travel'), { maxLength: 3 }),
  lists: fc.array(
    fc.constantFrom('border_municipality', 'tourist_zone', 'debtor:listed_vasp', 'creditor:listed_vasp'),
    {
      maxLength: 3,
    },
  ),
});

const rowParts = fc.record({
  kind: fc.constantFrom(...KINDS),
  rail: fc.constantFrom(...RAILS),
  channel: fc.constantFrom(...CHANNELS),
  instrument: fc.constantFrom(...INSTRUMENTS),
  status: fc.constantFrom(...STATUSES),
});

const optionalParts = fc
  .record({
    purpose: maybe(fc.constantFrom(...PURPOSES)),
    railPurpose: maybe(word),
    refs: maybe(
      fc.record({ endToEndId: maybe(keyed('ref')), uetr: maybe(keyed('ref')) }).map((refs) => present(refs)),
    ),
    reverses: maybe(fc.constant({ institution: 'bank_a', id: 'x' })),
    conductors: maybe(fc.array(conductor, { maxLength: 3 })),
    beneficiaries: maybe(
      fc.array(
        keyed('par').map((ref) => ({ ref })),
        { maxLength: 2 },
      ),
    ),
    places: maybe(fc.array(place, { maxLength: 3 })),
    terminal: maybe(keyed('ter').map((id) => ({ id }))),
    employee: maybe(keyed('emp').map((token) => ({ token }))),
    card: maybe(
      fc
        .record({
          token: maybe(keyed('crd')),
          present: maybe(fc.boolean()),
          merchantId: maybe(keyed('mer')),
          mcc: maybe(fc.constantFrom('7011', '3500', '3501', '3999', '5812')),
          merchantDescriptorClass: maybe(word),
          subMerchant: maybe(keyed('mer')),
          recurring: maybe(fc.boolean()),
        })
        .map((card) => present(card)),
    ),
    mto: maybe(
      fc
        .record({
          sendAgent: maybe(keyed('agt')),
          payAgent: maybe(keyed('agt')),
          payoutMethod: maybe(fc.constantFrom('cash' as const, 'account' as const)),
          sentAt: maybe(HOURS),
          paidAt: maybe(HOURS),
          declaredRelationshipClass: maybe(fc.constantFrom(...RELATIONSHIPS)),
          declaredPurposeClass: maybe(fc.constantFrom(...PURPOSES)),
        })
        .map((mto) => ({ operator: 'op', ...present(mto) })),
    ),
    lodging: rarely(
      fc
        .record({
          nights: fc.integer({ min: 0, max: 400 }),
          rooms: maybe(fc.integer({ min: 0, max: 9 })),
          checkIn: day,
        })
        .map(({ rooms, ...stay }) => ({ ...stay, ...present({ rooms }) })),
    ),
    travel: maybe(
      fc
        .record({
          from: maybe(word),
          to: maybe(word),
          depart: maybe(day),
          oneWay: maybe(fc.boolean()),
          passengers: maybe(fc.array(keyed('par'), { maxLength: 3 })),
          bookedBy: maybe(keyed('par')),
        })
        .map((travel) => present(travel)),
    ),
    session: rarely(
      fc
        .record({
          deviceToken: maybe(keyed('dev')),
          ipToken: maybe(keyed('ip')),
          ipCountry: maybe(fc.constantFrom('MX', 'US')),
          ipClass: maybe(fc.constantFrom(...IP_CLASSES)),
        })
        .map((session) => present(session)),
    ),
    statusReason: rarely(word),
    cash: rarely(
      fc
        .record({
          in: maybe(fc.array(counted, { maxLength: 4 })),
          out: maybe(fc.array(counted, { maxLength: 4 })),
        })
        .map((cash) => present(cash)),
    ),
    payroll: rarely(
      fc
        .record({
          periodFrom: maybe(day),
          periodTo: maybe(day),
          days: maybe(
            fc.oneof(fc.integer({ min: 0, max: 31 }), fc.double({ min: 0, max: 366, noNaN: true })),
          ),
          gross: maybe(money),
          net: maybe(money),
          employer: keyed('par'),
          employee: keyed('par'),
          payDate: day,
        })
        .map(({ employer, employee, payDate, ...rest }) => ({
          employer,
          employee,
          payDate,
          ...present(rest),
        })),
    ),
    loan: rarely(
      fc
        .record({
          contractToken: keyed('con'),
          lenderLicensed: maybe(fc.boolean()),
          principal: maybe(money),
          outstanding: maybe(money),
        })
        .map(({ contractToken, ...rest }) => ({ contractToken, ...present(rest) })),
    ),
    telecom: rarely(keyed('tel').map((toppedUpToken) => ({ toppedUpToken }))),
    va: maybe(
      fc
        .record({
          from: maybe(fc.array(keyed('wal'), { maxLength: 2 })),
          to: maybe(fc.array(keyed('wal'), { maxLength: 2 })),
          kioskId: maybe(keyed('kio')),
          custody: maybe(fc.constantFrom(...CUSTODIES)),
          vaspFrom: maybe(word),
          vaspTo: maybe(word),
        })
        .map((va) => ({ chain: 'eth', asset: 'ETH', ...present(va) })),
    ),
  })
  .map((row) => present(row) as Partial<Transaction>);

/** A row with any of the fields that rules read, few different keys, and any set of provided fields. */
export const anyRow: fc.Arbitrary<ProvidedRow> = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
    institution: fc.constantFrom('bank_a', 'bank_b'),
    version: fc.integer({ min: 1, max: 4_000_000_000 }),
    op: fc.constantFrom('put' as const, 'put' as const, 'withdraw' as const),
    debtor: sideOf(fc.constantFrom('bank_a', 'bank_b', 'bank_c')),
    creditor: sideOf(fc.constantFrom('bank_a', 'bank_b', 'bank_c')),
    stamp: stampParts,
    parts: rowParts,
    optional: optionalParts,
    provided: fc.subarray([...PROVIDABLE]),
  })
  .map(({ id, institution, version, op, debtor, creditor, stamp, parts, optional, provided }) => {
    const tx = transaction({
      id,
      institution,
      version,
      op,
      at: '2026-01-01T00:00:00Z',
      debtor,
      creditor,
      stamp,
      row: { ...parts, ...optional },
    });
    return { tx, hash: transactionHash(tx), provided: new Set(provided) };
  });

/** Rows of a simulated feed with its parties known, every field provided. */
export function simulatedRows(seed: number, transactions: number, days = 60): ProvidedRow[] {
  const simulation = simulate({ seed, transactions, days });
  const context = testContext(new Directory());
  for (const party of simulation.parties) {
    const result = canonicaliseParty(party, context.pseudonyms);
    if (!result.ok) throw new Error(JSON.stringify(result.rejects));
    context.directory.apply(result.record);
  }
  const provided = new Set(PROVIDABLE);
  let line = 0;
  return [...simulation.transactions].map((row) => {
    const origin = {
      submissionId: 'sub-1',
      line: ++line,
      provided: 'canonical@1',
      coverage: 'full_account' as const,
    };
    const result = canonicalise(row, origin, context);
    if (!result.ok) throw new Error(JSON.stringify(result.rejects));
    return { tx: result.tx, hash: transactionHash(result.tx), provided };
  });
}
