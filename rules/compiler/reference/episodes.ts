/**
 * Evaluations to signals: when a rule is evaluated, which firing opens an episode, and which makes the next version
 * (SEMANTICS §9).
 *
 * A run keeps what later events cannot change. While an episode is open, the last triggering event of the hour is known
 * only when a later hour has begun: the evaluation of an unfinished hour is taken back and done again when more events
 * have come.
 */
import { contentId } from '../../../schemas/ids.ts';
import type { CheckedRule } from '../checked-rule.ts';
import { holdsAt } from '../timeline.ts';
import { HOUR_MS } from '../window.ts';
import type { Evaluation, EvaluationContext, Reading, SignalVersion, SubjectHistory } from './evaluation.ts';
import { RuleEvaluator } from './evaluator.ts';
import { type EvidenceMarks, NO_MARKS } from './evidence-marks.ts';
import { EvidenceSet } from './evidence-set.ts';
import type { HistoryIndex } from './history-index.ts';

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
   */
  append(history: SubjectHistory, candidates?: Candidates, finishedMs?: number): readonly SignalVersion[];
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
}

export function createSubjectRun(rule: CheckedRule, context: EvaluationContext): SubjectRun {
  return new EpisodeRun(rule, context);
}

/** How many episodes each row has opened, by institution and id. */
export type Openings = Map<string, number>;

/**
 * Every version of every episode of a rule on a subject. Versions of one rule share `openings`, in the order of their
 * intervals: one signal may open an episode under each of them.
 */
export function signalsOf(
  rule: CheckedRule,
  history: SubjectHistory,
  context: EvaluationContext,
  openings?: Openings,
): readonly SignalVersion[] {
  return new EpisodeRun(rule, context, openings).append(history);
}

/** The rule as of event `index` of the history, whether it triggers and fires or not. */
export function evaluateAt(
  rule: CheckedRule,
  history: SubjectHistory,
  index: number,
  context: EvaluationContext,
): Evaluation {
  const evaluator = new RuleEvaluator(rule, context);
  evaluator.attach(history);
  return evaluator.evaluate(index);
}

interface Version {
  readonly reading: Reading;
  readonly evidence: SignalVersion['evidence'];
  lastFiredAt: number;
  /** As it was last given out. */
  said: SignalVersion | null;
}

interface Episode {
  readonly id: string;
  /** The row that opened it, and how many episodes that row had opened before. */
  readonly row: string;
  readonly further: number;
  readonly openedAt: number;
  readonly evidence: EvidenceSet;
  /** What of the evidence is known. */
  marks: EvidenceMarks;
  readonly versions: Version[];
  /** Time of the last evaluation that fired. */
  firedAt: number;
}

/** What an evaluation of an open episode at `time` has changed. */
interface Undo {
  readonly time: number;
  readonly episode: Episode;
  readonly firedAt: number;
  readonly lastFiredAt: number;
  readonly marks: EvidenceMarks;
  readonly added: readonly number[];
}

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
  #candidates: Candidates | undefined;
  #finishedMs = Number.POSITIVE_INFINITY;
  #waitsUntilMs = Number.POSITIVE_INFINITY;
  /** Null where no row can open two episodes: every event of a base rule is a row of its own. */
  readonly #openings: Openings | null;

  constructor(rule: CheckedRule, context: EvaluationContext, openings?: Openings) {
    this.#rule = rule;
    this.#context = context;
    this.#openings = openings ?? (rule.input === 'signals' ? new Map() : null);
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
    this.#takeBack();
    for (
      let undo = this.#undos.at(-1);
      undo !== undefined && undo.time >= fromMs;
      undo = this.#undos.at(-1)
    ) {
      this.#undo(undo);
      this.#undos.pop();
    }
    for (let last = this.#episodes.at(-1); last !== undefined && last.openedAt >= fromMs; ) {
      this.#openings?.set(last.row, last.further);
      this.#episodes.pop();
      last = this.#episodes.at(-1);
    }
    this.#next = Math.min(this.#next, position);
    return this.#episodes.length > 0;
  }

  goOn(rule: CheckedRule, context: EvaluationContext): void {
    this.#rule = rule;
    this.#context = context;
  }

  pass(length: number): void {
    this.#dropEvaluator();
    this.#settle();
    this.#next = length;
  }

  append(
    history: SubjectHistory,
    candidates?: Candidates,
    finishedMs = Number.POSITIVE_INFINITY,
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
    this.#takeBack();
    const { length } = events;
    while (this.#next < length) {
      if (!this.#step(history, index)) break;
    }
    if (length === 0 || this.openUntilMs < events[length - 1]!.time) {
      this.#dropEvaluator();
    }
    this.#candidates = undefined;
    return this.#episodes.flatMap((episode) => this.#versions(episode, index));
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
    const isOpen = episode !== undefined && time - episode.firedAt <= this.#rule.quietMs;
    if (!isOpen && candidates !== undefined) {
      const next = candidates.next(at) ?? index.events.length;
      if (next > at) {
        this.#next = next;
        return true;
      }
    }
    if (!this.#triggers(at, time)) {
      this.#next++;
      return true;
    }
    if (!isOpen) {
      if (this.#evaluator!.fires(at)) this.#open(this.#evaluator!, history, index);
      this.#next++;
      return true;
    }
    const hourEnd = hourEndOf(time);
    if (hourEnd > this.#finishedMs && this.#reachesEnd(hourEnd, episode, index)) {
      this.#waitsUntilMs = hourEnd;
      return false;
    }
    const { last, end } = this.#hour(at, episode, index);
    const undo = this.#evaluateOpen(episode, last, index);
    this.#provisional = undo;
    if (end === index.events.length) return false;
    this.#settle();
    this.#next = end;
    return true;
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

  #open(evaluator: RuleEvaluator, history: SubjectHistory, index: HistoryIndex): void {
    const reading = evaluator.reading();
    const { eventTime } = reading;
    const opening = index.events[reading.index]!;
    const { id, majorVersion, input } = this.#rule;
    const evidence = new EvidenceSet();
    evidence.add(evaluator.evidence(evidence, NO_MARKS), index.events);
    // Versions of one signal are events of their own and share its id: a further episode that one opens gets a number.
    const row = `${opening.institution}\u0000${opening.id}`;
    const further = this.#openings?.get(row) ?? 0;
    this.#openings?.set(row, further + 1);
    const opener = [opening.institution, opening.id, ...(further > 0 ? [String(further)] : [])];
    this.#episodes.push({
      id: contentId('sig', [id, String(majorVersion), history.subjectKey, ...opener]),
      row,
      further,
      openedAt: eventTime,
      evidence,
      marks: evaluator.marks(NO_MARKS),
      versions: [{ reading, evidence: evidence.snapshot(input), lastFiredAt: eventTime, said: null }],
      firedAt: eventTime,
    });
  }

  /** Evaluates an open episode; what it changed can be taken back. */
  #evaluateOpen(episode: Episode, at: number, index: HistoryIndex): Undo | null {
    const evaluator = this.#evaluator!;
    if (this.#candidates?.mayFire(at) === false || !evaluator.fires(at)) return null;
    const { time } = index.events[at]!;
    const standing = episode.versions[episode.versions.length - 1]!;
    const { firedAt, marks } = episode;
    const { lastFiredAt } = standing;
    const added = evaluator.evidence(episode.evidence, marks);
    episode.evidence.add(added, index.events);
    episode.firedAt = time;
    episode.marks = evaluator.marks(marks);
    if (added.length === 0) standing.lastFiredAt = time;
    else {
      const evidence = episode.evidence.snapshot(this.#rule.input);
      episode.versions.push({ reading: evaluator.reading(), evidence, lastFiredAt: time, said: null });
    }
    standing.said = null;
    return { time, episode, firedAt, lastFiredAt, marks, added };
  }

  #takeBack(): void {
    if (this.#provisional !== null) this.#undo(this.#provisional);
    this.#provisional = null;
  }

  /** What was provisional stays, until the history changes. */
  #settle(): void {
    if (this.#provisional !== null) this.#undos.push({ ...this.#provisional, marks: NO_MARKS });
    this.#provisional = null;
  }

  #undo({ episode, firedAt, lastFiredAt, marks, added }: Undo): void {
    if (added.length > 0) episode.versions.pop();
    episode.evidence.remove(added);
    episode.firedAt = firedAt;
    episode.marks = marks;
    const standing = episode.versions[episode.versions.length - 1]!;
    standing.lastFiredAt = lastFiredAt;
    standing.said = null;
  }

  #versions({ id, openedAt, versions, evidence }: Episode, index: HistoryIndex): SignalVersion[] {
    const isReversed = index.reversed.some((position) => evidence.has(position));
    return versions.map((version, i) => {
      const standing = i === versions.length - 1;
      const evidenceReversed = standing && isReversed;
      const { said, reading, lastFiredAt } = version;
      if (said !== null && said.standing === standing && said.evidenceReversed === evidenceReversed)
        return said;
      version.said = {
        id,
        version: i + 1,
        openedAt,
        eventTime: reading.eventTime,
        evaluation: reading,
        evidence: version.evidence,
        lastFiredAt,
        standing,
        evidenceReversed,
      };
      return version.said;
    });
  }
}
