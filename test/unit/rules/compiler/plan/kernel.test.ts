/** The generated kernel: what becomes of a rule's texts, counters at their limits, many rules, the record. */
import { describe, expect, test } from 'vitest';
import { planRules, warmUp } from '../../../../../rules/compiler/index.ts';
import { PREDICATES_MAX } from '../../../../../rules/compiler/plan/kind-plan.ts';
import { literal } from '../../../../../rules/compiler/plan/literal.ts';
import { bitOf, factsOfEvents, runKernel, TestDictionary } from '../../../../support/event-facts.ts';
import { DAY, event, HOUR, NOON, rule } from '../../../../support/rules.ts';

function planOf(rules: Parameters<typeof planRules>[0]) {
  const dictionary = new TestDictionary();
  return { dictionary, plan: planRules(rules, dictionary).get('account')! };
}

describe('generated code', () => {
  const HOSTILE = [
    '"; process.exit(1); "',
    ['`$', '{process.exit(1)}`'].join(''),
    '*/ process.exit(1) /*',
    '\u2028process.exit(1)\u2029',
    "'); process.exit(1); ('",
    '__proto__',
    'constructor',
  ];

  test('holds no text of a rule', () => {
    const parameters = {
      processExit: { value: HOSTILE, unit: 'list', provenance: 'default' },
      constructor1: { value: HOSTILE[0]!, unit: 'text', provenance: 'default' },
    };
    const quoted = JSON.stringify(HOSTILE[1]);
    const where = [
      'counterparty in params.processExit',
      'place == params.constructor1',
      `${quoted} in textClasses`,
      `kind in [${quoted}]`,
      `rail != ${JSON.stringify(HOSTILE[3])}`,
    ].join(' || ');
    const features = { hasOwnProperty: { agg: 'count', where, over: '1d' } };
    const { plan } = planOf([
      rule({
        params: parameters,
        features,
        when: 'hasOwnProperty >= 2',
        strength: { of: 'hasOwnProperty', at: 1, full: 2 },
      }),
    ]);
    for (const word of [
      'process',
      'exit',
      'proto',
      'constructor',
      'hasOwnProperty',
      'processExit',
      '`',
      '\u2028',
      '*/',
    ]) {
      expect(plan.source).not.toContain(word);
    }
    // Names of columns, names made by the plan, numbers and operators: no string but the directive.
    expect(plan.source.match(/['"][^'"]*['"]/g)).toEqual(["'use strict'"]);
    expect(plan.counters[0]!.text).toContain('process.exit');
  });

  test('takes numbers only', () => {
    expect(literal(-5)).toBe('(-5)');
    expect(literal(-0)).toBe('0');
    expect(literal(1e21)).toBe('1e+21');
    for (const value of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '1' as unknown as number,
      undefined as unknown as number,
    ]) {
      expect(() => literal(value)).toThrow(TypeError);
    }
  });

  test('is the same for the same rules', () => {
    const rules = [rule({ when: 'n >= 3' }), rule({ id: 'TST-02', when: 'n >= 4' })];
    expect(planOf(rules).plan.source).toBe(planOf(rules).plan.source);
  });
});

describe('counters', () => {
  /** Candidates of `n >= needed` over events at the times, hours after noon. */
  function candidates(needed: number, hours: readonly number[], over = '1d'): boolean[] {
    const { plan, dictionary } = planOf([
      rule({ features: { n: { agg: 'count', where: 'direction == "in"', over } }, when: `n >= ${needed}` }),
    ]);
    const events = hours.map((hour, i) =>
      event(`e${i}`, NOON + hour * HOUR, { direction: 'in', kind: 'transfer' }),
    );
    const { mask } = runKernel(plan, factsOfEvents(events, 'owner', dictionary));
    return events.map((_, i) => bitOf(mask, plan.maskWords, i, 0));
  }

  test('count this pane and the last one, and forget what is older', () => {
    expect(candidates(3, [0, 1, 2])).toEqual([false, false, true]);
    // Days begin at midnight UTC: the third event sees two panes, of which the first holds one event.
    expect(candidates(3, [0, 13, 14])).toEqual([false, false, true]);
    expect(candidates(3, [0, 13, 37])).toEqual([false, false, false]);
    expect(candidates(2, [0, 36, 84])).toEqual([false, false, false]);
  });

  test('stay at 255 and let through what needs more than they show', () => {
    const hours = Array.from({ length: 300 }, (_, i) => i / 100);
    const found = candidates(280, hours);
    // 200 is what the gate asks for; the second tier recounts.
    expect(found.indexOf(true)).toBe(199);
    expect(found.slice(199).every(Boolean)).toBe(true);
  });

  test('are as wide as what is asked of them: 15 fit half a byte, 16 do not', () => {
    const hours = Array.from({ length: 20 }, (_, i) => i / 100);
    for (const needed of [14, 15, 16, 17]) {
      expect(candidates(needed, hours).indexOf(true), `needed ${needed}`).toBe(needed - 1);
    }
    const bytesOf = (needed: number) => planOf([rule({ when: `n >= ${needed}` })]).plan.layout.counters;
    expect([15, 16].map((needed) => bytesOf(needed).map(({ isWide }) => isWide))).toEqual([[false], [true]]);
  });

  test('that a gate watches are noticed again after their pane has gone by', () => {
    // Reached, forgotten while another event asks the gate, reached once more.
    const days = [0, 1 / 24, 5, 10, 10 + 1 / 24];
    expect(
      candidates(
        2,
        days.map((day) => 24 * day),
      ),
    ).toEqual([false, true, false, false, true]);
  });

  test('of several, the one that is reached last opens the gate', () => {
    const features = {
      n: { agg: 'count', where: 'direction == "in"', over: '1d' },
      m: { agg: 'count', where: 'direction == "out"', over: '1d' },
    };
    const { plan, dictionary } = planOf([
      rule({ features, when: 'n >= 3 && m >= 1', strength: { of: 'n', at: 1, full: 9 } }),
      rule({
        id: 'TST-02',
        features,
        when: 'n >= 1 && m >= 3 || 2 * n + m >= 9',
        strength: { of: 'n', at: 1, full: 9 },
      }),
    ]);
    const ways = ['in', 'in', 'in', 'out', 'out', 'out', 'in'];
    const events = ways.map((direction, i) => event(`e${i}`, NOON + i, { direction }));
    const { mask } = runKernel(plan, factsOfEvents(events, 'owner', dictionary));
    expect([...mask]).toEqual([0, 0, 0, 1, 1, 3, 3]);
  });

  test('the gate over exact counts asks for the whole number', () => {
    const { plan } = planOf([rule({ when: 'n >= 280' })]);
    expect(plan.rules[0]!.gate([279])).toBe(false);
    expect(plan.rules[0]!.gate([280])).toBe(true);
  });

  test('are shared by rules that count the same', () => {
    const where = 'direction == "in" && kind == "transfer"';
    const turned = 'kind in ["transfer"] && !(direction != "in")';
    const { plan } = planOf([
      rule({ features: { n: { agg: 'count', where, over: '1d' } }, when: 'n >= 3' }),
      rule({ id: 'TST-02', features: { n: { agg: 'count', where: turned, over: '1d' } }, when: 'n >= 9' }),
      rule({ id: 'TST-03', features: { n: { agg: 'count', where: turned, over: '24h' } }, when: 'n >= 9' }),
    ]);
    expect(plan.counters).toHaveLength(1);
    expect(plan.predicates).toHaveLength(1);
  });
});

describe('the record', () => {
  test('keeps what is not the kernel’s, and says when the subject was last seen', () => {
    const { plan, dictionary } = planOf([rule({ when: 'n >= 2' })]);
    const facts = factsOfEvents([event('a', NOON), event('b', NOON + DAY)], 'owner', dictionary);
    const { record } = runKernel(plan, facts, { open: 0 });
    const view = new DataView(record.buffer);
    expect(view.getFloat64(plan.layout.header.lastTime, true)).toBe(NOON + DAY);
    for (const name of ['tail', 'slot', 'length', 'open', 'flags', 'key'] as const) {
      expect(view.getInt32(plan.layout.header[name], true)).toBe(0);
    }
    expect(plan.layout.bytes % 64).toBe(0);
    expect(plan.layout.text).toMatch(/^offset {2}bytes {2}what\n/);
  });

  test('an open episode lets every triggering event through, and no other', () => {
    const where = 'direction == "in"';
    const { plan, dictionary } = planOf([
      rule({ features: { n: { agg: 'count', where, over: '1d' } }, when: 'n >= 5' }),
    ]);
    const events = ['in', 'out', 'in'].map((direction, i) => event(`e${i}`, NOON + i, { direction }));
    const { mask } = runKernel(plan, factsOfEvents(events, 'owner', dictionary), { open: 1 });
    expect([...mask]).toEqual([1, 0, 1]);
  });

  test('reads neither later legs nor the other side’s record', () => {
    const { plan, dictionary } = planOf([rule({ when: 'n >= 2' })]);
    const facts = factsOfEvents([], 'owner', dictionary);
    expect(runKernel(plan, facts).record.every((byte) => byte === 0)).toBe(true);
  });
});

describe('many rules', () => {
  const RULES = 70;
  const many = Array.from({ length: RULES }, (_, i) =>
    rule({
      id: `TST-${String(i + 10)}`.slice(0, 6),
      features: { n: { agg: 'count', where: `amount >= ${i}`, over: `${1 + (i % 5)}d` } },
      when: `n >= ${2 + (i % 3)}`,
    }),
  );

  test('take as many words as they need', () => {
    const { plan, dictionary } = planOf(many);
    expect([plan.bitWords, plan.maskWords, plan.layout.openWords.length]).toEqual([3, 3, 3]);
    const events = [0, 1, 2, 3].map((i) => event(`e${i}`, NOON + i * HOUR, { direction: 'in', amount: 40 }));
    const { mask, bits } = runKernel(plan, factsOfEvents(events, 'owner', dictionary), { block: 3 });
    many.forEach((_, i) => {
      const expected = events.map((_, at) => i <= 40 && at + 1 >= 2 + (i % 3));
      expect(
        events.map((_, at) => bitOf(mask, 3, at, i)),
        `rule ${i}`,
      ).toEqual(expected);
      expect(bitOf(bits, 3, 0, i)).toBe(i <= 40);
    });
  });

  test('warm up without a fault', () => {
    warmUp(planOf(many).plan);
    expect(planOf(many).plan.counters).toHaveLength(RULES);
  });

  test('beyond the most predicates, rules are left without a gate and lose nothing', () => {
    const parts = Array.from({ length: PREDICATES_MAX - 1 }, (_, i) => [
      `f${i}`,
      { agg: 'count', where: `amount >= ${i}`, over: '1d' },
    ]);
    // One rule that takes nearly all of them (in two halves, for the length of an expression), one that takes two more.
    const half = (from: number, to: number) => ({
      features: Object.fromEntries(parts.slice(from, to)),
      when: Array.from({ length: to - from }, (_, i) => `f${from + i} >= 1`).join('||'),
      strength: { of: `f${from}`, at: 1, full: 2 },
    });
    const greedy = Array.from({ length: 8 }, (_, i) =>
      rule({ id: `TST-1${i}`, ...half(i * 63, Math.min((i + 1) * 63, PREDICATES_MAX - 1)) }),
    );
    const last = rule({
      id: 'TST-02',
      features: Object.fromEntries(
        Array.from({ length: 10 }, (_, i) => [
          `g${i}`,
          { agg: 'count', where: `amountUsd >= ${i}`, over: '1d' },
        ]),
      ),
      when: Array.from({ length: 10 }, (_, i) => `g${i} >= 2`).join(' && '),
      strength: { of: 'g0', at: 1, full: 2 },
    });
    const { plan, dictionary } = planOf([...greedy, last]);
    expect(plan.predicates.length).toBeLessThanOrEqual(PREDICATES_MAX);
    const own = plan.rules.at(-1)!;
    expect(own.isGated).toBe(false);
    const facts = factsOfEvents([event('a', NOON, { amount: 1, amountUsd: 20 })], 'owner', dictionary);
    expect(bitOf(runKernel(plan, facts).mask, plan.maskWords, 0, own.bit)).toBe(true);
  });
});
