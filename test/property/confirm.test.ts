/**
 * Confirmations against the reference: a rule that is said not to fire as of an event does not, and nearly everything else
 * does, over random rules and over the shipped ones. `RASTRO_RUNS` sets how many (default 200).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../rules/compiler/cases.ts';
import type { CheckedRule, EvaluationContext, SubjectHistory } from '../../rules/compiler/index.ts';
import { type Confirmation, confirmationOf } from '../../rules/compiler/index.ts';
import { RuleEvaluator } from '../../rules/compiler/reference/evaluator.ts';
import type { RuleEvent } from '../../schemas/event-fields.ts';
import { type StandpointKind, standpointOf } from '../../schemas/facts.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { factsOfEvents, holdable, seenFrom, TestDictionary } from '../support/event-facts.ts';
import { compiled, contextOf } from '../support/vector-evaluators.ts';
import { historyOf } from '../support/vectors.ts';
import { subject } from './brute-force-arbitrary.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 200);
const HOUR = 3_600_000;
/** Of all events that might fire by what is said of them, so many do not at most, in a hundred. */
const VAIN_PERCENT_MAX = 10;

const { ruleSet, evaluation } = await loadKnowledge({ cases: true });
const SHIPPED = ruleSet.rules.filter((rule) => rule.input === 'events');

interface Tally {
  asked: number;
  fired: number;
  vain: number;
}

/** Made with the events from `from` on. */
function confirmationOver(
  rule: CheckedRule,
  standpoint: StandpointKind,
  events: readonly RuleEvent[],
  context: EvaluationContext,
  from: number,
): Confirmation {
  const dictionary = new TestDictionary();
  const plan = confirmationOf(rule, standpoint, dictionary);
  const { columns, setBits, legs } = factsOfEvents(events, standpoint, dictionary);
  const texts = () => [...dictionary.texts.keys()];
  const compareTexts = (a: number, b: number) => compareUtf8(texts()[a] ?? '', texts()[b] ?? '');
  const textOf = (id: number) => texts()[id] ?? '';
  const confirmation = plan.bind({ context, compareTexts, textOf })();
  const home = { list: Object.values(columns) };
  const since = (events[from]?.time ?? 0) - plan.reachMs;
  events.forEach(({ time }, i) => {
    const leg = legs[i]!;
    if (time > since) confirmation.take(home, setBits, leg >> 1, leg, leg ^ 1, leg & 1, time, i);
  });
  return confirmation;
}

/** Asks every event from `from` on; throws where what fires is said not to. */
function compare(
  rule: CheckedRule,
  standpoint: StandpointKind,
  events: readonly RuleEvent[],
  context: EvaluationContext,
  from: number,
  tally: Tally,
): void {
  const confirmation = confirmationOver(rule, standpoint, events, context, from);
  const evaluator = new RuleEvaluator(rule, context);
  evaluator.attach({ subjectKey: 'acct', subjectKind: 'account', events });
  const firing: number[] = [];
  for (let at = from; at < events.length; at++) {
    const triggers = evaluator.triggers(at);
    const fires = triggers && evaluator.fires(at);
    const why = `${rule.id} at event ${at}`;
    if (triggers) expect(confirmation.mayTrigger(at), `${why} is triggered`).toBe(true);
    if (triggers) expect(confirmation.timeAt(at), why).toBe(events[at]!.time);
    const mayFire = confirmation.mayFire(at);
    if (fires) expect(mayFire, `${why} fires`).toBe(true);
    tally.asked++;
    if (fires) {
      tally.fired++;
      firing.push(at);
    }
    if (!fires && mayFire) tally.vain++;
  }
  // Whatever was asked before.
  for (const at of firing.reverse()) expect(confirmation.mayFire(at), `${rule.id} at ${at}`).toBe(true);
}

const textOf = ({ asked, fired, vain }: Tally) => `${asked} asked, ${fired} fired, ${vain} in vain`;

describe('confirmations', () => {
  it('hold back nothing that fires, over random rules and histories', {
    timeout: 60_000 + RUNS * 200,
  }, () => {
    const tally: Tally = { asked: 0, fired: 0, vain: 0 };
    fc.assert(
      fc.property(subject, fc.nat(6), (vector, from) => {
        const rule = compiled(vector);
        const rows = vector.rows.filter(({ reverses }) => reverses === null);
        const { events } = historyOf({ ...vector, rows }) as SubjectHistory;
        compare(rule, 'owner', events.map(holdable), contextOf(vector), from, tally);
      }),
      { numRuns: RUNS },
    );
    console.info(`random rules: ${textOf(tally)}`);
    expect(tally.fired).toBeGreaterThan(RUNS);
    // Many of these draw amounts beyond what a double holds.
    expect(2 * tally.vain).toBeLessThan(tally.fired);
  });

  it(
    'hold back nothing that fires, over the cases of shipped rules, mixed and disturbed',
    () => {
      const all = SHIPPED.flatMap((rule) =>
        rule.file.cases
          .filter(({ events }) => events.every(({ reversedAfter }) => reversedAfter === undefined))
          .map((given) => ({ rule, fires: given.fires, events: eventsOf(rule, given) })),
      );
      // Most cases show a condition that fails: those that fire come twice as often.
      const cases = [...all, ...all.filter(({ fires }) => fires), ...all.filter(({ fires }) => fires)];
      const tallies = new Map(
        SHIPPED.map((rule): [string, Tally] => [rule.id, { asked: 0, fired: 0, vain: 0 }]),
      );
      const arbitrary = fc.record({
        first: fc.nat(cases.length - 1),
        second: fc.nat(cases.length - 1),
        shift: fc.integer({ min: -40, max: 40 }),
        drops: fc.array(fc.nat(200), { maxLength: 3 }),
        from: fc.nat(12),
      });
      // Of each rule a case that fires, whole, beside a case of another one: what is drawn is left to chance, and with it how much fires.
      const examples = SHIPPED.flatMap((rule) => {
        const first = all.findIndex((given) => given.rule === rule && given.fires);
        return first < 0 ? [] : [{ first, second: (7 * first) % all.length, shift: 20, drops: [], from: 0 }];
      });
      fc.assert(
        fc.property(arbitrary, ({ first, second, shift, drops, from }) => {
          const { rule, events } = cases[first]!;
          const standpoint = standpointOf(rule.subjects[0]!);
          const other = cases[second]!.events.map((event) => ({
            ...event,
            time: event.time + shift * 7 * HOUR,
          }));
          const mixed = [...events, ...other]
            .filter((_, i) => !drops.includes(i))
            .sort((a, b) => a.time - b.time)
            .map((event) => seenFrom(standpoint, holdable(event)));
          compare(rule, standpoint, mixed, evaluation, Math.min(from, mixed.length), tallies.get(rule.id)!);
        }),
        { numRuns: RUNS + examples.length, examples: examples.map((example): [typeof example] => [example]) },
      );
      const sum: Tally = { asked: 0, fired: 0, vain: 0 };
      for (const [id, tally] of tallies) {
        console.info(`${id}: ${textOf(tally)}`);
        sum.asked += tally.asked;
        sum.fired += tally.fired;
        sum.vain += tally.vain;
      }
      expect(sum.fired).toBeGreaterThan(RUNS);
      expect(100 * sum.vain).toBeLessThan(VAIN_PERCENT_MAX * (sum.fired + sum.vain));
    },
    60_000 + RUNS * 400,
  );
});
