import { describe, expect, it } from 'vitest';
import { compileRule, type EvaluationContext, runCases } from '../../../../rules/compiler/index.ts';

const context: EvaluationContext = { thresholdAt: () => null, isBusinessDay: () => true };

function rule(cases: string, where = 'kind == "cash_deposit" && isNight'): string {
  return `
id: TST-01
version: 1.0.0
status: live
title: {en: Night cash, es: Efectivo nocturno, fr: Argent de nuit}
form: laundering
family: TIM
weight: 1
holderRole: unknown
subject: account
jurisdictions: [MX]
sources: [{document: none, year: 2026}]
features:
  nights: {agg: distinct, of: nightOf, where: '${where}', over: 30d}
  paid: {agg: sum, of: amount, where: '${where}', over: 30d}
when: nights >= 2 && paid >= 100
strength: {of: nights, at: 2, full: 4}
attributions: [{to: holder, role: unknown, weight: 1, why: {en: a, es: b, fr: c}}]
explain: {en: '{nights} nights', es: '{nights} noches', fr: '{nights} nuits'}
cases:
${cases}`;
}

function run(cases: string) {
  const compiled = compileRule({ path: 'TST-01.yaml', text: rule(cases) });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
  return runCases(compiled.rule, context);
}

describe('runCases', () => {
  it('lays a case over an ordinary row and takes the calendar from the offset', () => {
    const [result] = run(`
  - name: two nights that are one UTC day
    kind: fires
    fires: true
    expect: {nights: 2, paid: 200}
    events:
      - {at: '2026-03-01T23:00:00-06:00', set: {kind: cash_deposit, amount: 100}}
      - {at: '2026-03-02T22:00:00-06:00', set: {kind: cash_deposit, amount: 100}}`);
    expect(result).toMatchObject({ expected: true, fired: true, problems: [] });
  });

  it('counts the hours after midnight to the night before', () => {
    const [result] = run(`
  - name: one night
    kind: silent
    fires: false
    expect: {nights: 1}
    events:
      - {at: '2026-03-01T23:00:00-06:00', set: {kind: cash_deposit}}
      - {at: '2026-03-02T05:59:00-06:00', set: {kind: cash_deposit}}`);
    expect(result?.problems).toEqual([]);
  });

  it('says what differs', () => {
    const [silent, fires] = run(`
  - name: should fire
    kind: fires
    fires: true
    expect: {nights: 3, unknownFeature: 1}
    events:
      - {at: '2026-03-01T23:00:00-06:00', set: {kind: cash_deposit}}
  - name: should not fire
    kind: silent
    fires: false
    events:
      - {at: '2026-03-01T23:00:00-06:00', times: 2, every: 24h, set: {kind: cash_deposit}}`);
    expect(silent?.problems).toEqual([
      'the rule does not fire',
      'nights is 1 instead of 3',
      'no feature unknownFeature',
    ]);
    expect(fires?.problems).toEqual(['the rule fires']);
  });

  it('refuses fields that do not exist or that only the history can give', () => {
    const [result] = run(`
  - name: unknown fields
    kind: silent
    fires: false
    events:
      - {at: '2026-03-01T23:00:00-06:00', set: {kindd: cash_deposit, pairAgeMs: 5}}`);
    expect(result?.problems).toEqual(['a case cannot set kindd', 'a case cannot set pairAgeMs']);
  });

  it('numbers copies, and takes a reversal away from its own time on', () => {
    const [before, after] = run(`
  - name: reversed after the second night
    kind: fires
    fires: true
    expect: {nights: 2}
    events:
      - {at: '2026-03-01T23:00:00-06:00', times: 2, every: 24h, set: {kind: cash_deposit, amount: 100, counterparty: 'p-{i}'}, reversedAfter: 10d}
  - name: reversed before the second night
    kind: silent
    fires: false
    expect: {nights: 1}
    events:
      - {at: '2026-03-01T23:00:00-06:00', times: 2, every: 24h, set: {kind: cash_deposit, amount: 100}, reversedAfter: 1h}`);
    expect(before?.problems).toEqual([]);
    expect(after?.problems).toEqual([]);
  });

  it('sees a date-only row as having no time of day', () => {
    const [result] = run(`
  - name: dates
    kind: silent
    fires: false
    expect: {nights: null}
    events:
      - {at: '2026-03-01T00:00:00Z', times: 5, every: 24h, set: {kind: cash_deposit, precision: day}}`);
    expect(result?.problems).toEqual([]);
  });
});

describe('supplied properties', () => {
  const withProperty = (status: string) =>
    rule(`
  - name: said
    kind: fires
    fires: true
    expect: {paid: 200}
    events:
      - {at: '2026-03-01T23:00:00-06:00', times: 2, every: 24h, set: {amount: 100, tag.counterparty: [mixer]}}
  - name: not said, and so unknown
    kind: silent
    fires: false
    expect: {paid: null}
    events:
      - {at: '2026-03-01T23:00:00-06:00', times: 2, every: 24h, set: {amount: 100}}`).replace(
      'status: live',
      status === 'waiting' ? 'status: waiting\nwaitsFor: [crypto]' : `status: ${status}`,
    );

  it('are set by the cases of a rule that waits for them, and null where they are not', () => {
    const text = withProperty('waiting').replaceAll(
      'kind == "cash_deposit" && isNight',
      '"mixer" in tag.counterparty',
    );
    const compiled = compileRule({ path: 'TST-01.yaml', text });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
    expect(runCases(compiled.rule, context).map(({ problems }) => problems)).toEqual([[], []]);
  });

  it('cannot be set for a rule that may not read them', () => {
    const compiled = compileRule({ path: 'TST-01.yaml', text: withProperty('live') });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
    expect(runCases(compiled.rule, context)[0]?.problems).toContain('a case cannot set tag.counterparty');
  });
});
