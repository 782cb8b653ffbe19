/** What an institution is told of its submission: nothing but data quality. */
import { writeToString } from 'fast-csv';
import { guardCell } from '../../pipelines/ingest/formula-guard.ts';
import type { Submission } from '../../pipelines/ingest/submission/table.ts';
import type { Bus } from '../../pipelines/log/bus.ts';
import { ERRORS, type ErrorCode, errorHint, errorMessage, type Lang } from '../../schemas/errors/index.ts';
import {
  type Receipt,
  type RejectedLine,
  type ReportedLine,
  SUBMISSION_LIMITS,
  type SubmissionReport,
  type SubmissionStatus,
} from '../../schemas/submission.ts';
import { rejectedLines } from './replay.ts';

const isoOf = (ms: number): string => new Date(ms).toISOString();

export function urlOf({ institution, submissionId }: Submission['claim']): string {
  return `/v1/feeds/${encodeURIComponent(institution)}/submissions/${submissionId}`;
}

export function receiptOf({ claim }: Submission, replayed: boolean): Receipt {
  const { submissionId, sha256, bytes, receivedMs } = claim;
  return { submissionId, sha256, bytes, receivedAt: isoOf(receivedMs), statusUrl: urlOf(claim), replayed };
}

export function statusOf(submission: Submission, lang: Lang): SubmissionStatus {
  const { claim, state, settled } = submission;
  const { submissionId, institution, sha256, bytes, receivedMs, mapping, onError, dryRun } = claim;
  const result = settled?.result ?? null;
  return {
    submissionId,
    institution,
    state: state?.state ?? 'received',
    sha256,
    bytes,
    receivedAt: isoOf(receivedMs),
    changedAt: isoOf(state?.atMs ?? receivedMs),
    mapping,
    onError,
    dryRun,
    attempt: state?.attempt ?? 1,
    counts: result?.counts ?? null,
    totals: result?.totals ?? [],
    rejectsByCode: result?.rejectsByCode ?? {},
    faults: (result?.faults ?? []).map(({ line, byteOffset, code, params }) => ({
      line,
      byteOffset,
      code,
      ...said(code, params, lang),
    })),
    idsDerived: result?.idsDerived ?? false,
    reportUrl: `${urlOf(claim)}/report`,
  };
}

/** A code of a newer version that wrote the topic has no text here. */
function said(code: string, params: RejectedLine['params'], lang: Lang) {
  if (!(code in ERRORS)) return { message: code, hint: '' };
  return {
    message: errorMessage(code as ErrorCode, params, lang),
    hint: errorHint(code as ErrorCode, params, lang),
  };
}

function reported({ line, byteOffset, field, code, params, masked }: RejectedLine, lang: Lang): ReportedLine {
  return { line, byteOffset, field, code, value: masked, ...said(code, params, lang) };
}

interface Parts {
  readonly bus: Bus;
  readonly rawKey: Uint8Array;
}

/** All rejected lines of the newest attempt with a result, a batch at a time. */
async function* linesOf(parts: Parts, { settled }: Submission, lang: Lang): AsyncGenerator<ReportedLine[]> {
  if (settled === null) return;
  for await (const lines of rejectedLines(parts, settled)) yield lines.map((line) => reported(line, lang));
}

export async function reportOf(parts: Parts, submission: Submission, lang: Lang): Promise<SubmissionReport> {
  const lines: ReportedLine[] = [];
  let linesCut = false;
  for await (const some of linesOf(parts, submission, lang)) {
    lines.push(...some.slice(0, SUBMISSION_LIMITS.REPORT_LINES - lines.length));
    linesCut = lines.length === SUBMISSION_LIMITS.REPORT_LINES;
    if (linesCut) break;
  }
  return { ...statusOf(submission, lang), lines, linesCut };
}

const COLUMNS = ['line', 'byteOffset', 'field', 'code', 'value', 'message', 'hint'] as const;

/** The whole report as a file. */
export async function* reportFile(
  parts: Parts,
  submission: Submission,
  lang: Lang,
  format: 'ndjson' | 'csv',
): AsyncGenerator<string> {
  const csv = (rows: string[][]) =>
    writeToString(rows, { rowDelimiter: '\r\n', includeEndRowDelimiter: true });
  if (format === 'csv') yield await csv([[...COLUMNS]]);
  for await (const lines of linesOf(parts, submission, lang)) {
    yield format === 'csv'
      ? await csv(lines.map((line) => COLUMNS.map((column) => guardCell(String(line[column])))))
      : lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  }
}
