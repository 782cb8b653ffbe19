/**
 * What records keep beside counts (last different values, lots of money, sums) against the reference: nothing that fires is
 * held back, in whatever order events come and whichever are taken away again. `RASTRO_RUNS` sets how many (default 200).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckedRule, planRules } from '../../rules/compiler/index.ts';
import { RuleEvaluator } from '../../rules/compiler/reference/evaluator.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import { compareRefs } from '../../schemas/order.ts';
import { factsOfEvents, holdable, TestDictionary } from '../support/event-facts.ts';
import { CONTEXT, event, HOUR, NOON, rule } from '../support/rules.ts';

const DEFAULT_RUNS = 200;
const RUNS = Number(process.env['RASTRO_RUNS'] ?? DEFAULT_RUNS);

const IN = 'direction == "in"';
const OUT = 'direction == "out"';
const strength = { of: 'f', at: 1, full: 9 };
const LAW = { law: { threshold: 't', unit: 'minor', provenance: 'law' } };

function counting(feature: object, when: string, parts: object = {}): CheckedRule {
  return rule({ features: { f: { over: '24h', ...feature } }, when, strength, ...parts });
}

interface Passing {
  readonly when?: string;
  readonly agg?: object;
  readonly within?: string;
}

function passing(
  match: string,
  where: string,
  { when = 'f >= 1', agg = { agg: 'count' }, within = '4h' }: Passing = {},
): CheckedRule {
  const derive = { pass: { make: 'cycle', in: IN, out: OUT, of: 'amount', within, match, over: '48h' } };
  return rule({ derive, features: { f: { ...agg, from: 'pass', where, over: '48h' } }, when, strength });
}

const RULES: readonly (readonly [string, CheckedRule])[] = [
  ['two values', counting({ agg: 'distinct', of: 'counterparty', where: IN }, 'f >= 2')],
  ['four values', counting({ agg: 'distinct', of: 'counterparty' }, '4 <= f')],
  ['three days', counting({ agg: 'distinct', of: 'localDay', over: '72h', where: IN }, 'f == 3')],
  [
    'values, skipping',
    rule({
      features: {
        f: { agg: 'distinct', of: 'counterparty', over: '24h', skip: '3h' },
        n: { agg: 'count', over: '1h' },
      },
      when: '!(f < 3) && n >= 1',
      strength,
    }),
  ],
  ['values of a day', counting({ agg: 'distinct', of: 'counterparty', over: '1day@local' }, 'f >= 3')],
  ['a sum', counting({ agg: 'sum', of: 'amount', where: IN }, 'f >= 4000')],
  ['more than a sum', counting({ agg: 'sum', of: 'amountUsd' }, 'f > 2500')],
  ['a statutory sum', counting({ agg: 'sum', of: 'amountMxn' }, 'f >= params.law', { params: LAW })],
  ['some passed on, by sum', passing('sum', 'matched > 0', { when: 'f >= 3' })],
  ['most passed on, by sum', passing('sum', 'matchedShareMilli >= 500 && matchedShareMilli <= 1000')],
  ['less than came in, by sum', passing('sum', '700 > matchedShareMilli')],
  ['so much matched, by sum', passing('sum', 'matched >= 1500 && sources >= 1')],
  ['exactly so much, by sum', passing('sum', 'matchedShareMilli == 1000')],
  ['of many, by sum', passing('sum', 'matched >= 7000', { within: '24h' })],
  ['soon passed on, by sum', passing('sum', 'matchedShareMilli <= 2000', { within: '40m' })],
  ['soon passed on, first in', passing('fifo', 'matched > 0', { within: '40m' })],
  ['most passed on, first in', passing('fifo', 'matchedShareMilli >= 900', { when: 'f >= 2' })],
  ['so much matched, first in', passing('fifo', 'matched > 999 || matched >= 2000')],
  [
    'days, first in',
    passing('fifo', 'matchedShareMilli > 249', { when: 'f >= 2', agg: { agg: 'distinct', of: 'localDay' } }),
  ],
  ['gone fast', counting({ agg: 'dwell', of: 'amount', in: IN, out: OUT, where: undefined }, 'f <= 7200000')],
];

const HALF_HOUR = HOUR / 2;
const drawn = fc.record({
  /** Many events share a minute, an hour, or lie at the very end of a window. */
  at: fc.oneof(
    fc.nat(60).map((step) => step * HALF_HOUR),
    fc.nat(40).map((step) => step * 4 * HOUR),
    fc.nat(8).map((step) => step * 90 * 1_000),
  ),
  off: fc.constantFrom(0, 0, 0, 1, -1, 59_999),
  direction: fc.constantFrom('in', 'out'),
  counterparty: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e') },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  amount: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(1, 500, 999, 1_000, 1_500, 2_000, 2_001, 4_000) },
    { weight: 1, arbitrary: fc.constantFrom(1_000_000, 2 ** 31, 2n ** 60n) },
  ),
  /** Places by which it comes later than it should. */
  late: fc.constantFrom<number>(0, 0, 0, 0, 1, 4, 12),
  /** Places after which it is taken away again. */
  gone: fc.option(fc.integer({ min: 1, max: 12 }), { nil: null, freq: 6 }),
});

type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

function eventOf({ at, off, direction, counterparty, amount }: Drawn, i: number): RuleEvent {
  const time = NOON + at + off;
  const fields = { direction, kind: 'transfer', counterparty, amount, source: counterparty };
  // Only `amount` may be too large for a column.
  const stated = typeof amount === 'bigint' ? 2 ** 50 : amount;
  const more = { amountUsd: stated, amountMxn: stated, localDay: Math.floor(time / (24 * HOUR)) };
  return holdable(event(`e${String(i).padStart(2, '0')}`, time, { ...fields, ...more }));
}

/** What comes and goes, in order of arrival. */
function arrivals(all: readonly { readonly event: RuleEvent; readonly drawn: Drawn }[]) {
  const steps = all.flatMap(({ drawn: { late, gone } }, i) => [
    { i, at: i + late, isGone: false },
    ...(gone === null ? [] : [{ i, at: i + late + gone, isGone: true }]),
  ]);
  return steps.sort((a, b) => a.at - b.at || a.i - b.i);
}

interface Outcome {
  fired: number;
  asked: number;
  admitted: number;
  late: number;
}

function play(tested: CheckedRule, draws: readonly Drawn[], total: Outcome): void {
  const dictionary = new TestDictionary(31, CONTEXT);
  const plan = planRules([tested], dictionary).get('account')!;
  const all = draws
    .map((each, i) => ({ event: eventOf(each, i), drawn: each }))
    .sort((a, b) => compareRefs(a.event, b.event));
  const { columns, setBits, legs } = factsOfEvents(
    all.map((each) => each.event),
    plan.standpoint,
    dictionary,
  );
  const buffer = new ArrayBuffer(plan.layout.bytes);
  const slab = { f64: new Float64Array(buffer), i32: new Int32Array(buffer), u8: new Uint8Array(buffer) };
  const places = new Int32Array(1);
  const bits = new Int32Array(plan.bitWords);
  const mask = new Int32Array(plan.maskWords);
  let present: number[] = [];
  /** Last in order of all that came, whether or not it went again. */
  let newest = -1;
  const firesAt = (from: number): number[] => {
    const evaluator = new RuleEvaluator(tested, CONTEXT);
    const events = present.map((i) => all[i]!.event);
    evaluator.attach({ subjectKey: 'acct', subjectKind: 'account', events });
    return events.flatMap((_, at) =>
      at >= from && evaluator.triggers(at) && evaluator.fires(at) ? [at] : [],
    );
  };
  /** The record as it stands, asked for every event from a place on. */
  const ask = (i: number, from: number, what: string): void => {
    plan.admits(slab, 0, all[i]!.event.time, mask, 0);
    total.asked++;
    if (mask[0] !== 0) total.admitted++;
    const fires = firesAt(from);
    total.fired += fires.length;
    if (mask[0] === 0) expect(fires, `${what} event ${i}`).toEqual([]);
  };
  for (const { i, isGone } of arrivals(all)) {
    if (isGone) {
      const from = present.indexOf(i);
      present = present.filter((other) => other !== i);
      ask(i, from, 'without');
      continue;
    }
    const place = newest > i ? present.filter((other) => other < i).length : -1;
    newest = Math.max(newest, i);
    plan.kernel(columns, setBits, slab, 1, legs.slice(i, i + 1), places, bits, mask);
    if (place < 0) {
      present = [...present, i];
      const isCandidate = mask[0] !== 0;
      const fires = firesAt(present.length - 1);
      if (!isCandidate) expect(fires, `with event ${i}`).toEqual([]);
      ask(i, present.length - 1, 'with');
    } else {
      total.late++;
      present = [...present.slice(0, place), i, ...present.slice(place)];
      ask(i, place, 'late');
    }
  }
}

const PLAIN: Drawn = {
  at: 0,
  off: 0,
  direction: 'in',
  counterparty: 'a',
  amount: 1_000,
  late: 0,
  gone: null,
};
/** What chance seldom brings. */
const EXAMPLES: [Drawn[]][] = [
  // What funds the outgoing event has left the record when it comes: three small lots came since.
  [
    [
      PLAIN,
      { ...PLAIN, at: HALF_HOUR, direction: 'out', late: 4 },
      ...[2, 4, 6].map((hours) => ({ ...PLAIN, at: hours * HOUR, amount: 1 })),
    ],
  ],
  // Only all lots together are enough.
  [
    [
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((step) => ({ ...PLAIN, at: step * 5 * 60_000 })),
      { ...PLAIN, at: HALF_HOUR + 10 * 60_000, direction: 'out', amount: 8_000 },
    ],
  ],
  // Money that comes late stands beside money that came in time, which must not be taken for as old.
  [
    [
      { ...PLAIN, amount: 1, late: 2 },
      { ...PLAIN, at: 3 * HOUR },
      ...[190, 200, 270].map((minutes) => ({ ...PLAIN, at: minutes * 60_000, amount: 1 })),
      { ...PLAIN, at: 280 * 60_000, direction: 'out' },
    ],
  ],
  // Slightly more than came in is the whole of it in thousandths.
  [
    [
      { ...PLAIN, amount: 2_000 },
      { ...PLAIN, at: HALF_HOUR, direction: 'out', amount: 2_001 },
    ],
  ],
  // At the last moment at which it is soon.
  [[PLAIN, { ...PLAIN, at: 40 * 60_000, direction: 'out' }]],
];

describe('parts of records', () => {
  it.each(RULES)('%s: nothing that fires is held back', (_, tested) => {
    const plan = planRules([tested], new TestDictionary(31, CONTEXT)).get('account')!;
    expect(plan.rules[0]!.gateText).toMatch(/different|funded|sum/);
    const total: Outcome = { fired: 0, asked: 0, admitted: 0, late: 0 };
    fc.assert(
      fc.property(fc.array(drawn, { minLength: 2, maxLength: 30, size: 'max' }), (draws) =>
        play(tested, draws, total),
      ),
      { numRuns: Math.ceil(RUNS / 2), examples: EXAMPLES },
    );
    if (RUNS < DEFAULT_RUNS) return;
    // Both ways, and not because the gates stand open.
    expect(Math.min(total.fired, total.late, total.asked - total.admitted)).toBeGreaterThan(RUNS / 25);
  });
});
