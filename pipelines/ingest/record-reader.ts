/** Scanned records of one file to outcomes: decode the text, find the fields, build the tree, check it. */
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../schemas/errors/index.ts';
import { base32, canonicalJson, hashList } from '../../schemas/ids.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import type { TransactionInput } from '../../schemas/transaction.ts';
import type { PartsTaker } from './columns/row-parts.ts';
import { oddFields, plainFields } from './csv.ts';
import { TextReader } from './encoding.ts';
import { FixedLines } from './fixed.ts';
import { FEED_LIMITS } from './limits.ts';
import { columnsRead, rootShape } from './mapping-plan.ts';
import { maskValue } from './mask.ts';
import { fillDefaults, fillPartyDefaults, meaningFault } from './meaning.ts';
import { flatten, parseObject } from './ndjson.ts';
import type { FaultOutcome, FeedOutcome, Outcome, RowOutcome, WrittenOutcome } from './outcome.ts';
import { RecordRejects } from './record-rejects.ts';
import type { ScannedRecord } from './record-scanner.ts';
import { bindMapping, type FileFault, type RowBuilder } from './row-builder.ts';
import { type FastReader, LineReader, MappedObjectReader } from './scan/fast-reader.ts';
import { ObjectReader } from './scan/object-reader.ts';
import { LateLeaves, type ScannedTree } from './scan/scanned.ts';
import type { ObjectShape } from './shape.ts';
import { ShapeWalk } from './shape-walk.ts';
import { ZoneOffsets } from './zone-offset.ts';

export type Format = FeedOutcome['format'];

/** A record with its text, and its fields where they are already known. */
interface Read {
  readonly record: ScannedRecord;
  readonly text: string | null;
  fields: string[] | null;
  code: ErrorCode | null;
}

/** What reads records: `scanners` where they can, or the libraries alone, which is the slow way to the same outcomes. */
export type Decoding = 'scanners' | 'libraries';

/** Who makes rows of a feed's parts, once it is known what that provides. */
export type OpenColumns = (feed: FeedOutcome) => PartsTaker;

/** What begins a file, and its records, read when they are asked for. */
export interface LazyOutcomes {
  readonly first: readonly Outcome<unknown>[];
  readonly rows: Iterable<Outcome<unknown> | WrittenOutcome>;
  /** What ends the file behind them. */
  readonly last?: FaultOutcome;
}

/** Delimiters that a scanner compares bytes with. */
const isPlainDelimiter = (delimiter: string): boolean =>
  delimiter === '\t' || (delimiter >= ' ' && delimiter < '\x7f');

export class RecordReader {
  /** Records seen, header and context lines included, and those that the scanners read. */
  records = 0;
  readonly #mapping: Mapping;
  readonly #format: Format;
  readonly #institution: string | null;
  readonly #mark: number;
  readonly #shape: ObjectShape;
  readonly #walk = new ShapeWalk();
  readonly #zones = new ZoneOffsets();
  readonly #isTransactions: boolean;
  readonly #fixed: FixedLines | null;
  readonly #texts: TextReader;
  readonly #dialect: { readonly delimiter: string; readonly quote: string };
  #toSkip: number;
  #header: readonly string[] | null = null;
  #builder: RowBuilder | null = null;
  #fast: FastReader | null = null;
  readonly #late: LateLeaves;
  readonly #rejects: RecordRejects;
  readonly #decoding: Decoding;
  scanned = 0;
  #started = false;
  #taker: PartsTaker | null = null;
  /** How often each content was seen in this file, where ids are derived from it. */
  readonly #ordinals = new Map<string, number>();

  constructor(
    mapping: Mapping,
    format: Format,
    institution: string | null,
    mark: number,
    decoding: Decoding = 'scanners',
  ) {
    this.#mapping = mapping;
    this.#decoding = decoding;
    this.#format = format;
    this.#institution = institution;
    this.#mark = mark;
    this.#shape = rootShape(mapping);
    this.#late = new LateLeaves(this.#shape);
    this.#rejects = new RecordRejects(mapping.source.encoding, mark);
    this.#isTransactions = mapping.kind === 'transactions';
    this.#dialect = mapping.source;
    this.#texts = new TextReader(mapping.source.encoding);
    this.#toSkip = mapping.source.skipLines;
    this.#fixed = format === 'fixed' ? new FixedLines(mapping.source.records ?? []) : null;
    if (this.#fixed !== null) this.#header = this.#fixed.header;
    else if (format === 'ndjson') this.#header = mapping.canonical ? [] : [...columnsRead(mapping).keys()];
    else if (!mapping.source.header) this.#header = mapping.source.columns ?? [];
  }

  async read(records: readonly ScannedRecord[]): Promise<Outcome<unknown>[]> {
    const { outcomes, rest } = await this.#open(records);
    if (rest.length === 0) return outcomes;
    if (this.#format === 'csv') await this.#readCsv(rest, outcomes);
    else for (const record of rest) this.#readLine(record, outcomes);
    return outcomes;
  }

  /** As `read`, but records whose parts `open` takes are written there, each when it is asked for. */
  async readInto(records: readonly ScannedRecord[], open: OpenColumns): Promise<LazyOutcomes> {
    const { outcomes, rest } = await this.#open(records);
    const feed = outcomes.find((outcome) => outcome.kind === 'feed');
    if (feed !== undefined) this.#taker = open(feed);
    if (rest.length === 0 || this.#taker === null) return { first: outcomes, rows: [] };
    const odd = this.#format === 'csv' ? rest.filter((record) => record.odd || record.fault !== null) : [];
    const read = odd.length === 0 ? [] : await this.#fields(odd);
    return { first: outcomes, rows: this.#writtenRows(rest, read, this.#taker) };
  }

  *#writtenRows(
    records: readonly ScannedRecord[],
    odd: readonly Read[],
    taker: PartsTaker,
  ): Generator<Outcome<unknown> | WrittenOutcome> {
    let next = 0;
    for (const record of records) {
      const { line } = record;
      const isOdd = record.odd || record.fault !== null;
      let known: boolean | null = false;
      if (!isOdd && this.#fast !== null && record.length <= FEED_LIMITS.FIELD_BYTES) {
        taker.line = line;
        known = this.#fast.readParts(record.buffer, record.start, record.stop, taker);
        if (known === true) {
          this.scanned += 1;
          yield { kind: 'written', line, byteOffset: record.byteOffset + this.#mark };
          continue;
        }
      }
      if (this.#format === 'csv') {
        yield this.#lineRow(isOdd ? (odd[next++] as Read) : this.#plain(record));
        continue;
      }
      const outcome = this.#textRow(record);
      if (outcome === null) continue;
      if (known === null && outcome.kind === 'row')
        this.#fast?.learn(record.buffer, record.start, record.stop);
      yield outcome;
    }
  }

  /** Reads what stands before the records of a file. */
  async #open(
    records: readonly ScannedRecord[],
  ): Promise<{ outcomes: Outcome<unknown>[]; rest: readonly ScannedRecord[] }> {
    const outcomes: Outcome<unknown>[] = [];
    this.records += records.length;
    let from = Math.min(this.#toSkip, records.length);
    this.#toSkip -= from;
    if (this.#header === null && from < records.length) {
      const fault = await this.#readHeader(records[from] as ScannedRecord);
      if (fault !== null) return { outcomes: [fault], rest: [] };
      from += 1;
    }
    if (!this.#started && this.#header !== null) {
      const begun = this.#begin(this.#header);
      outcomes.push(begun);
      if (begun.kind === 'fault') return { outcomes, rest: [] };
    }
    return { outcomes, rest: from === 0 ? records : records.slice(from) };
  }

  #text(record: ScannedRecord): Read {
    if (record.fault !== null) return { record, text: null, fields: null, code: record.fault };
    const { text, fault } = this.#texts.read(record.buffer, record.start, record.stop);
    return { record, text, fields: null, code: fault };
  }

  /** Fields of every record: direct where plain, all the odd ones together through the library. */
  async #fields(records: readonly ScannedRecord[]): Promise<Read[]> {
    const read = records.map((record) => this.#text(record));
    const odd = read.filter((one) => one.text !== null && one.record.odd);
    for (const one of read) {
      if (one.text !== null && !one.record.odd) one.fields = plainFields(one.text, this.#dialect.delimiter);
    }
    const parsed = await oddFields(
      odd.map((one) => one.text as string),
      this.#dialect,
    );
    odd.forEach((one, index) => {
      one.fields = parsed[index] ?? null;
      if (one.fields === null) one.code = 'RAS-FEED-QUOTE-MALFORMED';
    });
    return read;
  }

  async #readHeader(record: ScannedRecord): Promise<FaultOutcome | null> {
    const [read] = await this.#fields([record]);
    if (read?.fields === undefined || read.fields === null) {
      return this.#fault(record, { code: 'RAS-FEED-HEADER-UNREADABLE', params: { cause: read?.code ?? '' } });
    }
    if (read.fields.length > FEED_LIMITS.COLUMNS) {
      const params = { count: read.fields.length, limit: FEED_LIMITS.COLUMNS };
      return this.#fault(record, { code: 'RAS-FEED-COLUMNS-TOO-MANY', params });
    }
    this.#header = read.fields;
    return null;
  }

  #fault(record: ScannedRecord | null, fault: FileFault): FaultOutcome {
    const byteOffset = record === null ? 0 : record.byteOffset + this.#mark;
    return { kind: 'fault', line: record?.line ?? 1, byteOffset, ...fault };
  }

  #begin(header: readonly string[]): FeedOutcome | FaultOutcome {
    this.#started = true;
    const { id, version, provides, coverage, coverageByInstitution, idFrom } = this.#mapping;
    const name = `${id}@${version}`;
    let provided: readonly string[] = provides ?? [];
    let isWhole = true;
    if (!this.#readsObjects()) {
      const bound = bindMapping(this.#mapping, header, this.#institution);
      if ('code' in bound) return this.#fault(null, bound);
      this.#builder = bound;
      ({ provided, isWhole } = bound);
    }
    if (this.#decoding === 'scanners') this.#fast = this.#fastReader(header);
    const suffix = isWhole ? '' : `#${base32(hashList([...provided].sort())).slice(0, 8)}`;
    return {
      kind: 'feed',
      format: this.#format,
      mapping: name,
      providedId: `${name}${suffix}`,
      provided,
      idsDerived: idFrom === 'content',
      coverage: coverage ?? null,
      coverageByInstitution: coverageByInstitution ?? {},
    };
  }

  #fastReader(header: readonly string[]): FastReader | null {
    // What a derived id would do to a party is for the contract to say.
    if (!this.#isTransactions && this.#mapping.idFrom === 'content') return null;
    if (this.#readsObjects()) return new ObjectReader(this.#shape);
    const { delimiter } = this.#dialect;
    const builder = this.#builder as RowBuilder;
    if (this.#format === 'ndjson') return new MappedObjectReader(builder, this.#shape, header);
    if (this.#format === 'csv' && isPlainDelimiter(delimiter) && header.length <= FEED_LIMITS.COLUMNS)
      return new LineReader(builder, this.#shape, header.length, delimiter.charCodeAt(0));
    return null;
  }

  /** A record by its bytes alone; null where the library is to read it. */
  #scan(record: ScannedRecord): ScannedTree | null {
    if (this.#fast === null || record.odd || record.fault !== null) return null;
    if (record.length > FEED_LIMITS.FIELD_BYTES) return null;
    return this.#fast.read(record.buffer, record.start, record.stop);
  }

  /** The row of a scanned tree; null where something is wrong with it after all, which the library's path will name. */
  #scannedRow(record: ScannedRecord, scanned: ScannedTree): RowOutcome<unknown> | null {
    const { tree } = scanned;
    if (this.#isTransactions) fillDefaults(tree);
    else fillPartyDefaults(tree);
    const idIsMissing = this.#isTransactions && tree['id'] === undefined;
    if (idIsMissing && this.#mapping.idFrom !== 'content') return null;
    if (this.#isTransactions && meaningFault(tree as unknown as TransactionInput, this.#zones) !== null)
      return null;
    if (!this.#late.complete(this.#walk, scanned)) return null;
    if (idIsMissing) {
      tree['id'] = this.#derivedId(tree);
      this.#late.addId(this.#walk, tree['id']);
    }
    this.scanned += 1;
    const { a, b } = this.#walk;
    const byteOffset = record.byteOffset + this.#mark;
    return { kind: 'row', line: record.line, byteOffset, input: tree, contentA: a, contentB: b };
  }

  #readsObjects(): boolean {
    return this.#format === 'ndjson' && this.#mapping.canonical;
  }

  async #readCsv(records: readonly ScannedRecord[], outcomes: Outcome<unknown>[]): Promise<void> {
    const scanned = records.map((record) => this.#scan(record));
    const others = records.filter((_record, i) => scanned[i] === null);
    const read = others.length === 0 ? [] : await this.#fields(others);
    let next = 0;
    for (let i = 0; i < records.length; i++) {
      const tree = scanned[i] as ScannedTree | null;
      if (tree === null) {
        outcomes.push(this.#lineRow(read[next] as Read));
        next += 1;
      } else {
        const record = records[i] as ScannedRecord;
        outcomes.push(this.#scannedRow(record, tree) ?? this.#lineRow(this.#plain(record)));
      }
    }
  }

  /** A record without quotes, its fields cut apart. */
  #plain(record: ScannedRecord): Read {
    const read = this.#text(record);
    if (read.text !== null) read.fields = plainFields(read.text, this.#dialect.delimiter);
    return read;
  }

  #lineRow({ record, fields, code }: Read): Outcome<unknown> {
    const width = (this.#header as readonly string[]).length;
    if (fields === null) return this.#rejects.unreadable(record, code ?? 'RAS-FEED-QUOTE-MALFORMED');
    if (fields.length === width) return this.#row(record, fields);
    const params = { got: fields.length, expected: width };
    return this.#rejects.reject(record, { field: '', code: 'RAS-FEED-COLUMN-COUNT', params, value: '' });
  }

  #readLine(record: ScannedRecord, outcomes: Outcome<unknown>[]): void {
    const scanned = this.#scan(record);
    const fast = scanned === null ? null : this.#scannedRow(record, scanned);
    if (fast !== null) {
      outcomes.push(fast);
      return;
    }
    const outcome = this.#textRow(record);
    if (outcome === null) return;
    outcomes.push(outcome);
    if (scanned === null && outcome.kind === 'row')
      this.#fast?.learn(record.buffer, record.start, record.stop);
  }

  /** By the library; null for a line of a fixed layout that holds no row. */
  #textRow(record: ScannedRecord): Outcome<unknown> | null {
    const { text, code } = this.#text(record);
    if (text === null) return this.#rejects.unreadable(record, code as ErrorCode);
    if (this.#fixed === null) return this.#object(record, text);
    const row = this.#fixed.row(text);
    return row === null ? null : this.#row(record, row);
  }

  #object(record: ScannedRecord, text: string): Outcome<unknown> {
    const { object, fault } = parseObject(text);
    if (object === null) return this.#rejects.unreadable(record, fault);
    if (this.#readsObjects()) return this.#checked(record, object);
    const { row, unsafe } = flatten(object, this.#header as readonly string[]);
    if (unsafe === null) return this.#row(record, row);
    const params = { field: unsafe };
    return this.#rejects.reject(record, { field: unsafe, code: 'RAS-FEED-NUMBER-UNSAFE', params, value: '' });
  }

  #row(record: ScannedRecord, fields: readonly string[]): Outcome<unknown> {
    if (record.length > FEED_LIMITS.FIELD_BYTES) {
      const longest = Math.max(...fields.map((field) => Buffer.byteLength(field)));
      if (longest > FEED_LIMITS.FIELD_BYTES) {
        const params = { bytes: longest, limit: FEED_LIMITS.FIELD_BYTES };
        return this.#rejects.reject(record, {
          field: '',
          code: 'RAS-FEED-FIELD-TOO-LONG',
          params,
          value: '',
        });
      }
    }
    const { tree, problem } = (this.#builder as RowBuilder).build(fields);
    return problem === null ? this.#checked(record, tree) : this.#rejects.reject(record, problem);
  }

  #checked(record: ScannedRecord, tree: Record<string, unknown>): Outcome<unknown> {
    if (this.#isTransactions) fillDefaults(tree);
    else fillPartyDefaults(tree);
    if (this.#mapping.idFrom === 'content' && tree['id'] === undefined) tree['id'] = this.#derivedId(tree);
    const issue = this.#walk.check(this.#shape, tree);
    if (issue !== null) {
      const { path, code, params, value } = issue;
      const filled = { field: path, value: maskValue(value, code), ...params };
      return this.#rejects.reject(record, { field: path, code, params: filled, value });
    }
    if (this.#isTransactions) {
      const found = meaningFault(tree as unknown as TransactionInput, this.#zones);
      if (found !== null) {
        const { field, code, params, masked } = found;
        return this.#rejects.masked(record, { field, code, params, masked });
      }
    }
    const { a, b } = this.#walk;
    const byteOffset = record.byteOffset + this.#mark;
    return { kind: 'row', line: record.line, byteOffset, input: tree, contentA: a, contentB: b };
  }

  /** Equal rows of one file are told apart by their ordinal, so that a file sent twice gives the same ids. */
  #derivedId(tree: Record<string, unknown>): string {
    const content = base32(createHash('sha256').update(canonicalJson(tree)).digest());
    const ordinal = (this.#ordinals.get(content) ?? 0) + 1;
    this.#ordinals.set(content, ordinal);
    return `row-${content}-${ordinal}`;
  }
}
