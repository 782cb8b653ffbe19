/**
 * What the compiler makes of a rule file: the file itself, what it needs, and a program of closures for the
 * evaluator. `rules/SEMANTICS.md` defines what every part means.
 */
import type {
  Coverage,
  Family,
  Form,
  Precision,
  Role,
  RuleStatus,
  SubjectKind,
} from '../../schemas/enumerations.ts';
import type { EventFieldName, SignalFieldName } from '../../schemas/event-fields.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { PeerFile } from '../../schemas/peers.ts';
import type { PropertyName } from '../../schemas/properties.ts';
import type { DeriveDefinition, FeatureDefinition, RuleFile } from '../../schemas/rule.ts';
import type { FeatureReading } from '../../schemas/signal.ts';
import type { Position } from './source.ts';
import type { Window } from './window.ts';

/**
 * A value of an expression; null is unknown. An int is a `number` while it is safe and a `bigint` beyond, never both
 * for one value, so that equal ints are identical.
 */
export type Value = number | bigint | string | boolean | readonly string[] | null;
export type Int = number | bigint;
export type ValueType = 'int' | 'double' | 'string' | 'bool' | 'set';

export type FieldName = EventFieldName | SignalFieldName | PropertyName;

export type DerivedKind = DeriveDefinition['make'];
/** Fields that the sub-events of each kind have beside those of the event at whose place they lie. All are ints. */
export const DERIVED_FIELDS = {
  cycle: ['matched', 'matchedShareMilli', 'sources'],
  night: ['events', 'total', 'spanMs', 'stops'],
  stay: ['events', 'total', 'spanMs', 'days'],
  circuit: ['events', 'stops', 'spanMs'],
  pay_period: ['paid', 'total', 'shareMilli', 'events', 'spanMs'],
} as const satisfies Readonly<Record<DerivedKind, readonly string[]>>;
export type DerivedName = (typeof DERIVED_FIELDS)[DerivedKind][number];

const DERIVED_NAMES: ReadonlySet<string> = new Set(Object.values(DERIVED_FIELDS).flat());

/** Whether sub-events of that kind, or of any, have such a field. */
export function isDerived(name: string, kind?: DerivedKind): name is DerivedName {
  if (kind === undefined) return DERIVED_NAMES.has(name);
  return (DERIVED_FIELDS[kind] as readonly string[]).includes(name);
}

/** Of one sub-event: the fields of its kind. */
export type DerivedValues = { readonly [K in DerivedName]?: Value };

export type Relation = '==' | '!=' | '<' | '<=' | '>' | '>=';

/**
 * A checked expression as data: `let`s are in place of their names and parameters are their values. The plan of a rule is
 * made from this tree, which is what the checker accepted, and from nothing else. `threshold`, `peer` and `feature` hold the position in `RuleProgram`; `in` has a string on the left and a set on the
 * right.
 */
export type Shape =
  | { readonly op: 'constant'; readonly value: Value }
  | { readonly op: 'field'; readonly name: FieldName }
  | { readonly op: 'derived'; readonly name: DerivedName }
  | { readonly op: 'feature' | 'threshold' | 'peer'; readonly position: number }
  | { readonly op: '!' | 'negate'; readonly operand: Tree }
  | {
      readonly op: '&&' | '||' | Relation | 'in' | '+' | '-' | '*' | 'ratio';
      readonly left: Tree;
      readonly right: Tree;
    };

export type Tree = Shape & { readonly type: ValueType };

/** What a closure reads: of the event it is asked about, and the features as of the event of the evaluation. */
export interface Scope {
  /** Value of a field of it, by the number of the field (`field-slots.ts`), as the feed gave it. */
  value(slot: number): Value;
  /** What reversals have left of the event, as of the evaluation; null when nothing was taken. */
  readonly rest: { readonly amount: bigint; readonly rest: bigint } | null;
  readonly derived: DerivedValues | null;
  /** Value of one of `RuleProgram.thresholds` in force at the time of the evaluation. */
  threshold(position: number): Value;
  /** Value of one of `RuleProgram.peers` for the group of the event of the evaluation. */
  peer(position: number): Value;
  feature(position: number): Value;
  pairAgeMs(): Value;
  pairOrdinal(): Value;
}
export type Closure = (scope: Scope) => Value;

/** A condition on one event: `where`, `part`, `in`, `out` or a step. Equal conditions of a rule share one entry. */
export interface Predicate {
  readonly run: Closure;
  readonly tree: Tree;
  /** Depends on the event alone and is false only where `run` is false; null when there is no such condition. */
  readonly gate: Closure | null;
  /**
   * Where `run` changes with every evaluation and is a conjunction of what depends on the event alone and of something else: the two parts. The first is asked
   * once an event, the second only where the first is not false.
   */
  readonly parts: { readonly fixed: Closure; readonly rest: Closure } | null;
  readonly fields: readonly FieldName[];
  /** Reads features: its value on an event changes with the evaluation and cannot be kept. */
  readonly readsFeatures: boolean;
  /** Reads thresholds or peers: its value on an event depends on which event the evaluation is as of. */
  readonly readsThresholds: boolean;
  readonly readsPair: boolean;
  readonly readsDerived: boolean;
}

/** A field that a feature aggregates: of the event, or of the sub-event it aggregates. */
export interface FieldRead {
  readonly name: FieldName | DerivedName;
  /** Number of the field where its value is that of the event alone, whatever was evaluated or reversed; else -1. */
  readonly slot: number;
  readonly run: Closure;
}

export interface FeatureProgram {
  readonly name: string;
  readonly type: ValueType;
  readonly definition: FeatureDefinition;
  /** Null for `ratio`, which reads two other features and no event. */
  readonly window: Window | null;
  /** Position of the derived kind that the feature aggregates, or null for events. */
  readonly from: number | null;
  /** Positions in `RuleProgram.predicates`; null where the feature has no such part. */
  readonly where: number | null;
  readonly part: number | null;
  readonly in: number | null;
  readonly out: number | null;
  /** Of a `sequence`, whose `where` stands before each of its steps. */
  readonly sequence: SequenceProgram | null;
  readonly of: readonly FieldRead[];
  readonly by: FieldRead | null;
  /** Positions of numerator and denominator of a `ratio`. */
  readonly operands: readonly [number, number] | null;
  readonly evidence: boolean;
  /** What the rule compares the feature with, for the reader of a signal. */
  readonly comparison: {
    readonly operator: NonNullable<FeatureReading['operator']>;
    readonly with: Closure;
  } | null;
  readonly unit: string | null;
}

export interface SequenceProgram {
  /** Positions in `RuleProgram.predicates`, in the order of the steps. */
  readonly steps: readonly number[];
  readonly withinMs: number;
}

interface DeriveBase {
  readonly name: string;
  readonly window: Window;
  /** Positions in `RuleProgram.predicates` of the conditions that say which events count; they trigger. */
  readonly conditions: readonly number[];
  /** Fields without which an event that counts is missing. */
  readonly reads: readonly FieldRead[];
}

export interface CycleProgram extends DeriveBase {
  readonly make: 'cycle';
  readonly in: number;
  readonly out: number;
  readonly of: FieldRead;
  readonly withinMs: number;
  readonly match: 'fifo' | 'sum';
}

export interface PayPeriodProgram extends DeriveBase {
  readonly make: 'pay_period';
  /** The events that are pay. */
  readonly in: number;
  readonly out: number;
  readonly of: FieldRead;
  readonly longestMs: number;
}

/** Events that go together by a value of theirs. */
export interface GroupingProgram extends DeriveBase {
  readonly make: 'night' | 'stay' | 'circuit';
  readonly where: number;
  /** What `total` adds up. */
  readonly of: FieldRead | null;
  /** `nightOf`, or the place of a stay or a circuit. */
  readonly key: FieldRead;
  /** Of a night: the field whose values are counted, and `isNight`. */
  readonly stops: FieldRead | null;
  readonly isNight: FieldRead | null;
  /** Of a stay the most time between neighbours, of a circuit between its ends. */
  readonly withinMs: number;
  /** Of a circuit. */
  readonly stopsMin: number;
}

export type DeriveProgram = CycleProgram | PayPeriodProgram | GroupingProgram;

/** A quantile of peers that a parameter names. */
export interface PeerBar {
  readonly param: string;
  readonly table: string;
  readonly quantileMilli: number;
  readonly unit: string;
  /** Fields of the event of the evaluation that make its group. */
  readonly by: PeerFile['by'];
}

export interface RuleProgram {
  /** Ids of the statutory thresholds that the rule's parameters name. */
  readonly thresholds: readonly string[];
  readonly peers: readonly PeerBar[];
  readonly predicates: readonly Predicate[];
  /** Predicates of which one that is not false on an event makes the event trigger the rule. */
  readonly triggers: readonly number[];
  readonly derives: readonly DeriveProgram[];
  readonly features: readonly FeatureProgram[];
  readonly when: Closure;
  readonly whenTree: Tree;
  /** Whether `when` is true, computing no more features than that takes. */
  readonly holds: (scope: Scope) => boolean;
  readonly benign: readonly {
    readonly id: string;
    readonly blocks: boolean;
    readonly lowersMilli: number;
    readonly run: Closure;
    readonly tree: Tree;
  }[];
  readonly strength: { readonly of: number; readonly at: Closure; readonly full: Closure };
  /** Positions of the string features that attributions name; null for `holder` and `subject`. */
  readonly attributionFeatures: readonly (number | null)[];
  readonly params: readonly { readonly name: string; readonly run: Closure }[];
}

/** What a feed must show for the rule to be evaluable on it. */
export interface RuleNeeds {
  /** Canonical fields that a mapping must provide (`EVENT_FIELDS[..].needs`). */
  readonly fields: readonly string[];
  /** Coarsest precision of event times that serves; null when any does. */
  readonly precision: Precision | null;
  /** Coverages that serve; null when any does. */
  readonly coverage: readonly Coverage[] | null;
}

/** A span of event time: `fromMs` <= time < `untilMs`. */
export interface Interval {
  readonly fromMs: number;
  readonly untilMs: number;
}

export const ALL_TIME: Interval = {
  fromMs: Number.NEGATIVE_INFINITY,
  untilMs: Number.POSITIVE_INFINITY,
};

export interface CheckedRule {
  readonly id: string;
  readonly version: string;
  readonly majorVersion: number;
  readonly status: RuleStatus;
  readonly input: 'events' | 'signals';
  readonly subjects: readonly SubjectKind[];
  readonly family: Family;
  readonly weight: number;
  readonly form: Form;
  readonly holderRole: Role;
  readonly path: string;
  readonly file: RuleFile;
  /** Longest window over features and derived kinds (SEMANTICS §2 for calendar windows). */
  readonly longestWindowMs: number;
  readonly quietMs: number;
  /** The rule is evaluated as of midnights too, up to the longest window after an event that triggers (SEMANTICS §9a). */
  readonly ticks: boolean;
  readonly lookbackMs: number;
  /** How far before an event its evaluation may read: what a caller must keep of a subject's history. */
  readonly historyMs: number;
  readonly fieldsRead: readonly FieldName[];
  readonly needs: RuleNeeds;
  /** The rule sees events of every status; otherwise only completed ones. */
  readonly readsStatus: boolean;
  /** Rules that a rule over signals names, as `signal.rule == "..."`. */
  readonly rulesNamed: readonly string[];
  /** Where its file names each of them first. */
  readonly rulesNamedAt: ReadonlyMap<string, Position>;
  readonly program: RuleProgram;
  /** SHA-256 of the file without its cases: rules of equal content evaluate alike. */
  readonly contentHash: string;
  /** The rule is evaluated as of events of this interval only; all time for a set that stands alone. */
  readonly inForce: Interval;
}

export interface RuleSet {
  /**
   * What is evaluated, in the order of rule ids; of a timeline of sets every version of every rule, those of one id by their
   * intervals.
   */
  readonly rules: readonly CheckedRule[];
  /** Status `waiting` or `manual`: compiled and shown, never planned or evaluated. Of a timeline those of the latest set. */
  readonly unevaluated: readonly CheckedRule[];
  /** SHA-256 of the content of all rules; equal sets have equal hashes whatever their files are called. */
  readonly hash: string;
  /** Event time from which the set is in force. */
  readonly activeFrom: number;
  /** The sets in force by time, ascending: this one alone, or those that were merged. */
  readonly timeline: readonly { readonly fromMs: number; readonly hash: string }[];
}

/** A rule that engines evaluate. One that waits for an engine, or that no program asks, is described only. */
export function isEvaluated({ status }: Pick<CheckedRule, 'status'>): boolean {
  return status !== 'waiting' && status !== 'manual';
}

/** Every rule of a set, evaluated or not, in the order of rule ids. */
export function catalogueOf({ rules, unevaluated }: Pick<RuleSet, 'rules' | 'unevaluated'>): CheckedRule[] {
  return [...rules, ...unevaluated].sort((a, b) => compareUtf8(a.id, b.id));
}

/** Its evaluations depend on thresholds or peer tables in force, or on which days are business days. */
export function readsReference(rule: CheckedRule): boolean {
  const { thresholds, peers } = rule.program;
  return thresholds.length > 0 || peers.length > 0 || readsBusinessDays(rule);
}

export function readsBusinessDays({ program }: CheckedRule): boolean {
  return [...program.features, ...program.derives].some((part) => part.window?.kind === 'businessDay');
}
