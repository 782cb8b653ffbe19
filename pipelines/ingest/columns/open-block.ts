/**
 * The block that is being filled: facts, texts and documents of its rows in columns, written over and over. A row is first
 * written behind the last one, and counts once it is kept.
 *
 * Rows that came as documents lie between the others; their facts are made when the block closes.
 */
import { encodeContent } from '../../../schemas/arrow.ts';
import { CodeTable } from '../../../schemas/block-texts.ts';
import { DERIVED_FACTS } from '../../../schemas/derived-facts.ts';
import {
  FACT_COLUMNS,
  type FactBatch,
  type FactColumnName,
  type FactColumns,
  type FactMembers,
  SPARSE_NAMES,
  TEXT_NULL,
} from '../../../schemas/facts.ts';
import { isNullColumn, openFacts } from '../../../schemas/null-columns.ts';
import type { RowLedger, Seen } from '../../detect/hot/row-ledger.ts';
import { type FactRow, factsOf, HASH_WORDS } from '../../facts/batch.ts';
import type { FactDictionary } from '../../facts/dictionary.ts';
import { KeptRows } from './kept-rows.ts';
import { SparseBlock } from './sparse-block.ts';

/**
 * What a block has beside its documents, measured (`benchmarks/blocks.ts`): schema and dictionaries once, then columns and
 * identifiers of every row.
 */
export const BLOCK_OVERHEAD_BYTES = 16 * 1024;
export const ROW_OVERHEAD_BYTES = 512;
export const HASH_DIGITS = 64;
const WORD_DIGITS = 8;
/** Room at first, a row; both grow. */
const FIRST_BYTES_PER_ROW = 256;
const FIRST_MEMBERS_PER_ROW = 4;

/** Texts one behind the other. `end` is where the next one starts. */
export class TextBuffer {
  bytes: Buffer;
  readonly ends: Int32Array;

  constructor(rows: number, bytes = FIRST_BYTES_PER_ROW * rows) {
    this.bytes = Buffer.alloc(bytes);
    this.ends = new Int32Array(rows);
  }

  start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] as number);
  }

  /** Makes room for so many bytes from `at` on. */
  reserve(at: number, size: number): void {
    if (at + size <= this.bytes.length) return;
    const grown = Buffer.alloc(2 * (at + size));
    grown.set(this.bytes.subarray(0, at));
    this.bytes = grown;
  }

  put(row: number, text: string): void {
    const at = this.start(row);
    this.reserve(at, 3 * text.length);
    this.ends[row] = at + this.bytes.write(text, at, 'utf8');
  }
}

/** Rows of one log record, at least one. Its bytes are to be asked for before another row is written. */
export interface ClosedBlock {
  readonly count: number;
  /** Event time of its newest row. */
  readonly newestMs: number;
  /** The record, for its offset in the log. */
  bytes(blockOffset: number): Uint8Array;
}

/** Columns that every block has, but for those that nobody writes because they follow from others. */
const DENSE_NAMES = (Object.keys(FACT_COLUMNS) as FactColumnName[]).filter(
  (name) => !([...SPARSE_NAMES, ...DERIVED_FACTS] as readonly FactColumnName[]).includes(name),
);

interface Document {
  readonly place: number;
  readonly row: FactRow;
}

export class OpenBlock {
  readonly capacity: number;
  readonly dictionary: FactDictionary;
  readonly columns: FactColumns;
  readonly sparse: SparseBlock;
  readonly ids: TextBuffer;
  readonly docs: TextBuffer;
  readonly amounts: TextBuffer;
  readonly version: Uint32Array;
  readonly hash: Uint32Array;
  readonly hashDigits: Buffer;
  readonly flags: Uint8Array;
  readonly sharedRef: Int32Array;
  readonly line: Float64Array;
  readonly rateId: Int32Array;
  readonly submissionId: Int32Array;
  rows = 0;
  /** Changes with every block. */
  #serial = 0;
  #memberRow: Int32Array;
  #memberKind: Uint8Array;
  #memberKey: Int32Array;
  #memberSide: Uint8Array;
  /** Of kept rows, and of the one being written. */
  #membersKept = 0;
  #members = 0;
  #documents: Document[] = [];
  readonly #kept: KeptRows;
  readonly #tables = { words: new CodeTable(), keys: new CodeTable() };

  constructor(rows: number, dictionary: FactDictionary) {
    this.capacity = rows;
    this.dictionary = dictionary;
    this.columns = openFacts(rows);
    this.sparse = new SparseBlock(this.columns, rows);
    this.ids = new TextBuffer(rows);
    this.docs = new TextBuffer(rows);
    this.amounts = new TextBuffer(rows);
    this.version = new Uint32Array(rows);
    this.hash = new Uint32Array(HASH_WORDS * rows);
    this.hashDigits = Buffer.alloc(HASH_DIGITS * rows);
    this.flags = new Uint8Array(rows);
    this.sharedRef = new Int32Array(rows);
    this.line = new Float64Array(rows);
    this.rateId = new Int32Array(rows);
    this.submissionId = new Int32Array(rows);
    this.#kept = new KeptRows(rows, this);
    const members = FIRST_MEMBERS_PER_ROW * rows;
    this.#memberRow = new Int32Array(members);
    this.#memberKind = new Uint8Array(members);
    this.#memberKey = new Int32Array(members);
    this.#memberSide = new Uint8Array(members);
  }

  /** Bytes of the document of the row being written. */
  get docBytes(): number {
    return (this.docs.ends[this.rows] as number) - this.docs.start(this.rows);
  }

  /** Begins the members of the row being written. */
  beginMembers(): void {
    this.#members = this.#membersKept;
  }

  /** A subject of the row being written, unless it is there already. */
  member(kind: number, key: number, side: number): void {
    for (let i = this.#membersKept; i < this.#members; i++)
      if (this.#memberKind[i] === kind && this.#memberKey[i] === key) return;
    const at = this.#members++;
    if (at === this.#memberRow.length) this.#growMembers();
    this.#memberRow[at] = this.rows;
    this.#memberKind[at] = kind;
    this.#memberKey[at] = key;
    this.#memberSide[at] = side;
  }

  #growMembers(): void {
    const size = 2 * this.#memberRow.length;
    const grown = <T extends Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#memberRow = grown(this.#memberRow, new Int32Array(size));
    this.#memberKind = grown(this.#memberKind, new Uint8Array(size));
    this.#memberKey = grown(this.#memberKey, new Int32Array(size));
    this.#memberSide = grown(this.#memberSide, new Uint8Array(size));
  }

  /** Writes a hash of 64 hex digits as the row's. */
  putHash(hex: string): void {
    const { rows, hash } = this;
    this.hashDigits.write(hex, HASH_DIGITS * rows, 'latin1');
    for (let word = 0; word < HASH_WORDS; word++) {
      let value = 0;
      for (let i = WORD_DIGITS * word; i < WORD_DIGITS * (word + 1); i++) {
        const code = hex.charCodeAt(i);
        value = (value << 4) | ((code & 15) + 9 * (code >> 6));
      }
      hash[HASH_WORDS * rows + word] = value;
    }
  }

  /** Writes a row that is a document. */
  putDocument(row: FactRow): void {
    const { tx } = row;
    const place = this.rows;
    this.sparse.begin(place);
    this.ids.put(place, tx.id);
    this.docs.put(place, JSON.stringify(tx));
    this.amounts.put(place, tx.stamp.amountMinor);
    this.putHash(row.hash);
    this.version[place] = tx.version;
    this.line[place] = tx.stamp.line;
    this.rateId[place] = tx.stamp.rateId === null ? TEXT_NULL : this.dictionary.textId(tx.stamp.rateId);
    this.submissionId[place] = this.dictionary.textId(tx.stamp.submissionId);
    this.beginMembers();
    this.#documents.push({ place, row });
  }

  /** What the row that was written is beside those that `ledger` knows and the kept ones. */
  seen(ledger: Pick<RowLedger, 'seen'>, institution: string, id: string): Seen {
    const { ids, hash, version, rows } = this;
    const [start, end] = [ids.start(rows), ids.ends[rows] as number];
    const told = version[rows] as number;
    const known = ledger.seen(institution, ids.bytes, start, end, told, hash, HASH_WORDS * rows);
    return known === 'new' ? this.#kept.seen(rows, institution, id) : known;
  }

  /** The row that was written counts. */
  keep(institution: string, id: string): void {
    this.#kept.put(this.rows, institution, id);
    this.#membersKept = this.#members;
    this.rows += 1;
  }

  /** The row that was written does not count. */
  drop(): void {
    if (this.#documents.at(-1)?.place === this.rows) this.#documents.pop();
  }

  /** What was kept; a row that was only written is to be written again. */
  close(): ClosedBlock | null {
    if (this.rows === 0) return null;
    const rows = this.rows;
    this.drop();
    const [facts, serial] = [this.#facts(), ++this.#serial];
    this.sparse.close(rows);
    const content = {
      facts,
      texts: this.dictionary,
      tables: this.#tables,
      amountMinor: this.amounts,
      contentHash: {
        bytes: this.hashDigits,
        ends: Int32Array.from({ length: rows }, (_, i) => HASH_DIGITS * (i + 1)),
      },
      doc: this.docs,
      rateId: this.rateId,
      submissionId: this.submissionId,
      line: this.line,
    };
    this.rows = 0;
    this.#kept.clear();
    this.#membersKept = 0;
    this.#members = 0;
    this.#documents = [];
    let newestMs = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < rows; row++) newestMs = Math.max(newestMs, this.columns.time[row] as number);
    return {
      count: rows,
      newestMs,
      bytes: (blockOffset) => {
        if (serial !== this.#serial) throw new Error('the block has been written over');
        return encodeContent(content, blockOffset);
      },
    };
  }

  #facts(): FactBatch {
    const documents = this.#documents;
    const made =
      documents.length === 0
        ? null
        : factsOf(
            documents.map(({ row }) => row),
            this.dictionary,
          );
    const { rows } = this;
    const wide = new Map<number, bigint>();
    if (made !== null) {
      for (const name of DENSE_NAMES) {
        const [to, from, isLeg] = [this.columns[name], made.columns[name], FACT_COLUMNS[name].per === 'leg'];
        documents.forEach(({ place }, i) => {
          if (isLeg) {
            to[2 * place] = from[2 * i] as number;
            to[2 * place + 1] = from[2 * i + 1] as number;
          } else to[place] = from[i] as number;
        });
      }
      for (const name of SPARSE_NAMES) {
        const from = made.columns[name];
        if (isNullColumn(from)) continue;
        const isLeg = FACT_COLUMNS[name].per === 'leg';
        documents.forEach(({ place }, i) => {
          if (isLeg) {
            this.sparse.putLeg(name, 2 * place, from[2 * i] as number);
            this.sparse.putLeg(name, 2 * place + 1, from[2 * i + 1] as number);
          } else this.sparse.putRow(name, place, from[i] as number);
        });
      }
      documents.forEach(({ place }, i) => {
        this.flags[place] = made.flags[i] as number;
        this.sharedRef[place] = made.sharedRef[i] as number;
        const exact = made.wide.get(i);
        if (exact !== undefined) wide.set(place, exact);
      });
    }
    return {
      rows,
      columns: this.columns,
      members: this.#allMembers(made?.members ?? null),
      idBytes: this.ids.bytes,
      idEnds: this.ids.ends.subarray(0, rows),
      version: this.version.subarray(0, rows),
      hash: this.hash.subarray(0, HASH_WORDS * rows),
      flags: this.flags.subarray(0, rows),
      sharedRef: this.sharedRef.subarray(0, rows),
      wide,
    };
  }

  /** Members of all rows, in the order of the rows. */
  #allMembers(made: FactMembers | null): FactMembers {
    const kept = this.#membersKept;
    const own: FactMembers = {
      count: kept,
      row: this.#memberRow.subarray(0, kept),
      kind: this.#memberKind.subarray(0, kept),
      key: this.#memberKey.subarray(0, kept),
      side: this.#memberSide.subarray(0, kept),
    };
    if (made === null || made.count === 0) return own;
    const placeOf = (i: number): number => (this.#documents[made.row[i] as number] as Document).place;
    const count = kept + made.count;
    const all = {
      count,
      row: new Int32Array(count),
      kind: new Uint8Array(count),
      key: new Int32Array(count),
      side: new Uint8Array(count),
    };
    let a = 0;
    let b = 0;
    for (let at = 0; at < count; at++) {
      const fromOwn = b === made.count || (a < kept && (own.row[a] as number) < placeOf(b));
      const [from, i] = fromOwn ? [own, a++] : [made, b++];
      all.row[at] = fromOwn ? (own.row[i] as number) : placeOf(i);
      all.kind[at] = from.kind[i] as number;
      all.key[at] = from.key[i] as number;
      all.side[at] = from.side[i] as number;
    }
    return all;
  }
}
