/** B12. Ordinary users of virtual assets: a saver, a two-way trader, a licensed dealer, a family paid in coins. */
import { isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { INSTITUTIONS } from '../institutions.ts';
import { B12 } from '../lookalike-parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { outsider, type World } from '../world.ts';

class CoinUsers implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly employer: Account;
  private readonly saver: Account;
  private readonly saverWallet: Account;
  private readonly trader: Account;
  private readonly dealer: Account;
  private readonly contractor: Account;
  private readonly partners: readonly ReturnType<typeof outsider>[];
  private readonly dca: number;
  private readonly tradesPerDay: number;
  private readonly dealsPerDay: number;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    this.employer = rng.pick(world.stages.US.employers);
    const saver = draft.person('ordinary', { town: TOWNS.seattle });
    this.saver = draft.account(saver, draft.bank('US'));
    this.saverWallet = draft.account(saver, INSTITUTIONS.nodo);
    this.trader = draft.account(draft.person('ordinary', { town: TOWNS.denver }), draft.bank('US'));
    const dealer = draft.person('ordinary', {
      town: TOWNS.miami,
      kind: 'sole_trader',
      licence: 'p2p_va_dealer',
      sector: 'NAICS:5239',
    });
    this.dealer = draft.account(dealer, draft.bank('US'), { product: 'business' });
    this.contractor = draft.account(draft.person('ordinary', { town: TOWNS.guadalajara }), draft.bank('MX'));
    this.partners = Array.from({ length: draft.draw('dealerPartners', B12.dealerPartners) }, () =>
      outsider(rng, 'US', true),
    );
    this.dca = draft.draw('dcaUsd', B12.dcaUsd) * 100;
    this.tradesPerDay = draft.draw('traderPerMonth', B12.traderPerMonth) / 30;
    this.dealsPerDay = draft.draw('dealerPerWeek', B12.dealerPerWeek) / 7;
    draft.drawShare('dealerMargin', [0.006, 0.02]);
  }

  act(day: number, ledger: Ledger): void {
    this.save(day, ledger);
    this.trade(day, ledger);
    this.deal(day, ledger);
    if (weekdayOf(day) === 5 && this.rng.chance(0.5)) this.contractorPay(day, ledger);
  }

  /** A fixed sum from the own wage, every second Friday. */
  private save(day: number, ledger: Ledger): void {
    if (!isPayDay('biweekly_even', day)) return;
    const { rng, saver, saverWallet } = this;
    const { zone } = saver.owner.town;
    ledger.transfer({
      at: momentOf(zone, day, 300),
      from: this.employer,
      to: saver,
      amount: 231_000,
      ccy: 'USD',
      rail: 'ach',
      channel: 'batch',
      zone,
      purpose: 'wage',
    });
    const at = momentOf(zone, day + 1, rng.int(560, 1_280));
    this.toExchange(saver, this.dca, at, ledger);
    ledger.transfer({
      at: at + 4 * MINUTE_MS,
      from: saver.seen,
      to: saverWallet,
      amount: this.dca,
      ccy: 'USD',
      rail: 'book',
      channel: 'online',
      kind: 'load',
      zone,
    });
    ledger.virtualAsset({
      at: at + 9 * MINUTE_MS,
      institution: saverWallet.institution,
      kind: 'va_buy',
      asset: 'BTC',
      amount: Math.round(this.dca * 9.4),
      chain: 'bitcoin',
      account: { side: 'creditor', of: saverWallet },
      zone,
    });
  }

  /** Buys and sells: about as much comes back as goes out, always with the own exchange. */
  private trade(day: number, ledger: Ledger): void {
    const { rng, trader } = this;
    const trades = Math.floor(this.tradesPerDay * rng.real([0.4, 1.6]) + rng.float());
    for (let i = 0; i < trades; i++) {
      const at = momentOf(trader.owner.town.zone, day, ordinaryMinute(rng, 0.15)) + rng.int(0, 59_999);
      const amount = rng.whole(B12.tradeUsd) * 100;
      if (rng.chance(0.5)) this.toExchange(trader, amount, at, ledger);
      else this.fromExchange(trader, amount, at, ledger);
    }
  }

  /** A licensed dealer: very many counterparties in both directions. */
  private deal(day: number, ledger: Ledger): void {
    const { rng, dealer } = this;
    const { zone } = dealer.owner.town;
    const deals = Math.floor(this.dealsPerDay * rng.real([0.5, 1.5]) + rng.float());
    for (let i = 0; i < deals; i++) {
      const partner = rng.pick(this.partners);
      const isSale = rng.chance(0.55);
      ledger.transfer({
        at: momentOf(zone, day, rng.int(560, 1_300)) + rng.int(0, 59_999),
        from: isSale ? partner : dealer,
        to: isSale ? dealer : partner,
        amount: roundUnits(rng.real(B12.tradeUsd), 5),
        ccy: 'USD',
        rail: 'zelle',
        zone,
      });
    }
    if (weekdayOf(day) === 1)
      this.toExchange(dealer, rng.int(90_000, 420_000), momentOf(zone, day, 700), ledger);
    if (weekdayOf(day) === 4)
      this.fromExchange(dealer, rng.int(60_000, 300_000), momentOf(zone, day, 900), ledger);
  }

  private contractorPay(day: number, ledger: Ledger): void {
    const { rng, contractor } = this;
    const venue = this.world.stages.MX.exchange;
    const { zone } = contractor.owner.town;
    ledger.transfer({
      at: momentOf(zone, day, rng.int(600, 1_200)),
      from: venue,
      to: contractor,
      amount: roundUnits(rng.int(3_000, 14_000), 10),
      ccy: 'MXN',
      rail: venue.institution === contractor.institution ? 'mx_on_us' : 'spei',
      channel: 'online',
      zone,
      purpose: 'services',
    });
  }

  private toExchange(from: Account, amount: number, at: number, ledger: Ledger): void {
    const to = this.world.stages.US.exchange;
    this.move(from, to, amount, at, from, ledger);
  }

  private fromExchange(to: Account, amount: number, at: number, ledger: Ledger): void {
    const from = this.world.stages.US.exchange;
    this.move(from, to, amount, at, to, ledger);
  }

  private move(
    from: Account,
    to: Account,
    amount: number,
    at: number,
    person: Account,
    ledger: Ledger,
  ): void {
    const rail = from.institution === to.institution ? 'us_on_us' : 'rtp';
    const { zone } = person.owner.town;
    ledger.transfer({ at, from, to, amount, ccy: 'USD', rail, channel: 'online', zone });
  }
}

export const COIN_USERS: CaseDefinition = {
  kind: 'B12',
  title: 'Saver, trader, licensed dealer, contractor',
  form: null,
  expected: [],
  mustNotFire: ['VA-13'],
  build: (draft) => new CoinUsers(draft),
};
