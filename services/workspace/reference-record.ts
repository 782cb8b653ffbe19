/**
 * Reference records of the log: what rows are read with. Parties, institutions declared as submitting, and what each
 * feed provides and covers. They lie in the log in the order in which they came, so that a replay knows at every row
 * what was known then.
 */
import { z } from 'zod';
import { cadence } from '../../schemas/cadence.ts';
import { COVERAGES } from '../../schemas/enumerations.ts';
import { epochMs } from '../../schemas/identity.ts';
import { partyRecord } from '../../schemas/party.ts';

/** Parties of one record; a larger file makes several. */
export const PARTIES_PER_RECORD = 4_096;

export const feedRecord = z.strictObject({
  providedId: z.string(),
  mapping: z.string(),
  provided: z.array(z.string()),
  coverage: z.enum(COVERAGES).nullable(),
  coverageByInstitution: z.record(z.string(), z.enum(COVERAGES)),
});
export type FeedRecord = z.infer<typeof feedRecord>;

/** An institution submits a feed of its own from then on. Without a cadence it submits as before, at first by file. */
const declaration = z.strictObject({
  institution: z.string(),
  fromMs: epochMs,
  cadence: cadence.optional(),
});

export const referenceRecord = z.strictObject({
  parties: z.array(partyRecord).default([]),
  declarations: z.array(declaration).default([]),
  feeds: z.array(feedRecord).default([]),
});
export type ReferenceRecord = z.infer<typeof referenceRecord>;

export function encodeReference(record: Partial<ReferenceRecord>): Uint8Array {
  return Buffer.from(JSON.stringify({ parties: [], declarations: [], feeds: [], ...record }), 'utf8');
}

export function decodeReference(payload: Uint8Array): ReferenceRecord {
  return referenceRecord.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
}
