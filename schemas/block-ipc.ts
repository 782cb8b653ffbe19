/**
 * The columns of a block, found in the bytes of its Arrow IPC stream without the library's reader, which makes some thousand objects of
 * a block of a hundred columns and takes a millisecond or more, whatever the number of rows. Few schemas differ; those met last are kept.
 *
 * The metadata are flatbuffers, of which a message, a record batch and a dictionary batch are read here (Apache Arrow columnar format,
 * "Serialization and Interprocess Communication"). Whatever leads out of the bytes throws.
 */
import { crc32 } from 'node:zlib';
import { Data, DataType, Vector } from 'apache-arrow';
import { type BlockSchema, blockSchema } from './block-schema.ts';
import { fieldAt, longAt, tableAt, vectorAt } from './flatbuffer.ts';

export interface BlockContents {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Data>;
}

interface Message {
  /** Where the table of its header lies, in the metadata. */
  readonly header: number;
  readonly kind: number;
  readonly metadata: DataView;
  readonly body: Uint8Array;
  /** Where the next one begins. */
  readonly end: number;
}

const KIND = { SCHEMA: 1, DICTIONARY: 2, BATCH: 3 } as const;
/** In front of the length of a message. */
const CONTINUES = -1;
const PREFIX_BYTES = 8;
/** Of the vectors of nodes and buffers. */
const ENTRY_BYTES = 16;
/** Schemas differ in the columns that are left out and in the width of codes: of thin blocks there are some hundreds. */
const SCHEMAS_KEPT = 512;

const NO_BYTES = new Uint8Array(0);

/** By checksum of the metadata, those met last behind the others. */
const schemas = new Map<number, { readonly metadata: Buffer; readonly schema: BlockSchema }>();

/** @throws Error where the bytes, which have to be aligned, are not one block */
export function blockContents(bytes: Uint8Array): BlockContents {
  const first = messageAt(bytes, 0);
  if (first?.kind !== KIND.SCHEMA) throw new RangeError('no schema');
  const schema = schemaOf(first);
  if (schema.fields.length === 0) throw new RangeError('no columns');
  const dictionaries = new Map<number, Vector>();
  let found: BlockContents | undefined;
  for (
    let message = messageAt(bytes, first.end);
    message !== undefined;
    message = messageAt(bytes, message.end)
  ) {
    if (message.kind === KIND.DICTIONARY) {
      const { metadata, header } = message;
      const id = longAt(metadata, fieldAt(metadata, header, 0));
      const type = schema.dictionaries.get(id);
      if (type === undefined || dictionaries.has(id)) throw new RangeError('a dictionary of no column');
      const batch = new BatchReader(message, tableAt(metadata, header, 1), dictionaries);
      dictionaries.set(id, new Vector([batch.next(type)]));
    } else if (message.kind === KIND.BATCH) {
      if (found !== undefined) throw new RangeError('more than one batch');
      const batch = new BatchReader(message, message.header, dictionaries);
      found = {
        rows: batch.rows,
        columns: new Map(schema.fields.map(({ name, type }) => [name, batch.next(type)])),
      };
    } else throw new RangeError('a message of another kind');
  }
  return found ?? { rows: 0, columns: new Map() };
}

/** Columns one after the other, each taking the nodes and buffers of its type. */
class BatchReader {
  readonly rows: number;
  readonly #metadata: DataView;
  readonly #body: Uint8Array;
  readonly #dictionaries: ReadonlyMap<number, Vector>;
  #node: number;
  readonly #nodesEnd: number;
  #buffer: number;
  readonly #buffersEnd: number;

  constructor({ metadata, body }: Message, table: number, dictionaries: ReadonlyMap<number, Vector>) {
    this.#metadata = metadata;
    this.#body = body;
    this.#dictionaries = dictionaries;
    if (fieldAt(metadata, table, 3) !== undefined) throw new RangeError('a batch that is compressed');
    this.rows = longAt(metadata, fieldAt(metadata, table, 0));
    // A row takes more than a byte.
    if (this.rows > body.length) throw new RangeError('rows outside of the block');
    [this.#node, this.#nodesEnd] = vectorAt(metadata, table, 1, ENTRY_BYTES);
    [this.#buffer, this.#buffersEnd] = vectorAt(metadata, table, 2, ENTRY_BYTES);
  }

  next(type: DataType): Data {
    if (this.#node >= this.#nodesEnd) throw new RangeError('a column without a node');
    const length = longAt(this.#metadata, this.#node);
    const nulls = longAt(this.#metadata, this.#node + 8);
    this.#node += ENTRY_BYTES;
    const validity = this.#bytes();
    const bitmap = nulls === 0 ? NO_BYTES : validity;
    if (DataType.isUtf8(type)) {
      const offsets = this.#array(Int32Array);
      return new Data(type, 0, length, nulls, [offsets, this.#bytes(), bitmap] as never);
    }
    if (DataType.isList(type)) {
      const offsets = this.#array(Int32Array);
      return new Data(type, 0, length, nulls, [offsets, undefined, bitmap] as never, [
        this.next(type.children[0]?.type as DataType),
      ]);
    }
    if (DataType.isFixedSizeList(type) || DataType.isStruct(type)) {
      const children = (type.children as readonly { readonly type: DataType }[]).map((child) =>
        this.next(child.type),
      );
      return new Data(type, 0, length, nulls, [undefined, undefined, bitmap] as never, children);
    }
    if (DataType.isDictionary(type)) {
      const dictionary = this.#dictionaries.get(type.id);
      if (dictionary === undefined) throw new RangeError('codes without their dictionary');
      const codes = this.#array(type.indices.ArrayType as never);
      return new Data(type, 0, length, nulls, [undefined, codes, bitmap] as never, [], dictionary);
    }
    if (!(DataType.isInt(type) || DataType.isFloat(type) || DataType.isTimestamp(type)))
      throw new RangeError('a column of a type that blocks do not have');
    return new Data(type, 0, length, nulls, [
      undefined,
      this.#array(type.ArrayType as never),
      bitmap,
    ] as never);
  }

  /** The next buffer. */
  #bytes(): Uint8Array {
    if (this.#buffer >= this.#buffersEnd) throw new RangeError('a column without a buffer');
    const offset = longAt(this.#metadata, this.#buffer);
    const length = longAt(this.#metadata, this.#buffer + 8);
    this.#buffer += ENTRY_BYTES;
    if (length === 0) return NO_BYTES;
    if (offset + length > this.#body.length) throw new RangeError('a buffer outside of the block');
    return this.#body.subarray(offset, offset + length);
  }

  #array<T extends ArrayBufferView>(
    of: { readonly BYTES_PER_ELEMENT: number } & (new (
      buffer: ArrayBufferLike,
      byteOffset: number,
      length: number,
    ) => T),
  ): T {
    const { buffer, byteOffset, byteLength } = this.#bytes();
    return new of(buffer, byteOffset, Math.floor(byteLength / of.BYTES_PER_ELEMENT));
  }
}

/** Undefined where the stream says that it ends. */
function messageAt(bytes: Uint8Array, at: number): Message | undefined {
  if (at + PREFIX_BYTES > bytes.length) throw new RangeError('a stream that was cut short');
  const prefix = new DataView(bytes.buffer, bytes.byteOffset + at, PREFIX_BYTES);
  if (prefix.getInt32(0, true) !== CONTINUES) throw new RangeError('no message');
  const size = prefix.getInt32(4, true);
  if (size === 0) return undefined;
  const from = at + PREFIX_BYTES;
  if (size < 0 || from + size > bytes.length) throw new RangeError('a message that was cut short');
  const metadata = new DataView(bytes.buffer, bytes.byteOffset + from, size);
  const table = metadata.getInt32(0, true);
  const kindAt = fieldAt(metadata, table, 1);
  const bodyBytes = longAt(metadata, fieldAt(metadata, table, 3));
  const body = from + size;
  if (kindAt === undefined || body + bodyBytes > bytes.length)
    throw new RangeError('a message that was cut short');
  return {
    kind: metadata.getUint8(kindAt),
    header: tableAt(metadata, table, 2),
    metadata,
    body: bytes.subarray(body, body + bodyBytes),
    end: body + bodyBytes,
  };
}

function schemaOf({ metadata: view, header }: Message): BlockSchema {
  const { buffer, byteOffset, byteLength } = view;
  const metadata = Buffer.from(buffer, byteOffset, byteLength);
  const sum = crc32(metadata);
  const found = schemas.get(sum);
  const entry = found?.metadata.equals(metadata)
    ? found
    : {
        // A copy: a view would keep the block.
        metadata: Buffer.from(metadata),
        schema: blockSchema(view, header),
      };
  schemas.delete(sum);
  schemas.set(sum, entry);
  const [oldest] = schemas.keys();
  if (schemas.size > SCHEMAS_KEPT) schemas.delete(oldest as number);
  return entry.schema;
}
