/** Trials: what a case that does not hold says, and which branches count as seen. */
import { describe, expect, it } from 'vitest';
import { compileRule, type EvaluationContext } from '../../../../rules/compiler/index.ts';
import { caseLines, coverageOf, type RuleTrial, trialOf } from '../../../../rules/trial/index.ts';
import { ruleText } from '../../../support/rules.ts';

const context: EvaluationContext = { thresholdAt: () => null, isBusinessDay: () => null };

interface Given {
  readonly fires: boolean;
  readonly name?: string;
  readonly amounts: readonly number[];
  readonly set?: object;
}

/** Three or more payments in, one of them large; a relative's do not count. */
function tried(cases: readonly Given[], parts: object = {}): RuleTrial {
  const text = ruleText({
    params: { few: { value: 3, unit: 'count', provenance: 'default' } },
    let: { strange: 'direction == "in" && !isKin' },
    features: {
      n: { agg: 'count', where: 'strange', over: '30d' },
      most: { agg: 'max', of: 'amount', where: 'strange', over: '30d' },
      kin: { agg: 'count', where: 'isKin', over: '30d', evidence: false },
    },
    when: 'n >= params.few && (most >= 500 || n >= 20)',
    benign: [{ id: 'B01', note: { es: 'x', en: 'x', fr: 'x' }, when: 'kin > 1', effect: 'blocks' }],
    strength: { of: 'n', at: 3, full: 9 },
    cases: cases.map(({ name = 'case', fires, amounts, set }) => ({
      name,
      kind: fires ? 'fires' : 'silent',
      fires,
      events: amounts.map((amount, i) => ({ at: `2026-03-0${i + 1}T12:00:00Z`, set: { amount, ...set } })),
    })),
    ...parts,
  });
  const compiled = compileRule({ path: 'r.yaml', text });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
  return trialOf(compiled.rule, context);
}

/** Atoms by `condition true false`, as `+` seen and `-` not. */
function branchesOf({ branches }: RuleTrial): string[] {
  return branches.map(
    ({ where, condition, seenTrue, seenFalse }) =>
      `${where}: ${condition} ${seenTrue ? '+' : '-'}${seenFalse ? '+' : '-'}`,
  );
}

describe('a case that does not hold', () => {
  it('shows each feature with its value and bar as of the nearest event, and what was not true', () => {
    const trial = tried([{ fires: true, amounts: [100, 200, 300] }]);
    expect(trial.cases[0]).toMatchObject({ fired: false, expected: true });
    expect(caseLines(trial.cases[0]!)).toEqual([
      'the rule does not fire',
      'as of event 3, 2026-03-03T12:00:00.000Z:',
      '  n     3, asked >= 3',
      '  most  300, asked >= 500',
      '  kin   0',
      '  when: most >= 500 is false',
      '  when: n >= 20 is false',
    ]);
  });

  it('that fires shows what the rule saw when it did', () => {
    const trial = tried([{ fires: false, amounts: [100, 600, 300, 700] }]);
    const lines = caseLines(trial.cases[0]!);
    expect(lines.slice(0, 3)).toEqual([
      'the rule fires',
      'as of event 3, 2026-03-03T12:00:00.000Z:',
      '  n     3, asked >= 3',
    ]);
  });

  it('names the benign test that kept it silent', () => {
    const mixed = [
      { at: '2026-03-01T12:00:00Z', times: 2, every: '1h', set: { isKin: true } },
      { at: '2026-03-02T12:00:00Z', times: 3, every: '1h', set: { amount: 900 } },
    ];
    const trial = tried([], { cases: [{ name: 'x', kind: 'fires', fires: true, events: mixed }] });
    expect(caseLines(trial.cases[0]!)).toContain('  benign B01: kin > 1 is true');
  });

  it('that holds shows nothing', () => {
    const trial = tried([{ fires: true, amounts: [100, 200, 900] }]);
    expect(trial.cases[0]!.sight).toBeNull();
    expect(caseLines(trial.cases[0]!)).toEqual([]);
  });
});

describe('branches', () => {
  it('are seen where a case shows them, whichever other condition decides', () => {
    const one = tried([{ fires: true, amounts: [100, 200, 900] }]);
    expect(branchesOf(one)).toEqual([
      'events: direction == "in" +-',
      'events: isKin -+',
      'when: n >= 3 ++',
      'when: most >= 500 ++',
      'when: n >= 20 -+',
      'benign B01: kin > 1 -+',
    ]);
    const both = tried([
      { fires: true, amounts: [100, 200, 900] },
      { fires: false, amounts: [900, 900, 900], set: { isKin: true } },
      { fires: false, amounts: [900], set: { direction: 'out' } },
    ]);
    expect(branchesOf(both)).toEqual([
      'events: direction == "in" ++',
      'events: isKin ++',
      'when: n >= 3 ++',
      'when: most >= 500 ++',
      'when: n >= 20 -+',
      'benign B01: kin > 1 ++',
    ]);
  });

  it('that were only ever unknown are not seen', () => {
    const trial = tried([{ fires: false, amounts: [100], set: { isKin: null } }]);
    expect(branchesOf(trial)).toContain('events: isKin --');
  });

  it('are counted, and what is missing is named', () => {
    const fired = tried([{ fires: true, amounts: [100, 200, 900] }]);
    const silent = { ...tried([{ fires: false, amounts: [1] }]), rule: 'TST-02' };
    const coverage = coverageOf([fired, silent]);
    expect(coverage.rules[0]).toMatchObject({ rule: 'TST-01', branches: 12, seen: 8 });
    expect(coverage.rules[0]!.missing).toEqual([
      { where: 'events', condition: 'direction == "in"', never: false },
      { where: 'events', condition: 'isKin', never: true },
      { where: 'when', condition: 'n >= 20', never: true },
      { where: 'benign B01', condition: 'kin > 1', never: true },
    ]);
    expect(coverage.neverFired).toEqual(['TST-02']);
    expect([coverage.branches, coverage.seen]).toEqual([24, 8 + coverage.rules[1]!.seen]);
    expect(coverageOf([{ ...silent, status: 'manual' }]).neverFired).toEqual([]);
  });
});
