/**
 * Tier 2 of one subject: the exact evaluation of the rules that tier 1 could not rule out, by the reference program over
 * events read from facts. Lives while the subject has signals, or while its candidates are looked at.
 */
import {
  type Candidates,
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

/** Positions at which one rule is a candidate, asked for in ascending order. */
class RuleCandidates implements Candidates {
  readonly #positions: readonly number[];
  readonly #masks: readonly number[];
  readonly #maskWords: number;
  readonly #bit: number;
  #at = 0;

  constructor({ positions, masks }: SubjectCandidates, maskWords: number, bit: number) {
    this.#positions = positions;
    this.#masks = masks;
    this.#maskWords = maskWords;
    this.#bit = bit;
  }

  next(position: number): number | null {
    for (; this.#at < this.#positions.length; this.#at++) {
      const found = this.#positions[this.#at] as number;
      if (found >= position && this.#names(this.#at)) return found;
    }
    return null;
  }

  #names(at: number): boolean {
    const word = this.#masks[at * this.#maskWords + (this.#bit >>> 5)] as number;
    return (word & (1 << (this.#bit & 31))) !== 0;
  }
}

interface RuleRun {
  readonly run: SubjectRun;
  versions: readonly SignalVersion[];
}

export class SubjectRuns {
  readonly key: string;
  readonly kind: SubjectKind;
  /** Every event of the subject that was read so far, in total order; grows at its end. */
  readonly events: RuleEvent[] = [];
  readonly #plan: KindPlan;
  readonly #runs: (RuleRun | undefined)[] = [];

  constructor(plan: KindPlan, key: string) {
    this.#plan = plan;
    this.kind = plan.kind;
    this.key = key;
  }

  /** Some rule has a signal on the subject. */
  get hasSignals(): boolean {
    return this.#runs.some((rule) => rule !== undefined && rule.versions.length > 0);
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
   * Evaluates the candidates, and the hours that waited and have ended by `finishedMs`; `events` holds all of the subject's.
   * Tells of each rule that was asked whether its last episode may still grow.
   */
  run(
    candidates: SubjectCandidates,
    context: EvaluationContext,
    finishedMs: number,
    setOpen: (bit: number, isOpen: boolean) => void,
  ): void {
    const history = { subjectKey: this.key, subjectKind: this.kind, events: this.events };
    const lastTime = this.events[this.events.length - 1]?.time ?? Number.NEGATIVE_INFINITY;
    const { rules, maskWords } = this.#plan;
    for (const { bit, rule } of rules) {
      const positions = new RuleCandidates(candidates, maskWords, bit);
      const known = this.#runs[bit];
      if (
        positions.next(0) === null &&
        !((known?.run.waitsUntilMs ?? Number.POSITIVE_INFINITY) <= finishedMs)
      )
        continue;
      const held = known ?? { run: createSubjectRun(rule, context), versions: [] };
      held.versions = held.run.append(history, positions, finishedMs);
      this.#runs[bit] = held.versions.length > 0 ? held : undefined;
      setOpen(bit, held.run.openUntilMs >= lastTime);
    }
  }

  /** All versions of all signals, by rule. */
  signals(): RuleSignals[] {
    return this.#plan.rules.flatMap(({ bit, rule }) => {
      const held = this.#runs[bit];
      return held === undefined || held.versions.length === 0 ? [] : [{ rule, versions: held.versions }];
    });
  }
}
