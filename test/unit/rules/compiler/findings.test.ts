import { describe, expect, it } from 'vitest';
import { compileRule, compileRules, findingText } from '../../../../rules/compiler/index.ts';
import { ruleText } from '../../../support/rules.ts';

/** Every line is in its own place, so that a test can name the line of what it breaks. */
const RULE = `id: TST-01
version: 1.0.0
status: live
title: { es: a, en: a, fr: a }
form: laundering
family: COL
weight: 3
holderRole: unknown
subject: account
jurisdictions: [US]
sources: [{ document: X, year: 2020 }]
params:
  min: { value: 3, unit: count, provenance: default }
let:
  inflow: 'direction == "in"'
features:
  payers: { agg: distinct, of: counterparty, where: inflow, over: 30d }
  paid: { agg: sum, of: amount, where: 'inflow && amount > 3', over: 30d }
when: payers >= params.min && paid > 5
strength: { of: payers, at: params.min, full: 10 }
attributions: [{ to: holder, role: unknown, weight: 1, why: { es: a, en: a, fr: a } }]
explain: { es: '{payers}', en: '{payers}', fr: '{payers}' }
cases: [{ name: a, kind: fires, fires: true, events: [{ at: '2026-01-01T00:00:00Z', set: {} }] }]
`;

/** `CODE line:col` of every finding after replacing one piece of the rule. */
function findings(from: string, to: string): string[] {
  expect(RULE).toContain(from);
  const result = compileRule({ path: 'r.yaml', text: RULE.replace(from, to) });
  return result.ok ? [] : result.findings.map(({ code, line, col }) => `${code.slice(10)} ${line}:${col}`);
}

describe('a finding names its place', () => {
  const table: [name: string, from: string, to: string, ...wanted: string[]][] = [
    ['nothing wrong', 'COL', 'COL'],
    ['broken YAML', 'jurisdictions: [US]', 'jurisdictions: [US', 'YAML 11:1'],
    ['key given twice', 'family: COL', 'form: laundering', 'YAML 6:1'],
    ['wrong value', 'family: COL', 'family: XXX', 'SHAPE 6:9'],
    ['unknown key', '  payers: { agg', '  payers: { aggg: x, agg', 'SHAPE 17:13'],
    ['missing key', 'weight: 3\n', '', 'SHAPE 1:1'],
    ['window text', 'over: 30d }\n  paid', 'over: 30x }\n  paid', 'SHAPE 17:67'],
    ['param of no kind', 'unit: count', 'unit: apples', 'SHAPE 13:26'],
    ['unknown field', "amount > 3'", "amout > 3'", 'NAME 18:51'],
    ['unknown name in when', 'paid > 5', 'payd > 5', 'NAME 19:31'],
    ['a supplied property', "amount > 3'", "cluster.accountsByPhone > 3'", 'SUPPLIED 18:51'],
    ['the sum of a supplied property', 'of: amount,', 'of: taint.mixerMilli,', 'SUPPLIED 18:25'],
    ['a property that nobody supplies', "amount > 3'", "cluster.colour > 3'", 'NAME 18:51'],
    ['a field in when', 'paid > 5', 'amount > 5', 'NAME 19:31'],
    [
      'two unknown names',
      'when: payers >= params.min && paid',
      'when: p >= params.q && paid',
      'NAME 19:7',
      'NAME 19:12',
    ],
    ['text that is no expression', 'when: payers >=', 'when: payers > >=', 'EXPRESSION 19:16'],
    ['unfinished expression', 'paid > 5', 'paid >', 'EXPRESSION 19:37'],
    ['a ternary', 'direction == "in"', 'isNight ? true : false', 'OPERATOR 15:12'],
    ['int division', 'paid > 5', 'paid / 2 > 5', 'OPERATOR 19:31'],
    ['a method', 'direction == "in"', 'direction.startsWith("in")', 'OPERATOR 15:12'],
    ['null', 'direction == "in"', 'direction == null', 'OPERATOR 15:25'],
    ['size()', 'direction == "in"', 'size(direction) == 2', 'OPERATOR 15:12'],
    ['ratio of one', 'paid > 5', 'ratio(paid) > 0.5', 'OPERATOR 19:31'],
    ['int above 2^63 - 1', 'paid > 5', 'paid > 9223372036854775808', 'OPERATOR 19:38'],
    ['not a bool', 'direction == "in"', 'direction', 'TYPE 17:53', 'TYPE 18:41'],
    ['string with int', 'direction == "in"', 'direction == 5', 'TYPE 15:25'],
    ['bool in order', 'direction == "in"', 'isNight < true', 'TYPE 15:12'],
    ['set compared', 'direction == "in"', 'textClasses == textClasses', 'TYPE 15:12'],
    ['in a string', 'direction == "in"', 'direction in rail', 'TYPE 15:25'],
    ['int in a list', 'direction == "in"', 'direction in ["a", 5]', 'TYPE 15:31'],
    ['sum of a string', 'of: amount', 'of: rail', 'TYPE 18:25'],
    [
      'top_key of an int',
      'agg: distinct, of: counterparty',
      'agg: top_key, of: amount',
      'TYPE 17:31',
      'TYPE 19:17',
      'STRENGTH 20:17',
    ],
    ['unknown of', 'of: amount', 'of: amounts', 'NAME 18:25'],
    ['second field of a distinct', 'of: counterparty,', "of: 'counterparty,placce',", 'NAME 17:32'],
    ['feature used before it is declared', 'where: inflow,', "where: 'inflow && paid > 1',", 'ORDER 17:64'],
    ['let that reads a feature', 'direction == "in"', 'direction == "in" && payers > 1', 'ORDER 15:33'],
    ['name of a field', '  inflow: ', '  amount: ', 'COLLISION 15:3', 'NAME 17:53', 'NAME 18:41'],
    ['name twice', '  paid:', '  inflow:', 'COLLISION 18:3', 'NAME 19:31'],
    ['reserved name', '  paid:', '  matched:', 'COLLISION 18:3', 'NAME 19:31'],
    [
      'skip with a calendar window',
      'over: 30d }\nwhen',
      'over: 30day@local, skip: 1d }\nwhen',
      'WINDOW 18:89',
    ],
    ['skip as long as the window', 'over: 30d }\nwhen', 'over: 30d, skip: 30d }\nwhen', 'WINDOW 18:81'],
    ['a rule that ticks', 'when: payers', 'tick: 1d\nwhen: payers'],
    ['a tick of no length', 'when: payers', 'tick: 2d\nwhen: payers', 'SHAPE 19:7'],
    [
      'a tick with a quiet that is too short',
      'when: payers',
      'tick: 1d\nquiet: 29d\nwhen: payers',
      'TICK 20:8',
    ],
    [
      'a tick with a calendar window',
      'over: 30d }\nwhen',
      'over: 30day@local }\ntick: 1d\nwhen',
      'TICK 18:70',
    ],
    ['strength of nothing', 'of: payers,', 'of: payer,', 'NAME 20:17'],
    ['strength without a scale', 'at: params.min, full: 10', 'at: 10, full: 10', 'STRENGTH 20:39'],
    ['strength from an unknown param', 'at: params.min', 'at: params.max', 'NAME 20:29'],
    ['attribution to nobody', 'to: holder', 'to: nobody', 'NAME 21:22', 'ATTRIBUTION 21:1'],
    ['attribution to a number', 'to: holder', 'to: payers', 'TYPE 21:22', 'ATTRIBUTION 21:1'],
    ['weight on a potential victim', 'role: unknown,', 'role: potential_victim,', 'ATTRIBUTION 21:62'],
    ['explanation of nothing', "en: '{payers}'", "en: '{payer}'", 'NAME 22:34', 'EXPLAIN 22:1'],
    ['explanations that differ', "en: '{payers}'", "en: 'x'", 'EXPLAIN 22:1'],
    ['leg with weight', 'status: live', 'status: leg', 'LEG 7:9'],
    ['live without weight', 'weight: 3', 'weight: 0', 'LEG 7:9'],
  ];
  it.each(table)('%s', (_name, from, to, ...wanted) => {
    expect(findings(from, to)).toEqual(wanted);
  });

  it('and refuses a tick over signals', () => {
    const text = RULE.replace('subject: account', 'input: signals\nsubject: holder')
      .replace('over: 30d }\n  paid', "over: 30d }\ntick: 1d\nwhen: 'payers >= params.min'\n#")
      .replace('of: counterparty, where: inflow', 'of: signal.observedOn, where: \'signal.rule == "SEX-08"\'')
      .replace('\nwhen: payers >= params.min && paid > 5', '')
      .replace('let:\n  inflow: \'direction == "in"\'\n', '');
    const result = compileRule({ path: 'r.yaml', text });
    expect(
      result.ok ? [] : result.findings.map(({ code, line, col, params }) => [code, line, col, params]),
    ).toEqual([['RAS-RULES-TICK', 17, 1, { detail: 'input: signals' }]]);
  });

  it('and finds what nothing reads', () => {
    const text = RULE.replace('when: payers >= params.min && paid > 5', 'when: payers >= 3').replace(
      'at: params.min',
      'at: 3',
    );
    const result = compileRule({ path: 'r.yaml', text });
    expect(
      result.ok ? [] : result.findings.map(({ code, line, col, params }) => [code, line, col, params]),
    ).toEqual([
      ['RAS-RULES-UNUSED', 13, 3, { name: 'params.min' }],
      ['RAS-RULES-UNUSED', 18, 3, { name: 'paid' }],
    ]);
  });

  it.each([
    ['folded', 'when: >\n  payers >= params.min\n    && totl > 5', 'NAME 21:8'],
    ['literal', 'when: |-\n  payers >= params.min\n  && totl > 5', 'NAME 21:6'],
    ['plain over two lines', 'when: payers >= params.min\n  && totl > 5', 'NAME 20:6'],
    ['single quotes', "when: 'payers >= params.min && ''x'' == totl'", 'NAME 19:41'],
    ['double quotes', 'when: "payers >= params.min && \\"a\\" == totl"', 'NAME 19:41'],
  ])('inside a %s string', (_name, when, wanted) => {
    expect(findings('when: payers >= params.min && paid > 5', when)).toEqual([wanted]);
  });

  it('as one line of text in three languages', () => {
    const result = compileRule({ path: 'r.yaml', text: RULE.replace('paid > 5', 'payd > 5') });
    const [finding] = result.ok ? [] : result.findings;
    expect(findingText(finding!)).toMatch(/^r\.yaml:19:31 RAS-RULES-NAME `payd` is not known here\. /);
    expect(findingText(finding!, 'es')).toContain('`payd` no se conoce aquí');
    expect(findingText(finding!, 'fr')).toContain('`payd` n’est pas connu ici');
  });

  it('and refuses a file that is too large', () => {
    const result = compileRule({ path: 'r.yaml', text: `${RULE}#${'x'.repeat(262_144)}` });
    expect(result.ok ? [] : result.findings.map(({ code }) => code)).toEqual(['RAS-RULES-SIZE']);
  });

  it('in a derived kind', () => {
    const derive = {
      c: {
        make: 'cycle',
        in: 'isIn',
        out: 'direction == "out"',
        of: 'rail',
        within: '31d',
        match: 'fifo',
        over: '30d',
      },
    };
    const features = { n: { agg: 'count', from: 'c', where: 'matchedShareMilli > rail', over: '30d' } };
    const result = compileRule({ path: 'r.yaml', text: ruleText({ derive, features }) });
    expect(
      result.ok ? [] : result.findings.map(({ code, params }) => [code.slice(10), Object.values(params)[0]]),
    ).toEqual([
      ['WINDOW', 'within 31d > over 30d'],
      ['NAME', 'isIn'],
      ['TYPE', 'int'],
      ['TYPE', 'int'],
    ]);
  });
});

describe('a finding in a sequence names its place', () => {
  const SEQUENCE = `agg: sequence, steps: [inflow, 'amount > 3'], within: 2d, by: counterparty`;
  const text = RULE.replace('agg: distinct, of: counterparty', SEQUENCE).replace(
    'where: inflow, ',
    `where: 'kind != "fee"', `,
  );
  it.each<[name: string, from: string, to: string, ...wanted: string[]]>([
    ['nothing wrong', 'within: 2d', 'within: 30d'],
    ['longer than the window', 'within: 2d', 'within: 31d', 'WINDOW 17:67'],
    ['a name in a step', "'amount > 3'], within", "'amout > 3'], within", 'NAME 17:45'],
    ['a step that is no condition', "'amount > 3'], within", "'amount'], within", 'TYPE 17:45'],
    ['a name in its where, told once', 'kind != "fee"', 'kinds != "fee"', 'NAME 17:97'],
    ['a later feature', 'steps: [inflow,', "steps: ['paid > 3',", 'ORDER 17:37'],
    ['a group by number', 'by: counterparty', 'by: amount', 'TYPE 17:75'],
    ['sub-events', 'by: counterparty', 'from: counterparty', 'SHAPE 17:71'],
    ['one step', "[inflow, 'amount > 3']", '[inflow]', 'SHAPE 17:35'],
    ['five steps', '[inflow,', '[inflow, inflow, inflow, inflow,', 'SHAPE 17:35'],
  ])('%s', (_name, from, to, ...wanted) => {
    expect(text).toContain(from);
    const result = compileRule({ path: 'r.yaml', text: text.replace(from, to) });
    const found = result.ok ? [] : result.findings;
    expect(found.map(({ code, line, col }) => `${code.slice(10)} ${line}:${col}`)).toEqual(wanted);
  });
});

describe('a derived kind', () => {
  const KINDS = {
    night: { make: 'night', of: 'amount', by: 'place', over: '30d' },
    stay: { make: 'stay', by: 'place', gap: '2d', over: '30d' },
    circuit: { make: 'circuit', by: 'placeAdmin1', within: '14d', stops_min: 2, over: '30d' },
    pay_period: {
      make: 'pay_period',
      start: 'direction == "in"',
      out: 'direction == "out"',
      of: 'amount',
      longest: '20d',
      over: '30d',
    },
  };

  /** Findings of a rule that counts the sub-events on which `where` is true, with what fills their messages. */
  function found(derive: object, where: string, more: object = {}): [string, object][] {
    const features = { n: { agg: 'count', from: 'd', where, over: '30d' }, ...more };
    const when = Object.keys(features).join(' > 0 && ').concat(' > 0');
    const result = compileRule({ path: 'r.yaml', text: ruleText({ derive: { d: derive }, features, when }) });
    return result.ok ? [] : result.findings.map(({ code, params }) => [code, params]);
  }

  it.each([
    ['night', 'events > 1 && total > 1 && spanMs > 1 && stops > 1 && place == "X"'],
    ['stay', 'events > 1 && total > 1 && spanMs > 1 && days > 1'],
    ['circuit', 'events > 1 && stops > 1 && spanMs > 1'],
    ['pay_period', 'paid > 1 && total > 1 && shareMilli > 1 && events > 1 && spanMs > 1'],
  ] as const)('%s has its own fields', (make, where) => {
    expect(found(KINDS[make], where)).toEqual([]);
  });

  it.each([
    ['night', 'days', 'events, total, spanMs, stops'],
    ['stay', 'stops', 'events, total, spanMs, days'],
    ['circuit', 'total', 'events, stops, spanMs'],
    ['pay_period', 'matched', 'paid, total, shareMilli, events, spanMs'],
  ] as const)('%s has no field of another', (make, name, fields) => {
    const code = 'RAS-RULES-DERIVED';
    expect(found(KINDS[make], `${name} > 1`)).toEqual([[code, { name, make, fields }]]);
    const sum = { s: { agg: 'sum', of: name, from: 'd', over: '30d' } };
    expect(found(KINDS[make], 'spanMs > 1', sum)).toEqual([[code, { name, make, fields }]]);
  });

  it('says where, and what there is', () => {
    const derive = { d: KINDS.stay };
    const features = { n: { agg: 'count', from: 'd', where: 'events > 1 && stops > 1', over: '30d' } };
    const text = ruleText({ derive, features });
    const result = compileRule({ path: 'r.yaml', text });
    const [finding] = result.ok ? [] : result.findings;
    expect(finding?.col).toBe(text.indexOf('stops > 1') + 1);
    expect(findingText(finding!)).toContain('they have: events, total, spanMs, days.');
  });

  it.each([
    ['gap', { ...KINDS.stay, gap: '31d' }, 'gap 31d > over 30d'],
    ['within', { ...KINDS.circuit, within: '31d' }, 'within 31d > over 30d'],
    ['longest', { ...KINDS.pay_period, longest: '31d' }, 'longest 31d > over 30d'],
  ])('has no %s beyond its window', (_, derive, detail) => {
    expect(found(derive, 'spanMs > 1')).toEqual([['RAS-RULES-WINDOW', { detail }]]);
  });

  it('groups by texts, adds up numbers, and leaves its names to nobody else', () => {
    const type = (expected: string, wrong: string) => ['RAS-RULES-TYPE', { expected, found: wrong }];
    expect(found({ ...KINDS.stay, by: 'localDay' }, 'spanMs > 1')).toEqual([type('string', 'int')]);
    expect(found({ ...KINDS.night, of: 'rail' }, 'spanMs > 1')).toEqual([type('int', 'string')]);
    const days = { days: { agg: 'distinct', of: 'localDay', over: '30d' } };
    expect(found(KINDS.night, 'spanMs > 1', days)).toEqual([]);
    expect(found(KINDS.stay, 'spanMs > 1', days)).toEqual([['RAS-RULES-COLLISION', { name: 'days' }]]);
  });
});

describe('a set of rules', () => {
  it('has a hash of its content, whatever the files and their order', () => {
    const a = { path: 'a.yaml', text: ruleText({ id: 'TST-01' }) };
    const b = { path: 'b.yaml', text: ruleText({ id: 'TST-02' }) };
    const one = compileRules([a, b]);
    const other = compileRules(
      [
        { ...b, path: 'x.yaml' },
        { ...a, text: `# comment\n${a.text}` },
      ],
      { activeFrom: 5 },
    );
    const changed = compileRules([a, { ...b, text: ruleText({ id: 'TST-02', weight: 2 }) }]);
    if (!one.ok || !other.ok || !changed.ok) throw new Error('does not compile');
    expect(one.ruleSet.rules.map(({ id }) => id)).toEqual(['TST-01', 'TST-02']);
    expect(other.ruleSet.hash).toBe(one.ruleSet.hash);
    expect(changed.ruleSet.hash).not.toBe(one.ruleSet.hash);
    expect([one.ruleSet.activeFrom, other.ruleSet.activeFrom]).toEqual([-8.64e15, 5]);
  });

  it('refuses two rules with one id', () => {
    const result = compileRules([
      { path: 'a.yaml', text: ruleText({}) },
      { path: 'b.yaml', text: ruleText({}) },
    ]);
    expect(result.ok ? [] : result.findings.map(({ code, path, params }) => [code, path, params])).toEqual([
      ['RAS-RULES-DUPLICATE', 'b.yaml', { name: 'TST-01', other: 'a.yaml' }],
    ]);
  });

  it('lets a rule over signals read base rules of the set only', () => {
    const over = (id: string, named: string) => ({
      path: `${id}.yaml`,
      text: ruleText({
        id,
        input: 'signals',
        subject: 'holder',
        features: {
          n: { agg: 'distinct', of: 'signal.observedOn', where: `signal.rule == "${named}"`, over: '60d' },
        },
      }),
    });
    const base = { path: 'base.yaml', text: ruleText({}) };
    expect(compileRules([base, over('TST-02', 'TST-01')]).ok).toBe(true);
    const wrong = over('TST-02', 'TST-09');
    const place = wrong.text.indexOf('\\"TST-09') + 1;
    const dangling = compileRules([base, wrong]);
    expect(
      dangling.ok
        ? []
        : dangling.findings.map(({ code, params, line, col }) => [code, params['name'], line, col]),
    ).toEqual([['RAS-RULES-DANGLING', 'TST-09', 1, place]]);
    const chained = compileRules([base, over('TST-02', 'TST-01'), over('TST-03', 'TST-02')]);
    expect(chained.ok ? [] : chained.findings.map(({ path }) => path)).toEqual(['TST-03.yaml']);
  });

  it('knows the statutory thresholds it is given', () => {
    const params = { bar: { threshold: 'us-ctr', unit: 'minor', provenance: 'law' } };
    const features = { n: { agg: 'count', where: 'amountUsd < params.bar', over: '1d' } };
    const text = ruleText({ params, features });
    expect(compileRules([{ path: 'a', text }], { thresholdIds: new Set(['us-ctr']) }).ok).toBe(true);
    const unknown = compileRules([{ path: 'a', text }], { thresholdIds: new Set() });
    expect(unknown.ok ? [] : unknown.findings.map(({ code }) => code)).toEqual(['RAS-RULES-DANGLING']);
  });
});
