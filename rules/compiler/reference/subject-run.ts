/** A rule over one subject as it is run from evaluation to evaluation, and what may tell it where to look. */
import type { CheckedRule } from '../checked-rule.ts';
import type { EvaluationContext, SignalVersion, SubjectHistory } from './evaluation.ts';

/** One rule over one subject whose history grows at its end. */
export interface SubjectRun {
  /**
   * Evaluates what the history holds beyond the last call and returns every version of every episode, oldest first,
   * as of now. `history` holds the events of the last call and more after them: in the same list, or in another one where some
   * are replaced by themselves with more reversals.
   *
   * `candidates` are the positions, ascending, of those new events as of which the rule could fire: the others cannot open
   * an episode and are passed over. Without it every event is one. While an episode is open every event is looked at.
   *
   * The last hour of an open episode waits until it has ended by `finishedMs`, event time, or an event after it came: what it
   * brings is not among the versions before. Without it no hour waits.
   *
   * `knownMs` is the time known, up to which a rule ticks (SEMANTICS §9a): never earlier than in the last call. Without it the
   * time of the last event.
   */
  append(
    history: SubjectHistory,
    candidates?: Candidates,
    finishedMs?: number,
    knownMs?: number,
  ): readonly SignalVersion[];
  /**
   * The history has changed from `fromMs` on, the beginning of an hour; its first event from then on is at `position`. Takes
   * back what was evaluated as of events from then on. False where nothing is left.
   */
  reopen(fromMs: number, position: number): boolean;
  /** From now on the rule is this one, which says the same of every event before a time that `reopen` is told, in this context. */
  goOn(rule: CheckedRule, context: EvaluationContext): void;
  /** Nothing is to be evaluated in a history of `length` events, and the episode is closed at the last of them. */
  pass(length: number): void;
  /** End of the hour that waits, event time; Infinity if none does. */
  readonly waitsUntilMs: number;
  /** Time of the last evaluation that fired in the last episode; -Infinity if there was none. */
  readonly firedMs: number;
  /** Until when, event time, the last episode is open; -Infinity if there was none. */
  readonly openUntilMs: number;
  /** Position of the first event that the next call looks at. */
  readonly nextPosition: number;
}

/** Positions, ascending, as of which a rule could fire; `next` gives the first that is not before `position`, or null. */
export interface Candidates {
  next(position: number): number | null;
  /** False: the event does not trigger the rule. */
  mayTrigger(position: number): boolean;
  /** False: the rule does not fire as of the event. */
  mayFire(position: number): boolean;
  /** The first tick after `afterMs`, of those to be asked about, as of which the rule could fire; null if there is none. */
  nextTick(afterMs: number): number | null;
  /** False: the rule does not fire as of the tick, before which the event at `position` is the last. */
  mayFireAt(tickMs: number, position: number): boolean;
}
