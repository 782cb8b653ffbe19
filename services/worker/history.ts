/**
 * The log of a partition as the store has it, for a topic that has let its beginning go. One table says which rows each record
 * brought, another holds the rows: so the records are made again, with the same rows in the same order at the same offsets, and
 * whoever reads them cannot tell. What is not in them is rows that changed nothing, and rows that the store has no more.
 */
import { blockBytes } from '../../pipelines/facts/block.ts';
import type { TopicRecord } from '../../pipelines/log/bus.ts';
import { KIND_HEADER, type RecordKind } from '../../pipelines/log/port.ts';
import { parseDocument } from '../../schemas/block-documents.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Store } from '../store/client.ts';
import { WORKER_LIMITS } from './limits.ts';
import { HASH_DIGITS } from './log-records.ts';

export interface HistoryOptions {
  readonly store: Pick<Store, 'streamRows'>;
  /** Name of the log in the store. */
  readonly log: string;
  readonly partition: number;
  /** What a feed provides, as the records that were handed over before say. */
  providedBy(stamped: string): ReadonlySet<string>;
  /** Rows of one question to the store, which sorts them; default `WORKER_LIMITS.HISTORY_ROWS`. */
  readonly rowsMax?: number;
}

export interface HistoryRecord {
  readonly record: TopicRecord;
  /** Rows that it had and the store has not, or has in another form. */
  readonly missing: number;
}

/** A record without its rows. */
interface Head {
  readonly offset: number;
  readonly kind: RecordKind | '';
  readonly rows: number;
  readonly doc: string;
}

/** A row of a record, as the store tells it. */
interface StoredRow {
  readonly offset: string;
  readonly place: number;
  readonly doc: string;
  readonly hash: string;
}

const OF_RECORDS = `log = {log:String} AND partition = {partition:UInt32}
  AND block_offset >= {from:UInt64} AND block_offset < {until:UInt64}`;

const HEADS = `SELECT block_offset AS offset, kind, length(ids) AS rows, doc
  FROM log_records_current WHERE ${OF_RECORDS} ORDER BY block_offset`;

/**
 * The store holds the identities, which are the smaller side, and documents pass by. A row that was stored twice and not merged yet
 * comes twice, the newest form first: cheaper than to have the whole table merged for a question.
 */
const ROWS = `SELECT r.block_offset AS offset, r.place AS place, t.doc AS doc, t.content_hash AS hash
  FROM transactions AS t GLOBAL INNER JOIN (
    SELECT block_offset, place, institution, id, version, hash FROM log_rows_current WHERE ${OF_RECORDS}
  ) AS r ON t.institution = r.institution AND t.id = r.id AND t.version = r.version
    AND substring(t.content_hash, 1, ${HASH_DIGITS}) = r.hash
  ORDER BY r.block_offset, r.place, t.revision DESC
  SETTINGS max_bytes_before_external_sort = ${WORKER_LIMITS.HISTORY_SORT_BYTES}`;

/**
 * The records of [from, until), in order. Each is to be taken in before the next one is asked for.
 * @throws RastroError RAS-WORKER-HISTORY-GONE where the store has not all of them, before the first; or of the area STORE
 */
export async function* readHistory(
  options: HistoryOptions,
  from: number,
  until: number,
): AsyncGenerator<HistoryRecord> {
  const heads = await headsOf(options, from, until);
  for (const some of questions(heads, options.rowsMax ?? WORKER_LIMITS.HISTORY_ROWS)) {
    const rows = new RowsInOrder(options, some);
    try {
      for (const head of some) yield await rows.recordOf(head);
    } finally {
      await rows.close();
    }
  }
}

async function headsOf(
  { store, log, partition }: HistoryOptions,
  from: number,
  until: number,
): Promise<Head[]> {
  const heads: Head[] = [];
  const found = store.streamRows<{ offset: string; kind: RecordKind | ''; rows: string; doc: string }>(
    HEADS,
    { log, partition, from, until },
  );
  for await (const some of found)
    for (const { offset, kind, rows, doc } of some)
      heads.push({ offset: Number(offset), kind, rows: Number(rows), doc });
  const gap = heads.findIndex(({ offset }, i) => offset !== from + i);
  const stored = from + (gap === -1 ? heads.length : gap);
  if (stored < until) throw new RastroError('RAS-WORKER-HISTORY-GONE', { partition, begin: until, stored });
  return heads;
}

/** Records in groups of at most so many rows, or of one. */
function* questions(heads: readonly Head[], rowsMax: number): Generator<readonly Head[]> {
  let some: Head[] = [];
  let rows = 0;
  for (const head of heads) {
    if (some.length > 0 && rows + head.rows > rowsMax) {
      yield some;
      some = [];
      rows = 0;
    }
    some.push(head);
    rows += head.rows;
  }
  if (some.length > 0) yield some;
}

/** The rows of some records that follow one another, as the store hands them over. */
class RowsInOrder {
  readonly #options: HistoryOptions;
  readonly #batches: AsyncGenerator<StoredRow[]> | undefined;
  #batch: readonly StoredRow[] = [];
  #at = 0;

  constructor(options: HistoryOptions, heads: readonly Head[]) {
    this.#options = options;
    const { store, log, partition } = options;
    if (heads.every(({ rows }) => rows === 0)) return;
    this.#batches = store.streamRows<StoredRow>(ROWS, {
      log,
      partition,
      from: (heads[0] as Head).offset,
      until: (heads.at(-1) as Head).offset + 1,
    });
  }

  async recordOf({ offset, kind, rows, doc }: Head): Promise<HistoryRecord> {
    const { partition } = this.#options;
    const place = { topic: 'transactions', partition, offset, key: null } as const;
    if (kind === '') return { record: { ...place, headers: {}, value: null }, missing: 0 };
    const headers = { [KIND_HEADER]: kind };
    if (kind !== 'transactions' && kind !== 'copies')
      return { record: { ...place, headers, value: Buffer.from(doc, 'utf8') }, missing: 0 };
    const found = await this.#rowsOf(offset);
    const value = found.length === 0 ? null : this.#blockOf(found, offset);
    return { record: { ...place, headers, value }, missing: rows - found.length };
  }

  async close(): Promise<void> {
    await this.#batches?.return(undefined);
  }

  async #rowsOf(offset: number): Promise<StoredRow[]> {
    const found: StoredRow[] = [];
    for (let row = await this.#next(); row !== undefined; row = await this.#next()) {
      if (Number(row.offset) !== offset) break;
      if (found.at(-1)?.place !== row.place) found.push(row);
      this.#at++;
    }
    return found;
  }

  /** The row that was not taken yet. */
  async #next(): Promise<StoredRow | undefined> {
    while (this.#at === this.#batch.length) {
      const { value, done } = (await this.#batches?.next()) ?? { done: true };
      if (done === true) return undefined;
      this.#batch = value as StoredRow[];
      this.#at = 0;
    }
    return this.#batch[this.#at];
  }

  #blockOf(rows: readonly StoredRow[], offset: number): Uint8Array {
    const docs = rows.map(({ doc }) => doc);
    const sources = rows.map(({ doc, hash }) => {
      const tx = parseDocument(Buffer.from(doc, 'utf8'));
      const provided = this.#options.providedBy(tx.stamp.provided);
      return { tx, hash, provided, revision: 0, blockOffset: offset };
    });
    return blockBytes(sources, docs);
  }
}
