/** Named limits of threads and the rings between them. */
import { LOG_LIMITS } from '../../pipelines/log/port.ts';

/** Bytes of one record of a ring: what a log record may have. It may be longer than the ring, and goes through in parts. */
export const RING_RECORD_BYTES_MAX = LOG_LIMITS.RECORD_BYTES;
/** Bytes of a ring to a worker: some ten blocks, enough for a worker to go on while the others catch up. */
export const RING_BYTES = 8 * 1_024 * 1_024;
export const RING_BYTES_MIN = 64;
export const RING_BYTES_MAX = 1_024 * 1_024 * 1_024;
/** How long a writer whose ring is full leaves it alone. A block takes a worker longer, and a full ring holds several. */
export const RING_POLL_MS = 1;

/** Workers of one pool. */
export const WORKERS_MAX = 64;
/** Threads that a run works with: the one that reads and composes, and those that detect. */
export const THREADS_MAX = 1 + WORKERS_MAX;
/** Keys of accounts, parties or subjects of one message. A key has some hundred bytes at most: it stays below a record. */
export const KEYS_PER_MESSAGE = 65_536;
/** Questions of one message: their answers are posted together, and each holds the readings of all rules of a subject. */
export const QUESTIONS_PER_MESSAGE = 4_096;
/** Parts of a change of rules that a worker does before each record of its ring. */
export const ADVANCES_PER_RECORD = 2;
/** How long workers may go on with what waits in their rings when a pool is closed, before they are ended. */
export const CLOSE_GRACE_MS = 10_000;
