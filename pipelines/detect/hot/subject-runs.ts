/**
 * Tier 2 of one subject: the exact evaluation of the rules that tier 1 could not rule out, by the reference program over
 * events read from facts. Lives while the subject has signals, or while its candidates are looked at.
 */
import {
  type CheckedRule,
  createSubjectRun,
  type EvaluationContext,
  type KindPlan,
  type SignalVersion,
  type SubjectRun,
} from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import type { RuleSignals } from '../detector.ts';
import type { SubjectCandidates } from './candidate-list.ts';
import type { Progress } from './progress.ts';
import { type Confirm, RuleCandidates } from './rule-candidates.ts';
import { SleepingRun } from './sleeping-run.ts';
import type { TickRange } from './tick-calendar.ts';

interface RuleRun {
  readonly run: SubjectRun;
  /** Null while it sleeps: there are some, and `run` is a `SleepingRun`. */
  versions: readonly SignalVersion[] | null;
}

/** What a checkpoint says of a rule that has signals on a subject. */
export interface SavedRun {
  readonly bit: number;
  readonly firedMs: number;
  readonly waitsUntilMs: number;
}

/** Where a rule of a plan goes on in another plan. */
export interface RuleMove {
  readonly bit: number;
  /** It says something else of events from some time on: it is this one there. Undefined where it goes on as it was. */
  readonly changed: CheckedRule | undefined;
}

/** What a run asks of who holds the subject. */
export interface RunEnvironment {
  /** Time of the subject's last event, and how many it has. */
  readonly lastTimeMs: number;
  readonly length: number;
  readonly confirm: Confirm;
  /** The ticks to be asked about; null where there are none. */
  readonly ticks: TickRange | null;
  /** Adds the events that are not there yet. */
  readonly read: (events: RuleEvent[]) => void;
  readonly setOpen: (bit: number, isOpen: boolean) => void;
}

export class SubjectRuns {
  readonly kind: SubjectKind;
  #events: RuleEvent[] = [];
  /** Everything that stands is to be said again. */
  #isReopened = false;
  readonly #plan: KindPlan;
  readonly #keyText: () => string;
  #key: string | undefined;
  readonly #runs: (RuleRun | undefined)[] = [];

  constructor(plan: KindPlan, keyText: () => string) {
    this.#plan = plan;
    this.kind = plan.kind;
    this.#keyText = keyText;
  }

  /** Every event of the subject that was read so far, in total order; grows at its end. */
  get events(): RuleEvent[] {
    return this.#events;
  }

  get key(): string {
    this.#key ??= this.#keyText();
    return this.#key;
  }

  /** Something that was said was taken back: the subject is to be run whether or not there are candidates. */
  get isReopened(): boolean {
    return this.#isReopened;
  }

  /** Some rule has a signal on the subject. */
  get hasSignals(): boolean {
    return this.#runs.some((rule) => rule !== undefined && rule.versions?.length !== 0);
  }

  /** When the first hour of an open episode that waits for its end has ended, event time; Infinity if none waits. */
  get waitsUntilMs(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const rule of this.#runs) if (rule !== undefined) first = Math.min(first, rule.run.waitsUntilMs);
    return first;
  }

  /**
   * Nothing is to be asked yet: all candidates, the last of them at `lastTimeMs`, lie in hours of open episodes that go on beyond
   * `finishedMs`. An hour that waits looks at each of its events when it has ended.
   */
  canWait({ masks }: SubjectCandidates, lastTimeMs: number, finishedMs: number): boolean {
    if (this.#isReopened) return false;
    const { rules, maskWords } = this.#plan;
    for (const { bit } of rules) {
      const run = this.#runs[bit]?.run;
      if (run !== undefined && run.waitsUntilMs < Number.POSITIVE_INFINITY) {
        if (run.waitsUntilMs <= finishedMs) return false;
        if (lastTimeMs < run.waitsUntilMs && lastTimeMs <= run.openUntilMs) continue;
      }
      for (let at = bit >>> 5; at < masks.length; at += maskWords) {
        if (((masks[at] as number) & (1 << (bit & 31))) !== 0) return false;
      }
    }
    return true;
  }

  /**
   * The history has changed from `fromMs` on, the beginning of an hour; its first event from then on is at `position`. What was
   * said as of earlier events stays; `events` are those from now on.
   */
  reopen(fromMs: number, position: number): void {
    this.#runs.forEach((rule, bit) => {
      if (rule?.run.reopen(fromMs, position) === false) this.#runs[bit] = undefined;
    });
    this.#events = this.#events.slice(0, position);
    this.#isReopened = true;
  }

  /**
   * The subject under another plan of its kind; `moves` by bit, undefined for a rule that is no more. Where `position` is given,
   * what changed rules said as of events from `fromMs` on, the beginning of an hour, is taken back: the first of these events is
   * there. The history is the same.
   */
  moved(
    plan: KindPlan,
    moves: readonly (RuleMove | undefined)[],
    context: EvaluationContext,
    fromMs: number,
    position: number | null,
  ): SubjectRuns {
    const { key } = this;
    const moved = new SubjectRuns(plan, () => key);
    moved.#events = this.#events;
    moved.#isReopened = this.#isReopened;
    this.#runs.forEach((held, bit) => {
      const move = moves[bit];
      if (held === undefined || move === undefined) return;
      if (move.changed !== undefined) {
        held.run.goOn(move.changed, context);
        if (position !== null) {
          moved.#isReopened = true;
          if (!held.run.reopen(fromMs, position)) return;
        }
      }
      moved.#runs[move.bit] = held;
    });
    return moved;
  }

  /** Bits of the rules that have an open episode at `timeMs`. */
  openAt(timeMs: number): number[] {
    return this.#plan.rules
      .map(({ bit }) => bit)
      .filter((bit) => (this.#runs[bit]?.run.openUntilMs ?? Number.NEGATIVE_INFINITY) >= timeMs);
  }

  /**
   * Evaluates the candidates, and the hours that waited and have ended by `finishedMs`; true if a rule was run. `events` holds
   * all of the subject's after `read`, which is called before the first rule is run. Tells of each rule that was asked
   * whether its last episode may still grow.
   */
  run(
    candidates: SubjectCandidates,
    context: EvaluationContext,
    { finishedMs, knownMs }: Progress,
    environment: RunEnvironment,
  ): boolean {
    const { lastTimeMs, length, confirm, read, setOpen } = environment;
    const isEmpty = candidates.positions.length === 0;
    let hasRun = false;
    const { rules, maskWords } = this.#plan;
    for (const { bit, rule } of rules) {
      const known = this.#runs[bit];
      const ticks = rule.ticks ? environment.ticks : null;
      if (known === undefined && isEmpty && ticks === null) continue;
      const positions = new RuleCandidates(candidates, maskWords, bit, {
        run: known?.run,
        confirm,
        ticks,
        rule,
      });
      // What was said as of ticks may have to be taken back.
      const hasTicks = ticks !== null && (known !== undefined || positions.nextTick(ticks.afterMs) !== null);
      const waitsUntilMs = known?.run.waitsUntilMs ?? Number.POSITIVE_INFINITY;
      const hasWaited = waitsUntilMs < Number.POSITIVE_INFINITY && waitsUntilMs <= finishedMs;
      if (
        !hasTicks &&
        positions.next(0) === null &&
        !hasWaited &&
        !(this.#isReopened && known !== undefined)
      ) {
        if (known === undefined) continue;
        const isOpen = known.run.openUntilMs >= lastTimeMs;
        if (!isOpen && waitsUntilMs === Number.POSITIVE_INFINITY) known.run.pass(length);
        setOpen(bit, isOpen);
        continue;
      }
      if (!hasRun) read(this.events);
      hasRun = true;
      const history = { subjectKey: this.key, subjectKind: this.kind, events: this.events };
      const held = known ?? { run: createSubjectRun(rule, context), versions: [] };
      held.versions = held.run.append(history, positions, finishedMs, knownMs);
      this.#runs[bit] = held.versions.length > 0 ? held : undefined;
      setOpen(bit, held.run.openUntilMs >= lastTimeMs);
    }
    this.#isReopened = false;
    return hasRun;
  }

  /** All versions of all signals, by rule. What is asleep wakes up; `read` as that of a run. */
  signals({ finishedMs, knownMs }: Progress, read: RunEnvironment['read']): RuleSignals[] {
    return this.#plan.rules.flatMap(({ bit, rule }) => {
      const held = this.#runs[bit];
      if (held === undefined) return [];
      if (held.versions === null) {
        read(this.events);
        const history = { subjectKey: this.key, subjectKind: this.kind, events: this.events };
        held.versions = (held.run as SleepingRun).wake(history, finishedMs, knownMs);
      }
      return held.versions.length === 0 ? [] : [{ rule, versions: held.versions }];
    });
  }

  /** The rules that have signals, and how far each is. */
  saved(): SavedRun[] {
    return this.#plan.rules.flatMap(({ bit }) => {
      const held = this.#runs[bit];
      if (held === undefined) return [];
      const { firedMs, waitsUntilMs } = held.run;
      return [{ bit, firedMs, waitsUntilMs }];
    });
  }

  /** A rule has signals; what they are is found out when somebody asks. */
  sleep({ bit, firedMs, waitsUntilMs }: SavedRun, context: EvaluationContext): void {
    const rule = this.#plan.rules.find((each) => each.bit === bit)?.rule;
    if (rule === undefined) throw new RangeError(`no rule ${bit}`);
    this.#runs[bit] = { run: new SleepingRun(rule, context, firedMs, waitsUntilMs), versions: null };
  }
}
