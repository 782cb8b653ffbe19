/**
 * What the engine asks of detection: rows in as blocks of the log, signals out by subject. `hot/hot-detector.ts` is it in one
 * thread; in several it answers later, hence the promises.
 *
 * Rows are numbered in the order in which they come, those of `admit` and those of `renew` alike, whatever becomes of them.
 */
import type { EvaluationContext, RuleSet } from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { RuleSignals, SilentReading } from './detector.ts';
import type { RowLedger } from './hot/row-ledger.ts';

export type Eventually<T> = T | Promise<T>;

/** What stands on a subject: all versions of all signals; nothing where they were withdrawn. */
export interface SubjectSignals {
  readonly subjectKey: string;
  readonly signals: readonly RuleSignals[];
}

/**
 * What did the rules say of the subject, as of the event at `position` of its history, as the last evaluation counted; without
 * one, as of its last event at or before `untilMs`?
 */
export interface SilentQuestion {
  readonly subjectKey: string;
  readonly untilMs: number;
  readonly position?: number;
}

export interface Detection {
  /** Which rows count; up to date with every block that was admitted. */
  readonly ledger: RowLedger;
  /** Takes in a block; the index in `ROW_OUTCOMES` of each of its rows. */
  admit(block: Uint8Array): Eventually<Uint8Array>;
  /** Rows of a block stand in the place of rows of the same identity and version that count. */
  renew(block: Uint8Array): Eventually<void>;
  /** Rows that count in which an account or a holder is among `keys`, in their order. */
  rowsOfKeys(keys: ReadonlySet<string>): Eventually<readonly number[]>;
  /** From `fromMs` of event time on, `institution` submits a feed of its own (SEMANTICS §1). */
  declare(institution: string, fromMs: number): Eventually<void>;
  /** From `fromMs` of event time on, `institution` submits so. */
  setCadence(institution: string, fromMs: number, cadence: Cadence): Eventually<void>;
  /** The writer of the log has reached `timeMs` of event time; of one institution: nothing of it before that comes any more. */
  watermark(timeMs: number, institution: string | null): Eventually<void>;
  /** Rows that wait for a watermark are taken in, and hours that have not ended are evaluated as they are. */
  drain(): Eventually<void>;
  /**
   * Begins to make other rules ready, which say the same as those in force of events before `fromMs`. The next `evaluate` or
   * `settle` puts them in force; subjects that have signals and events from then on are among those that it reports.
   */
  useRules(ruleSet: RuleSet, evaluation: EvaluationContext, fromMs: number): Eventually<void>;
  /** Does a bounded part of what is left to do before other rules are in force; false where nothing is. */
  advance(): Eventually<boolean>;
  /** Marks subjects for evaluation although nothing of them changed; of keys that it does not know it says nothing. */
  touch(subjectKeys: readonly string[]): Eventually<void>;
  /** What came in so far was evaluated before: it is put in order and not evaluated. */
  settle(): Eventually<void>;
  /** Evaluates what waits; every subject that has signals, or had, among those. */
  evaluate(): Eventually<readonly SubjectSignals[]>;
  /** An answer a question: the rules that did not fire. */
  silentReadings(questions: readonly SilentQuestion[]): Eventually<readonly (readonly SilentReading[])[]>;
  /** Nothing is asked any more; what it holds on disk is gone. */
  close(): Eventually<void>;
}
