/**
 * A block of transactions as an Arrow IPC stream: what a log record carries, and, byte for byte, what the store's table
 * `transactions` takes (`FORMAT ArrowStream`). The columns are that table's, by name; `doc` is the whole canonical row, and
 * the others are drawn from it, so that decoding reads `doc` alone.
 *
 * Columns are built as buffers: the library's builders make an object for every value.
 */
import {
  type Data,
  Field,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import type { Transaction } from './transaction.ts';

/** A row of a block. */
export interface BlockRow {
  readonly tx: Transaction;
  /** Content hash of the row (`pipelines/ingest/canonical.ts`), hex. */
  readonly hash: string;
  /** Orders forms of one (institution, id, version); equal revision implies equal content. A safe integer >= 0. */
  readonly revision: number;
  /** Offset of the block in its log. A safe integer >= 0. */
  readonly blockOffset: number;
}

type Read<V> = (row: BlockRow, doc: string) => V;
type Column =
  | { readonly type: 'text'; readonly read: Read<string> }
  | { readonly type: 'uint8' | 'uint32' | 'uint64' | 'milliseconds'; readonly read: Read<number> }
  | { readonly type: 'int64?'; readonly read: Read<number | null> };

const text = (read: Read<string>): Column => ({ type: 'text', read });

/** Columns of the table `transactions`; `amount_minor` is text because Arrow has no Int256, and the store reads it so. */
const COLUMNS: Readonly<Record<string, Column>> = {
  institution: text(({ tx }) => tx.institution),
  id: text(({ tx }) => tx.id),
  version: { type: 'uint32', read: ({ tx }) => tx.version },
  revision: { type: 'uint64', read: ({ revision }) => revision },
  withdrawn: { type: 'uint8', read: ({ tx }) => (tx.op === 'withdraw' ? 1 : 0) },
  event_time: { type: 'milliseconds', read: ({ tx }) => tx.stamp.eventTime },
  precision: text(({ tx }) => tx.stamp.precision),
  kind: text(({ tx }) => tx.kind),
  rail: text(({ tx }) => tx.rail),
  channel: text(({ tx }) => tx.channel),
  instrument: text(({ tx }) => tx.instrument),
  status: text(({ tx }) => tx.status),
  amount_minor: text(({ tx }) => tx.stamp.amountMinor),
  ccy: text(({ tx }) => tx.stamp.ccy),
  ref_usd_minor: { type: 'int64?', read: ({ tx }) => tx.stamp.usdMinor },
  ref_mxn_minor: { type: 'int64?', read: ({ tx }) => tx.stamp.mxnMinor },
  ref_cad_minor: { type: 'int64?', read: ({ tx }) => tx.stamp.cadMinor },
  rate_id: text(({ tx }) => tx.stamp.rateId ?? ''),
  debtor_account: text(({ tx }) => tx.stamp.debtor.accountKey ?? ''),
  creditor_account: text(({ tx }) => tx.stamp.creditor.accountKey ?? ''),
  debtor_holder: text(({ tx }) => tx.stamp.debtor.holderKey ?? ''),
  creditor_holder: text(({ tx }) => tx.stamp.creditor.holderKey ?? ''),
  submission_id: text(({ tx }) => tx.stamp.submissionId),
  line: { type: 'uint64', read: ({ tx }) => tx.stamp.line },
  block_offset: { type: 'uint64', read: ({ blockOffset }) => blockOffset },
  content_hash: text(({ hash }) => hash),
  doc: text((_row, doc) => doc),
};

const TYPES = {
  text: new Utf8(),
  uint8: new Uint8(),
  uint32: new Uint32(),
  uint64: new Uint64(),
  milliseconds: new TimestampMillisecond('UTC'),
  'int64?': new Int64(),
} as const;

/** Arrow schema of a block. */
export const blockSchema = new Schema(
  Object.entries(COLUMNS).map(([name, { type }]) => new Field(name, TYPES[type], type === 'int64?')),
);

/** Encodes rows, in their order, as one Arrow IPC stream of one batch. */
export function encodeBlock(rows: readonly BlockRow[]): Uint8Array {
  const docs = rows.map((row) => JSON.stringify(row.tx));
  const children = Object.values(COLUMNS).map((column) => columnData(column, rows, docs));
  const struct = makeData({
    type: new Struct(blockSchema.fields),
    length: rows.length,
    nullCount: 0,
    children,
  });
  return tableToIPC(new Table([new RecordBatch(blockSchema, struct)]), 'stream');
}

/** Rows of a block, in their order. Throws on bytes that `encodeBlock` did not write; the log's checksum comes first. */
export function decodeBlock(bytes: Uint8Array): BlockRow[] {
  const table = tableFromIPC(bytes);
  const column = (name: string) => {
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

function columnData(column: Column, rows: readonly BlockRow[], docs: readonly string[]): Data {
  const { length } = rows;
  const at = <V>(read: Read<V>, i: number): V => read(rows[i] as BlockRow, docs[i] as string);
  switch (column.type) {
    case 'text':
      return textData(rows.map((_row, i) => at(column.read, i)));
    case 'uint8':
      return makeData({
        type: TYPES.uint8,
        length,
        nullCount: 0,
        data: Uint8Array.from(rows, (_, i) => at(column.read, i)),
      });
    case 'uint32':
      return makeData({
        type: TYPES.uint32,
        length,
        nullCount: 0,
        data: Uint32Array.from(rows, (_, i) => at(column.read, i)),
      });
    case 'uint64': {
      const data = BigUint64Array.from(rows, (_, i) => BigInt(at(column.read, i)));
      return makeData({ type: TYPES.uint64, length, nullCount: 0, data });
    }
    case 'milliseconds': {
      const data = BigInt64Array.from(rows, (_, i) => BigInt(at(column.read, i)));
      return makeData({ type: TYPES.milliseconds, length, nullCount: 0, data });
    }
    case 'int64?':
      return nullableData(rows.map((_row, i) => at(column.read, i)));
  }
}

/** One write for the whole column where it is plain ASCII, as nearly all are; else value by value. */
function textData(values: readonly string[]): Data<Utf8> {
  const joined = values.join('');
  const bytes = Buffer.from(joined, 'utf8');
  const isAscii = bytes.length === joined.length;
  const valueOffsets = new Int32Array(values.length + 1);
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    end += isAscii ? value.length : Buffer.byteLength(value);
    valueOffsets[i + 1] = end;
  }
  const data = isAscii ? bytes : Buffer.concat(values.map((value) => Buffer.from(value, 'utf8')));
  return makeData({ type: TYPES.text, length: values.length, nullCount: 0, valueOffsets, data });
}

function nullableData(values: readonly (number | null)[]): Data<Int64> {
  const data = new BigInt64Array(values.length);
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  values.forEach((value, i) => {
    if (value === null) {
      nullCount++;
      return;
    }
    data[i] = BigInt(value);
    nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
  });
  return makeData({ type: TYPES['int64?'], length: values.length, nullCount, nullBitmap, data });
}
