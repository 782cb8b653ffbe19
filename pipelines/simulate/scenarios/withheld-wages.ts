/**
 * S5. Wages withheld in the fields. Day-labourers of two camps are paid for the first weeks, then not at all while the
 * grower's buyers go on paying; at the end a part. Much of what they do get goes to a store that the grower owns.
 */
import { nextMonthStart } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import type { Account } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S5 } from '../scenario-parameters.ts';
import { dateText, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';

const DAYS_A_WEEK = 6;
const DEDUCTIONS = ['housing', 'food', 'transport'] as const;

class WithheldWages implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly owner: Account;
  private readonly grower: Account;
  private readonly store: Account;
  private readonly buyer: Account;
  private readonly workers: readonly Account[];
  private readonly dayWage: number;
  private readonly paidWeeks: number;
  private readonly gapWeeks: number;
  private readonly storeShare: number;
  private readonly deducted: number;
  private readonly lumpShare: number;
  private readonly field;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    this.paidWeeks = draft.draw('paidWeeks', S5.paidWeeks);
    this.gapWeeks = draft.draw('gapWeeks', S5.gapWeeks);
    const weeks = this.paidWeeks + this.gapWeeks + 2;
    draft.span([weeks, weeks], nextMonthStart(draft.start, 11));
    this.field = rng.chance(0.6) ? TOWNS.sanQuintin : TOWNS.culiacan;
    const bank = draft.bank('MX');
    const owner = draft.person('collector', { town: this.field, birthYears: [1958, 1986] });
    this.owner = draft.account(owner, bank);
    const farm = draft.entity('collector', {
      town: this.field,
      kind: 'entity',
      name: 'Horticola del Valle Simulado',
      sector: 'SCIAN:1112',
      owners: [owner],
      byCustomerNumber: true,
    });
    this.grower = draft.account(farm, bank);
    const store = draft.entity('front', {
      town: this.field,
      kind: 'entity',
      name: 'Tienda del Campamento',
      sector: 'SCIAN:4611',
      owners: [owner],
    });
    this.store = draft.account(store, bank);
    this.buyer = draft.account(
      draft.entity('infrastructure', {
        town: TOWNS.tijuana,
        kind: 'entity',
        name: 'Fresh Produce Exports',
        sector: 'SCIAN:4311',
      }),
      draft.bank('MX'),
    );
    this.dayWage = draft.draw('dayWageMxn', S5.dayWageMxn);
    this.storeShare = draft.drawShare('storeShare', S5.storeShare);
    this.deducted = draft.drawShare('deductedShare', S5.deductedShare);
    this.lumpShare = draft.drawShare('lumpShare', S5.lumpShare);
    const away = draft.otherBank('MX', bank);
    const opened = draft.start - rng.int(3, 12);
    this.workers = Array.from({ length: draft.draw('workers', S5.workers) }, (_, i) =>
      draft.account(
        draft.person('victim', {
          town: this.field,
          birthYears: [1971, 2007],
          employer: farm,
          onRecord: { occupation: 'farm_worker' },
        }),
        i % 3 === 2 ? away : bank,
        { opened: opened + (i % 4), product: 'payroll' },
      ),
    );
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    const week = Math.floor((day - this.draft.start) / 7);
    const weekday = weekdayOf(day);
    if (weekday === 2) this.invoice(day, ledger);
    if (weekday !== 6) return;
    const isLast = week === this.paidWeeks + this.gapWeeks;
    for (const worker of this.workers) {
      if (week < this.paidWeeks) this.pay(worker, DAYS_A_WEEK * this.dayWage, DAYS_A_WEEK, day, ledger);
      else if (isLast) {
        const owed = this.gapWeeks * DAYS_A_WEEK;
        this.pay(worker, Math.round(owed * this.dayWage * this.lumpShare), owed, day, ledger);
      } else if (week < this.paidWeeks + this.gapWeeks && this.draft.isEvasive)
        this.pay(worker, this.rng.whole(S5.evasiveWeekMxn), DAYS_A_WEEK, day, ledger);
    }
  }

  /** The harvest is sold all along. */
  private invoice(day: number, ledger: Ledger): void {
    const { rng, buyer, grower, field } = this;
    ledger.transfer({
      at: momentOf(field.zone, day, rng.int(580, 900)),
      from: buyer,
      to: grower,
      amount: roundUnits(this.workers.length * this.dayWage * DAYS_A_WEEK * rng.real(S5.invoiceFactor), 100),
      ccy: 'MXN',
      rail: buyer.institution === grower.institution ? 'mx_on_us' : 'spei',
      channel: 'online',
      zone: field.zone,
      purpose: 'goods',
    });
    if (rng.chance(0.4))
      ledger.transfer({
        at: momentOf(field.zone, day, rng.int(920, 1_150)),
        from: grower,
        to: this.owner,
        amount: roundUnits(this.dayWage * rng.int(40, 160), 500),
        ccy: 'MXN',
        rail: 'mx_on_us',
        channel: 'online',
        zone: field.zone,
      });
  }

  private pay(worker: Account, grossMxn: number, days: number, day: number, ledger: Ledger): void {
    const { rng, grower, field, store } = this;
    const gross = Math.round(grossMxn * rng.real([0.97, 1.03])) * 100;
    const taken = Math.floor((gross * this.deducted) / 300) * 100;
    const net = gross - taken * DEDUCTIONS.length;
    const money = (minor: number) => ({ amount: (minor / 100).toFixed(2), ccy: 'MXN' });
    const onUs = worker.institution === grower.institution;
    ledger.transfer({
      at: momentOf(field.zone, day, 410),
      from: grower,
      to: worker,
      amount: net,
      ccy: 'MXN',
      rail: onUs ? 'mx_on_us' : 'spei',
      channel: 'batch',
      zone: field.zone,
      purpose: 'wage',
      purposeCode: 'SALA',
      payroll: {
        employer: grower.owner.ref,
        employee: worker.owner.ref,
        payDate: dateText(day),
        periodFrom: dateText(day - Math.ceil((days * 7) / DAYS_A_WEEK) + 1),
        periodTo: dateText(day),
        days,
        gross: money(gross),
        net: money(net),
        deductions: DEDUCTIONS.map((kind) => ({ kind, amount: money(taken) })),
      },
    });
    const toStore = Math.floor((net * this.storeShare * rng.real([0.85, 1.1])) / 1_000) * 1_000;
    const at = momentOf(field.zone, day, rng.whole(S5.storeMinutes)) + rng.int(0, 59_999);
    if (toStore > 0)
      ledger.transfer({
        at,
        from: worker,
        to: store,
        amount: toStore,
        ccy: 'MXN',
        rail: store.institution === worker.institution ? 'mx_on_us' : 'spei',
        zone: field.zone,
        purpose: 'goods',
      });
    const cash = Math.floor(((net - toStore) * rng.real([0.55, 0.95])) / 5_000) * 5_000;
    if (cash > 0)
      ledger.cashWithdrawal({
        at: at + rng.int(25, 1_500) * MINUTE_MS,
        account: worker,
        amount: Math.min(cash, 850_000),
        ccy: 'MXN',
        town: field,
        channel: 'atm',
        outlet: rng.int(1, 3),
      });
  }
}

export const WITHHELD_WAGES: CaseDefinition = {
  kind: 'S5',
  title: 'Wages of day-labourers withheld while the harvest is sold',
  form: 'labour_exploitation',
  expected: ['LAB-07', 'LAB-02', 'LAB-09', 'LAB-01'],
  mustNotFire: [],
  build: (draft) => new WithheldWages(draft),
};
