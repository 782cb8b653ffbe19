/**
 * All pairs of rules, each as strong as it can be and wholly attributed to one person, through the composer: what alerts must
 * be of two families with one rule of weight 3 or more, and high only with control or convergence. A rule alone never alerts,
 * but for those that a composite lets stand alone because a life may be at risk.
 */
import { describe, expect, it } from 'vitest';
import { MIN_FAMILIES, MIN_STRONG_WEIGHT } from '../../../../pipelines/compose/composites.ts';
import { composeSubject } from '../../../../pipelines/compose/index.ts';
import { type CheckedRule, isEvaluated } from '../../../../rules/compiler/index.ts';
import type { Alert } from '../../../../schemas/alert.ts';
import type { Signal } from '../../../../schemas/signal.ts';
import { EVALUATION, signal } from '../../../support/compose.ts';
import { key } from '../../../support/transactions.ts';
import { loadComposites } from './catalogue.ts';

const { composites, playbook, ruleSet } = await loadComposites();
const rules = ruleSet.rules.filter(({ input }) => input === 'events').filter(isEvaluated);
const byId = new Map(ruleSet.rules.map((rule) => [rule.id, rule]));
const SUBJECT = key('par', 'subject');
const OTHER = key('par', 'other');
const CONTEXT = {
  evaluation: EVALUATION,
  playbookAt: () => playbook,
  transactionOf: () => undefined,
  lastVersionsOnly: true,
};
const NEEDED_FOR_HIGH = new Set(['CTL', 'COL']);

function signalOf({ id, family, weight, status }: CheckedRule, companion?: CheckedRule): Signal {
  const on = companion === undefined ? SUBJECT : OTHER;
  const companions =
    companion === undefined
      ? []
      : [{ rule: companion.id, family: companion.family, weight: companion.weight, strengthMilli: 1000 }];
  return signal({ rule: id, family, weight, leg: status === 'leg', to: SUBJECT, on, companions });
}

/** Alerts about the subject, without those that a rule may open alone. */
function alertsOf(signals: readonly Signal[]): Alert[] {
  const { alerts } = composeSubject(SUBJECT, signals, ruleSet, composites, CONTEXT);
  return alerts.filter(({ scoreMilli }) => scoreMilli > 0);
}

/** What is wrong with an alert of these rules, in words. */
function faultsOf(pair: readonly CheckedRule[], alerts: readonly Alert[]): string[] {
  return alerts.flatMap(({ typology, level, indicators }) => {
    // Rules over signals that the pair set off stand among the indicators.
    const behind = new Map(pair.map((rule) => [rule.id, rule]));
    for (const { rule } of indicators) if (byId.has(rule)) behind.set(rule, byId.get(rule)!);
    const live = [...behind.values()].filter(({ status }) => status === 'live');
    const families = new Set(live.map(({ family }) => family));
    const faults: string[] = [];
    if (families.size < MIN_FAMILIES) faults.push('of one family');
    if (!live.some(({ weight }) => weight >= MIN_STRONG_WEIGHT)) faults.push('without a strong rule');
    if (level === 'high' && ![...families].some((family) => NEEDED_FOR_HIGH.has(family)))
      faults.push('high without control or convergence');
    return faults.map((fault) => `${typology} by ${pair.map(({ id }) => id).join(' and ')}: ${fault}`);
  });
}

describe('the composites', () => {
  it('are asked about pairs that can alert', () => {
    const scoring = composites.flatMap(({ file, scoring: ids }) => (file.status === 'live' ? [...ids] : []));
    expect(scoring.length).toBeGreaterThan(0);
    expect(rules.length).toBeGreaterThan(10);
  });

  it('alert on no rule alone', () => {
    const alone = rules.filter((rule) => alertsOf([signalOf(rule)]).length > 0);
    expect(alone.map(({ id }) => id)).toEqual([]);
  });

  it('alert on no pair that is of one family, weak, or high without control or convergence', () => {
    const faults: string[] = [];
    let alerting = 0;
    for (const [i, a] of rules.entries()) {
      for (const b of rules.slice(i + 1)) {
        const ways = [[signalOf(a), signalOf(b)], [signalOf(a, b)], [signalOf(b, a)]];
        for (const signals of ways) {
          const alerts = alertsOf(signals);
          if (alerts.length > 0) alerting++;
          faults.push(...faultsOf([a, b], alerts));
        }
      }
    }
    expect(faults).toEqual([]);
    // Some pair alerts, or this looked at nothing.
    expect(alerting).toBeGreaterThan(0);
  });

  it('and what is wrong would be found', () => {
    const [live] = rules.filter(({ status, family }) => status === 'live' && !NEEDED_FOR_HIGH.has(family));
    const alert = { typology: 'K-X', level: 'high', indicators: [] } as unknown as Alert;
    expect(faultsOf([live!], [alert])).toContain(`K-X by ${live!.id}: of one family`);
    expect(faultsOf([live!], [alert])).toContain(`K-X by ${live!.id}: high without control or convergence`);
    expect(faultsOf([{ ...live!, weight: 2 }], [alert])).toContain(
      `K-X by ${live!.id}: without a strong rule`,
    );
  });
});
