/**
 * S6. Debt bondage by a recruitment fee. Before the season many people of a few municipalities pay a recruiter nearly
 * equal sums for work in the north; after arrival most of each weekly wage goes to the same recruiter for months.
 */
import { nextMonthStart } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import type { Account } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S6 } from '../scenario-parameters.ts';
import { dateText, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';

const ORIGINS: readonly Town[] = [
  TOWNS.oaxaca,
  TOWNS.huajuapan,
  TOWNS.juchitan,
  TOWNS.tuxtla,
  TOWNS.tapachula,
];
const FIELD = TOWNS.sanQuintin;

interface Payer {
  readonly account: Account;
  /** Days on which the fee is paid, in parts. */
  readonly feeDays: readonly number[];
  /** Weekly wage in minor units; 0 for those who never travel. */
  readonly wage: number;
}

class Recruitment implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly payers: readonly Payer[];
  private readonly recruiters: readonly Account[];
  private readonly front: Account;
  private readonly farm: Account;
  private readonly fee: number;
  private readonly drainShare: number;
  private readonly cashOutShare: number;
  private readonly frontShare: number;
  private readonly arrivalDay: number;
  private held = 0;
  private emptyDay: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    draft.span(
      S6.wageWeeks.map((weeks) => weeks + 7) as unknown as readonly [number, number],
      nextMonthStart(draft.start, 10),
    );
    const recruitingDays = draft.draw('recruitingDays', S6.recruitingDays);
    this.arrivalDay = draft.start + recruitingDays + rng.int(6, 12);
    this.emptyDay = draft.start + 2;
    const origins = rng.sample(ORIGINS, draft.draw('municipalities', S6.municipalities));
    const home = origins[0]!;
    const bank = draft.bank('MX');
    const away = draft.otherBank('MX', bank);
    const recruiters = Array.from({ length: draft.isEvasive ? 2 : 1 }, () =>
      draft.person('collector', { town: home, birthYears: [1968, 1992] }),
    );
    this.recruiters = recruiters.map((party) => draft.account(party, bank));
    this.front = draft.account(draft.person('front', { town: home }), away);
    const farm = draft.entity('infrastructure', {
      town: FIELD,
      kind: 'entity',
      name: 'Fields of San Quintin',
      sector: 'SCIAN:1112',
    });
    this.farm = draft.account(farm, draft.bank('MX'));
    this.fee = Math.round(draft.draw('feeMxn', S6.feeMxn) / S6.feeStepMxn) * S6.feeStepMxn;
    this.drainShare = draft.drawShare('drainShare', S6.drainShare);
    this.cashOutShare = draft.drawShare('cashOutShare', S6.cashOutShare);
    this.frontShare = draft.drawShare('frontShare', S6.frontShare);
    const count = draft.draw('payers', S6.payers);
    const arrivals = draft.draw('arrivals', S6.arrivals);
    this.payers = Array.from({ length: count }, (_, i) => {
      const party = draft.person(i < arrivals ? 'victim' : 'payer', {
        town: rng.pick(origins),
        birthYears: [1986, 2007],
      });
      const first = draft.start + rng.int(0, recruitingDays - 8);
      const parts = rng.whole(S6.instalments);
      return {
        account: draft.account(party, draft.variant === 'truncated' ? away : i % 3 === 0 ? bank : away),
        feeDays: Array.from({ length: parts }, (_, part) => Math.min(first + part * 7, this.arrivalDay - 2)),
        wage: i < arrivals ? rng.whole(S6.wageMxn) * 100 : 0,
      };
    });
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    for (const payer of this.payers) {
      for (const feeDay of payer.feeDays) if (feeDay === day) this.payFee(payer, day, ledger);
      if (payer.wage > 0 && day >= this.arrivalDay && weekdayOf(day) === 6) this.payDay(payer, day, ledger);
    }
    if (day >= this.emptyDay && this.held > 0) this.empty(day, ledger);
  }

  private recruiterFor(day: number): Account {
    return this.recruiters[day % this.recruiters.length]!;
  }

  private payFee(payer: Payer, day: number, ledger: Ledger): void {
    const { rng } = this;
    const { town } = payer.account.owner;
    const amount = Math.round((this.fee * (1 + S6.feeJitter * rng.real([-1, 1]))) / 10) * 1_000;
    const at = momentOf(town.zone, day, rng.int(560, 1_240)) + rng.int(0, 59_999);
    const to = this.recruiterFor(day);
    this.held += amount;
    if (this.draft.isEvasive && rng.chance(0.6)) {
      // Over the counter of a shop, where nobody notes who pays.
      const outlet = rng.int(1, 9);
      ledger.cashDeposit({ at, account: to, amount, ccy: 'MXN', town, channel: 'correspondent', outlet });
      return;
    }
    // What the family borrowed or sold comes in as cash shortly before.
    ledger.cashDeposit({
      at: at - rng.int(50, 400) * MINUTE_MS,
      account: payer.account,
      amount: amount + roundUnits(rng.int(50, 400), 50),
      ccy: 'MXN',
      town,
      channel: 'branch',
      outlet: rng.int(1, 3),
    });
    this.spei(payer.account, to, amount, at, ledger);
  }

  private payDay(payer: Payer, day: number, ledger: Ledger): void {
    const { rng, farm } = this;
    const wage = Math.round(payer.wage * rng.real([0.93, 1.07]));
    ledger.transfer({
      at: momentOf(FIELD.zone, day, 365),
      from: farm,
      to: payer.account,
      amount: wage,
      ccy: 'MXN',
      rail: farm.institution === payer.account.institution ? 'mx_on_us' : 'spei',
      channel: 'batch',
      zone: FIELD.zone,
      purpose: 'wage',
      purposeCode: 'SALA',
      payroll: { employer: farm.owner.ref, employee: payer.account.owner.ref, payDate: dateText(day) },
    });
    const due = Math.round((wage * this.drainShare) / 1_000) * 1_000;
    this.held += due;
    const at = momentOf(FIELD.zone, day, rng.whole(S6.drainMinutes)) + rng.int(0, 59_999);
    this.spei(payer.account, this.recruiterFor(day), due, at, ledger);
    ledger.cashWithdrawal({
      at: at + rng.int(30, 1_200) * MINUTE_MS,
      account: payer.account,
      amount: Math.max(10_000, Math.floor(((wage - due) * rng.real([0.5, 0.9])) / 5_000) * 5_000),
      ccy: 'MXN',
      town: FIELD,
      channel: 'atm',
      outlet: rng.int(1, 2),
    });
  }

  /** Within days the recruiter takes out nearly all, part of it through a front. */
  private empty(day: number, ledger: Ledger): void {
    const { rng } = this;
    this.emptyDay = day + rng.whole(S6.cashOutDays);
    const out = Math.floor((this.held * this.cashOutShare) / 10_000) * 10_000;
    if (out < 20_000) return;
    this.held -= out;
    const account = this.recruiterFor(day);
    const toFront = Math.floor((out * this.frontShare) / 10_000) * 10_000;
    const { town } = account.owner;
    const at = momentOf(town.zone, day, rng.int(1_150, 1_290));
    if (toFront > 0) this.spei(account, this.front, toFront, at, ledger);
    for (const [owner, amount] of [
      [account, out - toFront],
      [this.front, toFront],
    ] as const)
      if (amount > 0)
        ledger.cashWithdrawal({
          at: momentOf(town.zone, day + 1, ordinaryMinute(rng, 0)),
          account: owner,
          amount,
          ccy: 'MXN',
          town,
          channel: 'branch',
          outlet: 1,
        });
  }

  private spei(from: Account, to: Account, amount: number, at: number, ledger: Ledger): void {
    const rail = from.institution === to.institution ? 'mx_on_us' : 'spei';
    ledger.transfer({ at, from, to, amount, ccy: 'MXN', rail, zone: from.owner.town.zone });
  }
}

export const RECRUITMENT_DEBT: CaseDefinition = {
  kind: 'S6',
  title: 'Recruitment fees, then wages drained to the recruiter',
  form: 'forced_labour',
  expected: ['DEB-01', 'DEB-03', 'DEB-04', 'LAB-03'],
  mustNotFire: [],
  build: (draft) => new Recruitment(draft),
};
