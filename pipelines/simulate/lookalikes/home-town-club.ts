/**
 * H3. Surnames that collide. The treasurer of a home-town club receives monthly sums of members in several states who
 * are not related, though half of the village shares a few surnames, and pays builders of the square.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { H3 } from '../lookalike-parameters.ts';
import { type Account, accountAt } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { civilOf, MINUTE_MS, momentOf } from '../time.ts';

const MEMBERS_IN: readonly Town[] = [
  TOWNS.losAngeles,
  TOWNS.chicago,
  TOWNS.houston,
  TOWNS.phoenix,
  TOWNS.atlanta,
];

class HomeTownClub implements Actor {
  private readonly rng: Random;
  private readonly treasurer: Account;
  private readonly bank: Account;
  private readonly builder: Account;
  private readonly members: readonly { readonly account: Account; readonly dayOfMonth: number }[];
  private readonly gift: number;
  private collected = 0;

  constructor(draft: CaseDraft) {
    const { rng } = draft;
    this.rng = rng;
    const town = rng.pick([TOWNS.juchitan, TOWNS.huajuapan, TOWNS.morelia]);
    const common = Array.from({ length: draft.draw('surnames', H3.surnames) }, () => draft.surnames());
    const names = (): readonly string[] => [rng.pick(common)[0]!, rng.pick(common)[1]!];
    const party = draft.person('ordinary', { town, surnames: names() });
    const operator = draft.operator();
    this.treasurer = draft.account(party, operator);
    this.bank = draft.account(party, draft.bank('MX'));
    this.builder = draft.account(
      draft.entity('infrastructure', { town, kind: 'entity', name: 'Materiales', sector: 'SCIAN:4671' }),
      draft.bank('MX'),
    );
    const drift = draft.draw('dayDrift', H3.dayDrift);
    this.members = Array.from({ length: draft.draw('members', H3.members) }, (_, i) => ({
      account: draft.account(
        draft.person('ordinary', { town: MEMBERS_IN[i % MEMBERS_IN.length]!, surnames: names() }),
        operator,
      ),
      dayOfMonth: 1 + ((i * drift) % 27),
    }));
    this.gift = draft.draw('giftUsd', H3.giftUsd);
    draft.drawShare('spentShare', H3.spentShare);
  }

  act(day: number, ledger: Ledger): void {
    const { dayOfMonth } = civilOf(day);
    for (const member of this.members)
      if (member.dayOfMonth === dayOfMonth && this.rng.chance(0.85)) this.give(member.account, day, ledger);
    if (dayOfMonth === 28 && this.collected > 0) this.build(day, ledger);
  }

  private give(member: Account, day: number, ledger: Ledger): void {
    const { rng, treasurer } = this;
    const { town } = member.owner;
    const at = momentOf(town.zone, day, rng.int(600, 1_200));
    const amount = roundUnits(this.gift * rng.real([0.7, 1.4]), 5);
    this.collected += amount * 17;
    ledger.remittance({
      at,
      operator: member.institution,
      sender: member,
      receiver: accountAt(treasurer.owner, member.institution),
      amount,
      ccy: 'USD',
      from: town,
      to: treasurer.owner.town,
      sendAgent: 4,
      payAgent: 0,
      paidAt: at + rng.int(200, 2_000) * MINUTE_MS,
      payout: 'account',
      fundedBy: 'cash',
      relationship: 'friend',
      purpose: 'donation',
      text: 'cooperacion para la plaza',
    });
  }

  private build(day: number, ledger: Ledger): void {
    const { rng, bank, builder } = this;
    const { zone } = bank.owner.town;
    ledger.transfer({
      at: momentOf(zone, day, rng.int(600, 1_000)),
      from: bank,
      to: builder,
      amount: roundUnits((this.collected / 100) * rng.real(H3.spentShare), 100),
      ccy: 'MXN',
      rail: builder.institution === bank.institution ? 'mx_on_us' : 'spei',
      channel: 'online',
      zone,
      purpose: 'goods',
    });
    this.collected = 0;
  }
}

export const HOME_TOWN_CLUB: CaseDefinition = {
  kind: 'H3',
  title: 'Treasurer of a home-town club, in a village of few surnames',
  form: null,
  expected: [],
  mustNotFire: ['OCS-04', 'SMU-01'],
  build: (draft) => new HomeTownClub(draft),
};
