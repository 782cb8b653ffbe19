/** Ordinary rows: who does what, with whom, for how much. Every draw depends on the seed and the order of draws alone. */
import type { Random } from '../../pipelines/simulate/random.ts';
import { ACTIONS } from './actions.ts';
import {
  BANKS,
  bankOf,
  holderOf,
  mixed,
  openedBefore,
  PARTS,
  type Population,
  profileOf,
  TRADES,
} from './identity.ts';
import { DAY_MS, STREAM, type StreamPhase } from './options.ts';
import { BANK_LIST, COUNTRY_FACTS } from './profiles.ts';
import type { RowRecord } from './row-record.ts';
import { actionTemplate } from './templates.ts';

/** The account in which `hotMilli` of the rows take part. */
export const HOT_ACCOUNT = 16;
/** Accounts and parties of both sides, and the conductor. */
export const KEYS_DRAWN = 5;
const USUAL_CONTACTS = 8;
const USUAL_SHARE = 0.85;
/** One in two hundred cash deposits is near what has to be reported. */
const LARGE_CASH_SHARE = 0.005;
const LARGE_CASH_FACTOR = 30;
const MXN_PER_USD = COUNTRY_FACTS.MX.perUsd;
const CAD_PER_USD = COUNTRY_FACTS.CA.perUsd;

const actionNamed = (name: string): number => ACTIONS.findIndex((action) => action.name === name);
const TO_A_FRIEND = actionNamed('to-a-friend');
export const BETWEEN_BANKS_IN = actionNamed('between-banks-in');

const LOOKUP_STEPS = 4_096;
function actionLookup(): Uint8Array {
  const total = ACTIONS.reduce((sum, action) => sum + action.weight, 0);
  const lookup = new Uint8Array(LOOKUP_STEPS);
  let action = 0;
  let reached = ACTIONS[0]?.weight ?? 0;
  for (let step = 0; step < LOOKUP_STEPS; step++) {
    while (((step + 0.5) / LOOKUP_STEPS) * total > reached) reached += ACTIONS[++action]?.weight ?? 0;
    lookup[step] = action;
  }
  return lookup;
}

/** Trade of the business on the other side, by action. */
const TRADE_OF_ACTION = ACTIONS.map((action) => {
  const kind = action.otherSide?.(BANK_LIST[0]!).kind;
  return TRADES.indexOf(kind as (typeof TRADES)[number]);
});
const FIRST_PART_OF_BANK = Array.from({ length: BANKS }, (_, bank) =>
  Array.from({ length: PARTS }, (_part, part) => part).find((part) => bankOf(part) === bank),
) as number[];

export interface DrawOptions {
  readonly skew: number;
  readonly hotMilli: number;
}

export class RowDraws {
  readonly #population: Population;
  readonly #random: Random;
  readonly #options: DrawOptions;
  readonly #lookup = actionLookup();
  readonly #firstPlaceholder: number;
  /** The accounts that act now. */
  #from = 0;
  #accounts: number;
  #inTurn = false;
  #turn = 0;

  constructor(population: Population, random: Random, firstPlaceholder: number, options: DrawOptions) {
    this.#population = population;
    this.#random = random;
    this.#firstPlaceholder = firstPlaceholder;
    this.#options = options;
    this.#accounts = population.accounts;
  }

  /** From now on these accounts act, with one another. */
  restrict({ firstAccount, accounts, inTurn }: StreamPhase): void {
    this.#from = firstAccount;
    this.#accounts = accounts;
    this.#inTurn = inTurn;
    this.#turn = 0;
  }

  /**
   * Fills the record with the next ordinary row at `time`, of the hot account if so wanted; `keys`, KEYS_DRAWN of them, become the
   * record's. Returns the number of its action. Nothing is allocated: garbage made here would be collected on the detector's clock.
   */
  draw(record: RowRecord, time: number, keys: Int32Array, ofHotAccount = false): number {
    const random = this.#random;
    const population = this.#population;
    let action = this.#lookup[random.uint32() & (LOOKUP_STEPS - 1)] as number;
    let actor = this.#actor();
    let contact = -1;
    const isHot =
      ofHotAccount || (this.#options.hotMilli > 0 && random.float() * 1_000 < this.#options.hotMilli);
    if (isHot) {
      if (ACTIONS[action]!.other === 'customer' && random.chance(0.5)) {
        actor = ((actor >>> 4) << 4) | (HOT_ACCOUNT & (PARTS - 1));
        contact = HOT_ACCOUNT;
        if (ACTIONS[action]!.paired === true) action = TO_A_FRIEND;
      } else actor = HOT_ACCOUNT;
    }
    if (ACTIONS[action]!.other === 'self' && actor < population.holders) action = TO_A_FRIEND;
    if (contact !== -1 && holderOf(population, contact) === holderOf(population, actor)) contact = -1;
    const said = ACTIONS[action]!;
    const bank = bankOf(actor);
    const holder = holderOf(population, actor);
    const template = actionTemplate(action, bank, profileOf(holder));
    record.template = template;
    record.debtorTemplate = template;
    record.creditorTemplate = template;
    record.firstKey = this.#firstPlaceholder;
    record.time = time;
    record.version = 1;
    record.flags = 0;
    record.sharedRef = -1;
    record.reverses = -1;
    record.isPlanted = false;
    const isDebtor = said.actor === 'debtor';
    const actorAge = this.#ageOf(actor, time);
    let otherAccount = -1;
    let otherParty = -1;
    let otherAge = -1;
    switch (said.other) {
      case 'customer': {
        if (contact === -1) contact = this.#contactOf(actor, said.paired === true ? bank ^ 1 : bank);
        const otherHolder = holderOf(population, contact);
        otherAccount = population.firstAccount + contact;
        otherParty = population.firstHolder + otherHolder;
        otherAge = this.#ageOf(contact, time);
        record.creditorTemplate = actionTemplate(action, bank, profileOf(otherHolder));
        break;
      }
      case 'self':
        otherAccount = population.firstAccount + holder;
        otherParty = population.firstHolder + holder;
        otherAge = this.#ageOf(holder, time);
        break;
      case 'business': {
        const business = this.#businessOf(actor, TRADE_OF_ACTION[action] as number);
        otherAccount = population.firstBusinessAccount + business;
        otherParty = population.firstBusinessParty + business;
        break;
      }
      case 'outsider': {
        const outsider = mixed(actor * USUAL_CONTACTS + this.#which(), 21) % population.outsiders;
        otherAccount = population.firstOutsiderAccount + outsider;
        otherParty = population.firstOutsiderParty + outsider;
        break;
      }
      case 'nobody':
    }
    const own = isDebtor ? 0 : 1;
    keys[own] = population.firstAccount + actor;
    keys[own ^ 1] = otherAccount;
    keys[2 + own] = population.firstHolder + holder;
    keys[2 + (own ^ 1)] = otherParty;
    keys[4] = population.firstHolder + (mixed(actor, 22) % population.holders);
    record.keys = keys;
    record.debtorAge = isDebtor ? actorAge : otherAge;
    record.creditorAge = isDebtor ? otherAge : actorAge;
    this.putAmount(record, action, bank);
    return action;
  }

  /** Draws an amount for the record's action and country. */
  putAmount(record: RowRecord, action: number, bank: number): void {
    const random = this.#random;
    const { wages, spread, round, name } = ACTIONS[action]!;
    const facts = COUNTRY_FACTS[BANK_LIST[bank]!.country];
    const around = random.float() + random.float() - 1;
    let amount = wages * spread ** around * facts.dailyWageMinor;
    if (name.startsWith('deposit') && random.chance(LARGE_CASH_SHARE)) amount *= LARGE_CASH_FACTOR;
    const step = random.chance(round) ? facts.dailyWageMinor / 2 : 1;
    record.amount = Math.max(100, Math.round(Math.round(amount / step) * step));
    record.usd = Math.round(record.amount / facts.perUsd);
    record.mxn = Math.round(record.usd * MXN_PER_USD);
    record.cad = Math.round(record.usd * CAD_PER_USD);
    record.wageMilli = Math.floor((record.amount * 1_000) / facts.dailyWageMinor);
  }

  #ageOf(account: number, time: number): number {
    return openedBefore(account) + Math.floor((time - STREAM.FIRST_MS) / DAY_MS);
  }

  #actor(): number {
    const accounts = this.#accounts;
    if (this.#inTurn) return this.#from + (this.#turn++ % accounts);
    const { skew } = this.#options;
    const draw = this.#random.float();
    if (skew === 0) return this.#from + Math.floor(draw * accounts);
    // Zipf's law by the inverse of its continuous form; the ranks then lie anywhere among the accounts.
    const power = 1 - skew;
    const rank =
      Math.abs(power) < 1e-9 ? accounts ** draw : ((accounts ** power - 1) * draw + 1) ** (1 / power);
    return this.#from + (mixed(Math.floor(rank) - 1, 23) % accounts);
  }

  /** Which of somebody's usual contacts: the first ones more often. */
  #which(): number {
    const draw = this.#random.float();
    return Math.floor(draw * draw * USUAL_CONTACTS);
  }

  #contactOf(actor: number, bank: number): number {
    const part = bankOf(actor) === bank ? actor & (PARTS - 1) : (FIRST_PART_OF_BANK[bank] as number);
    const number = this.#random.chance(USUAL_SHARE)
      ? mixed(actor * USUAL_CONTACTS + this.#which(), 24)
      : this.#random.uint32();
    const population = this.#population;
    const rows = this.#accounts >>> 4;
    const holder = holderOf(population, actor);
    // Somebody else's account: the next one of the same bank that is.
    for (let row = number % rows; ; row = (row + 1) % rows) {
      const contact = this.#from + ((row << 4) | part);
      if (holderOf(population, contact) !== holder) return contact;
    }
  }

  #businessOf(actor: number, trade: number): number {
    const perTrade = this.#population.businesses / PARTS / TRADES.length;
    const row =
      (mixed(actor * USUAL_CONTACTS + this.#which(), 25 + trade) % perTrade) * TRADES.length + trade;
    return (row << 4) | (actor & (PARTS - 1));
  }
}
