/** The worker role put together: a member of the group over `transactions` and `signals`, one `PartitionWorker` a partition. */

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PartitionEngine } from '../../pipelines/engine/partition-engine.ts';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import type { Bus, GroupMember, PartitionOf, RecordBatch } from '../../pipelines/log/bus.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { WorkerConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracing } from '../observe/tracing.ts';
import { openColdFile } from '../state/disk-cold-file.ts';
import { StoreCircuit } from '../store/circuit.ts';
import type { Store } from '../store/client.ts';
import { markedUntil } from '../store/markers.ts';
import { StoreSinks } from '../store/sinks.ts';
import { openHotDetector } from '../workspace/hot-detection.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { LIMITS } from '../workspace/limits.ts';
import type { CompileRecord } from '../workspace/rule-timeline.ts';
import { BlockSpool } from './block-spool.ts';
import { PartitionInput, ProvidedFields } from './partition-input.ts';
import { PartitionWorker } from './partition-worker.ts';
import { recallStanding } from './recall.ts';
import { compilingOnce, RecordedRules } from './recorded-rules.ts';
import { MARKED_LOG, PartitionGone, StoreOutputs } from './store-outputs.ts';

/** Topics whose partition p goes to one worker. */
export const WORKER_TOPICS = ['transactions', 'signals'] as const satisfies readonly TopicName[];

export interface WorkerOptions {
  readonly bus: Bus;
  readonly store: Store;
  readonly keys: DataKeys;
  /** In force until the log says otherwise. */
  readonly knowledge: Knowledge;
  readonly config: WorkerConfig;
  /** Local disk for what is not worth memory; emptied. */
  readonly stateFolder: string;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly tracing: Tracing;
}

interface OpenPartition {
  readonly worker: PartitionWorker;
  /** Where to begin to read. */
  readonly from: Readonly<Record<(typeof WORKER_TOPICS)[number], number>>;
  close(): Promise<void>;
}

export class WorkerRole {
  readonly circuit: StoreCircuit;
  readonly #options: WorkerOptions;
  readonly #outputs: StoreOutputs;
  readonly #compile: CompileRecord;
  readonly #open = new Map<number, OpenPartition>();

  constructor(options: WorkerOptions) {
    const { store, metrics, log, config } = options;
    this.#options = options;
    this.#compile = compilingOnce(options.knowledge);
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
    this.#outputs = new StoreOutputs(new StoreSinks(this.circuit, bounds, { inserted }));
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
    const coming = new Set(partitions.map(({ partition }) => partition).filter((p) => !this.#open.has(p)));
    if (coming.size > 0) await this.#begin(coming);
    return partitions.map(({ topic, partition }) => {
      const from = (this.#open.get(partition) as OpenPartition).from[topic as (typeof WORKER_TOPICS)[number]];
      return { topic, partition, from };
    });
  }

  async #begin(coming: ReadonlySet<number>): Promise<void> {
    const { bus, store, log, metrics } = this.#options;
    const began = performance.now();
    const [transactions, signals] = await Promise.all(WORKER_TOPICS.map((topic) => bus.ranges(topic)));
    if (transactions === undefined || signals === undefined || transactions.length !== signals.length)
      throw new RastroError('RAS-WORKER-PARTITIONS', {
        transactions: transactions?.length ?? 0,
        signals: signals?.length ?? 0,
      });
    await this.circuit.whenUp();
    const recalled = await recallStanding(store, coming, transactions.length);
    for (const partition of coming) {
      const rows = transactions[partition];
      const said = signals[partition];
      if (rows === undefined || said === undefined) continue;
      if (rows.begin > 0) throw new RastroError('RAS-WORKER-HISTORY-GONE', { partition, begin: rows.begin });
      const open = this.#openPartition(partition, {
        count: transactions.length,
        markedUntil: await markedUntil(store, MARKED_LOG, partition),
        from: { transactions: rows.begin, signals: said.end },
      });
      this.#open.set(partition, open);
      await open.worker.begin(said, recalled.get(partition));
      log.info('partition.assigned', {
        partition,
        offset: rows.begin,
        ms: Math.round(performance.now() - began),
      });
    }
    metrics.observe('rastro_restore_duration_seconds', {}, (performance.now() - began) / 1_000);
    this.#count();
  }

  #openPartition(
    partition: number,
    at: { readonly count: number; readonly markedUntil: number; readonly from: OpenPartition['from'] },
  ): OpenPartition {
    const { knowledge, keys, stateFolder, bus } = this.#options;
    const folder = join(stateFolder, `partition-${partition}`);
    rmSync(folder, { recursive: true, force: true });
    const spool = new BlockSpool(folder);
    const renewed = openColdFile(folder, 'renewed');
    const provided = new ProvidedFields();
    // Detection and composition come to a record each in its own time.
    const rulesOf = () => new RecordedRules(knowledge, this.#compile);
    const composed = rulesOf();
    const of = { index: partition, count: at.count };
    const detection = openHotDetector({
      knowledge,
      seed: keys.hashSeed,
      partition: of,
      state: { folder: join(folder, 'detection'), hotRowsMs: LIMITS.hotRowsMs, idleMs: LIMITS.idleMs },
    });
    const engine = new PartitionEngine({
      detection,
      documents: new Documents(spool, renewed),
      ruleSet: knowledge.ruleSet,
      compose: knowledge.compose,
      providedBy: (id) => provided.of(id),
      readRules: (payload) => composed.read(payload),
      partition: of,
      writer: randomUUID(),
      hasAnswered: false,
    });
    const worker = new PartitionWorker({
      partition,
      engine,
      input: new PartitionInput({ engine, spool, provided, rules: rulesOf() }),
      bus,
      outputs: this.#outputs,
      markedUntil: at.markedUntil,
      events: this.#eventsOf(),
    });
    return {
      worker,
      from: at.from,
      async close() {
        await worker.close();
        await detection.close();
        renewed.close();
        spool.close();
      },
    };
  }

  #eventsOf(): ConstructorParameters<typeof PartitionWorker>[0]['events'] {
    const { metrics, log } = this.#options;
    return {
      rejected: (topic, partition, offset, code) => {
        metrics.count('rastro_rows_rejected_total', { code });
        log.warn('record.rejected', { topic, partition, offset, code });
      },
      took: (stage, seconds) => metrics.observe('rastro_stage_duration_seconds', { stage }, seconds),
      rows: (topic, rows) => metrics.count('rastro_rows_in_total', { topic }, rows),
    };
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
    for (const partition of new Set(partitions.map((of) => of.partition))) await this.#let(partition);
    this.#count();
  }

  async #let(partition: number): Promise<void> {
    const open = this.#open.get(partition);
    if (open === undefined) return;
    this.#open.delete(partition);
    await open.close();
    for (const topic of WORKER_TOPICS) this.#options.metrics.forgetPartition(topic, partition);
    this.#options.log.info('partition.revoked', { partition });
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
