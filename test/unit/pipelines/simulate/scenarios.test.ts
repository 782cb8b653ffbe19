/** Every scenario shows the behaviour that its sources describe, measured by plain statistics of the rows alone. */
import { describe, expect, it } from 'vitest';
import type { CaseKind, TruthCase, Variant } from '../../../../pipelines/simulate/truth.ts';
import type { TransactionInput } from '../../../../schemas/transaction.ts';
import {
  amountOf,
  bestWindow,
  DAY,
  distinct,
  Feed,
  HOUR,
  hourOf,
  isSide,
  modeShare,
  shareWithin,
  subjects,
  sum,
  timeOf,
  waitsOf,
} from './feed.ts';

const SEEDS = [7, 21];
const feeds = SEEDS.map(
  (seed) =>
    new Feed({
      seed,
      transactions: 60_000,
      cases: ['S1', 'S3', 'S4', 'S6', 'S7', 'S10', 'S12'],
    }),
);
/** Beyond the first round every case is of one variant. */
const feedOf = (variant: Variant, cases: readonly CaseKind[]): Feed =>
  new Feed({
    seed: 3,
    transactions: 60_000,
    cases,
    variantShares: { ...{ base: 0, evasive: 0, truncated: 0, missing: 0 }, [variant]: 1 },
  });
const everyBase = (kind: string): [Feed, TruthCase][] =>
  feeds.flatMap((feed) => feed.of(kind).map((each): [Feed, TruthCase] => [feed, each]));

const isNight = (row: TransactionInput): boolean => hourOf(row) >= 22 || hourOf(row) < 6;
const payerOf = (row: TransactionInput): string | undefined => row.debtor?.account?.token;
const bankOf = (row: TransactionInput, side: 'debtor' | 'creditor'): string | undefined =>
  row[side]?.account?.bank;

describe('S1, the ring', () => {
  it.each(everyBase('S1'))(
    'is handed on night by night to one collector at another bank (%#)',
    (feed, each) => {
      const [collector] = subjects(each, 'collector');
      const women = subjects(each, 'victim');
      expect(women.length).toBeGreaterThanOrEqual(2);
      let atNight = 0;
      let byPerson = 0;
      for (const woman of women) {
        expect(woman.protected).toBe(true);
        const into = feed.into(woman).filter((row) => !isSide(row.debtor, collector!));
        const over = feed.outOf(woman).filter((row) => isSide(row.creditor, collector!));
        const share = sum(over) / sum(into);
        expect(share).toBeGreaterThan(0.8);
        expect(share).toBeLessThan(0.99);
        expect(bestWindow(over, 30, (rows) => rows.length)).toBeGreaterThanOrEqual(14);
        expect(shareWithin(waitsOf(into, feed.outOf(woman)), 13)).toBeGreaterThan(0.7);
        const back = sum(feed.into(woman).filter((row) => isSide(row.debtor, collector!)));
        expect(back / sum(over)).toBeLessThan(0.06);
        const cash = into.filter((row) => row.kind === 'cash_deposit');
        if (sum(cash) / sum(into) > 0.9) {
          atNight++;
          const nights = cash.filter(isNight);
          expect(nights.length / cash.length).toBeGreaterThan(0.7);
          expect(
            bestWindow(nights, 30, (rows) => distinct(rows.map((row) => row.occurredAt!.slice(0, 10)))),
          ).toBeGreaterThan(9);
          expect(nights.every((row) => row.channel === 'atm')).toBe(true);
          expect(distinct(cash.map((row) => row.places![0]!.admin1))).toBeGreaterThan(2);
        } else {
          byPerson++;
          expect(cash.length).toBe(0);
          expect(bestWindow(into, 30, (rows) => distinct(rows.map(payerOf)))).toBeGreaterThan(60);
          expect(distinct(into.map(payerOf)) / into.length).toBeGreaterThan(0.65);
          expect(modeShare(into, 3)).toBeGreaterThan(0.78);
          expect(into.filter(isNight).length / into.length).toBeGreaterThan(0.4);
        }
      }
      expect(atNight).toBeGreaterThan(0);
      expect(byPerson).toBeGreaterThan(0);
      const elsewhere = women.filter((woman) => woman.institution !== collector!.institution);
      expect(elsewhere.length).toBeGreaterThan(0);
      const sends = feed.outOf(collector!).filter((row) => row.rail === 'mto');
      expect(sends.length).toBeGreaterThan(8);
      expect(sends.every((row) => row.places?.[1]?.country === 'MX')).toBe(true);
    },
  );

  it('hides in its evasive variant: less to each, machines, several collectors', () => {
    const feed = feedOf('evasive', ['S1']);
    const evasive = feed.of('S1', 'evasive');
    expect(evasive.length).toBeGreaterThan(0);
    for (const each of evasive) {
      const collectors = subjects(each, 'collector');
      expect(collectors.length).toBe(3);
      for (const woman of subjects(each, 'victim')) {
        const into = feed.into(woman).filter((row) => !collectors.some((one) => isSide(row.debtor, one)));
        const most = Math.max(
          ...collectors.map((one) => sum(feed.outOf(woman).filter((row) => isSide(row.creditor, one)))),
        );
        expect(most / sum(into)).toBeLessThan(0.4);
      }
    }
  });

  it('leaves the evidence of one bank in its truncated variant', () => {
    const feed = feedOf('truncated', ['S1']);
    const truncated = feed.of('S1', 'truncated');
    expect(truncated.length).toBeGreaterThan(0);
    for (const each of truncated) {
      const bank = subjects(each, 'collector')[0]!.accounts[0]!;
      const listed = feed.parties.some((party) =>
        party.accounts.some((account) => account.token === bank.token),
      );
      expect(listed).toBe(false);
      expect(feed.rows.some((row) => row.institution === bank.institution)).toBe(false);
    }
  });
});

describe('S3, the motel circuit', () => {
  it.each(everyBase('S3'))(
    'hands nine tenths on within hours, from many strangers at few prices (%#)',
    (feed, each) => {
      const [controller] = subjects(each, 'collector');
      for (const woman of subjects(each, 'victim')) {
        const into = feed.into(woman);
        const over = feed.outOf(woman).filter((row) => isSide(row.creditor, controller!));
        expect(sum(over) / sum(into)).toBeGreaterThan(0.82);
        expect(sum(over) / sum(into)).toBeLessThan(0.97);
        expect(shareWithin(waitsOf(into, feed.outOf(woman)), 6)).toBeGreaterThan(0.7);
        expect(bestWindow(into, 7, (rows) => rows.length)).toBeGreaterThan(24);
        expect(distinct(into.map(payerOf)) / into.length).toBeGreaterThan(0.6);
        expect(modeShare(into, 3)).toBeGreaterThan(0.75);
        expect(into.filter(isNight).length / into.length).toBeGreaterThan(0.42);
        expect(Math.min(...into.map(amountOf))).toBeGreaterThanOrEqual(80);
      }
      const stays = feed.outOf(controller!).filter((row) => row.lodging !== undefined);
      expect(distinct(stays.map((row) => row.places![0]!.municipalityCode))).toBeGreaterThan(3);
    },
  );
});

describe('S4, the wage kick-back', () => {
  it.each(everyBase('S4'))('brings most of each wage to one foreman within two days (%#)', (feed, each) => {
    const [foreman] = subjects(each, 'collector');
    const workers = subjects(each, 'victim');
    expect(workers.length).toBeGreaterThanOrEqual(12);
    const shares = workers.map((worker) => {
      const wages = feed.into(worker).filter((row) => row.purpose === 'wage');
      const kicked = feed.outOf(worker).filter((row) => isSide(row.creditor, foreman!));
      expect(wages.every((row) => row.payroll !== undefined && row.debtor?.kind === 'entity')).toBe(true);
      expect(kicked.length).toBeGreaterThan(wages.length * 0.6);
      for (const row of kicked) {
        const sinceWage = Math.min(
          ...wages.map((wage) => timeOf(row) - timeOf(wage)).filter((wait) => wait >= 0),
        );
        expect(sinceWage).toBeLessThan(48 * HOUR);
      }
      return sum(kicked) / kicked.length / (sum(wages) / wages.length);
    });
    expect(Math.min(...shares)).toBeGreaterThan(0.5);
    expect(Math.max(...shares)).toBeLessThan(0.8);
    const payers = bestWindow(
      feed.into(foreman!).filter((row) => row.rail !== 'mto'),
      60,
      (rows) => distinct(rows.map(payerOf)),
    );
    expect(payers).toBeGreaterThanOrEqual(12);
  });
});

describe('S6, the recruitment debt', () => {
  it.each(everyBase('S6'))(
    'collects equal fees from few towns, empties the account, then drains wages (%#)',
    (feed, each) => {
      const [recruiter] = subjects(each, 'collector');
      const people = [...subjects(each, 'victim'), ...subjects(each, 'payer')];
      const homes = new Map(feed.parties.map((party) => [party.ref, party.homePlace?.municipality]));
      expect(distinct(people.map((person) => homes.get(person.ref)))).toBeLessThanOrEqual(3);
      const into = feed.into(recruiter!);
      const firstWage = Math.min(
        ...people.flatMap((person) => feed.into(person).filter((row) => row.purpose === 'wage')).map(timeOf),
      );
      const fees = into.filter((row) => timeOf(row) < firstWage);
      expect(bestWindow(fees, 30, (rows) => distinct(rows.map(payerOf)))).toBeGreaterThanOrEqual(12);
      const mean = sum(fees) / fees.length;
      const deviation = Math.sqrt(
        fees.reduce((total, row) => total + (amountOf(row) - mean) ** 2, 0) / fees.length,
      );
      expect(deviation / mean).toBeLessThan(0.1);
      for (const person of people) {
        const paid = fees.filter((row) => isSide(row.debtor, person));
        expect(paid.length).toBeLessThanOrEqual(3);
      }
      const out = feed.outOf(recruiter!);
      expect(sum(out) / sum(into)).toBeGreaterThan(0.7);
      expect(shareWithin(waitsOf(into, out), 7 * 24)).toBeGreaterThan(0.7);
      const drained = subjects(each, 'victim').filter((worker) => {
        const wages = feed.into(worker).filter((row) => row.purpose === 'wage');
        const after = feed
          .outOf(worker)
          .filter((row) => isSide(row.creditor, recruiter!) && timeOf(row) >= firstWage);
        if (wages.length < 5) return false;
        const share = sum(after) / sum(wages);
        for (const row of after)
          expect(
            Math.min(...wages.map((wage) => timeOf(row) - timeOf(wage)).filter((wait) => wait >= 0)),
          ).toBeLessThan(48 * HOUR);
        return share > 0.5 && share < 0.78;
      });
      expect(drained.length).toBeGreaterThanOrEqual(8);
    },
  );
});

describe('S7, the convergence on the border', () => {
  it.each(everyBase('S7'))(
    'pays border receivers from many states, who collect at two agents within two days (%#)',
    (feed, each) => {
      const receivers = [...subjects(each, 'collector'), ...subjects(each, 'receiver')];
      for (const receiver of receivers) {
        const paid = feed.into(receiver).filter((row) => row.rail === 'mto');
        const usd = paid.map(amountOf);
        expect(Math.min(...usd)).toBeGreaterThanOrEqual(900);
        expect(Math.max(...usd)).toBeLessThanOrEqual(2_900);
        expect(distinct(paid.map((row) => row.places![1]!.municipalityCode))).toBe(1);
        expect(['08037', '28032', '28027', '05025']).toContain(paid[0]!.places![1]!.municipalityCode);
        const pairs = distinct(paid.map(payerOf));
        expect(pairs / paid.length).toBeGreaterThan(0.7);
        expect(bestWindow(paid, 30, (rows) => distinct(rows.map(payerOf)))).toBeGreaterThanOrEqual(5);
        expect(
          bestWindow(paid, 30, (rows) => distinct(rows.map((row) => row.places![0]!.admin1))),
        ).toBeGreaterThanOrEqual(4);
        for (const payer of new Set(paid.map(payerOf))) {
          const times = paid.filter((row) => payerOf(row) === payer).map(timeOf);
          expect(Math.max(...times) - Math.min(...times)).toBeLessThan(46 * DAY);
        }
        const twins = paid.filter((row, i) => {
          const before = paid[i - 1];
          return (
            before !== undefined &&
            timeOf(row) - timeOf(before) < 48 * HOUR &&
            row.mto!.payAgent !== before.mto!.payAgent
          );
        });
        expect(twins.length).toBeGreaterThanOrEqual(4);
        expect(
          paid.every(
            (row) => row.beneficiaries![0]!.ref === receiver.ref && row.mto!.payoutMethod === 'cash',
          ),
        ).toBe(true);
      }
    },
  );

  it.each(everyBase('S7'))(
    'has a funnel account held by one receiver, filled far away by others and emptied the same day (%#)',
    (feed, each) => {
      const [holder] = subjects(each, 'collector');
      const funnel = feed.rowsOf(holder!).filter((row) => row.rail === 'cash');
      const into = funnel.filter((row) => row.kind === 'cash_deposit');
      const out = funnel.filter((row) => row.kind === 'cash_withdrawal');
      expect(holder!.accounts.some((account) => account.scheme === 'mto_ref')).toBe(true);
      expect(
        into.every(
          (row) => row.conductors![0]!.isHolder === false && row.conductors![0]!.ref !== holder!.ref,
        ),
      ).toBe(true);
      expect(
        bestWindow(into, 30, (rows) => distinct(rows.map((row) => row.occurredAt!.slice(0, 10)))),
      ).toBeGreaterThan(8);
      expect(
        bestWindow(into, 30, (rows) => distinct(rows.map((row) => row.places![0]!.admin1))),
      ).toBeGreaterThanOrEqual(2);
      expect(sum(out) / sum(into)).toBeGreaterThan(0.9);
      expect(shareWithin(waitsOf(into, out), 12)).toBeGreaterThan(0.85);
      const homes = feed.parties
        .filter((party) => party.ref === holder!.ref)
        .map((party) => party.homePlace?.municipality);
      expect(into.every((row) => !homes.includes(row.places![0]!.municipalityCode))).toBe(true);
      expect(
        bestWindow(into, 14, (rows) => rows.filter((row) => amountOf(row) > 7_300).length),
      ).toBeGreaterThanOrEqual(3);
      expect(Math.max(...into.map(amountOf))).toBeLessThan(10_000);
    },
  );
});

describe('S10, the facilitator', () => {
  it.each(everyBase('S10'))(
    'is paid small sums at night by many people of several countries, in cash within hours (%#)',
    (feed, each) => {
      const [facilitator] = subjects(each, 'facilitator');
      const paid = feed.into(facilitator!);
      expect(Math.max(...paid.map(amountOf))).toBeLessThanOrEqual(90);
      expect(bestWindow(paid, 60, (rows) => distinct(rows.map(payerOf)))).toBeGreaterThanOrEqual(7);
      expect(
        bestWindow(paid, 60, (rows) => distinct(rows.map((row) => row.places![0]!.country))),
      ).toBeGreaterThanOrEqual(3);
      expect(paid.every((row) => row.mto!.payoutMethod === 'cash')).toBe(true);
      expect(Math.max(...paid.map((row) => Date.parse(row.mto!.paidAt!) - timeOf(row)))).toBeLessThan(
        6 * HOUR,
      );
      expect(paid.filter((row) => hourOf(row) >= 21 || hourOf(row) < 5).length / paid.length).toBeGreaterThan(
        0.95,
      );
      const names = new Set(paid.flatMap((row) => row.debtor!.surnames!));
      expect(paid[0]!.creditor!.surnames!.every((name) => names.has(name))).toBe(false);
    },
  );
});

describe('S12, bank to chain', () => {
  it.each(everyBase('S12'))(
    'forwards week by week what many people paid, nearly all of it, to an exchange (%#)',
    (feed, each) => {
      const [mule] = subjects(each, 'facilitator');
      const bank = mule!.accounts[0]!.institution;
      const rows = feed.rowsOf(mule!).filter((row) => row.institution === bank && row.status === 'completed');
      const into = rows.filter((row) => bankOf(row, 'creditor') === bank && isSide(row.creditor, mule!));
      const out = rows.filter((row) => row.creditor?.kind === 'vasp');
      expect(out.length).toBeGreaterThanOrEqual(9);
      expect(out.every((row) => row.creditor!.licence?.kind === 'vasp')).toBe(true);
      let cycles = 0;
      let from = 0;
      for (const row of out) {
        const gathered = into.filter((one) => timeOf(one) > from && timeOf(one) <= timeOf(row));
        from = timeOf(row);
        if (gathered.length === 0) continue;
        const share = amountOf(row) / sum(gathered);
        if (share > 0.955 && share < 1.02) cycles++;
        expect(
          distinct(gathered.map((one) => payerOf(one) ?? one.conductors![0]!.ref)),
        ).toBeGreaterThanOrEqual(5);
        expect(timeOf(row) - Math.min(...gathered.map(timeOf))).toBeLessThan(48 * HOUR);
      }
      expect(cycles).toBeGreaterThanOrEqual(8);
      const hops = feed.rows.filter((row) => row.institution === 'chain-view');
      expect(hops.length).toBeGreaterThan(20);
      const [offRamp] = subjects(each, 'front').filter((front) => front.institution.startsWith('mx-'));
      expect(feed.into(offRamp!).every((row) => row.debtor!.kind === 'vasp')).toBe(true);
    },
  );
});

describe('cases with missing fields', () => {
  it('lack what they say, and only they do', () => {
    const feed = feedOf('missing', ['S1', 'S10', 'S12']);
    const missing = feed.cases.filter((each) => each.variant === 'missing');
    expect(missing.length).toBeGreaterThan(2);
    let dateOnly = 0;
    for (const each of missing) {
      const rows = each.subjects
        .filter((subject) => subject.role === 'collector' || subject.role === 'facilitator')
        .flatMap((subject) => feed.rowsOf(subject));
      const dates = rows.filter((row) => row.occurredPrecision === 'day' && row.rail !== 'ach');
      if (dates.length > rows.length / 2) dateOnly++;
      else {
        const lacks = [
          rows.every((row) => row.places === undefined),
          rows.every((row) => row.refs === undefined || row.kind === 'return'),
          rows.every((row) => row.conductors === undefined),
          rows.every((row) => row.purpose === undefined && row.payroll === undefined),
          rows.every((row) => row.debtor?.surnames === undefined && row.creditor?.surnames === undefined),
        ];
        expect(lacks.filter(Boolean).length, each.id).toBeGreaterThanOrEqual(2);
      }
    }
    expect(dateOnly).toBeGreaterThan(0);
  });
});
