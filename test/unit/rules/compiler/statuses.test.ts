/** Rules that wait for an engine, rules that no program asks, and files that are read without their cases. */
import { describe, expect, it } from 'vitest';
import {
  catalogueOf,
  compileRule,
  compileRules,
  explainRule,
  mergeRuleSets,
  planRules,
  type RuleSource,
  runCases,
  withoutCases,
} from '../../../../rules/compiler/index.ts';
import { ruleText } from '../../../support/rules.ts';

const text = { es: 'x', en: 'x', fr: 'x' };
const waits = {
  id: 'TST-02',
  status: 'waiting',
  waitsFor: ['graph'],
  features: { n: { agg: 'count', where: 'cluster.accountsByPhone >= 3', over: '30d' } },
};

function codes(parts: Readonly<Record<string, unknown>>): string[] {
  const result = compileRule({ path: 'r.yaml', text: ruleText(parts) });
  return result.ok ? [] : result.findings.map(({ code, params }) => `${code} ${params['detail']}`);
}

function setOf(...sources: readonly string[]) {
  const result = compileRules(sources.map((each, i): RuleSource => ({ path: `${i}.yaml`, text: each })));
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.ruleSet;
}

describe('a rule that waits for an engine', () => {
  it('says which, reads something of it, and no other rule says so', () => {
    expect(codes(waits)).toEqual([]);
    expect(codes({ ...waits, waitsFor: undefined })).toEqual(['RAS-RULES-STATUS waitsFor']);
    expect(codes({ waitsFor: ['graph'] })).toEqual(['RAS-RULES-STATUS waitsFor']);
    const reads = codes({ status: 'waiting', waitsFor: ['crypto'] });
    expect(reads).toEqual(['RAS-RULES-STATUS cluster.*, pattern.*, taint.*, tag.*']);
    expect(codes({ ...waits, waitsFor: ['oracle'] })[0]).toContain('RAS-RULES-SHAPE');
  });

  it('is compiled, shown and tested, and is no part of what engines are given', () => {
    const cases = [
      {
        name: 'three',
        kind: 'fires',
        fires: true,
        events: [{ at: '2026-03-02T12:00:00Z', set: { 'cluster.accountsByPhone': 3 } }],
      },
      {
        name: 'two',
        kind: 'silent',
        fires: false,
        events: [{ at: '2026-03-02T12:00:00Z', set: { 'cluster.accountsByPhone': 2 } }],
      },
    ];
    const ruleSet = setOf(ruleText({}), ruleText({ ...waits, cases }));
    expect(ruleSet.rules.map(({ id }) => id)).toEqual(['TST-01']);
    expect(ruleSet.unevaluated.map(({ id }) => id)).toEqual(['TST-02']);
    expect(catalogueOf(ruleSet).map(({ id }) => id)).toEqual(['TST-01', 'TST-02']);
    const waiting = ruleSet.unevaluated[0]!;
    expect(
      runCases(waiting, { thresholdAt: () => null, isBusinessDay: () => null }).map(
        ({ problems }) => problems,
      ),
    ).toEqual([[], []]);
    expect(explainRule(waiting, 'en').waitsFor).toEqual(['graph']);
    const binding = { textId: () => 1, memberBit: () => 1, thresholdRange: () => undefined };
    const planned = [...planRules(ruleSet.rules, binding).values()].flatMap(({ rules }) => rules);
    expect(planned.map(({ rule }) => rule.id)).toEqual(['TST-01']);
  });

  it('changes the hash of the set, and a timeline shows those of its latest set', () => {
    const before = setOf(ruleText({}));
    const after = setOf(ruleText({}), ruleText(waits));
    expect(after.hash).not.toBe(before.hash);
    const merged = mergeRuleSets([before, { ...after, activeFrom: 5 }]);
    expect(merged.unevaluated.map(({ id }) => id)).toEqual(['TST-02']);
    expect(merged.rules.map(({ id }) => id)).toEqual(['TST-01']);
  });

  it('feeds no rule that is evaluated, and may feed one that waits too', () => {
    const over = {
      id: 'TST-03',
      input: 'signals',
      subject: 'holder',
      features: { n: { agg: 'count', where: 'signal.rule == "TST-02"', over: '30d' } },
    };
    const sources = (status: object) => [
      { path: 'a.yaml', text: ruleText(waits) },
      { path: 'b.yaml', text: ruleText({ ...over, ...status }) },
    ];
    const live = compileRules(sources({}));
    expect(live.ok ? [] : live.findings.map(({ code, path }) => [code, path])).toEqual([
      ['RAS-RULES-DANGLING', 'b.yaml'],
    ]);
    expect(compileRules(sources({ status: 'waiting', waitsFor: ['graph'] })).ok).toBe(true);
  });
});

describe('a rule that no program asks', () => {
  const manual = { status: 'manual', manualReason: text };
  const bare = { features: undefined, when: undefined, strength: undefined, cases: undefined };

  it('says why, and no other rule says so', () => {
    expect(codes(manual)).toEqual([]);
    expect(codes({ status: 'manual' })).toEqual(['RAS-RULES-STATUS manualReason']);
    expect(codes({ manualReason: text })).toEqual(['RAS-RULES-STATUS manualReason']);
  });

  it('needs no program, and never fires', () => {
    expect(codes({ ...manual, ...bare })).toEqual([]);
    expect(codes(bare).every((code) => code.startsWith('RAS-RULES-SHAPE'))).toBe(true);
    expect(codes(bare).length).toBeGreaterThan(0);
    const ruleSet = setOf(ruleText({ ...manual, ...bare }));
    expect(ruleSet.rules).toEqual([]);
    expect(explainRule(ruleSet.unevaluated[0]!, 'en').manualReason).toBe('x');
  });
});

describe('a file without its cases', () => {
  const CASES = `cases:
  - {name: x, kind: fires, fires: true, events: [{at: '2026-03-02T12:00:00Z', set: {amount: 1}}]}
`;
  const members = Object.entries(JSON.parse(ruleText({ cases: undefined })) as object);
  const whole = `${members.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('')}${CASES}`;

  it('is the same rule, and what stands after the line is not read', () => {
    const read = compileRule({ path: 'r.yaml', text: whole });
    const left = compileRule({ path: 'r.yaml', text: `${whole}  this is no YAML: [` }, { cases: 'left' });
    if (!read.ok || !left.ok) throw new Error(JSON.stringify([read, left]));
    expect(read.rule.file.cases).toHaveLength(1);
    expect(left.rule.file.cases).toEqual([]);
    expect(left.rule.contentHash).toBe(read.rule.contentHash);
    expect(compileRule({ path: 'r.yaml', text: `${whole}  this is no YAML: [` }).ok).toBe(false);
  });

  it('cuts cases and nothing else', () => {
    const late = `${whole}quiet: 20d\n`;
    const found = compileRule({ path: 'r.yaml', text: late });
    expect(found.ok ? [] : found.findings.map(({ code, line }) => [code, line])).toEqual([
      ['RAS-RULES-CASES', whole.split('\n').indexOf('cases:') + 1],
    ]);
    expect(withoutCases('a: |\n  cases:\nb: 1\n')).toBe('a: |\n  cases:\nb: 1\n');
  });

  it('lacks cases only where nobody reads them', () => {
    const text = withoutCases(whole);
    expect(compileRule({ path: 'r.yaml', text }).ok).toBe(false);
    expect(compileRule({ path: 'r.yaml', text }, { cases: 'left' }).ok).toBe(true);
    // Written in one line, as JSON is, nothing is cut; the cases are left out all the same.
    const json = compileRule({ path: 'r.yaml', text: ruleText({}) }, { cases: 'left' });
    expect(json.ok ? json.rule.file.cases : undefined).toEqual([]);
  });
});
