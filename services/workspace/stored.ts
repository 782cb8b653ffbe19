/** What the store already holds, read once at the start: markers, standing documents, and what they were made with. */
import { composedSource } from '../../pipelines/engine/messages.ts';
import type { Store } from '../store/client.ts';
import { markedUntil } from '../store/markers.ts';
import type { Writer } from './writer.ts';

export interface Stored {
  /** Every log record up to this offset is covered by a marker; -1 for none. */
  readonly markedUntil: number;
  readonly pseudonymKeyId: string | undefined;
  /** Revision of the row that says with what the store was made; -1 for none. */
  readonly stateRevision: number;
}

interface DocumentRow {
  readonly id: string;
  readonly revision: string;
  readonly version: string | number;
  readonly status: string;
  readonly content_hash: string;
}

/** A log in a file is one partition. */
const ONLY_PARTITION = 0;

const storedRow = (row: DocumentRow) => ({
  revision: Number(row.revision),
  version: Number(row.version),
  contentHash: row.content_hash,
  withdrawn: row.status === 'withdrawn',
});

/** Fills the writer's index of stored signals and alerts. */
export async function loadStored(store: Store, writer: Writer, log: string): Promise<Stored> {
  const signals = store.streamRows<
    DocumentRow & { over_signals: number; observed_on: string; holder: string }
  >(
    // Only a rule over signals names signals as its evidence.
    `SELECT id, revision, version, status, content_hash, observed_on, JSONHas(doc, 'evidence', 'signals') AS over_signals,
       JSONExtractString(doc, 'observedHolder') AS holder
     FROM signals_current`,
  );
  for await (const rows of signals) {
    for (const row of rows) {
      const source = row.over_signals === 1 ? composedSource(row.holder) : row.observed_on;
      writer.signals.set(source, row.id, storedRow(row));
    }
  }
  const alerts = store.streamRows<DocumentRow & { subject: string }>(
    'SELECT id, revision, version, status, content_hash, subject FROM alerts_current',
  );
  for await (const rows of alerts) {
    for (const row of rows) writer.alerts.set(composedSource(row.subject), row.id, storedRow(row));
  }
  const [state] = await store.queryRows<{ doc: string; revision: string }>(
    "SELECT doc, revision FROM engine_state_current WHERE key = 'workspace'",
  );
  const made = state === undefined ? {} : (JSON.parse(state.doc) as { pseudonymKeyId?: string });
  return {
    markedUntil: await markedUntil(store, log, ONLY_PARTITION),
    pseudonymKeyId: made.pseudonymKeyId,
    stateRevision: state === undefined ? -1 : Number(state.revision),
  };
}
