import { describe, expect, it } from 'vitest';
import { type Evaluation, evaluateAt } from '../../../../../rules/compiler/index.ts';
import type { RuleEvent } from '../../../../../schemas/event-fields.ts';
import { CONTEXT, DAY, event, featureRule, HOUR, history, NOON } from '../../../../support/rules.ts';

const IN = 'direction == "in" || direction == "self"';
const OUT = 'direction == "out" || direction == "self"';
const flow =
  (direction: string) =>
  (id: string, hours: number, amount: number | bigint | null, source: string | null = null) =>
    event(id, NOON + hours * HOUR, { direction, amount, source });
const receive = flow('in');
const pay = flow('out');
const both = flow('self');

function evaluate(
  feature: Readonly<Record<string, unknown>>,
  events: readonly RuleEvent[],
  parts = {},
): Evaluation {
  const all = history(events);
  return evaluateAt(featureRule(feature, parts), all, all.events.length - 1, CONTEXT);
}

const idsOf = (evaluation: Evaluation, events: readonly RuleEvent[]) =>
  evaluation.evidence.map((position) => history(events).events[position]!.id);

describe('dwell', () => {
  const dwell = (events: readonly RuleEvent[], over = '30d') => {
    const evaluation = evaluate({ agg: 'dwell', of: 'amount', in: IN, out: OUT, over }, events);
    const value = evaluation.features[0]?.value;
    return [typeof value === 'number' ? value / HOUR : value, idsOf(evaluation, events).join('')];
  };
  it.each<[string, RuleEvent[], number | null, string]>([
    ['nothing', [receive('a', 0, 5)], null, ''],
    ['money that never came', [pay('a', 0, 5), receive('b', 1, 5)], null, ''],
    ['one in, one out', [receive('a', 0, 5), pay('b', 3, 5)], 3, 'ab'],
    ['out at the same time', [receive('a', 0, 5), pay('b', 0, 5)], 0, 'ab'],
    // Portions: 4 of a after 3 h, 6 of a after 5 h, 2 of b after 4 h: sorted 3 (4), 4 (2), 5 (6) of 12: 6 are half.
    ['portions', [receive('a', 0, 10), receive('b', 1, 10), pay('c', 3, 4), pay('d', 5, 8)], 4, 'abcd'],
    [
      'the lower of two halves',
      [receive('a', 0, 5), pay('b', 1, 5), receive('c', 2, 5), pay('d', 9, 5)],
      1,
      'abcd',
    ],
    ['more out than in', [receive('a', 0, 5), pay('b', 2, 50)], 2, 'ab'],
    [
      'amounts of nothing',
      [receive('a', 0, 0), receive('b', 1, 5), pay('c', 2, -5), pay('d', 4, 5)],
      3,
      'bd',
    ],
    ['an event that is both', [both('a', 0, 5), pay('b', 7, 5)], 0, 'a'],
    ['both, with an older lot', [receive('a', 0, 5), both('b', 2, 5), pay('c', 3, 5)], 1, 'abc'],
    [
      'amounts beyond 2^53',
      [receive('a', 0, 2n ** 60n), pay('b', 2, 2n ** 59n), pay('c', 4, 2n ** 59n)],
      2,
      'abc',
    ],
  ])('of %s', (_name, events, wanted, evidence) => {
    expect(dwell(events)).toEqual([wanted, evidence]);
  });

  it('does not see what came before the window', () => {
    const events = [receive('a', 0, 5), receive('b', 20, 5), pay('c', 24, 10)];
    expect(dwell(events, '24h')).toEqual([4, 'bc']);
    expect(dwell(events, '25h')).toEqual([4, 'abc']);
  });

  it('misses movements whose amount or direction is unknown', () => {
    const moves = Array.from({ length: 5 }, (_, i) => [
      receive(`i${i}`, 2 * i, 5),
      pay(`o${i}`, 2 * i + 1, 5),
    ]).flat();
    const reading = (lost: readonly RuleEvent[]) =>
      evaluate({ agg: 'dwell', of: 'amount', in: IN, out: OUT, over: '30d' }, [...lost, ...moves])
        .features[0];
    expect(reading([receive('x', -1, null)])).toMatchObject({ value: HOUR, missing: 1 });
    expect(reading([event('x', NOON - HOUR, { direction: null, amount: 5 })])).toMatchObject({
      value: HOUR,
      missing: 1,
    });
    expect(reading([receive('x', -2, null), receive('y', -1, null)])).toMatchObject({
      value: null,
      unknownBecause: 'missing:amount',
    });
  });
});

describe('cycles', () => {
  const cycles =
    (match: string, within: string, feature: Readonly<Record<string, unknown>>, over = '30d') =>
    (events: readonly RuleEvent[]) =>
      evaluate({ from: 'cycle', over, ...feature }, events, {
        derive: { cycle: { make: 'cycle', in: IN, out: OUT, of: 'amount', within, match, over: '30d' } },
      });
  const values = (evaluation: Evaluation) => evaluation.features[0]?.value;

  const moves = [
    receive('a', 0, 10, 'p'),
    receive('b', 1, 10, 'q'),
    receive('c', 2, 10, 'q'),
    pay('d', 3, 15),
    pay('e', 30, 15),
    pay('f', 31, 0),
    pay('g', 32, 5),
  ];
  it.each<[string, string, Record<string, unknown>, number | null, string]>([
    ['fifo', '30h', { agg: 'count' }, 3, 'abcdeg'],
    ['fifo', '24h', { agg: 'count', where: 'matched > 0' }, 1, 'abd'],
    ['fifo', '28h', { agg: 'sum', of: 'matched' }, 25, 'abcdeg'],
    ['fifo', '30h', { agg: 'last', of: 'matchedShareMilli' }, 0, 'abcdeg'],
    ['fifo', '30h', { agg: 'first', of: 'matchedShareMilli' }, 1000, 'abcdeg'],
    [
      'fifo',
      '28h',
      { agg: 'sum', of: 'matchedShareMilli', where: 'direction == "out" && matched > 0' },
      1666,
      'abcde',
    ],
    ['fifo', '30h', { agg: 'max', of: 'sources' }, 2, 'abcdeg'],
    // d uses all 30: 15 of 30 is 500; nothing is left for e and g, whose shares are unknown.
    ['sum', '30h', { agg: 'sum', of: 'matched' }, 30, 'abcdeg'],
    ['sum', '2h', { agg: 'sum', of: 'matched' }, 20 - 10, 'cdeg'],
    ['sum', '30h', { agg: 'first', of: 'matchedShareMilli', where: 'matched > 0' }, 500, 'abcd'],
    ['sum', '30h', { agg: 'count', where: 'matchedShareMilli >= 0' }, null, 'abcd'],
  ])('by %s within %s: %o', (match, within, feature, wanted, evidence) => {
    const evaluation = cycles(match, within, feature)(moves);
    expect([values(evaluation), idsOf(evaluation, moves).join('')]).toEqual([wanted, evidence]);
  });

  it('are counted in the window of the feature, made in that of the derived kind', () => {
    const recent = cycles('fifo', '30h', { agg: 'sum', of: 'matched' }, '3h')(moves);
    expect(values(recent)).toBe(15);
    const long = [receive('a', 0, 5), pay('b', 30 * 24, 5)];
    expect(values(cycles('fifo', '30d', { agg: 'sum', of: 'matched' })(long))).toBe(0);
  });

  it('are not evaluable when what they are made of is missing', () => {
    const events = [...moves, receive('x', 5, null)];
    const evaluation = cycles('fifo', '30h', { agg: 'count' })(events);
    expect(evaluation.features[0]).toMatchObject({
      value: null,
      missing: 1,
      unknownBecause: 'missing:amount',
    });
  });

  it('bring the incoming events of a sum once each', () => {
    const events = [receive('a', 0, 5), pay('b', 1, 5), receive('c', 2, 5), both('d', 3, 4), pay('e', 4, 4)];
    const evaluation = cycles('sum', '24h', { agg: 'group_count', by: 'matched', stat: 'max' })(events);
    // b uses a, d uses c, e uses d: 5, 5, 4.
    expect(values(evaluation)).toBe(2);
    expect(idsOf(evaluation, events).join('')).toBe('abcde');
  });
});

describe('pairs', () => {
  const met = (id: string, days: number, counterparty: string | null, fields = {}) =>
    event(id, NOON + days * DAY, { counterparty, ...fields });
  const reading = (field: string, events: readonly RuleEvent[], parts = {}) => {
    const all = history(events);
    const rule = featureRule({ agg: 'last', of: field, over: '1d' }, parts);
    return evaluateAt(rule, all, all.events.length - 1, CONTEXT).features[0]?.value;
  };
  const events = [met('a', 0, 'p'), met('b', 1, 'q'), met('c', 2, 'p'), met('d', 2, 'p'), met('e', 3, 'p')];

  it.each<[string, string, number]>([
    ['1d', 'pairAgeMs', 0],
    ['25h', 'pairAgeMs', 1],
    ['3d', 'pairAgeMs', 1],
    ['4d', 'pairAgeMs', 3],
    ['1d', 'pairOrdinal', 1],
    ['25h', 'pairOrdinal', 3],
    ['4d', 'pairOrdinal', 4],
  ])('look back %s: %s', (lookback, field, wanted) => {
    expect(reading(field, events, { lookback })).toBe(field === 'pairAgeMs' ? wanted * DAY : wanted);
  });

  it('default to the longest window, see completed events whatever the condition, and no unknown counterparty', () => {
    expect(reading('pairAgeMs', events)).toBe(0);
    expect(reading('pairOrdinal', [...events.slice(0, 4), met('e', 2.5, 'p')])).toBe(3);
    expect(reading('pairOrdinal', [met('a', 0, 'p', { status: 'declined' }), met('b', 0.1, 'p')])).toBe(1);
    expect(reading('pairOrdinal', [met('a', 0, 'p'), met('b', 0.1, null)])).toBeNull();
  });
});
