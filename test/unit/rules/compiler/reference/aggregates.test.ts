import { describe, expect, it } from 'vitest';
import { evaluateAt } from '../../../../../rules/compiler/index.ts';
import type { FieldValue } from '../../../../../schemas/event-fields.ts';
import { CONTEXT, event, featureRule, history, MINUTE, NOON } from '../../../../support/rules.ts';

type Fields = Readonly<Record<string, FieldValue>>;

/** Value of a feature over events one minute apart, as of the last one, which has no fields of its own. */
function value(feature: Readonly<Record<string, unknown>>, rows: readonly Fields[]): FieldValue | undefined {
  const events = rows.map((fields, i) => event(`e${i}`, NOON + i * MINUTE, { rail: 'x', ...fields }));
  const last = event('z', NOON + 60 * MINUTE);
  const checked = featureRule({ over: '1d', where: 'rail == "x"', ...feature });
  const at = events.length;
  return evaluateAt(
    checked,
    history([...events, { ...last, fields: { ...last.fields, rail: 'y' } }]),
    at,
    CONTEXT,
  ).features[0]?.value;
}

const amounts = (...values: readonly (number | bigint)[]): Fields[] => values.map((amount) => ({ amount }));
const days = (...values: readonly number[]): Fields[] => values.map((localDay) => ({ localDay }));
const names = (...values: readonly string[]): Fields[] => values.map((counterparty) => ({ counterparty }));
const BIG = 2n ** 62n;

describe('aggregates', () => {
  it.each<[string, Record<string, unknown>, Fields[], FieldValue]>([
    ['count of nothing', { agg: 'count' }, [], 0],
    ['count', { agg: 'count' }, amounts(1, 2, 2), 3],
    ['sum of nothing', { agg: 'sum', of: 'amount' }, [], 0],
    ['sum', { agg: 'sum', of: 'amount' }, amounts(1, 2, -4), -1],
    [
      'sum beyond 2^53',
      { agg: 'sum', of: 'amount' },
      amounts(Number.MAX_SAFE_INTEGER, 2),
      '9007199254740993',
    ],
    ['sum at the bound', { agg: 'sum', of: 'amount' }, amounts(BIG, BIG - 1n), '9223372036854775807'],
    ['sum beyond the bound', { agg: 'sum', of: 'amount' }, amounts(BIG, BIG), null],
    ['sum that comes back', { agg: 'sum', of: 'amount' }, amounts(BIG, BIG, -BIG), '4611686018427387904'],
    ['min of nothing', { agg: 'min', of: 'amount' }, [], null],
    ['min', { agg: 'min', of: 'amount' }, amounts(3, -1, 2), -1],
    ['max of nothing', { agg: 'max', of: 'amount' }, [], null],
    ['max', { agg: 'max', of: 'amount' }, amounts(3, BIG, 2), '4611686018427387904'],
    ['mean of nothing', { agg: 'mean', of: 'amount' }, [], null],
    ['mean', { agg: 'mean', of: 'amount' }, amounts(1, 2, 2), 5 / 3],
    ['mean of sums beyond the bound', { agg: 'mean', of: 'amount' }, amounts(BIG, BIG, BIG), 2 ** 62],
    ['stddev of nothing', { agg: 'stddev', of: 'amount' }, [], null],
    ['stddev of one', { agg: 'stddev', of: 'amount' }, amounts(7), 0],
    ['stddev', { agg: 'stddev', of: 'amount' }, amounts(2, 4, 4, 4, 5, 5, 7, 9), 2],
    ['stddev of large', { agg: 'stddev', of: 'amount' }, amounts(BIG, BIG + 2n), 1],
    ['gaps of nothing', { agg: 'interval_cv', of: 'localDay' }, [], null],
    ['one gap', { agg: 'interval_cv', of: 'localDay' }, days(1, 5), null],
    ['equal gaps', { agg: 'interval_cv', of: 'localDay' }, days(-3, 4, 11), 0],
    ['gaps of 1, 2 and 3', { agg: 'interval_cv', of: 'localDay' }, days(1, 2, 4, 7), Math.sqrt(1 / 6)],
    ['a gap back', { agg: 'interval_cv', of: 'localDay' }, days(5, 4, 8), Math.sqrt((2 * 17 - 9) / 9)],
    ['gaps that add up to nothing', { agg: 'interval_cv', of: 'localDay' }, days(5, 9, 5), null],
    ['distinct of nothing', { agg: 'distinct', of: 'counterparty' }, [], 0],
    ['distinct', { agg: 'distinct', of: 'counterparty' }, names('a', 'b', 'a'), 2],
    ['distinct of ints', { agg: 'distinct', of: 'amount' }, amounts(1, 1n, 2), 2],
    ['distinct of bools', { agg: 'distinct', of: 'isOwn' }, [{ isOwn: true }, { isOwn: false }], 2],
    [
      'distinct of pairs',
      { agg: 'distinct', of: 'counterparty, terminal' },
      [
        { counterparty: 'a', terminal: 'bc' },
        { counterparty: 'ab', terminal: 'c' },
        { counterparty: 'a', terminal: 'bc' },
      ],
      2,
    ],
    ['share of nothing', { agg: 'share', part: 'isNight' }, [], null],
    ['share', { agg: 'share', part: 'amount > 1' }, amounts(1, 2, 3), 2 / 3],
    ['share by amount', { agg: 'share', of: 'amount', part: 'amount > 1' }, amounts(1, 2, 3), 5 / 6],
    ['share of zero', { agg: 'share', of: 'amount', part: 'amount > 1' }, amounts(0, 0), null],
    ['top_share of nothing', { agg: 'top_share', of: 'amount', top: 1 }, [], null],
    ['top_share', { agg: 'top_share', of: 'amount', top: 1 }, amounts(5, 5, 9, 2), 10 / 21],
    ['top_share of ties', { agg: 'top_share', of: 'amount', top: 1 }, amounts(6, 3, 3), 0.5],
    ['top_share of all', { agg: 'top_share', of: 'amount', top: 16 }, amounts(1, 2, 3), 1],
    // Centre 100 takes 98..102 and is heavier than 97's 97, 98.
    [
      'modes',
      { agg: 'top_share', of: 'amount', top: 1, tolerance_milli: 20 },
      amounts(97, 98, 100, 102),
      300 / 397,
    ],
    // 1000 (100 - 98) = 20 · 100; from 10,000 it is 20 · 10,000 = 200,000 < 1000 · 201.
    ['edge of a mode', { agg: 'top_share', of: 'amount', top: 1, tolerance_milli: 20 }, amounts(100, 98), 1],
    [
      'outside a mode',
      { agg: 'top_share', of: 'amount', top: 1, tolerance_milli: 20 },
      amounts(10_000, 9_799),
      10_000 / 19_799,
    ],
    // Centre 55 takes 50, 55 and 60; of what is left, centre 80 is the heaviest: nothing is taken twice.
    [
      'two modes',
      { agg: 'top_share', of: 'amount', top: 2, tolerance_milli: 100 },
      amounts(45, 50, 55, 60, 80),
      245 / 290,
    ],
    ['first of nothing', { agg: 'first', of: 'counterparty' }, [], null],
    ['first', { agg: 'first', of: 'counterparty' }, names('b', 'a'), 'b'],
    ['last', { agg: 'last', of: 'counterparty' }, names('b', 'a'), 'a'],
    ['last flag', { agg: 'last', of: 'isOwn' }, [{ isOwn: false }], false],
    ['percentile of nothing', { agg: 'percentile', of: 'amount', p_milli: 500 }, [], null],
    ['median of four', { agg: 'percentile', of: 'amount', p_milli: 500 }, amounts(4, 1, 3, 2), 2],
    [
      'P95 of twenty',
      { agg: 'percentile', of: 'amount', p_milli: 950 },
      amounts(...Array.from({ length: 20 }, (_, i) => 20 - i)),
      19,
    ],
    ['P100', { agg: 'percentile', of: 'amount', p_milli: 1000 }, amounts(4, 1, BIG), '4611686018427387904'],
    ['least percentile', { agg: 'percentile', of: 'amount', p_milli: 1 }, amounts(4, 1, 3), 1],
    ['top_key of nothing', { agg: 'top_key', of: 'counterparty' }, [], null],
    ['top_key by count', { agg: 'top_key', of: 'counterparty' }, names('a', 'b', 'b'), 'b'],
    ['top_key of a tie', { agg: 'top_key', of: 'counterparty' }, names('b', 'a', 'b', 'a'), 'a'],
    [
      'top_key of a tie beyond ASCII',
      { agg: 'top_key', of: 'counterparty' },
      names('\u{1F600}', '\uFFFD'),
      '\uFFFD',
    ],
    [
      'top_key by amount',
      { agg: 'top_key', of: 'counterparty', by: 'amount' },
      [
        { counterparty: 'a', amount: 5 },
        { counterparty: 'b', amount: 3 },
        { counterparty: 'b', amount: 3 },
      ],
      'b',
    ],
    [
      'top_key of negatives',
      { agg: 'top_key', of: 'counterparty', by: 'amount' },
      [
        { counterparty: 'b', amount: -5 },
        { counterparty: 'a', amount: -9 },
      ],
      'b',
    ],
    ['group_count of nothing', { agg: 'group_count', by: 'counterparty', stat: 'min' }, [], null],
    ['smallest group', { agg: 'group_count', by: 'counterparty', stat: 'min' }, names('a', 'a', 'b'), 1],
    ['largest group', { agg: 'group_count', by: 'counterparty', stat: 'max' }, names('a', 'a', 'b'), 2],
    [
      'lower median group',
      { agg: 'group_count', by: 'counterparty', stat: 'median' },
      names('a', 'b', 'b', 'c', 'c', 'c', 'd', 'd', 'd', 'd'),
      2,
    ],
  ])('%s', (_name, feature, rows, wanted) => {
    expect(value(feature, rows)).toEqual(wanted);
  });

  it('ratio divides two features and is unknown over zero', () => {
    const features = (where: string) => ({
      features: {
        a: { agg: 'sum', of: 'amount', over: '1d' },
        b: { agg: 'count', where, over: '1d' },
        f: { agg: 'ratio', num: 'a', den: 'b' },
        n: { agg: 'count', over: '1d', evidence: false },
      },
    });
    const events = history([event('a', NOON, { amount: 5 }), event('b', NOON + 1, { amount: 2 })]);
    const reading = (where: string) => {
      const checked = featureRule({ agg: 'count', over: '1d' }, features(where));
      return evaluateAt(checked, events, 1, CONTEXT).features[2];
    };
    expect(reading('amount > 0')).toMatchObject({ value: 3.5, unit: 'share' });
    expect(reading('amount > 9')).toMatchObject({ value: null, unknownBecause: 'empty' });
  });
});

describe('missing events', () => {
  const known = (count: number) =>
    Array.from({ length: count }, () => ({ amount: 1, counterparty: 'a', isNight: true }));
  const absent = { amount: null, counterparty: null, isNight: null };
  it.each<[string, Record<string, unknown>, number]>([
    ['of', { agg: 'sum', of: 'amount' }, 9],
    ['where', { agg: 'count', where: 'rail == "x" && amount == 1' }, 9],
    ['by', { agg: 'group_count', by: 'counterparty', stat: 'max' }, 9],
    ['part', { agg: 'share', part: 'isNight' }, 1],
    ['one of two fields', { agg: 'distinct', of: 'rail,counterparty' }, 1],
  ])('one in ten by an unknown %s still counts, more does not', (_part, feature, wanted) => {
    expect(value(feature, [...known(9), absent])).toBe(wanted);
    expect(value(feature, [...known(8), absent])).toBeNull();
    expect(value(feature, [...known(18), absent, absent])).not.toBeNull();
    expect(value(feature, [...known(19), absent, absent, absent])).toBeNull();
  });

  it('counts what has no mode', () => {
    const feature = { agg: 'top_share', of: 'amount', top: 1 };
    expect(value(feature, [...amounts(...Array.from({ length: 9 }, () => 5)), { amount: 0 }])).toBe(1);
    expect(value(feature, [...amounts(...Array.from({ length: 8 }, () => 5)), { amount: 0 }])).toBeNull();
  });

  it('says how many, and what they lack', () => {
    const checked = featureRule({ agg: 'sum', of: 'amount', where: 'counterparty == "a"', over: '1d' });
    const read = (rows: readonly Fields[]) => {
      const events = rows.map((fields, i) => event(`e${i}`, NOON + i, fields));
      return evaluateAt(checked, history(events), events.length - 1, CONTEXT).features[0];
    };
    expect(read([...known(9), absent])).toEqual({ name: 'f', value: 9, unit: 'minor', missing: 1 });
    expect(read([...known(3), absent])).toMatchObject({
      value: null,
      missing: 1,
      unknownBecause: 'missing:amount,counterparty',
    });
    expect(read([{ counterparty: 'b' }])).toEqual({ name: 'f', value: 0, unit: 'minor' });
  });
});
