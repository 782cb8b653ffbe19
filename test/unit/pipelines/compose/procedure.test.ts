import { describe, expect, it } from 'vitest';
import { DAY, T0 } from '../../../support/compose.ts';
import { compose, FIRST, lastOf, legOf, rows } from '../../../support/compose-scene.ts';
import { key } from '../../../support/transactions.ts';

const HOUR = 3_600_000;
const both = () => [legOf('first'), legOf('second', { at: T0 + HOUR })];

describe('procedure', () => {
  it('proposes restraint only on accounts that no protected person holds', () => {
    const alert = lastOf(compose(both()).alerts, 'K-CONTROL');
    const on = (kind: string) => alert.actions.filter((a) => a.kind === kind).map((a) => a.on);
    expect(on('restraint_referral')).toEqual([key('acc', 'collector')]);
    expect(on('lpb_proposal')).toEqual([]);
    const joint = rows().map((row) =>
      row.id === 'cash-out'
        ? { ...row, debtor: { holders: [{ ref: FIRST, refScheme: 'customer' as const }] } }
        : row,
    );
    const shared = lastOf(compose(both(), {}, joint).alerts, 'K-CONTROL');
    expect(shared.actions.map((a) => a.kind)).toEqual(['refer', 'request_information']);
  });

  it('lists in Mexico alone, with the caution', () => {
    const mexico = rows().map((row) => ({
      ...row,
      stamp: {
        ...row.stamp,
        debtor: { ...row.stamp.debtor, country: 'MX' },
        creditor: { ...row.stamp.creditor, country: 'MX' },
      },
    }));
    const alert = lastOf(compose(both(), {}, mexico).alerts, 'K-CONTROL');
    expect(alert.jurisdictions).toEqual(['MX']);
    expect(alert.actions.map((a) => a.kind)).toEqual(['refer', 'request_information', 'lpb_proposal']);
    expect(alert.actions.at(-1)?.why.en).toContain('Legal basis contested');
    // Monday 2 March 2026, three business days: the end of Thursday.
    expect(alert.clocks).toEqual([
      {
        law: 'Three business days',
        country: 'MX',
        starts: T0 + HOUR,
        due: Date.UTC(2026, 2, 6) - 1,
        verified: false,
      },
    ]);
  });

  it('asks a thin case for no restraint, only to keep the account open', () => {
    const alert = lastOf(compose([legOf('first')]).alerts, 'K-LEG');
    expect(alert.actions.map((a) => a.kind)).toEqual(['refer', 'request_information', 'keep_open_letter']);
  });

  it('names what expires next at each institution, and what to ask for', () => {
    const cash = rows().map((row) =>
      row.id === 'cash-out' ? { ...row, kind: 'cash_deposit' as const } : row,
    );
    const alert = lastOf(compose(both(), {}, cash).alerts, 'K-CONTROL');
    expect(alert.perishables).toMatchObject([{ where: 'bank_b', expiresAt: T0 - DAY / 4 + 30 * DAY }]);
    expect(alert.asks).toMatchObject([{ to: 'bank_b', from: T0 - 91 * DAY, until: T0 + HOUR }]);
    expect(alert.routing.map((r) => r.country)).toEqual(['US']);
  });
});
