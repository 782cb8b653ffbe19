/** What an evaluator takes and gives. */
import type { Coverage, Precision, Role, SubjectKind } from '../../../schemas/enumerations.ts';
import type { RuleEvent } from '../../../schemas/event-fields.ts';
import type { Evidence, FeatureReading, PeerReading } from '../../../schemas/signal.ts';
import type { Country } from '../window.ts';

/** Bounds of what a statutory threshold was, is or will be, in minor units. */
export interface ThresholdRange {
  readonly least: number;
  readonly most: number;
}

/** A quantile of a group of peers, with what it rests on. */
export interface PeerValue {
  readonly value: bigint | number;
  /** The complete UTC day of the table, `YYYY-MM-DD`. */
  readonly day: string;
  /** Accounts of the group. */
  readonly accounts: number;
}

/** Reference data that an evaluation reads, all of it a function of event time. */
export interface EvaluationContext {
  /** Value of a statutory threshold in force at `timeMs`, in minor units; null if none is in force. */
  thresholdAt(id: string, timeMs: number): bigint | number | null;
  /** Every value that `thresholdAt` gives, at whatever time, lies between; undefined or absent where nobody knows. */
  thresholdRange?(id: string): ThresholdRange | undefined;
  /** A quantile of the peers of a group, in force at `timeMs`; null where nothing says (SEMANTICS §13). Absent: no table is. */
  peerAt?(table: string, quantileMilli: number, group: readonly string[], timeMs: number): PeerValue | null;
  /** Whether a local day (days since 1970) is a business day there; null outside the years of the table. */
  isBusinessDay(country: Country, localDay: number): boolean | null;
}

/** A subject's events: the effective set as the rule reads it, one event per transfer (SEMANTICS §1), in total order. */
export interface SubjectHistory {
  readonly subjectKey: string;
  readonly subjectKind: SubjectKind;
  readonly events: readonly RuleEvent[];
}

export interface AttributionOutcome {
  readonly subject: string;
  readonly role: Role;
  readonly weight: number;
  /** `<rule>@<version>#<index>`, the key of the localized reason. */
  readonly why: string;
}

export interface BenignOutcome {
  readonly id: string;
  /** `failed`: the benign explanation holds. `passed`: it was tested and does not. */
  readonly result: 'passed' | 'failed' | 'unknown';
}

/** What a rule says as of one event of a subject's history. */
export interface Reading {
  /** Position of that event in the history. */
  readonly index: number;
  /** Its time, or that of the tick after it (SEMANTICS §9a). */
  readonly eventTime: number;
  /** Value of `when`. */
  readonly truth: boolean | null;
  /** `truth` is true and no benign test blocks. */
  readonly fires: boolean;
  readonly features: readonly FeatureReading[];
  /** Values of the parameters as of the event; a statutory threshold that is not in force is null. */
  readonly params: Readonly<Record<string, string | number | boolean | string[] | null>>;
  /** Of each parameter that is a quantile of peers, what it rests on; absent where the rule names none. */
  readonly peers?: readonly PeerReading[];
  readonly strengthMilli: number;
  readonly benign: readonly BenignOutcome[];
  readonly attributions: readonly AttributionOutcome[];
  /** Resolved holder, else account, else the subject itself. */
  readonly observedHolder: string;
  readonly observedBank: string | null;
  /** Least that a transaction of the evidence shows of its account; null when no event says. */
  readonly coverage: Coverage | null;
  /** Coarsest precision among the evidence; null when no event says. */
  readonly precisionWorst: Precision | null;
  /** A value was read from a history that the cap cut. */
  readonly truncated: boolean;
  /** Events left out over all features because a field was unknown. */
  readonly missing: number;
}

/** A reading with the events that it rests on. */
export interface Evaluation extends Reading {
  /** Positions in the history, ascending. */
  readonly evidence: readonly number[];
}

/** One version of one signal of a rule on a subject (SEMANTICS §9). */
export interface SignalVersion {
  readonly id: string;
  readonly version: number;
  readonly openedAt: number;
  /** Event time of the evaluation that made the version. */
  readonly eventTime: number;
  readonly evaluation: Reading;
  /** Union over the episode's firing evaluations up to this one. */
  readonly evidence: Evidence;
  /** Time of the last firing evaluation of the episode before the next version: the episode is open until `quiet` after. */
  readonly lastFiredAt: number;
  /** The last version of its episode. */
  readonly standing: boolean;
  /** A standing version whose evidence holds a transaction that a reversal has touched. */
  readonly evidenceReversed: boolean;
}
