/**
 * A composite file: when the signals attributed to one person become an alert, with the cases that show it. `rules/SEMANTICS.md`
 * §12 defines what every part means.
 */
import { z } from 'zod';
import { ALERT_LEVELS, FAMILIES, FORMS, ROLES, RULE_STATUSES } from './enumerations.ts';
import { caseKind, durationText, localized } from './rule.ts';

/** One clause of a composite: at least `min` of the named rules. `on`: own signal, a companion of one, or either. */
const clause = z.strictObject({
  min: z.int().min(1),
  of: z
    .array(z.strictObject({ rule: z.string(), on: z.enum(['own', 'companion', 'either']).default('either') }))
    .min(1),
  families: z.int().min(1).optional().describe('The matched rules must come from this many families'),
});

/** Time as of which a case stands where it says none: noon UTC of an ordinary Monday. */
export const CASE_TIME = '2026-03-02T12:00:00Z';

/** Signals of one case, and cases of one composite. */
const CASE_SIGNALS_MAX = 64;
const CASES_MAX = 200;

/** One signal of a case; by its rule alone it is own, fresh and of full strength. */
const caseSignal = z.strictObject({
  rule: z.string(),
  on: z
    .enum(['own', 'companion', 'weightless'])
    .default('own')
    .describe(
      'own: weight falls on the subject; companion: in force on the holder whose own signal carries it; weightless: the rule names the subject and gives no weight, as of a holder to protect',
    ),
  observed: z
    .string()
    .regex(/^[a-z]$/)
    .optional()
    .describe(
      'The holder whose history fired, a letter; default the subject where the rule names its holder so, else a; of companions a',
    ),
  at: z.iso.datetime({ offset: true }).optional().describe('Default the time of the case'),
  ago: durationText.optional().describe('So long before `at`'),
  strengthMilli: z.int().min(0).max(1000).default(1000),
  weight: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('Weight of the attribution to the subject; default what the rule gives'),
});
export type CompositeSignal = z.infer<typeof caseSignal>;

/** What a composite says of the signals of one subject: the last alert, or, where it is silent, as of the last signal. */
export const compositeCase = z.strictObject({
  name: z.string(),
  kind: caseKind,
  fires: z.boolean(),
  at: z.iso.datetime({ offset: true }).default(CASE_TIME),
  assumes: z
    .array(z.string())
    .default([])
    .describe('Rules that count as live here though they are not; of composites that wait for them'),
  signals: z
    .array(z.union([z.string().transform((rule) => caseSignal.parse({ rule })), caseSignal]))
    .min(1)
    .max(CASE_SIGNALS_MAX),
  expect: z
    .strictObject({
      level: z.enum(ALERT_LEVELS).optional(),
      scoreMilli: z.int().optional(),
      lifeSafety: z.enum(['no', 'flag', 'alone']).optional(),
      families: z
        .array(z.enum(FAMILIES))
        .optional()
        .describe('All families with a part above 0, in any order'),
      benign: z
        .array(z.string())
        .optional()
        .describe('Ids of all benign terms that are subtracted, in any order'),
    })
    .optional(),
});
export type CompositeCase = z.infer<typeof compositeCase>;

/** A composite typology: when the signals attributed to one subject become an alert. */
export const compositeFile = z.strictObject({
  id: z.string().regex(/^K-[A-Z]+(-[A-Z]+)*$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  status: z.enum(RULE_STATUSES).exclude(['leg', 'manual']),
  title: localized,
  form: z.enum(FORMS),
  jurisdictions: z.array(z.enum(['US', 'MX', 'CA'])).min(1),
  sources: z
    .array(z.strictObject({ document: z.string(), year: z.int(), section: z.string().optional() }))
    .min(1),
  /** Alternatives: any of them whose clauses all hold. */
  requires: z.array(z.strictObject({ all: z.array(clause).min(1) })).min(1),
  /** Rules that add to the score when present, beside those required. */
  supports: z.array(z.string()).default([]),
  within: durationText.describe('Signals older than this at the evaluation no longer count'),
  halfLifeDays: z.int().min(1).default(30),
  familyCapMilli: z.partialRecord(z.enum(FAMILIES), z.int().min(0)).optional(),
  levels: z.strictObject({ mediumMilli: z.int(), highMilli: z.int(), highNeeds: z.array(z.enum(FAMILIES)) }),
  lifeSafety: z
    .strictObject({
      rules: z.array(z.string()),
      reason: localized,
      alone: z
        .strictObject({ rules: z.array(z.string()).min(1), why: localized, narrative: localized })
        .optional()
        .describe('Rules that by themselves open a medium alert about the protected holder they fire on'),
    })
    .optional(),
  subjectRole: z.enum(ROLES),
  benign: z
    .array(
      z.strictObject({ id: z.string(), rule: z.string(), note: localized, lowers_milli: z.int().min(0) }),
    )
    .default([]),
  /** What may vanish, what to ask of whom, which clocks and authorities: keys into `rules/composites/playbook.yaml`. */
  perishables: z.array(z.string()).default([]),
  asks: z.array(z.string()).default([]),
  why: localized,
  narrative: localized,
  cases: z
    .array(compositeCase)
    .max(CASES_MAX)
    .default([])
    .describe('The last key of the file: engines read what stands before it'),
});
/** What a composite means: the file without its cases. */
export type CompositeFile = Omit<z.infer<typeof compositeFile>, 'cases'>;
