/**
 * Several blocks as one insert: the store's columns of each, one Arrow stream with a batch a block. A store that gets an insert
 * for every thin block merges parts all day.
 *
 * Blocks differ in their types (codes of 16 or 32 bits, fact columns left out), a stream may not: the codes are widened, what
 * the store would skip is left away. Each batch brings its dictionaries, which the format calls a replacement.
 */
import {
  type Data,
  DataType,
  Dictionary,
  Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Uint32,
  Utf8,
} from 'apache-arrow';
import { DICTIONARIES, TABLE_COLUMNS, type TableColumn } from '../../schemas/block-layout.ts';
import { BlockReader, corrupt } from '../../schemas/block-reader.ts';

const COLUMNS = Object.keys(TABLE_COLUMNS) as TableColumn[];
/** One type a dictionary, shared by its columns: it is written once a batch. */
const TYPES = Object.fromEntries(
  DICTIONARIES.map((name, id) => [name, new Dictionary(new Utf8(), new Uint32(), id, false)]),
) as Record<(typeof DICTIONARIES)[number], Dictionary<Utf8, Uint32>>;

/** One Arrow IPC stream for the table `transactions`, with the rows of all `blocks`, in their order. */
export function mergedBlocks(blocks: readonly Uint8Array[]): Uint8Array {
  const batches = blocks
    .map((bytes) => new BlockReader(bytes))
    .filter(({ rows }) => rows > 0)
    .map(tableBatch);
  const [first] = batches;
  if (first === undefined) throw new RangeError('no block to merge');
  return tableToIPC(new Table(first.schema, batches), 'stream');
}

function tableBatch(block: BlockReader): RecordBatch {
  const columns = COLUMNS.map((name) => columnOf(block, name));
  const fields = COLUMNS.map((name, i) => {
    const data = columns[i] as Data;
    return new Field(name, data.type, TABLE_COLUMNS[name].endsWith('?'));
  });
  const struct = makeData({
    type: new Struct(fields),
    length: block.rows,
    nullCount: 0,
    children: columns,
  });
  return new RecordBatch(new Schema(fields), struct);
}

function columnOf(block: BlockReader, name: TableColumn): Data {
  const data = block.column(name);
  if (data === undefined) return corrupt(name);
  const kind = TABLE_COLUMNS[name];
  if (kind !== 'words' && kind !== 'keys') return data;
  if (!DataType.isDictionary(data.type)) return corrupt(name);
  const { values, dictionary } = data as unknown as Data<Dictionary<Utf8>>;
  const codes = values instanceof Uint32Array ? values : Uint32Array.from(values as Uint16Array);
  return makeData({
    type: TYPES[kind],
    length: data.length,
    nullCount: 0,
    data: codes,
    dictionary: dictionary!,
  });
}
