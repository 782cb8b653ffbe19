/** A block of the stream as ingest would have written it. */
import type { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { encodeBlock } from '../../schemas/arrow.ts';
import type { Transaction } from '../../schemas/transaction.ts';
import type { StreamBlock } from './stream.ts';

export interface EncodedBlock {
  readonly bytes: Uint8Array;
  /** What it holds, by row. */
  readonly transactions: readonly Transaction[];
}

/** Slow: a document is made for every row. `blockOffset`: where the block will lie, as far as that is known. */
export function encodedBlock(block: StreamBlock, dictionary: FactDictionary, blockOffset = 0): EncodedBlock {
  const rows = Array.from({ length: block.batch.rows }, (_, row) => ({
    tx: block.transactionOf(row),
    hash: block.hashOf(row),
    revision: 0,
    blockOffset,
  }));
  return { bytes: encodeBlock(rows, block.batch, dictionary), transactions: rows.map(({ tx }) => tx) };
}
