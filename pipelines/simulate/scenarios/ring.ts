/**
 * S1. A ring between Tlaxcala, Mexico City and New York. Women are moved between cities; what they take in the night,
 * in cash or person to person, is handed on before noon to one collector, who sends it home through an operator.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, ordinaryMinute, roundUnits } from '../daily-life.ts';
import { NOISE } from '../parameters.ts';
import { type Account, accountAt, type Party } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S1 } from '../scenario-parameters.ts';
import { HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';
import type { World } from '../world.ts';
import { drawPrices, PayerPool, PriceList } from './payers.ts';

const CIRCUIT: readonly Town[] = [TOWNS.queens, TOWNS.hartford, TOWNS.atlanta, TOWNS.chicago];
const ATM_CAP_USD = 60_000;

interface Woman {
  readonly account: Account;
  readonly takesCash: boolean;
  readonly payers: PayerPool;
  readonly prices: PriceList;
  readonly circuitStart: number;
  /** What was not handed on, in cents; it goes on food, rooms and fares. */
  kept: number;
}

class Ring implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly world: World;
  private readonly women: readonly Woman[];
  /** The first keeps the money; an evasive ring rotates over the others. */
  private readonly collectors: readonly Account[];
  private readonly senders: readonly Account[];
  private readonly receivers: readonly Party[];
  private readonly familyAccount: Account;
  private readonly supplier: Account;
  private readonly cashClients: number;
  private readonly cashPrice: number;
  private readonly share: number;
  private readonly nightOff: number;
  private readonly startMinute: number;
  private readonly endMinute: number;
  private readonly circuitDays: number;
  private readonly sendsPerWeek: number;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng, world } = draft;
    this.rng = rng;
    this.world = world;
    draft.span(S1.weeks);
    const womenBank = draft.bank('US');
    const collectorBank = draft.otherBank('US', womenBank);
    const collectorCount = draft.isEvasive ? 3 : 1;
    const collectors = Array.from({ length: collectorCount }, () =>
      draft.person('collector', { town: TOWNS.queens, birthYears: [1972, 1993] }),
    );
    this.collectors = collectors.map((party) => draft.account(party, collectorBank));
    this.cashClients = draft.draw('cashClients', S1.cashClients);
    this.cashPrice = draft.draw('cashPriceUsd', S1.cashPriceUsd);
    this.share = draft.drawShare(
      'handOverShare',
      draft.isEvasive ? S1.evasiveHandOverShare : S1.handOverShare,
    );
    this.nightOff = draft.drawShare('nightOffShare', S1.nightOffShare);
    this.startMinute = draft.draw('workStartMinute', S1.workStartMinute);
    this.endMinute = draft.draw('workEndMinute', S1.workEndMinute);
    this.circuitDays = draft.draw('circuitDays', S1.circuitDays);
    this.sendsPerWeek = draft.draw('sendsPerWeek', S1.sendsPerWeek);
    const firstTime = draft.drawShare('firstTimeShare', S1.firstTimeShare);
    const tips = draft.drawShare('tipShare', S1.tipShare);
    this.women = Array.from({ length: draft.draw('women', S1.women) }, (_, i) => ({
      account: draft.account(
        draft.person('victim', { town: TOWNS.queens, birthYears: [1996, 2006] }),
        i % 3 === 2 ? draft.bank('US') : womenBank,
        { opened: draft.start - rng.whole(S1.accountAgeDays) },
      ),
      takesCash: i % 2 === 0,
      payers: new PayerPool(rng, 'US', firstTime),
      prices: new PriceList(rng, drawPrices(rng, S1.p2pPricesUsd, 5), tips),
      circuitStart: i,
      kept: 0,
    }));
    const operator = draft.operator();
    const fronts = Array.from({ length: draft.draw('senderFronts', S1.senderFronts) }, () =>
      draft.person('front', { town: TOWNS.queens }),
    );
    this.senders = [...collectors, ...fronts].map((party, i) =>
      draft.account(party, i === 0 ? operator : draft.otherOperator(operator)),
    );
    const family = draft.person('receiver', { town: TOWNS.apizaco, surnames: collectors[0]!.surnames });
    const receivers = Array.from({ length: draft.draw('receivers', S1.receivers) - 1 }, () =>
      draft.person('receiver', { town: rng.pick([TOWNS.apizaco, TOWNS.puebla, TOWNS.iztapalapa]) }),
    );
    this.familyAccount = draft.account(family, draft.bank('MX'));
    this.receivers = [family, ...receivers];
    for (const party of this.receivers)
      for (const each of [operator, draft.otherOperator(operator)]) draft.account(party, each);
    const supplier = draft.entity('infrastructure', {
      town: TOWNS.apizaco,
      kind: 'entity',
      name: 'Building Supplies Apizaco',
      sector: 'SCIAN:4671',
    });
    this.supplier = draft.account(supplier, draft.bank('MX'));
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    const weekday = weekdayOf(day);
    const works = weekday === 0 || weekday >= 3;
    for (const woman of this.women) {
      this.ownLife(woman, day, weekday, ledger);
      if (works && !this.rng.chance(this.nightOff)) this.night(woman, day, ledger);
    }
    if (weekday === 1 || weekday === 2) this.moveMoney(day, ledger);
    if (day % 31 === 11) this.buildAtHome(day, ledger);
  }

  private townOf(woman: Woman, day: number): Town {
    const stop = Math.floor((day - this.draft.start) / this.circuitDays) + woman.circuitStart;
    return CIRCUIT[stop % CIRCUIT.length]!;
  }

  private night(woman: Woman, day: number, ledger: Ledger): void {
    const { rng } = this;
    const town = this.townOf(woman, day);
    const closing = momentOf(town.zone, day, this.endMinute);
    const received = woman.takesCash
      ? this.cashNight(woman, town, closing, ledger)
      : this.p2pNight(woman, town, day, ledger);
    if (received === 0) return;
    const amount = Math.round((received * this.share) / 100) * 100;
    woman.kept += received - amount;
    const at = closing + rng.int(44, 380) * MINUTE_MS;
    if (this.draft.isEvasive && rng.chance(0.5)) this.cashOut(woman, town, amount, at, ledger);
    else this.handOver(woman, amount, at, day, ledger);
  }

  /** Deposits at machines, most after the last client. Returns what went in. */
  private cashNight(woman: Woman, town: Town, closing: number, ledger: Ledger): number {
    const { rng } = this;
    const clients = Math.max(1, this.cashClients + rng.int(-3, 3));
    const low = S1.depositUsd[0];
    const taken = Math.min(S1.depositUsd[1], Math.max(low, clients * this.cashPrice));
    const split = rng.chance(0.25);
    const parts = split ? [Math.round(taken * 0.4), Math.round(taken * 0.6)] : [taken];
    let total = 0;
    parts.forEach((part, i) => {
      const amount = roundUnits(part, 10);
      total += amount;
      ledger.cashDeposit({
        at:
          closing +
          (i === parts.length - 1 ? rng.int(6, 38) : -rng.int(95, 150)) * MINUTE_MS +
          rng.int(0, 59_999),
        account: woman.account,
        amount,
        ccy: 'USD',
        town,
        channel: 'atm',
        outlet: rng.int(1, 4),
      });
    });
    return total;
  }

  private p2pNight(woman: Woman, town: Town, day: number, ledger: Ledger): number {
    const { rng } = this;
    const clients = rng.whole(S1.p2pClients);
    let total = 0;
    for (let i = 0; i < clients; i++) {
      const amount = woman.prices.next();
      total += amount;
      ledger.transfer({
        at: momentOf(town.zone, day, rng.int(this.startMinute, this.endMinute)) + rng.int(0, 59_999),
        from: woman.payers.next(),
        to: woman.account,
        amount,
        ccy: 'USD',
        rail: 'zelle',
        zone: town.zone,
      });
    }
    return total;
  }

  private handOver(woman: Woman, amount: number, at: number, day: number, ledger: Ledger): void {
    const to = this.collectors[day % this.collectors.length]!;
    const zone = woman.account.owner.town.zone;
    ledger.transfer({ at, from: woman.account, to, amount, ccy: 'USD', rail: 'zelle', zone });
  }

  private cashOut(woman: Woman, town: Town, amount: number, at: number, ledger: Ledger): void {
    let left = amount;
    for (const outlet of [1, 2]) {
      const part = Math.min(ATM_CAP_USD, Math.floor(left / 2_000) * 2_000);
      if (part < 2_000) return;
      left -= part;
      ledger.cashWithdrawal({
        at: at + outlet * 4 * MINUTE_MS,
        account: woman.account,
        amount: part,
        ccy: 'USD',
        town,
        channel: 'atm',
        outlet,
      });
    }
  }

  private ownLife(woman: Woman, day: number, weekday: number, ledger: Ledger): void {
    const { rng } = this;
    const town = this.townOf(woman, day);
    if (weekday === 1)
      ledger.transfer({
        at: momentOf(town.zone, day, rng.int(700, 1_000)),
        from: this.collectors[0]!,
        to: woman.account,
        amount: rng.whole(S1.allowanceUsd) * 100,
        ccy: 'USD',
        rail: 'zelle',
        zone: town.zone,
      });
    const spent = Math.round(woman.kept * rng.real(S1.spentShare));
    woman.kept -= spent;
    if (spent > 300)
      ledger.purchase({
        at: momentOf(town.zone, day, rng.int(760, 1_090)),
        account: woman.account,
        amount: spent,
        ccy: 'USD',
        merchant: rng.pick(this.world.shopsOf(town)),
        present: true,
        postedAfterMs: rng.real(NOISE.cardPostingHours) * HOUR_MS,
      });
  }

  /** The collector takes out cash, and he and his fronts send it to Mexico in parts. */
  private moveMoney(day: number, ledger: Ledger): void {
    const { rng } = this;
    const town = TOWNS.queens;
    for (const account of this.collectors)
      ledger.cashWithdrawal({
        at: momentOf(town.zone, day, rng.int(590, 990)),
        account,
        amount: roundUnits(rng.int(900, 2_700) / this.collectors.length, 20),
        ccy: 'USD',
        town,
        channel: 'branch',
        outlet: rng.int(1, 3),
      });
    const sends = Math.ceil(this.sendsPerWeek / 2);
    for (let i = 0; i < sends; i++) {
      const sender = rng.chance(0.5) ? this.senders[0]! : rng.pick(this.senders);
      const receiver = accountAt(rng.pick(this.receivers), sender.institution);
      const at = momentOf(town.zone, day, rng.int(600, 1_150)) + rng.int(0, 59_999);
      ledger.remittance({
        at,
        operator: sender.institution,
        sender,
        receiver,
        amount: roundUnits(rng.real(S1.sendUsd), 10),
        ccy: 'USD',
        from: town,
        to: receiver.owner.town,
        sendAgent: rng.int(1, 8),
        payAgent: rng.int(1, 4),
        paidAt: at + rng.int(30, 1_500) * MINUTE_MS,
        payout: 'cash',
        fundedBy: 'cash',
        relationship: 'unknown',
      });
    }
  }

  private buildAtHome(day: number, ledger: Ledger): void {
    const { rng } = this;
    const { town } = this.familyAccount.owner;
    const deposit = roundUnits(rng.real(S1.familyDepositMxn), 100);
    ledger.cashDeposit({
      at: momentOf(town.zone, day, ordinaryMinute(rng, 0)),
      account: this.familyAccount,
      amount: deposit,
      ccy: 'MXN',
      town,
      channel: 'branch',
      outlet: 1,
    });
    ledger.transfer({
      at: momentOf(town.zone, day + 2, ordinaryMinute(rng, 0)),
      from: this.familyAccount,
      to: this.supplier,
      amount: roundUnits(rng.real(S1.landPaymentMxn), 100),
      ccy: 'MXN',
      rail: this.supplier.institution === this.familyAccount.institution ? 'mx_on_us' : 'spei',
      zone: town.zone,
      purpose: 'goods',
    });
  }
}

export const RING: CaseDefinition = {
  kind: 'S1',
  title: 'Padrote ring between Tlaxcala, Mexico City and New York',
  form: 'sexual_exploitation',
  expected: ['SEX-01', 'SEX-02', 'SEX-07', 'SEX-08', 'SEX-09', 'SEX-21'],
  mustNotFire: [],
  build: (draft) => new Ring(draft),
};
