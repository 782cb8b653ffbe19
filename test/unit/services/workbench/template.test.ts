/** A new rule works as it stands, whatever was asked for. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileRule, runCases } from '../../../../rules/compiler/index.ts';
import { coverageOf, trialOf } from '../../../../rules/trial/index.ts';
import { FAMILIES, FORMS } from '../../../../schemas/enumerations.ts';
import { ruleTemplate, TEMPLATE_SUBJECTS } from '../../../../services/workbench/template.ts';
import { loadCatalogue } from '../../rules/catalogue/catalogue.ts';

const { context } = await loadCatalogue();
const text = (over: Partial<Parameters<typeof ruleTemplate>[0]> = {}) =>
  ruleTemplate({
    id: 'LAB-90',
    name: 'x',
    title: "Fees of one foreman's people: half a wage",
    form: 'labour_exploitation',
    family: 'FLW',
    subject: 'account',
    schema: '../../rule.schema.json',
    year: 2026,
    ...over,
  });

test.each(TEMPLATE_SUBJECTS)(
  'per %s it compiles, all of its cases hold, and they show every branch',
  (subject) => {
    const compiled = compileRule({ path: 'LAB-90-x.yaml', text: text({ subject }) });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
    const cases = runCases(compiled.rule, context);
    expect(new Set(cases.map(({ kind }) => kind))).toEqual(
      new Set(['fires', 'silent', 'boundary', 'benign_twin']),
    );
    expect(cases.flatMap(({ problems }) => problems)).toEqual([]);
    const { branches, seen, neverFired } = coverageOf([trialOf(compiled.rule, context)]);
    expect({ seen, neverFired }).toEqual({ seen: branches, neverFired: [] });
  },
);

test('every form and family can be asked for', () => {
  const all = [...FORMS.map((form) => text({ form })), ...FAMILIES.map((family) => text({ family }))];
  for (const each of all) expect(compileRule({ path: 'x.yaml', text: each }).ok).toBe(true);
});

test('it is shown to no analyst, says what is to change, and keeps a title of any sort', () => {
  const data = parse(text()) as { status: string; title: { en: string; es: string; fr: string } };
  expect(data.status).toBe('experimental');
  expect(data.title.en).toBe("Fees of one foreman's people: half a wage");
  expect(new Set(Object.values(data.title)).size).toBe(3);
  expect(text().match(/# CHANGE/g)?.length).toBeGreaterThan(5);
  expect(text()).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/rule\.schema\.json\n/);
});
