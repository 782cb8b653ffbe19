/**
 * History out of a ClickHouse server, as records of a log: what feeds provide, then the rows that count, in event order. They are
 * stamped as they were when they came in; parties were resolved then, so none are needed.
 */
import { blockBytes } from '../../pipelines/facts/block.ts';
import { LOG_LIMITS, type RecordKind } from '../../pipelines/log/port.ts';
import { parseDocument } from '../../schemas/block-documents.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Store } from '../store/client.ts';
import { decodeReference, encodeReference, type FeedRecord } from '../workspace/reference-record.ts';

/** The server sorts more than this on its disk. */
const SORT_BYTES = 512 * 1024 * 1024;
const ROWS = `SELECT doc, content_hash AS hash FROM transactions_effective
  ORDER BY event_time, institution, id
  SETTINGS max_bytes_before_external_sort = ${SORT_BYTES}`;
const REFERENCE = `SELECT doc FROM log_records_current WHERE kind = 'reference' ORDER BY log, partition, block_offset`;

export interface HistoryRecord {
  readonly kind: RecordKind;
  readonly payload: Uint8Array;
}

/**
 * @throws RastroError of the area STORE; RAS-RULES-HISTORY-FEED where the store does not say what the feed of a row provides, as
 *   that of a data folder does not: read as absent, every field would be unknown and nothing would ever fire.
 */
export async function* storeHistory(store: Pick<Store, 'streamRows'>): AsyncGenerator<HistoryRecord> {
  const provided = new Map<string, ReadonlySet<string>>();
  for await (const rows of store.streamRows<{ doc: string }>(REFERENCE, {})) {
    for (const { doc } of rows) {
      const { feeds, declarations } = decodeReference(Buffer.from(doc, 'utf8'));
      const isNew = (feed: FeedRecord) => !provided.has(feed.providedId);
      const more = feeds.filter(isNew);
      for (const feed of more) provided.set(feed.providedId, new Set(feed.provided));
      if (more.length > 0 || declarations.length > 0)
        yield { kind: 'reference', payload: encodeReference({ feeds: more, declarations }) };
    }
  }
  let waiting: { doc: string; hash: string }[] = [];
  const block = (): HistoryRecord => {
    const sources = waiting.map(({ doc, hash }) => {
      const tx = parseDocument(Buffer.from(doc, 'utf8'));
      const known = provided.get(tx.stamp.provided);
      if (known === undefined) throw new RastroError('RAS-RULES-HISTORY-FEED', { feed: tx.stamp.provided });
      return { tx, hash, provided: known, revision: 0, blockOffset: 0 };
    });
    const docs = waiting.map(({ doc }) => doc);
    waiting = [];
    return { kind: 'transactions', payload: blockBytes(sources, docs) };
  };
  for await (const rows of store.streamRows<{ doc: string; hash: string }>(ROWS, {})) {
    for (const row of rows) {
      waiting.push(row);
      if (waiting.length >= LOG_LIMITS.BLOCK_ROWS) yield block();
    }
  }
  if (waiting.length > 0) yield block();
}
