/** B10. Many small credits from many countries, earned: a freelancer, a parish, a teenager who plays. */
import type { PartyInput } from '../../../schemas/transaction.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { B10 } from '../lookalike-parameters.ts';
import { NOISE } from '../parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import { type Ledger, nodeView } from '../rows.ts';
import { HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { outsider, shop, type World } from '../world.ts';

const CLIENT_COUNTRIES = ['US', 'CA', 'GB', 'DE', 'FR', 'ES', 'AU'].slice(0, B10.countries);

class SmallCredits implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly freelancer: Account;
  private readonly clients: readonly PartyInput[];
  private readonly abroad: readonly Account[];
  private readonly atOperator: Account;
  private readonly parish: Account;
  private readonly teenager: Account;
  private readonly perDay: number;
  private readonly platformShare: number;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    const town = rng.pick([TOWNS.xalapa, TOWNS.guadalajara, TOWNS.cuauhtemoc]);
    const party = draft.person('ordinary', { town, birthYears: [1984, 2001] });
    this.freelancer = draft.account(party, draft.bank('MX'));
    const operator = draft.operator();
    this.atOperator = draft.account(party, operator);
    this.clients = Array.from({ length: draft.draw('clients', B10.clients) }, (_, i) =>
      nodeView(`client-${draft.id}-${i}`, 'person', CLIENT_COUNTRIES[i % CLIENT_COUNTRIES.length]!),
    );
    // A few clients pay through a remittance operator, into the account, for goods.
    this.abroad = [
      TOWNS.chicago,
      TOWNS.toronto,
      TOWNS.birmingham,
      TOWNS.cologne,
      TOWNS.vancouver,
      TOWNS.miami,
    ].map((home) => draft.account(draft.person('ordinary', { town: home }), operator));
    this.perDay = draft.draw('creditsPerMonth', B10.creditsPerMonth) / 30;
    this.platformShare = draft.drawShare('platformShare', B10.platformShare);
    const parish = draft.entity('infrastructure', {
      town,
      kind: 'charity',
      name: 'Parish',
      licence: 'charity',
    });
    this.parish = draft.account(parish, draft.bank('MX'));
    const teenager = draft.person('ordinary', { town: TOWNS.toronto, birthYears: [2009, 2010] });
    this.teenager = draft.account(teenager, draft.bank('CA'), { product: 'youth' });
    draft.draw('topUpUsd', B10.topUpUsd);
  }

  act(day: number, ledger: Ledger): void {
    if (this.rng.chance(this.perDay)) this.credit(day, ledger);
    if (this.rng.chance(0.4)) this.spend(day, ledger);
    if (weekdayOf(day) === 0) this.collection(day, ledger);
    if (this.rng.chance(0.12)) this.topUp(day, ledger);
  }

  private credit(day: number, ledger: Ledger): void {
    const { rng, freelancer } = this;
    const { zone } = freelancer.owner.town;
    const usd = rng.whole(B10.creditUsd) * 100;
    const at = momentOf(zone, day, ordinaryMinute(rng)) + rng.int(0, 59_999);
    const route = rng.weighted([
      this.platformShare,
      0.7 * (1 - this.platformShare),
      0.3 * (1 - this.platformShare),
    ]);
    if (route === 2) {
      this.remitted(usd, at, ledger);
      return;
    }
    const from = route === 0 ? this.world.platform : rng.pick(this.clients);
    ledger.transfer({
      at,
      from,
      to: freelancer,
      amount: usd,
      ccy: 'USD',
      rail: 'swift',
      channel: 'online',
      zone,
      purpose: 'services',
      text: 'invoice design work',
    });
  }

  private remitted(usd: number, at: number, ledger: Ledger): void {
    const { rng } = this;
    const sender = rng.pick(this.abroad);
    ledger.remittance({
      at,
      operator: sender.institution,
      sender,
      receiver: this.atOperator,
      amount: usd,
      ccy: 'USD',
      from: sender.owner.town,
      to: this.freelancer.owner.town,
      sendAgent: 9,
      payAgent: 0,
      paidAt: at + rng.int(200, 2_400) * MINUTE_MS,
      payout: 'account',
      fundedBy: 'card',
      relationship: 'business',
      purpose: 'goods',
      text: 'order',
    });
  }

  private spend(day: number, ledger: Ledger): void {
    const { rng, freelancer } = this;
    const { town } = freelancer.owner;
    ledger.purchase({
      at: momentOf(town.zone, day, ordinaryMinute(rng)),
      account: freelancer,
      amount: rng.int(9_000, 120_000),
      ccy: 'MXN',
      merchant: rng.pick(this.world.shopsOf(town)),
      present: true,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
    });
  }

  private collection(day: number, ledger: Ledger): void {
    const { rng, parish } = this;
    const { town } = parish.owner;
    const gifts = rng.int(5, 14);
    for (let i = 0; i < gifts; i++)
      ledger.transfer({
        at: momentOf(town.zone, day, rng.int(480, 800)) + rng.int(0, 59_999),
        from: outsider(rng, 'MX', false),
        to: parish,
        amount: roundUnits(rng.real(B10.churchGiftsMxn), 10),
        ccy: 'MXN',
        rail: 'spei',
        zone: town.zone,
        purpose: 'donation',
      });
  }

  private topUp(day: number, ledger: Ledger): void {
    const { rng, teenager } = this;
    ledger.purchase({
      at: momentOf(teenager.owner.town.zone, day, rng.int(960, 1_300)),
      account: teenager,
      amount: rng.whole(B10.topUpUsd) * 100 - 1,
      ccy: 'CAD',
      merchant: shop(TOWNS.toronto, '5816', 1),
      present: false,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
    });
  }
}

export const SMALL_CREDITS: CaseDefinition = {
  kind: 'B10',
  title: 'Freelancer, parish, teenage gamer',
  form: null,
  expected: [],
  mustNotFire: ['OCS-04'],
  build: (draft) => new SmallCredits(draft),
};
