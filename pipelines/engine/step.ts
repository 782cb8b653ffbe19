/** What goes into the engine and what comes out of it. */
import type { EvaluationContext, RuleSet } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import type { Signal, TransactionRef } from '../../schemas/signal.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { RuleReading } from '../compose/indicators.ts';
import type { FactRow } from '../facts/batch.ts';

/** Rows that are stamped anew together: a block of them stays below what a cold file takes as one unit. */
export const RENEWED_ROWS = 1_024;

/** What one composition made for one attributed subject: all versions, or at least the last of each. */
export interface Composition {
  readonly derivedSignals: readonly Signal[];
  readonly alerts: readonly Alert[];
}

/** What compose may look up; all of it a function of the effective set. */
export interface Lookups {
  transactionOf(ref: TransactionRef): EvidenceTransaction | undefined;
  /** The last version of a signal that is not after `eventTimeMs`. */
  signalOf(signalId: string, eventTimeMs: number): Signal | undefined;
  providedOf(tx: EvidenceTransaction): ReadonlySet<string>;
}

/** `readings`: what rules said of the observed subjects without firing; they explain an alert and never make one. */
export type Compose = (
  subject: string,
  signals: readonly Signal[],
  lookups: Lookups,
  readings: readonly RuleReading[],
) => Composition;

export type Step =
  | {
      readonly kind: 'transactions';
      /** The record of the log, and its offset there. */
      readonly block: Uint8Array;
      readonly offset: number;
    }
  | { readonly kind: 'declare'; readonly institution: string; readonly fromMs: number }
  | {
      readonly kind: 'cadence';
      readonly institution: string;
      readonly fromMs: number;
      readonly cadence: Cadence;
    }
  | WatermarkStep
  | RestampStep
  | RulesStep
  | { readonly kind: 'settle' };

/** Event time has come so far: for the writer of the log, or for an institution, of which nothing earlier comes any more. */
export interface WatermarkStep {
  readonly kind: 'watermark';
  readonly timeMs: number;
  readonly institution: string | null;
}

/** Rows of accounts or parties among `keys` may say something else now. */
export interface RestampStep {
  readonly kind: 'restamp';
  readonly keys: ReadonlySet<string>;
  /** Offset of the record that says so. */
  readonly offset: number;
  /** The row anew; undefined where it says what it said. */
  readonly restamp: (tx: Transaction) => FactRow | undefined;
  /** Gets the rows that are others now, in blocks of at most `RENEWED_ROWS`. */
  readonly renewed: (block: Uint8Array, rows: number) => void;
}

/**
 * Puts a compiled set of rules in force, with what is read and composed under it. It is made ready beside the one before while
 * blocks come in; the next flush puts it in force and reports what is different.
 */
export interface RulesStep {
  readonly kind: 'rules';
  readonly ruleSet: RuleSet;
  /** The same object as before says that the reference data are the same. */
  readonly evaluation: EvaluationContext;
  readonly compose: Compose;
  /** Event time before which nothing changes. */
  readonly fromMs: number;
}

/** What stands now for one source: a subject whose history was evaluated, or one that compose looked at. */
export interface StandingChange {
  /** `observedOn` of base signals; `composed:<subject>` of rules over signals and of alerts. */
  readonly source: string;
  /** The last version of each signal of the source; what the store holds beside these stands no more. */
  readonly signals: readonly Signal[];
  readonly alerts: readonly Alert[];
}
