/** What reading a feed ends in. An outcome is a value: one bad record never stops a file. */
import type { Coverage } from '../../schemas/enumerations.ts';
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';

/** Decompressed bytes; `services/feeds` opens files, patterns and standard input. May throw a `RastroError`. */
export interface FeedSource {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** First outcome of a readable file: what the mapping and this file's columns promise. */
export interface FeedOutcome {
  readonly kind: 'feed';
  readonly format: 'csv' | 'ndjson' | 'fixed';
  /** `id@version` of the mapping. */
  readonly mapping: string;
  /** Id of the set of provided fields: the mapping, and a hash of the set where this file carries less of it. */
  readonly providedId: string;
  readonly provided: readonly string[];
  readonly idsDerived: boolean;
  /** What the feed shows of an account, where its institution has no entry of its own. */
  readonly coverage: Coverage | null;
  readonly coverageByInstitution: Readonly<Record<string, Coverage>>;
}

export interface RowOutcome<T> {
  readonly kind: 'row';
  /** Physical line on which the record starts, from 1. */
  readonly line: number;
  /** Of its first byte in the decompressed file, from 0. */
  readonly byteOffset: number;
  readonly input: T;
  /** 64-bit fingerprint of the content, in two halves: equal for equal rows however they are written. */
  readonly contentA: number;
  readonly contentB: number;
}

export interface RejectOutcome {
  readonly kind: 'reject';
  readonly line: number;
  readonly byteOffset: number;
  /** Canonical path or column; empty where the record could not be read at all. */
  readonly field: string;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  /** Shape of the value, never its content. */
  readonly masked: string;
  /** The record as sent; of one that was too long, its beginning. To be kept encrypted or not at all. */
  readonly original: Uint8Array;
}

/** The file as a whole cannot be read, or not further. `line` and `byteOffset` say how far it was read. */
export interface FaultOutcome {
  readonly kind: 'fault';
  readonly line: number;
  readonly byteOffset: number;
  readonly code: ErrorCode;
  readonly params: ErrorParams;
}

/** A record that was written into the open block of columns as it was read. */
export interface WrittenOutcome {
  readonly kind: 'written';
  readonly line: number;
  readonly byteOffset: number;
}

export type Outcome<T> = FeedOutcome | RowOutcome<T> | RejectOutcome | FaultOutcome;
