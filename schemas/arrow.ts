/**
 * A block of transactions as an Arrow IPC stream: what a log record carries, and, byte for byte, what the store's table
 * `transactions` takes (`FORMAT ArrowStream`). `block-layout.ts` says which columns it has. `doc` is the whole canonical
 * row, for whom the rest does not do; whoever evaluates reads the facts (`block-facts.ts`) and leaves it alone.
 */
import { Field, makeData, RecordBatch, Schema, Struct, Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { BlockColumns, type BlockRow, type Column } from './block-columns.ts';
import { type BlockContent, contentColumn } from './block-content.ts';
import { parseDocument } from './block-documents.ts';
import { OWN_FACTS, TABLE_COLUMNS, type TableColumn } from './block-layout.ts';
import { aligned, BlockReader } from './block-reader.ts';
import type { FactTexts } from './block-texts.ts';
import type { FactBatch } from './facts.ts';
import type { Transaction } from './transaction.ts';

/**
 * Encodes rows, in their order, as one Arrow IPC stream of one batch. `facts` are those rows' (`pipelines/facts`), `texts`
 * the dictionary of its ids, `docs` the rows as JSON.
 */
export function encodeBlock(
  rows: readonly BlockRow[],
  facts: FactBatch,
  texts: FactTexts,
  docs: readonly string[] = rows.map((row) => JSON.stringify(row.tx)),
): Uint8Array {
  const block = new BlockColumns(facts, texts);
  return encoded(block, rows.length, (name) => block.tableColumn(name, rows, docs));
}

/** Encodes a block that is columns already; the same bytes as `encodeBlock` makes of these rows. */
export function encodeContent(content: BlockContent, blockOffset: number): Uint8Array {
  const block = new BlockColumns(content.facts, content.texts, content.tables);
  return encoded(block, content.facts.rows, (name) => contentColumn(block, name, content, blockOffset));
}

function encoded(block: BlockColumns, rows: number, tableColumn: (name: TableColumn) => Column): Uint8Array {
  const columns = [
    ...(Object.keys(TABLE_COLUMNS) as TableColumn[]).map(tableColumn),
    ...OWN_FACTS.flatMap((name) => block.factColumn(name)),
    ...block.otherColumns(),
  ];
  const types = block.types();
  const children = columns.map((column) => column.data(types));
  const schema = new Schema(
    columns.map(({ name, isNullable }, i) => new Field(name, children[i]!.type, isNullable ?? false)),
  );
  const struct = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
  return tableToIPC(new Table([new RecordBatch(schema, struct)]), 'stream');
}

/** Rows of a block, in their order. Throws on bytes that `encodeBlock` did not write; the log's checksum comes first. */
export function decodeBlock(bytes: Uint8Array): BlockRow[] {
  const table = tableFromIPC(aligned(bytes));
  const column = (name: TableColumn) => {
    const found = table.getChild(name);
    if (found === null) throw new Error(`a block without the column ${name}`);
    return found;
  };
  const docs = column('doc');
  const hashes = column('content_hash');
  const revisions = column('revision');
  const offsets = column('block_offset');
  return Array.from({ length: table.numRows }, (_, i) => ({
    tx: JSON.parse(docs.get(i) as string) as Transaction,
    hash: hashes.get(i) as string,
    revision: Number(revisions.get(i)),
    blockOffset: Number(offsets.get(i)),
  }));
}

/** Documents of a block by row, each parsed when it is asked for: for whom the facts do for nearly every row. */
export function documentsOf(bytes: Uint8Array): (row: number) => Transaction {
  const { offsets, bytes: texts } = new BlockReader(bytes).utf8('doc');
  return (row) => parseDocument(texts.subarray(offsets[row], offsets[row + 1]));
}
