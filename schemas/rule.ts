/**
 * A rule file: one red flag as data. `rules/SEMANTICS.md` defines what every part means.
 */
import { z } from 'zod';
import {
  COVERAGES,
  ENGINES,
  FAMILIES,
  FORMS,
  PRECISIONS,
  ROLES,
  RULE_STATUSES,
  SUBJECT_KINDS,
} from './enumerations.ts';

export const localized = z.strictObject({
  es: z.string().min(1),
  en: z.string().min(1),
  fr: z.string().min(1),
});

/** `15m`, `48h`, `30d` (sliding), or a calendar window: `1day@local`, `1month@local`, `10businessDay@US`. */
export const windowText = z
  .string()
  .regex(/^([1-9]\d*(m|h|d)|[1-9]\d*(day|month)@local|[1-9]\d*businessDay@(US|MX|CA))$/);
export const durationText = z.string().regex(/^[1-9]\d*(m|h|d)$/);

const name = z.string().regex(/^[a-z][a-zA-Z0-9_]*$/);
/** A field of an event or of a signal, or a supplied property. */
const fieldName = z.string().regex(/^((signal|cluster|pattern|taint|tag)\.)?[a-z][a-zA-Z0-9_]*$/);
const expression = z.string().min(1).max(2_000);

/** Name of a definition of peers (`rules/peers/<name>.yaml`). */
export const peerName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
export const quantileMilli = z.int().min(1).max(1000);
/** Units in which peers are measured; a share is a double, anything else an exact integer. */
export const PEER_UNITS = ['count', 'minor', 'milli', 'share', 'ms', 'days'] as const;

/**
 * A constant of the rule with its unit and where it comes from, a statutory threshold looked up as of the event, or a quantile of
 * the peers of the subject as of the event.
 */
export const param = z.union([
  z.strictObject({
    value: z.union([z.number(), z.string(), z.boolean(), z.array(z.string())]),
    unit: z.enum([
      'count',
      'minor',
      'milli',
      'share',
      'ms',
      'hours',
      'days',
      'wages',
      'minute',
      'metres',
      'text',
      'list',
      'flag',
    ]),
    provenance: z.enum(['source', 'law', 'default']),
    source: z.string().optional(),
  }),
  z.strictObject({
    threshold: z
      .string()
      .describe('Id in rules/thresholds; evaluates to its value in minor units as of the event'),
    unit: z.literal('minor'),
    provenance: z.literal('law'),
  }),
  z.strictObject({
    peer: peerName.describe('Definition in rules/peers; evaluates to a quantile of the group of the event'),
    quantile: quantileMilli.describe('Thousandths; one that the definition keeps'),
    unit: z.enum(PEER_UNITS),
    provenance: z.literal('peers'),
  }),
]);

const common = {
  where: expression.optional().describe('Which events; default all'),
  over: windowText,
  skip: durationText
    .optional()
    .describe('Leaves out the most recent part: the window is (t - over, t - skip]'),
  from: name.optional().describe('Aggregate over a derived event kind instead of events'),
  evidence: z
    .boolean()
    .default(true)
    .describe('Matched transactions are evidence; false for baselines and exclusions'),
};

/** Conditions of one sequence: what each step adds to find it is paid at every event. */
const SEQUENCE_STEPS = { min: 2, max: 4 } as const;

/** One feature; `agg` chooses the aggregate. */
export const feature = z.discriminatedUnion('agg', [
  z.strictObject({ agg: z.literal('count'), ...common }),
  z.strictObject({ agg: z.literal('sum'), of: fieldName, ...common }),
  z.strictObject({ agg: z.literal('min'), of: fieldName, ...common }),
  z.strictObject({ agg: z.literal('max'), of: fieldName, ...common }),
  z.strictObject({ agg: z.literal('mean'), of: fieldName, ...common }),
  z.strictObject({ agg: z.literal('stddev'), of: fieldName, ...common }),
  z.strictObject({ agg: z.literal('distinct'), of: z.string(), ...common }),
  z.strictObject({ agg: z.literal('share'), of: fieldName.optional(), part: expression, ...common }),
  z.strictObject({
    agg: z.literal('top_share'),
    of: fieldName,
    top: z.int().min(1).max(16),
    tolerance_milli: z
      .int()
      .min(0)
      .max(500)
      .default(0)
      .describe('Half-width of a mode, thousandths of its centre'),
    ...common,
  }),
  z.strictObject({ agg: z.literal('first'), of: fieldName, ...common }),
  z.strictObject({ agg: z.literal('last'), of: fieldName, ...common }),
  z.strictObject({
    agg: z.literal('percentile'),
    of: fieldName,
    p_milli: z.int().min(1).max(1000),
    ...common,
  }),
  z.strictObject({ agg: z.literal('top_key'), of: fieldName, by: fieldName.optional(), ...common }),
  z.strictObject({
    agg: z.literal('group_count'),
    by: fieldName,
    stat: z.enum(['min', 'median', 'max']),
    ...common,
  }),
  z.strictObject({
    agg: z.literal('dwell'),
    of: fieldName,
    in: expression,
    out: expression,
    over: windowText,
    evidence: common.evidence,
  }),
  z.strictObject({
    agg: z.literal('interval_cv'),
    of: z
      .enum(['time', 'localDay'])
      .default('time')
      .describe('What is counted between one event and the next'),
    ...common,
  }),
  z.strictObject({
    agg: z.literal('sequence'),
    where: expression.optional().describe('Stands before every step; default all'),
    steps: z
      .array(expression)
      .min(SEQUENCE_STEPS.min)
      .max(SEQUENCE_STEPS.max)
      .describe('Conditions on events that follow one another, each on one event'),
    within: durationText.describe('Most time from the first step to the last'),
    by: fieldName.optional().describe('All steps of a sequence have the same value of this text'),
    over: windowText,
    skip: common.skip,
    evidence: common.evidence,
  }),
  z.strictObject({ agg: z.literal('ratio'), num: name, den: name }),
]);
export type FeatureDefinition = z.infer<typeof feature>;

/** Which events a derived kind groups. */
const grouped = {
  where: expression.optional().describe('Which events; default all'),
  over: windowText,
};

/** A derived event kind: sub-events built from the events of one window. */
export const derive = z.discriminatedUnion('make', [
  z.strictObject({
    make: z
      .literal('cycle')
      .describe('One per outgoing event: how much of it is matched to recent incoming money'),
    in: expression,
    out: expression,
    of: name,
    within: durationText.describe('Money counts as matched when it leaves within this time of coming in'),
    match: z.enum(['fifo', 'sum']),
    over: windowText,
  }),
  z.strictObject({
    make: z.literal('night').describe('One per night in which events lie'),
    ...grouped,
    of: name.optional().describe('Field that `total` adds up'),
    by: name.optional().describe('Text field whose different values are `stops`'),
  }),
  z.strictObject({
    make: z.literal('stay').describe('One per run of events at one place'),
    ...grouped,
    of: name.optional().describe('Field that `total` adds up'),
    by: name.describe('Text field that stays the same, as `place`'),
    gap: durationText.describe('Most time between one event of a stay and the next'),
  }),
  z.strictObject({
    make: z.literal('circuit').describe('One per way from a place over others back to it'),
    ...grouped,
    by: name.describe('Text field that changes and comes back, as `placeAdmin1`'),
    within: durationText.describe('Most time from the last event before leaving to the one that is back'),
    stops_min: z.int().min(2).max(16).describe('Fewest different values in between'),
  }),
  z.strictObject({
    make: z.literal('pay_period').describe('One per pay day: what went out of it until the next one'),
    start: expression.describe('Which events are pay'),
    out: expression.describe('Which events count as going out'),
    of: name,
    longest: durationText.describe('A period is over after this time, also without another pay day'),
    over: windowText,
  }),
]);
export type DeriveDefinition = z.infer<typeof derive>;

export const attribution = z.strictObject({
  to: z.string().describe('holder | subject | the name of a string feature'),
  role: z.enum(ROLES),
  weight: z.number().min(0).max(1),
  why: localized,
});

/** A benign explanation that can be tested. `blocks` keeps the rule from firing, `lowers` takes off strength. */
export const benignTest = z.strictObject({
  id: z.string().describe('T01..T26 of the source catalogue, or B-number of the look-alike'),
  note: localized,
  when: expression.describe('Over features; unknown neither blocks nor lowers'),
  effect: z.enum(['blocks', 'lowers']),
  lowers_milli: z.int().min(0).max(1000).default(0),
});

/** Events of a case, compact: `times` copies spaced by `every`; `{i}` in a string is the copy's number from 0. */
const caseEvents = z.strictObject({
  at: z.iso.datetime({ offset: true }).describe('Time of the first copy'),
  times: z.int().min(1).max(5_000).default(1),
  every: durationText.optional(),
  set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
  reversedAfter: durationText.optional(),
});

/** What a case shows: that it fires, that it does not, which of two at a limit, that what looks like it is left alone. */
export const caseKind = z.enum(['fires', 'silent', 'boundary', 'benign_twin']);

export const ruleCase = z.strictObject({
  name: z.string(),
  kind: caseKind,
  fires: z.boolean(),
  /** Values the last evaluation must show, by feature. */
  expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  defaults: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
    .optional(),
  peers: z
    .record(z.string().regex(/^[a-z][a-z0-9_]*\.p\d{1,4}$/), z.number())
    .optional()
    .describe('Quantiles of the peers, as `cash_share.p950`, as of every event; default none is in force'),
  until: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('The time known, up to which a rule with `tick` is asked; default the last event'),
  events: z.array(caseEvents).min(1),
});

export const ruleFile = z.strictObject({
  id: z.string().regex(/^[A-Z]{2,4}-\d{2}(-[A-Z]{2,4})?$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  status: z.enum(RULE_STATUSES),
  waitsFor: z
    .array(z.enum(ENGINES))
    .min(1)
    .optional()
    .describe('The engines that supply what the rule reads; of status `waiting` alone'),
  manualReason: localized.optional().describe('Why no program can ask this; of status `manual` alone'),
  title: localized,
  form: z.enum(FORMS),
  family: z.enum(FAMILIES),
  weight: z.int().min(0).max(5).describe('W; 0 for a leg'),
  holderRole: z.enum(ROLES).describe('Role of the holder of the subject whose history fires'),
  input: z.enum(['events', 'signals']).default('events'),
  subject: z.union([z.enum(SUBJECT_KINDS), z.array(z.enum(SUBJECT_KINDS)).min(1).max(4)]),
  jurisdictions: z.array(z.enum(['US', 'MX', 'CA'])).min(1),
  sources: z
    .array(z.strictObject({ document: z.string(), year: z.int(), section: z.string().optional() }))
    .min(1),
  params: z.record(name, param).default({}),
  needs: z
    .strictObject({
      precision: z.enum(PRECISIONS).optional(),
      coverage: z.array(z.enum(COVERAGES)).optional(),
    })
    .default({}),
  lookback: durationText
    .optional()
    .describe('How far back pairAgeMs and pairOrdinal look; default the longest window'),
  quiet: durationText.optional().describe('Silence that ends an episode; default the longest window'),
  tick: z
    .literal('1d')
    .optional()
    .describe(
      'Evaluated at 00:00 UTC of each day too, up to the longest window after an event that triggers: fires on silence',
    ),
  let: z.record(name, expression).default({}).describe('Named expressions over one event, usable in where'),
  derive: z.record(name, derive).default({}),
  features: z.record(name, feature),
  when: expression,
  strength: z.strictObject({
    of: name,
    at: z.union([z.number(), z.string()]).describe('Value that scores 500 milli: a number or params.name'),
    full: z.union([z.number(), z.string()]).describe('Value that scores 1000 milli'),
  }),
  attributions: z.array(attribution).min(1),
  benign: z.array(benignTest).default([]),
  explain: localized,
  lint: z
    .array(z.strictObject({ allow: z.string().min(1), reason: z.string().min(10) }))
    .optional()
    .describe('Checks of `rules lint` that this file may fail, each with why'),
  cases: z.array(ruleCase).min(1).describe('The last key of the file: engines read what stands before it'),
});
export type RuleFile = z.infer<typeof ruleFile>;

/** A rule that no program asks: described like the others; what cannot be written down may be left out. */
export const manualRuleFile = ruleFile.extend({
  status: z.literal('manual'),
  features: ruleFile.shape.features.default({}),
  when: expression.default('false'),
  strength: ruleFile.shape.strength.default({ of: '', at: 0, full: 1 }),
  cases: z.array(ruleCase).default([]),
});

/** The same for who does not read cases: whatever stands there, the rule has none. */
const noCases = z
  .unknown()
  .optional()
  .transform((): RuleCase[] => []);
export const ruleFileWithoutCases = ruleFile.extend({ cases: noCases });
export const manualRuleFileWithoutCases = manualRuleFile.extend({ cases: noCases });
export type RuleCase = z.infer<typeof ruleCase>;
