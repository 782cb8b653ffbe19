/**
 * What partitions write to the store: rows of transactions, documents of signals and alerts, markers. Every promise resolves when the
 * rows are stored; while the store is away it waits, and so does who reads the log.
 */
import type { StandingWrite } from '../../pipelines/recovery/standing.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { StoreSinks } from '../store/sinks.ts';
import { alertRow, signalRow } from '../workspace/writer.ts';
import { GroupMemory } from './group-memory.ts';
import type { KeptRows } from './kept-rows.ts';
import { WORKER_LIMITS } from './limits.ts';
import type { LogRecordRow } from './log-records.ts';

export interface PartitionMarker {
  /** Default `MARKED_LOG`. */
  readonly log?: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Hex CRC-32 over the records' values: two processes that write the same marker can be seen to have read the same. */
  readonly checksum: string;
}

/** Rows of a block at an offset of the log. */
export interface PlacedRows extends KeptRows {
  readonly offset: number;
}

/** Name of the log that markers of rows are of. */
export const MARKED_LOG = 'transactions';

/** Why what waited for an insert was given up. */
export class PartitionGone extends Error {
  override readonly name = 'PartitionGone';
}

const ownerOf = (partition: number) => String(partition);

export class StoreOutputs {
  /** Records that wait to be stored. */
  readonly waiting = new GroupMemory();
  readonly #sinks: StoreSinks;

  constructor(sinks: StoreSinks) {
    this.#sinks = sinks;
  }

  /** Primary rows of a partition. */
  async transactions(partition: number, { block, rows, offset }: PlacedRows): Promise<void> {
    await this.#sinks.block(ownerOf(partition), { bytes: block, offset }, rows);
  }

  /** What records of a partition held. */
  async records(partition: number, records: readonly LogRecordRow[]): Promise<void> {
    await this.#rows(partition, 'log_records', records);
  }

  /** Signals and alerts of a partition; of one identity the last one alone. */
  async documents(
    partition: number,
    signals: readonly StandingWrite<Signal>[],
    alerts: readonly StandingWrite<Alert>[],
  ): Promise<void> {
    const last = new Map(signals.map((write) => [`${write.item.id} ${write.item.observedHolder}`, write]));
    const signalRows = [...last.values()].map((write) => ({
      ...signalRow(write),
      observed_holder: write.item.observedHolder,
    }));
    const versions = new Map(alerts.map((write) => [`${write.item.id} ${write.item.version}`, write]));
    const current = new Map(alerts.map((write) => [write.item.id, write]));
    await Promise.all([
      this.#rows(partition, 'signals', signalRows),
      this.#rows(partition, 'alert_versions', [...versions.values()].map(alertRow)),
    ]);
    await this.#rows(partition, 'alerts', [...current.values()].map(alertRow));
  }

  /** Says that everything of these records of `transactions` is told and stored. */
  async marker({ log = MARKED_LOG, partition, from, to, rows, checksum }: PartitionMarker): Promise<void> {
    const row = {
      log,
      partition,
      offset_from: from,
      offset_to: to,
      rows,
      checksum,
      revision: to,
    };
    await this.#sinks.rows(ownerOf(partition), 'block_markers', [row]);
  }

  /** Gives up what waits for a partition that went to somebody else. */
  drop(partition: number): void {
    this.#sinks.drop(ownerOf(partition), new PartitionGone());
  }

  async #rows(partition: number, table: string, rows: readonly object[]): Promise<void> {
    for (let from = 0; from < rows.length; from += WORKER_LIMITS.DOCUMENT_ROWS)
      await this.#sinks.rows(ownerOf(partition), table, rows.slice(from, from + WORKER_LIMITS.DOCUMENT_ROWS));
  }
}
