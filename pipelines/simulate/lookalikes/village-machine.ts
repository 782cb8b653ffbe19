/**
 * H2. The only cash machine of a village on pay day. People of several employers queue and draw within minutes of one
 * another, each with the own card, and use the card elsewhere during the week.
 */
import { isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import type { Actor } from '../daily-life.ts';
import { H2 } from '../lookalike-parameters.ts';
import { NOISE } from '../parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { dateText, HOUR_MS, momentOf } from '../time.ts';
import { shop } from '../world.ts';

class VillageMachine implements Actor {
  private readonly rng: Random;
  private readonly village: Town;
  private readonly market: Town;
  private readonly employers: readonly Account[];
  private readonly people: readonly Account[];
  private readonly wages: readonly number[];
  private readonly cashShare: number;
  private readonly secondsBetween: number;
  private readonly opens: number;

  constructor(draft: CaseDraft) {
    const { rng } = draft;
    this.rng = rng;
    const [village, market] = rng.pick([
      [TOWNS.juchitan, TOWNS.oaxaca],
      [TOWNS.huajuapan, TOWNS.puebla],
      [TOWNS.apizaco, TOWNS.puebla],
    ] as const);
    this.village = village;
    this.market = market;
    this.employers = Array.from({ length: draft.draw('employers', H2.employers) }, (_, i) =>
      draft.account(
        draft.entity('infrastructure', {
          town: village,
          kind: 'entity',
          name: `Taller ${i}`,
          byCustomerNumber: true,
          sector: rng.pick(['SCIAN:3152', 'SCIAN:2361', 'SCIAN:6111']),
        }),
        draft.bank('MX'),
      ),
    );
    this.people = Array.from({ length: draft.draw('people', H2.people) }, (_, i) =>
      draft.account(
        draft.person('ordinary', {
          town: village,
          employer: this.employers[i % this.employers.length]!.owner,
        }),
        draft.bank('MX'),
        { product: 'payroll' },
      ),
    );
    const wage = draft.draw('wageMxn', H2.wageMxn);
    this.wages = this.people.map(() => Math.round(wage * rng.real([0.7, 1.5])) * 100);
    this.cashShare = draft.drawShare('cashShare', H2.cashShare);
    this.secondsBetween = draft.draw('secondsBetween', H2.secondsBetween);
    this.opens = draft.draw('opensMinute', H2.opensMinute);
  }

  act(day: number, ledger: Ledger): void {
    if (isPayDay('quincena', day)) this.payDay(day, ledger);
    for (const person of this.people) if (this.rng.chance(0.06)) this.shop(person, day, ledger);
  }

  private payDay(day: number, ledger: Ledger): void {
    const { rng, village } = this;
    let at = momentOf(village.zone, day, this.opens);
    const queue = this.people.map((person, i) => ({ person, i }));
    for (const { person, i } of queue) {
      const employer = this.employers[i % this.employers.length]!;
      const wage = Math.round(this.wages[i]! * rng.real([0.96, 1.04]));
      ledger.transfer({
        at: momentOf(village.zone, day, 390),
        from: employer,
        to: person,
        amount: wage,
        ccy: 'MXN',
        rail: employer.institution === person.institution ? 'mx_on_us' : 'spei',
        channel: 'batch',
        zone: village.zone,
        purpose: 'wage',
        purposeCode: 'SALA',
        payroll: { employer: employer.owner.ref, employee: person.owner.ref, payDate: dateText(day) },
      });
      if (!rng.chance(0.8)) continue;
      at += Math.round(this.secondsBetween * rng.real([0.7, 2.2])) * 1_000;
      ledger.cashWithdrawal({
        at,
        account: person,
        amount: Math.min(890_000, Math.max(20_000, Math.floor((wage * this.cashShare) / 10_000) * 10_000)),
        ccy: 'MXN',
        town: village,
        channel: 'atm',
        outlet: 1,
      });
    }
  }

  private shop(person: Account, day: number, ledger: Ledger): void {
    const { rng } = this;
    const town = rng.chance(0.4) ? this.market : this.village;
    ledger.purchase({
      at: momentOf(town.zone, day, rng.int(600, 1_200)),
      account: person,
      amount: rng.int(70, 1_400) * 100,
      ccy: 'MXN',
      merchant: shop(town, '5411', rng.int(1, 5)),
      present: true,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
    });
  }
}

export const VILLAGE_MACHINE: CaseDefinition = {
  kind: 'H2',
  title: 'The only cash machine of a village on pay day',
  form: null,
  expected: [],
  mustNotFire: ['LAB-05'],
  build: (draft) => new VillageMachine(draft),
};
