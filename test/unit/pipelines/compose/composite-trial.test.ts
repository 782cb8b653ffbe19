/** Cases of composites: what they mean, what is refused of them, what one that does not hold says, and which branches count as seen. */
import { describe, expect, it } from 'vitest';
import { compileComposites } from '../../../../pipelines/compose/index.ts';
import {
  type CompositeTrial,
  compositeCaseLines,
  compositeTrialOf,
} from '../../../../pipelines/compose/trial/index.ts';
import { coverageOf } from '../../../../rules/trial/index.ts';
import {
  type CompositeSketch,
  compositeText,
  EVALUATION,
  PLAYBOOK,
  rulesOf,
  ruleText,
  signalRuleText,
} from '../../../support/compose.ts';

const PROTECTED = { to: 'holder', role: 'potential_victim', weight: 0 } as const;

/** Hand-overs to a collector, receipts that are seen on their holder alone, cash of one's own, and rules that do not count yet. */
const RULES = rulesOf([
  ruleText({
    id: 'SEX-08',
    family: 'CTL',
    weight: 4,
    holderRole: 'potential_victim',
    attributions: [{ to: 'collector', role: 'suspected_controller', weight: 0.5 }, PROTECTED],
  }),
  ruleText({
    id: 'SEX-07',
    family: 'FLW',
    weight: 3,
    holderRole: 'potential_victim',
    attributions: [PROTECTED],
  }),
  signalRuleText('SEX-09', 'SEX-08', 'COL', 5),
  ruleText({ id: 'AML-01', family: 'CSH', weight: 3 }),
  ruleText({ id: 'OCS-01', family: 'FLW', weight: 3, status: 'experimental' }),
]);

const REQUIRES = `
  - all:
      - {min: 1, of: [{rule: SEX-08, on: own}, {rule: SEX-09, on: own}]}
      - {min: 1, of: [{rule: SEX-07, on: companion}, {rule: AML-01, on: own}, {rule: OCS-01, on: own}]}`;
const BENIGN = '[{id: T01, rule: SEX-07, note: {en: a, es: b, fr: c}, lowers_milli: 700}]';

const given = (signals: string, rest = 'fires: true', name = 'case') =>
  `  - {name: ${name}, kind: boundary, signals: ${signals}, ${rest}}`;

function compiled(cases: readonly string[], sketch: Partial<CompositeSketch> = {}) {
  const text = `${compositeText({ requires: REQUIRES, ...sketch })}${cases.length === 0 ? 'cases: []' : `cases:\n${cases.join('\n')}`}\n`;
  return compileComposites([{ path: 'k.yaml', text }], RULES, PLAYBOOK);
}

function tried(cases: readonly string[], sketch: Partial<CompositeSketch> = {}): CompositeTrial {
  const result = compiled(cases, sketch);
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return compositeTrialOf(result.value[0]!, RULES, { evaluation: EVALUATION, playbook: PLAYBOOK });
}

const outcomeOf = (signals: string, rest?: string, sketch?: Partial<CompositeSketch>) =>
  tried([given(signals, rest)], sketch).cases[0]!.outcome;

describe('what a case means', () => {
  it('a rule alone is an own signal, fresh and strong, with the weight that the rule gives', () => {
    expect(outcomeOf('[SEX-08, AML-01]')).toEqual({
      level: 'high',
      scoreMilli: 5000,
      lifeSafety: 'no',
      families: ['CSH', 'CTL'],
      benign: [],
    });
    expect(outcomeOf('[{rule: SEX-08, weight: 1, strengthMilli: 500}, AML-01]').scoreMilli).toBe(5000);
  });

  it('a companion has the weight of its carrier, and every holder is one of their own', () => {
    expect(outcomeOf('[SEX-08, {rule: SEX-07, on: companion}]').scoreMilli).toBe(2000 + 1500);
    const apart =
      '[SEX-08, {rule: SEX-08, observed: b, weight: 1}, {rule: SEX-07, on: companion, observed: b}]';
    expect(outcomeOf(apart).scoreMilli).toBe(4000 + 3000);
  });

  it('of a companion the last state until its carrier fired is carried', () => {
    const states =
      '{rule: SEX-07, on: companion, ago: 2h, strengthMilli: 400}, {rule: SEX-07, on: companion, ago: 1h, strengthMilli: 800}';
    expect(outcomeOf(`[{rule: SEX-08, ago: 90m}, SEX-08, ${states}]`).scoreMilli).toBe(2000 + 1200);
  });

  it('a rule over signals stands because the case says so', () => {
    expect(outcomeOf('[SEX-09, AML-01]').scoreMilli).toBe(8000);
    // Two hand-overs would make SEX-09 fire; here it is not there.
    expect(outcomeOf('[{rule: SEX-08, observed: a}, {rule: SEX-08, observed: b}, AML-01]').scoreMilli).toBe(
      5000,
    );
  });

  it('who is named without weight is not scored', () => {
    const trial = tried([
      given('[{rule: SEX-08, on: weightless}, {rule: SEX-07, on: weightless}]', 'fires: false'),
    ]);
    expect(trial.cases[0]).toMatchObject({
      fired: false,
      problems: [],
      outcome: { level: null, scoreMilli: 0 },
    });
  });

  it('a benign term of the same instant is there before the rest is scored, wherever it is written', () => {
    for (const signals of [
      '[SEX-09, AML-01, {rule: SEX-07, on: weightless}]',
      '[{rule: SEX-07, on: weightless}, AML-01, SEX-09]',
    ])
      expect(outcomeOf(signals, undefined, { benign: BENIGN })).toMatchObject({
        scoreMilli: 7300,
        benign: ['T01'],
      });
  });

  it('a signal as old as the window counts no more, one a minute younger does', () => {
    expect(outcomeOf('[SEX-09, {rule: AML-01, ago: 60d}]').level).toBeNull();
    expect(outcomeOf('[SEX-09, {rule: AML-01, ago: 86399m}]').level).toBe('high');
    // As of the last signal, whichever it is.
    const times = '[{rule: SEX-09, at: 2026-01-01T00:00:00Z}, {rule: AML-01, at: 2026-03-02T00:00:00.001Z}]';
    expect(outcomeOf(times).level).toBeNull();
  });

  it('a rule that is not live counts where the case assumes it, in a composite of any status', () => {
    for (const status of ['live', 'waiting', 'experimental']) {
      expect(outcomeOf('[SEX-09, OCS-01]', undefined, { status }).level).toBeNull();
      expect(outcomeOf('[SEX-09, OCS-01]', 'fires: true, assumes: [OCS-01]', { status }).scoreMilli).toBe(
        8000,
      );
    }
  });

  it('a life-safety rule alone is told apart', () => {
    const lifeSafety = `
  rules: [SEX-08]
  reason: {en: a, es: a, fr: a}
  alone: {rules: [SEX-08], why: {en: a, es: a, fr: a}, narrative: {en: a, es: a, fr: a}}`;
    const alone = outcomeOf('[{rule: SEX-08, on: weightless}]', undefined, { lifeSafety });
    expect(alone).toEqual({ level: 'medium', scoreMilli: 0, lifeSafety: 'alone', families: [], benign: [] });
    expect(outcomeOf('[SEX-08, AML-01]', undefined, { lifeSafety }).lifeSafety).toBe('flag');
  });
});

describe('what is refused', () => {
  const refusedOf = (signals: string, rest?: string) => {
    const result = compiled([given(signals, rest)]);
    return result.ok ? [] : result.findings.map(({ code, line, col }) => `${code} ${line}:${col}`);
  };
  const line = `${compositeText({ requires: REQUIRES })}cases:\n`.split('\n').length;
  const at = (signals: string, rest: string, part: string) =>
    `${line}:${given(signals, rest).indexOf(part) + 1}`;

  it.each`
    what                                   | code                            | signals                                                       | rest                                      | part
    ${'an unknown rule'}                   | ${'RAS-COMPOSITE-UNKNOWN-RULE'} | ${'[SEX-08, XXX-01]'}                                         | ${'fires: true'}                          | ${'XXX-01'}
    ${'an unknown rule that is assumed'}   | ${'RAS-COMPOSITE-UNKNOWN-RULE'} | ${'[SEX-08]'}                                                 | ${'fires: true, assumes: [XXX-02]'}       | ${'XXX-02'}
    ${'a live rule that is assumed'}       | ${'RAS-COMPOSITE-CASE-ASSUMES'} | ${'[SEX-08]'}                                                 | ${'fires: true, assumes: [AML-01]'}       | ${'AML-01'}
    ${'a term that is not there'}          | ${'RAS-COMPOSITE-CASE-TERM'}    | ${'[SEX-08]'}                                                 | ${'fires: true, expect: {benign: [T99]}'} | ${'T99'}
    ${'weight that no rule gives'}         | ${'RAS-COMPOSITE-CASE-SIGNAL'}  | ${'[SEX-07]'}                                                 | ${'fires: true'}                          | ${'SEX-07'}
    ${'weight on another that is its own'} | ${'RAS-COMPOSITE-CASE-SIGNAL'}  | ${'[{rule: AML-01, observed: b}]'}                            | ${'fires: true'}                          | ${'AML-01'}
    ${'a holder of weight without it'}     | ${'RAS-COMPOSITE-CASE-SIGNAL'}  | ${'[{rule: AML-01, on: weightless}]'}                         | ${'fires: true'}                          | ${'AML-01'}
    ${'weight on who has none'}            | ${'RAS-COMPOSITE-CASE-SIGNAL'}  | ${'[{rule: SEX-08, on: weightless, weight: 1}]'}              | ${'fires: true'}                          | ${'SEX-08'}
    ${'a companion over signals'}          | ${'RAS-COMPOSITE-CASE-SIGNAL'}  | ${'[SEX-08, {rule: SEX-09, on: companion}]'}                  | ${'fires: true'}                          | ${'SEX-09'}
    ${'a companion of another holder'}     | ${'RAS-COMPOSITE-CASE-CARRIER'} | ${'[SEX-08, {rule: SEX-07, on: companion, observed: b}]'}     | ${'fires: true'}                          | ${'{rule: SEX-07'}
    ${'a companion after its carrier'}     | ${'RAS-COMPOSITE-CASE-CARRIER'} | ${'[{rule: SEX-08, ago: 1h}, {rule: SEX-07, on: companion}]'} | ${'fires: true'}                          | ${'{rule: SEX-07'}
  `('$what, with its place', ({ code, signals, rest, part }) => {
    expect(refusedOf(signals, rest)).toEqual([`${code} ${at(signals, rest, part)}`]);
  });

  it('a shape that is none', () => {
    expect(refusedOf('[]')).toEqual([expect.stringContaining('RAS-COMPOSITE-SCHEMA')]);
    expect(refusedOf('[SEX-08]', 'fires: true, expect: {score: 1}')).toEqual([
      expect.stringContaining('RAS-COMPOSITE-SCHEMA'),
    ]);
  });

  it('cases that are not the end of the file', () => {
    const text = `cases:\n${given('[SEX-08]')}\n${compositeText({ requires: REQUIRES }).trim()}\n`;
    const result = compileComposites([{ path: 'k.yaml', text }], RULES, PLAYBOOK);
    expect(result.ok ? [] : result.findings.map(({ code }) => code)).toEqual(['RAS-RULES-CASES']);
  });

  it('nothing where cases are left', () => {
    const text = `${compositeText({ requires: REQUIRES })}cases:\n${given('[XXX-01]')}\n`;
    const result = compileComposites([{ path: 'k.yaml', text }], RULES, PLAYBOOK, 'left');
    expect(result.ok && result.value[0]?.cases).toEqual([]);
    expect(result.ok && 'cases' in result.value[0]!.file).toBe(false);
  });
});

describe('a case that does not hold', () => {
  const linesOf = (signals: string, rest: string, sketch?: Partial<CompositeSketch>) =>
    compositeCaseLines(tried([given(signals, rest)], sketch).cases[0]!);

  it('shows which clause lacks what, and which part gave which points', () => {
    const signals = '[SEX-08, {rule: AML-01, ago: 60d}, OCS-01, {rule: SEX-07, on: weightless}]';
    expect(linesOf(signals, 'fires: true', { benign: BENIGN })).toEqual([
      'the composite does not fire',
      'as of 2026-03-02T12:00:00.000Z:',
      '  requires 1.1: holds 1 of SEX-08, SEX-09; has SEX-08',
      '  requires 1.2: LACKS 1 of SEX-07 (companion), AML-01, OCS-01; has none',
      '    2.000  SEX-08 CTL, own, of holder a: 4 × 1000 × 1000 × 500 ‰',
      '   -0.700  SEX-07, benign T01',
      '    1.300  sum; medium from 3.000, high from 5.000; families: CTL',
      '  AML-01 counts for nothing: older than 60d',
      '  OCS-01 counts for nothing: the composite does not name it, or it is not live',
    ]);
  });

  it('names what was expected, whether or not it fires as it should', () => {
    const rest = 'fires: false, expect: {level: medium, scoreMilli: 8000, families: [COL], lifeSafety: flag}';
    expect(linesOf('[SEX-09, AML-01]', rest).slice(0, 4)).toEqual([
      'the composite fires',
      'level is high, expected medium',
      'lifeSafety is no, expected flag',
      'families is [COL, CSH], expected [COL]',
    ]);
  });

  it('that holds shows nothing', () => {
    expect(linesOf('[SEX-09, AML-01]', 'fires: true, expect: {families: [CSH, COL]}')).toEqual([]);
  });
});

describe('which branches count as seen', () => {
  /** Branches by `where true false`, as `+` seen and `-` not. */
  const seenBy = (cases: readonly [string, string?][], sketch: Partial<CompositeSketch> = {}) =>
    tried(
      cases.map(([signals, rest], i) => given(signals, rest ?? 'fires: true', `n${i}`)),
      sketch,
    ).branches.map(
      ({ where, seenTrue, seenFalse }) => `${where} ${seenTrue ? '+' : '-'}${seenFalse ? '+' : '-'}`,
    );

  it('a clause that is met, and one that alone is missing', () => {
    expect(seenBy([])).toEqual(['requires 1.1 --', 'requires 1.2 --', 'within --', 'levels --']);
    expect(seenBy([['[SEX-09, AML-01]']])).toEqual([
      'requires 1.1 +-',
      'requires 1.2 +-',
      'within +-',
      'levels +-',
    ]);
    expect(seenBy([['[SEX-09]'], ['[AML-01]']])).toEqual([
      'requires 1.1 -+',
      'requires 1.2 -+',
      'within --',
      'levels --',
    ]);
  });

  it('not where two alternatives hold, and not where two clauses are missing', () => {
    const requires = `${REQUIRES}
  - all: [{min: 1, of: [{rule: SEX-09, on: own}]}, {min: 1, of: [{rule: AML-01, on: own}]}]`;
    const [first, , third] = seenBy([['[SEX-09, AML-01]'], ['[{rule: SEX-08, on: weightless}]']], {
      requires,
    });
    expect([first, third]).toEqual(['requires 1.1 --', 'requires 2.1 --']);
    expect(seenBy([['[SEX-08, AML-01]']], { requires })[0]).toBe('requires 1.1 +-');
  });

  it('what age alone takes, a level that is not high, a term', () => {
    expect(seenBy([['[SEX-09, {rule: AML-01, ago: 60d}]']])).toContain('within -+');
    const weak = '[{rule: SEX-09, strengthMilli: 300}, {rule: AML-01, strengthMilli: 600}]';
    expect(seenBy([[weak]])).toContain('levels -+');
    const terms = [['[SEX-09, AML-01]'], ['[SEX-09, AML-01, {rule: SEX-07, on: weightless}]']] as [string][];
    expect(seenBy(terms.slice(0, 1), { benign: BENIGN })).toContain('benign T01 -+');
    expect(seenBy(terms, { benign: BENIGN })).toContain('benign T01 ++');
  });

  it('no level high where no rule can make one', () => {
    const requires = `
  - all: [{min: 1, of: [{rule: SEX-07, on: companion}]}, {min: 1, of: [{rule: AML-01, on: own}]}]`;
    expect(seenBy([], { requires })).toEqual(['requires 1.1 --', 'requires 1.2 --', 'within --']);
  });

  it('and they are counted as those of rules are', () => {
    const trial = tried([given('[SEX-09, AML-01]'), given('[SEX-09]', 'fires: false', 'other')]);
    const found = coverageOf([{ ...trial, rule: trial.composite }]);
    expect(found).toMatchObject({ branches: 8, seen: 5, neverFired: [] });
    expect(found.rules[0]?.missing).toContainEqual({
      where: 'requires 1.1',
      condition: '1 of SEX-08, SEX-09',
      never: false,
    });
  });
});
