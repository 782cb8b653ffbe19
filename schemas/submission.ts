/**
 * A submission: bytes that an institution hands in at once, what became of them, and the records of the topic `submissions`
 * that say so. Everything here speaks of data quality alone: nothing is said of what rules found.
 */
import { z } from 'zod';
import { epochMs, identifier } from './identity.ts';

export const SUBMISSION_LIMITS = {
  /** Characters of an idempotency key. */
  KEY_CHARS: 128,
  /** So long an idempotency key is known, and what became of its submission can be asked. */
  KEPT_MS: 30 * 86_400_000,
  /** So long at least, however many there are: what is promised. */
  KEPT_MIN_MS: 7 * 86_400_000,
  /** Rejected lines in the body of a report; all of them are in its file. */
  REPORT_LINES: 1_000,
  /** Rows of one submission; a larger one is handed in as several. */
  ROWS: 20_000_000,
  /** Attempts at one submission: the first, and replays of what was rejected. */
  ATTEMPTS: 1_000,
  /** Submissions of one list. */
  LISTED: 1_000,
} as const;

/**
 * `received`: its bytes are kept. `validating`: it is being read. `accepted`, `partially_accepted`, `rejected`: all, some or none of
 * its rows were taken in. `processed`: the rows that were taken in are stored and evaluated.
 */
export const SUBMISSION_STATES = [
  'received',
  'validating',
  'accepted',
  'partially_accepted',
  'rejected',
  'processed',
] as const;
export type SubmissionState = (typeof SUBMISSION_STATES)[number];

/** What a rejected line does to the others. */
export const ON_ERROR = ['acceptValid', 'rejectFile'] as const;
export type OnError = (typeof ON_ERROR)[number];

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

export const submissionId = z.string().regex(/^sub_[0-9a-z]{26}$/);

/** Answered as soon as the bytes are durable. */
export const receipt = z.strictObject({
  submissionId,
  sha256: hex64.describe('Of the body as it was sent'),
  bytes: count.describe('Of the body as it was sent'),
  receivedAt: z.iso.datetime(),
  statusUrl: z.string(),
  replayed: z
    .boolean()
    .describe('The key was used before with the same body: this is the first receipt again'),
});
export type Receipt = z.infer<typeof receipt>;

export const rowCounts = z.strictObject({
  read: count.describe('accepted + rejected + duplicates'),
  accepted: count.describe('Taken in; a row that an earlier submission brought counts here too'),
  rejected: count.describe('Lines with an error'),
  duplicates: count.describe('Equal to an earlier row of this submission'),
});

export const controlTotal = z.strictObject({
  ccy: z.string(),
  rows: count,
  amount: z.string().describe('Sum of the accepted rows, decimal'),
});

/** What a report says of the file as a whole. */
const fault = z.strictObject({
  line: count,
  byteOffset: count,
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** Where records of one attempt lie. */
const place = z.strictObject({ partition: count, from: count, to: count });

/** How many rows came of an attempt. */
export const submissionResult = z.strictObject({
  counts: rowCounts,
  totals: z.array(controlTotal),
  rejectsByCode: z.record(z.string(), count),
  faults: z.array(fault),
  /** Whether ids follow from the content: such a file must be resent whole. */
  idsDerived: z.boolean(),
});
export type SubmissionResult = z.infer<typeof submissionResult>;

/** An idempotency key is claimed with what was uploaded under it. The first claim of a key in the topic's order has it. */
export const claimRecord = z.strictObject({
  institution: identifier,
  submissionId,
  keyHash: hex64,
  sha256: hex64,
  bytes: count,
  receivedMs: epochMs,
  mapping: z.string(),
  onError: z.enum(ON_ERROR),
  dryRun: z.boolean(),
  /** Its chunks on the topic `feeds`. */
  chunks: place.extend({ count }),
});
export type ClaimRecord = z.infer<typeof claimRecord>;

/** Rejected lines of a submission are to be read again under another mapping. */
export const replayRecord = z.strictObject({
  institution: identifier,
  submissionId,
  /** The attempt that this one is. */
  attempt: z.int().min(2).max(SUBMISSION_LIMITS.ATTEMPTS),
  /** Text of the mapping; null for the one that the submission names. */
  mapping: z.string().nullable(),
  /** Only lines with one of these codes; null for all. */
  codes: z.array(z.string()).nullable(),
  askedMs: epochMs,
});
export type ReplayRecord = z.infer<typeof replayRecord>;

/** What became of an attempt so far. */
export const stateRecord = z.strictObject({
  institution: identifier,
  submissionId,
  attempt: z.int().min(1).max(SUBMISSION_LIMITS.ATTEMPTS),
  state: z.enum(SUBMISSION_STATES),
  atMs: epochMs,
  result: submissionResult.nullable(),
  /** Rejected lines of the attempt on the topic `rejected`, those that carry this run; null where there are none. */
  rejected: place.extend({ run: z.string() }).nullable(),
  /** By partition of `transactions`: the last offset that the attempt appended. */
  appended: z.record(z.string(), count),
  /** Event time of the newest row that the attempt took in. */
  newestMs: epochMs.optional(),
});
export type StateRecord = z.infer<typeof stateRecord>;

/** One rejected line as it lies, encrypted, on the topic `rejected`. */
export const rejectedLine = z.strictObject({
  line: count,
  byteOffset: count,
  field: z.string(),
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  masked: z.string(),
  /** Base64 of the line as sent, of one that was too long its beginning; empty where it is not kept. */
  original: z.string(),
});
export type RejectedLine = z.infer<typeof rejectedLine>;

/** One rejected line as it is reported. */
export const reportedLine = z.strictObject({
  line: count.describe('Physical line, from 1'),
  byteOffset: count.describe('In the unpacked file, from 0'),
  field: z.string().describe('Canonical field or column; empty where the whole line is meant'),
  code: z.string().describe('Stable; docs/errors.md explains all'),
  value: z.string().describe('Masked'),
  message: z.string(),
  hint: z.string(),
});
export type ReportedLine = z.infer<typeof reportedLine>;

const reportedFault = reportedLine.omit({ field: true, value: true });

export const submissionStatus = z.strictObject({
  submissionId,
  institution: identifier,
  state: z.enum(SUBMISSION_STATES),
  sha256: hex64,
  bytes: count,
  receivedAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  mapping: z.string(),
  onError: z.enum(ON_ERROR),
  dryRun: z.boolean(),
  attempt: z.int().min(1),
  counts: rowCounts.nullable().describe('Null until the submission was read to its end'),
  totals: z.array(controlTotal),
  rejectsByCode: z.record(z.string(), count),
  faults: z.array(reportedFault),
  idsDerived: z.boolean(),
  reportUrl: z.string(),
});
export type SubmissionStatus = z.infer<typeof submissionStatus>;

export const submissionReport = submissionStatus.extend({
  lines: z.array(reportedLine).describe('The first 1,000; the file has all'),
  linesCut: z.boolean(),
});
export type SubmissionReport = z.infer<typeof submissionReport>;

/** RFC 9457, with the code that documentation and support go by. */
export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().optional(),
  code: z.string(),
});
export type Problem = z.infer<typeof problem>;

/** Whether nothing more will happen to an attempt; `isRead`: it has a result. */
export function isFinal(state: SubmissionState, isRead: boolean, dryRun: boolean): boolean {
  return state === 'processed' || state === 'rejected' || (dryRun && isRead);
}
