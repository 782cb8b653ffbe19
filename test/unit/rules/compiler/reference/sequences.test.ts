import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateAt } from '../../../../../rules/compiler/index.ts';
import { sequencesIn } from '../../../../../rules/compiler/reference/sequences.ts';
import type { RuleEvent } from '../../../../../schemas/event-fields.ts';
import { sequences } from '../../../../support/oracle-brute-sequences.ts';
import { CONTEXT, event, featureRule, HOUR, history, NOON, rule } from '../../../../support/rules.ts';

const PASS = {
  agg: 'sequence',
  steps: ['direction == "in"', 'direction == "out"'],
  within: '6h',
  over: '1d',
};

const at =
  (direction: string) =>
  (id: string, hours: number, fields = {}) =>
    event(id, NOON + hours * HOUR, { direction, ...fields });
const receive = at('in');
const pay = at('out');

type Parts = Readonly<Record<string, unknown>>;

function last(events: readonly RuleEvent[], feature: Parts = {}, parts: Parts = {}) {
  const all = history(events);
  const evaluation = evaluateAt(
    featureRule({ ...PASS, ...feature }, parts),
    all,
    all.events.length - 1,
    CONTEXT,
  );
  const ids = evaluation.evidence.map((position) => all.events[position]!.id).join('');
  return { ...evaluation.features[0]!, ids };
}

describe('sequences of a window', () => {
  it.each<[string, Parts, number, string]>([
    ['sliding', {}, 1, 'cd'],
    ['of two days', { over: '2day@local' }, 2, 'abcd'],
    ['without the last hours', { over: '2d', skip: '3h' }, 1, 'ab'],
    ['that holds all', { over: '3d' }, 2, 'abcd'],
  ])('%s', (_name, feature, value, ids) => {
    const day = (hours: number) => ({ localDay: Math.floor((NOON + hours * HOUR) / (24 * HOUR)) });
    const events = [
      receive('a', 0, day(0)),
      pay('b', 1, day(1)),
      receive('c', 25, day(25)),
      pay('d', 26, day(26)),
    ];
    expect(last(events, feature)).toMatchObject({ value, ids });
  });

  it('lack an event without a local day where the window is one of the calendar', () => {
    const events = [
      receive('a', 0, { localDay: null }),
      receive('b', 1, { localDay: 9 }),
      pay('c', 2, { localDay: 9 }),
    ];
    expect(last(events, { over: '1day@local' })).toMatchObject({ value: null, missing: 1 });
    expect(
      last([receive('z', -30, { localDay: null }), ...events.slice(1)], { over: '1day@local' }),
    ).toMatchObject({
      value: 1,
      ids: 'bc',
    });
  });

  it('read nothing of events that show too little, and say what these lack', () => {
    const needs = { needs: { coverage: ['full_account'] } };
    const events = [receive('a', 0), pay('b', 1, { coverage: 'outbound_only' })];
    expect(last(events, {}, needs)).toMatchObject({
      value: null,
      ids: '',
      unknownBecause: 'missing:coverage',
    });
    const fee = { coverage: 'outbound_only', direction: 'self' };
    expect(last([receive('a', 0), receive('s', 0, fee), pay('b', 1)], {}, needs)).toMatchObject({
      value: 1,
      ids: 'ab',
    });
    const nobody = [receive('a', 0, { counterparty: null }), pay('b', 1, { counterparty: 'p' })];
    expect(last(nobody, { by: 'counterparty' })).toMatchObject({ unknownBecause: 'missing:counterparty' });
  });

  it('make nothing of what a condition before the steps leaves out', () => {
    const events = [
      receive('a', 0, { amount: 9 }),
      receive('b', 1, { amount: 1 }),
      pay('c', 2, { amount: 9 }),
    ];
    expect(last(events, { where: 'amount > 5' })).toMatchObject({ value: 1, ids: 'ac' });
  });
});

it('each step triggers the rule, what is before the steps alone does not', () => {
  const checked = rule({
    features: { f: { ...PASS, where: 'amount > 5' } },
    when: 'f >= 1',
    strength: { of: 'f', at: 1, full: 2 },
    explain: { es: '{f}', en: '{f}', fr: '{f}' },
  });
  const { predicates, triggers } = checked.program;
  expect(triggers.map((position) => predicates[position]!.fields)).toEqual([
    ['amount', 'direction'],
    ['amount', 'direction'],
  ]);
});

it('what started last is enough to know: as when every way is tried', () => {
  const arbitrary = fc.record({
    events: fc.array(
      fc.record({ gap: fc.nat(3), does: fc.noBias(fc.nat(15)), key: fc.constantFrom('p', 'p', 'q') }),
      {
        minLength: 4,
        maxLength: 14,
      },
    ),
    steps: fc.integer({ min: 2, max: 4 }),
    within: fc.nat(12),
  });
  let complete = 0;
  fc.assert(
    fc.property(arbitrary, ({ events, steps, within }) => {
      let time = 0;
      const timesMs = events.map(({ gap }) => {
        time += gap;
        return time;
      });
      const masks = events.map(({ does }) => does & (2 ** steps - 1));
      const keys = events.map(({ key }) => key);
      const columns = {
        positions: events.map((_, i) => i),
        timesMs,
        does: masks,
        keys,
        from: 0,
        to: events.length,
      };
      const given = sequencesIn(columns, steps, within);
      const wanted = sequences(
        events.map(({ key }, i) => ({
          time: timesMs[i]!,
          key,
          does: Array.from({ length: steps }, (_, step) => (masks[i]! & (2 ** step)) !== 0),
        })),
        steps,
        within,
      );
      complete += wanted.length;
      const sorted = (found: readonly (readonly number[])[]) =>
        [...found].sort((a, b) => a.at(-1)! - b.at(-1)!);
      expect(sorted(given)).toEqual(sorted(wanted));
    }),
    { numRuns: 2_000 },
  );
  expect(complete).toBeGreaterThan(1_000);
});
