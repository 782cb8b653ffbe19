/**
 * A scene for tests of compose: two holders at one bank pay almost all they receive to one collector at another.
 */

import type { ComposeContext } from '../../pipelines/compose/document.ts';
import { composeSubject } from '../../pipelines/compose/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import {
  compositesOf,
  compositeText,
  DAY,
  EVALUATION,
  PLAYBOOK,
  rulesOf,
  ruleText,
  type SignalSketch,
  signal,
  signalRuleText,
  T0,
} from './compose.ts';
import { key, transaction } from './transactions.ts';

export const COLLECTOR = key('par', 'collector');
export const FIRST = key('par', 'first');
export const SECOND = key('par', 'second');

export const RULES = rulesOf([
  ruleText({ id: 'SEX-01', family: 'TIM', weight: 2 }),
  ruleText({
    id: 'SEX-07',
    family: 'FLW',
    weight: 3,
    holderRole: 'potential_victim',
    attributions: [{ to: 'holder', role: 'potential_victim', weight: 0 }],
  }),
  ruleText({
    id: 'SEX-08',
    family: 'CTL',
    weight: 4,
    holderRole: 'potential_victim',
    attributions: [
      { to: 'collector', role: 'suspected_controller', weight: 1 },
      { to: 'holder', role: 'potential_victim', weight: 0 },
    ],
  }),
  signalRuleText('SEX-09', 'SEX-08', 'COL', 5),
  ruleText({ id: 'SMU-02', family: 'GEO', weight: 3 }),
  ruleText({ id: 'SMU-05', family: 'COL', weight: 4 }),
  ruleText({ id: 'AML-01', family: 'CSH', weight: 3 }),
]);

const VICTIMLEG = compositeText({
  id: 'K-LEG',
  requires: `
  - all:
      - {min: 1, of: [{rule: SEX-08, on: own}]}
      - {min: 1, of: [{rule: SEX-07, on: companion}, {rule: SEX-01, on: companion}]}`,
  supports: ['AML-01'],
});
const CONTROL = compositeText({
  id: 'K-CONTROL',
  requires: `
  - all:
      - {min: 1, of: [{rule: SEX-09, on: own}]}
      - {min: 1, of: [{rule: SEX-07, on: companion}, {rule: AML-01, on: own}]}`,
  supports: ['SEX-08'],
});
const MOVE = compositeText({
  id: 'K-MOVE',
  requires: `
  - all: [{min: 2, families: 2, of: [{rule: SMU-02}, {rule: SMU-05}, {rule: AML-01}]}]`,
  subjectRole: 'facilitator',
});

export const COMPOSITES = compositesOf([VICTIMLEG, CONTROL, MOVE], RULES);

/** Ten payers pay each holder, who passes it on; on the third day the collector withdraws cash at its own bank. */
export function rows(): Transaction[] {
  const out: Transaction[] = [];
  for (const name of ['first', 'second']) {
    for (let i = 0; i < 10; i++)
      out.push(
        transaction({
          id: `${name}-in-${i}`,
          at: new Date(T0 - DAY + i * 60_000).toISOString(),
          from: `payer-${name}-${i}`,
          to: name,
          usdMinor: 5_000,
          creditor: { country: 'US' },
        }),
      );
    out.push(
      transaction({
        id: `${name}-out`,
        at: new Date(T0 - DAY / 2).toISOString(),
        from: name,
        to: 'collector',
        usdMinor: 45_000,
        creditor: { bank: 'bank_b', country: 'US' },
        row: { refs: { endToEndId: key('ref', name) } },
      }),
    );
  }
  // The collector's bank reports the first hand-over too: one transfer, two reports.
  out.push(
    transaction({
      institution: 'bank_b',
      id: 'seen-from-b',
      at: new Date(T0 - DAY / 2).toISOString(),
      from: 'first',
      to: 'collector',
      usdMinor: 45_000,
      debtor: { bank: 'bank_a' },
      creditor: { bank: 'bank_b', country: 'US' },
      row: {
        refs: { endToEndId: key('ref', 'first') },
        balanceAfter: { minor: '70000', ccy: 'USD' },
      },
    }),
    transaction({
      institution: 'bank_b',
      id: 'cash-out',
      at: new Date(T0 - DAY / 4).toISOString(),
      from: 'collector',
      usdMinor: 60_000,
      row: { kind: 'cash_withdrawal', instrument: 'cash', channel: 'atm' },
    }),
  );
  return out;
}

export const refOf = ({ institution, id, version }: TransactionRef | Transaction): TransactionRef => ({
  institution,
  id,
  version,
});

export function contextOf(
  transactions: readonly Transaction[],
  extra: Partial<ComposeContext> = {},
): ComposeContext {
  const byId = new Map(transactions.map((t) => [`${t.institution}/${t.id}`, t]));
  return {
    evaluation: EVALUATION,
    playbookAt: () => PLAYBOOK,
    transactionOf: ({ institution, id }) => byId.get(`${institution}/${id}`),
    ...extra,
  };
}

/** SEX-08 on a holder, carried by SEX-07 on the same holder, with the evidence of that holder. */
export function legOf(name: string, sketch: Partial<SignalSketch> = {}): Signal {
  const transactions = rows()
    .filter((row) => row.id.startsWith(name) || row.institution === 'bank_b')
    .map(refOf);
  const base = signal({
    rule: 'SEX-08',
    family: 'CTL',
    weight: 4,
    on: key('par', name),
    to: COLLECTOR,
    holderRole: 'potential_victim',
    companions: [{ rule: 'SEX-07' }],
    transactions,
    ...sketch,
  });
  const holder = {
    subject: key('par', name),
    role: 'potential_victim' as const,
    weight: 0,
    why: 'SEX-08@1.0.0#1',
  };
  return { ...base, attributions: [...base.attributions, holder] };
}

export function compose(
  signals: readonly Signal[],
  extra: Partial<ComposeContext> = {},
  transactions: readonly Transaction[] = rows(),
  subject = COLLECTOR,
) {
  return composeSubject(subject, signals, RULES, COMPOSITES, contextOf(transactions, extra));
}

/** The last version of the alert of a typology. */
export function lastOf(alerts: readonly Alert[], typology: string): Alert {
  const found = alerts.filter((alert) => alert.typology === typology).at(-1);
  if (found === undefined) throw new Error(`no alert ${typology}`);
  return found;
}
