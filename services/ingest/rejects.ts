/** Dead letters as an operator handles them: which submissions have some, what they say, and reading them again. */
import { randomBytes } from 'node:crypto';
import { replayOf, type Submission } from '../../pipelines/ingest/submission/table.ts';
import type { Bus } from '../../pipelines/log/bus.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { SUBMISSION_LIMITS } from '../../schemas/submission.ts';
import type { SubmissionView } from './view.ts';

const NONCE_BYTES = 9;

export interface RejectFilter {
  readonly submission?: string;
  readonly institution?: string;
  readonly code?: string;
}

/** Submissions with something rejected, oldest first. The view has been caught up. */
export function withRejects(view: SubmissionView, filter: RejectFilter): Submission[] {
  return [...view.table.submissions()]
    .filter(({ claim, settled }) => {
      const result = settled?.result;
      if (result === null || result === undefined || claim.dryRun) return false;
      if (filter.submission !== undefined && claim.submissionId !== filter.submission) return false;
      if (filter.institution !== undefined && claim.institution !== filter.institution) return false;
      const codes = [...Object.keys(result.rejectsByCode), ...result.faults.map(({ code }) => code)];
      return filter.code === undefined ? codes.length > 0 : codes.includes(filter.code);
    })
    .sort((a, b) => a.claim.receivedMs - b.claim.receivedMs);
}

/** The submission of an id. @throws RastroError RAS-SUBMISSION-UNKNOWN */
export function submissionOf(view: SubmissionView, id: string): Submission {
  const found = view.table.submission(id);
  if (found === undefined) throw new RastroError('RAS-SUBMISSION-UNKNOWN', { submission: id });
  return found;
}

export interface ReplayRequest {
  /** Text of a mapping that stands in for the submission's own; null for that one, as it is now. */
  readonly mapping: string | null;
  /** Null: all codes. */
  readonly codes: readonly string[] | null;
  readonly nowMs: number;
}

/**
 * Asks for what a submission has rejected to be read again, and gives the attempt that does. Of two who ask at the same time,
 * the one whose request comes first in the topic is answered; the other one sees that attempt too.
 * @throws RastroError RAS-SUBMISSION-UNFINISHED where it is being read
 */
export async function askReplay(
  { bus, view }: { readonly bus: Bus; readonly view: SubmissionView },
  { claim, partition, settled, replay }: Submission,
  { mapping, codes, nowMs }: ReplayRequest,
): Promise<number> {
  const { institution, submissionId } = claim;
  const attempt = (settled?.attempt ?? 0) + 1;
  if (settled === null || replay !== null || attempt > SUBMISSION_LIMITS.ATTEMPTS)
    throw new RastroError('RAS-SUBMISSION-UNFINISHED', { submission: submissionId });
  const record = {
    institution,
    submissionId,
    attempt,
    mapping,
    codes: codes === null ? null : [...codes],
    askedMs: nowMs,
  };
  const nonce = randomBytes(NONCE_BYTES).toString('base64url');
  const [offset] = await bus.append('submissions', [replayOf(record, partition, nonce)]);
  await view.catchUpTo(partition, (offset as number) + 1);
  return attempt;
}
