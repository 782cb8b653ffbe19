/**
 * The log port: an append-only sequence of records with offsets 0, 1, 2 ... The embedded form is a file log
 * (`services/log/file`), the distributed one a Kafka topic partition; pipelines see only this.
 *
 * State is a function of the log position: replaying the records from 0 rebuilds everything.
 */

/**
 * `transactions`: an Arrow IPC block of canonical rows. `copies`: the same, of rows that are stored from another partition's log
 * (`pipelines/partition/router.ts`). `reference`: parties, declared institutions, feeds, as JSON.
 * `rules`: the files of a rule set and the event time from which it is in force, as JSON. `watermark`: how far event time has come,
 * as JSON (`schemas/watermark.ts`). A new kind goes to the end: a log holds them by number.
 */
export const RECORD_KINDS = ['transactions', 'reference', 'rules', 'watermark', 'copies'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Header of a record of the topic `transactions`: its kind. */
export const KIND_HEADER = 'kind';

export interface LogRecord {
  readonly offset: number;
  readonly kind: RecordKind;
  readonly payload: Uint8Array;
}

export interface BlockLog {
  /** Name that markers carry, so that a marker of another log is never taken for one of this. */
  readonly name: string;
  /** Offset that the next record will get. */
  readonly end: number;
  /** Appends one record; durable when the promise resolves. Returns its offset. */
  append(kind: RecordKind, payload: Uint8Array): Promise<number>;
  /** Records from `offset` on, in order, up to the end at the time of the call. */
  read(offset: number): AsyncIterable<LogRecord>;
  /**
   * Bytes [start, start + length) of the payload of the record at `offset`, which must hold them. Synchronous, because who
   * composes is. The record was checked when it was written or the log opened; a part of it is not checked again.
   * @throws RangeError where the record does not hold them, or there is none; RastroError RAS-ENGINE-LOG-CORRUPT where they
   * are gone since.
   */
  readPart(offset: number, start: number, length: number): Uint8Array;
  close(): Promise<void>;
}

/** Named limits of a log. */
export const LOG_LIMITS = {
  /** Rows of one block. */
  BLOCK_ROWS: 4_096,
  /** Bytes at which a block closes: a topic takes records of one MiB, and a block is one record. */
  BLOCK_BYTES: 512 * 1024,
  /** Bytes of one record; a block of 4,096 rows with their documents stays well below. */
  RECORD_BYTES: 64 * 1024 * 1024,
  /** Bytes of a rule set with its lists and rates; the shipped one has 200 kB. */
  RULES_BYTES: 16 * 1024 * 1024,
  /** Bytes after which the file log starts a new segment. */
  SEGMENT_BYTES: 256 * 1024 * 1024,
} as const;
