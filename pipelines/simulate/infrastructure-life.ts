/**
 * What the infrastructure does all day: settlement of remittances, of cards, of wallets, of shop counters, a payroll firm,
 * an aggregator of operators, an exchange's hot wallet. Many payers, equal sums, quick pass-through, night hours: everything
 * that a rule looks for in a person, and nobody of it may ever become a subject.
 */
import { isPayDay } from './calendar.ts';
import { type Actor, ordinaryMinute, roundUnits } from './daily-life.ts';
import { INSTITUTIONS } from './institutions.ts';
import { INFRASTRUCTURE } from './parameters.ts';
import type { Account } from './people.ts';
import { type CountryCode, CURRENCY } from './places.ts';
import type { Random } from './random.ts';
import type { Ledger } from './rows.ts';
import { civilOf, momentOf, weekdayOf } from './time.ts';
import { outsider, RAILS_OF, type World } from './world.ts';

const HOT_WALLET = 'TSIM00000000000000000000hotwallet';
const USDT_UNITS = 1_000_000;

export class InfrastructureLife implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly country: CountryCode;
  /** Events of one kind a day: more in a larger world. */
  private readonly perDay: number;

  constructor(rng: Random, world: World, country: CountryCode, people: number) {
    this.rng = rng;
    this.world = world;
    this.country = country;
    this.perDay = Math.min(INFRASTRUCTURE.mostPerDay, people / INFRASTRUCTURE.peoplePerDailyEvent);
  }

  act(day: number, ledger: Ledger): void {
    const { rng, country } = this;
    const stage = this.world.stages[country];
    const often = (event: () => void): void => {
      const count = Math.floor(this.perDay + rng.float());
      for (let i = 0; i < count; i++) event();
    };
    // Loads of wallets at a few round sums, around the clock, of people whom nobody here knows.
    often(() => {
      const from = outsider(rng, country, false);
      const amount = rng.pick(INFRASTRUCTURE.walletLoads[country]) * 100;
      this.pay(from, stage.walletIssuer, amount, day, ordinaryMinute(rng, 0.15), ledger);
    });
    // A shop counter takes cash for it at many outlets.
    if (country === 'MX')
      often(() => {
        const town = stage.correspondent.owner.town;
        ledger.cashDeposit({
          at: momentOf(town.zone, day, ordinaryMinute(rng, 0.1)),
          account: stage.correspondent,
          amount: roundUnits(rng.real(INFRASTRUCTURE.counterMxn), 10),
          ccy: 'MXN',
          town,
          channel: 'correspondent',
          outlet: rng.int(1, 60),
        });
      });
    if (weekdayOf(day) === 0) return;
    this.settle(stage.walletIssuer, stage.processor, 0.97, day, ledger);
    this.settle(stage.operatorSettlement, stage.aggregator, 1, day, ledger);
    if (country === 'MX') this.settle(stage.correspondent, stage.walletIssuer, 0.99, day, ledger);
    if (isPayDay('semimonthly', day)) this.payroll(day, ledger);
    if (civilOf(day).dayOfMonth === 17)
      for (const employer of stage.employers.slice(0, 3))
        this.pay(employer, stage.tax, rng.int(8_000, 90_000) * 100, day, 700, ledger);
    if (country === 'US') this.hotWallet(day, ledger);
  }

  /** An employer pays its firm, the firm a few people at once, within the hour. */
  private payroll(day: number, ledger: Ledger): void {
    const { rng, country } = this;
    const stage = this.world.stages[country];
    const staff = this.world.residents[country].slice(0, INFRASTRUCTURE.staff);
    const wage = INFRASTRUCTURE.wage[country] * 100;
    this.pay(
      stage.employers[0]!,
      stage.payrollFirm,
      Math.round(wage * staff.length * 1.02),
      day,
      380,
      ledger,
    );
    for (const member of staff) {
      const amount = Math.round(wage * rng.real([0.9, 1.1]));
      this.pay(stage.payrollFirm, member, amount, day, 430, ledger, 'wage');
    }
  }

  /** The evening's total, passed on whole. */
  private settle(from: Account, to: Account, share: number, day: number, ledger: Ledger): void {
    if (this.perDay < 1 && !this.rng.chance(this.perDay)) return;
    const total = this.rng.real(INFRASTRUCTURE.settlement[this.country]) * share;
    this.pay(from, to, Math.round(total * 100), day, 1_380, ledger);
  }

  private hotWallet(day: number, ledger: Ledger): void {
    const { rng } = this;
    if (!rng.chance(Math.min(1, this.perDay))) return;
    const { zone } = this.world.stages.US.exchange.owner.town;
    const isOut = rng.chance(0.5);
    const other = `TSIM${rng.uint32().toString(16).padStart(8, '0')}`;
    ledger.virtualAsset({
      at: momentOf(zone, day, rng.int(0, 1_439)),
      institution: INSTITUTIONS.chainview,
      kind: 'va_transfer',
      asset: 'USDT',
      chain: 'tron',
      amount: rng.int(120, 240_000) * USDT_UNITS,
      from: isOut ? HOT_WALLET : other,
      to: isOut ? other : HOT_WALLET,
      txHash: `hot${rng.uint32().toString(16)}${day.toString(16)}`,
      zone,
    });
  }

  private pay(
    from: Account | ReturnType<typeof outsider>,
    to: Account,
    amount: number,
    day: number,
    minute: number,
    ledger: Ledger,
    purpose?: 'wage',
  ): void {
    const { country } = this;
    const onUs = 'institution' in from && from.institution === to.institution;
    const { zone } = to.owner.town;
    ledger.transfer({
      at: momentOf(zone, day, minute) + this.rng.int(0, 59_999),
      from,
      to,
      amount,
      ccy: CURRENCY[country],
      rail: onUs ? RAILS_OF[country].onUs : RAILS_OF[country].between,
      channel: purpose === 'wage' ? 'batch' : 'online',
      zone,
      ...(purpose === undefined ? {} : { purpose }),
    });
  }
}
