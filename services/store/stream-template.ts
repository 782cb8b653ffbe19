/**
 * What stands in an Arrow stream of the table's columns beside their bytes: the library writes it once, of a row that says nothing, and
 * in copies of it only numbers change, which lie where they lay (Apache Arrow columnar format, "Encapsulated message format").
 */
import {
  type Data,
  Dictionary,
  Field,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  tableToIPC,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { DICTIONARIES, TABLE_COLUMNS, type TableColumn } from '../../schemas/block-layout.ts';
import { fieldAt, tableAt, vectorAt } from '../../schemas/flatbuffer.ts';

/** A column, or the entries of a dictionary. */
export interface Part {
  readonly rows: number;
  readonly nulls: number;
  /** In the order of the format: of nulls (none where there are no nulls), of places of texts, of values. */
  readonly buffers: readonly PartBuffer[];
}

export interface PartBuffer {
  readonly bytes: number;
  /** Writes so many bytes; `into` begins at a multiple of eight. */
  write(into: Uint8Array): void;
}

interface StreamMessage {
  readonly head: Uint8Array;
  readonly parts: readonly Part[];
  readonly bodyBytes: number;
}

/** In front of the length of a message. */
const CONTINUES = -1;
const PREFIX_BYTES = 8;
const ALIGNED_BYTES = 8;
/** Of the vectors of nodes and buffers. */
const ENTRY_BYTES = 16;

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const padded = (bytes: number): number => Math.ceil(bytes / ALIGNED_BYTES) * ALIGNED_BYTES;

function setLong(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, 0, true);
}

/** One message, prefix included, without its body; and where its numbers lie. */
class MessageTemplate {
  readonly #head: Uint8Array;
  readonly #bodyBytesAt: number;
  readonly #rowsAt: number;
  readonly #nodesAt: number;
  readonly #buffersAt: number;

  /** `path`: fields that lead from the message's header to its record batch. */
  constructor(head: Uint8Array, path: readonly number[]) {
    this.#head = head;
    const view = metadataOf(head);
    const message = view.getInt32(0, true);
    const batch = path.reduce((table, field) => tableAt(view, table, field), tableAt(view, message, 2));
    this.#bodyBytesAt = fieldAt(view, message, 3) as number;
    this.#rowsAt = fieldAt(view, batch, 0) as number;
    [this.#nodesAt] = vectorAt(view, batch, 1, ENTRY_BYTES);
    [this.#buffersAt] = vectorAt(view, batch, 2, ENTRY_BYTES);
  }

  filled(parts: readonly Part[]): StreamMessage {
    const head = this.#head.slice();
    const view = metadataOf(head);
    let [node, buffer, at] = [this.#nodesAt, this.#buffersAt, 0];
    for (const { rows, nulls, buffers } of parts) {
      setLong(view, node, rows);
      setLong(view, node + 8, nulls);
      node += ENTRY_BYTES;
      for (const { bytes } of buffers) {
        setLong(view, buffer, at);
        setLong(view, buffer + 8, bytes);
        buffer += ENTRY_BYTES;
        at += padded(bytes);
      }
    }
    setLong(view, this.#rowsAt, parts[0]?.rows ?? 0);
    setLong(view, this.#bodyBytesAt, at);
    return { head, parts, bodyBytes: at };
  }
}

const metadataOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset + PREFIX_BYTES, byteLength - PREFIX_BYTES);

class StreamTemplate {
  readonly #schema: Uint8Array;
  readonly #dictionaries: readonly MessageTemplate[];
  readonly #batch: MessageTemplate;

  constructor() {
    const heads = headsOf(sample());
    const [schema, ...others] = heads;
    this.#schema = schema as Uint8Array;
    // Of a dictionary batch, the record batch is its second field.
    this.#dictionaries = others.slice(0, DICTIONARIES.length).map((head) => new MessageTemplate(head, [1]));
    this.#batch = new MessageTemplate(others[DICTIONARIES.length] as Uint8Array, []);
  }

  dictionary(id: number, parts: readonly Part[]): StreamMessage {
    return (this.#dictionaries[id] as MessageTemplate).filled(parts);
  }

  batch(parts: readonly Part[]): StreamMessage {
    return this.#batch.filled(parts);
  }

  stream(messages: readonly StreamMessage[]): Uint8Array {
    const size = messages.reduce((sum, { head, bodyBytes }) => sum + head.length + bodyBytes, 0);
    const bytes = new Uint8Array(this.#schema.length + size + PREFIX_BYTES);
    bytes.set(this.#schema);
    let at = this.#schema.length;
    for (const { head, parts } of messages) {
      bytes.set(head, at);
      at += head.length;
      for (const { buffers } of parts)
        for (const { bytes: length, write } of buffers) {
          if (length > 0) write(bytes.subarray(at, at + length));
          at += padded(length);
        }
    }
    new DataView(bytes.buffer).setInt32(at, CONTINUES, true);
    return bytes;
  }
}

/** The library's stream of one row. */
function sample(): Uint8Array {
  // One type a dictionary, shared by its columns: it is written once a batch.
  const codes = DICTIONARIES.map((_, id) => new Dictionary(new Utf8(), new Uint32(), id, false));
  const dictionary = vectorFromArray(['x'], new Utf8());
  const one = { length: 1, nullCount: 0 } as const;
  const dataOf = (kind: (typeof TABLE_COLUMNS)[TableColumn]): Data => {
    switch (kind) {
      case 'words':
      case 'keys': {
        const type = codes[DICTIONARIES.indexOf(kind)] as Dictionary<Utf8, Uint32>;
        return makeData({ ...one, type, data: new Uint32Array(1), dictionary });
      }
      case 'utf8': {
        const valueOffsets = Int32Array.of(0, 1);
        return makeData({ ...one, type: new Utf8(), valueOffsets, data: new Uint8Array(1) });
      }
      case 'uint8':
        return makeData({ ...one, type: new Uint8(), data: new Uint8Array(1) });
      case 'uint32':
        return makeData({ ...one, type: new Uint32(), data: new Uint32Array(1) });
      case 'uint64':
        return makeData({ ...one, type: new Uint64(), data: new BigUint64Array(1) });
      case 'milliseconds':
        return makeData({ ...one, type: new TimestampMillisecond('UTC'), data: new BigInt64Array(1) });
      case 'int64?':
        return makeData({ ...one, type: new Int64(), data: new BigInt64Array(1) });
    }
  };
  const kinds = Object.entries(TABLE_COLUMNS);
  const children = kinds.map(([, kind]) => dataOf(kind));
  const fields = kinds.map(([name, kind], i) => new Field(name, children[i]!.type, kind.endsWith('?')));
  const struct = makeData({ type: new Struct(fields), ...one, children });
  return tableToIPC(new Table([new RecordBatch(new Schema(fields), struct)]), 'stream');
}

/** The messages of a stream without their bodies. */
function headsOf(stream: Uint8Array): Uint8Array[] {
  const heads: Uint8Array[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let at = 0; ; ) {
    const size = view.getInt32(at + 4, true);
    if (size === 0) return heads;
    const head = stream.slice(at, at + PREFIX_BYTES + size);
    heads.push(head);
    const metadata = metadataOf(head);
    const bodyBytesAt = fieldAt(metadata, metadata.getInt32(0, true), 3);
    at += head.length + (bodyBytesAt === undefined ? 0 : metadata.getUint32(bodyBytesAt, true));
  }
}

let known: StreamTemplate | undefined;

export function streamTemplate(): StreamTemplate {
  known ??= new StreamTemplate();
  return known;
}
