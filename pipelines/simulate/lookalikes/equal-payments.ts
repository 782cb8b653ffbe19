/** B6. Equal payments that are nobody's debt: a savings circle, a school, a visa lawyer, a wedding. */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { B6 } from '../lookalike-parameters.ts';
import type { Account } from '../people.ts';
import { residentTowns, TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { civilOf, momentOf, weekdayOf } from '../time.ts';
import { outsider, type World } from '../world.ts';

class EqualPayments implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly start: number;
  private readonly circle: readonly Account[];
  private readonly contribution: number;
  private readonly school: Account;
  private readonly parents: readonly Account[];
  private readonly fee: number;
  private readonly lawyer: Account;
  private readonly couple: Account;
  private readonly hall: Account;
  private readonly guests: readonly Account[];
  private readonly weddingDay: number;
  private readonly gift: number;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    this.start = draft.start;
    const town = rng.pick([TOWNS.guadalajara, TOWNS.puebla, TOWNS.monterrey]);
    const people = (count: number, spread: boolean): Account[] => {
      const all = residentTowns('MX');
      return Array.from({ length: count }, () =>
        draft.account(
          draft.person('ordinary', { town: spread ? all.towns[rng.weighted(all.weights)]! : town }),
          draft.bank('MX'),
        ),
      );
    };
    this.circle = people(draft.draw('tandaMembers', B6.tandaMembers), false);
    this.contribution = Math.round(draft.draw('tandaMxn', B6.tandaMxn) / 50) * 5_000;
    const payee = (name: string, licence: 'school' | 'law_firm' | 'lodging', sector: string): Account =>
      draft.account(
        draft.entity('infrastructure', { town, kind: 'entity', name, licence, sector }),
        draft.bank('MX'),
      );
    this.school = payee('Colegio Simulado', 'school', 'SCIAN:6111');
    this.lawyer = payee('Visa Counsel', 'law_firm', 'SCIAN:5411');
    this.hall = payee('Garden Hall', 'lodging', 'SCIAN:5312');
    this.parents = people(draft.draw('pupils', B6.pupils), false);
    this.fee = Math.round(draft.draw('feeMxn', B6.feeMxn) / 50) * 5_000;
    this.couple = people(1, false)[0]!;
    this.guests = people(draft.draw('weddingGuests', B6.weddingGuests), true);
    this.gift = draft.draw('weddingMxn', B6.weddingMxn);
    this.weddingDay = draft.start + rng.int(30, Math.max(31, draft.end - draft.start - 10));
  }

  act(day: number, ledger: Ledger): void {
    if (weekdayOf(day) === 6) this.savingsCircle(day, ledger);
    if (civilOf(day).dayOfMonth === 5) this.schoolFees(day, ledger);
    if (this.rng.chance(0.12)) this.visaFee(day, ledger);
    this.wedding(day, ledger);
  }

  /** Everybody pays the same every week and each receives the pot once. */
  private savingsCircle(day: number, ledger: Ledger): void {
    const turn = Math.floor((day - this.start) / 7) % this.circle.length;
    const receiver = this.circle[turn]!;
    for (const member of this.circle)
      if (member !== receiver) this.spei(member, receiver, this.contribution, day, ledger);
  }

  private schoolFees(day: number, ledger: Ledger): void {
    for (const parent of this.parents) this.spei(parent, this.school, this.fee, day, ledger);
    const { tax } = this.world.stages.MX;
    this.spei(this.school, tax, Math.round(this.fee * this.parents.length * 0.2), day + 10, ledger);
  }

  private visaFee(day: number, ledger: Ledger): void {
    const { rng, lawyer } = this;
    const { zone } = lawyer.owner.town;
    const at = momentOf(zone, day, rng.int(600, 1_080));
    ledger.transfer({
      at,
      from: outsider(rng, 'MX', false),
      to: lawyer,
      amount: this.fee * 2,
      ccy: 'MXN',
      rail: 'spei',
      zone,
      purpose: 'services',
    });
  }

  private wedding(day: number, ledger: Ledger): void {
    const before = this.weddingDay - day;
    if (before >= 0 && before < 12)
      this.guests.forEach((guest, i) => {
        if (i % 12 === before)
          this.spei(guest, this.couple, roundUnits(this.gift * this.rng.real([0.8, 1.3]), 50), day, ledger);
      });
    if (before === 0)
      this.spei(this.couple, this.hall, roundUnits(this.gift * this.guests.length * 0.8, 50), day, ledger);
  }

  private spei(from: Account, to: Account, amount: number, day: number, ledger: Ledger): void {
    const { zone } = from.owner.town;
    const at = momentOf(zone, day, this.rng.int(560, 1_290)) + this.rng.int(0, 59_999);
    const rail = from.institution === to.institution ? 'mx_on_us' : 'spei';
    ledger.transfer({ at, from, to, amount, ccy: 'MXN', rail, zone });
  }
}

export const EQUAL_PAYMENTS: CaseDefinition = {
  kind: 'B6',
  title: 'Savings circle, school, visa lawyer, wedding',
  form: null,
  expected: [],
  mustNotFire: [],
  build: (draft) => new EqualPayments(draft),
};
