/**
 * S3. A Canadian motel circuit. Young women receive Interac transfers of a few prices from strangers until late; nine
 * tenths go to one controller within hours, several times a day, while motels follow the road west.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import type { Actor } from '../daily-life.ts';
import { NOISE } from '../parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S3 } from '../scenario-parameters.ts';
import { HOUR_MS, MINUTE_MS, momentOf } from '../time.ts';
import { shop } from '../world.ts';
import { drawPrices, PayerPool, PriceList } from './payers.ts';

/** The 401 corridor, then Sudbury and Winnipeg. */
const ROAD: readonly Town[] = [
  TOWNS.windsor,
  TOWNS.london,
  TOWNS.toronto,
  TOWNS.montreal,
  TOWNS.sudbury,
  TOWNS.winnipeg,
];

/** From this local minute the evening's receipts count as late. */
const EVENING_MINUTE = 1_325;

interface Woman {
  readonly account: Account;
  readonly payers: PayerPool;
  readonly prices: PriceList;
  /** What was not handed on, in cents. */
  kept: number;
}

class MotelCircuit implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly women: readonly Woman[];
  private readonly controller: readonly Account[];
  private readonly perDay: number;
  private readonly lateShare: number;
  private readonly share: number;
  private readonly circuitDays: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    draft.span(S3.weeks);
    const bank = draft.bank('CA');
    const away = draft.otherBank('CA', bank);
    const controller = draft.person('collector', { town: TOWNS.toronto, birthYears: [1984, 1999] });
    // An evasive controller keeps three handles at two institutions.
    this.controller = (draft.isEvasive ? [away, bank, away] : [away]).map((each) =>
      draft.account(controller, each),
    );
    this.perDay = draft.draw('receiptsPerWeek', S3.receiptsPerWeek) / 7;
    this.lateShare = draft.drawShare('lateShare', S3.lateShare);
    this.share = draft.drawShare('handOverShare', S3.handOverShare);
    this.circuitDays = draft.draw('circuitDays', S3.circuitDays);
    const firstTime = draft.drawShare('firstTimeShare', S3.firstTimeShare);
    const tips = draft.drawShare('tipShare', S3.tipShare);
    this.women = Array.from({ length: draft.draw('women', S3.women) }, () => ({
      account: draft.account(
        draft.person('victim', { town: TOWNS.toronto, birthYears: S3.birthYears }),
        bank,
        { opened: draft.start - rng.whole(S3.accountAgeDays) },
      ),
      payers: new PayerPool(rng, 'CA', firstTime),
      prices: new PriceList(rng, drawPrices(rng, S3.pricesCad, S3.priceStepCad), tips),
      kept: 0,
    }));
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    const stop = Math.floor((day - this.draft.start) / this.circuitDays);
    const town = ROAD[stop % ROAD.length]!;
    this.women.forEach((woman, i) => {
      this.spend(woman, town, day, ledger);
      this.receive(woman, town, day, ledger);
      if ((day - this.draft.start) % 2 === 0) this.lodge(town, day, i, ledger);
    });
  }

  private receive(woman: Woman, town: Town, day: number, ledger: Ledger): void {
    const { rng } = this;
    const count = Math.round(this.perDay * rng.real([0.6, 1.4]));
    const minutes = Array.from({ length: count }, () =>
      rng.chance(this.lateShare)
        ? rng.int(EVENING_MINUTE, S3.endMinute)
        : rng.int(S3.startMinute, EVENING_MINUTE - 1),
    ).sort((a, b) => a - b);
    let held = 0;
    let dueMinute = Number.POSITIVE_INFINITY;
    for (const minute of minutes) {
      if (minute > dueMinute) {
        this.handOver(woman, held, town, day, dueMinute, ledger);
        held = 0;
        dueMinute = Number.POSITIVE_INFINITY;
      }
      const amount = woman.prices.next();
      ledger.transfer({
        at: momentOf(town.zone, day, minute) + rng.int(0, 59_999),
        from: woman.payers.next(),
        to: woman.account,
        amount,
        ccy: 'CAD',
        rail: 'interac_etransfer',
        zone: town.zone,
      });
      if (held === 0) dueMinute = minute + rng.whole(S3.handOverMinutes);
      held += amount;
    }
    if (held > 0) this.handOver(woman, held, town, day, dueMinute, ledger);
  }

  private handOver(
    woman: Woman,
    held: number,
    town: Town,
    day: number,
    minute: number,
    ledger: Ledger,
  ): void {
    const { rng } = this;
    const to = rng.pick(this.controller);
    const amount = Math.round((held * this.share) / 500) * 500;
    woman.kept += held - amount;
    const onUs = to.institution === woman.account.institution;
    ledger.transfer({
      at: momentOf(town.zone, day, minute) + rng.int(30, 59) * 1_000 + MINUTE_MS,
      from: woman.account,
      to,
      amount,
      ccy: 'CAD',
      rail: onUs ? 'ca_on_us' : 'interac_etransfer',
      zone: town.zone,
    });
  }

  /** Food and fares from what is left. */
  private spend(woman: Woman, town: Town, day: number, ledger: Ledger): void {
    const { rng } = this;
    const spent = Math.round(woman.kept * rng.real(S3.spentShare));
    if (spent < 400) return;
    woman.kept -= spent;
    ledger.purchase({
      at: momentOf(town.zone, day, rng.int(600, 730)),
      account: woman.account,
      amount: spent,
      ccy: 'CAD',
      merchant: shop(town, '5814', 1 + (day % 3)),
      present: true,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
    });
  }

  /** One or two nights, paid by the controller. */
  private lodge(town: Town, day: number, i: number, ledger: Ledger): void {
    const { rng } = this;
    const nights = rng.int(1, 2);
    ledger.purchase({
      at: momentOf(town.zone, day, rng.int(780, 1_020)),
      account: this.controller[0]!,
      amount: rng.whole(S3.motelCad) * nights * 100,
      ccy: 'CAD',
      merchant: shop(town, '7011', 1 + ((day + i) % 4)),
      present: true,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      nights,
    });
  }
}

export const MOTEL_CIRCUIT: CaseDefinition = {
  kind: 'S3',
  title: 'Motel circuit along the 401 corridor',
  form: 'sexual_exploitation',
  expected: ['SEX-02', 'SEX-03', 'SEX-07', 'SEX-08', 'SEX-09', 'SEX-11'],
  mustNotFire: [],
  build: (draft) => new MotelCircuit(draft),
};
