/**
 * Several blocks as one insert: the store's columns of each, one Arrow stream with a batch a block. A store that gets an insert
 * for every thin block merges parts all day.
 *
 * Blocks differ in their types (codes of 16 or 32 bits, fact columns left out), a stream may not: the codes are widened, what
 * the store would skip is left away. Each batch brings its dictionaries, which the format calls a replacement. The bytes are written
 * here, each once; the library would lay every column out twice. What it writes about them (`stream-template.ts`) is filled in.
 */
import { DICTIONARIES, TABLE_COLUMNS, type TableColumn } from '../../schemas/block-layout.ts';
import { BlockReader, corrupt, type Utf8Column } from '../../schemas/block-reader.ts';
import { bytesOf, type Part, streamTemplate } from './stream-template.ts';

export interface MergedBlock {
  readonly bytes: Uint8Array;
  /** Where its log has it, for its rows' `block_offset`; default: what the block says. */
  readonly offset?: number | undefined;
}

const COLUMNS = Object.keys(TABLE_COLUMNS) as TableColumn[];
/** Columns in which the block's dictionaries are found. */
const FOUND_IN = { words: 'institution', keys: 'debtor_account' } as const;
const NOTHING = new Uint8Array(0);

/** One Arrow IPC stream for the table `transactions`, with the rows of all `blocks`, in their order. */
export function mergedBlocks(blocks: readonly MergedBlock[]): Uint8Array {
  const template = streamTemplate();
  const messages = blocks.flatMap((block) => {
    const reader = new BlockReader(block.bytes);
    if (reader.rows === 0) return [];
    const dictionaries = DICTIONARIES.map((name, id) => {
      const texts = reader.dictionary(FOUND_IN[name], id);
      return template.dictionary(id, [utf8Part(texts)]);
    });
    return [...dictionaries, template.batch(COLUMNS.map((name) => partOf(reader, name, block.offset)))];
  });
  if (messages.length === 0) throw new RangeError('no block to merge');
  return template.stream(messages);
}

function partOf(block: BlockReader, name: TableColumn, offset: number | undefined): Part {
  const kind = TABLE_COLUMNS[name];
  const { rows } = block;
  switch (kind) {
    case 'utf8':
      return utf8Part(block.utf8(name));
    case 'words':
    case 'keys': {
      const codes = block.codes(name, kind, rows) ?? corrupt(name);
      return plainPart(rows, Uint32Array.BYTES_PER_ELEMENT * rows, (into) => {
        new Uint32Array(into.buffer, into.byteOffset, rows).set(codes.subarray(0, rows));
      });
    }
    case 'uint8':
      return copied(rows, block.numbers(name, Uint8Array));
    case 'uint32':
      return copied(rows, block.numbers(name, Uint32Array));
    case 'uint64':
    case 'milliseconds':
    case 'int64?':
      if (name === 'block_offset' && offset !== undefined)
        return plainPart(rows, BigUint64Array.BYTES_PER_ELEMENT * rows, (into) => {
          new BigUint64Array(into.buffer, into.byteOffset, rows).fill(BigInt(offset));
        });
      return longPart(block, name);
  }
}

function longPart(block: BlockReader, name: TableColumn): Part {
  const { rows } = block;
  const data = block.column(name) ?? corrupt(name);
  const values: unknown = data.values;
  const isLong = values instanceof BigInt64Array || values instanceof BigUint64Array;
  if (!isLong || values.length < rows) return corrupt(name);
  const { nullCount: nulls, nullBitmap } = data;
  const part = copied(rows, values.subarray(0, rows));
  if (nulls === 0) return part;
  const bytes = Math.ceil(rows / 8);
  if (TABLE_COLUMNS[name] !== 'int64?' || nullBitmap.length < bytes) return corrupt(name);
  return { ...part, nulls, buffers: [copyOf(nullBitmap.subarray(0, bytes)), ...part.buffers.slice(1)] };
}

function utf8Part({ offsets, bytes }: Utf8Column): Part {
  const rows = offsets.length - 1;
  const buffers = [NOTHING, bytesOf(offsets), bytes.subarray(0, offsets[rows])].map(copyOf);
  return { rows, nulls: 0, buffers };
}

const copied = (rows: number, values: ArrayBufferView): Part => ({
  rows,
  nulls: 0,
  buffers: [NOTHING, bytesOf(values)].map(copyOf),
});

const plainPart = (rows: number, bytes: number, write: (into: Uint8Array) => void): Part => ({
  rows,
  nulls: 0,
  buffers: [copyOf(NOTHING), { bytes, write }],
});

const copyOf = (from: Uint8Array) => ({
  bytes: from.length,
  write: (into: Uint8Array) => into.set(from),
});
