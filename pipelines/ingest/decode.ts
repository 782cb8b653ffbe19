/**
 * A feed's bytes to canonical rows, in bounded memory. Every record ends as exactly one outcome: a row, or a reject with
 * its place, its code and its original bytes. What is wrong with the file as a whole is a `fault` and ends the stream;
 * rows before it stand.
 */
import { type ErrorCode, type ErrorParams, RastroError } from '../../schemas/errors/index.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import type { PartyRecordInput } from '../../schemas/party.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import { byteOrderMark, isUtf16 } from './encoding.ts';
import { FEED_LIMITS } from './limits.ts';
import type { FaultOutcome, FeedSource, Outcome, WrittenOutcome } from './outcome.ts';
import {
  type Decoding,
  type Format,
  type LazyOutcomes,
  type OpenColumns,
  RecordReader,
} from './record-reader.ts';
import { RecordScanner } from './record-scanner.ts';

export interface DecodeOptions {
  readonly source: FeedSource;
  readonly mapping: Mapping;
  /** Who submits, where the mapping leaves it to the caller. */
  readonly institution?: string;
  /** The libraries alone give the same outcomes, slower; they are what the scanners are compared with. */
  readonly decoding?: Decoding;
  /** Told after every chunk how many records were read, and how many of them without a library. */
  readonly onRecords?: (records: number, scanned: number) => void;
}

const BYTE_ORDER_MARK_BYTES = 3;

function formatOf(mapping: Mapping, head: Uint8Array): Format {
  const { format } = mapping.source;
  if (format !== 'auto') return format;
  for (const byte of head) if (byte > 32) return byte === 0x7b ? 'ndjson' : 'csv';
  return 'csv';
}

function scannerFor(mapping: Mapping, format: Format): RecordScanner {
  const { quote, delimiter } = mapping.source;
  return format === 'csv'
    ? new RecordScanner({ quote: quote.charCodeAt(0), delimiter: delimiter.charCodeAt(0) })
    : new RecordScanner({ quote: null, delimiter: null });
}

/** One file on its way: nothing is known before its first bytes. */
class FileDecoder {
  readonly #options: DecodeOptions;
  #scanner: RecordScanner | null = null;
  #reader: RecordReader | null = null;
  #head: Buffer = Buffer.alloc(0);
  #mark = 0;

  constructor(options: DecodeOptions) {
    this.#options = options;
  }

  async push(chunk: Uint8Array): Promise<Outcome<unknown>[]> {
    if (this.#scanner !== null) return this.#feed(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    return this.#head.length < BYTE_ORDER_MARK_BYTES ? [] : this.#start();
  }

  /** `broken`: the source failed, so the last record may be half a record. */
  async end(broken: RastroError | null): Promise<Outcome<unknown>[]> {
    const outcomes = this.#scanner === null && this.#head.length > 0 ? await this.#start() : [];
    if (isFault(outcomes.at(-1))) return outcomes;
    if (this.#scanner !== null && this.#reader !== null) {
      outcomes.push(...(await this.#reader.read(this.#scanner.end(broken !== null))));
    }
    if (isFault(outcomes.at(-1))) return outcomes;
    if (broken !== null) outcomes.push(this.#fault(broken.code, broken.params));
    else if (this.#reader === null || this.#reader.records === 0)
      outcomes.push(this.#fault('RAS-FEED-FILE-EMPTY'));
    return outcomes;
  }

  async #start(): Promise<Outcome<unknown>[]> {
    const rest = this.#begin();
    return rest === null ? [this.#fault('RAS-FEED-ENCODING-UTF16')] : this.#feed(rest);
  }

  /** Looks at the first bytes; those behind the byte order mark, or null where nothing here reads them. */
  #begin(): Uint8Array | null {
    const head = this.#head;
    this.#head = Buffer.alloc(0);
    if (isUtf16(head)) return null;
    const { mapping, institution, decoding } = this.#options;
    this.#mark = byteOrderMark(head);
    const rest = head.subarray(this.#mark);
    const format = formatOf(mapping, rest);
    this.#scanner = scannerFor(mapping, format);
    this.#reader = new RecordReader(mapping, format, institution ?? null, this.#mark, decoding);
    return rest;
  }

  /** As `push` and `end`, with the records read when they are asked for: each before the next chunk comes. */
  async pushInto(chunk: Uint8Array, open: OpenColumns): Promise<LazyOutcomes> {
    if (this.#scanner === null) {
      this.#head = Buffer.concat([this.#head, chunk]);
      if (this.#head.length < BYTE_ORDER_MARK_BYTES) return { first: [], rows: [] };
      return this.#startInto(open);
    }
    return this.#feedInto(chunk, open);
  }

  async endInto(broken: RastroError | null, open: OpenColumns): Promise<readonly LazyOutcomes[]> {
    const found: LazyOutcomes[] = [];
    if (this.#scanner === null && this.#head.length > 0) found.push(await this.#startInto(open));
    if (isFault(found[0]?.first.at(-1))) return found;
    if (this.#scanner !== null && this.#reader !== null)
      found.push(await this.#reader.readInto(this.#scanner.end(broken !== null), open));
    if (isFault(found.at(-1)?.first.at(-1))) return found;
    const faults: FaultOutcome[] = [];
    if (broken !== null) faults.push(this.#fault(broken.code, broken.params));
    else if (this.#reader === null || this.#reader.records === 0)
      faults.push(this.#fault('RAS-FEED-FILE-EMPTY'));
    return [...found, { first: faults, rows: [] }];
  }

  async #startInto(open: OpenColumns): Promise<LazyOutcomes> {
    const rest = this.#begin();
    return rest === null
      ? { first: [this.#fault('RAS-FEED-ENCODING-UTF16')], rows: [] }
      : this.#feedInto(rest, open);
  }

  async #feedInto(bytes: Uint8Array, open: OpenColumns): Promise<LazyOutcomes> {
    const scanner = this.#scanner as RecordScanner;
    const found = await (this.#reader as RecordReader).readInto(scanner.push(bytes), open);
    if (scanner.line <= FEED_LIMITS.FILE_ROWS) return found;
    return { ...found, last: this.#fault('RAS-FEED-FILE-ROWS', { limit: FEED_LIMITS.FILE_ROWS }) };
  }

  async #feed(bytes: Uint8Array): Promise<Outcome<unknown>[]> {
    const scanner = this.#scanner as RecordScanner;
    const reader = this.#reader as RecordReader;
    const outcomes = await reader.read(scanner.push(bytes));
    this.#options.onRecords?.(reader.records, reader.scanned);
    if (!isFault(outcomes.at(-1)) && scanner.line > FEED_LIMITS.FILE_ROWS) {
      outcomes.push(this.#fault('RAS-FEED-FILE-ROWS', { limit: FEED_LIMITS.FILE_ROWS }));
    }
    return outcomes;
  }

  #fault(code: ErrorCode, params: ErrorParams = {}): FaultOutcome {
    const line = this.#scanner?.line ?? 1;
    const byteOffset = this.#mark + (this.#scanner?.byteOffset ?? 0);
    return { kind: 'fault', line, byteOffset, code, params };
  }
}

const isFault = (outcome: Outcome<unknown> | undefined): boolean => outcome?.kind === 'fault';

async function* decode(options: DecodeOptions): AsyncGenerator<Outcome<unknown>[]> {
  const file = new FileDecoder(options);
  let broken: RastroError | null = null;
  try {
    for await (const chunk of options.source.chunks) {
      if (chunk.byteLength === 0) continue;
      const outcomes = await file.push(chunk);
      if (outcomes.length > 0) yield outcomes;
      if (isFault(outcomes.at(-1))) return;
    }
  } catch (error) {
    if (!RastroError.is(error)) throw error;
    broken = error;
  }
  const outcomes = await file.end(broken);
  if (outcomes.length > 0) yield outcomes;
}

type ColumnBatch = Iterable<Outcome<TransactionInput> | WrittenOutcome>;

function* batchesOf({ first, rows, last }: LazyOutcomes): Generator<ColumnBatch> {
  if (first.length > 0) yield first as readonly Outcome<TransactionInput>[];
  yield rows as ColumnBatch;
  if (last !== undefined) yield [last];
}

/**
 * Transactions of one file into columns: as `decodeFeed`, but records whose parts are taken by what `open` gives are
 * written there as the caller goes through a batch, and said to be `written`. A batch is gone through before the next one
 * is asked for.
 */
export async function* decodeColumns(options: DecodeOptions, open: OpenColumns): AsyncGenerator<ColumnBatch> {
  const file = new FileDecoder(options);
  let broken: RastroError | null = null;
  try {
    for await (const chunk of options.source.chunks) {
      if (chunk.byteLength === 0) continue;
      const found = await file.pushInto(chunk, open);
      yield* batchesOf(found);
      if (found.last !== undefined || isFault(found.first.at(-1))) return;
    }
  } catch (error) {
    if (!RastroError.is(error)) throw error;
    broken = error;
  }
  for (const found of await file.endInto(broken, open)) yield* batchesOf(found);
}

/**
 * Transactions of one file in its order, a batch per chunk read. The first outcome is `feed`, unless a fault comes
 * before it. The mapping must be of kind transactions.
 */
export function decodeFeed(options: DecodeOptions): AsyncGenerator<Outcome<TransactionInput>[]> {
  return decode(options) as AsyncGenerator<Outcome<TransactionInput>[]>;
}

/** Party records of one file, likewise; the mapping must be of kind parties. */
export function decodeParties(options: DecodeOptions): AsyncGenerator<Outcome<PartyRecordInput>[]> {
  return decode(options) as AsyncGenerator<Outcome<PartyRecordInput>[]>;
}
