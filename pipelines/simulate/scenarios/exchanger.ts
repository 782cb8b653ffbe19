/**
 * S12. From the bank to the chain and back. Over a weekend many people pay a third party's account; early in the week
 * nearly the same sum goes to an exchange, hops along the chain, and comes back in another name.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { INSTITUTIONS } from '../institutions.ts';
import type { Account, Party } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S12 } from '../scenario-parameters.ts';
import { HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { outsider, type World } from '../world.ts';

const CHAIN = 'tron';
const USDT_UNITS = 1_000_000;
/** The exchange's asking price in cents a coin and the peso rate of the off-ramp: shapes, not quotes. */
const PRICE_CENTS = 101;
const PESOS_PER_USDT = 17.9;
/** Local minutes of Monday, from Sunday's midnight, in which a branch takes cash. */
const BRANCH_MINUTES = [1_440 + 560, 1_440 + 990] as const;

class Exchanger implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly world: World;
  private readonly mule: Account;
  private readonly wallets: readonly Account[];
  private readonly cashPartners: readonly Party[];
  private readonly offRamp: Account;
  private readonly cycleUsd: number;
  private readonly hops: number;
  private readonly peel: number;
  private readonly share: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    draft.span(S12.weeks);
    const town = rng.pick([TOWNS.houston, TOWNS.losAngeles, TOWNS.queens]);
    const party = draft.person('facilitator', { town, birthYears: [1990, 2004] });
    this.mule = draft.account(party, draft.bank('US'), { opened: draft.start - rng.int(90, 400) });
    // The exchange's own view is lost in a truncated case: the wallet is at one that does not submit.
    const venues = draft.variant === 'truncated' ? [INSTITUTIONS.lumen] : [INSTITUTIONS.nodo];
    this.wallets = venues.map((venue) => draft.account(party, venue));
    this.cashPartners = Array.from({ length: 3 }, () => draft.person('front', { town }));
    this.offRamp = draft.account(
      draft.person('front', { town: rng.pick([TOWNS.guadalajara, TOWNS.tijuana]) }),
      draft.bank('MX'),
    );
    this.cycleUsd = draft.draw('cycleUsd', S12.cycleUsd);
    this.hops = draft.draw('hops', S12.hops);
    this.peel = draft.drawShare('peelShare', S12.peelShare);
    this.share = draft.drawShare('forwardShare', S12.forwardShare);
    draft.draw('credits', S12.credits);
  }

  act(day: number, ledger: Ledger): void {
    // A cycle opens on Sunday and is over by Tuesday.
    if (!this.draft.covers(day) || weekdayOf(day) !== 0) return;
    const gathered = this.gather(day, ledger);
    const waitMinutes = this.draft.isEvasive ? S12.evasiveWaitDays * 1_440 : 0;
    const { zone } = this.mule.owner.town;
    const at = momentOf(zone, day, this.rng.whole(S12.forwardMinutes) + waitMinutes);
    this.forward(Math.round((gathered * this.share) / 100) * 100, at, ledger);
  }

  private gather(day: number, ledger: Ledger): number {
    const { rng, mule } = this;
    const { town } = mule.owner;
    const credits = Math.max(S12.credits[0], this.draft.parameters['credits']! + rng.int(-2, 2));
    const cashCredits = rng.whole(S12.cashCredits);
    const total = this.cycleUsd * rng.real([0.85, 1.15]);
    let gathered = 0;
    for (let i = 0; i < credits; i++) {
      const amount = roundUnits((total / credits) * rng.real([0.55, 1.45]), 5);
      gathered += amount;
      if (i >= cashCredits) {
        const minute = rng.whole(S12.gatherMinutes);
        ledger.transfer({
          at: momentOf(town.zone, day, minute) + rng.int(0, 59_999),
          from: outsider(rng, 'US', true),
          to: mule,
          amount,
          ccy: 'USD',
          rail: 'zelle',
          zone: town.zone,
        });
      } else {
        const depositor = rng.pick(this.cashPartners);
        ledger.cashDeposit({
          at: momentOf(town.zone, day, rng.whole(BRANCH_MINUTES)),
          account: mule,
          amount,
          ccy: 'USD',
          town,
          channel: 'branch',
          outlet: rng.int(1, 4),
          conductor: { ref: depositor.ref, isHolder: false },
        });
      }
    }
    return gathered;
  }

  private forward(amount: number, at: number, ledger: Ledger): void {
    const { rng, mule } = this;
    const wallet = rng.pick(this.wallets);
    const { zone } = mule.owner.town;
    const exchange = this.world.stages.US.exchange;
    ledger.transfer({
      at,
      from: mule,
      to: exchange,
      amount,
      ccy: 'USD',
      rail: exchange.institution === mule.institution ? 'us_on_us' : 'rtp',
      channel: 'online',
      zone,
    });
    if (!wallet.institution.submits) return;
    const creditedAt = at + rng.int(2, 20) * MINUTE_MS;
    ledger.transfer({
      at: creditedAt,
      from: mule.seen,
      to: wallet,
      amount,
      ccy: 'USD',
      rail: 'book',
      channel: 'online',
      kind: 'load',
      zone,
    });
    this.alongTheChain(wallet, Math.floor((amount / PRICE_CENTS) * USDT_UNITS), creditedAt, ledger);
  }

  private alongTheChain(wallet: Account, usdt: number, creditedAt: number, ledger: Ledger): void {
    const { rng } = this;
    const { zone } = wallet.owner.town;
    const boughtAt = creditedAt + rng.int(3, 30) * MINUTE_MS;
    const coin = { asset: 'USDT', chain: CHAIN, zone } as const;
    const account = { side: 'creditor', of: wallet } as const;
    ledger.virtualAsset({
      ...coin,
      at: boughtAt,
      institution: wallet.institution,
      kind: 'va_buy',
      amount: usdt,
      account,
    });
    let at = boughtAt + rng.whole(S12.hopMinutes) * MINUTE_MS;
    let address = newAddress(rng);
    let left = usdt;
    ledger.virtualAsset({
      ...coin,
      at,
      institution: wallet.institution,
      kind: 'va_transfer',
      amount: left,
      account: { side: 'debtor', of: wallet },
      to: address,
      txHash: newHash(rng),
    });
    for (let hop = 0; hop < this.hops; hop++) {
      at += rng.whole(S12.hopMinutes) * MINUTE_MS;
      const peeled = Math.floor(left * this.peel);
      const to = newAddress(rng);
      const txHash = newHash(rng);
      const chain = {
        ...coin,
        at,
        institution: INSTITUTIONS.chainview,
        kind: 'va_transfer',
        from: address,
        txHash,
      } as const;
      ledger.virtualAsset({ ...chain, amount: left - peeled, to });
      if (peeled > 0) ledger.virtualAsset({ ...chain, amount: peeled, to: newAddress(rng) });
      left -= peeled;
      address = to;
    }
    // The second exchange does not submit; its pay-out shows up at the bank of somebody else.
    const outAt = at + rng.real(S12.offRampHours) * HOUR_MS;
    const venue = this.world.stages.MX.exchange;
    ledger.transfer({
      at: Math.round(outAt),
      from: venue,
      to: this.offRamp,
      amount: Math.round((left / USDT_UNITS) * PESOS_PER_USDT * rng.real(S12.offRampShare) * 100),
      ccy: 'MXN',
      rail: venue.institution === this.offRamp.institution ? 'mx_on_us' : 'spei',
      channel: 'online',
      zone: this.offRamp.owner.town.zone,
    });
  }
}

const hex = (rng: Random, words: number): string =>
  Array.from({ length: words }, () => rng.uint32().toString(16).padStart(8, '0')).join('');
const newHash = (rng: Random): string => hex(rng, 8);
/** Marked as simulated: no such address can exist on the chain. */
const newAddress = (rng: Random): string => `TSIM${hex(rng, 4)}`;

export const EXCHANGER: CaseDefinition = {
  kind: 'S12',
  title: 'Many small credits to an exchange, along the chain, back in another name',
  form: 'laundering',
  expected: ['VA-13', 'VA-16', 'VA-07', 'VA-06'],
  mustNotFire: [],
  build: (draft) => new Exchanger(draft),
};
