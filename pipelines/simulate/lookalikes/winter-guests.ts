/**
 * B9. People who go south in winter. A couple with a lease and yearly fees, a dental patient, a registered travel agency
 * with very many guests that pays guides and cleaners a monthly wage, and a registered home for minors with many givers.
 */
import { isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { B9 } from '../lookalike-parameters.ts';
import { NOISE } from '../parameters.ts';
import { type Account, relate } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import { type Ledger, nodeView } from '../rows.ts';
import { civilOf, dateText, HOUR_MS, momentOf } from '../time.ts';
import { shop, type World } from '../world.ts';

const ccyOf = (town: Town): string => (town.country === 'CA' ? 'CAD' : 'USD');

class WinterGuests implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly resort: Town;
  private readonly couple: readonly Account[];
  private readonly condominium: Account;
  private readonly patient: Account;
  private readonly dentist: Account;
  private readonly agency: Account;
  private readonly staff: readonly Account[];
  private readonly home: Account;
  private readonly arrives: number;
  private readonly leaves: number;
  private readonly monthly: number;
  private readonly guestsPerDay: number;
  private readonly wage: number;
  private readonly gift: number;
  private readonly id: string;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    this.id = draft.id;
    this.resort = rng.pick([TOWNS.puertoVallarta, TOWNS.cancun, TOWNS.acapulco]);
    const { resort } = this;
    const town = rng.pick([TOWNS.toronto, TOWNS.winnipeg, TOWNS.vancouver]);
    const bank = draft.bank('CA');
    const [one, other] = [0, 1].map(() => draft.person('ordinary', { town, birthYears: [1944, 1962] }));
    relate(one!, other!, 'spouse');
    this.couple = [one!, other!].map((party) => draft.account(party, bank));
    const payee = (name: string, more: object): Account =>
      draft.account(
        draft.entity('infrastructure', { town: resort, kind: 'entity', name, ...more }),
        draft.bank('MX'),
      );
    this.condominium = payee('Condominio Simulado', { kind: 'landlord', licence: 'lodging' });
    this.dentist = payee('Clinica Dental', { sector: 'SCIAN:6212' });
    this.patient = draft.account(draft.person('ordinary', { town: TOWNS.phoenix }), draft.bank('US'));
    const agency = draft.entity('infrastructure', {
      town: resort,
      kind: 'entity',
      name: 'Agencia de Viajes Simulada',
      licence: 'travel_agency',
      byCustomerNumber: true,
      sector: 'SCIAN:5615',
    });
    this.agency = draft.account(agency, draft.bank('MX'));
    this.staff = Array.from({ length: draft.draw('staff', B9.staff) }, () =>
      draft.account(draft.person('ordinary', { town: resort, employer: agency }), draft.bank('MX')),
    );
    this.home = payee('Casa Hogar Registrada', { kind: 'charity', licence: 'charity' });
    const length = draft.end - draft.start;
    this.arrives = draft.start + Math.round(length * rng.real([0.3, 0.45]));
    this.leaves = Math.min(draft.end, this.arrives + draft.draw('stayDays', B9.stayDays));
    this.monthly = draft.draw('monthlyCad', B9.monthlyCad);
    this.guestsPerDay = draft.draw('guests', B9.guests) / length;
    this.wage = draft.draw('wageMxn', B9.wageMxn) * 100;
    this.gift = draft.draw('giftMxn', B9.giftMxn);
  }

  act(day: number, ledger: Ledger): void {
    this.winter(day, ledger);
    if (this.rng.chance(0.02)) this.teeth(day, ledger);
    this.agencyDay(day, ledger);
    if (this.rng.chance(0.18)) this.give(day, ledger);
  }

  private winter(day: number, ledger: Ledger): void {
    const { rng, resort, couple, condominium } = this;
    const [payer] = couple;
    const home = payer!.owner.town;
    const away = day >= this.arrives && day < this.leaves;
    if (isPayDay('old_age', day))
      for (const account of couple)
        ledger.transfer({
          at: momentOf(home.zone, day, 300),
          from: this.world.stages.CA.benefit,
          to: account,
          amount: 142_000,
          ccy: 'CAD',
          rail: 'aft',
          channel: 'batch',
          zone: home.zone,
          purpose: 'benefit',
        });
    if (day === this.arrives - 20) this.flight(payer!, home, ledger, day);
    if (away && (day - this.arrives) % 30 === 2)
      ledger.transfer({
        at: momentOf(resort.zone, day, rng.int(600, 1_000)),
        from: payer!,
        to: condominium,
        amount: roundUnits(this.monthly * 0.55, 10),
        ccy: 'CAD',
        rail: 'swift',
        channel: 'online',
        zone: home.zone,
        purpose: 'rent',
        text: 'cuota de mantenimiento y renta',
      });
    if (rng.chance(away ? 0.35 : 0.18)) {
      const where = away ? resort : home;
      ledger.purchase({
        at: momentOf(where.zone, day, ordinaryMinute(rng)),
        account: rng.pick(couple),
        amount: rng.int(900, 14_000) * (away ? 9 : 1),
        ccy: away ? 'MXN' : 'CAD',
        merchant: shop(where, rng.pick(['5411', '5812', '5912', '5311']), rng.int(1, 8)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
    }
    if (away && rng.chance(0.08))
      ledger.cashWithdrawal({
        at: momentOf(resort.zone, day, rng.int(600, 1_080)),
        account: payer!,
        amount: rng.int(4, 12) * 50_000,
        ccy: 'MXN',
        town: resort,
        channel: 'atm',
        outlet: 2,
      });
  }

  private flight(payer: Account, home: Town, ledger: Ledger, day: number): void {
    ledger.purchase({
      at: momentOf(home.zone, day, ordinaryMinute(this.rng)),
      account: payer,
      amount: 148_900,
      ccy: ccyOf(home),
      merchant: shop(home, '3001', 1),
      present: false,
      postedAfterMs: 30 * HOUR_MS,
      extras: {
        travel: {
          carrier: 'SIM',
          from: `${home.country}-${home.admin1}`,
          to: `${this.resort.country}-${this.resort.admin1}`,
          depart: dateText(this.arrives),
          return: dateText(this.leaves),
          oneWay: false,
          passengers: this.couple.map(({ owner }) => owner.ref),
        },
      },
    });
  }

  /** A treatment in a few sittings. */
  private teeth(day: number, ledger: Ledger): void {
    const { rng, patient, dentist } = this;
    const { zone } = patient.owner.town;
    ledger.transfer({
      at: momentOf(zone, day, rng.int(600, 1_000)),
      from: patient,
      to: dentist,
      amount: roundUnits(rng.int(180, 1_900), 10),
      ccy: 'USD',
      rail: 'swift',
      channel: 'online',
      zone,
      purpose: 'medical',
    });
  }

  private agencyDay(day: number, ledger: Ledger): void {
    const { rng, agency, resort } = this;
    const guests = Math.floor(this.guestsPerDay * rng.real([0.5, 1.5]) + rng.float());
    for (let i = 0; i < guests; i++)
      ledger.transfer({
        at: momentOf(resort.zone, day, ordinaryMinute(rng, 0.05)) + rng.int(0, 59_999),
        from: nodeView(`guest-${this.id}-${day}-${i}`, 'person', rng.pick(['CA', 'US', 'MX', 'DE', 'GB'])),
        to: agency,
        amount: roundUnits(rng.real(B9.bookingUsd), 10),
        ccy: 'USD',
        rail: 'swift',
        channel: 'online',
        zone: resort.zone,
        purpose: 'travel',
      });
    if (civilOf(day).dayOfMonth === 28) {
      for (const member of this.staff)
        ledger.transfer({
          at: momentOf(resort.zone, day, 480),
          from: agency,
          to: member,
          amount: Math.round(this.wage * rng.real([0.95, 1.1])),
          ccy: 'MXN',
          rail: member.institution === agency.institution ? 'mx_on_us' : 'spei',
          channel: 'batch',
          zone: resort.zone,
          purpose: 'wage',
          payroll: { employer: agency.owner.ref, employee: member.owner.ref, payDate: dateText(day) },
        });
      const { tax } = this.world.stages.MX;
      ledger.transfer({
        at: momentOf(resort.zone, day, 700),
        from: agency,
        to: tax,
        amount: Math.round(this.wage * this.staff.length * 0.31),
        ccy: 'MXN',
        rail: tax.institution === agency.institution ? 'mx_on_us' : 'spei',
        channel: 'online',
        zone: resort.zone,
        purpose: 'tax',
      });
    }
  }

  /** Many people give a little to a home that is registered, the couple among them. */
  private give(day: number, ledger: Ledger): void {
    const { rng, resort, home, couple } = this;
    const isCouple = rng.chance(0.1);
    ledger.transfer({
      at: momentOf(resort.zone, day, rng.int(600, 1_200)),
      from: isCouple
        ? couple[0]!
        : nodeView(`giver-${this.id}-${rng.int(1, 60)}`, 'person', rng.pick(['MX', 'CA', 'US'])),
      to: home,
      amount: roundUnits(this.gift * rng.real([0.4, 1.6]), 50),
      ccy: 'MXN',
      rail: isCouple ? 'swift' : 'spei',
      zone: resort.zone,
      purpose: 'donation',
    });
  }
}

export const WINTER_GUESTS: CaseDefinition = {
  kind: 'B9',
  title: 'Winter couple, dental patient, registered agency, registered home',
  form: null,
  expected: [],
  mustNotFire: ['CST-02', 'CST-03', 'CST-05', 'INS-01'],
  build: (draft) => new WinterGuests(draft),
};
