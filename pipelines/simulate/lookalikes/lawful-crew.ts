/**
 * B4. A lawful seasonal crew. Accounts opened in three days at one address, all at the same machine on pay day, most
 * of the pay sent home: each worker to an own family, nothing to the foreman, taxes paid.
 */
import { isPayDay, nextMonthStart } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { B4 } from '../lookalike-parameters.ts';
import { type Account, accountAt } from '../people.ts';
import { residentTowns, TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { dateText, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import type { World } from '../world.ts';

const FIELD = TOWNS.sampson;

interface Worker {
  readonly account: Account;
  readonly sender: Account;
  readonly family: Account;
  readonly wage: number;
}

class LawfulCrew implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly world: World;
  private readonly workers: readonly Worker[];
  private readonly employer: Account;
  private readonly remitShare: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    draft.span(B4.weeks, nextMonthStart(draft.start, 11));
    const bank = draft.bank('US');
    const operator = draft.operator();
    const grower = draft.entity('infrastructure', {
      town: FIELD,
      kind: 'entity',
      name: 'Sampson Growers',
      sector: 'NAICS:1112',
    });
    this.employer = draft.account(grower, bank);
    this.remitShare = draft.drawShare('remitShare', B4.remitShare);
    draft.draw('cashUsd', B4.cashUsd);
    const home = residentTowns('MX');
    this.workers = Array.from({ length: draft.draw('workers', B4.workers) }, () => {
      const party = draft.person('ordinary', { town: FIELD, workTown: FIELD });
      const kin = draft.person('ordinary', {
        town: home.towns[rng.weighted(home.weights)]!,
        surnames: party.surnames,
      });
      return {
        account: draft.account(party, bank, { opened: draft.start - 4 - rng.int(0, B4.onboardingDays - 1) }),
        sender: draft.account(party, operator),
        family: draft.account(kin, operator),
        wage: draft.draw('netWageUsd', B4.netWageUsd) * 100,
      };
    });
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    if (isPayDay('weekly_friday', day)) {
      const queueFrom = 1_020 + this.rng.int(0, 40);
      for (const worker of this.workers) this.payDay(worker, queueFrom, day, ledger);
    }
    if (weekdayOf(day) === 3) this.payTaxes(day, ledger);
  }

  private payDay(worker: Worker, queueFrom: number, day: number, ledger: Ledger): void {
    const { rng, employer, world } = this;
    const { account } = worker;
    const { zone } = FIELD;
    const net = Math.round(worker.wage * rng.real([0.9, 1.08]));
    ledger.transfer({
      at: momentOf(zone, day, 300),
      from: employer,
      to: account,
      amount: net,
      ccy: 'USD',
      rail: 'us_on_us',
      channel: 'batch',
      zone,
      purpose: 'wage',
      purposeCode: 'SALA',
      payroll: {
        employer: employer.owner.ref,
        employee: account.owner.ref,
        payDate: dateText(day),
        net: { amount: (net / 100).toFixed(2), ccy: 'USD' },
      },
    });
    const cashUsd = this.draft.parameters['cashUsd']!;
    ledger.cashWithdrawal({
      at: momentOf(zone, day, queueFrom + rng.int(0, B4.queueMinutes)) + rng.int(0, 59_999),
      account,
      amount: roundUnits(cashUsd * rng.real([0.6, 1.3]), 20),
      ccy: 'USD',
      town: FIELD,
      channel: 'atm',
      outlet: 1,
    });
    // The van brings everybody to the operator's shop on Saturday.
    const at = momentOf(zone, day + 1, rng.int(640, 700)) + rng.int(0, 59_999);
    const amount = roundUnits((net / 100) * this.remitShare * rng.real([0.93, 1.04]), 5);
    const settlement = world.stages.US.operatorSettlement;
    ledger.transfer({
      at,
      from: account,
      to: settlement,
      amount,
      ccy: 'USD',
      rail: settlement.institution === account.institution ? 'us_on_us' : 'rtp',
      zone,
      purpose: 'family_support',
    });
    ledger.remittance({
      at: at + MINUTE_MS,
      operator: worker.sender.institution,
      sender: worker.sender,
      receiver: accountAt(worker.family.owner, worker.sender.institution),
      amount,
      ccy: 'USD',
      from: FIELD,
      to: worker.family.owner.town,
      sendAgent: 1,
      payAgent: 1,
      paidAt: at + rng.int(60, 2_000) * MINUTE_MS,
      payout: 'cash',
      fundedBy: 'account',
      relationship: 'kin',
      purpose: 'family_support',
    });
  }

  private payTaxes(day: number, ledger: Ledger): void {
    const payroll = this.workers.reduce((sum, worker) => sum + worker.wage, 0);
    const { tax } = this.world.stages.US;
    ledger.transfer({
      at: momentOf(FIELD.zone, day, 600),
      from: this.employer,
      to: tax,
      amount: Math.round(payroll * B4.taxShare),
      ccy: 'USD',
      rail: tax.institution === this.employer.institution ? 'us_on_us' : 'ach',
      channel: 'online',
      zone: FIELD.zone,
      purpose: 'tax',
    });
  }
}

export const LAWFUL_CREW: CaseDefinition = {
  kind: 'B4',
  title: 'Lawful seasonal crew',
  form: null,
  expected: [],
  mustNotFire: ['LAB-03'],
  build: (draft) => new LawfulCrew(draft),
};
