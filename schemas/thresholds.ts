/**
 * Statutory thresholds: amounts that a law attaches a duty to, effective-dated, each in the currency or unit that the law
 * names. Rules read them by id as of an event; see `rules/reference/thresholds.ts` for the lookup.
 */
import { z } from 'zod';
import { date, identifier } from './identity.ts';

export const JURISDICTIONS = ['US', 'MX', 'CA'] as const;

/** `gt` is "more than", `ge` is "or more"; upper ends of a band likewise. */
export const LOWER_OPERATORS = ['gt', 'ge'] as const;
export const UPPER_OPERATORS = ['lt', 'le'] as const;

/** Only `in_force` is ever evaluated. `proposed` was never law; `unverified` may be law, but nobody has confirmed it. */
export const THRESHOLD_STATUSES = ['in_force', 'proposed', 'unverified'] as const;

/** What the law asks at the amount. */
export const DUTIES = ['report', 'record', 'identify', 'register', 'cap', 'ban', 'suspicion'] as const;

/**
 * Over what amounts are added up. `static24h` is a fixed window of 24 consecutive hours that the institution chose and
 * documented, not a sliding one.
 */
export const AGGREGATION_WINDOWS = [
  'single',
  'calendar_day',
  'business_day',
  'static24h',
  'rolling24h',
  'month',
  'half_year',
  'year',
] as const;

export const AGGREGATED_BY = ['person', 'conductor', 'beneficiary', 'onBehalfOf'] as const;

const positiveDecimal = z.string().regex(/^\d+(\.\d+)?$/);

const source = z.strictObject({
  document: z.string().min(1),
  year: z.int().min(1900).max(2100),
  section: z.string().min(1),
});

const period = z.strictObject({
  from: date.describe('First day in force, in the legal time of the capital'),
  to: date.optional().describe('Last day in force'),
  op: z.enum(LOWER_OPERATORS),
  value: positiveDecimal.nullable().describe('null: the duty has no amount'),
  upTo: z
    .strictObject({ op: z.enum(UPPER_OPERATORS), value: positiveDecimal })
    .optional()
    .describe('Upper end, where the law names a band'),
  status: z.enum(THRESHOLD_STATUSES),
  verified: z.boolean().describe('Somebody re-read the source for this project'),
  source,
  note: z.string().optional(),
});

export const threshold = z.strictObject({
  id: z.string().regex(/^(us|mx|ca)\.[a-z0-9_]+(\.[a-z0-9_]+)*$/),
  title: z.strictObject({ en: z.string().min(1), es: z.string().min(1), fr: z.string().min(1) }),
  duty: z.enum(DUTIES),
  covers: identifier.describe('What is counted: cash, usd_cash, virtual_asset, funds_transfer ...'),
  unit: z.enum(['USD', 'MXN', 'CAD', 'UMA', 'UDI']),
  aggregation: z.strictObject({
    window: z.enum(AGGREGATION_WINDOWS),
    by: z.array(z.enum(AGGREGATED_BY)).default([]),
    cashDirections: z.enum(['apart', 'together']).optional().describe('Cash in and cash out added apart?'),
  }),
  deadline: z
    .strictObject({
      days: z.int().min(0).max(400),
      kind: z.enum(['calendar', 'business']),
      after: identifier.describe('What starts the clock: transaction, detection, determination, period_end'),
    })
    .optional(),
  periods: z.array(period).min(1),
});
export type Threshold = z.infer<typeof threshold>;

const unitValue = z.strictObject({
  from: date,
  daily: positiveDecimal,
  verified: z.boolean(),
});

/** One file of `rules/thresholds/`. */
export const thresholdFile = z.strictObject({
  kind: z.literal('thresholds'),
  id: identifier,
  version: date,
  jurisdiction: z.enum(JURISDICTIONS),
  timeZone: identifier,
  /** Legal units of account that a threshold may be stated in, effective-dated, in the country's currency. */
  units: z.partialRecord(z.enum(['UMA', 'UDI']), z.array(unitValue).min(1)).optional(),
  thresholds: z.array(threshold).min(1),
});
export type ThresholdFile = z.infer<typeof thresholdFile>;
