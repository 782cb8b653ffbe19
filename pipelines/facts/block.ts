/** The bytes of a block, from rows that are documents. Blocks of a feed are made of columns (`../ingest/columns`). */
import { encodeBlock } from '../../schemas/arrow.ts';
import type { BlockRow } from '../../schemas/block-columns.ts';
import { type FactRow, factsOf } from './batch.ts';
import { FactDictionary } from './dictionary.ts';

/** Texts of a block lie in a dictionary of its own, which is gone with it: its seed hides nothing. */
const BLOCK_SEED = [0, 0] as const;

/** A row with what it is read with and where it stands. */
export type BlockSource = BlockRow & FactRow;

/** Encodes rows, in their order. `docs`: the rows as JSON, where they are at hand. */
export function blockBytes(rows: readonly BlockSource[], docs?: readonly string[]): Uint8Array {
  const dictionary = new FactDictionary(BLOCK_SEED);
  return encodeBlock(rows, factsOf(rows, dictionary), dictionary, docs);
}
