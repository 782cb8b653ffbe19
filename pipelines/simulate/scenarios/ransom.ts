/**
 * S8. Ransom for somebody held on the way. A family that has never sent money anywhere sends several times within three
 * days, at any hour, each time more, to people at the border whom it does not know; some sends are refused by limits.
 */
import { isPayDay } from '../calendar.ts';
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { INSTITUTIONS, type Institution } from '../institutions.ts';
import { NOISE } from '../parameters.ts';
import { type Account, accountAt, type Party } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S8 } from '../scenario-parameters.ts';
import { HOUR_MS, MINUTE_MS, momentOf } from '../time.ts';
import { shop, type World } from '../world.ts';

const BORDER: readonly Town[] = [TOWNS.reynosa, TOWNS.nuevoLaredo, TOWNS.piedrasNegras];
const HOMES: readonly Town[] = [TOWNS.houston, TOWNS.charlotte, TOWNS.losAngeles, TOWNS.chicago];

interface Family {
  readonly party: Party;
  readonly account: Account;
  readonly wage: number;
  readonly rhythm: 'biweekly_even' | 'biweekly_odd';
  /** Day on which the first demand comes. */
  readonly day: number;
}

class Ransom implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly world: World;
  private readonly families: readonly Family[];
  private readonly receivers: readonly Party[];
  private readonly operators: readonly Institution[];
  private readonly mule: Account;
  private readonly sends: number;
  private readonly firstUsd: number;
  private readonly lastUsd: number;
  private readonly hours: number;
  private readonly refusals: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    draft.span(S8.weeks);
    // Two of three operators submit. A plain case is seen whole; one that hides also uses the third; when evidence is cut, one is left.
    const { girosol, envialto, pasolargo } = INSTITUTIONS;
    const seen = draft.variant === 'truncated' ? [girosol, pasolargo] : [girosol, envialto];
    this.operators = rng.sample(
      draft.isEvasive ? [...seen, pasolargo] : seen,
      draft.draw('operators', S8.operators),
    );
    this.receivers = Array.from({ length: draft.draw('receivers', S8.receivers) }, (_, i) => {
      const party = draft.person(i === 0 ? 'collector' : 'receiver', { town: BORDER[i % BORDER.length]! });
      for (const operator of [INSTITUTIONS.girosol, INSTITUTIONS.envialto, INSTITUTIONS.pasolargo])
        draft.account(party, operator);
      return party;
    });
    const mule = draft.person('front', { town: TOWNS.laredo, birthYears: [1990, 2006] });
    this.mule = draft.account(mule, draft.bank('US'));
    this.sends = draft.draw('sends', S8.sends);
    this.firstUsd = draft.draw('firstUsd', S8.firstUsd);
    this.lastUsd = draft.draw('lastUsd', S8.lastUsd);
    this.hours = draft.draw('hours', S8.hours);
    this.refusals = draft.draw('refusals', S8.refusals);
    this.families = Array.from({ length: draft.draw('families', S8.families) }, () => {
      const party = draft.person('payer', { town: rng.pick(HOMES) });
      for (const operator of [INSTITUTIONS.girosol, INSTITUTIONS.envialto, INSTITUTIONS.pasolargo])
        draft.account(party, operator, { opened: draft.start });
      return {
        party,
        account: draft.account(party, draft.bank('US')),
        wage: rng.whole(S8.wageUsd) * 100,
        rhythm: rng.chance(0.5) ? ('biweekly_even' as const) : ('biweekly_odd' as const),
        day: rng.int(draft.start + 4, draft.end - 6),
      };
    });
  }

  act(day: number, ledger: Ledger): void {
    for (const family of this.families) {
      this.ordinary(family, day, ledger);
      if (family.day !== day) continue;
      if (this.draft.isEvasive) this.payAtOnce(family, day, ledger);
      else this.payInParts(family, day, ledger);
    }
  }

  /** Wages and shops, as everybody: what the three days stand out from. */
  private ordinary({ account, rhythm, wage }: Family, day: number, ledger: Ledger): void {
    const { rng, world } = this;
    const { town } = account.owner;
    if (isPayDay(rhythm, day))
      ledger.transfer({
        at: momentOf(town.zone, day, 300),
        from: world.stages.US.employers[0]!,
        to: account,
        amount: wage,
        ccy: 'USD',
        rail: 'ach',
        channel: 'batch',
        zone: town.zone,
        purpose: 'wage',
      });
    if (rng.chance(0.2))
      ledger.purchase({
        at: momentOf(town.zone, day, ordinaryMinute(rng)),
        account,
        amount: rng.int(900, 9_100),
        ccy: 'USD',
        merchant: rng.pick(world.shopsOf(town)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
  }

  /** Three days at most, day and night, from a few hundred dollars upwards. */
  private payInParts(family: Family, day: number, ledger: Ledger): void {
    const { rng } = this;
    const { town } = family.party;
    const began = momentOf(town.zone, day, rng.int(0, 1_380));
    for (let i = 0; i < this.sends; i++) {
      const at = began + Math.round((i / this.sends) * this.hours * HOUR_MS) + rng.int(0, 50 * MINUTE_MS);
      const grown = this.firstUsd * (this.lastUsd / this.firstUsd) ** (i / Math.max(1, this.sends - 1));
      const amount = roundUnits(grown * rng.real([0.92, 1.08]), 10);
      const operator = this.operators[i % this.operators.length]!;
      if (i >= this.sends - this.refusals)
        this.send(family, operator, amount + 40_000, at - rng.int(6, 25) * MINUTE_MS, 'limit', ledger);
      this.send(family, operator, amount, at, undefined, ledger);
    }
  }

  private send(
    family: Family,
    operator: Institution,
    amount: number,
    at: number,
    refusedFor: string | undefined,
    ledger: Ledger,
  ): void {
    const { rng } = this;
    const receiver = rng.pick(this.receivers);
    ledger.remittance({
      at,
      operator,
      sender: accountAt(family.party, operator),
      receiver: accountAt(receiver, operator),
      amount,
      ccy: 'USD',
      from: family.party.town,
      to: receiver.town,
      sendAgent: rng.int(1, 30),
      payAgent: rng.int(1, 6),
      paidAt: at + rng.whole(S8.payoutMinutes) * MINUTE_MS,
      payout: 'cash',
      fundedBy: rng.chance(0.5) ? 'cash' : 'card',
      relationship: 'friend',
      ...(refusedFor === undefined ? {} : { extras: { status: 'declined', statusReason: refusedFor } }),
    });
  }

  /** One large payment to a stranger's account, then gift cards. */
  private payAtOnce({ account }: Family, day: number, ledger: Ledger): void {
    const { rng, mule } = this;
    const { town } = account.owner;
    const at = momentOf(town.zone, day, rng.int(400, 1_300));
    const rail = mule.institution === account.institution ? 'us_on_us' : 'zelle';
    const amount = rng.whole(S8.evasiveUsd) * 100;
    ledger.transfer({ at, from: account, to: mule, amount, ccy: 'USD', rail, zone: town.zone });
    for (let i = 0; i < 4; i++)
      ledger.purchase({
        at: at + (i + 1) * rng.int(20, 50) * MINUTE_MS,
        account,
        amount: rng.pick([10_000, 20_000, 25_000]),
        ccy: 'USD',
        merchant: shop(town, '5947', 3, 'gift_cards'),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
  }
}

export const RANSOM: CaseDefinition = {
  kind: 'S8',
  title: 'Ransom sent to the border within three days',
  form: 'smuggling',
  expected: ['SMU-09', 'SMU-04'],
  mustNotFire: [],
  build: (draft) => new Ransom(draft),
};
