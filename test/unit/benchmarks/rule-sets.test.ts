import { describe, expect, test } from 'vitest';
import { ruleSetOf, silentRuleSet } from '../../../benchmarks/rules/rule-sets.ts';
import { FactDictionary } from '../../../pipelines/facts/dictionary.ts';
import { planRules } from '../../../rules/compiler/index.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';

const knowledge = await loadKnowledge({ cases: true });
const plansOf = (rules: Parameters<typeof planRules>[0]) => planRules(rules, new FactDictionary([1, 2]));

describe('rule sets for measuring', () => {
  test('as many rules as wanted, all different, the shipped ones among them', () => {
    const shipped = knowledge.ruleSet.rules.filter(({ input }) => input === 'events');
    const wanted = shipped.length + 10;
    const { rules } = ruleSetOf(knowledge, wanted);
    expect(rules).toHaveLength(wanted);
    expect(new Set(rules.map(({ id }) => id)).size).toBe(wanted);
    expect(rules.map(({ id }) => id)).toEqual(expect.arrayContaining(shipped.map(({ id }) => id)));
    const contents = rules.map(({ file: { id: _id, ...content } }) => JSON.stringify(content));
    expect(new Set(contents).size).toBe(wanted);
  });

  test('the silent set keeps the same kinds of subjects, and asks nothing that an event can answer', () => {
    const silent = plansOf(silentRuleSet(knowledge, knowledge.ruleSet).rules);
    expect([...silent.keys()].sort()).toEqual([...plansOf(knowledge.ruleSet.rules).keys()].sort());
    for (const { layout } of silent.values()) expect(layout.bytes).toBe(64);
  });
});
