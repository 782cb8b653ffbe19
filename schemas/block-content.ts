/** The table's columns of a block whose rows were never documents: facts, and beside them what only the table has. */
import { type Data, Int64, makeData, TimestampMillisecond, Uint8, Uint32, Uint64, Utf8 } from 'apache-arrow';
import type { BlockColumns, Column, NumberType } from './block-columns.ts';
import { type DictionaryName, TABLE_COLUMNS, type TableColumn } from './block-layout.ts';
import type { CodeTable, FactTexts } from './block-texts.ts';
import { FACT_COLUMNS, FACT_FLAGS, type FactBatch } from './facts.ts';

/** Texts one behind the other: text i is `bytes[ends[i - 1] .. ends[i])`. */
export interface TextColumn {
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;
}

export interface BlockContent {
  readonly facts: FactBatch;
  readonly texts: FactTexts;
  /** Kept from block to block. */
  readonly tables: Readonly<Record<DictionaryName, CodeTable>>;
  /** Settled amounts in minor units, as integers in decimal digits. */
  readonly amountMinor: TextColumn;
  /** Content hashes in hex. */
  readonly contentHash: TextColumn;
  /** Rows as JSON. */
  readonly doc: TextColumn;
  /** Text ids, or `TEXT_NULL`. */
  readonly rateId: Int32Array;
  readonly submissionId: Int32Array;
  readonly line: Float64Array;
}

const UTF8 = new Utf8();
const TWO_32 = 2 ** 32;

function utf8Data({ bytes, ends }: TextColumn, rows: number): Data<Utf8> {
  const valueOffsets = new Int32Array(rows + 1);
  valueOffsets.set(ends.subarray(0, rows), 1);
  return makeData({
    type: UTF8,
    length: rows,
    nullCount: 0,
    valueOffsets,
    data: bytes.subarray(0, valueOffsets[rows]),
  });
}

/** Safe integers of a column; NaN is null where the column has nulls. */
function numberData(type: NumberType, values: ArrayLike<number>, length: number): Data {
  if (type === 'uint8') {
    const data = new Uint8Array(length);
    for (let i = 0; i < length; i++) data[i] = values[i] as number;
    return makeData({ type: new Uint8(), length, nullCount: 0, data });
  }
  if (type === 'uint32') {
    const data = new Uint32Array(length);
    for (let i = 0; i < length; i++) data[i] = values[i] as number;
    return makeData({ type: new Uint32(), length, nullCount: 0, data });
  }
  const words = new Int32Array(2 * length);
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  let nullCount = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) {
      nullCount++;
      continue;
    }
    nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
    words[2 * i] = value;
    words[2 * i + 1] = Math.floor(value / TWO_32);
  }
  if (type === 'uint64')
    return makeData({ type: new Uint64(), length, nullCount: 0, data: new BigUint64Array(words.buffer) });
  const data = new BigInt64Array(words.buffer);
  if (type === 'milliseconds')
    return makeData({ type: new TimestampMillisecond('UTC'), length, nullCount: 0, data });
  return makeData({ type: new Int64(), length, nullCount, nullBitmap, data });
}

/** One column of the table `transactions`; `blockOffset` is where the block will stand in its log. */
export function contentColumn(
  block: BlockColumns,
  name: TableColumn,
  content: BlockContent,
  blockOffset: number,
): Column {
  const { facts } = content;
  const { rows, columns } = facts;
  const text = (column: TextColumn): Column => ({ name, data: () => utf8Data(column, rows) });
  const numbers = (values: ArrayLike<number>): Column => {
    const type = TABLE_COLUMNS[name] as NumberType;
    return {
      name,
      ...(type === 'int64?' ? { isNullable: true as const } : {}),
      data: () => numberData(type, values, rows),
    };
  };
  const same = (value: number): Column => numbers(new Float64Array(rows).fill(value));
  switch (name) {
    case 'institution':
      return block.idColumn(name, columns.institution);
    case 'ccy':
      return block.idColumn(name, columns.ccy);
    case 'rate_id':
      return block.idColumn(name, content.rateId);
    case 'submission_id':
      return block.idColumn(name, content.submissionId);
    case 'debtor_account':
      return block.idColumn(name, columns.account, 0, 2);
    case 'creditor_account':
      return block.idColumn(name, columns.account, 1, 2);
    case 'debtor_holder':
      return block.idColumn(name, columns.party, 0, 2);
    case 'creditor_holder':
      return block.idColumn(name, columns.party, 1, 2);
    case 'precision':
    case 'kind':
    case 'rail':
    case 'channel':
    case 'instrument':
    case 'status':
      return block.enumColumn(name, columns[name], FACT_COLUMNS[name].values);
    case 'id':
      return text({ bytes: facts.idBytes, ends: facts.idEnds });
    case 'amount_minor':
      return text(content.amountMinor);
    case 'content_hash':
      return text(content.contentHash);
    case 'doc':
      return text(content.doc);
    case 'version':
      return numbers(facts.version);
    case 'withdrawn':
      return numbers(facts.flags.map((bits) => ((bits & FACT_FLAGS.withdraw) === 0 ? 0 : 1)));
    case 'event_time':
      return numbers(columns.time);
    case 'ref_usd_minor':
      return numbers(columns.amountUsd);
    case 'ref_mxn_minor':
      return numbers(columns.amountMxn);
    case 'ref_cad_minor':
      return numbers(columns.amountCad);
    case 'line':
      return numbers(content.line);
    case 'revision':
      return same(0);
    case 'block_offset':
      return same(blockOffset);
  }
}
