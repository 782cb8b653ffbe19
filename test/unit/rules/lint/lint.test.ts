/** Each check with a rule that fails it, beside one that fails none. */
import { describe, expect, it } from 'vitest';
import { lintRules, lintText } from '../../../../rules/lint/index.ts';

/** Every line is in its own place, so that a test can name the line of what it breaks. */
const RULE = `id: TST-01
version: 1.0.0
status: live
title: { es: Uno, en: One, fr: Un }
form: laundering
family: COL
weight: 3
holderRole: unknown
subject: account
jurisdictions: [US]
sources: [{ document: X, year: 2020 }]
params:
  min: { value: 3, unit: count, provenance: default }
  share: { value: 0.5, unit: share, provenance: source, source: X }
  delay: { value: 2, unit: days, provenance: default }
needs: { precision: minute }
let:
  inflow: 'direction == "in" && kind == "transfer"'
features:
  payers: { agg: distinct, of: counterparty, where: inflow, over: 30d }
  paid: { agg: sum, of: amount, where: inflow, over: 30d }
  part: { agg: share, where: inflow, part: 'isNight || mcc == "7011"', over: 30d }
  quick: { agg: count, where: inflow && accountAgeDays > params.delay, over: 30d }
when: payers >= params.min && part > params.share && quick >= 1
strength: { of: payers, at: params.min, full: 10 }
attributions: [{ to: holder, role: unknown, weight: 1, why: { es: c, en: d, fr: e } }]
benign: [{ id: B01, note: { es: f, en: g, fr: h }, when: paid > 5, effect: blocks }]
explain: { es: 'Son {payers}', en: 'There are {payers}', fr: 'Il y a {payers}' }
cases:
  - { name: a, kind: fires, fires: true, events: [{ at: '2026-01-01T00:00:00Z', set: {} }] }
  - { name: b, kind: fires, fires: true, events: [{ at: '2026-01-01T00:00:00Z', set: {} }] }
  - { name: c, kind: silent, fires: false, events: [{ at: '2026-01-01T00:00:00Z', set: {} }] }
  - { name: d, kind: benign_twin, fires: false, events: [{ at: '2026-01-01T00:00:00Z', set: {} }] }
  - { name: e, kind: boundary, fires: true, events: [{ at: '2026-01-01T00:00:00Z', set: {} }] }
`;
const PATH = 'catalogue/laundering/TST-01-test.yaml';
const OPTIONS = { thresholdIds: new Set<string>(), cities: new Set(['MX-TIJUANA']) };

const lint = (text: string, path = PATH) => lintRules([{ path, text }], OPTIONS).findings;

/** `check line:col` of every finding after replacing one piece of the rule. */
function found(from: string, to: string): string[] {
  expect(RULE).toContain(from);
  return lint(RULE.replace(from, to)).map(({ check, line, col }) => `${check} ${line}:${col}`);
}

describe('a finding names its place', () => {
  const table: [name: string, from: string, to: string, ...wanted: string[]][] = [
    ['nothing wrong', 'COL', 'COL'],
    ['what the compiler refuses', 'paid > 5', 'payd > 5', 'RAS-RULES-NAME 27:58'],
    ['a feature that nothing reads', ' && quick >= 1', '', 'RAS-RULES-UNUSED 23:3'],
    ['a share with a count', 'quick >= 1', 'quick >= 1 && payers > params.share', 'unit 24:68'],
    ['days with milliseconds', 'accountAgeDays > params.delay', 'pairAgeMs > params.delay', 'unit 23:41'],
    [
      'steps that nothing meets, of unlike units',
      'quick: { agg: count, where: inflow && accountAgeDays > params.delay, over: 30d }',
      `quick: { agg: sequence, where: inflow, steps: ['direction == "out"', 'pairAgeMs > params.delay'], within: 1d, over: 30d }`,
      'unreachable 23:50',
      'unit 23:73',
    ],
    ['a sum of unlike', 'paid > 5', 'paid + payers > 5', 'unit 27:58'],
    ['a bar of another unit', 'full: 10', 'full: params.delay', 'unit 25:47'],
    [
      'a condition that contradicts itself',
      '"in" && kind == "transfer"',
      '"in" && direction == "out" && kind == "transfer"',
      'unreachable 20:53',
      'unreachable 23:31',
    ],
    ['bounds that leave nothing', 'quick >= 1', 'quick >= 1 && quick < 1', 'unreachable 24:7'],
    ['whole numbers between', 'quick >= 1', 'quick > 1 && quick < 2', 'unreachable 24:7'],
    ['a share that is above one', 'value: 0.5', 'value: 1.5', 'unreachable 24:7'],
    ['an alternative that can never be', 'quick >= 1', '(quick >= 1 || payers < 2)', 'unreachable 24:7'],
    ['a benign test that cannot be then', 'paid > 5', 'paid > 5 && payers < 3', 'unreachable 27:58'],
    ['what is always so', 'quick >= 1', 'quick >= 0', 'always-true 24:7'],
    [
      'a value of no list',
      '"transfer"',
      '"transfr"',
      'unreachable 20:53',
      'unknown-value 20:53',
      'unreachable 23:31',
    ],
    ['a city that there is', 'mcc == "7011"', 'placeCity == "MX-TIJUANA"'],
    ['a city that there is not', 'mcc == "7011"', 'placeCity == "MX-TIJUANNA"', 'unknown-value 22:44'],
    ['a category of three digits', '"7011"', '"701"', 'code-scheme 22:44'],
    ['a sector without a scheme', 'mcc == "7011"', 'holderSector == "5613"', 'code-scheme 22:44'],
    ['a language that is another', 'fr: h', 'fr: g', 'translation 27:40'],
    ['an explanation without a figure', "'There are {payers}'", "'There are'", 'RAS-RULES-EXPLAIN 28:1'],
    ['a word that judges', 'en: One', 'en: One trafficker', 'judging-word 4:23'],
    [
      'a name of what nobody is picked by',
      "let:\n  inflow: '",
      "let:\n  migrants: 'isOwn'\n  inflow: '!migrants && ",
      'forbidden-name 18:13',
    ],
    ['a source that is not named', 'provenance: source, source: X', 'provenance: law', 'source 14:10'],
    [
      'weight on who is protected',
      'holderRole: unknown',
      'holderRole: victim_family_payer',
      'victim-weight 26:53',
    ],
    ['too few cases', '  - { name: c,', '  - { name: b,', 'cases 29:1'],
    ['a case of another kind', 'kind: silent', 'kind: fires', 'cases 29:1', 'cases 29:1'],
    ['no boundary', 'kind: boundary', 'kind: fires', 'cases 29:1'],
    [
      'silence of what is not found',
      'explain:',
      "lint: [{ allow: gate, reason: 'it is rare' }]\nexplain:",
      'silence 28:17',
    ],
    [
      'silence of no check',
      'explain:',
      "lint: [{ allow: gait, reason: 'it is rare' }]\nexplain:",
      'silence 28:17',
    ],
  ];
  it.each(table)('%s', (_name, from, to, ...wanted) => {
    expect(found(from, to)).toEqual(wanted);
  });

  it('in the words of a compiler', () => {
    const [finding] = lint(RULE.replace('"7011"', '"701"'));
    expect(lintText(finding!)).toBe(
      `${PATH}:22:44 code-scheme mcc is compared with "701". A merchant category has four digits (ISO 18245); a sector is SCHEME:CODE, as SCIAN:5613.`,
    );
  });
});

describe('absences and gates', () => {
  const absent = RULE.replace(
    /features:[\s\S]*strength/,
    `features:
  payers: { agg: distinct, of: counterparty, where: inflow, over: 30d }
  paid: { agg: sum, of: amount, where: direction == "out" && amount > params.delay * 5, over: 30d }
when: payers < params.min
strength`,
  )
    .replace('min: {', 'share: {')
    .replace(/ {2}share: \{ value: 0.5[^\n]*\n/, '')
    .replaceAll('params.min', 'params.share')
    .replace('delay: { value: 2, unit: days', 'delay: { value: 2, unit: minor');

  it('an absence is found where only its own events trigger the rule', () => {
    const evidence = absent.replace('params.delay * 5, over', 'params.delay * 5, evidence: false, over');
    expect(lint(evidence).map(({ check }) => check)).toContain('absence');
    expect(lint(absent).map(({ check }) => check)).not.toContain('absence');
  });

  it('and where something was there and is not any more, but for a rule that ticks', () => {
    const gone = RULE.replace(
      /features:[\s\S]*strength/,
      `features:
  payers: { agg: count, where: inflow, over: 30d }
  before: { agg: count, where: inflow, over: 60d, skip: 30d }
when: before >= params.min && payers == 0
strength`,
    )
      .replace('paid > 5', 'before > 99')
      .replace(/ {2}share: [^\n]*\n/, '')
      .replace(/ {2}delay: [^\n]*\n/, '');
    expect(lint(gone).map(({ check }) => check)).toContain('absence');
    expect(lint(gone.replace('when:', 'tick: 1d\nwhen:')).map(({ check }) => check)).not.toContain('absence');
    const fewer = gone.replace('payers == 0', 'payers < 3');
    expect(lint(fewer).map(({ check }) => check)).not.toContain('absence');
  });

  it('a gate is found where everything that triggers is evaluated', () => {
    expect(lint(absent).map(({ check }) => check)).toContain('gate');
    expect(lint(RULE).map(({ check }) => check)).not.toContain('gate');
  });

  it('a finding is silenced in its own file, with a reason', () => {
    const reason = "lint: [{ allow: gate, reason: 'Few accounts pay out at all.' }]\nexplain:";
    expect(lint(absent.replace('explain:', reason)).map(({ check }) => check)).toEqual([]);
    const short = reason.replace('Few accounts pay out at all.', 'so');
    expect(lint(absent.replace('explain:', short)).map(({ check }) => check)).toEqual(['RAS-RULES-SHAPE']);
  });
});

describe('files', () => {
  it('are called after their rule and lie in the folder of its form', () => {
    const checks = (path: string) => lint(RULE, path).map(({ check, line }) => `${check} ${line}`);
    expect(checks('catalogue/laundering/TST-02-test.yaml')).toEqual(['file-name 1']);
    expect(checks('catalogue/laundering/TST-01.yaml')).toEqual(['file-name 1']);
    expect(checks('catalogue/smuggling/TST-01-test.yaml')).toEqual(['file-name 5']);
  });

  it('are all read, whichever of them does not compile', () => {
    const other = RULE.replace('TST-01', 'TST-02').replace('"7011"', '"701"');
    const { findings, rules } = lintRules(
      [
        { path: 'catalogue/laundering/TST-03-test.yaml', text: RULE.replace('weight: 3', 'weight: x') },
        { path: 'catalogue/laundering/TST-02-test.yaml', text: other },
      ],
      OPTIONS,
    );
    expect(findings.map(({ check, path }) => [check, path.slice(-16)])).toEqual([
      ['code-scheme', 'TST-02-test.yaml'],
      ['RAS-RULES-SHAPE', 'TST-03-test.yaml'],
    ]);
    expect(rules.map(({ id }) => id)).toEqual(['TST-02']);
  });

  it('have an id each, and not too many are left to people', () => {
    const twice = lintRules(
      [1, 2].map((n) => ({ path: `${n}/laundering/TST-01-test.yaml`, text: RULE })),
      OPTIONS,
    );
    expect(twice.findings.map(({ check, path }) => [check, path[0]])).toEqual([['RAS-RULES-DUPLICATE', '2']]);
    const manual = RULE.replace('status: live', 'status: manual\nmanualReason: {es: a, en: b, fr: c}');
    const many = Array.from({ length: 7 }, (_, i) => ({
      path: `catalogue/laundering/TST-0${i}-test.yaml`,
      text: manual.replace('TST-01', `TST-0${i}`),
    }));
    expect(lintRules(many.slice(1), OPTIONS).findings).toEqual([]);
    expect(lintRules(many, OPTIONS).findings.map(({ check, path }) => [check, path])).toEqual([
      ['manual', 'catalogue/laundering/TST-06-test.yaml'],
    ]);
  });

  it('that cannot be cut before their cases are told', () => {
    const inline = RULE.replace(/cases:\n/, '"cases":\n');
    expect(lint(inline).map(({ check }) => check)).toEqual(['cases-line']);
  });
});
