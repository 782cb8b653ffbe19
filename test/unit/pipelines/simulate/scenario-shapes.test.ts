/** The border circuit, withheld wages, ransom, packaged stays and forced mules, measured by plain statistics of the rows. */
import { describe, expect, it } from 'vitest';
import type { TruthCase } from '../../../../pipelines/simulate/truth.ts';
import type { TransactionInput } from '../../../../schemas/transaction.ts';
import {
  amountOf,
  bestWindow,
  coveredShare,
  DAY,
  distinct,
  Feed,
  HOUR,
  hourOf,
  isSide,
  modeShare,
  subjects,
  sum,
  timeOf,
} from './feed.ts';

const KINDS = ['S2', 'S5', 'S8', 'S9', 'S10', 'S11'] as const;
const base = [7, 21].map(
  (seed) =>
    new Feed({
      seed,
      transactions: 5_000,
      exactly: KINDS.map((kind) => ({ kind, variant: 'base', count: 1 })),
    }),
);
const evasive = new Feed({
  seed: 3,
  transactions: 5_000,
  exactly: KINDS.map((kind) => ({ kind, variant: 'evasive', count: 2 })),
});
const every = (kind: string): [Feed, TruthCase][] =>
  base.flatMap((feed) => feed.of(kind).map((each): [Feed, TruthCase] => [feed, each]));
const everyEvasive = (kind: string): [Feed, TruthCase][] =>
  evasive.of(kind, 'evasive').map((each): [Feed, TruthCase] => [evasive, each]);
const debtorOf = (row: TransactionInput): string | undefined => row.debtor?.account?.token;
const isNight = (row: TransactionInput): boolean => hourOf(row) >= 20 || hourOf(row) < 5;

describe('S2, the border circuit', () => {
  it.each(every('S2'))('is paid at night at a few prices and handed on (%#)', (feed, each) => {
    const [controller] = subjects(each, 'collector');
    const women = subjects(each, 'victim');
    expect(women.length).toBeGreaterThanOrEqual(3);
    for (const woman of women) {
      expect(woman).toMatchObject({ protected: true, standing: 'victim' });
      const into = feed.into(woman);
      const transfers = into.filter((row) => row.kind === 'transfer');
      expect(modeShare(transfers, 3)).toBeGreaterThan(0.75);
      for (const row of transfers) {
        expect(amountOf(row)).toBeGreaterThanOrEqual(300);
        expect(amountOf(row)).toBeLessThanOrEqual(3_300);
      }
      expect(into.filter(isNight).length / into.length).toBeGreaterThan(0.9);
      expect(into.some((row) => row.channel === 'correspondent' && row.conductors === undefined)).toBe(true);
      expect(bestWindow(into, 7, (rows) => rows.length)).toBeGreaterThanOrEqual(15);
      const over = feed.outOf(woman).filter((row) => isSide(row.creditor, controller!));
      expect(sum(over) / sum(into)).toBeGreaterThan(0.82);
      expect(coveredShare(into, over, 24)).toBeGreaterThan(0.9);
      expect(
        distinct(into.flatMap((row) => row.places?.map((place) => place.municipalityCode) ?? [])),
      ).toBeGreaterThan(1);
    }
    const rooms = feed.outOf(controller!).filter((row) => row.lodging !== undefined);
    expect(rooms.length).toBeGreaterThan(20);
    for (const row of rooms) {
      expect(row.lodging).toMatchObject({ nights: 1, rooms: 2 });
      expect(amountOf(row)).toBeGreaterThan(800);
      expect(amountOf(row)).toBeLessThan(2_100);
    }
    const ads = feed.outOf(controller!).filter((row) => row.card?.merchantDescriptorClass?.endsWith('_ads'));
    expect(ads.length).toBeGreaterThan(6);
  });

  it('spreads its prices and moves its receipts to the morning when it hides', () => {
    const cases = everyEvasive('S2');
    expect(cases.length).toBeGreaterThan(0);
    for (const [feed, each] of cases)
      for (const woman of subjects(each, 'victim')) {
        const into = feed.into(woman);
        expect(modeShare(into, 3)).toBeLessThan(0.3);
        expect(into.every((row) => hourOf(row) === 7 || hourOf(row) === 8)).toBe(true);
      }
  });
});

describe('S5, withheld wages', () => {
  it.each(every('S5'))('pays for some weeks, then not, and sells on (%#)', (feed, each) => {
    const grower = subjects(each, 'collector').find((one) =>
      feed.parties.some((party) => party.ref === one.ref && party.kind === 'entity'),
    )!;
    const [store] = subjects(each, 'front');
    const workers = subjects(each, 'victim');
    expect(workers.length).toBeGreaterThanOrEqual(30);
    const owners = feed.parties
      .filter((party) => party.ref === grower.ref || party.ref === store!.ref)
      .map((party) => party.beneficialOwners![0]!.ref);
    expect(distinct(owners)).toBe(1);
    const invoices = feed
      .into(grower)
      .filter((row) => row.purpose === 'goods')
      .map(timeOf);
    for (const worker of workers) {
      const wages = feed.into(worker).filter((row) => row.purpose === 'wage');
      const weekly = wages.slice(0, -1);
      expect(weekly.length).toBeGreaterThanOrEqual(2);
      const gap = timeOf(wages.at(-1)!) - timeOf(weekly.at(-1)!);
      expect(gap / DAY).toBeGreaterThan(38);
      expect(
        invoices.filter((at) => at > timeOf(weekly.at(-1)!) && at < timeOf(wages.at(-1)!)).length,
      ).toBeGreaterThan(4);
      for (const row of weekly) {
        const { gross, net, days, deductions } = row.payroll!;
        const taken = deductions!.reduce((total, one) => total + Number(one.amount.amount), 0);
        expect(Number(gross!.amount) - taken).toBeCloseTo(Number(net!.amount), 2);
        expect(Number(gross!.amount) / days!).toBeGreaterThan(290);
        expect(Number(gross!.amount) / days!).toBeLessThan(415);
      }
      const owed = wages.at(-1)!.payroll!;
      const perDay = Number(owed.gross!.amount) / owed.days!;
      expect(perDay).toBeLessThan(0.62 * 400);
      const toStore = feed.outOf(worker).filter((row) => isSide(row.creditor, store!));
      expect(sum(toStore) / sum(wages)).toBeGreaterThan(0.35);
      expect(sum(toStore) / sum(wages)).toBeLessThan(0.78);
    }
    expect(feed.outOf(grower).some((row) => row.creditor?.kind === 'tax_or_social_security')).toBe(false);
    const seasons = new Set(feed.outOf(grower).map((row) => row.occurredAt!.slice(5, 7)));
    for (const month of seasons) expect(['11', '12', '01', '02', '03', '04', '05']).toContain(month);
  });

  it('keeps a trickle going when it hides', () => {
    const cases = everyEvasive('S5');
    expect(cases.length).toBeGreaterThan(0);
    for (const [feed, each] of cases) {
      const wages = feed.into(subjects(each, 'victim')[0]!).filter((row) => row.purpose === 'wage');
      const gaps = wages.slice(1).map((row, i) => (timeOf(row) - timeOf(wages[i]!)) / DAY);
      expect(Math.max(...gaps)).toBeLessThan(22);
      expect(Math.min(...wages.map(amountOf))).toBeLessThan(220);
    }
  });
});

describe('S8, ransom', () => {
  it.each(every('S8'))('is sent in three days to strangers, more each time (%#)', (feed, each) => {
    const receivers = [...subjects(each, 'collector'), ...subjects(each, 'receiver')];
    expect(receivers.length).toBeGreaterThanOrEqual(2);
    const families = subjects(each, 'payer');
    expect(families.length).toBeGreaterThan(0);
    for (const family of families) {
      expect(family).toMatchObject({ protected: true, standing: 'bystander' });
      const sends = feed.outOf(family).filter((row) => row.rail === 'mto');
      if (sends.length < 2) continue; // the others went through an operator that submits nothing
      expect(timeOf(sends.at(-1)!) - timeOf(sends[0]!)).toBeLessThan(72 * HOUR);
      expect(amountOf(sends.at(-1)!)).toBeGreaterThan(amountOf(sends[0]!));
      expect(amountOf(sends[0]!)).toBeGreaterThan(250);
      expect(amountOf(sends.at(-1)!)).toBeLessThan(2_700);
      for (const row of sends) {
        expect(receivers.some((one) => isSide(row.creditor, one))).toBe(true);
        expect(row.creditor!.surnames).not.toEqual(row.debtor!.surnames);
      }
    }
    expect(families.some((family) => feed.outOf(family).filter((row) => row.rail === 'mto').length > 1)).toBe(
      true,
    );
    const refused = feed.rows.filter((row) => row.rail === 'mto' && row.status === 'declined');
    if (each.parameters['refusals']! > 1) expect(refused.length).toBeGreaterThan(0);
    for (const row of refused) expect(row.mto!.paidAt).toBeUndefined();
  });

  it('is one payment and gift cards when it hides', () => {
    const cases = everyEvasive('S8');
    expect(cases.length).toBeGreaterThan(0);
    for (const [feed, each] of cases)
      for (const family of subjects(each, 'payer')) {
        const out = feed.outOf(family);
        expect(out.filter((row) => row.rail === 'mto')).toEqual([]);
        expect(out.filter((row) => row.kind === 'transfer' && amountOf(row) > 2_800).length).toBe(1);
        expect(out.filter((row) => row.card?.mcc === '5947').length).toBe(4);
      }
  });
});

describe('S9, packaged stays', () => {
  it.each(every('S9'))('is groomed from abroad, flown to, and paid to families weekly (%#)', (feed, each) => {
    const buyers = subjects(each, 'buyer');
    const guardians = subjects(each, 'receiver');
    const [agency] = subjects(each, 'facilitator');
    expect(buyers.length).toBeGreaterThanOrEqual(3);
    let grew = 0;
    let several = 0;
    for (const buyer of buyers) {
      const sends = feed.outOf(buyer).filter((row) => row.rail === 'mto');
      const [flight] = feed.outOf(buyer).filter((row) => row.travel !== undefined);
      expect(flight!.travel!.to).toMatch(/^MX-/);
      for (const row of sends) {
        expect(guardians.some((one) => isSide(row.creditor, one))).toBe(true);
        expect(amountOf(row)).toBeGreaterThanOrEqual(20);
        expect(amountOf(row)).toBeLessThanOrEqual(350);
        expect(timeOf(row)).toBeLessThan(timeOf(flight!) + DAY);
      }
      if (sends.length > 3) {
        const half = Math.floor(sends.length / 2);
        if (sum(sends.slice(-half)) > sum(sends.slice(0, half))) grew++;
      }
      const families = distinct(sends.map((row) => row.creditor?.account?.token));
      expect(families).toBeGreaterThanOrEqual(1);
      expect(families).toBeLessThanOrEqual(3);
      if (families > 1) several++;
      const { depart, return: back } = flight!.travel!;
      const machines = feed.outOf(buyer).filter((row) => row.channel === 'atm');
      const away = machines.filter((row) => row.places![0]!.country === 'MX');
      for (const row of away) expect(row.occurredAt! >= depart! && row.occurredAt! <= `${back}~`).toBe(true);
      // Who travels has a life at home, and it began long before the journey.
      const wages = feed.into(buyer).filter((row) => row.purpose === 'wage');
      expect(timeOf(wages[0]!)).toBeLessThan(timeOf(flight!) - 60 * DAY);
      expect(away.length).toBeGreaterThan(0);
      // A bank books its own currency and says beside it what the machine gave out.
      for (const row of away) {
        const pesos = Number(row.instructed!.amount);
        expect([row.instructed!.ccy, pesos % 500]).toEqual(['MXN', 0]);
        expect(row.settled.ccy).toBe(flight!.settled.ccy);
        expect(pesos / amountOf(row)).toBeGreaterThan(row.settled.ccy === 'CAD' ? 12 : 17);
        expect(pesos / amountOf(row)).toBeLessThan(row.settled.ccy === 'CAD' ? 14 : 19);
      }
      for (const row of machines) if (!away.includes(row)) expect(row.instructed).toBeUndefined();
    }
    expect(several).toBeGreaterThan(0);
    expect(grew).toBeGreaterThan(buyers.length / 2);
    expect(distinct(feed.into(agency!).map(debtorOf))).toBeGreaterThanOrEqual(3);
    for (const guardian of guardians) {
      const weekly = feed.outOf(agency!).filter((row) => isSide(row.creditor, guardian));
      expect(weekly.length).toBeGreaterThan(3);
      for (const row of weekly) {
        expect(amountOf(row)).toBeGreaterThanOrEqual(1_800);
        expect(amountOf(row)).toBeLessThanOrEqual(11_700);
      }
    }
  });

  it('sends under the name of the wife when it hides', () => {
    const cases = everyEvasive('S9');
    expect(cases.length).toBeGreaterThan(0);
    for (const [feed, each] of cases)
      for (const buyer of subjects(each, 'buyer'))
        expect(feed.outOf(buyer).filter((row) => row.rail === 'mto')).toEqual([]);
  });
});

describe('S10, its second part', () => {
  it.each(every('S10'))(
    'makes teenagers pay more each time for a day or three, and then stops (%#)',
    (feed, each) => {
      const [mule] = subjects(each, 'collector');
      const teenagers = subjects(each, 'victim');
      expect(teenagers.length).toBeGreaterThanOrEqual(8);
      for (const teenager of teenagers) {
        expect(teenager).toMatchObject({ protected: true, standing: 'victim' });
        expect(feed.parties.find((party) => party.ref === teenager.ref)!.birthYear).toBeGreaterThanOrEqual(
          2009,
        );
        const paid = feed.outOf(teenager).filter((row) => isSide(row.creditor, mule!));
        expect(paid.length).toBeGreaterThanOrEqual(2);
        expect(sum(paid)).toBeLessThanOrEqual(1_500);
        expect(amountOf(paid.at(-1)!)).toBeGreaterThan(amountOf(paid[0]!));
        expect(timeOf(paid.at(-1)!) - timeOf(paid[0]!)).toBeLessThan(72 * HOUR);
      }
      const into = feed.into(mule!);
      const cash = feed.outOf(mule!).filter((row) => row.kind === 'cash_withdrawal');
      expect(coveredShare(into, cash, 6)).toBeGreaterThan(0.9);
      expect(sum(cash) / sum(into)).toBeGreaterThan(0.6);
    },
  );
});

describe('S11, forced mules', () => {
  it.each(every('S11'))('passes nearly everything on within hours from one telephone (%#)', (feed, each) => {
    const [hub] = subjects(each, 'collector');
    const youths = [...subjects(each, 'victim'), ...subjects(each, 'coerced')];
    expect(youths.length).toBeGreaterThanOrEqual(6);
    const opened: number[] = [];
    for (const youth of youths) {
      expect(youth.protected).toBe(true);
      const record = feed.parties.find((party) => party.ref === youth.ref)!;
      expect(youth.standing).toBe(record.birthYear! >= 2008 ? 'victim' : 'both');
      opened.push(Date.parse(record.accounts[0]!.opened!));
      const into = feed.into(youth).filter((row) => !isSide(row.debtor, hub!));
      const over = feed.outOf(youth).filter((row) => isSide(row.creditor, hub!));
      expect(sum(over) / sum(into)).toBeGreaterThan(0.9);
      expect(sum(over) / sum(into)).toBeLessThanOrEqual(1);
      expect(coveredShare(into, over, 15)).toBeGreaterThan(0.9);
      const pay = feed.into(youth).filter((row) => isSide(row.debtor, hub!));
      for (const row of pay) {
        expect(amountOf(row)).toBeGreaterThanOrEqual(1_400);
        expect(amountOf(row)).toBeLessThanOrEqual(3_250);
        expect(new Date(row.occurredAt!.slice(0, 10)).getUTCDay()).toBe(5);
      }
    }
    expect((Math.max(...opened) - Math.min(...opened)) / DAY).toBeLessThan(9);
    const devices = youths.flatMap((youth) =>
      feed.outOf(youth).flatMap((row) => row.session?.deviceToken ?? []),
    );
    expect(distinct(devices)).toBeLessThanOrEqual(1);
    const [, relative] = subjects(each, 'official');
    const bribes = feed.into(relative!);
    expect(bribes.length).toBeGreaterThanOrEqual(3);
    expect(distinct(bribes.map(debtorOf))).toBe(2);
    for (const row of bribes) {
      expect(amountOf(row)).toBeGreaterThan(3_000);
      expect(amountOf(row)).toBeLessThan(27_500);
    }
  });

  it('runs through shops and cash when it hides', () => {
    const cases = everyEvasive('S11');
    expect(cases.length).toBeGreaterThan(0);
    for (const [feed, each] of cases) {
      const [hub] = subjects(each, 'collector');
      const out = [...subjects(each, 'victim'), ...subjects(each, 'coerced')].flatMap((youth) =>
        feed.outOf(youth),
      );
      expect(sum(out.filter((row) => isSide(row.creditor, hub!))) / sum(out)).toBeLessThan(0.4);
      expect(out.some((row) => row.kind === 'cash_withdrawal')).toBe(true);
    }
  });
});
