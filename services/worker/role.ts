/** The worker role put together: a member of the group over `transactions` and `signals`, one `PartitionWorker` a partition. */

import type { GroupMember, PartitionOf, RecordBatch } from '../../pipelines/log/bus.ts';
import { STATE_PARTS, type StatePart } from '../observe/labels.ts';
import { StoreCircuit } from '../store/circuit.ts';
import { StoreSinks } from '../store/sinks.ts';
import { type OpenPartition, PartitionOpener, WORKER_TOPICS, type WorkerOptions } from './open-partition.ts';
import { PartitionGone, StoreOutputs } from './store-outputs.ts';

export class WorkerRole {
  readonly circuit: StoreCircuit;
  readonly #options: WorkerOptions;
  readonly #opener: PartitionOpener;
  readonly #open = new Map<number, OpenPartition>();
  /** Of each of them, how many re-runs were counted. */
  readonly #reruns = new Map<number, number>();

  constructor(options: WorkerOptions) {
    const { store, metrics, log, config } = options;
    this.#options = options;
    this.circuit = new StoreCircuit(store, {
      retried: (code) => {
        metrics.count('rastro_store_retries_total', {});
        metrics.count('rastro_store_errors_total', { code });
        log.warn('store.retried', { code });
      },
      down: () => {
        metrics.set('rastro_store_up', {}, 0);
        log.warn('store.down');
      },
      up: () => {
        metrics.set('rastro_store_up', {}, 1);
        log.info('store.up');
      },
    });
    metrics.set('rastro_store_up', {}, 1);
    const bounds = {
      rowsMax: config.insertRowsMax,
      bytesMax: config.insertBytesMax,
      lingerMs: config.insertLingerMs,
    };
    const inserted = (table: string, rows: number, ms: number) => {
      metrics.observe('rastro_insert_duration_seconds', { table }, ms / 1_000);
      metrics.observe('rastro_insert_rows', { table }, rows);
      metrics.count('rastro_inserts_total', { table });
      metrics.count('rastro_rows_out_total', { table }, rows);
    };
    const outputs = new StoreOutputs(new StoreSinks(this.circuit, bounds, { inserted }));
    metrics.onScrape(() => this.#look());
    this.#opener = new PartitionOpener(options, this.circuit, outputs);
  }

  /** Partitions that this process works on. */
  get partitions(): readonly number[] {
    return [...this.#open.keys()];
  }

  /** As a member of a group over `WORKER_TOPICS`. */
  get member(): GroupMember {
    return {
      assigned: (partitions) => this.#assigned(partitions),
      batch: (batch, isCurrent) => this.#batch(batch, isCurrent),
      revoked: (partitions) => this.#revoked(partitions),
    };
  }

  /** Lets everything go. */
  async close(): Promise<void> {
    this.circuit.close();
    for (const partition of this.partitions) await this.#let(partition);
  }

  async #assigned(partitions: readonly PartitionOf[]) {
    this.#options.metrics.count('rastro_rebalances_total', {});
    const coming = new Set(partitions.map(({ partition }) => partition).filter((p) => !this.#open.has(p)));
    if (coming.size > 0) await this.#begin(coming);
    return partitions.map(({ topic, partition }) => {
      const from = (this.#open.get(partition) as OpenPartition).from[topic as (typeof WORKER_TOPICS)[number]];
      return { topic, partition, from };
    });
  }

  async #begin(coming: ReadonlySet<number>): Promise<void> {
    const began = performance.now();
    await this.#opener.open(coming, (partition, opened) => this.#open.set(partition, opened));
    this.#options.metrics.observe('rastro_restore_duration_seconds', {}, (performance.now() - began) / 1_000);
    this.#count();
  }

  async #batch(batch: RecordBatch, isCurrent: () => boolean): Promise<void> {
    const { metrics, tracing } = this.#options;
    const { topic, partition, records, end } = batch;
    const open = this.#open.get(partition);
    if (open === undefined) throw new Error(`no partition ${partition}`);
    try {
      await whileCurrent(isCurrent, async () => {
        await this.circuit.whenUp();
        const stage = topic === 'transactions' ? 'detect' : 'hold';
        await tracing.span(stage, { rows: records.length, partition }, () =>
          topic === 'transactions'
            ? open.worker.takeTransactions(batch, isCurrent)
            : open.worker.takeSignals(batch, isCurrent),
        );
      });
    } catch (error) {
      // Cut off: the partition goes, and if it comes back it is begun anew.
      if (error instanceof PartitionGone) return;
      throw error;
    }
    metrics.count('rastro_records_in_total', { topic }, records.length);
    metrics.set(
      'rastro_lag_records',
      { topic, partition },
      Math.max(0, end - 1 - (records.at(-1)?.offset ?? end)),
    );
  }

  async #revoked(partitions: readonly PartitionOf[]): Promise<void> {
    this.#options.metrics.count('rastro_rebalances_total', {});
    for (const partition of new Set(partitions.map((of) => of.partition))) await this.#let(partition);
    this.#count();
  }

  async #let(partition: number): Promise<void> {
    const open = this.#open.get(partition);
    if (open === undefined) return;
    this.#open.delete(partition);
    this.#countReruns(partition, open.state().reruns);
    this.#reruns.delete(partition);
    await open.close();
    for (const topic of WORKER_TOPICS) this.#options.metrics.forgetPartition(topic, partition);
    this.#options.log.info('partition.revoked', { partition });
  }

  /** What the partitions hold. */
  #look(): void {
    const { metrics } = this.#options;
    const bytes = Object.fromEntries(STATE_PARTS.map((part) => [part, 0])) as Record<StatePart, number>;
    let subjects = 0;
    for (const [partition, { state }] of this.#open) {
      const found = state();
      for (const part of STATE_PARTS) bytes[part] += found.bytes[part];
      subjects += found.subjects;
      this.#countReruns(partition, found.reruns);
    }
    for (const part of STATE_PARTS) metrics.set('rastro_state_bytes', { part }, bytes[part]);
    metrics.set('rastro_subjects', {}, subjects);
  }

  #countReruns(partition: number, reruns: number): void {
    this.#options.metrics.count('rastro_reruns_total', {}, reruns - (this.#reruns.get(partition) ?? 0));
    this.#reruns.set(partition, reruns);
  }

  #count(): void {
    for (const topic of WORKER_TOPICS)
      this.#options.metrics.set('rastro_partitions_owned', { topic }, this.#open.size);
  }
}

/** How often work that waits for the store looks whether its partition may be another's by now. */
const LOOK_MS = 250;

/**
 * Work on a batch, left alone once the partition may be another's: what waits for the store must not hold up the group, and what
 * still reaches it then is older than what the next owner writes.
 */
async function whileCurrent(isCurrent: () => boolean, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (!isCurrent()) reject(new PartitionGone());
    }, LOOK_MS);
  });
  const done = work();
  // Whoever is gone does not wait for it, and is not told how it ended.
  done.catch(() => undefined);
  try {
    await Promise.race([done, gone]);
  } finally {
    clearInterval(timer);
  }
}
