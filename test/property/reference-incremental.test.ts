/** A run that gets its history piece by piece gives what a run over the whole history gives, after every piece. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSubjectRun, evaluateAt, type SubjectHistory, signalsOf } from '../../rules/compiler/index.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import { CONTEXT, DAY, event, history, MINUTE, NOON, reversal, rule } from '../support/rules.ts';

const over = '3d';
const explained = (...names: string[]) => {
  const text = names.map((name) => `{${name}}`).join(' ');
  return { es: text, en: text, fr: text };
};

/** Rules that between them use every kind of column, window and condition. */
const RULES = [
  rule({
    features: {
      n: { agg: 'count', where: 'direction == "in"', over },
      fresh: { agg: 'share', part: 'pairOrdinal <= 1', where: 'direction == "in"', over },
      grid: { agg: 'top_share', of: 'amount', top: 1, tolerance_milli: 100, where: 'amount > 0', over },
      late: { agg: 'max', of: 'pairAgeMs', where: 'n >= 2', over: '2day@local' },
    },
    when: 'n >= 2 && (fresh >= 0.3 || grid > 0.5) && late >= 0',
    quiet: '6h',
  }),
  rule({
    derive: {
      cycle: {
        make: 'cycle',
        in: 'direction == "in"',
        out: 'direction == "out"',
        of: 'amount',
        within: '1d',
        match: 'fifo',
        over,
      },
    },
    features: {
      n: { agg: 'count', from: 'cycle', where: 'matchedShareMilli >= 500', over: '2d' },
      one: { agg: 'top_key', of: 'counterparty', by: 'amount', over, evidence: false },
    },
    when: 'n >= 1 && one != "p2"',
    quiet: '2h',
  }),
  rule({
    params: { bar: { threshold: 't', unit: 'minor', provenance: 'law' } },
    features: {
      n: {
        agg: 'count',
        where: 'amount < params.bar && amount * 100000 > params.bar',
        over: '2businessDay@US',
      },
      d: { agg: 'dwell', of: 'amount', in: 'direction == "in"', out: 'direction == "out"', over },
      old: { agg: 'mean', of: 'amount', over, skip: '12h' },
    },
    when: 'n >= 1 && (d <= 86400000 || old > 10.0)',
    explain: explained('old'),
    quiet: '50m',
  }),
  rule({
    features: {
      n: {
        agg: 'sequence',
        steps: ['direction == "in"', 'direction == "out" && amount > 5'],
        within: '1d',
        by: 'counterparty',
        over,
      },
      later: { agg: 'sequence', steps: ['amount > 20', 'amount <= n * 20'], within: '3h', over: '3h' },
    },
    when: 'n >= 1 && (n >= 3 || later >= 1)',
    explain: explained('later'),
    quiet: '2h',
  }),
  rule({
    tick: '1d',
    features: {
      n: { agg: 'count', where: 'direction == "in"', over: '1d' },
      old: { agg: 'count', where: 'direction == "in"', over, skip: '1d' },
      paid: { agg: 'sum', of: 'amount', where: 'direction == "out"', over: '2d' },
    },
    when: 'n == 0 && old >= 1 || n >= 2 && paid >= 20',
    explain: explained('paid'),
  }),
];

/** Events of few counterparties at few minutes of a few hours, so that ties, hours and episodes meet. */
const row = fc.record({
  minutes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 6 * 1440 })),
  amount: fc.option(fc.integer({ min: 0, max: 40 }), { freq: 12 }),
  direction: fc.constantFrom('in', 'out'),
  counterparty: fc.option(fc.constantFrom('p1', 'p2', 'p3'), { freq: 12 }),
  reversedAfter: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.integer({ min: -60, max: 1440 }), fc.integer({ min: 1, max: 50 })),
    },
  ),
  status: fc.constantFrom('completed', 'completed', 'completed', 'declined'),
});

const stream = fc.array(row, { minLength: 1, maxLength: 24 }).map((rows) =>
  history(
    rows.map(({ minutes, amount, direction, counterparty, reversedAfter, status }, i) => {
      const time = NOON + minutes * MINUTE;
      const fields = {
        amount,
        direction,
        counterparty,
        source: counterparty,
        status,
        localDay: Math.floor(time / DAY),
      };
      const reversals =
        reversedAfter === null
          ? {}
          : { reversals: [reversal(`r${i}`, time + reversedAfter[0] * MINUTE, BigInt(reversedAfter[1]))] };
      return event(`e${i}`, time, fields, reversals);
    }),
  ),
);

const ahead = fc.constantFrom(0, 0, 1, 2, 5);

const cuts = fc.array(fc.integer({ min: 1, max: 24 }), { maxLength: 8 });

describe('the incremental run', () => {
  it.each(RULES.map((checked, i) => [i, checked] as const))(
    'of rule %i equals the whole run after every piece',
    (_i, checked) => {
      fc.assert(
        fc.property(stream, cuts, ahead, ({ events, ...subject }, pieces, days) => {
          const run = createSubjectRun(checked, CONTEXT);
          const grown: RuleEvent[] = [];
          let next = 0;
          let knownMs = 0;
          for (const piece of [...pieces, events.length]) {
            grown.push(...events.slice(next, next + piece));
            next += piece;
            // What is known lies ahead of the events so far; of all times that were known the latest counts.
            knownMs = Math.max(knownMs, (grown.at(-1)?.time ?? 0) + days * DAY);
            const now = run.append({ ...subject, events: grown }, undefined, undefined, knownMs);
            const whole = { ...subject, events: [...grown] };
            expect(now).toEqual(signalsOf(checked, whole, CONTEXT, undefined, knownMs));
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  it('takes a reversal that comes in order with the event it touches', () => {
    fc.assert(
      fc.property(stream, ({ events, ...subject }) => {
        for (const checked of RULES) {
          const run = createSubjectRun(checked, CONTEXT);
          const grown: RuleEvent[] = [];
          for (const each of events) {
            grown.push(withKnownReversals(each, each.time));
            // What became known up to now replaces the event by itself with more reversals.
            grown.forEach((_, i) => {
              grown[i] = withKnownReversals(events[i]!, each.time);
            });
            run.append({ ...subject, events: [...grown] });
          }
          const last = events[events.length - 1]!.time;
          const known: SubjectHistory = {
            ...subject,
            events: events.map((each) => withKnownReversals(each, last)),
          };
          expect(run.append({ ...subject, events: grown })).toEqual(signalsOf(checked, known, CONTEXT));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('evaluates as of an event as if nothing came after it', () => {
    fc.assert(
      fc.property(stream, ({ events, ...subject }) => {
        for (const checked of RULES) {
          for (const { evaluation } of signalsOf(checked, { ...subject, events }, CONTEXT)) {
            const { index } = evaluation;
            const prefix = { ...subject, events: events.slice(0, index + 1) };
            const { eventTime } = evaluation;
            const tick = eventTime === events[index]!.time ? null : eventTime;
            const { evidence: _evidence, ...reading } = evaluateAt(checked, prefix, index, CONTEXT, tick);
            expect(reading).toEqual(evaluation);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is not an empty claim: the streams make signals, versions and reversed evidence', () => {
    const seen = { signals: 0, later: 0, reversed: 0, truths: new Set<boolean | null>() };
    for (const { events, ...subject } of fc.sample(stream, { numRuns: 200, seed: 7 })) {
      for (const checked of RULES) {
        for (const version of signalsOf(checked, { ...subject, events }, CONTEXT)) {
          seen.signals += version.version === 1 ? 1 : 0;
          seen.later += version.version > 1 ? 1 : 0;
          seen.reversed += version.evidenceReversed ? 1 : 0;
        }
        events.forEach((_, i) => {
          seen.truths.add(evaluateAt(checked, { ...subject, events }, i, CONTEXT).truth);
        });
      }
    }
    expect(seen.signals).toBeGreaterThan(100);
    expect(seen.later).toBeGreaterThan(100);
    expect(seen.reversed).toBeGreaterThan(10);
    expect([...seen.truths].sort()).toEqual([false, null, true]);
  });
});

function withKnownReversals(each: RuleEvent, until: number): RuleEvent {
  const { reversals, ...bare } = each;
  const known = reversals?.filter((one) => one.time <= until) ?? [];
  return known.length === 0 ? bare : { ...bare, reversals: known };
}
