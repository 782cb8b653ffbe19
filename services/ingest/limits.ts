/** Named limits of the ingest role. */
export const INGEST_LIMITS = {
  /** Bytes held of all bodies that are being received, sockets apart: with many of them pieces become smaller. */
  BODIES_BYTES: 64 * 1024 * 1024,
  /** Smallest piece of a body, but for its last one. */
  PIECE_BYTES_MIN: 32 * 1024,
  /** Submissions of one institution that are received at one time. */
  INSTITUTION_SUBMISSIONS: 256,
  /** A body may come at any pace for so long; from then on it must have come at `BYTES_PER_SECOND_MIN` on average. */
  GRACE_MS: 60_000,
  BYTES_PER_SECOND_MIN: 1_024,
  /** Submissions that the role remembers, some 1.7 kB each (one a second for eight days); beyond it, new ones are asked to come back. */
  REMEMBERED: 700_000,
  /** With more than so many, they are kept for the seven days that are promised and no longer. */
  REMEMBERED_LONG: 250_000,
  /** Submissions that are read at one time: small ones, whose columns hold little and whose rows share blocks, and others. */
  SMALL_AT_ONCE: 64,
  LARGE_AT_ONCE: 2,
  /** A body of fewer bytes, as it was sent, is small: it is read through columns of `SMALL_ROWS` rows. */
  SMALL_BYTES: 64 * 1024,
  SMALL_ROWS: 256,
  /** So long rows wait for those of other submissions that are being read, to share a block with them. */
  LINGER_MS: 100,
  /** Bytes of blocks of rows that are sent and not acknowledged; above it no more rows are read. */
  UNACKNOWLEDGED_BYTES: 16 * 1024 * 1024,
  /** Records of states that are appended at once. */
  STATES_AT_ONCE: 500,
  /** Submissions of a partition that a look goes through for those that can begin. */
  PENDING_LOOKED_AT: 1_000,
  /** Between two looks whether watermarks have to be told. */
  WATERMARK_MS: 1_000,
  /** Between two looks at topics that nobody announced anything on. */
  LOOK_MS: 250,
  /** `processed` is told at these moments only: when exactly rows were evaluated tells nothing to whoever waits for it. */
  PROCESSED_GRID_MS: 60_000,
  /** Between two looks for what can be deleted. */
  SWEEP_MS: 3_600_000,
  /** Deletions of one sweep. */
  SWEEP_KEYS: 10_000,
  /** Seconds after which a request that was turned away may come again. */
  RETRY_AFTER_S: 5,
  /** Between two looks whether other rules were activated. */
  RULES_LOOK_MS: 1_000,
  /** Between two looks at the file of API keys. */
  KEYS_LOOK_MS: 2_000,
  /** Mappings that are kept as they were read. */
  MAPPINGS_KNOWN: 256,
  /** API keys of one file. */
  KEYS: 10_000,
  /** Unpacked bytes of one submission, unless configured. */
  SUBMISSION_BYTES: 4 * 1024 * 1024 * 1024,
  /** Packed bytes of one body. */
  BODY_BYTES: 4 * 1024 * 1024 * 1024,
  /** Attempts to read a submission, where the log fails, before another one has its turn. */
  TRIES: 3,
  TRY_AFTER_MS: 1_000,
  /** Rows of one insert into the store by a drain. */
  DRAIN_ROWS: 5_000,
  DRAIN_LOOK_MS: 1_000,
  DRAIN_RETRY_MS: 5_000,
} as const;
