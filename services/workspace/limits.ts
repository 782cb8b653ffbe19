/** Named limits of a workspace. Smaller ones make a small feed take every path of a large one. */
import { LOG_LIMITS } from '../../pipelines/log/port.ts';

const DAY_MS = 86_400_000;

export interface WorkspaceLimits {
  /** Records that are evaluated together at most: bounds what a crash repeats. */
  readonly groupRecords: number;
  /** Rows of one block; at most `LOG_LIMITS.BLOCK_ROWS`. */
  readonly blockRows: number;
  /** Bytes at which a block closes; at most `LOG_LIMITS.RECORD_BYTES`. */
  readonly blockBytes: number;
  /** Rows further behind the newest event time than this are read from disk. */
  readonly hotRowsMs: number;
  /** Subjects without an event for so long, by the newest event time, are kept on disk. */
  readonly idleMs: number;
}

/**
 * A late row has its subject evaluated again from its hour on, once a group: with rows late all over a feed, larger groups are
 * less work (ARCHITECTURE "Order of writes, groups, revisions"). A file log has no message size to keep to, and an insert
 * costs the store some 12 ms whatever its size: here a block closes at its rows, not at the 512 KiB of a topic's record.
 * Rules read 30 days mostly; a subject that was quiet for three times that is not expected soon.
 */
export const LIMITS: WorkspaceLimits = {
  groupRecords: 64,
  blockRows: LOG_LIMITS.BLOCK_ROWS,
  blockBytes: 16 * 1024 * 1024,
  hotRowsMs: 30 * DAY_MS,
  idleMs: 90 * DAY_MS,
};
