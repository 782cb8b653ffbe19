/** Named limits of a worker. */
import { SIGNALS_COMPACTION_LAG_MS } from '../../schemas/topics.ts';

const HOUR_MS = 3_600_000;

export const WORKER_LIMITS = {
  /** Records of `transactions` that are evaluated together at most: bounds what a crash repeats. */
  GROUP_RECORDS: 512,
  /** Bytes of blocks that are evaluated together at most. */
  GROUP_BYTES: 64 * 1024 * 1024,
  /** Bytes of blocks that are in groups and not stored yet, over all partitions: whoever takes in more closes its group. */
  GROUPS_BYTES: 128 * 1024 * 1024,
  /** Documents handed over for one insert: an alert has some 10 kB. */
  DOCUMENT_ROWS: 1_000,
  /** A checkpoint is due when so many bytes of blocks came since the last one: they are what a restart takes in again. */
  CHECKPOINT_BYTES: 256 * 1024 * 1024,
  /** Behind one that a partition waited for, so many times as long without another: a tenth of the time goes there at most. */
  CHECKPOINT_REST: 10,
  /**
   * One that is older is not gone on from: until then what is superseded in `signals` stays there, so that what followed the
   * checkpoint is whole. An hour less, since clocks differ.
   */
  CHECKPOINT_AGE_MS: SIGNALS_COMPACTION_LAG_MS - HOUR_MS,
  /** Image up to which a partition that goes is written before it does: the next owner waits for it. */
  LAST_CHECKPOINT_BYTES: 256 * 1024 * 1024,
  /** Rows of a partition's history that the store is asked for at once, and sorts: some 600 MB, and 150 MB of identities. */
  HISTORY_ROWS: 500_000,
  /** Bytes that the store sorts in memory; what is more it sorts on its disk. */
  HISTORY_SORT_BYTES: 512 * 1024 * 1024,
} as const;
