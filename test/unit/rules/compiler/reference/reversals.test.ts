import { describe, expect, it } from 'vitest';
import { evaluateAt, signalsOf } from '../../../../../rules/compiler/index.ts';
import {
  CONTEXT,
  event,
  featureRule,
  HOUR,
  history,
  NOON,
  reversal,
  rule,
} from '../../../../support/rules.ts';

const sums = (of: string) => featureRule({ agg: 'sum', of, over: '30d' });

describe('a reversal', () => {
  const paid = event(
    'a',
    NOON,
    { amount: 100, amountUsd: 333, amountMxn: 7, wageMilli: 10, counterparty: 'p' },
    { reversals: [reversal('r1', NOON + 2 * HOUR, 30n), reversal('r2', NOON + 3 * HOUR, 90n)] },
  );
  const later = (id: string, hours: number) =>
    event(id, NOON + hours * HOUR, {
      amount: 1,
      amountUsd: 1,
      amountMxn: 1,
      wageMilli: 1,
      counterparty: 'p',
    });
  const all = history([paid, later('b', 1), later('q', 2), later('s', 2), later('t', 3), later('u', 4)]);
  const at = (id: string) => all.events.findIndex((each) => each.id === id);
  const value = (of: string, id: string) => evaluateAt(sums(of), all, at(id), CONTEXT).features[0]?.value;

  it('takes its part away from its own place in the order on', () => {
    expect([value('amount', 'a'), value('amount', 'b')]).toEqual([100, 101]);
    // q sorts before r1 at the same time, s after it.
    expect([value('amount', 'q'), value('amount', 's')]).toEqual([102, 70 + 3]);
    // r2 takes more than is left: nothing remains, not less than nothing.
    expect([value('amount', 't'), value('amount', 'u')]).toEqual([4, 5]);
  });

  it('scales what is stamped beside the amount, rounded down', () => {
    expect(value('amountUsd', 's')).toBe(Math.floor((333 * 70) / 100) + 3);
    expect(value('amountMxn', 's')).toBe(4 + 3);
    expect(value('wageMilli', 's')).toBe(7 + 3);
  });

  it('takes a whole original out of counts, pairs, conditions and evidence', () => {
    const counted = featureRule({ agg: 'count', where: 'pairOrdinal >= 1 && amount < 71', over: '30d' });
    const evaluation = (id: string) => {
      const { features, evidence } = evaluateAt(counted, all, at(id), CONTEXT);
      return [features[0]?.value, evidence.map((i) => all.events[i]?.id).join('')];
    };
    expect(evaluation('q')).toEqual([2, 'bq']);
    expect(evaluation('s')).toEqual([4, 'abqs']);
    expect(evaluation('t')).toEqual([4, 'bqst']);
    const first = featureRule({ agg: 'max', of: 'pairOrdinal', over: '30d' });
    expect(evaluateAt(first, all, at('s'), CONTEXT).features[0]?.value).toBe(4);
    expect(evaluateAt(first, all, at('t'), CONTEXT).features[0]?.value).toBe(4);
    const age = featureRule({ agg: 'max', of: 'pairAgeMs', over: '30d' });
    expect(evaluateAt(age, all, at('s'), CONTEXT).features[0]?.value).toBe(2 * HOUR);
    expect(evaluateAt(age, all, at('t'), CONTEXT).features[0]?.value).toBe(2 * HOUR);
  });

  it('of an original without an amount takes all of it', () => {
    const bare = event('a', NOON, {}, { reversals: [reversal('r', NOON + 1, 5n)] });
    const events = history([bare, later('b', 1)]);
    expect(evaluateAt(featureRule({ agg: 'count', over: '1d' }), events, 1, CONTEXT).evidence).toEqual([1]);
  });

  it('leaves matched money and modes right', () => {
    const moved = (id: string, hours: number, direction: string, amount: number, options = {}) =>
      event(id, NOON + hours * HOUR, { direction, amount }, options);
    const events = history([
      moved('a', 0, 'in', 10, { reversals: [reversal('r', NOON + 2.5 * HOUR, 10n)] }),
      moved('b', 1, 'in', 10),
      moved('c', 2, 'out', 10),
      moved('d', 3, 'out', 10),
    ]);
    const dwell = featureRule({
      agg: 'dwell',
      of: 'amount',
      in: 'direction == "in"',
      out: 'direction == "out"',
      over: '1d',
    });
    const reading = (index: number) => evaluateAt(dwell, events, index, CONTEXT).features[0]?.value;
    expect([reading(2), reading(3)]).toEqual([2 * HOUR, HOUR]);
  });
});

describe('signals and reversals', () => {
  const counting = rule({ features: { n: { agg: 'count', over: '1d' } }, when: 'n >= 2', quiet: '1d' });
  const row = (id: string, hours: number, reversals?: Parameters<typeof event>[3]) =>
    event(id, NOON + hours * HOUR, { amount: 10 }, reversals);

  it('a signal before the reversal stands and is marked; one that needs the original is not made', () => {
    const reversed = row('a', 0, { reversals: [reversal('r', NOON + 5 * HOUR, 10n)] });
    const standing = signalsOf(counting, history([reversed, row('b', 1), row('c', 2)]), CONTEXT);
    expect(
      standing.map(({ version, standing, evidenceReversed, evidence }) => [
        version,
        standing,
        evidenceReversed,
        evidence.count,
      ]),
    ).toEqual([
      [1, false, false, 2],
      [2, true, true, 3],
    ]);
    expect(signalsOf(counting, history([reversed, row('b', 6)]), CONTEXT)).toEqual([]);
    const early = row('a', 0, { reversals: [reversal('r', NOON - HOUR, 10n)] });
    expect(signalsOf(counting, history([row('x', -2), early]), CONTEXT)).toEqual([]);
  });
});
