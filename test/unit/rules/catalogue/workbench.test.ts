/** What the workbench says of the shipped catalogue: nothing to find, every case holds, and its cases show its conditions. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintText } from '../../../../rules/lint/index.ts';
import { caseLines, coverageOf, trialOf } from '../../../../rules/trial/index.ts';
import { packageRoot } from '../../../../schemas/package-root.ts';
import { lintCatalogue } from '../../../../services/workbench/lint.ts';
import { productionTrialOf } from '../../../../services/workbench/production-trial.ts';
import { loadCatalogue } from './catalogue.ts';

const { rules, context } = await loadCatalogue();
const trials = rules.map((rule) => trialOf(rule, context));
const coverage = coverageOf(trials);

/** Of all branches of all conditions. */
const SHARE_WANTED = 0.95;
/** Of one rule: a catalogue that is covered on the whole may still hold a rule that nothing tests. */
const SHARE_OF_EACH = 0.7;

describe('the shipped catalogue', () => {
  it('is clean: what a file may fail is allowed there with a reason', async () => {
    const { findings, everywhere, paths } = await lintCatalogue(join(packageRoot(), 'rules'));
    expect([...everywhere, ...findings].map(lintText)).toEqual([]);
    expect(paths.length).toBeGreaterThan(rules.length);
  });

  it('holds in every case', () => {
    const failed = trials.flatMap(({ rule, cases }) =>
      cases
        .filter(({ problems }) => problems.length > 0)
        .map((each) => [rule, each.name, ...caseLines(each)]),
    );
    expect(failed).toEqual([]);
  });

  it('fires in the production engine where it does in the reference', () => {
    const trialled = rules.flatMap((rule, at) =>
      productionTrialOf(rule, context).map((own, i) => ({
        of: `${rule.id}: ${own.case}`,
        ...own,
        expected: trials[at]!.cases[i]!.fired,
      })),
    );
    const alike = trialled.filter(({ unlike }) => unlike === null);
    expect(alike.filter(({ fired, expected }) => fired !== expected).map(({ of }) => of)).toEqual([]);
    expect(alike.length).toBeGreaterThan(0.95 * trialled.length);
    expect(alike.length).toBeGreaterThan(500);
  });

  it(`shows ${100 * SHARE_WANTED} % of the branches of its conditions, and most of each rule's`, () => {
    const { branches, seen, neverFired } = coverage;
    expect(branches).toBeGreaterThan(1_000);
    const missing = coverage.rules.filter((rule) => rule.seen < SHARE_OF_EACH * rule.branches);
    expect(missing.map(({ rule }) => rule)).toEqual([]);
    expect(seen / branches).toBeGreaterThanOrEqual(SHARE_WANTED);
    expect(neverFired).toEqual([]);
  });
});
