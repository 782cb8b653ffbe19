/** The bounds of what is asked of a cluster, and of what is kept while it is asked. */
import { TOPIC_RECORD_BYTES } from '../../../schemas/topics.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

export const BUS_LIMITS = {
  CONNECT_TIMEOUT_MS: 5_000,
  REQUEST_TIMEOUT_MS: 30_000,
  /** Attempts to reach any broker at all before it is said that none is there: some five seconds. */
  CONNECT_RETRIES: 8,
  RETRY_FIRST_MS: 100,
  RETRY_LONGEST_MS: 1_000,
  /** As long may a topic be unknown to the broker asked: it may have been made just now. */
  TOPIC_RETRY_MS: 3_000,
  /** An append is tried again for that long while partitions have no leader, or too few replicas. */
  APPEND_RETRY_MS: 120_000,
  /** As long is a read tried again. */
  READ_RETRY_MS: 60_000,
  /** Bytes of the records of one request; what waits goes with the next. */
  REQUEST_BYTES: 8 * MIB,
  /** Bytes of the records of one partition in a request: with what frames them, one record batch that the topic takes. */
  BATCH_BYTES: TOPIC_RECORD_BYTES - 16 * KIB,
  /** Records of one partition in a request. */
  BATCH_RECORDS: 4_096,
  /** Bytes that wait to be sent, by topic; beyond, an append is refused. */
  WAITING_BYTES: 256 * MIB,
  /** Bytes asked for by one fetch; a broker answers with one batch at least, however large. */
  FETCH_BYTES: 4 * MIB,
  /** How long a broker may wait for records before it answers. There are some where `read` asks. */
  FETCH_WAIT_MS: 250,
  /** Bytes that one compressed batch may become. */
  DECOMPRESSED_BYTES: 64 * MIB,
  /** Records that one batch may hold; ours hold `BATCH_RECORDS`, those of others some ten thousand. */
  RECORDS_IN_BATCH: 256 * KIB,
  /** Values below that are copied out of the answer they came in, so that keeping one does not keep megabytes. */
  COPIED_VALUE_BYTES: 4 * KIB,
} as const;
