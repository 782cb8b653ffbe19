/** Where the documents of a block lie in its bytes: whoever has the block on disk reads one without the others. */
import { aligned, BlockReader, corrupt } from './block-reader.ts';
import type { Transaction } from './transaction.ts';

const OFFSET_BYTES = 4;

/** Two places in the bytes of a block. */
export interface DocumentPlaces {
  /** Of the offsets: one of 32 bits for each row, and the end of the last. */
  readonly offsetsAt: number;
  /** Of the texts that these lead to. */
  readonly textsAt: number;
}

/** @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
export function documentPlaces(block: Uint8Array): DocumentPlaces {
  const { offsetsAt, textsAt } = columnIn(block);
  return { offsetsAt, textsAt };
}

/**
 * The stretch of a block that has everything `documentAt` reads of it, and where it begins.
 * @throws RastroError RAS-ENGINE-BLOCK-CORRUPT
 */
export function documentStretch(block: Uint8Array): { readonly start: number; readonly bytes: Uint8Array } {
  const { offsetsAt, offsetsEnd, textsAt, textsEnd } = columnIn(block);
  const start = Math.min(offsetsAt, textsAt);
  return { start, bytes: block.subarray(start, Math.max(offsetsEnd, textsEnd)) };
}

function columnIn(block: Uint8Array) {
  const bytes = aligned(block);
  const { offsets, bytes: texts } = new BlockReader(bytes).utf8('doc');
  if (offsets.buffer !== bytes.buffer || texts.buffer !== bytes.buffer) corrupt('doc');
  const [offsetsAt, textsAt] = [offsets.byteOffset - bytes.byteOffset, texts.byteOffset - bytes.byteOffset];
  return {
    offsetsAt,
    textsAt,
    offsetsEnd: offsetsAt + offsets.byteLength,
    textsEnd: textsAt + (offsets.at(-1) as number),
  };
}

/**
 * The document of a row, from two reads of parts of its block.
 * @throws RastroError RAS-ENGINE-BLOCK-CORRUPT where what is there is none.
 */
export function documentAt(
  row: number,
  { offsetsAt, textsAt }: DocumentPlaces,
  readPart: (start: number, length: number) => Uint8Array,
): Transaction {
  const offsets = readPart(offsetsAt + OFFSET_BYTES * row, 2 * OFFSET_BYTES);
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  const start = view.getInt32(0, true);
  const end = view.getInt32(OFFSET_BYTES, true);
  if (start < 0 || end <= start) corrupt('doc');
  return parseDocument(readPart(textsAt + start, end - start));
}

/** @throws RastroError RAS-ENGINE-BLOCK-CORRUPT */
export function parseDocument(text: Uint8Array): Transaction {
  const { buffer, byteOffset, byteLength } = text;
  try {
    return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8')) as Transaction;
  } catch {
    return corrupt('doc');
  }
}
