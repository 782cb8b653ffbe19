/**
 * S7. Fees for crossing converge on the border. Families in many states send parts of each fee to a few receivers in
 * border towns, who collect them at different agents within two days; a funnel account held by one of the receivers
 * takes cash in far-away branches from third parties and is emptied at the border the same day.
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import type { Institution } from '../institutions.ts';
import type { Conductor } from '../movements.ts';
import { type Account, accountAt, type Party } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S7 } from '../scenario-parameters.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, momentOf, weekdayOf } from '../time.ts';

const BORDER: readonly Town[] = [TOWNS.juarez, TOWNS.reynosa, TOWNS.nuevoLaredo, TOWNS.piedrasNegras];
const FAR: readonly Town[] = [TOWNS.charlotte, TOWNS.chicago, TOWNS.atlanta, TOWNS.houston];
const STATES: readonly Town[] = [
  TOWNS.queens,
  TOWNS.chicago,
  TOWNS.charlotte,
  TOWNS.atlanta,
  TOWNS.houston,
  TOWNS.nashville,
  TOWNS.denver,
  TOWNS.seattle,
  TOWNS.losAngeles,
];

interface Part {
  readonly payer: Account;
  readonly receiver: Account;
  readonly amount: number;
  readonly at: number;
  readonly payAgent: number;
  readonly to: Town;
}

class Convergence implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly parts: readonly Part[];
  private readonly funnel: Account;
  private readonly depositors: readonly Party[];
  private readonly depositsPerWeek: number;
  private readonly outShare: number;
  private readonly bigDays: ReadonlySet<number>;
  private next = 0;
  private balance = 0;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    draft.span(S7.weeks);
    const operator = draft.operator();
    const other = draft.otherOperator(operator);
    const states = rng.sample(STATES, draft.draw('states', S7.states));
    const payers = Array.from({ length: draft.draw('payers', S7.payers) }, (_, i) =>
      draft.person('payer', { town: states[i % states.length]! }),
    );
    const holder = draft.person('collector', { town: TOWNS.elPaso, birthYears: [1975, 1996] });
    const helpers = Array.from({ length: draft.draw('receivers', S7.receivers) - 1 }, (_, i) =>
      draft.person('receiver', { town: BORDER[(i + 1) % BORDER.length]! }),
    );
    const receivers = [holder, ...helpers];
    for (const party of [...payers, ...receivers])
      for (const each of [operator, other]) draft.account(party, each);
    this.parts = this.planParts(payers, receivers, operator, other);
    const bank = draft.variant === 'truncated' ? draft.otherBank('US', draft.bank('US')) : draft.bank('US');
    this.funnel = draft.account(holder, bank, { opened: draft.start - rng.int(20, 75) });
    this.depositors = Array.from({ length: draft.draw('depositors', S7.depositors) }, () =>
      draft.person('front', { town: rng.pick(FAR) }),
    );
    this.depositsPerWeek = draft.draw('depositsPerWeek', S7.depositsPerWeek);
    this.outShare = draft.drawShare('outShare', S7.outShare);
    this.bigDays = this.planBigDays();
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    this.sendParts(day, ledger);
    const weekday = weekdayOf(day);
    if (weekday === 0 || weekday === 6) return;
    if (this.rng.chance(this.depositsPerWeek / 5)) this.funnelCycle(S7.depositUsd, day, ledger);
    if (this.bigDays.has(day)) this.funnelCycle(S7.bigDepositUsd, day, ledger);
  }

  /**
   * Every fee is cut into parts over some weeks. Parts are taken in order of time and given to receivers two by two, so
   * that each receiver again and again collects twice within two days, each time from another agent. A receiver rarely
   * hears from a family twice.
   */
  private planParts(
    payers: readonly Party[],
    receivers: readonly Party[],
    operator: Institution,
    other: Institution,
  ): Part[] {
    const { draft, rng } = this;
    const share = draft.isEvasive ? S7.evasivePartUsd : S7.partUsd;
    const lastStart = Math.max(draft.start + 1, draft.end - 20);
    const due = payers.flatMap((payer) => {
      const count = rng.whole(draft.isEvasive ? S7.evasivePartsPerFee : S7.partsPerFee);
      const from = rng.int(draft.start, lastStart);
      const days = rng.whole(S7.feeDays);
      return Array.from({ length: count }, (_, i) => ({
        payer,
        day: Math.min(draft.end - 3, from + Math.floor((i * days) / count) + rng.int(0, 2)),
        amount: roundUnits(rng.real(share), 10),
      }));
    });
    due.sort((a, b) => a.day - b.day);
    const met = new Map<Party, Set<Party>>();
    const parts: Part[] = [];
    for (let i = 0; i < due.length; i += 2) {
      const pair = due.slice(i, i + 2);
      const receiver = this.leastMet(
        receivers,
        pair.map((part) => part.payer),
        met,
        i / 2,
      );
      const to = BORDER[receivers.indexOf(receiver) % BORDER.length]!;
      const firstAt = momentOf(pair[0]!.payer.town.zone, pair[0]!.day, rng.int(640, 1_120));
      // One branch of the evasive plan waits a full day and an hour between two collections.
      const gapHours = draft.isEvasive ? 50 : rng.real(S7.twinPayoutHours);
      pair.forEach((part, k) => {
        const at = firstAt + k * gapHours * HOUR_MS;
        const via = draft.variant === 'truncated' && rng.chance(0.5) ? other : operator;
        parts.push({
          payer: accountAt(part.payer, via),
          receiver: accountAt(receiver, via),
          amount: part.amount,
          at: Math.round(at),
          payAgent: 1 + ((i + k * 3) % 7),
          to,
        });
        const known = met.get(receiver) ?? new Set<Party>();
        known.add(part.payer);
        met.set(receiver, known);
      });
    }
    return parts.sort((a, b) => a.at - b.at);
  }

  private leastMet(
    receivers: readonly Party[],
    payers: readonly Party[],
    met: ReadonlyMap<Party, ReadonlySet<Party>>,
    turn: number,
  ): Party {
    let best = receivers[0]!;
    let bestScore = Number.POSITIVE_INFINITY;
    receivers.forEach((receiver, i) => {
      const known = payers.filter((payer) => met.get(receiver)?.has(payer) === true).length;
      // Ties go round, the holder of the funnel first.
      const score = known * receivers.length + ((i - turn + receivers.length * 1_000) % receivers.length);
      if (score < bestScore) {
        best = receiver;
        bestScore = score;
      }
    });
    return best;
  }

  private sendParts(day: number, ledger: Ledger): void {
    const until = (day + 1) * DAY_MS;
    while (this.next < this.parts.length && this.parts[this.next]!.at < until) {
      const part = this.parts[this.next++]!;
      const from = part.payer.owner.town;
      ledger.remittance({
        at: part.at,
        operator: part.payer.institution,
        sender: part.payer,
        receiver: part.receiver,
        amount: part.amount,
        ccy: 'USD',
        from,
        to: part.to,
        sendAgent: this.rng.int(1, 8),
        payAgent: part.payAgent,
        paidAt: part.at + this.rng.whole(S7.payoutMinutes) * MINUTE_MS,
        payout: 'cash',
        fundedBy: 'cash',
        relationship: 'friend',
      });
    }
  }

  /** For each month a run of days with larger deposits, all under the sum that would be reported. */
  private planBigDays(): Set<number> {
    const { draft, rng } = this;
    const days = new Set<number>();
    if (draft.isEvasive) return days;
    for (let month = draft.start + 9; month < draft.end - 12; month += 30) {
      const count = rng.whole(S7.bigDepositsPerMonth);
      let day = month;
      for (let placed = 0; placed < count; day++) {
        const weekday = weekdayOf(day);
        if (weekday === 0 || weekday === 6) continue;
        days.add(day);
        placed++;
      }
    }
    return days;
  }

  /** Cash in at a branch far away, most of it out at the border before the day ends. */
  private funnelCycle(range: readonly [number, number], day: number, ledger: Ledger): void {
    const { rng, funnel } = this;
    const depositor = rng.pick(this.depositors);
    const conductor: Conductor = {
      ref: depositor.ref,
      isHolder: false,
      onBehalfOf: funnel.owner.ref,
      relationship: 'unknown',
    };
    const { town } = depositor;
    const amount = roundUnits(rng.real(range), 10);
    const at = momentOf(town.zone, day, rng.int(565, 760));
    const outlet = rng.int(1, 5);
    ledger.cashDeposit({
      at,
      account: funnel,
      amount,
      ccy: 'USD',
      town,
      channel: 'branch',
      outlet,
      conductor,
    });
    this.balance += amount;
    const out = Math.floor((this.balance * this.outShare) / 2_000) * 2_000;
    this.balance -= out;
    ledger.cashWithdrawal({
      at: at + rng.whole(S7.outAfterMinutes) * MINUTE_MS,
      account: funnel,
      amount: out,
      ccy: 'USD',
      town: rng.chance(0.8) ? TOWNS.elPaso : TOWNS.laredo,
      channel: 'branch',
      outlet: rng.int(1, 4),
    });
  }
}

export const SMUGGLING_FUNNEL: CaseDefinition = {
  kind: 'S7',
  title: 'Smuggling fees converging on the border, with a funnel account',
  form: 'smuggling',
  expected: ['SMU-01', 'SMU-02', 'SMU-04', 'SMU-05', 'SMU-08', 'AML-01'],
  mustNotFire: [],
  build: (draft) => new Convergence(draft),
};
