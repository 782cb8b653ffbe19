/**
 * What all partitions of a worker write to the store, in few inserts: rows of transactions, documents of signals and alerts, markers.
 * Every promise resolves when the rows are stored; while the store is away it waits, and so does who reads the log.
 */
import type { StandingWrite } from '../../pipelines/recovery/standing.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { WorkerConfig } from '../../schemas/config.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Metrics } from '../observe/metrics.ts';
import { mergedBlocks } from '../store/block-merge.ts';
import type { StoreCircuit } from '../store/circuit.ts';
import { type GroupBounds, InsertGroup } from '../store/insert-group.ts';
import { alertRow, signalRow } from '../workspace/writer.ts';
import type { KeptRows } from './kept-rows.ts';
import { WORKER_LIMITS } from './limits.ts';

export interface PartitionMarker {
  readonly log: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly checksum: string;
}

interface Piece<T> {
  readonly partition: number;
  readonly of: T;
}

type Documents = 'signals' | 'alerts' | 'alert_versions';
type Bounds = Pick<WorkerConfig, 'insertRowsMax' | 'insertBytesMax' | 'insertLingerMs'>;

/** Why what waited for an insert was given up. */
export class PartitionGone extends Error {
  override readonly name = 'PartitionGone';
}

export class StoreOutputs {
  readonly #circuit: StoreCircuit;
  readonly #metrics: Metrics;
  readonly #transactions: InsertGroup<Piece<KeptRows>>;
  readonly #documents: Readonly<Record<Documents, InsertGroup<Piece<readonly object[]>>>>;
  readonly #markers: InsertGroup<Piece<readonly object[]>>;

  constructor(parts: { circuit: StoreCircuit; metrics: Metrics; bounds: Bounds }) {
    this.#circuit = parts.circuit;
    this.#metrics = parts.metrics;
    const { insertRowsMax: rowsMax, insertBytesMax: bytesMax, insertLingerMs: lingerMs } = parts.bounds;
    const many: GroupBounds = { rowsMax, bytesMax, lingerMs };
    const few = { rowsMax: WORKER_LIMITS.DOCUMENT_ROWS, bytesMax: WORKER_LIMITS.DOCUMENT_BYTES, lingerMs };
    this.#transactions = new InsertGroup((pieces, rows) => this.#insertBlocks(pieces, rows), many);
    const documents = (table: Documents) =>
      new InsertGroup<Piece<readonly object[]>>((pieces) => this.#insertRows(table, pieces), few);
    this.#documents = {
      signals: documents('signals'),
      alerts: documents('alerts'),
      alert_versions: documents('alert_versions'),
    };
    // Nothing waits for a marker but the next group of its partition.
    this.#markers = new InsertGroup((pieces) => this.#insertRows('block_markers', pieces), few);
  }

  /** Primary rows of a partition. */
  async transactions(partition: number, kept: KeptRows): Promise<void> {
    if (kept.rows === 0) return;
    const bytes = kept.block.length;
    await this.#transactions.add({ item: { partition, of: kept }, rows: kept.rows, bytes });
  }

  /** Signals and alerts of a partition; of one identity the last one alone. */
  async documents(
    partition: number,
    signals: readonly StandingWrite<Signal>[],
    alerts: readonly StandingWrite<Alert>[],
  ): Promise<void> {
    const last = [
      ...new Map(signals.map((write) => [`${write.item.id} ${write.item.observedHolder}`, write])).values(),
    ];
    const signalRows = last.map((write) => ({
      ...signalRow(write),
      observed_holder: write.item.observedHolder,
    }));
    const versions = new Map(alerts.map((write) => [`${write.item.id} ${write.item.version}`, write]));
    const current = new Map(alerts.map((write) => [write.item.id, write]));
    await Promise.all([
      this.#add('signals', partition, signalRows),
      this.#add('alert_versions', partition, [...versions.values()].map(alertRow)),
    ]);
    await this.#add('alerts', partition, [...current.values()].map(alertRow));
  }

  /** Says that everything of these records is stored. */
  async marker({ log, partition, from, to, rows, checksum }: PartitionMarker): Promise<void> {
    const row = { log, partition, offset_from: from, offset_to: to, rows, checksum, revision: to };
    await this.#markers.add({ item: { partition, of: [row] }, rows: 1, bytes: WORKER_LIMITS.ROW_BYTES });
  }

  /** Gives up what waits for a partition that went to somebody else. */
  drop(partition: number): void {
    const gone = new PartitionGone();
    const drops = (piece: { readonly partition: number }) => piece.partition === partition;
    this.#transactions.drop(drops, gone);
    for (const group of Object.values(this.#documents)) group.drop(drops, gone);
    this.#markers.drop(drops, gone);
  }

  async #add(table: Documents, partition: number, rows: readonly object[]): Promise<void> {
    for (let from = 0; from < rows.length; from += WORKER_LIMITS.DOCUMENT_ROWS) {
      const some = rows.slice(from, from + WORKER_LIMITS.DOCUMENT_ROWS);
      const bytes = some.reduce((sum: number, row) => sum + sizeOf(row), 0);
      await this.#documents[table].add({ item: { partition, of: some }, rows: some.length, bytes });
    }
  }

  async #insertBlocks(pieces: readonly Piece<KeptRows>[], rows: number): Promise<void> {
    const blocks = pieces.map(({ of }) => of.block);
    const stream = mergedBlocks(blocks);
    await this.#timed('transactions', rows, () =>
      this.#circuit.insert((store, token) => store.insertArrow('transactions', stream, { token })),
    );
  }

  async #insertRows(table: string, pieces: readonly Piece<readonly object[]>[]): Promise<void> {
    const rows = pieces.flatMap(({ of }) => of);
    await this.#timed(table, rows.length, () =>
      this.#circuit.insert((store, token) => store.insertRows(table, rows, { token })),
    );
  }

  async #timed(table: string, rows: number, insert: () => Promise<void>): Promise<void> {
    const from = performance.now();
    await insert();
    this.#metrics.observe('rastro_insert_duration_seconds', { table }, (performance.now() - from) / 1_000);
    this.#metrics.observe('rastro_insert_rows', { table }, rows);
    this.#metrics.count('rastro_inserts_total', { table });
    this.#metrics.count('rastro_rows_out_total', { table }, rows);
  }
}

function sizeOf(row: object): number {
  const { doc } = row as { readonly doc?: unknown };
  return WORKER_LIMITS.ROW_BYTES + (typeof doc === 'string' ? doc.length : 0);
}
