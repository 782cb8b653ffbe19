/** Honest growers, emergencies, winter guests, first wages and the hard pairs: what their twins lack. */
import { describe, expect, it } from 'vitest';
import type { TruthCase, TruthSubject } from '../../../../pipelines/simulate/truth.ts';
import type { TransactionInput } from '../../../../schemas/transaction.ts';
import {
  amountOf,
  coveredShare,
  DAY,
  distinct,
  Feed,
  HOUR,
  isSide,
  modeShare,
  subjects,
  sum,
  timeOf,
} from './feed.ts';

const KINDS = ['B5', 'B8', 'B9', 'B11', 'H1', 'H2', 'H3'] as const;
const feeds = [7, 21].map(
  (seed) =>
    new Feed({
      seed,
      transactions: 5_000,
      exactly: KINDS.map((kind) => ({ kind, variant: 'base', count: 1 })),
    }),
);
const every = (kind: string): [Feed, TruthCase][] =>
  feeds.flatMap((feed) => feed.of(kind).map((each): [Feed, TruthCase] => [feed, each]));
const debtorOf = (row: TransactionInput): string | undefined => row.debtor?.account?.token;
const creditorOf = (row: TransactionInput): string | undefined => row.creditor?.account?.token;
const people = (each: TruthCase): TruthSubject[] => subjects(each, 'ordinary');
const recordOf = (feed: Feed, subject: TruthSubject) =>
  feed.parties.find((party) => party.ref === subject.ref)!;
const wagesOf = (feed: Feed, subject: TruthSubject): TransactionInput[] =>
  feed.into(subject).filter((row) => row.purpose === 'wage');

describe('look-alikes', () => {
  it.each(every('B5'))(
    'B5 pays what the rain held up, in full, with a bonus and taxes (%#)',
    (feed, each) => {
      const workers = people(each);
      const [agency] = subjects(each, 'infrastructure');
      expect(recordOf(feed, agency!).licences).toEqual([{ kind: 'recruitment_agency' }]);
      expect(feed.outOf(agency!).some((row) => row.creditor?.kind === 'tax_or_social_security')).toBe(true);
      for (const worker of workers) {
        const wages = wagesOf(feed, worker);
        const gaps = wages.slice(1).map((row, i) => (timeOf(row) - timeOf(wages[i]!)) / DAY);
        const longest = Math.max(...gaps);
        expect(longest).toBeGreaterThan(13);
        expect(longest).toBeLessThan(38);
        const after = wages[gaps.indexOf(longest) + 1]!;
        expect(after.payroll!.days!).toBeGreaterThan(6);
        for (const row of wages) {
          const { gross, net, days } = row.payroll!;
          expect(Number(net!.amount) / Number(gross!.amount)).toBeGreaterThan(0.95);
          expect(Number(gross!.amount) / days!).toBeGreaterThan(310);
        }
        expect(amountOf(wages.at(-1)!)).toBeGreaterThan(amountOf(wages[1]!) * 1.1);
      }
    },
  );

  it.each(every('B8'))('B8 helps somebody known for months, or a clinic (%#)', (feed, each) => {
    const [sender] = people(each);
    const sends = feed.outOf(sender!).filter((row) => row.rail === 'mto');
    const clinic = feed.outOf(sender!).filter((row) => row.purpose === 'medical');
    expect(sends.length).toBeGreaterThan(8);
    expect(distinct(sends.map(creditorOf))).toBe(1);
    const [low, high] = [210, 2_940];
    for (const row of clinic) {
      expect(amountOf(row)).toBeGreaterThanOrEqual(low - 10);
      expect(amountOf(row)).toBeLessThanOrEqual(high + 10);
    }
    const rows = clinic.length > 0 ? clinic : sends;
    const burst = rows.filter(
      (row) => rows.filter((one) => Math.abs(timeOf(one) - timeOf(row)) < 48 * HOUR).length >= 3,
    );
    expect(burst.length).toBeGreaterThanOrEqual(3);
    expect(timeOf(burst[0]!) - timeOf(sends[0]!)).toBeGreaterThan(90 * DAY);
  });

  it('B8 in its hard twin sends to somebody new, as a ransom would', () => {
    const feed = new Feed({
      seed: 4,
      transactions: 3_000,
      exactly: [{ kind: 'B8', variant: 'evasive', count: 3 }],
    });
    for (const each of feed.of('B8', 'evasive')) {
      const sends = feed.outOf(people(each)[0]!).filter((row) => row.rail === 'mto');
      const strangers = sends.filter((row) => row.mto!.declaredRelationshipClass === 'friend');
      expect(strangers.length).toBeGreaterThanOrEqual(3);
      expect(distinct(strangers.map(creditorOf))).toBe(1);
      // At a border to which nobody of the family ever sent.
      const paidOutIn = (rows: typeof sends) => [
        ...new Set(rows.map((row) => row.places!.find(({ role }) => role === 'agent_pay')!.municipalityCode)),
      ];
      const [away] = paidOutIn(strangers);
      expect(['28032', '08037']).toContain(away);
      expect(paidOutIn(sends.filter((row) => !strangers.includes(row)))).not.toContain(away);
    }
  });

  it.each(every('B9'))('B9 has a lease, many guests, staff on wages, many givers (%#)', (feed, each) => {
    const [one] = people(each);
    const rents = feed.outOf(one!).filter((row) => row.purpose === 'rent');
    expect(rents.length).toBeGreaterThanOrEqual(2);
    expect(rents.every((row) => row.creditor!.kind === 'landlord')).toBe(true);
    const travel = feed.outOf(one!).find((row) => row.travel !== undefined)!.travel!;
    expect(travel.passengers!.length).toBe(2);
    const withLicence = (kind: string): TruthSubject =>
      subjects(each, 'infrastructure').find(
        (subject) => recordOf(feed, subject)?.licences?.[0]?.kind === kind,
      )!;
    const agency = withLicence('travel_agency');
    expect(distinct(feed.into(agency).map(debtorOf))).toBeGreaterThan(40);
    const staff = feed.outOf(agency).filter((row) => row.purpose === 'wage');
    expect(staff.length).toBeGreaterThan(10);
    for (const row of staff) expect(amountOf(row)).toBeGreaterThan(8_500);
    expect(distinct(feed.into(withLicence('charity')).map(debtorOf))).toBeGreaterThan(12);
  });

  it.each(every('B11'))('B11 is paid by one employer, and the official by a tenant (%#)', (feed, each) => {
    const young = people(each).filter((subject) => (recordOf(feed, subject).birthYear ?? 0) >= 2003);
    expect(young.length).toBeGreaterThanOrEqual(4);
    for (const worker of young) {
      const wages = wagesOf(feed, worker);
      expect(distinct(wages.map(debtorOf))).toBe(1);
      const cash = feed.outOf(worker).filter((row) => row.kind === 'cash_withdrawal');
      expect(sum(cash) / sum(wages)).toBeGreaterThan(0.85);
      expect(sum(cash)).toBeLessThanOrEqual(sum(wages));
      expect(coveredShare(wages, cash, 25)).toBeGreaterThan(0.9);
    }
    const official = people(each).at(-1)!;
    const rents = feed.into(official).filter((row) => row.purpose === 'rent');
    expect(rents.length).toBeGreaterThanOrEqual(6);
    expect(distinct(rents.map(amountOf))).toBe(1);
    expect(wagesOf(feed, official).length).toBeGreaterThan(10);
  });

  it.each(every('H1'))('H1 hands most over at night, but much comes back and is spent (%#)', (feed, each) => {
    const [earner, banker] = people(each);
    const into = feed.into(earner!).filter((row) => !isSide(row.debtor, banker!));
    const over = feed.outOf(earner!).filter((row) => isSide(row.creditor, banker!));
    const back = feed.into(earner!).filter((row) => isSide(row.debtor, banker!));
    expect(modeShare(into, 3)).toBeGreaterThan(0.75);
    expect(sum(over) / sum(into)).toBeGreaterThan(0.78);
    expect(sum(back) / sum(over)).toBeGreaterThan(0.3);
    const own = feed.outOf(earner!).filter((row) => row.kind === 'card_purchase');
    expect(sum(own) / sum(into)).toBeGreaterThan(0.2);
  });

  it.each(every('H2'))(
    'H2 queues at one machine, each with an own wage, and shops elsewhere (%#)',
    (feed, each) => {
      const rows = people(each).map((person) => feed.outOf(person));
      const draws = rows.flat().filter((row) => row.kind === 'cash_withdrawal');
      expect(distinct(draws.map((row) => row.places![0]!.municipalityCode))).toBe(1);
      const days = new Map<string, TransactionInput[]>();
      for (const row of draws)
        days.set(row.occurredAt!.slice(0, 10), [...(days.get(row.occurredAt!.slice(0, 10)) ?? []), row]);
      const busiest = [...days.values()].sort((a, b) => b.length - a.length)[0]!;
      expect(busiest.length).toBeGreaterThan(14);
      const times = busiest.map(timeOf);
      expect((Math.max(...times) - Math.min(...times)) / HOUR).toBeLessThan(2);
      expect(
        rows.filter((own) => own.some((row) => row.kind === 'card_purchase')).length / rows.length,
      ).toBeGreaterThan(0.9);
      expect(
        distinct(people(each).flatMap((person) => wagesOf(feed, person).map(debtorOf))),
      ).toBeGreaterThanOrEqual(3);
    },
  );

  it.each(every('H3'))(
    'H3 receives of strangers who share surnames, into an account, and builds (%#)',
    (feed, each) => {
      const [treasurer, ...members] = people(each);
      const gifts = feed.into(treasurer!).filter((row) => row.rail === 'mto');
      expect(distinct(gifts.map(debtorOf))).toBe(members.length);
      expect(distinct(members.map((member) => recordOf(feed, member).surnames!.join()))).toBeLessThan(26);
      const shared = members.filter((member) =>
        recordOf(feed, member).surnames!.some((name) => recordOf(feed, treasurer!).surnames!.includes(name)),
      );
      expect(shared.length).toBeGreaterThan(0);
      for (const row of gifts) expect(row.mto!.payoutMethod).toBe('account');
      expect(feed.outOf(treasurer!).some((row) => row.purpose === 'goods')).toBe(true);
    },
  );

  it('are protected, every one of them', () => {
    for (const feed of feeds)
      for (const each of feed.cases) {
        expect(each.form).toBeNull();
        expect(each.mustNotFire.length, each.id).toBeGreaterThan(0);
        expect(Object.keys(each.parameters).length, each.id).toBeGreaterThanOrEqual(5);
        for (const person of people(each))
          expect(person).toMatchObject({ protected: true, standing: 'bystander' });
      }
  });
});
