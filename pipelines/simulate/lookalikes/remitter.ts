/** B1. A worker who has sent to the same relatives for years, out of own wages, more in December and for Mother's Day. */
import { isDecember, isFestive, isMothersDayWeek, isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { B1 } from '../lookalike-parameters.ts';
import { NOISE, REMITTANCE } from '../parameters.ts';
import { type Account, relate } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import type { World } from '../world.ts';

const HOMES: readonly Town[] = [
  TOWNS.puebla,
  TOWNS.morelia,
  TOWNS.oaxaca,
  TOWNS.leon,
  TOWNS.tlapa,
  TOWNS.huejutla,
  TOWNS.juchitan,
];

class Remitter implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly worker: Account;
  private readonly partner: Account;
  private readonly employer: Account;
  private readonly sender: Account;
  private readonly payees: readonly Account[];
  private readonly wage: number;
  private readonly shareSent: number;
  private readonly houseMoney: number;
  private readonly visits: boolean;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    const town = rng.pick([TOWNS.chicago, TOWNS.losAngeles, TOWNS.dallas]);
    const bank = draft.bank('US');
    const party = draft.person('ordinary', { town });
    const partner = draft.person('ordinary', { town });
    relate(party, partner, 'spouse');
    this.worker = draft.account(party, bank);
    this.partner = draft.account(partner, draft.bank('US'));
    this.employer = rng.pick(world.stages.US.employers);
    const operator = draft.operator();
    this.sender = draft.account(party, operator);
    this.payees = Array.from({ length: draft.draw('payees', B1.payees) }, () =>
      draft.account(
        draft.person('ordinary', {
          town: rng.pick(HOMES),
          surnames: party.surnames,
        }),
        operator,
      ),
    );
    this.wage = draft.draw('netWageUsd', B1.netWageUsd);
    this.shareSent = 1 - draft.drawShare('retainedShare', B1.retainedShare);
    this.houseMoney = draft.draw('houseMoneyUsd', B1.houseMoneyUsd);
    this.visits = rng.chance(REMITTANCE.visitShare);
  }

  act(day: number, ledger: Ledger): void {
    const { rng, worker } = this;
    const { town } = worker.owner;
    if (isPayDay('weekly_friday', day)) this.payDay(day, ledger);
    if (weekdayOf(day) === 0) this.household(day, ledger);
    if (rng.chance(0.3)) {
      const visiting = this.visits && isFestive(day);
      const where = visiting ? this.payees[0]!.owner.town : town;
      ledger.purchase({
        at: momentOf(where.zone, day, ordinaryMinute(rng)),
        account: worker,
        amount: rng.int(900, 8_200),
        ccy: 'USD',
        merchant: rng.pick(this.world.shopsOf(where)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
    }
  }

  private payDay(day: number, ledger: Ledger): void {
    const { rng, worker, sender } = this;
    const { town } = worker.owner;
    const wage = Math.round(this.wage * rng.real([0.95, 1.05])) * 100;
    const paid = { from: this.employer, to: worker, amount: wage, ccy: 'USD', zone: town.zone } as const;
    ledger.transfer({
      ...paid,
      at: momentOf(town.zone, day, 300),
      rail: 'ach',
      channel: 'batch',
      purpose: 'wage',
      purposeCode: 'SALA',
    });
    const factor = isDecember(day)
      ? REMITTANCE.decemberFactor
      : isMothersDayWeek(day)
        ? REMITTANCE.mothersDayFactor
        : 1;
    const amount = roundUnits((wage / 100) * this.shareSent * factor * Math.exp(0.12 * rng.normal()), 5);
    const at = momentOf(town.zone, day + 1, rng.int(600, 1_150));
    const settlement = this.world.stages.US.operatorSettlement;
    ledger.transfer({
      at,
      from: worker,
      to: settlement,
      amount,
      ccy: 'USD',
      rail: settlement.institution === worker.institution ? 'us_on_us' : 'rtp',
      zone: town.zone,
      purpose: 'family_support',
    });
    const payee = this.payees[rng.int(0, this.payees.length - 1)]!;
    ledger.remittance({
      at: at + 2 * MINUTE_MS,
      operator: sender.institution,
      sender,
      receiver: payee,
      amount,
      ccy: 'USD',
      from: town,
      to: payee.owner.town,
      sendAgent: 3,
      payAgent: 1,
      paidAt: at + rng.real(REMITTANCE.payoutMinutes) * MINUTE_MS,
      payout: 'cash',
      fundedBy: 'account',
      relationship: 'kin',
      purpose: 'family_support',
      text: 'gastos de la casa',
    });
  }

  /** Two adults who run one household: money goes both ways. */
  private household(day: number, ledger: Ledger): void {
    const { rng, worker, partner } = this;
    const { zone } = worker.owner.town;
    const pay = (from: Account, to: Account, share: number): void => {
      const rail = from.institution === to.institution ? 'us_on_us' : 'zelle';
      const amount = roundUnits(this.houseMoney * share * rng.real([0.8, 1.2]), 5);
      const at = momentOf(zone, day, rng.int(640, 1_250));
      ledger.transfer({ at, from, to, amount, ccy: 'USD', rail, zone });
    };
    pay(worker, partner, 0.6);
    if (rng.chance(0.7)) pay(partner, worker, 0.7);
  }
}

export const REMITTER: CaseDefinition = {
  kind: 'B1',
  title: 'Family remitter and household',
  form: null,
  expected: [],
  mustNotFire: ['OCS-01', 'CST-01', 'SEX-21'],
  build: (draft) => new Remitter(draft),
};
