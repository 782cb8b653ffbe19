/** Limits of the dictionaries, each with the reason for its value. */

/** Longest key in bytes: the longest field that a feed may carry (`pipelines/ingest/limits.ts`). */
export const KEY_BYTES_MAX = 65_536;

/**
 * log2 of the most slots of one table: 1.5 GiB at 12 bytes a slot, and beside it half as much while it grows to that size.
 */
export const TABLE_BITS_MAX = 27;

/** A table grows when more than 5 of 8 slots are taken: beyond it, a key that is absent costs many probes. */
export const LOAD_NUMERATOR = 5;
export const LOAD_DENOMINATOR = 8;

/** Most keys of one table (83,886,080), and so the most ids of one interner. */
export const TABLE_ENTRIES_MAX = (2 ** TABLE_BITS_MAX * LOAD_NUMERATOR) / LOAD_DENOMINATOR;

/**
 * Slots of the old table that one insertion moves while a table grows: the old table is empty after capacity / 16
 * insertions, long before the new one could be full, and no insertion waits for more than a few hundred nanoseconds.
 */
export const SLOTS_MOVED_PER_INSERTION = 16;

/** Keys hashed, then probed, then compared together: enough to overlap their cache misses, few enough for the L1 cache. */
export const BATCH_KEYS = 256;
