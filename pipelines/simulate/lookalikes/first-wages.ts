/**
 * B11. Wages that leave at once, and money of the mighty that is explained: young people in a first job who take their
 * weekly wage out in cash, a family business, and an official with a salary and the rent of a bar under a lease.
 */
import type { LicenceKind } from '../../../schemas/enumerations.ts';
import { isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { B11 } from '../lookalike-parameters.ts';
import { type Account, barHours, type OnRecord, relate } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { civilOf, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import type { World } from '../world.ts';

class FirstWages implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly town: Town;
  private readonly young: readonly Account[];
  private readonly works: Account;
  private readonly family: readonly Account[];
  private readonly business: Account;
  private readonly official: Account;
  private readonly bar: Account;
  private readonly wage: number;
  private readonly cashShare: number;
  private readonly rent: number;
  private readonly salary: number;
  private readonly takings: number;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    this.town = rng.pick([TOWNS.culiacan, TOWNS.tijuana, TOWNS.puebla, TOWNS.morelia]);
    const { town } = this;
    const bank = draft.bank('MX');
    const firm = (
      name: string,
      sector: string,
      more: { licence?: LicenceKind; onRecord?: OnRecord } = {},
    ): Account =>
      draft.account(
        draft.entity('infrastructure', {
          town,
          kind: 'entity',
          name,
          sector,
          byCustomerNumber: true,
          ...more,
        }),
        draft.bank('MX'),
      );
    this.works = firm('Maquiladora Simulada', 'SCIAN:3363');
    this.young = Array.from({ length: draft.draw('young', B11.young) }, () =>
      draft.account(
        draft.person('ordinary', { town, birthYears: B11.birthYears, employer: this.works.owner }),
        bank,
        { product: 'pay_card', opened: draft.start - rng.int(2, 70) },
      ),
    );
    const [parent, child] = [0, 1].map(() => draft.person('ordinary', { town }));
    relate(parent!, child!, 'kin');
    this.family = [parent!, child!].map((party) => draft.account(party, draft.bank('MX')));
    const business = draft.entity('ordinary', {
      town,
      kind: 'entity',
      name: 'Panaderia Familiar',
      sector: 'SCIAN:3118',
      owners: [parent!],
    });
    this.business = draft.account(business, bank);
    this.bar = firm('Bar El Faro', 'SCIAN:7224', {
      licence: 'late_venue',
      onRecord: { openingHours: barHours() },
    });
    this.wage = draft.draw('wageMxn', B11.wageMxn) * 100;
    this.cashShare = draft.drawShare('cashShare', B11.cashShare);
    this.rent = draft.draw('rentMxn', B11.rentMxn) * 100;
    this.salary = draft.draw('salaryMxn', B11.salaryMxn) * 100;
    this.takings = draft.draw('takingsMxn', B11.takingsMxn);
    // Salary and rent are both declared.
    const declared = ((this.salary + this.rent) / 100).toFixed(2);
    const official = draft.person('ordinary', {
      town,
      birthYears: [1960, 1984],
      sector: 'SCIAN:9312',
      onRecord: {
        occupation: 'public_official',
        pep: true,
        declaredMonthlyIn: { amount: declared, ccy: 'MXN' },
      },
    });
    this.official = draft.account(official, draft.bank('MX'));
  }

  act(day: number, ledger: Ledger): void {
    const { rng, town } = this;
    if (isPayDay('weekly_friday', day)) for (const worker of this.young) this.firstWage(worker, day, ledger);
    if (weekdayOf(day) === 1) this.bake(day, ledger);
    if (isPayDay('quincena', day))
      this.pay(this.world.stages.MX.benefit, this.official, Math.round(this.salary / 2), day, 'wage', ledger);
    if (civilOf(day).dayOfMonth === 3) this.pay(this.bar, this.official, this.rent, day, 'rent', ledger);
    if (rng.chance(0.15))
      ledger.purchase({
        at: momentOf(town.zone, day, ordinaryMinute(rng)),
        account: this.official,
        amount: rng.int(120, 4_900) * 100,
        ccy: 'MXN',
        merchant: rng.pick(this.world.shopsOf(town)),
        present: true,
        postedAfterMs: rng.int(20, 60) * 60 * MINUTE_MS,
      });
  }

  /** Nearly all of it in cash within a day. */
  private firstWage(worker: Account, day: number, ledger: Ledger): void {
    const { rng, town } = this;
    const wage = Math.round(this.wage * rng.real([0.95, 1.06]));
    this.pay(this.works, worker, wage, day, 'wage', ledger);
    ledger.cashWithdrawal({
      at: momentOf(town.zone, day, 420) + rng.int(150, 1_380) * MINUTE_MS,
      account: worker,
      amount: Math.floor((wage * this.cashShare) / 5_000) * 5_000,
      ccy: 'MXN',
      town,
      channel: 'atm',
      outlet: rng.int(1, 9),
    });
  }

  /** A bakery banks its takings and pays its family, one of whom pays back what is not needed. */
  private bake(day: number, ledger: Ledger): void {
    const { rng, town, business } = this;
    ledger.cashDeposit({
      at: momentOf(town.zone, day, rng.int(560, 800)),
      account: business,
      amount: roundUnits(this.takings * rng.real([0.8, 1.2]), 50),
      ccy: 'MXN',
      town,
      channel: 'branch',
      outlet: 1,
    });
    for (const member of this.family)
      this.pay(business, member, roundUnits(this.takings * rng.real([0.12, 0.2]), 50), day, 'wage', ledger);
    if (rng.chance(0.4))
      this.pay(this.family[1]!, this.family[0]!, roundUnits(rng.int(300, 1_400), 50), day, 'other', ledger);
  }

  private pay(
    from: Account,
    to: Account,
    amount: number,
    day: number,
    purpose: 'wage' | 'rent' | 'other',
    ledger: Ledger,
  ): void {
    const { zone } = this.town;
    ledger.transfer({
      at: momentOf(zone, day, purpose === 'wage' ? 420 : this.rng.int(700, 1_200)),
      from,
      to,
      amount,
      ccy: 'MXN',
      rail: from.institution === to.institution ? 'mx_on_us' : 'spei',
      channel: purpose === 'wage' ? 'batch' : 'online',
      zone,
      ...(purpose === 'other' ? {} : { purpose }),
      // A tenant says what is paid: nothing else tells rent from a gift of the bar.
      ...(purpose === 'rent' && { text: 'RENTA LOCAL' }),
    });
  }
}

export const FIRST_WAGES: CaseDefinition = {
  kind: 'B11',
  title: 'First jobs paid out in cash, family bakery, official with a tenant',
  form: null,
  expected: [],
  mustNotFire: ['AML-03', 'CRM-03', 'OFF-01'],
  build: (draft) => new FirstWages(draft),
};
