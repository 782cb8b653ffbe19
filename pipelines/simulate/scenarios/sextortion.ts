/**
 * The second part of S10. Teenagers who were threatened pay a stranger's account a few times within a day or three, each
 * time more, buy gift cards, and stop; the account is emptied within hours.
 */
import type { CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { NOISE } from '../parameters.ts';
import { type Account, relate } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S10 } from '../scenario-parameters.ts';
import { HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { shop } from '../world.ts';

const HOMES: readonly Town[] = [TOWNS.chicago, TOWNS.denver, TOWNS.miami, TOWNS.nashville, TOWNS.seattle];

interface Teenager {
  readonly account: Account;
  readonly parent: Account;
  /** Day on which the threats begin. */
  readonly day: number;
}

export class Sextortion implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly teenagers: readonly Teenager[];
  private readonly mule: Account;
  private readonly hours: number;
  private readonly firstUsd: number;

  /** Draws behind everything that the first part of the case has drawn. */
  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    const bank = draft.bank('US');
    const party = draft.person('collector', { town: TOWNS.houston, birthYears: [1988, 2004] });
    this.mule = draft.account(party, draft.otherBank('US', bank), { opened: draft.start - rng.int(10, 90) });
    this.hours = draft.draw('threatHours', S10.threatHours);
    this.firstUsd = draft.draw('threatFirstUsd', S10.threatFirstUsd);
    this.teenagers = Array.from({ length: draft.draw('teenagers', S10.teenagers) }, () => {
      const town = rng.pick(HOMES);
      const parent = draft.person('payer', { town, birthYears: [1970, 1985] });
      const child = draft.person('victim', {
        town,
        birthYears: S10.teenagerBirthYears,
        surnames: parent.surnames,
      });
      relate(parent, child, 'guardian');
      return {
        account: draft.account(child, bank, { product: 'youth' }),
        parent: draft.account(parent, bank),
        day: rng.int(draft.start + 14, Math.max(draft.start + 15, draft.end - 6)),
      };
    });
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    for (const teenager of this.teenagers) {
      if (weekdayOf(day) === 0) this.pocketMoney(teenager, day, ledger);
      if (teenager.day === day) this.threatened(teenager, day, ledger);
    }
  }

  private pocketMoney({ account, parent }: Teenager, day: number, ledger: Ledger): void {
    const { rng } = this;
    const { town } = account.owner;
    const at = momentOf(town.zone, day, rng.int(600, 1_200));
    const amount = roundUnits(rng.real(S10.pocketMoneyUsd), 5);
    ledger.transfer({ at, from: parent, to: account, amount, ccy: 'USD', rail: 'us_on_us', zone: town.zone });
    ledger.purchase({
      at: at + rng.int(60, 2_000) * MINUTE_MS,
      account,
      amount: Math.round(amount * rng.real([0.2, 0.7])),
      ccy: 'USD',
      merchant: shop(town, '5816', 2, 'gaming'),
      present: false,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
    });
  }

  /** From a little upwards, 1,500 dollars in all at most, then nothing ever again. */
  private threatened({ account }: Teenager, day: number, ledger: Ledger): void {
    const { rng, mule } = this;
    const { town } = account.owner;
    const count = rng.whole(S10.threatPayments);
    const began = momentOf(town.zone, day, rng.int(960, 1_430));
    let left = S10.threatTotalUsd;
    for (let i = 0; i < count; i++) {
      const usd = Math.min(left, this.firstUsd * (1 + i * rng.real(S10.threatGrowth)));
      if (usd < this.firstUsd / 2) break;
      left -= usd;
      const at = began + Math.round((i / count) * this.hours * HOUR_MS) + rng.int(0, 30) * MINUTE_MS;
      const amount = roundUnits(usd, 5);
      if (this.draft.isEvasive && rng.chance(0.5)) {
        ledger.purchase({
          at,
          account,
          amount,
          ccy: 'USD',
          merchant: shop(town, '5947', 4, 'gift_cards'),
          present: false,
          postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
        });
        continue;
      }
      const rail = mule.institution === account.institution ? 'us_on_us' : 'zelle';
      ledger.transfer({ at, from: account, to: mule, amount, ccy: 'USD', rail, zone: town.zone });
      const cash = Math.floor((amount * 0.9) / 2_000) * 2_000;
      if (cash > 0)
        ledger.cashWithdrawal({
          at: at + rng.whole(S10.mulePayoutMinutes) * MINUTE_MS,
          account: mule,
          amount: cash,
          ccy: 'USD',
          town: mule.owner.town,
          channel: 'atm',
          outlet: rng.int(1, 5),
        });
    }
  }
}
