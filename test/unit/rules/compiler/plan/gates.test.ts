/** Gates worked out by hand: per construct of `when`, per aggregate, and of the shipped rules. */
import { describe, expect, test } from 'vitest';
import { planRules, type ThresholdRange } from '../../../../../rules/compiler/index.ts';
import { loadKnowledge } from '../../../../../services/workspace/knowledge.ts';
import { TestDictionary } from '../../../../support/event-facts.ts';
import { rule } from '../../../../support/rules.ts';

function planOf(
  parts: Readonly<Record<string, unknown>>,
  thresholdRange?: (id: string) => ThresholdRange | undefined,
) {
  const dictionary = new TestDictionary(31, thresholdRange === undefined ? {} : { thresholdRange });
  return planRules([rule(parts)], dictionary).get('account')!.rules[0]!;
}

const DAY = { agg: 'count', over: '1d' };
const N = { n: { agg: 'count', where: 'direction == "in"', over: '30d' } };
const text = { es: 'x', en: 'x', fr: 'x' };

/** The gate of a rule over `n`, a count, and `f`, the feature at hand. */
function gateOf(feature: Readonly<Record<string, unknown>>, when: string, parts: object = {}): string {
  return planOf({ features: { ...N, f: { over: '10d', ...feature } }, when: `n >= 0 && ${when}`, ...parts })
    .gateText;
}

describe('comparisons', () => {
  test.each([
    ['n >= 3', '#n[30d] >= 3'],
    ['n > 3', '#n[30d] >= 4'],
    ['3 <= n', '#n[30d] >= 3'],
    ['n == 3', '#n[30d] >= 3'],
    ['n >= 2.5', '#n[30d] >= 3'],
    ['n > 2.5', '#n[30d] >= 3'],
    ['!(n < 3)', '#n[30d] >= 3'],
    ['!(n != 3)', '#n[30d] >= 3'],
    ['n != 0', 'open'],
    ['n < 3', 'open'],
    ['n >= 0', 'open'],
    ['n < 0', 'shut'],
    ['n + 2 >= 5', '#n[30d] >= 3'],
    ['3 * n >= 7', '3 #n[30d] >= 7'],
    ['n - 2 >= 1', '#n[30d] >= 3'],
    ['10 - n >= 1', 'open'],
    ['-n <= -3', 'open'],
    ['n * n >= 9', 'open'],
    ['0 * n >= 1', 'shut'],
    ['n >= 3 || n >= 7', '#n[30d] >= 3'],
    ['n >= 3 && n >= 7', '#n[30d] >= 7'],
    ['n >= 3 || n < 9', 'open'],
    ['!(n < 3 || n < 4)', '#n[30d] >= 4'],
    ['!(n < 3 && n < 4)', '#n[30d] >= 3'],
    ['n >= params.least', '#n[30d] >= 6'],
    ['n >= params.law', 'open'],
    ['ratio(n, 2) >= 3.0', 'open'],
  ])('%s', (when, gate) => {
    const params = {
      least: { value: 6, unit: 'count', provenance: 'default' },
      law: { threshold: 't', unit: 'minor', provenance: 'law' },
    };
    const used = { ...params };
    if (!when.includes('params.least')) delete (used as Partial<typeof params>).least;
    if (!when.includes('params.law')) delete (used as Partial<typeof params>).law;
    expect(planOf({ features: N, when, params: used }).gateText).toBe(gate);
  });
});

const STEPS = {
  agg: 'sequence',
  where: 'amount > 5',
  steps: ['direction == "in"', 'direction == "out"'],
  within: '1d',
};

describe('aggregates', () => {
  test.each([
    [{ agg: 'distinct', of: 'counterparty' }, 'f >= 3', '#f[10d] >= 3 && different(f)[10d] >= 3'],
    [{ agg: 'distinct', of: 'nightOf' }, '4 == f', '#f[10d] >= 4 && different(f)[10d] >= 4'],
    // What a list would have to hold is too much, or no list of one column can tell it.
    [{ agg: 'distinct', of: 'counterparty' }, 'f >= 5', '#f[10d] >= 5'],
    [{ agg: 'distinct', of: 'counterparty,localDay' }, 'f >= 3', '#f[10d] >= 3'],
    [{ agg: 'distinct', of: 'kind' }, 'f >= 3', '#f[10d] >= 3'],
    [{ agg: 'distinct', of: 'counterparty' }, 'f + n >= 3', '#f[10d] + #n[30d] >= 3'],
    [{ agg: 'distinct', of: 'counterparty', skip: '2d' }, 'f >= 3', '#f[10d] >= 3 && different(f)[10d] >= 3'],
    [{ agg: 'count', over: '10businessDay@US' }, 'f >= 3', '#f[27d] >= 3'],
    [{ agg: 'count', over: '1day@local' }, 'f >= 3', '#f[3d] >= 3'],
    [{ agg: 'sum', of: 'amount' }, 'f > 0', '#f[10d] >= 1'],
    [{ agg: 'sum', of: 'amount' }, 'f >= 100', '#f[10d] >= 1 && sum(f)[10d] >= 100'],
    [{ agg: 'sum', of: 'amount' }, '99 < f', '#f[10d] >= 1'],
    [{ agg: 'sum', of: 'nightNormMilli' }, 'f >= 100', '#f[10d] >= 1'],
    [{ agg: 'sum', of: 'amount' }, 'f >= 0', 'open'],
    [{ agg: 'sum', of: 'amount' }, 'f < 0', '#f[10d] >= 1'],
    [{ agg: 'sum', of: 'amount' }, '2 * f + n >= 5', '#f[10d] >= 1 || #n[30d] >= 5'],
    [{ agg: 'max', of: 'amount' }, 'f < 5', '#f[10d] >= 1'],
    [{ agg: 'percentile', of: 'amount', p_milli: 500 }, '!(f >= 5)', '#f[10d] >= 1'],
    [{ agg: 'first', of: 'isNight' }, '!f', '#f[10d] >= 1'],
    [{ agg: 'last', of: 'counterparty' }, 'f in ["a"]', '#f[10d] >= 1'],
    [{ agg: 'last', of: 'counterparty' }, 'f != "a"', '#f[10d] >= 1'],
    [{ agg: 'group_count', by: 'counterparty', stat: 'median' }, 'f >= 4', '#f[10d] >= 4'],
    [{ agg: 'interval_cv', of: 'localDay' }, 'f <= 0.2', '#f[10d] >= 1'],
    [{ agg: 'interval_cv', of: 'localDay' }, 'f < 0.0', 'shut'],
    [{ agg: 'group_count', by: 'counterparty', stat: 'max' }, 'f <= 4', '#f[10d] >= 1'],
    [{ agg: 'share', part: 'isNight' }, 'f >= 0.3', '#f.part[10d] >= 1'],
    [{ agg: 'share', part: 'isNight' }, 'f <= 0.3', '#f[10d] >= 1'],
    [{ agg: 'share', of: 'amount', part: 'isNight' }, 'f == 0.0', '#f[10d] >= 1'],
    [{ agg: 'top_share', of: 'amount', top: 1 }, 'f >= 0.8', '#f[10d] >= 1'],
    [{ agg: 'top_share', of: 'amount', top: 1 }, 'f > 1.0', 'shut'],
    [{ agg: 'mean', of: 'amount' }, 'f >= 80.0', '#f[10d] >= 1'],
    [
      { agg: 'dwell', of: 'amount', in: 'direction == "in"', out: 'direction == "out"' },
      'f <= 100',
      '#f.in[10d] >= 1 && #f.out[10d] >= 1 && funded(f.out in 100ms)[10d] >= 1',
    ],
    [
      { agg: 'dwell', of: 'amount', in: 'direction == "in"', out: 'direction == "out"' },
      'f >= 100',
      '#f.in[10d] >= 1 && #f.out[10d] >= 1',
    ],
    [STEPS, 'f >= 2', '#f.1[10d] >= 2 && #f.2[10d] >= 2'],
    [STEPS, '!(f < 1)', '#f.1[10d] >= 1 && #f.2[10d] >= 1'],
    [STEPS, 'f == 0', 'open'],
    [{ ...STEPS, steps: ['isNight', 'amount > 9', 'isNight'] }, 'f >= 1', '#f.1[10d] >= 2 && #f.2[10d] >= 1'],
    [{ ...STEPS, steps: ['isNight', 'amount > 9', 'isNight'] }, 'f >= 3', '#f.1[10d] >= 3 && #f.2[10d] >= 3'],
    [STEPS, 'f + n >= 3', '#f.1[10d] + #n[30d] >= 3 && #f.2[10d] + #n[30d] >= 3'],
  ])('%j %s', (feature, when, gate) => {
    expect(gateOf(feature, when)).toBe(gate);
  });

  test('a ratio needs something above and below, and is 0 without anything above', () => {
    const features = {
      a: { agg: 'sum', of: 'amount', where: 'direction == "in"', over: '10d' },
      b: { agg: 'count', where: 'direction == "out"', over: '20d' },
      n: DAY,
    };
    const strength = { of: 'n', at: 1, full: 2 };
    const ratios = { ...features, down: { agg: 'ratio', num: 'a', den: 'b' } };
    expect(planOf({ features: ratios, strength, when: 'down >= 0.5' }).gateText).toBe(
      '#b[20d] >= 1 && #a[10d] >= 1',
    );
    expect(planOf({ features: ratios, strength, when: 'down < 0.5' }).gateText).toBe('#b[20d] >= 1');
  });

  test.each([
    ['sum', 'matchedShareMilli >= 900', '#f[5d] >= 3 && #pass.in[5d] >= 3 && funded(f in 6h)[5d] >= 3'],
    ['sum', 'amount >= 5', '#f[5d] >= 3'],
    ['sum', 'matched > 0 || sources >= 1', '#f[5d] >= 3 && #pass.in[5d] >= 3 && funded(f in 6h)[5d] >= 3'],
    ['fifo', 'matchedShareMilli >= 900', '#f[5d] >= 3 && #pass.in[5d] >= 1 && funded(f in 6h)[5d] >= 3'],
    ['fifo', 'matchedShareMilli >= 0', '#f[5d] >= 3'],
    ['fifo', '!(matchedShareMilli < 900)', '#f[5d] >= 3'],
  ])('cycles by %s where %s', (match, where, gate) => {
    const derive = {
      pass: {
        make: 'cycle',
        in: 'direction == "in"',
        out: 'direction == "out"',
        of: 'amount',
        within: '6h',
        match,
        over: '5d',
      },
    };
    expect(gateOf({ agg: 'count', from: 'pass', where }, 'f >= 3', { derive })).toBe(gate);
  });

  test.each([
    [{ make: 'night' }, 'events >= 4', '#d[5d] >= 4'],
    [{ make: 'night', by: 'place' }, '2 < stops && amount > 50', '#f[5d] >= 3'],
    [{ make: 'stay', by: 'place', gap: '1h' }, 'days >= 2 || events > 6', '#f[5d] >= 3'],
    [{ make: 'stay', by: 'place', gap: '1h' }, 'spanMs > 5', '#f[5d] >= 3'],
    [{ make: 'circuit', by: 'place', within: '1d', stops_min: 3 }, 'events >= 2', '#d[5d] >= 5'],
    [
      {
        make: 'pay_period',
        start: 'direction == "in"',
        out: 'direction == "out"',
        of: 'amount',
        longest: '1d',
      },
      'shareMilli >= 900',
      '#d.start[5d] >= 3',
    ],
    // A circuit has two ends and its stops, whatever a condition asks; a pay period has a pay.
  ])('sub-events of %o where %s', (kind, where, gate) => {
    const grouped = kind.make === 'pay_period' ? {} : { where: 'direction == "in"' };
    const derive = { d: { ...grouped, ...kind, over: '5d' } };
    expect(gateOf({ agg: 'count', from: 'd', where }, 'f >= 3', { derive })).toBe(gate);
  });

  test('what a condition names must be known for anything to match it', () => {
    const features = {
      payee: { agg: 'top_key', of: 'counterparty', where: 'direction == "out"', over: '20d' },
      f: { agg: 'count', where: 'direction == "in" && counterparty == payee', over: '10d' },
    };
    const strength = { of: 'f', at: 1, full: 2 };
    expect(planOf({ features, strength, when: 'f >= 2' }).gateText).toBe('#f[10d] >= 2 && #payee[20d] >= 1');
    expect(planOf({ features, strength, when: 'f == 0' }).gateText).toBe('open');
  });

  test('a rule without a bound is not gated, and a benign test is none', () => {
    const plan = planOf({
      features: N,
      when: 'n < 5',
      benign: [{ id: 'T01', note: text, when: 'n < 3', effect: 'blocks' }],
    });
    expect(plan.isGated).toBe(false);
    expect(plan.gate([])).toBe(true);
    expect(planOf({ features: N, when: 'n >= 5' }).isGated).toBe(true);
  });
});

describe('what is counted', () => {
  const counterOf = (parts: object) =>
    planRules([rule({ when: 'n >= 2', ...parts })], new TestDictionary()).get('account')!.counters[0]!.text;

  test('completed events that show what the rule needs', () => {
    expect(counterOf({ features: { n: DAY } })).toBe('status == "completed" over 1d');
    expect(counterOf({ features: { n: { ...DAY, where: 'status != "pending"' } } })).toBe(
      'status != "pending" over 1d',
    );
    const needs = { precision: 'minute', coverage: ['full_account', 'product_only'] };
    expect(counterOf({ features: { n: DAY }, needs })).toBe(
      'coverage in ["full_account", "product_only"] && precision in ["second", "minute"] && status == "completed" over 1d',
    );
  });

  test('a value that is aggregated must be there', () => {
    const n = { agg: 'distinct', of: 'counterparty,localDay', over: '1d' };
    expect(counterOf({ features: { n } })).toBe(
      'status == "completed" && known(localDay) && known(counterparty) over 1d',
    );
  });

  test('a threshold lies between bounds, whatever the time, and may not be in force', () => {
    const params = { law: { threshold: 't', unit: 'minor', provenance: 'law' } };
    const where = '10 * amountUsd >= 7 * params.law && amountUsd < params.law';
    const features = { n: { ...DAY, where }, s: { ...DAY, agg: 'sum', of: 'amountUsd' } };
    const parts = { features, params, strength: { of: 'n', at: 1, full: 2 } };
    const dictionary = new TestDictionary(31, { thresholdRange: () => ({ least: 1_000, most: 3_000 }) });
    const plan = planRules([rule({ ...parts, when: 'n >= 2 && s >= 0' })], dictionary).get('account')!;
    expect(plan.counters[0]!.text).toContain('(10 * amountUsd) >= 7000');
    expect(plan.counters[0]!.text).toContain('amountUsd < 3000');
    expect(plan.rules[0]!.triggerText).toBe('status == "completed"');
    const gateWhere = (when: string) =>
      planOf({ ...parts, when }, (id) => (id === 't' ? { least: 1_000, most: 3_000 } : undefined)).gateText;
    expect(gateWhere('n >= 0 && s >= params.law')).toBe('#s[1d] >= 1 && sum(s)[1d] >= 1000');
    expect(gateWhere('n <= params.law && s >= 0')).toBe('open');
    expect(gateWhere('s >= 0 && n + 0 > 2 * params.law - 1')).toBe('#n[1d] >= 2000');
    expect(planOf({ ...parts, when: 'n >= 0 && s >= params.law' }).gateText).toBe('open');
  });

  test('features, thresholds and pair fields may be anything, their neighbours not', () => {
    const params = { law: { threshold: 't', unit: 'minor', provenance: 'law' } };
    const where = 'direction == "in" && amountUsd >= params.law && pairOrdinal == 1';
    expect(counterOf({ features: { n: { ...DAY, where } }, params })).toBe(
      'direction == "in" && status == "completed" && known(amountUsd) && known(counterparty) over 1d',
    );
  });
});

describe('shipped rules', async () => {
  const { ruleSet } = await loadKnowledge({});
  const plans = planRules(ruleSet.rules, new TestDictionary());
  const gates: ReadonlyMap<string, string> = new Map(
    [...plans.values()].flatMap((plan) =>
      plan.rules.map((each) => [`${each.rule.id} ${plan.kind}`, each.gateText] as const),
    ),
  );

  test.each([
    // Eight cycles need eight hand-overs and, each cycle using its receipts up, eight receipts.
    [
      'SEX-08 account',
      '#cycles[30d] >= 8 && #handover.in[30d] >= 8 && (#cashShare.part[30d] >= 1 || (#payers[30d] >= 15 && #grid[30d] >= 1 && #nightShare.part[30d] >= 1))',
    ],
    ['SEX-07 account', '#payers[30d] >= 15 && #grid[30d] >= 1 && #nightShare.part[30d] >= 1'],
    ['SEX-01 account', '2 #depositNights[30d] + #withdrawalNights[30d] >= 12 && #nightShare.part[30d] >= 1'],
    ['AML-01 conductor', '#usNear[27d] >= 3 || #caNear[2d] >= 2 || #mxNear[30d] >= 2'],
    // The lines of the record are full with parts of rules before it.
    ['LAB-03-LEG account', '#times[45d] >= 3 && #payDay.in[45d] >= 3'],
    ['SMU-02-LEG beneficiary', '#branches[2d] >= 2'],
    ['SMU-01 beneficiary', '#senders[30d] >= 4 && #states[30d] >= 3'],
  ])('%s', (name, gate) => {
    expect(gates.get(name)).toBe(gate);
  });

  test('every one is gated', () => {
    for (const plan of plans.values())
      for (const each of plan.rules) expect(each.isGated, each.rule.id).toBe(true);
  });
});
