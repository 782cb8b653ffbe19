/** A rule tried on its own cases: what held, what did not and why, and which branches of its conditions were seen. */
import type { RuleCase } from '../../schemas/rule.ts';
import type { FeatureReading } from '../../schemas/signal.ts';
import { caseHistory, contextOfCase, lastTick, runCase, untilOf } from '../compiler/cases.ts';
import type { CheckedRule, Value } from '../compiler/checked-rule.ts';
import { evaluateAt, signalsOf } from '../compiler/reference/episodes.ts';
import type { EvaluationContext, SubjectHistory } from '../compiler/reference/evaluation.ts';
import { type Branches, WatchedRule } from './branches.ts';

/** Events of a case, from its end, among which the one is sought as of which the rule came nearest to firing. */
const LOOKED_AT_MAX = 200;

/** What the rule saw as of one event of a case. */
export interface Sight {
  /** Position of the event among those of the case, from 0; its time, or that of the tick after it, in ISO 8601. */
  readonly event: number;
  readonly at: string;
  readonly features: readonly FeatureReading[];
  /** Atoms of `when` and of benign tests, with what each said; null is unknown. */
  readonly conditions: readonly {
    readonly where: string;
    readonly condition: string;
    readonly value: Value;
  }[];
}

export interface CaseTrial {
  readonly name: string;
  readonly kind: RuleCase['kind'];
  readonly expected: boolean;
  readonly fired: boolean;
  /** Empty when the case holds: otherwise what differs, in words. */
  readonly problems: readonly string[];
  /** Of a case that does not hold: as of the event where the rule fired, else where it came nearest to it. */
  readonly sight: Sight | null;
}

export interface RuleTrial {
  readonly rule: string;
  readonly status: CheckedRule['status'];
  readonly path: string;
  readonly cases: readonly CaseTrial[];
  readonly branches: readonly Branches[];
}

/**
 * Runs every case of the rule through the reference evaluator. `around` supplies thresholds and business days. The rule must
 * have been compiled with its cases.
 */
export function trialOf(rule: CheckedRule, around: EvaluationContext): RuleTrial {
  const watched = new WatchedRule(rule);
  const cases = rule.file.cases.map((given): CaseTrial => {
    const result = runCase(rule, given, around);
    const context = contextOfCase(around, given);
    const history = caseHistory(rule, given);
    const problems = [...result.problems];
    const knownMs = untilOf(given);
    const isSame = signalsOf(watched.rule, history, context, undefined, knownMs).length > 0 === result.fired;
    // Watching asks more and must answer the same: the tree that plans are made from is the rule that was evaluated.
    if (!isSame) problems.push('the rule and its condition tree disagree');
    const tickMs = lastTick(history, knownMs);
    evaluateAt(watched.rule, history, history.events.length - 1, context, tickMs);
    const sight = problems.length === 0 ? null : sightOf(rule, history, result.fired, context, knownMs);
    return { ...result, problems, sight };
  });
  const { id, status, path } = rule;
  return { rule: id, status, path, cases, branches: watched.branches };
}

function sightOf(
  rule: CheckedRule,
  history: SubjectHistory,
  fired: boolean,
  context: EvaluationContext,
  knownMs: number | undefined,
): Sight | null {
  const last = history.events.length - 1;
  if (fired) {
    const { index = last, eventTime } =
      signalsOf(rule, history, context, undefined, knownMs)[0]?.evaluation ?? {};
    const isTick = eventTime !== undefined && eventTime > history.events[index]!.time;
    return seenAt(rule, history, index, context, isTick ? eventTime : null);
  }
  // A rule that ticks is shown as of the last midnight first.
  const tickMs = lastTick(history, knownMs);
  let best = tickMs === null ? null : seenAt(rule, history, last, context, tickMs);
  let most = best === null ? -1 : metIn(best);
  for (let index = last; index >= 0 && last - index < LOOKED_AT_MAX; index--) {
    const sight = seenAt(rule, history, index, context);
    const met = metIn(sight);
    if (met > most) [best, most] = [sight, met];
  }
  return best;
}

function metIn({ conditions }: Sight): number {
  return conditions.filter(({ where, value }) => where === 'when' && value === true).length;
}

function seenAt(
  rule: CheckedRule,
  history: SubjectHistory,
  event: number,
  context: EvaluationContext,
  tickMs: number | null = null,
): Sight {
  const watched = new WatchedRule(rule);
  const { features } = evaluateAt(watched.rule, history, event, context, tickMs);
  const at = new Date(tickMs ?? history.events[event]!.time).toISOString();
  return { event, at, features, conditions: watched.last };
}
