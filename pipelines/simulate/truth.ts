/**
 * What the simulation knows and no rule may read: who does what in every case. Identifiers are those of the feed's
 * edge; a reader maps them through the pseudonymiser before comparing them with alerts.
 */
import type { Form, RefScheme } from '../../schemas/enumerations.ts';

export const SCENARIO_KINDS = [
  'S1',
  'S2',
  'S3',
  'S4',
  'S5',
  'S6',
  'S7',
  'S8',
  'S9',
  'S10',
  'S11',
  'S12',
] as const;
/** `B`: the honest twin of the scenario of that number. `H`: the pairs that are hardest to tell apart. */
export const LOOKALIKE_KINDS = [
  'B1',
  'B2',
  'B3',
  'B4',
  'B5',
  'B6',
  'B7',
  'B8',
  'B9',
  'B10',
  'B11',
  'B12',
  'H1',
  'H2',
  'H3',
] as const;
export type ScenarioKind = (typeof SCENARIO_KINDS)[number];
export type LookalikeKind = (typeof LOOKALIKE_KINDS)[number];
export type CaseKind = ScenarioKind | LookalikeKind;

/**
 * `base`: as described. `evasive`: the same people hide it. `truncated`: only one institution's evidence is submitted.
 * `missing`: fields are left out or times are dates.
 */
export const VARIANTS = ['base', 'evasive', 'truncated', 'missing'] as const;
export type Variant = (typeof VARIANTS)[number];

/**
 * What somebody is in a case. `coerced`: made to move the money of those who hold them. `official`: is paid to look
 * away. `ordinary` people are suspected of nothing.
 */
export type TruthRole =
  | 'collector'
  | 'facilitator'
  | 'receiver'
  | 'official'
  | 'front'
  | 'victim'
  | 'coerced'
  | 'payer'
  | 'buyer'
  | 'ordinary'
  | 'infrastructure';

/**
 * What the scenario makes of a person, by construction, for whoever counts harm and recall: `both` is a victim who
 * also did what a collector does, counted apart; `collector` is on whom suspicion rightly falls; `bystander` has done
 * nothing and must not be harmed either; `helper` knows, or should.
 */
export type TruthStanding = 'victim' | 'both' | 'collector' | 'helper' | 'bystander' | 'infrastructure';

const STANDING: Readonly<Record<TruthRole, TruthStanding>> = {
  collector: 'collector',
  facilitator: 'collector',
  receiver: 'collector',
  official: 'collector',
  front: 'helper',
  buyer: 'collector',
  victim: 'victim',
  coerced: 'both',
  payer: 'bystander',
  ordinary: 'bystander',
  infrastructure: 'infrastructure',
};

export const standingOf = (role: TruthRole): TruthStanding => STANDING[role];

const PROTECTED: ReadonlySet<TruthStanding> = new Set(['victim', 'both', 'bystander']);

export const isProtected = (role: TruthRole): boolean => PROTECTED.has(standingOf(role));

export interface TruthSubject {
  readonly ref: string;
  readonly refScheme: RefScheme;
  /** The first institution that knows the subject. */
  readonly institution: string;
  readonly accounts: readonly {
    readonly institution: string;
    readonly scheme: string;
    readonly token: string;
  }[];
  readonly role: TruthRole;
  readonly standing: TruthStanding;
  /** Must never be proposed for action, whatever the pattern of the account. */
  readonly protected: boolean;
}

export interface TruthCase {
  readonly id: string;
  readonly kind: CaseKind;
  readonly isLookalike: boolean;
  readonly variant: Variant;
  readonly seed: number;
  readonly title: string;
  /** Null for look-alikes. */
  readonly form: Form | null;
  /** First and last local day of the behaviour, `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
  readonly subjects: readonly TruthSubject[];
  /** Indicators that the sources would expect, for information. */
  readonly expected: readonly string[];
  /** Indicators that must not fire; look-alikes only. */
  readonly mustNotFire: readonly string[];
  /** What was drawn for this case. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Rows before noise. */
  readonly transactions: number;
}

export interface Truth {
  readonly seed: number;
  readonly prevalence: 'demo' | 'honest';
  readonly note: string;
  readonly from: string;
  readonly days: number;
  /** Residents, without the people of cases. */
  readonly people: number;
  readonly accounts: number;
  readonly cases: readonly TruthCase[];
  /** Settlement accounts, payment firms, employers, offices: nobody of them may ever be a subject. */
  readonly infrastructure: readonly TruthSubject[];
}
