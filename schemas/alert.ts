/**
 * An alert: what an analyst reads. One per (typology, attributed subject, episode).
 * Field list: the FIU's needs in the order in which the first minutes of a review use them.
 */
import { z } from 'zod';
import { ALERT_LEVELS, FAMILIES, FORMS, ROLES } from './enumerations.ts';
import { epochMs } from './identity.ts';
import { localized } from './rule.ts';
import { evidence, featureReading, peerReading, transactionRef } from './signal.ts';

export const scorePart = z.strictObject({
  rule: z.string(),
  signalId: z.string(),
  via: z.enum(['own', 'companion']),
  observedOn: z.string(),
  family: z.enum(FAMILIES),
  weight: z.int(),
  strengthMilli: z.int(),
  freshnessMilli: z.int(),
  attributionMilli: z.int(),
  milli: z.int().describe('What it adds after the cap of its family; negative for a benign test'),
});

export const alertParty = z.strictObject({
  subject: z.string(),
  role: z.enum(ROLES),
  confidence: z.enum(['low', 'medium', 'high']),
  reasons: z.array(localized),
  protected: z.boolean().describe('Protection wins where a person is both victim-shaped and suspected'),
  bank: z.string().nullable(),
});

export const alertIndicator = z.strictObject({
  rule: z.string(),
  version: z.string(),
  title: localized,
  state: z.enum(['fired', 'near', 'not_fired', 'not_evaluable']),
  missingFields: z.array(z.string()).optional(),
  features: z.array(featureReading).optional(),
  peers: z.array(peerReading).optional().describe('Of one that compares with peers'),
  signalId: z.string().optional(),
  observedOn: z.string().optional(),
});

export const alertEdge = z.strictObject({
  from: z.string(),
  to: z.string(),
  kind: z.string(),
  ccy: z.string(),
  amountMinor: z.string(),
  count: z.int(),
  firstAt: epochMs,
  lastAt: epochMs,
});

export const alert = z.strictObject({
  id: z.string(),
  version: z.int().min(1),
  typology: z.string(),
  typologyVersion: z.string(),
  title: localized,
  ruleSet: z.string(),
  form: z.enum(FORMS),
  subject: z.string(),
  jurisdictions: z.array(z.enum(['US', 'MX', 'CA'])),
  level: z.enum(ALERT_LEVELS),
  scoreMilli: z.int(),
  scoreParts: z.array(scorePart),
  lifeSafety: z.strictObject({ flag: z.boolean(), reason: localized.nullable() }),
  openedAt: epochMs,
  eventTime: epochMs,
  why: localized.describe('One sentence; its last clause says what was not seen'),
  changes: z.array(
    z.strictObject({ what: z.string(), from: z.string().nullable(), to: z.string().nullable() }),
  ),
  roles: z.array(alertParty),
  indicators: z.array(alertIndicator),
  benignTests: z.array(
    z.strictObject({
      id: z.string(),
      rule: z.string(),
      note: localized,
      result: z.enum(['passed', 'failed', 'unknown']),
    }),
  ),
  totals: z.array(
    z.strictObject({
      ccy: z.string(),
      inMinor: z.string(),
      outMinor: z.string(),
      cashMinor: z.string(),
      netToSubjectMinor: z.string(),
    }),
  ),
  reachable: z.array(z.strictObject({ ccy: z.string(), minor: z.string(), asOf: epochMs })),
  transactions: z.array(transactionRef),
  evidence,
  edges: z.array(alertEdge),
  perishables: z.array(z.strictObject({ what: localized, where: z.string(), expiresAt: epochMs })),
  asks: z.array(z.strictObject({ to: z.string(), what: localized, from: epochMs, until: epochMs })),
  clocks: z.array(
    z.strictObject({
      law: z.string(),
      country: z.enum(['US', 'MX', 'CA']),
      starts: epochMs,
      due: epochMs,
      verified: z.boolean(),
    }),
  ),
  routing: z.array(
    z.strictObject({ country: z.enum(['US', 'MX', 'CA']), authority: localized, why: localized }),
  ),
  actions: z.array(
    z.strictObject({
      kind: z.enum([
        'refer',
        'request_information',
        'preserve_evidence',
        'keep_open_letter',
        'restraint_referral',
        'lpb_proposal',
      ]),
      on: z.string(),
      why: localized,
    }),
  ),
  dataGaps: z.array(localized),
  narrative: localized,
});
export type Alert = z.infer<typeof alert>;
