/** B3. An independent adult who keeps and spends what comes in: own rent, own taxes, one city. */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute } from '../daily-life.ts';
import { B3 } from '../lookalike-parameters.ts';
import { NOISE } from '../parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { drawPrices, PayerPool, PriceList } from '../scenarios/payers.ts';
import { civilOf, HOUR_MS, momentOf } from '../time.ts';
import { RAILS_OF, type World } from '../world.ts';

class Independent implements Actor {
  private readonly rng: Random;
  private readonly world: World;
  private readonly account: Account;
  private readonly savings: Account;
  private readonly landlord: Account;
  private readonly payers: PayerPool;
  private readonly prices: PriceList;
  private readonly perDay: number;
  private readonly rent: number;
  private readonly tax: number;

  constructor(draft: CaseDraft) {
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    const town = rng.pick([TOWNS.montreal, TOWNS.toronto, TOWNS.vancouver]);
    const party = draft.person('ordinary', { town, birthYears: [1982, 2000] });
    const bank = draft.bank('CA');
    this.account = draft.account(party, bank);
    this.savings = draft.account(party, bank, { product: 'savings' });
    this.landlord = rng.pick(world.stages.CA.landlords);
    this.payers = new PayerPool(rng, 'CA', draft.drawShare('firstTimeShare', B3.firstTimeShare));
    this.prices = new PriceList(rng, drawPrices(rng, B3.pricesCad, B3.priceStepCad), 0.1);
    this.perDay = draft.draw('clientsPerWeek', B3.clientsPerWeek) / 7;
    this.rent = draft.draw('rentCad', B3.rentCad) * 100;
    this.tax = draft.draw('taxCad', B3.taxCad) * 100;
  }

  act(day: number, ledger: Ledger): void {
    const { rng, account } = this;
    const { town } = account.owner;
    const clients = Math.floor(this.perDay * rng.real([0.3, 1.7]) + rng.float());
    for (let i = 0; i < clients; i++)
      ledger.transfer({
        at: momentOf(town.zone, day, rng.int(B3.startMinute, B3.endMinute)) + rng.int(0, 59_999),
        from: this.payers.next(),
        to: account,
        amount: this.prices.next(),
        ccy: 'CAD',
        rail: 'interac_etransfer',
        zone: town.zone,
      });
    if (rng.chance(0.7))
      ledger.purchase({
        at: momentOf(town.zone, day, ordinaryMinute(rng)),
        account,
        amount: rng.int(1_500, 16_000),
        ccy: 'CAD',
        merchant: rng.pick(this.world.shopsOf(town)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
    const { month, dayOfMonth } = civilOf(day);
    if (dayOfMonth === 1) this.pay(this.landlord, this.rent, 'rent', day, ledger);
    if (dayOfMonth === 14 && month % 3 === 0)
      this.pay(this.world.stages.CA.tax, this.tax, 'tax', day, ledger);
    if (dayOfMonth === 18) this.pay(this.savings, Math.round(this.rent * 0.4), 'savings', day, ledger);
  }

  private pay(
    to: Account,
    amount: number,
    purpose: 'rent' | 'tax' | 'savings',
    day: number,
    ledger: Ledger,
  ): void {
    const { account } = this;
    const { zone } = account.owner.town;
    const rail = to.institution === account.institution ? RAILS_OF.CA.onUs : RAILS_OF.CA.between;
    const at = momentOf(zone, day, 620);
    ledger.transfer({ at, from: account, to, amount, ccy: 'CAD', rail, channel: 'online', zone, purpose });
  }
}

export const INDEPENDENT: CaseDefinition = {
  kind: 'B3',
  title: 'Independent adult who keeps the earnings',
  form: null,
  expected: [],
  mustNotFire: ['SEX-08', 'SEX-09'],
  build: (draft) => new Independent(draft),
};
