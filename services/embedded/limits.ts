/** Every bound of the embedded server, in one place. Sizes are bytes, times milliseconds unless the name says else. */

/** A statement, without the data of an INSERT; beyond it the request is refused. */
export const STATEMENT_BYTES_MAX = 1024 * 1024;

/** The data of one INSERT after decompression (it is spooled to disk, never held in memory). */
export const INSERT_BYTES_MAX = 4 * 1024 ** 3;

/** Statements that run at the same time; also the engine's thread-pool size, because each occupies one thread. */
export const RUNNING_MAX = 8;

/** Statements that wait for a free place; the next one is refused with TOO_MANY_SIMULTANEOUS_QUERIES. */
export const WAITING_MAX = 256;

/** Connections that the listener keeps open. */
export const CONNECTIONS_MAX = 512;

/** Bytes of one request's line and headers; a statement in the URL must fit. */
export const HEADER_BYTES_MAX = 256 * 1024;

/** Seconds a statement may run when the request names no `max_execution_time`. */
export const EXECUTION_SECONDS_DEFAULT = 600;

/** A reader that takes no byte for this long is cut off, so that it cannot hold a place for ever. */
export const READER_STALL_MS = 300_000;

/** A result of SHOW, DESCRIBE or EXPLAIN is collected in memory; this caps its rows. */
export const COLLECTED_ROWS_MAX = 1_000_000;

/**
 * Rows of one piece of a streamed result. Measured on rows of 1 KB: a server's default (65,409) kept 330-490 MB in
 * memory, this stays below 200 MB, at the same speed of scans and aggregations.
 */
export const PIECE_ROWS = 8_192;

/** Idle time after which a kept-alive connection is closed; clients must drop theirs earlier. */
export const KEEP_ALIVE_MS = 30_000;

/** Pause between two progress headers when the request does not choose one. */
export const PROGRESS_INTERVAL_MS = 100;

/** Progress headers of one answer; HTTP clients bound the size of a head, so reports stop after these. */
export const PROGRESS_HEADERS_MAX = 100;

/** How long a stopping server waits for running statements. */
export const STOP_GRACE_MS = 5_000;

/** How long the parent waits for the child to say that it listens. */
export const START_TIMEOUT_MS = 60_000;

/**
 * How long a start waits for the store of a process that is gone: it may be in its grace period, or the system is still
 * taking it apart.
 */
export const ORPHAN_WAIT_MS = 2 * STOP_GRACE_MS;

/** Pause between two attempts of such a start. */
export const ORPHAN_POLL_MS = 200;
