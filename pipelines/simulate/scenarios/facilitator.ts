/**
 * S10. A facilitator of paid live streams. Unrelated people of several countries send small sums in bursts at night to
 * one beneficiary, who is paid in cash within hours. Beside it the same people's other trade (`sextortion.ts`).
 */
import type { CaseDefinition, CaseDraft } from '../case.ts';
import { type Actor, roundUnits } from '../daily-life.ts';
import { type Account, accountAt } from '../people.ts';
import { TOWNS, type Town } from '../places.ts';
import type { Random } from '../random.ts';
import type { Ledger } from '../rows.ts';
import { S10 } from '../scenario-parameters.ts';
import { MINUTE_MS, momentOf } from '../time.ts';
import { Sextortion } from './sextortion.ts';

const SENDER_TOWNS: readonly Town[] = [
  TOWNS.chicago,
  TOWNS.toronto,
  TOWNS.birmingham,
  TOWNS.phoenix,
  TOWNS.vancouver,
  TOWNS.cologne,
  TOWNS.miami,
];
const HOMES: readonly Town[] = [TOWNS.acapulco, TOWNS.morelia, TOWNS.cordoba];

class Facilitator implements Actor {
  private readonly draft: CaseDraft;
  private readonly rng: Random;
  private readonly senders: readonly Account[];
  private readonly beneficiary: Account;
  private readonly sessionsPerDay: number;
  private readonly home: Town;
  private readonly sextortion: Sextortion;

  constructor(draft: CaseDraft) {
    this.draft = draft;
    const { rng } = draft;
    this.rng = rng;
    draft.span(S10.weeks);
    const operator = draft.operator();
    const other = draft.otherOperator(operator);
    this.home = rng.pick(HOMES);
    const party = draft.person('facilitator', { town: this.home, birthYears: [1978, 1999] });
    for (const each of [operator, other]) draft.account(party, each);
    this.beneficiary = accountAt(party, operator);
    // Evasive and truncated: a good part of the buyers goes through the second operator.
    const split = draft.isEvasive || draft.variant === 'truncated' ? 0.45 : 0;
    this.senders = Array.from({ length: draft.draw('senders', S10.senders) }, (_, i) =>
      draft.account(
        draft.person('buyer', { town: SENDER_TOWNS[i % SENDER_TOWNS.length]!, birthYears: [1955, 1990] }),
        rng.chance(split) ? other : operator,
      ),
    );
    const sends = draft.draw('sendsPerMonth', S10.sendsPerMonth);
    this.sessionsPerDay = sends / 30 / ((S10.burst[0] + S10.burst[1]) / 2);
    draft.draw('burstMinutes', S10.burstMinutes);
    draft.drawShare('typicalShareOfRange', [0.3, 0.7]);
    this.sextortion = new Sextortion(draft);
  }

  act(day: number, ledger: Ledger): void {
    if (!this.draft.covers(day)) return;
    this.sextortion.act(day, ledger);
    for (const sender of this.senders)
      if (this.rng.chance(this.sessionsPerDay)) this.session(sender, day, ledger);
  }

  private session(sender: Account, day: number, ledger: Ledger): void {
    const { rng, draft } = this;
    const from = sender.owner.town;
    const first = momentOf(from.zone, day, rng.whole(S10.senderNightMinutes));
    const count = rng.whole(S10.burst);
    const within = draft.parameters['burstMinutes']!;
    const typical = draft.parameters['typicalShareOfRange']!;
    const [low, high] = S10.sendUsd;
    for (let i = 0; i < count; i++) {
      const at = first + Math.round(((i * within) / count) * MINUTE_MS) + rng.int(0, 59_999);
      const usd = low + (high - low) * Math.min(1, typical * rng.real([0.4, 1.4]));
      ledger.remittance({
        at,
        operator: sender.institution,
        sender,
        receiver: accountAt(this.beneficiary.owner, sender.institution),
        amount: roundUnits(usd, 1),
        ccy: 'USD',
        from,
        to: this.home,
        sendAgent: 9,
        payAgent: rng.int(1, 2),
        paidAt: at + rng.whole(S10.payoutMinutes) * MINUTE_MS,
        payout: 'cash',
        fundedBy: 'card',
        relationship: 'friend',
        ...(draft.isEvasive ? { purpose: 'family_support' as const, text: 'family support' } : {}),
      });
    }
  }
}

export const FACILITATOR: CaseDefinition = {
  kind: 'S10',
  title: 'Many small foreign sends cashed the same day; teenagers made to pay',
  form: 'online_child_exploitation',
  expected: ['OCS-02', 'OCS-04', 'OCS-06', 'OCS-07'],
  mustNotFire: [],
  build: (draft) => new Facilitator(draft),
};
