/**
 * Records of `transactions` as rows of the table `log_records`: which rows a record brought to its partition, by identity, and what
 * else it said. With the table `transactions` that is the partition's log again (`history.ts`).
 */
import { OUTCOME } from '../../pipelines/detect/hot/row-ledger.ts';
import type { TopicRecord } from '../../pipelines/log/bus.ts';
import type { RecordKind } from '../../pipelines/log/port.ts';
import { DICTIONARIES } from '../../schemas/block-layout.ts';
import { aligned, BlockReader, corrupt, type Utf8Column } from '../../schemas/block-reader.ts';
import { decodeReference, encodeReference } from '../workspace/reference-record.ts';
import { rulesText } from '../workspace/rule-record.ts';

/** Digits of the content hash that tell one form of a row from another. */
export const HASH_DIGITS = 16;

/** A row of `log_records`, by its columns. */
export interface LogRecordRow {
  readonly log: string;
  readonly partition: number;
  readonly block_offset: number;
  readonly revision: number;
  /** Empty: the record could not be read, or had no value. */
  readonly kind: RecordKind | '';
  readonly institutions: readonly string[];
  readonly ids: readonly string[];
  readonly versions: readonly number[];
  readonly hashes: readonly string[];
  readonly doc: string;
}

/** What of a record is kept. A row that was a duplicate or contradicted another changed nothing, and is not. */
type Content = Omit<LogRecordRow, 'log' | 'partition' | 'block_offset' | 'revision' | 'kind'>;

const NO_ROWS = { institutions: [], ids: [], versions: [], hashes: [] } as const;

/**
 * The row of a record that was taken in. `kind`: undefined for one that could not be read; `outcomes`: of its rows.
 * @throws RastroError RAS-ENGINE-BLOCK-CORRUPT
 */
export function logRecordRow(
  log: string,
  { partition, offset, value }: Pick<TopicRecord, 'partition' | 'offset' | 'value'>,
  kind: RecordKind | undefined,
  outcomes: Uint8Array | undefined,
): LogRecordRow {
  const isRead = kind !== undefined && value !== null;
  // What a prefix of the log does to its next record is always the same.
  const place = { log, partition, block_offset: offset, revision: 0, kind: isRead ? kind : ('' as const) };
  if (!isRead) return { ...place, ...NO_ROWS, doc: '' };
  return { ...place, ...contentOf(kind, value, outcomes) };
}

function contentOf(kind: RecordKind, value: Uint8Array, outcomes: Uint8Array | undefined): Content {
  switch (kind) {
    case 'transactions':
    case 'copies':
      return rowsOf(value, outcomes ?? new Uint8Array(0));
    case 'reference':
      // Rows are stamped before they come here: parties are for who stamps, and are in a table of their own.
      return { ...NO_ROWS, doc: textOf(encodeReference({ ...decodeReference(value), parties: [] })) };
    case 'rules':
      return { ...NO_ROWS, doc: rulesText(value) };
    case 'watermark':
      return { ...NO_ROWS, doc: textOf(value) };
  }
}

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('utf8');

function texts({ offsets, bytes }: Utf8Column): (row: number, length?: number) => string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (row, length = Number.POSITIVE_INFINITY) => {
    const start = offsets[row] as number;
    return buffer.toString('utf8', start, Math.min(start + length, offsets[row + 1] as number));
  };
}

function rowsOf(block: Uint8Array, outcomes: Uint8Array): Content {
  const reader = new BlockReader(aligned(block));
  const { rows } = reader;
  const institutions: string[] = [];
  const ids: string[] = [];
  const versions: number[] = [];
  const hashes: string[] = [];
  const content = { institutions, ids, versions, hashes, doc: '' };
  if (rows === 0) return content;
  const codes = reader.codes('institution', 'words', rows) ?? corrupt('institution');
  const words = texts(reader.dictionary('institution', DICTIONARIES.indexOf('words')));
  const names: string[] = [];
  const id = texts(reader.utf8('id'));
  const version = reader.numbers('version', Uint32Array);
  const hash = texts(reader.utf8('content_hash'));
  for (let row = 0; row < rows; row++) {
    const outcome = outcomes[row];
    if (outcome !== OUTCOME.OK && outcome !== OUTCOME.LATE) continue;
    const code = codes[row] as number;
    names[code] ??= words(code);
    institutions.push(names[code] as string);
    ids.push(id(row));
    versions.push(version[row] as number);
    hashes.push(hash(row, HASH_DIGITS));
  }
  return content;
}
