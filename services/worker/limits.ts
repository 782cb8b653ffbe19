/** Named limits of a worker. */
export const WORKER_LIMITS = {
  /** Records of `transactions` that are evaluated together at most: bounds what a crash repeats. */
  GROUP_RECORDS: 64,
  /** Bytes of blocks that are evaluated together at most. */
  GROUP_BYTES: 16 * 1024 * 1024,
  /** Documents of one insert: an alert has some 10 kB. */
  DOCUMENT_ROWS: 5_000,
  DOCUMENT_BYTES: 64 * 1024 * 1024,
  /** Bytes of a row of a document beside its text. */
  ROW_BYTES: 512,
} as const;
