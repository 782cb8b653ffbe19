/** Every look-alike has what its twin lacks: the property by which an honest life is told from a controlled one. */
import { describe, expect, it } from 'vitest';
import type { TruthCase, TruthSubject } from '../../../../pipelines/simulate/truth.ts';
import type { TransactionInput } from '../../../../schemas/transaction.ts';
import {
  amountOf,
  bestWindow,
  DAY,
  distinct,
  Feed,
  hourOf,
  isSide,
  median,
  shareWithin,
  subjects,
  sum,
  timeOf,
  waitsOf,
} from './feed.ts';

const feeds = [7, 21].map(
  (seed) =>
    new Feed({ seed, transactions: 60_000, cases: ['B1', 'B2', 'B3', 'B4', 'B6', 'B7', 'B10', 'B12'] }),
);
const every = (kind: string): [Feed, TruthCase][] =>
  feeds.flatMap((feed) => feed.of(kind).map((each): [Feed, TruthCase] => [feed, each]));
const creditorOf = (row: TransactionInput): string | undefined => row.creditor?.account?.token;
const debtorOf = (row: TransactionInput): string | undefined => row.debtor?.account?.token;
const ordinary = (each: TruthCase): TruthSubject[] => subjects(each, 'ordinary');

/** The largest share of an account's receipts that one natural person ends up with. */
function largestPersonShare(feed: Feed, subject: TruthSubject): number {
  const into = sum(feed.into(subject));
  const byPerson = new Map<string, number>();
  for (const row of feed.outOf(subject))
    if (row.creditor?.kind === 'person' && row.rail !== 'mto' && !isSide(row.creditor, subject))
      byPerson.set(creditorOf(row)!, (byPerson.get(creditorOf(row)!) ?? 0) + amountOf(row));
  return Math.max(0, ...byPerson.values()) / into;
}

describe('look-alikes', () => {
  it.each(every('B1'))(
    'B1 sends to a few relatives for months and shares a household both ways (%#)',
    (feed, each) => {
      const [worker, partner] = ordinary(each);
      const sends = feed.outOf(worker!).filter((row) => row.rail === 'mto');
      expect(sends.length).toBeGreaterThan(25);
      expect(distinct(sends.map(creditorOf))).toBeLessThanOrEqual(4);
      for (const row of sends) expect(row.creditor!.surnames).toEqual(row.debtor!.surnames);
      const wages = feed.into(worker!).filter((row) => row.purpose === 'wage');
      expect(sum(sends) / sum(wages)).toBeLessThan(0.5);
      const december = sends.filter((row) => row.occurredAt!.slice(5, 7) === '12').map(amountOf);
      const autumn = sends
        .filter((row) => ['09', '10', '11'].includes(row.occurredAt!.slice(5, 7)))
        .map(amountOf);
      expect(median(december)).toBeGreaterThan(median(autumn) * 1.25);
      const given = sum(feed.outOf(worker!).filter((row) => isSide(row.creditor, partner!)));
      const returned = sum(feed.into(worker!).filter((row) => isSide(row.debtor, partner!)));
      expect(returned / given).toBeGreaterThan(0.4);
    },
  );

  it.each(every('B2'))(
    'B2 sells in the evening to people who come back, and pays suppliers, no collector (%#)',
    (feed, each) => {
      const [seller] = ordinary(each);
      const into = feed.into(seller!);
      expect(bestWindow(into, 30, (rows) => rows.length)).toBeGreaterThan(50);
      expect(into.filter((row) => hourOf(row) >= 19 || hourOf(row) < 2).length / into.length).toBeGreaterThan(
        0.5,
      );
      const payers = new Map<string, number>();
      for (const row of into) payers.set(debtorOf(row)!, (payers.get(debtorOf(row)!) ?? 0) + 1);
      const fromRegulars = into.filter((row) => payers.get(debtorOf(row)!)! > 2).length;
      expect(fromRegulars / into.length).toBeGreaterThan(0.4);
      expect(largestPersonShare(feed, seller!)).toBe(0);
      const supplies = feed.outOf(seller!).filter((row) => row.purpose === 'goods');
      expect(distinct(supplies.map(creditorOf))).toBe(3);
      expect(sum(supplies) / sum(into)).toBeGreaterThan(0.25);
    },
  );

  it.each(every('B3'))(
    'B3 keeps what comes in: own rent, own taxes, nothing handed on (%#)',
    (feed, each) => {
      const [person] = ordinary(each);
      expect(largestPersonShare(feed, person!)).toBe(0);
      expect(feed.outOf(person!).some((row) => row.creditor?.kind === 'tax_or_social_security')).toBe(true);
      expect(
        feed.outOf(person!).some((row) => row.purpose === 'rent' && row.creditor?.kind === 'landlord'),
      ).toBe(true);
    },
  );

  it.each(every('B4'))('B4 is paid and queues together, but every family gets its own (%#)', (feed, each) => {
    const people = ordinary(each);
    const workers = people.filter((person) => person.accounts.some((account) => account.scheme === 'us_aba'));
    expect(workers.length).toBeGreaterThanOrEqual(20);
    const beneficiaries = new Set<string>();
    for (const worker of workers) {
      expect(largestPersonShare(feed, worker)).toBe(0);
      const sends = feed.outOf(worker).filter((row) => row.rail === 'mto');
      expect(distinct(sends.map(creditorOf))).toBe(1);
      beneficiaries.add(creditorOf(sends[0]!)!);
      const wages = sum(feed.into(worker).filter((row) => row.purpose === 'wage'));
      expect(sum(sends) / wages).toBeGreaterThan(0.5);
    }
    expect(beneficiaries.size).toBe(workers.length);
    const opened = feed.parties
      .filter((party) =>
        workers.some((worker) => worker.ref === party.ref && party.institution.startsWith('us-')),
      )
      .map((party) => Date.parse(party.accounts[0]!.opened!));
    expect((Math.max(...opened) - Math.min(...opened)) / DAY).toBeLessThan(3);
    const machines = workers.flatMap((worker) => feed.outOf(worker).filter((row) => row.channel === 'atm'));
    expect(distinct(machines.map((row) => row.terminal!.id))).toBe(1);
    const [employer] = subjects(each, 'infrastructure');
    expect(feed.outOf(employer!).some((row) => row.creditor?.kind === 'tax_or_social_security')).toBe(true);
  });

  it.each(every('B6'))(
    'B6 pays equal sums in a circle that everybody receives once, or to registered payees (%#)',
    (feed, each) => {
      const people = ordinary(each);
      const received = people.map(
        (person) => feed.into(person).filter((row) => isMember(row, people)).length,
      );
      const receivers = received.filter((count) => count > 5);
      expect(receivers.length).toBeGreaterThanOrEqual(10);
      const school = each.subjects.find((subject) =>
        feed.parties.some((party) => party.ref === subject.ref && party.licences?.[0]?.kind === 'school'),
      );
      const fees = feed.into(school!);
      expect(distinct(fees.map(amountOf))).toBe(1);
      expect(feed.outOf(school!).every((row) => row.creditor?.kind === 'tax_or_social_security')).toBe(true);
    },
  );

  it.each(every('B7'))(
    'B7 lets money rest: a student spends slowly, a shop pays goods and staff (%#)',
    (feed, each) => {
      const [student] = ordinary(each);
      const into = feed.into(student!).filter((row) => row.kind === 'cash_deposit');
      expect(distinct(into.map((row) => row.places![0]!.admin1))).toBe(2);
      expect(shareWithin(waitsOf(into, feed.outOf(student!)), 48)).toBeLessThan(0.3);
      const store = ordinary(each).find((subject) =>
        feed.parties.some((party) => party.ref === subject.ref && party.kind === 'entity'),
      );
      const takings = feed.into(store!).filter((row) => row.kind === 'cash_deposit');
      expect(distinct(takings.map((row) => row.places![0]!.municipalityCode))).toBe(4);
      expect(feed.outOf(store!).some((row) => row.kind === 'cash_withdrawal')).toBe(false);
      const travels = each.subjects
        .flatMap((subject) => feed.into(subject))
        .filter((row) => row.purpose === 'travel');
      expect(travels.length).toBeGreaterThan(5);
    },
  );

  it.each(every('B10'))(
    'B10 earns: most credits from a platform, the rest for goods and into the account (%#)',
    (feed, each) => {
      const [freelancer] = ordinary(each);
      const into = feed.into(freelancer!);
      const platform = into.filter((row) => row.debtor?.licence?.kind === 'platform');
      expect(platform.length / into.length).toBeGreaterThan(0.5);
      expect(distinct(into.map((row) => row.debtor?.country))).toBeGreaterThanOrEqual(4);
      expect(
        into.filter((row) => row.rail === 'mto').every((row) => row.mto!.payoutMethod === 'account'),
      ).toBe(true);
      expect(feed.outOf(freelancer!).some((row) => row.kind === 'cash_withdrawal')).toBe(false);
    },
  );

  it.each(every('B12'))(
    'B12 buys coins from own wages, trades both ways, or deals under a licence (%#)',
    (feed, each) => {
      const people = ordinary(each);
      const licensed = people.filter((person) =>
        feed.parties.some(
          (party) => party.ref === person.ref && party.licences?.[0]?.kind === 'p2p_va_dealer',
        ),
      );
      expect(licensed.length).toBe(1);
      for (const person of people) {
        if (licensed.includes(person)) continue;
        const sources = feed
          .into(person)
          .filter((row) => row.kind === 'transfer' && row.debtor?.kind !== 'vasp')
          .map(debtorOf);
        expect(distinct(sources)).toBeLessThanOrEqual(1);
      }
      const trader = people[1]!;
      const bought = sum(feed.outOf(trader).filter((row) => row.creditor?.kind === 'vasp'));
      const sold = sum(feed.into(trader).filter((row) => row.debtor?.kind === 'vasp'));
      expect(sold / bought).toBeGreaterThan(0.6);
      expect(sold / bought).toBeLessThan(1.7);
    },
  );

  it('are all protected and expect nothing', () => {
    for (const feed of feeds)
      for (const each of feed.cases) {
        expect(each.form).toBeNull();
        expect(each.expected).toEqual([]);
        for (const person of ordinary(each)) expect(person.protected).toBe(true);
      }
  });
});

const isMember = (row: TransactionInput, people: readonly TruthSubject[]): boolean =>
  people.some((person) => isSide(row.debtor, person));

describe('ordinary life', () => {
  it('has its hours, its pay days, its December, and few nights', () => {
    const [feed] = feeds;
    const purchases = feed!.rows.filter((row) => row.kind === 'card_purchase' && row.card?.present === true);
    const nights = purchases.filter((row) => hourOf(row) >= 22 || hourOf(row) < 6);
    expect(nights.length / purchases.length).toBeGreaterThan(0.03);
    expect(nights.length / purchases.length).toBeLessThan(0.12);
    const remittances = feed!.rows
      .filter((row) => row.rail === 'mto' && row.debtor?.country === 'US')
      .map(amountOf);
    const mean = remittances.reduce((total, usd) => total + usd, 0) / remittances.length;
    expect(mean).toBeGreaterThan(250);
    expect(mean).toBeLessThan(540);
    const declined = feed!.rows.filter((row) => row.status === 'declined');
    expect(declined.length).toBeGreaterThan(50);
    expect(new Set(feed!.rows.map((row) => row.settled.ccy))).toEqual(
      new Set(['MXN', 'USD', 'CAD', 'BTC', 'USDT']),
    );
    for (const row of feed!.rows) expect(timeOf(row)).toBeGreaterThan(Date.parse('2025-08-31T00:00:00Z'));
  });

  it('shares surnames as people do: the ten commonest cover more than a quarter in Mexico', () => {
    const counts = new Map<string, number>();
    let all = 0;
    for (const party of feeds[0]!.parties)
      if (party.homePlace?.country === 'MX')
        for (const name of party.surnames ?? []) {
          counts.set(name, (counts.get(name) ?? 0) + 1);
          all++;
        }
    const top = [...counts.values()].sort((a, b) => b - a).slice(0, 10);
    expect(top.reduce((total, count) => total + count, 0) / all).toBeGreaterThan(0.25);
  });
});
