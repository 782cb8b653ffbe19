/**
 * Ordinary people: pay or pension on the days of their country, cash, shops, rent, bills, friends, and for some a
 * family abroad. Nine in ten rows of a simulation come from here.
 */
import {
  isAguinaldoDay,
  isDecember,
  isFestive,
  isMothersDayWeek,
  isPayDay,
  isProfitShareDay,
  isRefundSeason,
  type PayRhythm,
  paysPerMonth,
} from './calendar.ts';
import { INSTITUTIONS, submittingBanks } from './institutions.ts';
import { DAY_RHYTHM, NOISE, POPULATION, REMITTANCE } from './parameters.ts';
import { type Account, createPerson, type IdBlock, openAccount, type Party } from './people.ts';
import { type CountryCode, CURRENCY, residentTowns, type Town } from './places.ts';
import type { Random } from './random.ts';
import type { Ledger } from './rows.ts';
import { civilOf, HOUR_MS, MINUTE_MS, momentOf } from './time.ts';
import { outsider, RAILS_OF, type World } from './world.ts';

/** Somebody who does things, day by day. `day` is a local calendar day; what it emits never lies before that day. */
export interface Actor {
  act(day: number, ledger: Ledger): void;
}

/** A minute of an ordinary day; nights are rare. */
export function ordinaryMinute(rng: Random, nightShare: number = DAY_RHYTHM.nightShare): number {
  if (rng.chance(nightShare)) return rng.whole(DAY_RHYTHM.nightMinutes);
  const hump = rng.chance(0.5) ? DAY_RHYTHM.morningMinute : DAY_RHYTHM.eveningMinute;
  return Math.min(1_319, Math.max(385, Math.round(hump + DAY_RHYTHM.spreadMin * rng.normal())));
}

/** Whole units of a currency, as people choose them: tens, or hundreds in pesos. */
export function roundUnits(amount: number, step: number): number {
  return Math.max(step, Math.round(amount / step) * step) * 100;
}

const BILL_KINDS = { rent: 'transfer', services: 'bill_payment', loan: 'loan_repayment' } as const;

interface Family {
  readonly sender: Account;
  readonly receivers: readonly Account[];
  readonly everyDays: number;
  readonly medianUsd: number;
  readonly agents: readonly [send: number, pay: number];
  nextDay: number;
}

export class Resident implements Actor {
  readonly party: Party;
  readonly account: Account;
  /** Everyone who exists because of this person. */
  readonly parties: Party[];
  private readonly rng: Random;
  private readonly world: World;
  private readonly country: CountryCode;
  private readonly rhythm: PayRhythm | null;
  private readonly payAmount: number;
  private readonly employer: Account | null;
  private readonly cashOutShare: number;
  private readonly purchaseRate: number;
  private readonly friendRate: number;
  private readonly friendCount: number;
  private readonly friendSeed: number;
  private readonly rent: number;
  private readonly landlord: Account;
  private readonly utility: number;
  private readonly loan: number;
  private readonly billDay: number;
  private readonly depositRate: number;
  private readonly nightShare: number;
  private readonly refundDay: number;
  private readonly family: Family | null;

  constructor(rng: Random, ids: IdBlock, world: World, country: CountryCode, spouse?: Account) {
    this.rng = rng;
    this.world = world;
    this.country = country;
    const { towns, weights } = residentTowns(country);
    const town = spouse?.owner.town ?? towns[rng.weighted(weights)]!;
    const nightWork = rng.chance(POPULATION.nightWorkShare);
    this.party = createPerson(rng, ids, {
      town,
      nightWork,
      byCustomerNumber: rng.chance(POPULATION.byCustomerNumberShare),
      ...(spouse === undefined ? {} : { surnames: spouse.owner.surnames }),
    });
    const role = drawRole(rng, country);
    const bank = rng.pick(submittingBanks(country));
    this.account = openAccount(ids, this.party, bank, {
      opened: world.from - rng.whole(POPULATION.accountAgeDays),
      product: role.rhythm !== null && country === 'MX' ? 'payroll' : 'checking',
      ...(spouse === undefined ? {} : { handleOf: spouse }),
    });
    this.parties = [this.party];
    const stage = world.stages[country];
    this.rhythm = role.rhythm;
    this.employer =
      role.payer === 'employer' ? rng.pick(stage.employers) : role.rhythm === null ? null : stage.benefit;
    this.payAmount = role.rhythm === null ? 0 : drawPay(rng, country, role.payer) / paysPerMonth(role.rhythm);
    this.cashOutShare = rng.real(country === 'MX' ? POPULATION.cashOutShareMx : POPULATION.cashOutShareElse);
    this.purchaseRate = rng.real(POPULATION.cardPurchasesPerDay[country]);
    this.friendRate = rng.real(POPULATION.friendPaymentsPerDay);
    this.friendCount = rng.whole(POPULATION.friends);
    this.friendSeed = rng.uint32();
    this.rent = rng.chance(POPULATION.renterShare) ? rng.whole(POPULATION.rent[country]) * 100 : 0;
    this.landlord = rng.pick(stage.landlords);
    this.utility = rng.chance(POPULATION.utilityShare) ? rng.whole(POPULATION.utility[country]) * 100 : 0;
    this.loan = rng.chance(POPULATION.loanShare)
      ? Math.round(this.payAmount * rng.real(POPULATION.loanBurden))
      : 0;
    this.billDay = rng.int(1, 26);
    this.depositRate = role.payer === 'informal' ? rng.real(POPULATION.informalDepositsPerDay) : 0;
    this.nightShare = nightWork ? 0.24 : DAY_RHYTHM.nightShare;
    this.refundDay = country === 'US' && rng.chance(0.6) ? rng.int(0, 60) : -1;
    this.family = role.payer === 'family' || role.remits ? this.foundFamily(ids, role.remits) : null;
    if (nightWork) this.party.onRecord.occupation = 'night_work';
    if (role.rhythm !== null && rng.chance(POPULATION.declaredIncomeShare)) {
      const monthly = this.payAmount * paysPerMonth(role.rhythm);
      const amount = (Math.round(monthly / 10_000) * 100).toFixed(2);
      this.party.onRecord.declaredMonthlyIn = { amount, ccy: CURRENCY[country] };
    }
  }

  act(day: number, ledger: Ledger): void {
    const { rng, rhythm } = this;
    if (rhythm !== null && isPayDay(rhythm, day)) this.bePaid(day, ledger);
    if (this.country === 'MX' && this.employer !== null && (isAguinaldoDay(day) || isProfitShareDay(day)))
      this.wage(day, Math.round(this.payAmount * rng.real([0.35, 1])), ledger);
    if (rng.chance(this.purchaseRate * (isFestive(day) ? 1.3 : 1))) this.shopping(day, ledger);
    if (rng.chance(this.friendRate)) this.payFriend(day, ledger);
    if (this.depositRate > 0 && rng.chance(this.depositRate)) this.informalIncome(day, ledger);
    if (civilOf(day).dayOfMonth === this.billDay) this.payBills(day, ledger);
    if (this.refundDay >= 0 && isRefundSeason(day) && day % 61 === this.refundDay) this.refund(day, ledger);
    if (this.family !== null && day >= this.family.nextDay) this.sendHome(this.family, day, ledger);
  }

  private bePaid(day: number, ledger: Ledger): void {
    const { rng } = this;
    const amount = Math.round(this.payAmount * rng.real([0.96, 1.04]));
    this.wage(day, amount, ledger);
    const inCash = Math.floor((amount * this.cashOutShare) / 10_000) * 10_000;
    if (inCash >= 10_000) {
      const cap = this.country === 'MX' ? 890_000 : 60_000;
      const when = rng.int(1, this.country === 'MX' ? 2 : 6);
      this.cash(day + (when === 1 ? 0 : when - 1), Math.min(inCash, cap), ledger);
    }
  }

  private wage(day: number, amount: number, ledger: Ledger): void {
    const { country, employer, account } = this;
    if (employer === null) return;
    const isBenefit = employer.owner.kind === 'government_benefit';
    const onUs = employer.institution === account.institution;
    const zone = employer.owner.town.zone;
    ledger.transfer({
      at: momentOf(zone, day, onUs ? 12 : 300),
      from: employer,
      to: account,
      amount,
      ccy: CURRENCY[country],
      rail: onUs ? RAILS_OF[country].onUs : country === 'MX' ? 'spei' : RAILS_OF[country].pay,
      channel: 'batch',
      zone,
      purpose: isBenefit ? (country === 'MX' ? 'pension' : 'benefit') : 'wage',
      purposeCode: isBenefit ? 'SSBE' : 'SALA',
    });
  }

  private cash(day: number, amount: number, ledger: Ledger): void {
    const { rng, account } = this;
    ledger.cashWithdrawal({
      at: momentOf(account.owner.town.zone, day, ordinaryMinute(rng, this.nightShare)) + rng.int(0, 59_999),
      account,
      amount,
      ccy: CURRENCY[this.country],
      town: account.owner.town,
      channel: 'atm',
      outlet: rng.int(1, 9),
    });
  }

  private shopping(day: number, ledger: Ledger): void {
    const { rng, account, country } = this;
    const { town } = account.owner;
    const merchant = rng.pick(this.world.shopsOf(town));
    const amount = Math.max(100, Math.round(rng.lognormal(POPULATION.purchaseMedian[country], 0.7) * 100));
    ledger.purchase({
      at: momentOf(town.zone, day, ordinaryMinute(rng, this.nightShare)) + rng.int(0, 59_999),
      account,
      amount,
      ccy: CURRENCY[country],
      merchant,
      present: rng.chance(0.82),
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      declined: rng.chance(NOISE.cardDeclinedShare),
      ...(rng.chance(NOISE.facilitatorShare) ? { facilitator: 'pago-facil' } : {}),
    });
  }

  private payFriend(day: number, ledger: Ledger): void {
    const { rng, account, country } = this;
    const neighbours = this.world.residents[country];
    if (neighbours.length < 2) return;
    const friend =
      neighbours[(this.friendSeed + rng.int(0, this.friendCount - 1) * 7_919) % neighbours.length]!;
    if (friend === account) return;
    const step = country === 'MX' ? 50 : 5;
    const amount = roundUnits(rng.lognormal(POPULATION.friendMedian[country], 0.6), step);
    ledger.transfer({
      at: momentOf(account.owner.town.zone, day, ordinaryMinute(rng, this.nightShare)) + rng.int(0, 59_999),
      from: account,
      to: friend,
      amount,
      ccy: CURRENCY[country],
      rail: friend.institution === account.institution ? RAILS_OF[country].onUs : RAILS_OF[country].person,
      zone: account.owner.town.zone,
    });
  }

  private informalIncome(day: number, ledger: Ledger): void {
    const { rng, account } = this;
    const { town } = account.owner;
    const amount = roundUnits(rng.real(POPULATION.informalMxn) * rng.float() + 150, 10);
    const at = momentOf(town.zone, day, ordinaryMinute(rng)) + rng.int(0, 59_999);
    if (rng.chance(0.55)) {
      const channel = rng.chance(0.7) ? 'correspondent' : 'branch';
      ledger.cashDeposit({ at, account, amount, ccy: 'MXN', town, channel, outlet: rng.int(1, 14) });
    } else {
      const from = outsider(rng, 'MX', false);
      ledger.transfer({ at, from, to: account, amount, ccy: 'MXN', rail: 'spei', zone: town.zone });
    }
    if (rng.chance(0.5))
      this.cash(day + rng.int(1, 4), roundUnits((amount / 100) * rng.real([0.3, 0.9]), 50), ledger);
  }

  private payBills(day: number, ledger: Ledger): void {
    const { account, country, rng } = this;
    const zone = account.owner.town.zone;
    const stage = this.world.stages[country];
    const pay = (to: Account, amount: number, purpose: 'rent' | 'services' | 'loan'): void => {
      const onUs = to.institution === account.institution;
      ledger.transfer({
        at: momentOf(zone, day, ordinaryMinute(rng, 0)) + rng.int(0, 59_999),
        from: account,
        to,
        amount,
        ccy: CURRENCY[country],
        rail: onUs ? RAILS_OF[country].onUs : RAILS_OF[country].between,
        channel: 'online',
        kind: BILL_KINDS[purpose],
        zone,
        purpose,
      });
    };
    if (this.rent > 0) pay(this.landlord, this.rent, 'rent');
    if (this.utility > 0) pay(stage.utility, Math.round(this.utility * rng.real([0.8, 1.25])), 'services');
    if (this.loan > 0) pay(stage.lender, this.loan, 'loan');
  }

  private refund(day: number, ledger: Ledger): void {
    const zone = this.account.owner.town.zone;
    ledger.transfer({
      at: momentOf(zone, day, 300),
      from: this.world.stages.US.tax,
      to: this.account,
      amount: this.rng.whole(POPULATION.taxRefundUsd) * 100,
      ccy: 'USD',
      rail: 'ach',
      channel: 'batch',
      zone,
      purpose: 'tax',
    });
  }

  /** A sender in the United States and the households that live on it; this person is one of the two. */
  private foundFamily(ids: IdBlock, asSender: boolean): Family {
    const { rng, world } = this;
    const operator = rng.chance(0.5) ? INSTITUTIONS.girosol : INSTITUTIONS.envialto;
    const opened = world.from - rng.whole(POPULATION.accountAgeDays);
    const kin = (town: Town): Party => {
      const party = createPerson(rng, ids, { town, surnames: this.party.surnames });
      this.parties.push(party);
      return party;
    };
    const abroad = residentTowns('US');
    const sender = asSender ? this.party : kin(abroad.towns[rng.weighted(abroad.weights)]!);
    const home = residentTowns('MX');
    const receivers = asSender
      ? Array.from({ length: Math.min(3, rng.whole(REMITTANCE.payees)) }, () =>
          kin(home.towns[rng.weighted(home.weights)]!),
        )
      : [this.party];
    const everyDays = rng.pick(REMITTANCE.everyDays);
    return {
      sender: openAccount(ids, sender, operator, { opened }),
      receivers: receivers.map((party) => openAccount(ids, party, operator, { opened })),
      everyDays,
      medianUsd: rng.lognormal(REMITTANCE.medianUsd, REMITTANCE.sigma),
      agents: [rng.int(1, 8), rng.int(1, 3)],
      nextDay: world.from + rng.int(0, everyDays - 1),
    };
  }

  private sendHome(family: Family, day: number, ledger: Ledger): void {
    const { rng } = this;
    family.nextDay = day + family.everyDays;
    const season = isDecember(day)
      ? REMITTANCE.decemberFactor
      : isMothersDayWeek(day)
        ? REMITTANCE.mothersDayFactor
        : 1;
    const receiver = family.receivers[rng.int(0, family.receivers.length - 1)]!;
    const from = family.sender.owner.town;
    const to = receiver.owner.town;
    const at = momentOf(from.zone, day, ordinaryMinute(rng, 0.02)) + rng.int(0, 59_999);
    const usd = Math.max(20, family.medianUsd * season * Math.exp(REMITTANCE.noise * rng.normal()));
    ledger.remittance({
      at,
      operator: family.sender.institution,
      sender: family.sender,
      receiver,
      amount: roundUnits(usd, 5),
      ccy: 'USD',
      from,
      to,
      sendAgent: family.agents[0],
      payAgent: family.agents[1],
      paidAt: at + rng.real(REMITTANCE.payoutMinutes) * MINUTE_MS,
      payout: rng.chance(REMITTANCE.accountPayoutShare) ? 'account' : 'cash',
      fundedBy: rng.chance(0.6) ? 'cash' : 'card',
      relationship: 'kin',
      purpose: 'family_support',
      text: 'apoyo familiar',
    });
  }
}

interface LifeRole {
  readonly rhythm: PayRhythm | null;
  readonly payer: 'employer' | 'benefit' | 'informal' | 'family';
  readonly remits: boolean;
}

function drawRole(rng: Random, country: CountryCode): LifeRole {
  const role = (rhythm: PayRhythm | null, payer: LifeRole['payer'], remits = false): LifeRole => ({
    rhythm,
    payer,
    remits,
  });
  if (country === 'MX') {
    const { payroll, informal, remittance, pension, weeklyAmongPayroll } = POPULATION.mx;
    const kind = rng.weighted([payroll, informal, remittance, pension]);
    if (kind === 1) return role(null, 'informal');
    if (kind === 2) return role(null, 'family');
    if (kind === 3) return role('monthly_first', 'benefit');
    if (!rng.chance(weeklyAmongPayroll)) return role('quincena', 'employer');
    return role(rng.chance(0.6) ? 'weekly_friday' : 'weekly_saturday', 'employer');
  }
  const twoWeekly = rng.chance(0.5) ? 'biweekly_even' : 'biweekly_odd';
  if (country === 'US') {
    const { biweekly, weekly, semimonthly, remitter } = POPULATION.us;
    const kind = rng.weighted([biweekly, weekly, semimonthly]);
    const rhythm = kind === 0 ? twoWeekly : kind === 1 ? 'weekly_friday' : 'semimonthly';
    return role(rhythm, 'employer', rng.chance(remitter));
  }
  const { biweekly, semimonthly, benefit } = POPULATION.ca;
  const kind = rng.weighted([biweekly, semimonthly, benefit]);
  if (kind === 2) return role(rng.chance(0.5) ? 'child_benefit' : 'old_age', 'benefit');
  return role(kind === 0 ? twoWeekly : 'semimonthly', 'employer');
}

/** Monthly pay in minor units. */
function drawPay(rng: Random, country: CountryCode, payer: LifeRole['payer']): number {
  if (payer === 'benefit')
    return rng.whole(country === 'MX' ? POPULATION.pensionMxn : POPULATION.benefitCad) * 100;
  const scale =
    country === 'MX'
      ? POPULATION.payrollMxn
      : country === 'US'
        ? POPULATION.payrollUsd
        : POPULATION.payrollCad;
  return Math.round(rng.lognormal(scale.median, scale.sigma)) * 100;
}
