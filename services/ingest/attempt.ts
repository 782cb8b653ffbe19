/**
 * One reading of a submission, from its chunks to its result. It can be broken off anywhere and begun anew: rows are told apart by
 * (institution, id, version) behind the log, and rejected lines by the run that wrote them.
 */
import { randomBytes } from 'node:crypto';
import type { IngestContext } from '../../pipelines/ingest/canonical.ts';
import { parseMapping } from '../../pipelines/ingest/mapping-file.ts';
import type { FeedSource } from '../../pipelines/ingest/outcome.ts';
import { openChunks } from '../../pipelines/ingest/submission/chunks.ts';
import { readSubmission } from '../../pipelines/ingest/submission/reader.ts';
import { RejectedWriter } from '../../pipelines/ingest/submission/rejected-lines.ts';
import type { Submission } from '../../pipelines/ingest/submission/table.ts';
import type { Bus, TopicRecord } from '../../pipelines/log/bus.ts';
import { LOG_LIMITS } from '../../pipelines/log/port.ts';
import { ROUTER_LIMITS } from '../../pipelines/partition/router.ts';
import { slotOfKey } from '../../pipelines/partition/slots.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import type { StateRecord, SubmissionResult, SubmissionState } from '../../schemas/submission.ts';
import { plainBytes } from '../feeds/sources.ts';
import type { IdentityOutbox } from './identities.ts';
import { INGEST_LIMITS } from './limits.ts';
import type { Mappings } from './mappings.ts';
import type { RowPublisher } from './publisher.ts';
import type { ReferenceBook } from './reference-book.ts';
import { openReplay, type Replay } from './replay.ts';
import { CheckingSink, type ClosableSink, PublishingSink, type SinkParts } from './sinks.ts';
import type { Turns } from './turns.ts';

const RUN_BYTES = 9;

export interface AttemptParts {
  readonly bus: Bus;
  readonly publisher: Pick<RowPublisher, 'share'>;
  readonly book: ReferenceBook;
  readonly identities: IdentityOutbox;
  readonly mappings: Mappings;
  readonly turns: Turns;
  readonly rawKey: Uint8Array;
  /** Of rows that are taken in. */
  readonly context: () => IngestContext;
  /** A context of its own for rows that are only checked: their identities go nowhere. */
  readonly checkContext: () => IngestContext;
  readonly submissionBytesMax: number;
}

/** Something else than the submission is at fault: the attempt is to be made again. */
export class Interrupted extends Error {
  constructor(cause: unknown) {
    super('the reading was interrupted', { cause });
  }
}

/** A small body is read through smaller columns, whose memory it would not fill. */
export const isSmall = ({ claim }: Submission): boolean => claim.bytes < INGEST_LIMITS.SMALL_BYTES;

export type AttemptResult = Pick<StateRecord, 'state' | 'result' | 'rejected' | 'appended' | 'newestMs'>;

/**
 * Reads the submission's newest attempt. `mayWrite` throws once nothing more may be sent.
 * @throws RastroError of the bus, Interrupted, what `mayWrite` throws
 */
export async function readAttempt(
  parts: AttemptParts,
  submission: Submission,
  mayWrite: () => void,
): Promise<AttemptResult> {
  const mapping = await mappingOf(parts, submission);
  if (RastroError.is(mapping)) return refused(submission, mapping);
  const { claim } = submission;
  const replay = await openReplay(parts, submission);
  const read = (sinkOf: (of: SinkParts) => ClosableSink, context: IngestContext) =>
    readOnce(parts, { submission, mapping, replay, context, mayWrite }, sinkOf);
  const check = () => read((of) => new CheckingSink(of), parts.checkContext());
  if (claim.dryRun) return check();
  if (claim.onError === 'rejectFile') {
    const checked = await check();
    if (checked.state !== 'accepted') {
      const { result } = checked;
      // Nothing is taken in, so nothing may be counted as if it were.
      const counts = { ...result.counts, accepted: 0, duplicates: 0 };
      return { ...checked, state: 'rejected', result: { ...result, counts, totals: [] } };
    }
  }
  return read((of) => new PublishingSink(of), parts.context());
}

async function mappingOf(parts: AttemptParts, { claim, replay }: Submission): Promise<Mapping | RastroError> {
  try {
    if (replay !== null && replay.mapping !== null) return parseMapping(replay.mapping, 'replay.yaml');
    return await parts.mappings.load(claim.mapping);
  } catch (error) {
    if (!RastroError.is(error)) throw error;
    const { mapping, submissionId: submission } = claim;
    return new RastroError('RAS-SUBMISSION-MAPPING-GONE', { mapping, submission }, { cause: error });
  }
}

/** A result that says only why nothing could be read. */
export function refused({ settled }: Submission, error: RastroError): AttemptResult {
  const { code, params } = error;
  const before = settled?.result;
  const result: SubmissionResult = {
    counts: before?.counts ?? { read: 0, accepted: 0, rejected: 0, duplicates: 0 },
    totals: before?.totals ?? [],
    rejectsByCode: before?.rejectsByCode ?? {},
    // Of a replay that could not begin, what stood before it stands.
    faults: before?.faults ?? [{ line: 0, byteOffset: 0, code, params: { ...params } }],
    idsDerived: before?.idsDerived ?? false,
  };
  return { state: stateFor(result), result, rejected: settled?.rejected ?? null, appended: {} };
}

export function stateFor({ counts, faults }: SubmissionResult): SubmissionState {
  if (counts.rejected === 0 && faults.length === 0) return 'accepted';
  return counts.accepted + counts.duplicates === 0 ? 'rejected' : 'partially_accepted';
}

interface Reading {
  readonly submission: Submission;
  readonly mapping: Mapping;
  readonly replay: Replay | null;
  readonly context: IngestContext;
  readonly mayWrite: () => void;
}

async function readOnce(
  parts: AttemptParts,
  { submission, mapping, replay, context, mayWrite }: Reading,
  sinkOf: (of: SinkParts) => ClosableSink,
) {
  const { claim } = submission;
  const { institution, submissionId, dryRun } = claim;
  const run = randomBytes(RUN_BYTES).toString('base64url');
  const partition = slotOfKey(`${institution}/${submissionId}`) % (await parts.bus.partitionsOf('rejected'));
  const attempt = submission.replay?.attempt ?? 1;
  const of = { institution, submissionId, attempt, run, partition, dryRun };
  const rejected = { writer: new RejectedWriter(parts.rawKey, of), run };
  const sink = sinkOf({ ...parts, institution, rejected, mayWrite });
  try {
    return await readInto(sink, parts, { submission, mapping, replay, context, mayWrite });
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

async function readInto(
  sink: ClosableSink,
  parts: AttemptParts,
  { submission, mapping, replay, context, mayWrite }: Reading,
) {
  const { institution, submissionId } = submission.claim;
  await parts.turns.next();
  const read = await readSubmission({
    institution,
    submissionId,
    mapping,
    source: sourceOf(parts, submission),
    context,
    sink,
    blockRows: isSmall(submission) ? INGEST_LIMITS.SMALL_ROWS : LOG_LIMITS.BLOCK_ROWS,
    blockBytes: LOG_LIMITS.BLOCK_BYTES,
    docBytes: ROUTER_LIMITS.DOC_BYTES,
    ...(replay === null ? {} : { only: (byteOffset: number) => replay.wants(byteOffset) }),
    onBatch: async () => {
      mayWrite();
      await parts.turns.next();
    },
  });
  for (const line of replay?.carried() ?? []) await sink.rejected(line);
  const result = replay === null ? read : replay.resultWith(read);
  const closed = await sink.close();
  // Rows of earlier attempts have to be evaluated too before all of it is.
  const appended = { ...submission.settled?.appended, ...closed.appended };
  return { state: stateFor(result), result, ...closed, appended };
}

function sourceOf(parts: AttemptParts, { claim }: Submission): FeedSource {
  const { institution, submissionId: upload, chunks } = claim;
  async function* limited(): AsyncGenerator<Uint8Array> {
    const records = uninterrupted(parts.bus.read('feeds', chunks.partition, chunks.from, chunks.to + 1));
    const of = { institution, upload, count: chunks.count };
    let bytes = 0;
    for await (const chunk of plainBytes(openChunks(parts.rawKey, of, records))) {
      bytes += chunk.byteLength;
      if (bytes > parts.submissionBytesMax)
        throw new RastroError('RAS-SUBMISSION-EXPANDED', { limit: parts.submissionBytesMax });
      yield chunk;
    }
  }
  return { name: upload, chunks: limited() };
}

/** What the log does wrong must never look like a fault of the file. */
async function* uninterrupted(records: AsyncIterable<TopicRecord>): AsyncGenerator<TopicRecord> {
  try {
    yield* records;
  } catch (error) {
    if (RastroError.is(error) && error.code === 'RAS-BUS-OFFSET-GONE')
      throw new RastroError('RAS-SUBMISSION-GONE', {}, { cause: error });
    throw new Interrupted(error);
  }
}
