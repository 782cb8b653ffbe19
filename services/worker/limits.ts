/** Named limits of a worker. */
export const WORKER_LIMITS = {
  /** Records of `transactions` that are evaluated together at most: bounds what a crash repeats. */
  GROUP_RECORDS: 64,
  /** Bytes of blocks that are evaluated together at most. */
  GROUP_BYTES: 16 * 1024 * 1024,
  /** Documents handed over for one insert: an alert has some 10 kB. */
  DOCUMENT_ROWS: 1_000,
} as const;
