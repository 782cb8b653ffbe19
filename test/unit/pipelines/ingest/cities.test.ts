/** The city in which a side acted and how far it is from home, by hand, and the same through the columns of a block. */
import { describe, expect, it } from 'vitest';
import { eventView } from '../../../../pipelines/detect/event-view.ts';
import { canonicalise } from '../../../../pipelines/ingest/canonical.ts';
import { Directory } from '../../../../pipelines/ingest/directory.ts';
import { canonicaliseParty } from '../../../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../../../pipelines/ingest/provided.ts';
import { restamp, type StampContext } from '../../../../pipelines/ingest/stamp.ts';
import { partyRecordInput } from '../../../../schemas/party.ts';
import { type Transaction, transaction, transactionInput } from '../../../../schemas/transaction.ts';
import { testContext } from '../../../support/ingest.ts';

type Home = { country: string; admin1?: string; municipality?: string };
type Place = NonNullable<Transaction['places']>[number];

const PROVIDED: ReadonlySet<string> = new Set(PROVIDABLE);
const TIJUANA: Home = { country: 'MX', admin1: 'BCN', municipality: '02004' };
const at = (role: Place['role'], country: string, municipalityCode: string): Place => ({
  role,
  country,
  municipalityCode,
});

function contextOf(homes: { readonly from?: Home; readonly to?: Home }) {
  const context = testContext(new Directory());
  for (const [token, homePlace] of Object.entries(homes)) {
    const record = canonicaliseParty(
      partyRecordInput.parse({
        institution: 'bank',
        ref: token,
        refScheme: 'customer',
        validFrom: '2020-01-01',
        accounts: [{ scheme: 'institution', token, bank: 'bank' }],
        homePlace,
      }),
      context.pseudonyms,
    );
    if (!record.ok) throw new Error(JSON.stringify(record.rejects));
    context.directory.apply(record.record);
  }
  return context;
}

function rowOf(places: readonly Place[] | undefined, rail: string, context: ReturnType<typeof contextOf>) {
  const row = transactionInput.parse({
    institution: 'bank',
    id: 'row',
    kind: 'transfer',
    rail,
    channel: 'branch',
    instrument: 'account',
    settled: { amount: '1500.00', ccy: 'MXN' },
    occurredAt: '2026-03-04T20:30:00-06:00',
    debtor: { account: { scheme: 'institution', token: 'from', bank: 'bank' } },
    creditor: { account: { scheme: 'institution', token: 'to', bank: 'bank' } },
    ...(places === undefined ? {} : { places }),
  });
  const outcome = canonicalise(row, { submissionId: 's', line: 1, provided: 'p' }, context);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.rejects));
  return outcome.tx;
}

function seen(tx: Transaction, side: 'debtor' | 'creditor') {
  const { fields } = eventView({ tx, subjectKind: 'account', side, provided: PROVIDED });
  return [fields.placeCity, fields.homeDistanceM];
}

describe('the city of the acting place', () => {
  it('is the same in every municipality of it, and 0 from a home in another one', () => {
    const context = contextOf({ from: TIJUANA });
    for (const code of ['02003', '02004', '02005']) {
      const tx = rowOf([at('branch', 'MX', code)], 'spei', context);
      expect(tx.stamp.cities).toEqual({
        debtor: { city: 'MX-TIJUANA', homeM: 0 },
        creditor: { city: 'MX-TIJUANA' },
      });
      expect(seen(tx, 'debtor')).toEqual(['MX-TIJUANA', 0]);
      expect(seen(tx, 'creditor')).toEqual(['MX-TIJUANA', null]);
      expect(transaction.safeParse(tx).success).toBe(true);
    }
  });

  it('is null where the municipality is in none, or is not known', () => {
    const context = contextOf({ from: TIJUANA });
    for (const places of [
      undefined,
      [at('branch', 'US', '12051')],
      [{ role: 'branch' as const, country: 'MX', admin1: 'BCN' }],
      [at('branch', 'US', '02004')],
    ]) {
      const tx = rowOf(places, 'spei', context);
      expect(tx.stamp.cities).toBeUndefined();
      expect(seen(tx, 'debtor')).toEqual([null, null]);
    }
  });

  it('is one for who sends a remittance and another for who is paid it', () => {
    const context = contextOf({ from: { country: 'US', municipality: '17031' }, to: TIJUANA });
    const places = [at('agent_send', 'US', '17031'), at('agent_pay', 'MX', '02002')];
    const tx = rowOf(places, 'mto', context);
    expect(seen(tx, 'debtor')).toEqual(['US-CHICAGO', 0]);
    const [city, metres] = seen(tx, 'creditor');
    expect(city).toBe('MX-MEXICALI');
    // Tijuana and Mexicali are some 148 km apart.
    expect(Math.abs(Number(metres) - 148_000)).toBeLessThan(4_000);
    // Elsewhere an agent is no acting place.
    expect(rowOf(places, 'spei', context).stamp.cities).toBeUndefined();
  });

  it('has no distance to a home in no city, or without a municipality', () => {
    for (const from of [
      { country: 'US', municipality: '12051' },
      { country: 'MX', admin1: 'BCN' },
    ]) {
      const tx = rowOf([at('branch', 'MX', '02004')], 'spei', contextOf({ from }));
      expect(seen(tx, 'debtor')).toEqual(['MX-TIJUANA', null]);
    }
  });

  it('is stamped again when a home becomes known', () => {
    const context: StampContext = contextOf({ from: TIJUANA });
    const before = rowOf([at('branch', 'MX', '08037')], 'spei', contextOf({}));
    expect(seen(before, 'debtor')).toEqual(['MX-JUAREZ', null]);
    const after = restamp(before, undefined, context);
    expect(Math.abs(Number(seen(after, 'debtor')[1]) - 993_000)).toBeLessThan(20_000);
  });
});
