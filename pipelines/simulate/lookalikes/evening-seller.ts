/** B2. An evening food stall: many small receipts on a few prices until after midnight, regular customers, suppliers. */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { B2 } from '../lookalike-parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { momentOf, weekdayOf } from '../time.ts';
import { outsider, type World } from '../world.ts';

class EveningSeller implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly seller: Account;
  private readonly suppliers: readonly Account[];
  private readonly regulars: readonly ReturnType<typeof outsider>[];
  private readonly prices: readonly number[];
  private readonly perEvening: number;
  private readonly regularShare: number;
  private readonly supplierShare: number;
  private readonly ownUseShare: number;
  private held = 0;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    const town = rng.pick([TOWNS.iztapalapa, TOWNS.guadalajara, TOWNS.tijuana, TOWNS.monterrey]);
    const registered = rng.chance(0.5);
    const party = draft.person('ordinary', {
      town,
      nightWork: registered,
      sector: 'SCIAN:7225',
      ...(registered ? { kind: 'sole_trader' as const } : {}),
    });
    this.seller = draft.account(party, draft.bank('MX'), { product: registered ? 'business' : 'nivel_4' });
    this.suppliers = ['Tortillas', 'Meat', 'Drinks'].map((name) =>
      draft.account(
        draft.entity('infrastructure', {
          town,
          kind: 'entity',
          name: `${name} ${town.code}`,
          sector: 'SCIAN:4311',
        }),
        draft.bank('MX'),
      ),
    );
    this.regulars = Array.from({ length: draft.draw('regulars', B2.regulars) }, () =>
      outsider(rng, 'MX', true),
    );
    const step = (B2.pricesMxn[1] - B2.pricesMxn[0]) / 9;
    this.prices = Array.from(
      { length: draft.draw('priceCount', B2.priceCount) },
      (_, i) => Math.round((B2.pricesMxn[0] + step * i * rng.real([0.5, 0.9])) / 5) * 5,
    );
    this.perEvening = draft.draw('receiptsPerMonth', B2.receiptsPerMonth) / 17;
    this.regularShare = draft.drawShare('regularShare', B2.regularShare);
    this.supplierShare = draft.drawShare('supplierShare', B2.supplierShare);
    this.ownUseShare = draft.drawShare('ownUseShare', B2.ownUseShare);
  }

  act(day: number, ledger: Ledger): void {
    const weekday = weekdayOf(day);
    if (weekday === 0 || weekday >= 4) this.evening(day, ledger);
    if (weekday === 1) this.shopForTheWeek(day, ledger);
  }

  private evening(day: number, ledger: Ledger): void {
    const { rng, seller } = this;
    const { zone } = seller.owner.town;
    const count = Math.round(this.perEvening * rng.real([0.6, 1.4]));
    for (let i = 0; i < count; i++) {
      const amount = rng.pick(this.prices) * rng.weighted([0, 0.7, 0.22, 0.08]) * 100;
      this.held += amount;
      ledger.transfer({
        at: momentOf(zone, day, rng.int(B2.startMinute, B2.endMinute)) + rng.int(0, 59_999),
        from: rng.chance(this.regularShare) ? rng.pick(this.regulars) : outsider(rng, 'MX', true),
        to: seller,
        amount,
        ccy: 'MXN',
        rail: rng.chance(0.5) ? 'codi' : 'spei',
        zone,
      });
    }
  }

  private shopForTheWeek(day: number, ledger: Ledger): void {
    const { rng, seller } = this;
    const { town } = seller.owner;
    const total = this.held;
    this.held = 0;
    this.suppliers.forEach((to, i) => {
      const amount = roundUnits((total * this.supplierShare) / this.suppliers.length / 100, 10);
      const rail = to.institution === seller.institution ? 'mx_on_us' : 'spei';
      const at = momentOf(town.zone, day, 540 + i * 40 + rng.int(0, 30));
      ledger.transfer({ at, from: seller, to, amount, ccy: 'MXN', rail, zone: town.zone, purpose: 'goods' });
    });
    for (let i = 0; i < 2; i++)
      ledger.purchase({
        at: momentOf(town.zone, day + i, rng.int(700, 1_100)),
        account: seller,
        amount: Math.max(5_000, Math.round((total * this.ownUseShare) / 2)),
        ccy: 'MXN',
        merchant: rng.pick(this.world.shopsOf(town)),
        present: true,
        postedAfterMs: 100_000_000,
      });
  }
}

export const EVENING_SELLER: CaseDefinition = {
  kind: 'B2',
  title: 'Night and weekend small seller',
  form: null,
  expected: [],
  mustNotFire: ['SEX-08'],
  build: (draft) => new EveningSeller(draft),
};
