/** B7. Cash and cards in many places for good reasons: a student, a travelling sales representative, a shop with branches. */
import { isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { B7 } from '../lookalike-parameters.ts';
import { NOISE } from '../parameters.ts';
import { type Account, type Party, relate } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { HOUR_MS, momentOf, weekdayOf } from '../time.ts';
import { shop } from '../world.ts';

const BRANCHES: readonly Town[] = [TOWNS.houston, TOWNS.dallas, TOWNS.nashville, TOWNS.atlanta];
const ROUTE: readonly Town[] = [TOWNS.charlotte, TOWNS.atlanta, TOWNS.nashville, TOWNS.dallas];

class ManyPlaces implements Actor {
  private readonly rng: Random;
  private readonly student: Account;
  private readonly parents: readonly Party[];
  private readonly store: Account;
  private readonly clerks: readonly Party[];
  private readonly wholesaler: Account;
  private readonly staff: readonly Account[];
  private readonly representative: Account;
  private readonly firm: Account;
  private readonly parentUsd: number;
  private readonly takings: number;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    const student = draft.person('ordinary', { town: TOWNS.queens, birthYears: [2003, 2006] });
    this.student = draft.account(student, draft.bank('US'));
    this.parents = [TOWNS.chicago, TOWNS.phoenix].map((town) => {
      const parent = draft.person('ordinary', { town, surnames: student.surnames });
      relate(parent, student, 'kin');
      return parent;
    });
    this.parentUsd = draft.draw('parentUsd', B7.parentUsd);
    const owner = draft.entity('ordinary', {
      town: TOWNS.houston,
      kind: 'entity',
      name: 'Four Corners Stores',
      sector: 'NAICS:4451',
      incorporated: draft.start - 3_000,
    });
    this.store = draft.account(owner, draft.bank('US'));
    this.clerks = BRANCHES.slice(0, B7.shopCities).map((town) => draft.person('ordinary', { town }));
    const supply = draft.entity('infrastructure', {
      town: TOWNS.houston,
      kind: 'entity',
      name: 'Wholesale Foods',
      sector: 'NAICS:4244',
    });
    this.wholesaler = draft.account(supply, draft.bank('US'));
    this.staff = this.clerks.map((clerk) => draft.account(clerk, draft.bank('US')));
    this.takings = draft.draw('shopUsd', B7.shopUsd);
    const representative = draft.person('ordinary', { town: TOWNS.charlotte });
    this.representative = draft.account(representative, draft.bank('US'));
    this.firm = rng.pick(world.stages.US.employers);
    draft.draw('repFuelUsd', B7.repFuelUsd);
  }

  act(day: number, ledger: Ledger): void {
    const weekday = weekdayOf(day);
    this.studentLife(day, weekday, ledger);
    this.storeLife(day, weekday, ledger);
    this.onTheRoad(day, weekday, ledger);
  }

  /** Parents in two states pay in cash now and then; it is spent bit by bit where the student lives. */
  private studentLife(day: number, weekday: number, ledger: Ledger): void {
    const { rng, student } = this;
    if (weekday === 4 && rng.chance(0.4)) {
      const parent = rng.pick(this.parents);
      ledger.cashDeposit({
        at: momentOf(parent.town.zone, day, rng.int(600, 1_000)),
        account: student,
        amount: roundUnits(this.parentUsd * rng.real([0.6, 1.2]), 10),
        ccy: 'USD',
        town: parent.town,
        channel: 'branch',
        outlet: 1,
        conductor: { ref: parent.ref, isHolder: false, onBehalfOf: student.owner.ref, relationship: 'kin' },
      });
    }
    if (rng.chance(0.22))
      ledger.cashWithdrawal({
        at: momentOf(TOWNS.queens.zone, day, ordinaryMinute(rng)),
        account: student,
        amount: roundUnits(rng.real(B7.studentWithdrawalUsd), 20),
        ccy: 'USD',
        town: TOWNS.queens,
        channel: 'atm',
        outlet: rng.int(1, 3),
      });
  }

  /** Every branch banks its takings in its own city; the money pays goods and staff. */
  private storeLife(day: number, weekday: number, ledger: Ledger): void {
    const { rng, store } = this;
    if (weekday === 2 || weekday === 5)
      this.clerks.forEach((clerk, i) => {
        ledger.cashDeposit({
          at: momentOf(clerk.town.zone, day, rng.int(560, 720)),
          account: store,
          amount: roundUnits(this.takings * rng.real([0.75, 1.05]), 10),
          ccy: 'USD',
          town: clerk.town,
          channel: 'branch',
          outlet: i + 1,
          conductor: {
            ref: clerk.ref,
            isHolder: false,
            onBehalfOf: store.owner.ref,
            relationship: 'employer',
          },
        });
      });
    if (weekday === 3) this.pay(store, this.wholesaler, this.takings * 4.6 * 100, day, 'goods', ledger);
    if (isPayDay('biweekly_even', day))
      for (const member of this.staff) this.pay(store, member, 118_000, day, 'wage', ledger);
  }

  private onTheRoad(day: number, weekday: number, ledger: Ledger): void {
    const { rng, representative } = this;
    const buy = (mcc: string, town: Town, amount: number, nights?: number): void =>
      ledger.purchase({
        at: momentOf(town.zone, day, rng.int(1_000, 1_260)),
        account: representative,
        amount,
        ccy: 'USD',
        merchant: shop(town, mcc, 1 + (day % 5)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
        ...(nights === undefined ? {} : { nights }),
      });
    if (weekday >= 1 && weekday <= 4) {
      const town = ROUTE[(day + weekday) % ROUTE.length]!;
      buy('5541', town, rng.whole(B7.repFuelUsd) * 100);
      if (weekday < 4) buy('7011', town, rng.whole(B7.repHotelUsd) * 100, 1);
    }
    if (isPayDay('biweekly_odd', day)) {
      this.pay(this.firm, representative, 214_000, day, 'wage', ledger);
      this.pay(this.firm, representative, 118_500, day, 'travel', ledger);
    }
  }

  private pay(
    from: Account,
    to: Account,
    amount: number,
    day: number,
    purpose: 'goods' | 'wage' | 'travel',
    ledger: Ledger,
  ): void {
    const { zone } = from.owner.town;
    ledger.transfer({
      at: momentOf(zone, day, 420),
      from,
      to,
      amount: Math.round(amount),
      ccy: 'USD',
      rail: from.institution === to.institution ? 'us_on_us' : 'ach',
      channel: 'batch',
      zone,
      purpose,
    });
  }
}

export const MANY_PLACES: CaseDefinition = {
  kind: 'B7',
  title: 'Student, sales representative, shop with branches',
  form: null,
  expected: [],
  mustNotFire: ['SMU-05'],
  build: (draft) => new ManyPlaces(draft),
};
