/**
 * The playbook: what an analyst can do about an alert, as data (`rules/composites/playbook.yaml`).
 *
 * A composite names perishables and asks by key. Clocks, routing and actions are chosen by country and form. Nothing in
 * it is legal advice: `verified` says whether a person has checked the entry against the text of the law, and the alert
 * shows that.
 */
import { z } from 'zod';
import { CHANNELS, FORMS, KINDS, RAILS } from './enumerations.ts';
import { localized } from './rule.ts';

const key = z.string().regex(/^[a-z][a-z0-9_]*$/);
const countryCode = z.enum(['US', 'MX', 'CA']);

const provenance = {
  provenance: z.enum(['source', 'law', 'default']),
  source: z.string().optional().describe('Document, year and section; required for source and law'),
  verified: z.boolean().describe('A person has checked it against the original text'),
};

/** Which evidence transactions an entry speaks of; all given conditions must hold, none means every transaction. */
export const transactionSelector = z.strictObject({
  kinds: z.array(z.enum(KINDS)).min(1).optional(),
  rails: z.array(z.enum(RAILS)).min(1).optional(),
  channels: z.array(z.enum(CHANNELS)).min(1).optional(),
});
export type TransactionSelector = z.infer<typeof transactionSelector>;

/** Evidence that vanishes: camera images, connection logs. One entry per institution that holds a matching transaction. */
export const perishable = z.strictObject({
  what: localized,
  appliesTo: transactionSelector.default({}),
  lifetimeDays: z
    .int()
    .min(1)
    .max(3_650)
    .describe('How long it is usually kept after the event; the low end'),
  ...provenance,
});

/** Whom to ask: the institution of the subject, of the observed parties, of whoever else appears, or who reported. */
export const ASK_RECIPIENTS = [
  'subject_bank',
  'observed_bank',
  'counterparty_bank',
  'reporting_institution',
] as const;

export const ask = z.strictObject({
  to: z.enum(ASK_RECIPIENTS),
  what: localized,
  appliesTo: transactionSelector.default({}),
  lookbackDays: z.int().min(0).max(3_650).describe('Period asked for: from so many days before the evidence'),
  lookaheadDays: z
    .int()
    .min(0)
    .max(3_650)
    .default(0)
    .describe('until so many days after the event time of the alert'),
  ...provenance,
});

/** A legal clock. `within.amount` 0 stands for "as soon as practicable". */
export const clock = z.strictObject({
  law: z.string().min(1).describe('Short name of the duty and its citation'),
  country: countryCode,
  within: z.strictObject({
    amount: z.int().min(0).max(3_650),
    unit: z.enum(['hour', 'calendar_day', 'business_day']),
  }),
  forms: z.array(z.enum(FORMS)).min(1).optional().describe('Default every form'),
  lifeSafetyOnly: z.boolean().default(false),
  ...provenance,
});

export const route = z.strictObject({
  country: countryCode,
  authority: localized,
  why: localized,
  forms: z.array(z.enum(FORMS)).min(1).optional().describe('Default every form'),
  crossBorderOnly: z
    .boolean()
    .default(false)
    .describe('Only where the evidence touches two countries or more'),
  ...provenance,
});

export const ACTION_KINDS = [
  'refer',
  'request_information',
  'preserve_evidence',
  'keep_open_letter',
  'restraint_referral',
  'lpb_proposal',
] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** When an action is proposed is decided by `pipelines/compose`: data cannot loosen the protection of persons. */
export const actionText = z.strictObject({
  why: localized,
  countries: z
    .array(countryCode)
    .min(1)
    .describe('lpb_proposal: MX alone; restraint_referral: US and CA at most'),
  caution: localized
    .optional()
    .describe('Shown after the reason; required for lpb_proposal, whose legal basis is contested'),
  ...provenance,
});

export const playbook = z
  .strictObject({
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    perishables: z.record(key, perishable),
    asks: z.record(key, ask),
    clocks: z.record(key, clock),
    routing: z.record(key, route),
    actions: z.record(z.enum(ACTION_KINDS), actionText),
  })
  .superRefine((book, ctx) => {
    const lpb = book.actions.lpb_proposal;
    if (lpb.countries.some((c) => c !== 'MX'))
      ctx.addIssue({ code: 'custom', path: ['actions', 'lpb_proposal', 'countries'], message: 'MX alone' });
    if (!lpb.caution)
      ctx.addIssue({
        code: 'custom',
        path: ['actions', 'lpb_proposal'],
        message: 'needs a caution on its legal basis',
      });
    if (book.actions.restraint_referral.countries.includes('MX'))
      ctx.addIssue({
        code: 'custom',
        path: ['actions', 'restraint_referral', 'countries'],
        message: 'US and CA at most',
      });
    for (const part of ['perishables', 'asks', 'clocks', 'routing', 'actions'] as const)
      for (const [name, entry] of Object.entries(book[part]))
        if (entry.provenance !== 'default' && !entry.source)
          ctx.addIssue({ code: 'custom', path: [part, name, 'source'], message: 'a source is required' });
  });
export type Playbook = z.infer<typeof playbook>;
