/**
 * H1. One household, one banker. A performer is paid by many at a few prices until late and gives most of it to the
 * partner the same night, who pays for everything and gives a good part back. It differs from S1 by the money that comes
 * back and is spent freely.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { H1 } from '../lookalike-parameters.ts';
import { NOISE } from '../parameters.ts';
import { type Account, relate } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { drawPrices, PayerPool, PriceList } from '../scenarios/payers.ts';
import { civilOf, HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { shop, type World } from '../world.ts';

class SharedHousehold implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly earner: Account;
  private readonly banker: Account;
  private readonly payers: PayerPool;
  private readonly prices: PriceList;
  private readonly perNight: number;
  private readonly givenShare: number;
  private readonly backShare: number;
  private readonly rent: number;
  /** What the partner holds for both, and the performer's own money. */
  private purse = 0;
  private own = 0;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    const town = rng.pick([TOWNS.queens, TOWNS.losAngeles, TOWNS.chicago]);
    const [earner, banker] = [0, 1].map(() => draft.person('ordinary', { town, birthYears: [1980, 2001] }));
    if (rng.chance(0.5)) relate(earner!, banker!, 'spouse');
    this.earner = draft.account(earner!, draft.bank('US'));
    this.banker = draft.account(banker!, draft.bank('US'));
    this.payers = new PayerPool(rng, 'US', draft.drawShare('firstTimeShare', H1.firstTimeShare));
    this.prices = new PriceList(
      rng,
      drawPrices(rng, H1.pricesUsd, 5),
      draft.drawShare('tipShare', H1.tipShare),
    );
    this.perNight = draft.draw('perNight', H1.perNight);
    this.givenShare = draft.drawShare('givenShare', H1.givenShare);
    this.backShare = draft.drawShare('backShare', H1.backShare);
    this.rent = draft.draw('rentUsd', H1.rentUsd) * 100;
  }

  act(day: number, ledger: Ledger): void {
    const weekday = weekdayOf(day);
    if (weekday >= 3 || weekday === 0) this.night(day, ledger);
    if (weekday === 2) this.giveBack(day, ledger);
    if (civilOf(day).dayOfMonth === 2) this.payRent(day, ledger);
    this.spend(this.banker, 0.3, day, ledger);
    if (this.own > 2_000) this.own -= this.spend(this.earner, 0.75, day, ledger);
  }

  private night(day: number, ledger: Ledger): void {
    const { rng, earner, banker } = this;
    const { zone } = earner.owner.town;
    const count = Math.round(this.perNight * rng.real([0.5, 1.5]));
    let taken = 0;
    let last = 0;
    for (let i = 0; i < count; i++) {
      const minute = rng.whole(H1.workMinutes);
      last = Math.max(last, minute);
      const amount = this.prices.next();
      taken += amount;
      const at = momentOf(zone, day, minute) + rng.int(0, 59_999);
      ledger.transfer({ at, from: this.payers.next(), to: earner, amount, ccy: 'USD', rail: 'zelle', zone });
    }
    if (taken === 0) return;
    const given = Math.round((taken * this.givenShare) / 500) * 500;
    this.purse += given;
    this.own += taken - given;
    this.pay(earner, banker, given, momentOf(zone, day, last + rng.int(30, 600)), ledger);
  }

  private giveBack(day: number, ledger: Ledger): void {
    const { rng, earner, banker } = this;
    const back = roundUnits((this.purse * this.backShare) / 100, 5);
    this.purse = 0;
    if (back <= 500) return;
    this.own += back;
    this.pay(banker, earner, back, momentOf(earner.owner.town.zone, day, rng.int(600, 1_200)), ledger);
  }

  private payRent(day: number, ledger: Ledger): void {
    const { rng, banker } = this;
    const landlord = this.world.stages.US.landlords[0]!;
    const { zone } = banker.owner.town;
    const rail = landlord.institution === banker.institution ? 'us_on_us' : 'ach';
    ledger.transfer({
      at: momentOf(zone, day, rng.int(600, 1_000)),
      from: banker,
      to: landlord,
      amount: this.rent,
      ccy: 'USD',
      rail,
      channel: 'online',
      zone,
      purpose: 'rent',
    });
  }

  /** Returns what was spent. */
  private spend(account: Account, chance: number, day: number, ledger: Ledger): number {
    const { rng } = this;
    if (!rng.chance(chance)) return 0;
    const { town } = account.owner;
    const most = account === this.earner ? Math.max(1_000, Math.round(this.own * 0.6)) : 14_000;
    const amount = rng.int(900, Math.max(901, most));
    ledger.purchase({
      at: momentOf(town.zone, day, rng.int(650, 1_200)),
      account,
      amount,
      ccy: 'USD',
      merchant: shop(town, rng.pick(['5411', '5651', '5812', '7230']), rng.int(1, 9)),
      present: true,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
    });
    return amount;
  }

  private pay(from: Account, to: Account, amount: number, at: number, ledger: Ledger): void {
    const rail = from.institution === to.institution ? 'us_on_us' : 'zelle';
    const { zone } = from.owner.town;
    ledger.transfer({ at: at + MINUTE_MS, from, to, amount, ccy: 'USD', rail, zone });
  }
}

export const SHARED_HOUSEHOLD: CaseDefinition = {
  kind: 'H1',
  title: 'Household in which one partner banks for both',
  form: null,
  expected: [],
  mustNotFire: ['SEX-09'],
  build: (draft) => new SharedHousehold(draft),
};
