/**
 * S9. Stays sold as a package. Men abroad, who are paid, shop and take out cash at home like anybody, register with a money
 * transmitter and send small sums to one to three families of a beach town for months, more each time. In winter they fly in
 * and live in a flat of one agency; the agency pays the same private families weekly. Some give to a home for minors nearby.
 */
import { isPayDay, type PayRhythm } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { NOISE } from '../parameters.ts';
import { type Account, accountAt } from '../people.ts';
import { CURRENCY, TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S9 } from '../scenario-parameters.ts';
import { civilOf, DAY_MS, dateText, HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { RAILS_OF, shop, type World } from '../world.ts';

const HOMES: readonly Town[] = [
  TOWNS.toronto,
  TOWNS.vancouver,
  TOWNS.phoenix,
  TOWNS.losAngeles,
  TOWNS.montreal,
];

interface Buyer {
  readonly bank: Account;
  readonly sender: Account;
  readonly employer: Account;
  readonly rhythm: PayRhythm;
  readonly pay: number;
  readonly country: 'US' | 'CA';
  /** The families that this one sends to. */
  readonly guardians: readonly Account[];
  /** Day of arrival and of leaving. */
  readonly arrives: number;
  readonly leaves: number;
  readonly givesToHome: boolean;
}

class PackagedStay implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly world: World;
  private readonly resort: Town;
  private readonly buyers: readonly Buyer[];
  private readonly guardians: readonly Account[];
  private readonly agency: Account;
  private readonly home: Account;
  private readonly rent: number;
  private readonly weekly: number;
  private readonly sendEveryDays: number;
  private readonly firstUsd: number;
  private readonly groomingDays: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    this.resort = rng.chance(0.6) ? TOWNS.puertoVallarta : TOWNS.acapulco;
    const operator = draft.operator();
    const other = draft.otherOperator(operator);
    const bank = draft.bank('MX');
    const agency = draft.entity('facilitator', {
      town: this.resort,
      kind: 'entity',
      name: 'Estancias del Pacifico Simulado',
      sector: 'SCIAN:5615',
      incorporated: world.from - rng.int(200, 1_900),
    });
    this.agency = draft.account(agency, bank);
    this.home = draft.account(
      draft.entity('front', { town: this.resort, kind: 'charity', name: 'Casa Hogar', sector: 'SCIAN:6239' }),
      draft.otherBank('MX', bank),
    );
    this.guardians = Array.from({ length: draft.draw('guardians', S9.guardians) }, () => {
      const party = draft.person('receiver', { town: this.resort, birthYears: [1970, 1995] });
      for (const each of [operator, other]) draft.account(party, each);
      return draft.account(party, draft.otherBank('MX', bank));
    });
    this.groomingDays = draft.draw('groomingDays', S9.groomingDays);
    const stay = draft.draw('stayDays', S9.stayDays);
    const buyers = draft.draw('buyers', S9.buyers);
    const latest = Math.max(this.groomingDays + 1, draft.end - draft.start - stay - 2);
    const season = winterOf(draft) + draft.draw('intoWinterDays', S9.intoWinterDays);
    // All of them come within the simulation, one after the other.
    const first = Math.max(this.groomingDays, Math.min(season, latest - S9.apartDays[1] * (buyers - 1)));
    this.buyers = Array.from({ length: buyers }, (_, i) => {
      const town = rng.pick(HOMES);
      const country = town.country as Buyer['country'];
      const party = draft.person('buyer', { town, birthYears: [1949, 1976] });
      const arrives = draft.start + Math.min(latest, first + i * rng.whole(S9.apartDays));
      const via = draft.isEvasive || draft.variant === 'truncated' ? rng.pick([operator, other]) : operator;
      // Whoever sends for the first time is registered then.
      const opened = arrives - this.groomingDays - rng.whole(S9.registeredDays);
      return {
        bank: draft.account(party, draft.bank(country)),
        sender: draft.account(this.senderOf(party, town), via, { opened }),
        employer: rng.pick(world.stages[country].employers),
        rhythm: country === 'CA' ? 'semimonthly' : rng.pick(['biweekly_even', 'biweekly_odd'] as const),
        pay: rng.whole(S9.netPay) * 100,
        country,
        guardians: rng.sample(this.guardians, Math.min(this.guardians.length, rng.whole(S9.familiesEach))),
        arrives,
        leaves: Math.min(draft.end, arrives + stay + rng.int(-6, 6)),
        givesToHome: rng.chance(S9.homeShare),
      };
    });
    this.rent = draft.draw('rentCad', S9.rentCad);
    this.weekly = draft.draw('weeklyMxn', S9.weeklyMxn);
    this.sendEveryDays = draft.draw('sendEveryDays', S9.sendEveryDays);
    this.firstUsd = draft.draw('firstUsd', S9.firstUsd);
  }

  act(day: number, ledger: Ledger): void {
    const { rng } = this;
    for (const buyer of this.buyers) {
      this.liveAtHome(buyer, day, ledger);
      const toGo = buyer.arrives - day;
      if (toGo > 9 && toGo <= this.groomingDays && rng.chance(1 / this.sendEveryDays))
        this.send(buyer, 1 - toGo / this.groomingDays, day, ledger);
      if (toGo === 8) this.book(buyer, day, ledger);
      if (day >= buyer.arrives && day < buyer.leaves) this.stay(buyer, day, ledger);
    }
    if (weekdayOf(day) === 5 && this.buyers.some(({ arrives, leaves }) => day >= arrives && day < leaves))
      this.payFamilies(day, ledger);
  }

  /** Evasive: the sends go out under the name of the wife. */
  private senderOf(buyer: Account['owner'], town: Town): Account['owner'] {
    return this.draft.isEvasive ? this.draft.person('front', { town, surnames: buyer.surnames }) : buyer;
  }

  private liveAtHome(buyer: Buyer, day: number, ledger: Ledger): void {
    const { rng } = this;
    const { bank, employer, country } = buyer;
    const { town } = bank.owner;
    if (isPayDay(buyer.rhythm, day)) {
      const onUs = employer.institution === bank.institution;
      ledger.transfer({
        at: momentOf(town.zone, day, 300),
        from: employer,
        to: bank,
        amount: Math.round(buyer.pay * rng.real([0.97, 1.03])),
        ccy: CURRENCY[country],
        rail: RAILS_OF[country][onUs ? 'onUs' : 'pay'],
        channel: 'batch',
        zone: town.zone,
        purpose: 'wage',
        purposeCode: 'SALA',
      });
    }
    if (day >= buyer.arrives - 1 && day <= buyer.leaves) return;
    if (rng.chance(S9.homePurchasesPerDay))
      ledger.purchase({
        at: momentOf(town.zone, day, ordinaryMinute(rng)),
        account: bank,
        amount: rng.int(900, 14_000),
        ccy: CURRENCY[country],
        merchant: rng.pick(this.world.shopsOf(town)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
    if (rng.chance(S9.homeCashPerDay))
      ledger.cashWithdrawal({
        at: momentOf(town.zone, day, ordinaryMinute(rng)),
        account: bank,
        amount: rng.int(2, 15) * 2_000,
        ccy: CURRENCY[country],
        town,
        channel: 'atm',
        outlet: rng.int(1, 9),
      });
  }

  private send(buyer: Buyer, progress: number, day: number, ledger: Ledger): void {
    const { rng } = this;
    const from = buyer.sender.owner.town;
    const at = momentOf(from.zone, day, rng.int(700, 1_420));
    const usd = this.firstUsd * (1 + progress * rng.real(S9.growth));
    ledger.remittance({
      at,
      operator: buyer.sender.institution,
      sender: buyer.sender,
      receiver: accountAt(rng.pick(buyer.guardians).owner, buyer.sender.institution),
      amount: roundUnits(usd, 5),
      ccy: 'USD',
      from,
      to: this.resort,
      sendAgent: 9,
      payAgent: rng.int(1, 3),
      paidAt: at + rng.int(40, 900) * MINUTE_MS,
      payout: 'cash',
      fundedBy: 'card',
      relationship: 'friend',
      purpose: 'family_support',
    });
  }

  /** The flight, and the flat for the whole stay. */
  private book(buyer: Buyer, day: number, ledger: Ledger): void {
    const { rng, draft } = this;
    const { town } = buyer.bank.owner;
    const ccy = town.country === 'CA' ? 'CAD' : 'USD';
    const at = momentOf(town.zone, day, ordinaryMinute(rng));
    ledger.purchase({
      at,
      account: buyer.bank,
      amount: rng.whole(S9.fare) * 100,
      ccy,
      merchant: shop(town, '3001', 1),
      present: false,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      extras: {
        travel: {
          carrier: 'SIM',
          from: `${town.country}-${town.admin1}`,
          to: `${this.resort.country}-${this.resort.admin1}`,
          depart: dateText(buyer.arrives),
          return: dateText(buyer.leaves),
          oneWay: false,
        },
      },
    });
    if (draft.isEvasive && rng.chance(0.5)) return; // paid in cash or coins on the spot
    ledger.transfer({
      at: at + rng.int(30, 600) * MINUTE_MS,
      from: buyer.bank,
      to: this.agency,
      amount: roundUnits(this.rent * ((buyer.leaves - buyer.arrives) / 30) * rng.real([0.9, 1.1]), 50),
      ccy,
      rail: 'swift',
      channel: 'online',
      zone: town.zone,
      purpose: 'travel',
    });
  }

  private stay(buyer: Buyer, day: number, ledger: Ledger): void {
    const { rng, resort } = this;
    if (rng.chance(0.22))
      ledger.cashWithdrawal({
        at: momentOf(resort.zone, day, ordinaryMinute(rng, 0.2)),
        account: buyer.bank,
        amount: rng.int(4, 22) * 50_000,
        ccy: 'MXN',
        town: resort,
        channel: 'atm',
        outlet: rng.int(1, 6),
      });
    if (rng.chance(0.14))
      ledger.purchase({
        at: momentOf(resort.zone, day, rng.int(660, 1_260)),
        account: buyer.bank,
        amount: rng.int(240, 3_900) * 100,
        ccy: 'MXN',
        merchant: shop(resort, rng.pick(['5945', '4812', '5944', '5812']), rng.int(1, 4)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
    if (buyer.givesToHome && (day - buyer.arrives) % 15 === 3)
      ledger.transfer({
        at: momentOf(resort.zone, day, 900),
        from: buyer.bank,
        to: this.home,
        amount: roundUnits(rng.real(S9.giftMxn), 100),
        ccy: 'MXN',
        rail: 'swift',
        channel: 'online',
        zone: resort.zone,
        purpose: 'donation',
      });
  }

  private payFamilies(day: number, ledger: Ledger): void {
    const { rng, agency, resort } = this;
    for (const guardian of this.guardians) {
      const at = momentOf(resort.zone, day, rng.int(640, 1_200));
      const amount = roundUnits(this.weekly * rng.real([0.85, 1.2]), 100);
      const rail = guardian.institution === agency.institution ? 'mx_on_us' : 'spei';
      ledger.transfer({ at, from: agency, to: guardian, amount, ccy: 'MXN', rail, zone: resort.zone });
      if (rng.chance(0.6))
        ledger.cashWithdrawal({
          at: at + DAY_MS / 2,
          account: guardian,
          amount: Math.floor((amount * 0.6) / 10_000) * 10_000,
          ccy: 'MXN',
          town: resort,
          channel: 'atm',
          outlet: 1,
        });
    }
  }
}

/** Days from the beginning of the case to the first of December; 0 where the simulation does not reach one. */
function winterOf({ start, end }: CaseDraft): number {
  for (let day = start; day < end; day++) {
    const { month, dayOfMonth } = civilOf(day);
    if (month === 12 && dayOfMonth === 1) return day - start;
  }
  return 0;
}

export const PACKAGED_STAY: CaseDefinition = {
  kind: 'S9',
  title: 'Stays in a beach town sold with access to families',
  form: 'child_sex_tourism',
  expected: ['CST-01', 'CST-05', 'CST-06', 'INS-01'],
  mustNotFire: [],
  build: (draft) => new PackagedStay(draft),
};
