/** Corners in which what the hot detector keeps from before must not outlive it, played step by step beside the reference. */
import { describe, expect, it } from 'vitest';
import { createDetector, type DetectorOptions } from '../../../../../pipelines/detect/detector.ts';
import { PROVIDABLE } from '../../../../../pipelines/ingest/provided.ts';
import type { CheckedRule, EvaluationContext, RuleSet } from '../../../../../rules/compiler/index.ts';
import type { Transaction } from '../../../../../schemas/transaction.ts';
import { createRowsDetector } from '../../../../support/rows-detector.ts';
import { CONTEXT, DAY, rule } from '../../../../support/rules.ts';
import { type Contender, firstDifference, standingOf } from '../../../../support/stream-player.ts';
import { transaction } from '../../../../support/transactions.ts';

const START = Date.UTC(2026, 2, 2);
const setOf = (made: CheckedRule): RuleSet => ({
  rules: [made],
  unevaluated: [],
  hash: 'corner',
  activeFrom: Number.NEGATIVE_INFINITY,
  timeline: [],
});
const optionsOf = (made: CheckedRule, evaluation: EvaluationContext): DetectorOptions => ({
  ruleSet: setOf(made),
  evaluation,
  providedBy: () => new Set(PROVIDABLE),
});
const reference: Contender = { name: 'reference', create: createDetector };
const hot: Contender = {
  name: 'hot',
  create: (options) => createRowsDetector(options, { blockRows: [1], hot: { seed: [1, 2] } }),
};
const row = (id: string, days: number, more: Partial<Parameters<typeof transaction>[0]> = {}) =>
  transaction({
    id,
    at: new Date(START + days * DAY).toISOString(),
    from: 'payer',
    to: 'holder',
    ...more,
  });
const ops = (rows: readonly Transaction[]) =>
  rows.flatMap((tx) => [{ kind: 'row', tx } as const, { kind: 'flush' } as const]);

describe('the hot detector says what the reference says', () => {
  it('of an open episode of which the thresholds change', () => {
    const bar = { bar: { threshold: 't', unit: 'minor', provenance: 'law' } };
    const made = rule({
      params: bar,
      features: {
        n: { agg: 'count', where: 'direction == "in" && amount >= params.bar', over: '30d' },
      },
    });
    const from = (minor: number): EvaluationContext => ({
      ...CONTEXT,
      thresholdAt: (id, ms) => (id !== 't' ? null : ms < START + 3 * DAY ? 10_000 : minor),
      thresholdRange: () => ({ least: 10_000, most: 90_000 }),
    });
    const [before, after] = [from(90_000), from(10_000)];
    const rows = [row('a', 0.4), row('b', 2.9), row('c', 3.4), row('d', 4.4)];
    const changing = (contender: Contender): Contender => ({
      ...contender,
      between(detector, block) {
        // Before the first event of the third day: nobody's history is read again.
        if (block === 1) detector.useRules(setOf(made), after, START + 3 * DAY);
        return detector;
      },
    });
    const options = optionsOf(made, before);
    expect(firstDifference(changing(reference), changing(hot), options, ops(rows))).toBeNull();
    const said = standingOf(changing(hot), options, ops(rows));
    // Under the thresholds of before nothing would reach the bar as of c and d.
    const times = [...said.values()].flat().map(({ version }) => version.eventTime);
    expect(Math.max(...times)).toBe(START + 4.4 * DAY);
  });

  it('of ticks after an event that triggered and was reversed as a whole', () => {
    const made = rule({
      tick: '1d',
      features: {
        ins: { agg: 'count', where: 'direction == "in"', over: '20d' },
        outs: { agg: 'count', where: 'direction == "out"', over: '20d', evidence: false },
      },
      when: 'ins == 0 && outs >= 1',
      strength: { of: 'outs', at: 1, full: 9 },
    });
    const days = Array.from({ length: 19 }, (_, i) => row(`clock-${i}`, 8.5 + i, { from: 'x', to: 'y' }));
    const rows = [
      row('a', 10 / 24),
      row('b', 5),
      row('r', 6, { row: { reverses: { institution: 'bank_a', id: 'b' } } }),
      row('c', 8, { from: 'holder', to: 'payee' }),
      ...days,
    ];
    const options = optionsOf(made, CONTEXT);
    expect(firstDifference(reference, hot, options, ops(rows))).toBeNull();
    const said = [...standingOf(hot, options, ops(rows)).values()].flat();
    expect(said.map(({ version }) => version.eventTime)).toContain(START + 21 * DAY);
  });
});
