/**
 * Evaluations to signals: when a rule is evaluated, which firing opens an episode, and which makes the next version
 * (SEMANTICS §9).
 *
 * A run keeps what later events cannot change. While an episode is open, the last triggering event of the hour is known
 * only when a later hour has begun: the evaluation of an unfinished hour is taken back and done again when more events
 * have come. So are the ticks after the last event, as far as events come before them.
 */
import type { CheckedRule } from '../checked-rule.ts';
import { holdsAt } from '../timeline.ts';
import { DAY_MS, HOUR_MS } from '../window.ts';
import { type Episode, grown, type Openings, opened, type Undo, undo, versionsOf } from './episode.ts';
import type { Evaluation, EvaluationContext, SignalVersion, SubjectHistory } from './evaluation.ts';
import { RuleEvaluator } from './evaluator.ts';
import { NO_MARKS } from './evidence-marks.ts';
import type { HistoryIndex } from './history-index.ts';
import type { Candidates, SubjectRun } from './subject-run.ts';
import { Ticks, tickAfter, tickUpTo } from './ticks.ts';

export function createSubjectRun(rule: CheckedRule, context: EvaluationContext): SubjectRun {
  return new EpisodeRun(rule, context);
}

/**
 * Every version of every episode of a rule on a subject. Versions of one rule share `openings`, in the order of their
 * intervals: one signal may open an episode under each of them.
 */
export function signalsOf(
  rule: CheckedRule,
  history: SubjectHistory,
  context: EvaluationContext,
  openings?: Openings,
  knownMs?: number,
): readonly SignalVersion[] {
  return new EpisodeRun(rule, context, openings).append(history, undefined, undefined, knownMs);
}

/** The rule as of event `index` of the history, or of a tick after it, whether it triggers and fires or not. */
export function evaluateAt(
  rule: CheckedRule,
  history: SubjectHistory,
  index: number,
  context: EvaluationContext,
  tickMs: number | null = null,
): Evaluation {
  const evaluator = new RuleEvaluator(rule, context);
  evaluator.attach(history);
  return evaluator.evaluate(index, tickMs);
}

/** What a tick after the last event has changed: an open episode, or that one is open. */
type TickEffect = Undo | 'opened';

function hourEndOf(time: number): number {
  return (Math.floor(time / HOUR_MS) + 1) * HOUR_MS;
}

class EpisodeRun implements SubjectRun {
  #rule: CheckedRule;
  #context: EvaluationContext;
  /**
   * Lives while an episode is open: windows move on from evaluation to evaluation. Otherwise for one call of `append`: what it
   * derives from the events of a window is larger than the events, and most subjects wait long for their next one.
   */
  #evaluator: RuleEvaluator | null = null;
  /** The list that it reads. */
  #events: SubjectHistory['events'] | null = null;
  readonly #episodes: Episode[] = [];
  /** Events before this one are done with. */
  #next = 0;
  #provisional: Undo | null = null;
  /** What evaluations of open episodes that fired have changed, in order. */
  readonly #undos: Undo[] = [];
  #ticks: Ticks;
  /** Ticks up to this one are done with; later than `#seenMs` where those after the last event are among them. */
  #tickedMs = Number.NEGATIVE_INFINITY;
  /** Those after the last event that did something, in order: behind what is provisional. */
  readonly #tail: { readonly tickMs: number; readonly effect: TickEffect }[] = [];
  /** Events that the last call saw, and the time of the last of them. */
  #seen = 0;
  #seenMs = Number.NEGATIVE_INFINITY;
  #candidates: Candidates | undefined;
  #finishedMs = Number.POSITIVE_INFINITY;
  #waitsUntilMs = Number.POSITIVE_INFINITY;
  /** Null where no row can open two episodes: every event of a base rule is a row of its own. */
  readonly #openings: Openings | null;

  constructor(rule: CheckedRule, context: EvaluationContext, openings?: Openings) {
    this.#rule = rule;
    this.#context = context;
    this.#openings = openings ?? (rule.input === 'signals' ? new Map() : null);
    this.#ticks = new Ticks(rule);
  }

  get openUntilMs(): number {
    const last = this.#episodes[this.#episodes.length - 1];
    if (last === undefined) return Number.NEGATIVE_INFINITY;
    return Math.min(last.firedAt + this.#rule.quietMs, this.#rule.inForce.untilMs);
  }

  get firedMs(): number {
    return this.#episodes.at(-1)?.firedAt ?? Number.NEGATIVE_INFINITY;
  }

  get nextPosition(): number {
    return this.#next;
  }

  get waitsUntilMs(): number {
    return this.#waitsUntilMs;
  }

  reopen(fromMs: number, position: number): boolean {
    this.#dropEvaluator();
    this.#takeBackTicks(fromMs);
    // Ticks after the last event that are left lie before that time: what comes before them stays, too.
    if (this.#tickedMs <= this.#seenMs) this.#takeBack();
    for (
      let last = this.#undos.at(-1);
      last !== undefined && last.time >= fromMs;
      last = this.#undos.at(-1)
    ) {
      undo(last);
      this.#undos.pop();
    }
    for (let last = this.#episodes.at(-1); last !== undefined && last.openedAt >= fromMs; ) {
      this.#openings?.set(last.row, last.further);
      this.#episodes.pop();
      last = this.#episodes.at(-1);
    }
    this.#next = Math.min(this.#next, position);
    this.#seen = Math.min(this.#seen, position);
    this.#seenMs = Math.min(this.#seenMs, fromMs);
    this.#ticks.forget(position);
    return this.#episodes.length > 0;
  }

  goOn(rule: CheckedRule, context: EvaluationContext): void {
    this.#rule = rule;
    this.#context = context;
    this.#ticks = new Ticks(rule);
    // That of an open episode judges by what was in force before.
    this.#dropEvaluator();
  }

  pass(length: number): void {
    this.#dropEvaluator();
    this.#settleTicks();
    this.#next = length;
    this.#seen = length;
  }

  append(
    history: SubjectHistory,
    candidates?: Candidates,
    finishedMs = Number.POSITIVE_INFINITY,
    knownMs?: number,
  ): readonly SignalVersion[] {
    this.#candidates = candidates;
    this.#finishedMs = finishedMs;
    this.#waitsUntilMs = Number.POSITIVE_INFINITY;
    const { events } = history;
    if (this.#evaluator === null || this.#events !== events) {
      this.#evaluator = new RuleEvaluator(this.#rule, this.#context);
      this.#events = events;
    }
    const index = this.#evaluator.attach(history);
    const { length } = events;
    const lastMs = events[length - 1]?.time ?? Number.NEGATIVE_INFINITY;
    const goesOn = this.#resume(events);
    while (!goesOn && this.#next < length) {
      if (!this.#step(history, index)) break;
    }
    if (this.#rule.ticks && length > 0 && this.#waitsUntilMs === Number.POSITIVE_INFINITY)
      this.#tickOn(history, index, Math.min(knownMs ?? lastMs, finishedMs));
    this.#seen = length;
    this.#seenMs = lastMs;
    if (length === 0 || this.openUntilMs < lastMs) this.#dropEvaluator();
    this.#candidates = undefined;
    return this.#episodes.flatMap((episode) => versionsOf(episode, index));
  }

  /** Takes back what new events may change. True where there are none, and ticks after the last one go on. */
  #resume(events: SubjectHistory['events']): boolean {
    const isBehind = () => this.#tickedMs > this.#seenMs;
    const next = events[this.#seen];
    if (next === undefined && isBehind()) return this.#seen > 0;
    if (next !== undefined) {
      // A tick comes before the events at its time.
      this.#takeBackTicks(next.time + 1);
      if (this.#seen > 0 && isBehind()) {
        this.#settleTicks();
        return false;
      }
    }
    this.#takeBack();
    return false;
  }

  /** What the evaluator has read goes with it. */
  #dropEvaluator(): void {
    this.#evaluator = null;
    this.#events = null;
    const last = this.#episodes[this.#episodes.length - 1];
    if (last !== undefined) last.marks = NO_MARKS;
  }

  /** Moves on by one event or one finished hour; false when the hour at hand is unfinished. */
  #step(history: SubjectHistory, index: HistoryIndex): boolean {
    const candidates = this.#candidates;
    const at = this.#next;
    const { time } = index.events[at]!;
    const episode = this.#episodes[this.#episodes.length - 1];
    const isOpen = this.#isOpenAt(time);
    const isSkipping = candidates !== undefined && !isOpen;
    const next = isSkipping ? (candidates.next(at) ?? index.events.length) : at;
    if (this.#rule.ticks && this.#tickBefore(next, history, index)) return true;
    if (next > at) {
      this.#next = next;
      return true;
    }
    if (!this.#triggers(at, time)) {
      this.#next++;
      return true;
    }
    if (!isOpen || episode === undefined) {
      if (this.#evaluator!.fires(at)) this.#open(history, index);
      this.#next++;
      return true;
    }
    const hourEnd = hourEndOf(time);
    if (hourEnd > this.#finishedMs && this.#reachesEnd(hourEnd, episode, index)) {
      this.#waitsUntilMs = hourEnd;
      return false;
    }
    const { last, end } = this.#hour(at, episode, index);
    this.#provisional = this.#evaluateOpen(episode, last, index);
    if (end === index.events.length) return false;
    this.#settle();
    this.#next = end;
    return true;
  }

  #isOpenAt(timeMs: number): boolean {
    const episode = this.#episodes[this.#episodes.length - 1];
    return episode !== undefined && timeMs - episode.firedAt <= this.#rule.quietMs;
  }

  /**
   * Evaluates as of the first tick that is due before the event at position `next`; false where none is. Events from the next one
   * that is looked at up to before that position cannot open an episode.
   */
  #tickBefore(next: number, history: SubjectHistory, index: HistoryIndex): boolean {
    const { events } = index;
    const at = this.#next;
    const limitMs = events[Math.min(next, events.length - 1)]!.time;
    let tickMs: number | null;
    const doneMs = Math.max(this.#tickedMs, events[at - 1]?.time ?? Number.NEGATIVE_INFINITY);
    if (this.#candidates !== undefined && !this.#isOpenAt(events[at]!.time)) {
      tickMs = this.#candidates.nextTick(doneMs);
    } else {
      if (at === 0) return false;
      tickMs = tickAfter(doneMs);
    }
    if (tickMs === null || tickMs > limitMs) return false;
    const position = index.firstAfter(tickMs - 1, events.length) - 1;
    this.#tickedMs = tickMs;
    this.#next = Math.max(at, position + 1);
    if (position < 0) return true;
    const effect = this.#tick(tickMs, position, history, index);
    if (effect !== null && effect !== 'opened') this.#undos.push({ ...effect, marks: NO_MARKS });
    return true;
  }

  /** Evaluates as of the ticks after the last event, up to the time known. */
  #tickOn(history: SubjectHistory, index: HistoryIndex, knownMs: number): void {
    const { events } = index;
    const last = events.length - 1;
    const lastMs = events[last]!.time;
    for (;;) {
      const from = Math.max(this.#tickedMs, lastMs);
      let tickMs: number | null = tickAfter(from);
      if (tickMs > knownMs) return;
      if (this.#candidates !== undefined && !this.#isOpenAt(tickMs)) tickMs = this.#candidates.nextTick(from);
      if (tickMs === null || tickMs > knownMs || tickMs > this.#ticksUntil(last, index)) break;
      this.#tickedMs = tickMs;
      const effect = this.#tick(tickMs, last, history, index);
      if (effect !== null) this.#tail.push({ tickMs, effect });
    }
    this.#tickedMs = Math.max(this.#tickedMs, tickUpTo(knownMs));
  }

  /** Evaluates as of one tick; null where it does not fire, or is none of the rule's. */
  #tick(tickMs: number, at: number, history: SubjectHistory, index: HistoryIndex): TickEffect | null {
    if (!this.#ticks.isInForce(tickMs, index.events[at]!) || tickMs > this.#ticksUntil(at, index))
      return null;
    if (this.#candidates?.mayFireAt(tickMs, at) === false || !this.#evaluator!.fires(at, tickMs)) return null;
    if (this.#isOpenAt(tickMs)) {
      const episode = this.#episodes[this.#episodes.length - 1]!;
      return grown(episode, this.#evaluator!, tickMs, index, this.#rule.input);
    }
    this.#open(history, index);
    return 'opened';
  }

  #ticksUntil(at: number, { events }: HistoryIndex): number {
    const evaluator = this.#evaluator!;
    const triggers = (position: number) =>
      this.#candidates?.mayTrigger(position) !== false && evaluator.triggers(position);
    return this.#ticks.until(at, events, triggers);
  }

  /** Takes back the ticks after the last event from a time on. */
  #takeBackTicks(fromMs: number): void {
    for (
      let last = this.#tail.at(-1);
      last !== undefined && last.tickMs >= fromMs;
      last = this.#tail.at(-1)
    ) {
      if (last.effect === 'opened') this.#episodes.pop();
      else undo(last.effect);
      this.#tail.pop();
    }
    if (this.#tickedMs >= fromMs) this.#tickedMs = tickAfter(fromMs - 1) - DAY_MS;
  }

  /** A version of a rule is evaluated as of events of its interval only. */
  #triggers(at: number, time: number): boolean {
    if (!holdsAt(this.#rule.inForce, time) || this.#candidates?.mayTrigger(at) === false) return false;
    return this.#evaluator!.triggers(at);
  }

  /** Every event that came so far lies before `hourEnd` and finds the episode open. */
  #reachesEnd(hourEnd: number, episode: Episode, { events }: HistoryIndex): boolean {
    const { time } = events[events.length - 1]!;
    return time < hourEnd && time - episode.firedAt <= this.#rule.quietMs;
  }

  /** The last triggering event of the hour of `at` while the episode stays open, and the first event after the hour. */
  #hour(at: number, episode: Episode, index: HistoryIndex): { last: number; end: number } {
    const { events } = index;
    const hourEnd = hourEndOf(events[at]!.time);
    let last = at;
    let end = at + 1;
    for (; end < events.length; end++) {
      const { time } = events[end]!;
      if (time >= hourEnd || time - episode.firedAt > this.#rule.quietMs) break;
      if (this.#triggers(end, time)) last = end;
    }
    return { last, end };
  }

  #open(history: SubjectHistory, index: HistoryIndex): void {
    this.#episodes.push(opened(this.#rule, this.#evaluator!, history, index, this.#openings));
  }

  /** Evaluates an open episode; what it changed can be taken back. */
  #evaluateOpen(episode: Episode, at: number, index: HistoryIndex): Undo | null {
    const evaluator = this.#evaluator!;
    if (this.#candidates?.mayFire(at) === false || !evaluator.fires(at)) return null;
    return grown(episode, evaluator, index.events[at]!.time, index, this.#rule.input);
  }

  #takeBack(): void {
    if (this.#provisional !== null) undo(this.#provisional);
    this.#provisional = null;
  }

  /** What was provisional stays, until the history changes. */
  #settle(): void {
    if (this.#provisional !== null) this.#undos.push({ ...this.#provisional, marks: NO_MARKS });
    this.#provisional = null;
  }

  /** So do the ticks after it, and with them the hour before. */
  #settleTicks(): void {
    this.#settle();
    for (const { effect } of this.#tail)
      if (effect !== 'opened') this.#undos.push({ ...effect, marks: NO_MARKS });
    this.#tail.length = 0;
    this.#next = this.#seen;
  }
}
