/** A new composite works as it stands, over whichever rules it is asked for. */
import { expect, test } from 'vitest';
import { compileComposites } from '../../../../pipelines/compose/index.ts';
import { compositeTrialOf } from '../../../../pipelines/compose/trial/index.ts';
import { catalogueOf } from '../../../../rules/compiler/index.ts';
import { coverageOf } from '../../../../rules/trial/index.ts';
import { compositeCaseFindings } from '../../../../services/workbench/composite-lint.ts';
import { compositeTemplate, pointsOf } from '../../../../services/workbench/composite-template.ts';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';

const knowledge = await loadKnowledge();
const rules = catalogueOf(knowledge.ruleSet).filter((rule) => rule.status !== 'manual' && pointsOf(rule) > 0);

const textOf = (...[first, second, ...others]: typeof rules) =>
  compositeTemplate({
    id: 'K-OWN',
    title: "What two rules say of one foreman's account",
    form: 'labour_exploitation',
    rules: [first!, second!, ...others],
    schema: '../composite.schema.json',
    year: 2026,
  });

test('over any two rules of two families, one of them strong, its cases hold and show every branch', () => {
  let made = 0;
  for (const first of rules) {
    for (const second of rules) {
      if (first.family === second.family || Math.max(first.weight, second.weight) < 3) continue;
      const source = { path: 'K-OWN.yaml', text: textOf(first, second) };
      const checked = compileComposites([source], knowledge.ruleSet, knowledge.playbook);
      if (!checked.ok) throw new Error(JSON.stringify([first.id, second.id, checked.findings]));
      const [composite] = checked.value;
      const trial = compositeTrialOf(composite!, knowledge.ruleSet, knowledge);
      const problems = trial.cases.flatMap(({ name, problems: found }) =>
        found.map((each) => `${name}: ${each}`),
      );
      expect(problems, `${first.id} ${second.id}`).toEqual([]);
      const { branches, seen } = coverageOf([{ ...trial, rule: 'K-OWN' }]);
      expect(seen, `${first.id} ${second.id}`).toBe(branches);
      if (made++ === 0) expect(compositeCaseFindings(checked.value, [source])).toEqual([]);
      // Every pair of so many rules says nothing more.
      if (made % 40 === 0) break;
    }
  }
  expect(made).toBeGreaterThan(300);
});

test('rules of one family are refused, and so are weak ones alone', () => {
  const ofFamily = rules.filter(({ family, weight }) => family === 'COL' && weight >= 3);
  const weak = rules.filter(({ weight }) => weight < 3);
  const other = weak.find(({ family }) => family !== weak[0]!.family)!;
  for (const [pair, code] of [
    [[ofFamily[0]!, ofFamily[1]!], 'RAS-COMPOSITE-ONE-FAMILY'],
    [[weak[0]!, other], 'RAS-COMPOSITE-WEAK'],
  ] as const) {
    const source = { path: 'K-OWN.yaml', text: textOf(...pair) };
    const checked = compileComposites([source], knowledge.ruleSet, knowledge.playbook);
    expect(checked.ok ? [] : checked.findings.map((finding) => finding.code)).toContain(code);
  }
});
