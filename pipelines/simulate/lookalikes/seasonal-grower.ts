/**
 * B5. An honest grower. Rain stops the harvest for a week or three, and pay with it; what was due is paid in full when
 * it resumes, with a bonus at the end. A licensed agency pays onto pay cards; taxes and social security go out.
 */
import { nextMonthStart } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { B5 } from '../lookalike-parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { dateText, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { shop, type World } from '../world.ts';

const DAYS_A_WEEK = 6;

class SeasonalGrower implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly world: World;
  private readonly town: Town;
  private readonly agency: Account;
  private readonly buyer: Account;
  private readonly workers: readonly Account[];
  private readonly dayWage: number;
  private readonly gapFrom: number;
  private readonly gapWeeks: number;
  private readonly weeks: number;
  private readonly bonusShare: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    this.weeks = draft.draw('seasonWeeks', B5.seasonWeeks);
    draft.span([this.weeks, this.weeks], nextMonthStart(draft.start, 11));
    this.town = rng.pick([TOWNS.sanQuintin, TOWNS.culiacan, TOWNS.tapachula]);
    const { town } = this;
    const bank = draft.bank('MX');
    const agency = draft.entity('infrastructure', {
      town,
      kind: 'entity',
      name: 'Agencia de Jornaleros Simulada',
      licence: 'recruitment_agency',
      byCustomerNumber: true,
      sector: 'SCIAN:5613',
    });
    this.agency = draft.account(agency, bank);
    this.buyer = draft.account(
      draft.entity('infrastructure', {
        town: TOWNS.monterrey,
        kind: 'entity',
        name: 'Mercado Central',
        sector: 'SCIAN:4311',
      }),
      draft.bank('MX'),
    );
    this.dayWage = draft.draw('dayWageMxn', B5.dayWageMxn);
    this.gapWeeks = draft.draw('rainWeeks', B5.rainWeeks);
    this.gapFrom = draft.draw('weeksBeforeRain', B5.weeksBeforeRain);
    this.bonusShare = draft.drawShare('bonusShare', B5.bonusShare);
    this.workers = Array.from({ length: draft.draw('workers', B5.workers) }, () =>
      draft.account(
        draft.person('ordinary', {
          town,
          birthYears: [1969, 2006],
          employer: agency,
          onRecord: { occupation: 'farm_worker' },
        }),
        bank,
        {
          product: 'pay_card',
          opened: draft.start - rng.int(3, 400),
        },
      ),
    );
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    const week = Math.floor((day - this.draft.start) / 7);
    const weekday = weekdayOf(day);
    const isRain = week >= this.gapFrom && week < this.gapFrom + this.gapWeeks;
    if (weekday === 2 && !isRain) this.sell(day, ledger);
    if (weekday === 4 && week % 4 === 3) this.taxes(day, ledger);
    if (weekday === 6 && !isRain) {
      // The week before the rain was worked and is paid with the first week after it.
      const days = week === this.gapFrom + this.gapWeeks ? DAYS_A_WEEK + this.gapWeeks * 2 : DAYS_A_WEEK;
      const bonus = week === this.weeks - 1 ? this.bonusShare : 0;
      for (const worker of this.workers) this.pay(worker, days, bonus, day, ledger);
    }
    if (weekday === 0)
      for (const worker of this.workers) if (this.rng.chance(0.4)) this.spend(worker, day, ledger);
  }

  private sell(day: number, ledger: Ledger): void {
    const { rng, buyer, agency, town } = this;
    const amount = roundUnits(this.workers.length * this.dayWage * DAYS_A_WEEK * rng.real([1.5, 2.2]), 100);
    ledger.transfer({
      at: momentOf(town.zone, day, rng.int(600, 900)),
      from: buyer,
      to: agency,
      amount,
      ccy: 'MXN',
      rail: buyer.institution === agency.institution ? 'mx_on_us' : 'spei',
      channel: 'online',
      zone: town.zone,
      purpose: 'goods',
    });
  }

  private taxes(day: number, ledger: Ledger): void {
    const { agency, town } = this;
    const { tax } = this.world.stages.MX;
    ledger.transfer({
      at: momentOf(town.zone, day, 690),
      from: agency,
      to: tax,
      amount: roundUnits(this.workers.length * this.dayWage * DAYS_A_WEEK * 4 * B5.taxShare, 1),
      ccy: 'MXN',
      rail: tax.institution === agency.institution ? 'mx_on_us' : 'spei',
      channel: 'online',
      zone: town.zone,
      purpose: 'tax',
    });
  }

  private pay(worker: Account, days: number, bonus: number, day: number, ledger: Ledger): void {
    const { rng, agency, town } = this;
    const gross = Math.round(days * this.dayWage * (1 + bonus) * rng.real([0.98, 1.04])) * 100;
    const withheld = Math.round(gross * 0.024);
    const money = (minor: number) => ({ amount: (minor / 100).toFixed(2), ccy: 'MXN' });
    ledger.transfer({
      at: momentOf(town.zone, day, 400),
      from: agency,
      to: worker,
      amount: gross - withheld,
      ccy: 'MXN',
      rail: 'mx_on_us',
      channel: 'batch',
      zone: town.zone,
      purpose: 'wage',
      purposeCode: 'SALA',
      payroll: {
        employer: agency.owner.ref,
        employee: worker.owner.ref,
        payDate: dateText(day),
        periodFrom: dateText(day - Math.ceil((days * 7) / DAYS_A_WEEK) + 1),
        periodTo: dateText(day),
        days,
        gross: money(gross),
        net: money(gross - withheld),
        deductions: [{ kind: 'social_security', amount: money(withheld) }],
      },
    });
    ledger.cashWithdrawal({
      at: momentOf(town.zone, day, rng.int(600, 1_200)) + rng.int(0, 59) * MINUTE_MS,
      account: worker,
      amount: Math.min(880_000, Math.floor((gross * rng.real([0.4, 0.75])) / 10_000) * 10_000),
      ccy: 'MXN',
      town,
      channel: 'atm',
      outlet: rng.int(1, 4),
    });
  }

  private spend(worker: Account, day: number, ledger: Ledger): void {
    const { rng, town } = this;
    ledger.purchase({
      at: momentOf(town.zone, day, rng.int(600, 1_200)),
      account: worker,
      amount: rng.int(60, 480) * 100,
      ccy: 'MXN',
      merchant: shop(town, '5411', rng.int(1, 6)),
      present: true,
      postedAfterMs: rng.int(20, 60) * 60 * MINUTE_MS,
    });
  }
}

export const SEASONAL_GROWER: CaseDefinition = {
  kind: 'B5',
  title: 'Seasonal grower with a rain gap, back pay and a licence',
  form: null,
  expected: [],
  mustNotFire: ['LAB-07', 'LAB-01', 'LAB-04'],
  build: (draft) => new SeasonalGrower(draft),
};
