/**
 * Writes what stands to the store, in the order that makes an interrupted write harmless:
 *
 *   vault entries  ->  log record  ->  signals, alerts  ->  transactions  ->  marker
 *
 * Without its marker a group of log records is processed again in full; everything written before is then either
 * repeated with equal content, or replaced by a higher revision (`pipelines/recovery/standing.ts`).
 */
import type { StandingChange } from '../../pipelines/engine/step.ts';
import {
  alertNearness,
  type Nearness,
  replacementOf,
  type StandingItem,
  type StandingWrite,
  type StoredRow,
  signalNearness,
  standingWrite,
  withdrawnWrite,
} from '../../pipelines/recovery/standing.ts';
import type { Alert } from '../../schemas/alert.ts';
import { canonicalJson } from '../../schemas/ids.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Store } from '../store/client.ts';

/** Rows of one insert; documents of alerts are large. */
const INSERT_ROWS = 5_000;

/** What the store holds of one kind of document: by source, by id. */
class StoredIndex {
  readonly #bySource = new Map<string, Map<string, StoredRow>>();

  set(source: string, id: string, row: StoredRow): void {
    const rows = this.#bySource.get(source) ?? new Map<string, StoredRow>();
    this.#bySource.set(source, rows.set(id, row));
  }

  of(source: string): ReadonlyMap<string, StoredRow> {
    return this.#bySource.get(source) ?? new Map();
  }

  get sources(): Iterable<string> {
    return this.#bySource.keys();
  }

  /** Documents that stand. */
  get standing(): number {
    let count = 0;
    for (const rows of this.#bySource.values()) for (const row of rows.values()) if (!row.withdrawn) count++;
    return count;
  }
}

export interface WriteCounts {
  signals: number;
  alerts: number;
  transactions: number;
}

/** Called after each write with its name (a table, or `log:<kind>`), so that tests can stop the process between any two. */
export type AfterWrite = (name: string) => void | Promise<void>;

export interface TransactionsWrite {
  readonly ipcStream: Uint8Array;
  readonly rows: number;
}

export interface Marker {
  readonly log: string;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly checksum: string;
}

function dateTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}

export function signalRow({
  item,
  revision,
  contentHash,
  status,
  replacedBy,
}: StandingWrite<Signal>): object {
  return {
    id: item.id,
    revision,
    version: item.version,
    status,
    replaced_by: replacedBy,
    rule: item.rule,
    rule_version: item.ruleVersion,
    observed_on: item.observedOn,
    subject_kind: item.subjectKind,
    holder_role: item.holderRole,
    family: item.family,
    weight: item.weight,
    strength_milli: item.strengthMilli,
    event_time: dateTime(item.eventTime),
    opened_at: dateTime(item.openedAt),
    rule_set: item.ruleSet,
    coverage: item.coverage,
    precision_worst: item.precisionWorst,
    truncated: item.truncated ? 1 : 0,
    evidence_count: item.evidence.count,
    evidence_hash: item.evidence.hash,
    content_hash: contentHash,
    doc: canonicalJson(item),
  };
}

export function alertRow({ item, revision, contentHash, status }: StandingWrite<Alert>): object {
  return {
    id: item.id,
    revision,
    version: item.version,
    status,
    typology: item.typology,
    form: item.form,
    subject: item.subject,
    level: item.level,
    score_milli: item.scoreMilli,
    life_safety: item.lifeSafety.flag ? 1 : 0,
    first_event: dateTime(item.openedAt),
    last_event: dateTime(item.eventTime),
    content_hash: contentHash,
    doc: canonicalJson(item),
  };
}

export class Writer {
  readonly #store: Store;
  readonly #after: AfterWrite;
  readonly signals = new StoredIndex();
  readonly alerts = new StoredIndex();

  constructor(store: Store, after: AfterWrite = () => undefined) {
    this.#store = store;
    this.#after = after;
  }

  /** Signals and alerts of the changed sources, only where they differ from what the store holds. */
  async standing(changes: readonly StandingChange[], counts: WriteCounts): Promise<void> {
    const { signals, alerts } = await this.writesOf(changes);
    await this.rows('signals', signals.map(signalRow));
    // The versions first: once the alert itself is stored, a repetition finds nothing to write.
    await this.rows('alert_versions', alerts.map(alertRow));
    await this.rows('alerts', alerts.map(alertRow));
    counts.signals += signals.length;
    counts.alerts += alerts.length;
  }

  /** The rows that `standing` writes; from now on the index says that they are written. */
  async writesOf(
    changes: readonly StandingChange[],
  ): Promise<{ signals: readonly StandingWrite<Signal>[]; alerts: readonly StandingWrite<Alert>[] }> {
    const signals: StandingWrite<Signal>[] = [];
    const alerts: StandingWrite<Alert>[] = [];
    for (const change of changes) {
      signals.push(
        ...(await this.#writesOf('signals', this.signals, change.source, change.signals, signalNearness)),
      );
      alerts.push(
        ...(await this.#writesOf('alerts', this.alerts, change.source, change.alerts, alertNearness)),
      );
    }
    return { signals, alerts };
  }

  async transactions(write: TransactionsWrite, counts: WriteCounts): Promise<void> {
    if (write.rows === 0) return;
    await this.#store.insertArrow('transactions', write.ipcStream);
    counts.transactions += write.rows;
    await this.#after('transactions');
  }

  async marker(marker: Marker): Promise<void> {
    await this.rows('block_markers', [
      {
        log: marker.log,
        partition: 0,
        offset_from: marker.from,
        offset_to: marker.to,
        rows: marker.rows,
        checksum: marker.checksum,
        revision: 0,
      },
    ]);
  }

  /** Rows of any table, in inserts of bounded size. */
  async rows(table: string, rows: readonly object[]): Promise<void> {
    for (let from = 0; from < rows.length; from += INSERT_ROWS) {
      await this.#store.insertRows(table, rows.slice(from, from + INSERT_ROWS));
      await this.#after(table);
    }
  }

  async #writesOf<T extends StandingItem>(
    table: 'signals' | 'alerts',
    index: StoredIndex,
    source: string,
    standing: readonly T[],
    nearness: Nearness<T>,
  ): Promise<StandingWrite<T>[]> {
    const stored = index.of(source);
    const out: StandingWrite<T>[] = [];
    for (const item of standing) {
      const write = standingWrite(item, stored.get(item.id));
      if (write !== undefined) out.push(write);
    }
    const ids = new Set(standing.map((item) => item.id));
    for (const [id, row] of stored) {
      if (ids.has(id) || row.withdrawn) continue;
      const [found] = await this.#store.queryRows<{ doc: string }>(
        `SELECT doc FROM ${table}_current WHERE id = {id:String}`,
        { id },
      );
      if (found === undefined) continue;
      const item = JSON.parse(found.doc) as T;
      const write = withdrawnWrite(item, row, replacementOf(item, standing, nearness));
      if (write !== undefined) out.push(write);
    }
    for (const write of out) {
      index.set(source, write.item.id, {
        revision: write.revision,
        version: write.item.version,
        contentHash: write.contentHash,
        withdrawn: write.status === 'withdrawn',
      });
    }
    return out;
  }
}
