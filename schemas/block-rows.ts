/** A block as columns that another block can be made of: the inverse of `encodeContent`. */
import type { BlockContent, TextColumn } from './block-content.ts';
import { decodeFacts, type FactInterning } from './block-facts.ts';
import { DICTIONARIES } from './block-layout.ts';
import { aligned, BlockReader, corrupt, type Utf8Column } from './block-reader.ts';
import { TEXT_NULL } from './facts.ts';

/** What of a block is read; whoever encodes adds the texts and tables of its dictionary. */
export type BlockRows = Omit<BlockContent, 'texts' | 'tables'>;

const textsOf = ({ offsets, bytes }: Utf8Column): TextColumn => ({ bytes, ends: offsets.subarray(1) });

/** Ids of a column of words. */
function wordsOf(block: BlockReader, column: string, dictionary: FactInterning): Int32Array {
  const out = new Int32Array(block.rows).fill(TEXT_NULL);
  const codes = block.codes(column, 'words', block.rows);
  if (codes === undefined || block.rows === 0) return out;
  const { offsets, bytes } = block.dictionary(column, DICTIONARIES.indexOf('words'));
  const entries = offsets.length - 1;
  if (entries < 1) corrupt(column);
  const ids = new Int32Array(entries);
  dictionary.interner.internAll(bytes, offsets.subarray(2), entries - 1, ids.subarray(1), true);
  ids[0] = TEXT_NULL;
  for (let row = 0; row < out.length; row++) {
    const code = codes[row] as number;
    if (code >= entries) corrupt(column);
    out[row] = ids[code] as number;
  }
  return out;
}

/**
 * The rows of a block; its texts become ids of `dictionary`. Parts of the result lie in `bytes`.
 * @throws RastroError RAS-ENGINE-BLOCK-CORRUPT
 */
export function decodeRows(bytes: Uint8Array, dictionary: FactInterning): BlockRows {
  const whole = aligned(bytes);
  const facts = decodeFacts(whole, dictionary);
  const block = new BlockReader(whole);
  return {
    facts,
    amountMinor: textsOf(block.utf8('amount_minor')),
    contentHash: textsOf(block.utf8('content_hash')),
    doc: textsOf(block.utf8('doc')),
    rateId: wordsOf(block, 'rate_id', dictionary),
    submissionId: wordsOf(block, 'submission_id', dictionary),
    line: block.integers('line'),
  };
}
