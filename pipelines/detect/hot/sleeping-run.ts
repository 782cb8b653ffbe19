/**
 * A rule's run on a subject, of which a checkpoint says no more than until when its last episode is open. What was said follows
 * from the subject's history: it is found out once more when somebody asks, by running the rule from the beginning. Most
 * subjects are not asked about for long, and a process that begins waits for none of them.
 */
import {
  type Candidates,
  type CheckedRule,
  createSubjectRun,
  type EvaluationContext,
  type SignalVersion,
  type SubjectHistory,
  type SubjectRun,
} from '../../../rules/compiler/index.ts';

export class SleepingRun implements SubjectRun {
  #rule: CheckedRule;
  #context: EvaluationContext;
  readonly #firedMs: number;
  /** Infinity where no hour waits, or its evaluation was taken back. */
  #waitsUntilMs: number;
  #awake: SubjectRun | null = null;

  constructor(rule: CheckedRule, context: EvaluationContext, firedMs: number, waitsUntilMs: number) {
    this.#rule = rule;
    this.#context = context;
    this.#firedMs = firedMs;
    this.#waitsUntilMs = waitsUntilMs;
  }

  get firedMs(): number {
    return this.#awake?.firedMs ?? this.#firedMs;
  }

  get openUntilMs(): number {
    const { quietMs, inForce } = this.#rule;
    return this.#awake?.openUntilMs ?? Math.min(this.#firedMs + quietMs, inForce.untilMs);
  }

  get waitsUntilMs(): number {
    return this.#awake?.waitsUntilMs ?? this.#waitsUntilMs;
  }

  /** While it sleeps: behind everything. Events before a candidate are not asked about. */
  get nextPosition(): number {
    return this.#awake?.nextPosition ?? Number.POSITIVE_INFINITY;
  }

  /** What stood when it fell asleep. Events that came since are none of the rule's, or an hour waits for them. */
  wake(history: SubjectHistory, finishedMs: number, knownMs?: number): readonly SignalVersion[] {
    this.#awake = createSubjectRun(this.#rule, this.#context);
    if (this.#waitsUntilMs === Number.POSITIVE_INFINITY)
      return this.#awake.append(history, undefined, finishedMs, knownMs);
    // Up to the hour that waits, and no further: it does so until the rule is asked again.
    const end = history.events.findIndex(({ time }) => time >= this.#waitsUntilMs);
    const events = end < 0 ? history.events : history.events.slice(0, end);
    return this.#awake.append({ ...history, events }, undefined, Number.NEGATIVE_INFINITY);
  }

  append(
    history: SubjectHistory,
    candidates?: Candidates,
    finishedMs?: number,
    knownMs?: number,
  ): readonly SignalVersion[] {
    if (this.#awake === null) {
      const versions = this.wake(history, finishedMs ?? Number.POSITIVE_INFINITY, knownMs);
      if (this.#waitsUntilMs === Number.POSITIVE_INFINITY) return versions;
    }
    return (this.#awake as SubjectRun).append(history, candidates, finishedMs, knownMs);
  }

  /** What sleeps begins with the first event in any case; if that is another one, nothing is left. */
  reopen(fromMs: number, position: number): boolean {
    if (this.#awake !== null) return this.#awake.reopen(fromMs, position);
    this.#waitsUntilMs = Number.POSITIVE_INFINITY;
    return position > 0;
  }

  goOn(rule: CheckedRule, context: EvaluationContext): void {
    this.#rule = rule;
    this.#context = context;
    this.#awake?.goOn(rule, context);
  }

  pass(length: number): void {
    this.#awake?.pass(length);
  }
}
