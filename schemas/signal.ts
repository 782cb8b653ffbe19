/**
 * A signal: one rule true for one subject, with on whom the weight falls and why.
 *
 * A signal has versions: version n+1 exists when an evaluation of its episode brought evidence that versions 1..n did
 * not have. All versions are a pure function of the effective set; `standing` is the last one.
 */
import { z } from 'zod';
import {
  COVERAGES,
  FAMILIES,
  FORMS,
  PRECISIONS,
  ROLES,
  ROLES_TO_PROTECT,
  SUBJECT_KINDS,
} from './enumerations.ts';
import { epochMs, identifier, LIMITS } from './identity.ts';

/** A transaction by identity, as evidence. */
export const transactionRef = z.strictObject({ institution: identifier, id: identifier, version: z.int() });
export type TransactionRef = z.infer<typeof transactionRef>;

/** A value of a feature: exact integer, IEEE double of exact integers, string, flag; null is unknown. */
export const featureValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);

export const featureReading = z.strictObject({
  name: z.string(),
  value: featureValue,
  threshold: featureValue
    .optional()
    .describe('Value it is compared with, where the rule compares it with a constant'),
  operator: z.enum(['>=', '>', '<=', '<', '==', '!=', 'in']).optional(),
  unit: z.string().optional(),
  missing: z.int().min(0).optional().describe('Events left out because a field was null or not provided'),
  unknownBecause: z.string().optional(),
});
export type FeatureReading = z.infer<typeof featureReading>;

/** What a parameter that is a quantile of peers rests on; nulls where no table is in force, or the group is none. */
export const peerReading = z.strictObject({
  param: z.string(),
  table: z.string(),
  quantileMilli: z.int(),
  group: z.array(z.string()).nullable().describe('Of whom: values of the fields of the definition'),
  value: featureValue,
  unit: z.string(),
  day: z.string().nullable().describe('The complete UTC day that the table was made of'),
  accounts: z.int().nullable().describe('Accounts of the group'),
});
export type PeerReading = z.infer<typeof peerReading>;

export const signalAttribution = z.strictObject({
  subject: z.string().describe('Party key as of the event; else account or token'),
  role: z.enum(ROLES),
  weight: z.number().min(0).max(1),
  why: z.string().describe('Key of the localized reason: <rule>@<version>#<index>'),
});

/** Another rule in force on the same observed subject as of the event; composites of the attributed subject count it. */
export const companion = z.strictObject({
  rule: z.string(),
  version: z.string(),
  signalId: z.string(),
  weight: z.int(),
  strengthMilli: z.int(),
  family: z.enum(FAMILIES),
  eventTime: epochMs,
  observedHolder: z
    .string()
    .optional()
    .describe('On whom it was observed, where that is not the holder of the signal that carries it'),
});
export type Companion = z.infer<typeof companion>;

export const evidence = z.strictObject({
  transactions: z.array(transactionRef).max(LIMITS.EVIDENCE_IDS).describe('First ones in total order'),
  signals: z.array(z.string()).max(LIMITS.EVIDENCE_IDS).optional().describe('For a rule that reads signals'),
  count: z.int().min(0),
  hash: z.string().describe('SHA-256 over all references in total order'),
});
export type Evidence = z.infer<typeof evidence>;

export const signal = z.strictObject({
  id: z.string().describe('hash(rule, major version, subject, opening event)'),
  version: z.int().min(1),
  rule: z.string(),
  ruleVersion: z.string(),
  ruleSet: z.string().describe('Hash of the rule set in force'),
  form: z.enum(FORMS),
  family: z.enum(FAMILIES),
  weight: z.int(),
  leg: z.boolean(),
  shadow: z.literal(true).optional().describe('Of an experimental rule: shown to no analyst, counts nowhere'),
  subjectKind: z.enum(SUBJECT_KINDS),
  observedOn: z.string().describe('Subject key whose history fired'),
  observedHolder: z.string().describe('Party key behind it as of the event'),
  observedBank: z.string().nullable(),
  holderRole: z.enum(ROLES),
  holderProtectedAs: z
    .enum(ROLES_TO_PROTECT)
    .optional()
    .describe(
      'Of a rule over signals that names another: what a signal, of whatever time, says of its holder, who may be the one to protect',
    ),
  attributions: z.array(signalAttribution).min(1),
  companions: z.array(companion).max(LIMITS.COMPANIONS),
  openedAt: epochMs,
  eventTime: epochMs.describe('Event time of the evaluation that made this version'),
  strengthMilli: z.int().min(0).max(1000),
  coverage: z.enum(COVERAGES),
  precisionWorst: z.enum(PRECISIONS),
  truncated: z.boolean(),
  evidenceReversed: z.boolean(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()])),
  peers: z.array(peerReading).optional().describe('Of a rule that compares with peers'),
  features: z.array(featureReading),
  benign: z.array(z.strictObject({ id: z.string(), result: z.enum(['passed', 'failed', 'unknown']) })),
  evidence,
});
export type Signal = z.infer<typeof signal>;
