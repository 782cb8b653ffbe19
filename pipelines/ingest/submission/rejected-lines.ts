/**
 * Rejected lines as records of the topic `rejected`: a batch of lines with their reasons and originals, encrypted as a whole
 * under the institution's key, because a column name or a masked value may say something too.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { type RejectedLine, rejectedLine } from '../../../schemas/submission.ts';
import type { NewRecord, TopicRecord } from '../../log/bus.ts';
import { PieceSealer } from '../vault.ts';

/** Lines and characters of one record at most; a single line may have more, but stays below a record's size. */
const BATCH_LINES = 2_000;
const BATCH_CHARS = 192 * 1024;
/** Of one line beside its original. */
const LINE_CHARS = 256;

const RUN = 'run';
const ATTEMPT = 'attempt';
const SUBMISSION = 'submission';
const INSTITUTION = 'institution';
const DRY = 'dry';

const lines = z.array(rejectedLine);

export interface RejectedRun {
  readonly institution: string;
  readonly submissionId: string;
  readonly attempt: number;
  /** Tells this reading of the attempt from one that was broken off. */
  readonly run: string;
  readonly partition: number;
  /** Nothing of it is stored anywhere else. */
  readonly dryRun: boolean;
}

export class RejectedWriter {
  readonly #sealer: PieceSealer;
  readonly #of: RejectedRun;
  #batch: RejectedLine[] = [];
  #chars = 0;
  #number = 0;

  constructor(rawKey: Uint8Array, of: RejectedRun) {
    this.#sealer = new PieceSealer(rawKey, of.institution);
    this.#of = of;
  }

  /** A record where the line filled one. */
  add(line: RejectedLine): NewRecord | undefined {
    this.#batch.push(line);
    this.#chars += LINE_CHARS + line.original.length;
    return this.#batch.length >= BATCH_LINES || this.#chars >= BATCH_CHARS ? this.flush() : undefined;
  }

  /** A record of what waits, if something does. */
  flush(): NewRecord | undefined {
    if (this.#batch.length === 0) return undefined;
    const { institution, submissionId, attempt, run, partition, dryRun } = this.#of;
    const plain = gzipSync(Buffer.from(JSON.stringify(this.#batch), 'utf8'), { level: 1 });
    const value = this.#sealer.seal(placeOf(submissionId, run, this.#number), plain);
    const headers = {
      [INSTITUTION]: institution,
      [SUBMISSION]: submissionId,
      [ATTEMPT]: String(attempt),
      [RUN]: run,
      [DRY]: dryRun ? '1' : '0',
      number: String(this.#number++),
    };
    this.#batch = [];
    this.#chars = 0;
    return { partition, key: `${institution}/${submissionId}`, headers, value };
  }
}

const placeOf = (submission: string, run: string, number: number) =>
  `rejected\0${submission}\0${run}\0${number}`;

/** Of which submission and attempt a record of the topic is; undefined where it is none of ours. */
export function rejectedRun({ headers, partition, value }: TopicRecord): RejectedRun | undefined {
  const [institution, submissionId, run] = [headers[INSTITUTION], headers[SUBMISSION], headers[RUN]];
  if (institution === undefined || submissionId === undefined || run === undefined || value === null)
    return undefined;
  return {
    institution,
    submissionId,
    run,
    attempt: Number(headers[ATTEMPT]),
    partition,
    dryRun: headers[DRY] === '1',
  };
}

/** The lines of a record. @throws RastroError RAS-FEED-VAULT-OPEN */
export function openRejected(rawKey: Uint8Array, record: TopicRecord): readonly RejectedLine[] {
  const run = rejectedRun(record);
  if (run === undefined || record.value === null) return [];
  const sealer = new PieceSealer(rawKey, run.institution);
  const plain = sealer.open(
    placeOf(run.submissionId, run.run, Number(record.headers['number'])),
    record.value,
  );
  return lines.parse(JSON.parse(gunzipSync(plain).toString('utf8')));
}
