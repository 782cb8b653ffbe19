/** Cases through the engine that runs in production, and what its columns cannot hold. */
import { describe, expect, it } from 'vitest';
import { compileRule, type EvaluationContext } from '../../../../rules/compiler/index.ts';
import {
  heldAgainst,
  productionTrialOf,
  trialByBoth,
} from '../../../../services/workbench/production-trial.ts';
import { ruleText } from '../../../support/rules.ts';

const context: EvaluationContext = { thresholdAt: () => null, isBusinessDay: () => null };

function trialOf(parts: object, cases: readonly object[]) {
  const text = ruleText({
    features: { paid: { agg: 'sum', of: 'amount', where: 'kind == "transfer"', over: '30d' } },
    when: 'paid >= 30',
    strength: { of: 'paid', at: 30, full: 90 },
    cases: cases.map((each, i) => ({ name: `case ${i}`, kind: 'fires', fires: true, ...each })),
    ...parts,
  });
  const compiled = compileRule({ path: 'r.yaml', text });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
  return productionTrialOf(compiled.rule, context).map(({ fired, unlike }) => unlike ?? fired);
}

const payments = (times: number, set: object, more: object = {}) => ({
  events: [{ at: '2026-03-02T12:00:00Z', times, every: '1d', set: { amount: 10, ...set }, ...more }],
});

describe('a case through the production engine', () => {
  it.each(['account', 'holder', 'conductor', 'beneficiary'])('fires or not by itself, per %s', (subject) => {
    const cases = [
      payments(3, {}),
      payments(2, {}),
      payments(5, { kind: 'fee' }),
      payments(9, { amount: 9 }),
    ];
    expect(trialOf({ subject }, cases)).toEqual([true, false, false, true]);
  });

  it('loses what is taken back', () => {
    const cases = [payments(3, {}), payments(3, {}, { reversedAfter: '1h' })];
    expect(trialOf({}, cases)).toEqual([true, false]);
  });

  it('is told apart where the columns cannot hold what it says', () => {
    const parts = {
      features: { paid: { agg: 'sum', of: 'amount', where: 'kind == "transfer"', over: '30d' } },
    };
    const [answer, other] = trialOf(parts, [payments(3, { kind: 'barter' }), payments(3, {})]);
    expect(answer).toBe('kind is barter in the case and null in the columns');
    expect(other).toBe(true);
  });

  it('that it answers otherwise than the reference does not hold', () => {
    const compiled = compileRule({ path: 'r.yaml', text: ruleText({}) });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
    const trial = trialByBoth(compiled.rule, context);
    const problems = (fired: boolean, unlike: string | null) =>
      heldAgainst(trial, [{ case: 'x', fired, unlike }]).cases.map((each) => each.problems);
    expect(trial.cases.map((each) => [each.fired, each.problems])).toEqual([[true, []]]);
    expect(problems(true, null)).toEqual([[]]);
    expect(problems(false, null)).toEqual([['the production engine does not fire it']]);
    expect(problems(false, 'kind is barter in the case and null in the columns')).toEqual([[]]);
  });

  it('is asked of rules that the engine evaluates over events, and of no others', () => {
    const waiting = { status: 'waiting', waitsFor: ['graph'] };
    const features = { n: { agg: 'count', where: 'cluster.accountsByPhone >= 3', over: '30d' } };
    const reads = { features, when: 'n >= 1', strength: { of: 'n', at: 1, full: 9 } };
    expect(trialOf({ ...waiting, ...reads }, [payments(1, {})])).toEqual([]);
  });
});
