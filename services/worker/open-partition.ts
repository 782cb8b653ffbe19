/** How a partition comes into work: what is known of it, its state, its place in the two logs. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PartitionEngine } from '../../pipelines/engine/partition-engine.ts';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import type { Bus } from '../../pipelines/log/bus.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { WorkerConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { StatePart } from '../observe/labels.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracing } from '../observe/tracing.ts';
import { openColdFile } from '../state/disk-cold-file.ts';
import type { StoreCircuit } from '../store/circuit.ts';
import type { Store } from '../store/client.ts';
import { markedUntil } from '../store/markers.ts';
import { openHotDetector } from '../workspace/hot-detection.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { LIMITS } from '../workspace/limits.ts';
import type { CompileRecord } from '../workspace/rule-timeline.ts';
import { BlockSpool } from './block-spool.ts';
import { PartitionInput, ProvidedFields } from './partition-input.ts';
import { PartitionWorker } from './partition-worker.ts';
import { recallStanding } from './recall.ts';
import { compilingOnce, RecordedRules } from './recorded-rules.ts';
import { REJECTED_SIGNALS_LOG, RejectedRecords } from './rejected-records.ts';
import { MARKED_LOG, type StoreOutputs } from './store-outputs.ts';

/** Topics whose partition p goes to one worker. */
export const WORKER_TOPICS = ['transactions', 'signals'] as const satisfies readonly TopicName[];
export type WorkerTopic = (typeof WORKER_TOPICS)[number];

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

/** What a partition holds at this moment. */
export interface PartitionState {
  readonly bytes: Readonly<Record<StatePart, number>>;
  readonly subjects: number;
  /** Subjects whose history was evaluated anew since the partition came. */
  readonly reruns: number;
}

export interface OpenPartition {
  readonly worker: PartitionWorker;
  state(): PartitionState;
  /** Where to begin to read. */
  readonly from: Readonly<Record<WorkerTopic, number>>;
  close(): Promise<void>;
}

export class PartitionOpener {
  readonly #options: WorkerOptions;
  readonly #circuit: StoreCircuit;
  readonly #outputs: StoreOutputs;
  readonly #compile: CompileRecord;

  constructor(options: WorkerOptions, circuit: StoreCircuit, outputs: StoreOutputs) {
    this.#options = options;
    this.#circuit = circuit;
    this.#outputs = outputs;
    this.#compile = compilingOnce(options.knowledge);
  }

  /**
   * Brings partitions to where they go on. Each is handed over as soon as there is something to close.
   * @throws RastroError RAS-WORKER-PARTITIONS, RAS-WORKER-HISTORY-GONE, or of the areas BUS, STORE and ENGINE
   */
  async open(
    coming: ReadonlySet<number>,
    opened: (partition: number, open: OpenPartition) => void,
  ): Promise<void> {
    const { bus, store, log } = this.#options;
    const began = performance.now();
    const [transactions, signals] = await Promise.all(WORKER_TOPICS.map((topic) => bus.ranges(topic)));
    if (transactions === undefined || signals === undefined || transactions.length !== signals.length)
      throw new RastroError('RAS-WORKER-PARTITIONS', {
        transactions: transactions?.length ?? 0,
        signals: signals?.length ?? 0,
      });
    await this.#circuit.whenUp();
    const recalled = await recallStanding(store, coming, transactions.length);
    for (const partition of coming) {
      const rows = transactions[partition];
      const said = signals[partition];
      if (rows === undefined || said === undefined) continue;
      if (rows.begin > 0) throw new RastroError('RAS-WORKER-HISTORY-GONE', { partition, begin: rows.begin });
      const open = this.#open(partition, {
        count: transactions.length,
        markedUntil: await markedUntil(store, MARKED_LOG, partition),
        rejectedUntil: await markedUntil(store, REJECTED_SIGNALS_LOG, partition),
        from: { transactions: rows.begin, signals: said.end },
      });
      opened(partition, open);
      await open.worker.begin(said, recalled.get(partition));
      log.info('partition.assigned', {
        partition,
        offset: rows.begin,
        ms: Math.round(performance.now() - began),
      });
    }
  }

  #open(
    partition: number,
    at: {
      readonly count: number;
      readonly markedUntil: number;
      readonly rejectedUntil: number;
      readonly from: OpenPartition['from'];
    },
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
      rejects: new RejectedRecords({
        partition,
        bus,
        outputs: this.#outputs,
        rawKey: keys.raw,
        until: { transactions: at.markedUntil, signals: at.rejectedUntil },
      }),
      markedUntil: at.markedUntil,
      events: this.#eventsOf(),
    });
    return {
      worker,
      from: at.from,
      state() {
        const { records, histories, subjects } = detection.core.memory;
        const texts = detection.dictionary.interner.stats.bytes;
        const bytes = {
          subjects: records,
          histories,
          rows: detection.store.bytes,
          texts,
          blocks: spool.bytes,
        };
        return { bytes, subjects, reruns: detection.counts.rebuilt };
      },
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
      stored: (sentMs) =>
        metrics.observe('rastro_log_to_stored_seconds', {}, Math.max(0, Date.now() - sentMs) / 1_000),
    };
  }
}
