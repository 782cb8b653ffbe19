/** What the rules over a kind of subject say of one of them without firing. */
import { type EvaluationContext, evaluateAt, holdsAt, type KindPlan } from '../../../rules/compiler/index.ts';
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import type { SilentReading } from '../detector.ts';

/** As of the event at `position`, else of the last one at or before `untilMs`; `events` are all of the subject's, in total order. */
export function silentReadingsOf(
  { kind, rules }: KindPlan,
  observedOn: string,
  events: RuleEvent[],
  untilMs: number,
  context: EvaluationContext,
  position?: number,
): SilentReading[] {
  const index = position ?? events.findLastIndex((event) => event.time <= untilMs);
  if (index < 0) return [];
  const history = { subjectKey: observedOn, subjectKind: kind, events };
  const { time } = events[index] as RuleEvent;
  return rules
    .filter(({ rule }) => holdsAt(rule.inForce, time))
    .map(({ rule }) => ({ rule: rule.id, observedOn, evaluation: evaluateAt(rule, history, index, context) }))
    .filter(({ evaluation }) => !evaluation.fires);
}
