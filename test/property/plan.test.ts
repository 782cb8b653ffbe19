/**
 * The plan of rules against the reference: no evaluation that fires is held back by a gate, over random rules and over the
 * shipped ones. `RASTRO_RUNS` sets how many (default 200).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../rules/compiler/cases.ts';
import type { CheckedRule, EvaluationContext, KindPlan, SubjectHistory } from '../../rules/compiler/index.ts';
import { planRules } from '../../rules/compiler/index.ts';
import { RuleEvaluator } from '../../rules/compiler/reference/evaluator.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import {
  bitOf,
  factsOfEvents,
  holdable,
  runKernel,
  seenFrom,
  TestDictionary,
} from '../support/event-facts.ts';
import { compiled, contextOf } from '../support/vector-evaluators.ts';
import { historyOf } from '../support/vectors.ts';
import { subject } from './brute-force-arbitrary.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 200);
const HOUR = 3_600_000;

const { ruleSet, evaluation } = await loadKnowledge({ cases: true });
const SHIPPED = ruleSet.rules.filter((rule) => rule.input === 'events');

interface Outcome {
  readonly fired: number;
  readonly triggered: number;
  readonly candidates: number;
}

/** Runs the history through kernel and reference; throws where the kernel holds back what fires. */
function compare(
  rules: readonly CheckedRule[],
  plan: KindPlan,
  dictionary: TestDictionary,
  events: readonly RuleEvent[],
  context: EvaluationContext,
  block: number,
): Outcome {
  const facts = factsOfEvents(events, plan.standpoint, dictionary);
  const run = runKernel(plan, facts, { block });
  const open = runKernel(plan, facts, { block, open: -1 });
  expect(open.bits).toEqual(run.bits);
  const outcome = { fired: 0, triggered: 0, candidates: 0 };
  const history: SubjectHistory = { subjectKey: 'acct', subjectKind: plan.kind, events };
  for (const rule of rules) {
    const { bit, gate, counters } = plan.rules.find((each) => each.rule === rule)!;
    const evaluator = new RuleEvaluator(rule, context);
    evaluator.attach(history);
    for (let at = 0; at < events.length; at++) {
      const isCandidate = bitOf(run.mask, plan.maskWords, at, bit);
      const mayTrigger = bitOf(open.mask, plan.maskWords, at, bit);
      if (isCandidate) outcome.candidates++;
      // With every episode open the mask is the trigger.
      if (isCandidate) expect(mayTrigger).toBe(true);
      if (!evaluator.triggers(at)) continue;
      outcome.triggered++;
      expect(mayTrigger, `${rule.id} is triggered by event ${at}`).toBe(true);
      if (!evaluator.fires(at)) continue;
      outcome.fired++;
      const why = `${rule.id} fires at event ${at}`;
      expect(isCandidate, why).toBe(true);
      expect(gate(exactCounts(plan, run.bits, events, at, counters)), why).toBe(true);
    }
  }
  return outcome;
}

/** What the second tier recounts: events of the prefix in the window on which the predicate may be true. */
function exactCounts(
  plan: KindPlan,
  bits: Int32Array,
  events: readonly RuleEvent[],
  at: number,
  counters: readonly number[],
): number[] {
  const counts: number[] = [];
  for (const counter of counters) {
    const { windowMs, bit } = plan.counters[counter]!;
    let count = 0;
    for (let i = at; i >= 0 && events[i]!.time > events[at]!.time - windowMs; i--) {
      if (bitOf(bits, plan.bitWords, i, bit)) count++;
    }
    counts[counter] = count;
  }
  return counts;
}

describe('gates', () => {
  it('hold back nothing that fires, over random rules and histories', {
    timeout: 60_000 + RUNS * 200,
  }, () => {
    const total = { fired: 0, triggered: 0, candidates: 0 };
    let gated = 0;
    fc.assert(
      fc.property(subject, fc.integer({ min: 1, max: 9 }), (vector, block) => {
        const rule = compiled(vector);
        const rows = vector.rows.filter(({ reverses }) => reverses === null);
        const { events } = historyOf({ ...vector, rows }) as SubjectHistory;
        const dictionary = new TestDictionary();
        const plan = planRules([rule], dictionary).get('account')!;
        if (plan.rules[0]!.isGated) gated++;
        const outcome = compare([rule], plan, dictionary, events.map(holdable), contextOf(vector), block);
        total.fired += outcome.fired;
        total.triggered += outcome.triggered;
        total.candidates += outcome.candidates;
      }),
      { numRuns: RUNS },
    );
    expect(total.fired).toBeGreaterThan(RUNS);
    expect(total.candidates).toBeLessThan(total.triggered);
    expect(gated * 3).toBeGreaterThan(RUNS);
  });

  it('hold back nothing that fires, over the cases of shipped rules, mixed and disturbed', () => {
    const dictionary = new TestDictionary(31, evaluation);
    const plans = planRules(SHIPPED, dictionary);
    const cases = SHIPPED.flatMap((rule) =>
      rule.file.cases
        .filter(({ events }) => events.every(({ reversedAfter }) => reversedAfter === undefined))
        .map((given) => ({ rule, events: eventsOf(rule, given) })),
    );
    const total = { fired: 0, triggered: 0, candidates: 0 };
    const check = (
      chosen: readonly (typeof cases)[number][],
      keep: (i: number) => boolean,
      shiftMs: number,
    ) => {
      for (const kind of new Set(chosen.flatMap(({ rule }) => rule.subjects))) {
        const plan = plans.get(kind)!;
        const events = chosen
          .flatMap((each, part) =>
            each.events
              .filter((_, i) => keep(i))
              .map((one) => ({
                ...seenFrom(plan.standpoint, holdable(one)),
                id: `${part}-${one.id}`,
                time: one.time + part * shiftMs,
              })),
          )
          .sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
        const rules = plan.rules.map(({ rule }) => rule);
        const outcome = compare(rules, plan, dictionary, events, evaluation, 7);
        total.fired += outcome.fired;
        total.triggered += outcome.triggered;
        total.candidates += outcome.candidates;
      }
    };
    for (const each of cases) check([each], () => true, 0);
    const some = fc.integer({ min: 0, max: cases.length - 1 });
    fc.assert(
      fc.property(
        some,
        some,
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: -40, max: 40 }),
        (a, b, drop, days) => {
          check([cases[a]!, cases[b]!], (i) => i % drop !== drop - 1, days * 24 * HOUR);
        },
      ),
      { numRuns: Math.ceil(RUNS / 8) },
    );
    expect(total.fired).toBeGreaterThan(SHIPPED.length);
    expect(total.candidates).toBeLessThan(total.triggered);
  });
});
