/** What came of the rows of a run: the numbers of its receipts, and the first rejects one by one. */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { FeedRecord } from './reference-record.ts';

/** Rejects that a report lists one by one; totals by code have no limit. */
export const REJECTS_LISTED = 1_000;

export interface ListedReject {
  readonly file: string;
  readonly line: number;
  readonly byteOffset: number;
  readonly field: string;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly masked: string;
}

/** The numbers of a receipt; read is the sum of the others. */
export interface Tally {
  read: number;
  accepted: number;
  rejected: number;
  duplicates: number;
}

/** Transactions are counted by the report itself, party records beside them. */
export interface FeedReport extends Tally {
  readonly parties: Tally;
  /** Accepted rows behind the re-evaluation horizon: stored and counted, not evaluated. */
  late: number;
  readonly rejectsByCode: Map<ErrorCode, number>;
  readonly rejects: ListedReject[];
  /** Files that ended before their end, with the reason; what stood before it was read. */
  readonly faults: {
    readonly file: string;
    readonly code: ErrorCode;
    readonly params: ErrorParams;
    readonly line: number;
  }[];
  readonly feeds: FeedRecord[];
  /** A file whose mapping derives ids must be resent whole. */
  idsDerived: boolean;
}

const emptyTally = (): Tally => ({ read: 0, accepted: 0, rejected: 0, duplicates: 0 });

export function emptyReport(): FeedReport {
  return {
    ...emptyTally(),
    parties: emptyTally(),
    late: 0,
    rejectsByCode: new Map(),
    rejects: [],
    faults: [],
    feeds: [],
    idsDerived: false,
  };
}

export function tallySince(before: Tally, now: Tally): Tally {
  return {
    read: now.read - before.read,
    accepted: now.accepted - before.accepted,
    rejected: now.rejected - before.rejected,
    duplicates: now.duplicates - before.duplicates,
  };
}
