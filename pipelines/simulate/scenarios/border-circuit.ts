/**
 * S2. Hotels along the border. A few women are paid by strangers at a few prices from Thursday to Sunday night, by SPEI,
 * by CoDi and over shop counters; one controller takes most of it, pays rooms two at a time and buys advertisements.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import type { Actor } from '../daily-life.ts';
import { NOISE } from '../parameters.ts';
import type { Account } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S2 } from '../scenario-parameters.ts';
import { HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import { shop } from '../world.ts';
import { drawPrices, PayerPool, PriceList } from './payers.ts';

const CITIES: readonly Town[] = [TOWNS.tijuana, TOWNS.mexicali, TOWNS.juarez];
/** Thursday, Friday, Saturday, Sunday. */
const NIGHTS: ReadonlySet<number> = new Set([4, 5, 6, 0]);

interface Woman {
  readonly account: Account;
  readonly payers: PayerPool;
  readonly prices: PriceList;
}

class BorderCircuit implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly controller: Account;
  private readonly women: readonly Woman[];
  private readonly perNight: number;
  private readonly share: number;
  private readonly circuitDays: number;
  private readonly overCounters: number;
  private readonly room: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    draft.span(S2.weeks);
    const bank = draft.bank('MX');
    const away = draft.otherBank('MX', bank);
    const controller = draft.person('collector', { town: TOWNS.tijuana, birthYears: [1978, 1997] });
    this.controller = draft.account(controller, away);
    this.perNight = draft.draw('receiptsPerWeek', S2.receiptsPerWeek) / NIGHTS.size;
    this.share = draft.drawShare('handOverShare', S2.handOverShare);
    this.circuitDays = draft.draw('circuitDays', S2.circuitDays);
    this.overCounters = draft.drawShare('counterShare', S2.counterShare);
    this.room = draft.draw('roomMxn', S2.roomMxn);
    const firstTime = draft.drawShare('firstTimeShare', S2.firstTimeShare);
    const tips = draft.drawShare('tipShare', S2.tipShare);
    this.women = Array.from({ length: draft.draw('women', S2.women) }, () => ({
      account: draft.account(
        draft.person('victim', { town: rng.pick(CITIES), birthYears: S2.birthYears }),
        bank,
        { opened: draft.start - rng.whole(S2.accountAgeDays) },
      ),
      payers: new PayerPool(rng, 'MX', firstTime),
      prices: new PriceList(rng, drawPrices(rng, S2.pricesMxn, S2.priceStepMxn), tips),
    }));
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    const town = CITIES[Math.floor((day - this.draft.start) / this.circuitDays) % CITIES.length]!;
    const weekday = weekdayOf(day);
    if (weekday === 3) this.advertise(day, ledger);
    if (!NIGHTS.has(weekday)) return;
    this.lodge(town, day, ledger);
    for (const woman of this.women) this.night(woman, town, day, ledger);
  }

  private night(woman: Woman, town: Town, day: number, ledger: Ledger): void {
    const { rng, draft } = this;
    const count = Math.round(this.perNight * rng.real([0.6, 1.4]));
    let held = 0;
    let last = 0;
    for (let i = 0; i < count; i++) {
      const minute = rng.whole(draft.isEvasive ? S2.evasiveMinutes : S2.workMinutes);
      last = Math.max(last, minute);
      const price = woman.prices.next();
      const jitter = draft.isEvasive ? 1 + S2.evasiveJitter * rng.real([-1, 1]) : 1;
      const amount = Math.round((price * jitter) / 100) * 100;
      held += amount;
      this.receive(woman, town, momentOf(town.zone, day, minute) + rng.int(0, 59_999), amount, ledger);
    }
    if (held === 0) return;
    const due = Math.round((held * this.share) / 1_000) * 1_000;
    const onUs = this.controller.institution === woman.account.institution;
    ledger.transfer({
      at: momentOf(town.zone, day, last + rng.whole(S2.handOverMinutes)) + MINUTE_MS,
      from: woman.account,
      to: this.controller,
      amount: due,
      ccy: 'MXN',
      rail: onUs ? 'mx_on_us' : 'spei',
      zone: town.zone,
    });
    const rest = held - due;
    if (rest > 9_000)
      ledger.purchase({
        at: momentOf(town.zone, day + 1, rng.int(780, 1_080)),
        account: woman.account,
        amount: Math.round(rest * rng.real(S2.spentShare)),
        ccy: 'MXN',
        merchant: shop(town, '5814', 1 + (day % 4)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
  }

  private receive(woman: Woman, town: Town, at: number, amount: number, ledger: Ledger): void {
    const { rng } = this;
    const { account } = woman;
    if (rng.chance(this.overCounters)) {
      const outlet = rng.int(1, 19);
      ledger.cashDeposit({ at, account, amount, ccy: 'MXN', town, channel: 'correspondent', outlet });
      return;
    }
    const rail = rng.chance(S2.codiShare) ? 'codi' : 'spei';
    ledger.transfer({
      at,
      from: woman.payers.next(),
      to: account,
      amount,
      ccy: 'MXN',
      rail,
      zone: town.zone,
    });
  }

  /** Two rooms a night, on the controller's card. */
  private lodge(town: Town, day: number, ledger: Ledger): void {
    const { rng } = this;
    ledger.purchase({
      at: momentOf(town.zone, day, rng.int(1_020, 1_200)),
      account: this.controller,
      amount: Math.round(this.room * rng.real([0.9, 1.15])) * 200,
      ccy: 'MXN',
      merchant: shop(town, '7011', 1 + (day % 3)),
      present: true,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      nights: 1,
      rooms: 2,
    });
  }

  private advertise(day: number, ledger: Ledger): void {
    const { rng } = this;
    ledger.purchase({
      at: momentOf(TOWNS.tijuana.zone, day, rng.int(900, 1_300)),
      account: this.controller,
      amount: rng.whole(S2.adMxn) * 100,
      ccy: 'MXN',
      merchant: shop(TOWNS.tijuana, '7311', 2, rng.chance(0.6) ? 'adult_ads' : 'classified_ads'),
      present: false,
      postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
    });
  }
}

export const BORDER_CIRCUIT: CaseDefinition = {
  kind: 'S2',
  title: 'Hotel circuit along the border, rooms and advertisements on one card',
  form: 'sexual_exploitation',
  expected: ['SEX-01', 'SEX-03', 'SEX-04', 'SEX-05', 'SEX-07', 'SEX-08', 'SEX-09'],
  mustNotFire: [],
  build: (draft) => new BorderCircuit(draft),
};
