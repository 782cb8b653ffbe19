import { describe, expect, it } from 'vitest';
import { evaluateAt } from '../../../../rules/compiler/index.ts';
import type { FieldValue } from '../../../../schemas/event-fields.ts';
import { CONTEXT, event, history, NOON, rule } from '../../../support/rules.ts';

/** Truth of an expression over one event, read as: it counts (true), it does not (false), it is missing (null). */
function truth(
  where: string,
  fields: Readonly<Record<string, FieldValue>>,
  params: Readonly<Record<string, unknown>> = {},
): boolean | null {
  const used = Object.keys(params).map((name) => `{params.${name}}`);
  const explain = ['{f}', ...used].join(' ');
  const checked = rule({
    params,
    features: { f: { agg: 'count', where, over: '1d' }, n: { agg: 'count', over: '1d', evidence: false } },
    when: 'n < 0',
    strength: { of: 'n', at: 1, full: 2 },
    explain: { es: explain, en: explain, fr: explain },
  });
  const [reading] = evaluateAt(checked, history([event('a', NOON, fields)]), 0, CONTEXT).features;
  return reading?.value === null ? null : reading?.value === 1;
}

const BIG = 2n ** 63n - 1n;

describe('three-valued logic', () => {
  // mcc is null, isOwn true, isKin false.
  const fields = { isOwn: true, isKin: false, mcc: null };
  const UNKNOWN = 'mcc == "x"';
  it.each<[string, boolean | null]>([
    ['isOwn && isOwn', true],
    ['isOwn && isKin', false],
    [`isKin && ${UNKNOWN}`, false],
    [`${UNKNOWN} && isKin`, false],
    [`isOwn && ${UNKNOWN}`, null],
    [`${UNKNOWN} && isOwn`, null],
    [`${UNKNOWN} && ${UNKNOWN}`, null],
    [`isOwn || ${UNKNOWN}`, true],
    [`${UNKNOWN} || isOwn`, true],
    [`isKin || ${UNKNOWN}`, null],
    [`${UNKNOWN} || isKin`, null],
    ['isKin || isKin', false],
    ['!isKin', true],
    [`!(${UNKNOWN})`, null],
    ['mcc != "x"', null],
    ['mcc in ["x"]', null],
    ['"x" in textClasses', null],
    ['amount + 1 > 0', null],
    ['ratio(amount, 2) > 0.0', null],
  ])('%s is %s', (where, wanted) => {
    expect(truth(where, fields)).toBe(wanted);
  });
});

describe('comparisons', () => {
  it.each<[string, Readonly<Record<string, FieldValue>>, boolean]>([
    ['amount == 3', { amount: 3n }, true],
    ['amount == 9007199254740993', { amount: 9_007_199_254_740_993n }, true],
    ['amount == 9007199254740993', { amount: 9_007_199_254_740_994n }, false],
    ['amount > 9007199254740992.0', { amount: 9_007_199_254_740_993n }, true],
    ['amount == 9007199254740992.0', { amount: 9_007_199_254_740_992n }, true],
    ['amount != 2.5', { amount: 2 }, true],
    ['amount < 2.5', { amount: 2 }, true],
    ['amount >= -3', { amount: -3 }, true],
    ['-amount == 3', { amount: -3 }, true],
    ['-2.5 < amount', { amount: -2 }, true],
    ['ratio(amount, 10) == 0.7', { amount: 7 }, true],
    ['ratio(amount, amount) == 1', { amount: 7 }, true],
    ['rail < channel', { rail: 'Z', channel: 'a' }, true],
    // U+FFFD is EF BF BD, U+1F600 is F0 9F 98 80: code units order them the other way.
    ['rail < channel', { rail: '\uFFFD', channel: '\u{1F600}' }, true],
    ['rail <= rail', { rail: 'é' }, true],
    ['rail in ["spei", "zelle"]', { rail: 'zelle' }, true],
    ['!(rail in ["spei", "zelle"])', { rail: 'ach' }, true],
    ['"tourist_zone" in placeLists', { placeLists: ['tourist_zone'] }, true],
    ['"tourist_zone" in placeLists', { placeLists: [] }, false],
    ['isOwn == isKin', { isOwn: false, isKin: false }, true],
    ['rail == ""', { rail: '' }, true],
  ])('%s of %o', (where, fields, wanted) => {
    expect(truth(where, fields)).toBe(wanted);
  });
});

describe('int arithmetic is exact and bounded', () => {
  it.each<[string, bigint | number, boolean | null]>([
    ['amount + 1 == 9007199254740992', 9_007_199_254_740_991, true],
    ['amount * amount == 9007199254740993 * 9007199254740993', 9_007_199_254_740_993n, null],
    ['amount * 1 == 9223372036854775807', BIG, true],
    ['amount + 1 > 0', BIG, null],
    ['amount + 1 - 1 > 0', BIG, null],
    ['-amount - 0 < 0', BIG, true],
    ['-amount - 1 < 0', BIG, null],
    ['amount - amount == 0', BIG, true],
    ['amount * 0 == 0', -5, true],
    ['ratio(amount, 0) > 1.0', 5, null],
    ['ratio(amount * 3, 9223372036854775807) == 1.0', 3_074_457_345_618_258_602n, true],
  ])('%s for %s', (where, amount, wanted) => {
    expect(truth(where, { amount })).toBe(wanted);
  });
});

describe('parameters', () => {
  it('have the type of their unit and value', () => {
    const params = {
      rails: { value: ['spei', 'zelle'], unit: 'list', provenance: 'default' },
      share: { value: 1, unit: 'share', provenance: 'default' },
      low: { value: 5, unit: 'minor', provenance: 'default' },
      rail: { value: 'zelle', unit: 'text', provenance: 'default' },
      on: { value: true, unit: 'flag', provenance: 'default' },
    };
    const where =
      'params.on && rail in params.rails && rail == params.rail && ratio(amount, 5) >= params.share && amount >= params.low * 1';
    expect(truth(where, { rail: 'zelle', amount: 5 }, params)).toBe(true);
    expect(truth(where, { rail: 'zelle', amount: 4 }, params)).toBe(false);
    expect(() => truth('amount * params.share > 1', { amount: 1 }, { share: params.share })).toThrow(
      /found double/,
    );
  });

  it('take a statutory threshold as of the event of the evaluation, for every event of the window', () => {
    const checked = rule({
      params: { bar: { threshold: 't', unit: 'minor', provenance: 'law' } },
      features: { f: { agg: 'count', where: 'amountUsd < params.bar', over: '10d' } },
      when: 'f >= 1',
      strength: { of: 'f', at: 1, full: 2 },
    });
    const events = [0, 1, 2].map((day) =>
      event(`e${day}`, NOON + day * 86_400_000, { amountUsd: 1_500_000 }),
    );
    const at = (index: number) => evaluateAt(checked, history(events), index, CONTEXT);
    expect([0, 1, 2].map((i) => [at(i).features[0]?.value, at(i).params['bar']])).toEqual([
      [0, 1_000_000],
      [2, 2_000_000],
      [3, 2_000_000],
    ]);
    const none = { ...CONTEXT, thresholdAt: () => null };
    expect(evaluateAt(checked, history(events), 2, none)).toMatchObject({
      truth: null,
      params: { bar: null },
      features: [{ value: null, missing: 3 }],
    });
  });
});
