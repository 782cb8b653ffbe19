/**
 * Blocks as ingest closes them: at so many rows, so many bytes, or when the first row has waited long enough, whichever
 * comes first. A closed block becomes bytes when its place in the log is known.
 */
import { encodeBlock } from '../../schemas/arrow.ts';
import type { BlockRow } from '../../schemas/block-columns.ts';
import { LOG_LIMITS } from '../log/port.ts';
import { type FactRow, factsOf } from './batch.ts';
import { FactDictionary } from './dictionary.ts';

/** Rows that go into one log record. */
export interface ClosedBlock {
  /** Rows; at least one. */
  readonly count: number;
  /** The record, for its offset in the log. */
  bytes(blockOffset: number): Uint8Array;
}

export interface BlockLimits {
  readonly rows: number;
  /** Bytes that a block is estimated to have when it closes; a single row may be more. */
  readonly bytes: number;
  /** How long a row waits for others. Infinity: until the block is full or flushed. */
  readonly lingerMs: number;
}

/**
 * What a block has beside its documents, measured (`benchmarks/blocks.ts`): schema and dictionaries once, then columns and
 * identifiers of every row.
 */
const BLOCK_OVERHEAD_BYTES = 16 * 1024;
const ROW_OVERHEAD_BYTES = 512;

/** Texts of a block lie in a dictionary of its own, which is gone with it: its seed hides nothing. */
const BLOCK_SEED = [0, 0] as const;

/** A row with what it is read with and where it stands. */
export type BlockSource = BlockRow & FactRow;

/** Encodes rows, in their order. `docs`: the rows as JSON, where they are at hand. */
export function blockBytes(rows: readonly BlockSource[], docs?: readonly string[]): Uint8Array {
  const dictionary = new FactDictionary(BLOCK_SEED);
  return encodeBlock(rows, factsOf(rows, dictionary), dictionary, docs);
}

export class BlockBuilder {
  readonly #limits: BlockLimits;
  #rows: FactRow[] = [];
  #docs: string[] = [];
  #bytes = BLOCK_OVERHEAD_BYTES;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(limits: Partial<BlockLimits> = {}) {
    this.#limits = {
      rows: LOG_LIMITS.BLOCK_ROWS,
      bytes: LOG_LIMITS.BLOCK_BYTES,
      lingerMs: Number.POSITIVE_INFINITY,
      ...limits,
    };
  }

  /** Rows that wait. */
  get rows(): number {
    return this.#rows.length;
  }

  /** When the open block is to be flushed at the latest, in the time that `add` is told; Infinity for never. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /**
   * Takes a row. Hands over a block that it has filled, or one that it did not fit into any more: then the row waits in
   * the next one.
   */
  add(row: FactRow, nowMs: number): ClosedBlock | null {
    const doc = JSON.stringify(row.tx);
    const bytes = Buffer.byteLength(doc) + ROW_OVERHEAD_BYTES;
    const full = this.#rows.length > 0 && this.#bytes + bytes > this.#limits.bytes ? this.flush() : null;
    if (this.#rows.length === 0) this.#deadlineMs = nowMs + this.#limits.lingerMs;
    this.#rows.push(row);
    this.#docs.push(doc);
    this.#bytes += bytes;
    if (full !== null) return full;
    return this.#rows.length >= this.#limits.rows || this.#bytes >= this.#limits.bytes ? this.flush() : null;
  }

  /** Closes the open block, if it holds anything. */
  flush(): ClosedBlock | null {
    if (this.#rows.length === 0) return null;
    const rows = this.#rows;
    const docs = this.#docs;
    this.#rows = [];
    this.#docs = [];
    this.#bytes = BLOCK_OVERHEAD_BYTES;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    return {
      count: rows.length,
      bytes: (blockOffset) =>
        blockBytes(
          rows.map((row) => ({ ...row, revision: 0, blockOffset })),
          docs,
        ),
    };
  }
}
