/**
 * S4. A crew of temporary farm workers in Florida. Net wages arrive by direct deposit on Friday; most of each goes to
 * the foreman before Sunday, in one payment; he takes cash and sends to Mexico.
 */
import { isPayDay, nextMonthStart } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { type Account, accountAt } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S4 } from '../scenario-parameters.ts';
import { dateText, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';

const FIELD = TOWNS.hendry;

class Crew implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly workers: readonly Account[];
  private readonly wages: readonly number[];
  private readonly employer: Account;
  private readonly takers: readonly Account[];
  private readonly foremanSender: Account;
  private readonly foremanReceiver: Account;
  private readonly share: number;
  private readonly cashPaidShare: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    draft.span(S4.weeks, nextMonthStart(draft.start, 11));
    const bank = draft.bank('US');
    const away = draft.otherBank('US', bank);
    const contractor = draft.entity('infrastructure', {
      town: FIELD,
      kind: 'entity',
      name: 'Harvest Labor Contracting',
      sector: 'NAICS:115115',
    });
    this.employer = draft.account(contractor, draft.bank('US'));
    const foreman = draft.person('collector', { town: FIELD, birthYears: [1970, 1990] });
    const takers = draft.isEvasive
      ? [0, 1, 2].map(() => draft.person('front', { town: FIELD, surnames: foreman.surnames }))
      : [foreman];
    this.takers = takers.map((party) => draft.account(party, away));
    const operator = draft.operator();
    const kin = draft.person('receiver', { town: TOWNS.leon, surnames: foreman.surnames });
    this.foremanSender = draft.account(foreman, operator);
    this.foremanReceiver = draft.account(kin, operator);
    this.share = draft.drawShare('kickBackShare', draft.isEvasive ? S4.evasiveShare : S4.kickBackShare);
    this.cashPaidShare = draft.isEvasive ? 0.5 : draft.drawShare('cashPaidShare', S4.cashPaidShare);
    const count = draft.draw('workers', S4.workers);
    const opened = draft.start - rng.int(4, 9);
    this.workers = Array.from({ length: count }, (_, i) => {
      const worker = draft.person('victim', { town: FIELD, birthYears: [1983, 2005] });
      // When only one institution's evidence is left, half of the crew is paid where nobody submits.
      const at = draft.variant === 'truncated' && i % 2 === 1 ? away : bank;
      return draft.account(worker, at, { opened: opened + (i % 3) });
    });
    this.wages = this.workers.map(() => draft.draw('netWageUsd', S4.netWageUsd));
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    if (isPayDay('weekly_friday', day))
      this.workers.forEach((worker, i) => {
        this.payDay(worker, this.wages[i]!, day, ledger);
      });
    if (weekdayOf(day) === 1) this.foremanMonday(day, ledger);
  }

  private payDay(worker: Account, wage: number, day: number, ledger: Ledger): void {
    const { rng } = this;
    const net = Math.round(wage * rng.real([0.92, 1.06])) * 100;
    const date = dateText(day);
    const money = { amount: (net / 100).toFixed(2), ccy: 'USD' };
    ledger.transfer({
      at: momentOf(FIELD.zone, day, 300),
      from: this.employer,
      to: worker,
      amount: net,
      ccy: 'USD',
      rail: 'ach',
      channel: 'batch',
      zone: FIELD.zone,
      purpose: 'wage',
      purposeCode: 'SALA',
      payroll: {
        employer: this.employer.owner.ref,
        employee: worker.owner.ref,
        payDate: date,
        periodFrom: dateText(day - 7),
        periodTo: dateText(day - 1),
        net: money,
      },
    });
    const at = momentOf(FIELD.zone, day, rng.whole(S4.withinMinutes)) + rng.int(0, 59_999);
    const due = Math.ceil((net * this.share) / 500) * 500;
    if (rng.chance(this.cashPaidShare)) {
      this.withdraw(worker, Math.floor(due / 2_000) * 2_000, at, ledger);
      return;
    }
    const to = rng.pick(this.takers);
    const rail = to.institution === worker.institution ? 'us_on_us' : 'zelle';
    ledger.transfer({ at, from: worker, to, amount: due, ccy: 'USD', rail, zone: FIELD.zone });
    const rest = Math.floor(((net - due) * rng.real([0.4, 0.85])) / 2_000) * 2_000;
    if (rest >= 2_000) this.withdraw(worker, rest, at + rng.int(20, 900) * MINUTE_MS, ledger);
  }

  private withdraw(account: Account, amount: number, at: number, ledger: Ledger): void {
    ledger.cashWithdrawal({
      at,
      account,
      amount,
      ccy: 'USD',
      town: FIELD,
      channel: 'atm',
      outlet: this.rng.int(1, 2),
    });
  }

  private foremanMonday(day: number, ledger: Ledger): void {
    const { rng } = this;
    for (const account of this.takers)
      ledger.cashWithdrawal({
        at: momentOf(FIELD.zone, day, rng.int(560, 980)),
        account,
        amount: roundUnits(rng.real(S4.foremanCashUsd) / this.takers.length, 20),
        ccy: 'USD',
        town: FIELD,
        channel: 'branch',
        outlet: 1,
      });
    const at = momentOf(FIELD.zone, day, ordinaryMinute(rng, 0));
    ledger.remittance({
      at,
      operator: this.foremanSender.institution,
      sender: this.foremanSender,
      receiver: accountAt(this.foremanReceiver.owner, this.foremanSender.institution),
      amount: roundUnits(rng.int(600, 2_400), 10),
      ccy: 'USD',
      from: FIELD,
      to: TOWNS.leon,
      sendAgent: 2,
      payAgent: 1,
      paidAt: at + rng.int(60, 1_900) * MINUTE_MS,
      payout: 'cash',
      fundedBy: 'cash',
      relationship: 'kin',
    });
  }
}

export const WAGE_KICK_BACK: CaseDefinition = {
  kind: 'S4',
  title: 'Wages of a seasonal crew handed back to the foreman',
  form: 'labour_exploitation',
  expected: ['LAB-03', 'LAB-04', 'LAB-10', 'SMU-06'],
  mustNotFire: [],
  build: (draft) => new Crew(draft),
};
