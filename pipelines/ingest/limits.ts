/** Named limits of the feed readers. Whatever passes one is rejected or ends the file with a code; nothing is cut silently. */
export const FEED_LIMITS = {
  /** Bytes of one record, its embedded newlines included. A longer one is skipped as it streams by. */
  LINE_BYTES: 1_048_576,
  /** Bytes kept of a record that was too long, as the original of its reject. */
  REJECT_ORIGINAL_BYTES: 65_536,
  /** Physical lines that one quoted record may span; beyond it the quote counts as never closed. */
  RECORD_LINES: 256,
  /** Columns of a header. */
  COLUMNS: 512,
  /** Bytes of one field. */
  FIELD_BYTES: 65_536,
  /** Physical lines of one file. */
  FILE_ROWS: 100_000_000,
  /** Rejects that a report lists one by one; all are counted by code. */
  LISTED_REJECTS: 1_000,
  /** Bytes of a mapping file. */
  MAPPING_BYTES: 262_144,
  /** Files that one pattern may name. */
  FILES: 10_000,
  /** Characters of a masked value. */
  MASK_CHARS: 40,
} as const;
