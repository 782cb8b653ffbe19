/** How a partition comes into work: what is known of it, its state, its place in the two logs. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PartitionEngine } from '../../pipelines/engine/partition-engine.ts';
import type { SignalRecordsOptions } from '../../pipelines/engine/signal-records.ts';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import type { Bus, TopicRecord } from '../../pipelines/log/bus.ts';
import { CHECKPOINT_FORMAT } from '../../pipelines/recovery/checkpoint.ts';
import type { WorkerConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { StatePart } from '../observe/labels.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracing } from '../observe/tracing.ts';
import type { CheckpointSource } from '../state/checkpoints.ts';
import type { StoreCircuit } from '../store/circuit.ts';
import type { Store } from '../store/client.ts';
import { markedUntil } from '../store/markers.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import type { CompileRecord } from '../workspace/rule-timeline.ts';
import { readHistory } from './history.ts';
import { PartitionCheckpoints, type PartitionLogs } from './partition-checkpoints.ts';
import { PartitionInput } from './partition-input.ts';
import { PartitionState } from './partition-state.ts';
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
  /** Of the same disk: what outlives the process. */
  readonly checkpointFolder: string;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Bounds of messages on `signals`; tests make them small. */
  readonly messages?: Pick<SignalRecordsOptions, 'parts' | 'partBytes'>;
}

/** What a partition holds at this moment. */
export interface PartitionSize {
  readonly bytes: Readonly<Record<StatePart, number>>;
  readonly subjects: number;
  /** Subjects whose history was evaluated anew since the partition came. */
  readonly reruns: number;
}

export interface OpenPartition {
  readonly worker: PartitionWorker;
  size(): PartitionSize;
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
    const { bus, store } = this.#options;
    const began = performance.now();
    const sinceMs = Date.now();
    const [transactions, signals] = await Promise.all(WORKER_TOPICS.map((topic) => bus.ranges(topic)));
    if (transactions === undefined || signals === undefined || transactions.length !== signals.length)
      throw new RastroError('RAS-WORKER-PARTITIONS', {
        transactions: transactions?.length ?? 0,
        signals: signals?.length ?? 0,
      });
    await this.#circuit.whenUp();
    const arriving: { readonly partition: number; readonly logs: PartitionLogs }[] = [];
    for (const partition of coming) {
      const [rows, said] = [transactions[partition], signals[partition]];
      if (rows === undefined || said === undefined) continue;
      const marked = await markedUntil(store, MARKED_LOG, partition);
      arriving.push({ partition, logs: { bus, transactions: rows, signals: said, markedUntil: marked } });
    }
    const fromNothing: typeof arriving = [];
    for (const each of arriving) {
      const { partition, logs } = each;
      const checkpoints = this.#checkpointsOf(partition, transactions.length, sinceMs);
      const found = await checkpoints.restore(logs, (from) =>
        this.#stateOf(partition, transactions.length, () => checkpoints.drop(), from),
      );
      if (found === undefined) {
        checkpoints.close();
        fromNothing.push(each);
        continue;
      }
      const { state, places } = found;
      const open = this.#open(partition, {
        count: transactions.length,
        logs,
        state,
        checkpoints,
        from: { transactions: places.transactions.from, signals: places.signals.from },
        hasAnswered: true,
      });
      opened(partition, open);
      await open.worker.resume(places, logs);
      this.#assigned(partition, open.from.transactions, began);
    }
    if (fromNothing.length === 0) return;
    const recalled = await recallStanding(
      store,
      new Set(fromNothing.map(({ partition }) => partition)),
      transactions.length,
    );
    for (const { partition, logs } of fromNothing) {
      const { begin } = logs.transactions;
      const checkpoints = this.#checkpointsOf(partition, transactions.length, sinceMs);
      const state = this.#stateOf(partition, transactions.length, () => checkpoints.drop());
      const open = this.#open(partition, {
        count: transactions.length,
        logs,
        state,
        checkpoints,
        from: { transactions: begin, signals: logs.signals.end },
        hasAnswered: false,
      });
      opened(partition, open);
      await open.worker.begin(logs.signals, recalled.get(partition));
      const { end } = logs.transactions;
      await open.worker.takeHistory(this.#history(partition, begin, state.provided), end);
      this.#assigned(partition, begin, began);
    }
  }

  #assigned(partition: number, offset: number, began: number): void {
    const ms = Math.round(performance.now() - began);
    this.#options.log.info('partition.assigned', { partition, offset, ms });
  }

  #checkpointsOf(partition: number, partitions: number, sinceMs: number): PartitionCheckpoints {
    const { checkpointFolder, config, knowledge, keys, metrics, log } = this.#options;
    return new PartitionCheckpoints(
      {
        folder: join(checkpointFolder, `${MARKED_LOG}-${partition}`),
        identity: {
          format: CHECKPOINT_FORMAT,
          log: MARKED_LOG,
          partition,
          partitions,
          rules: knowledge.hash,
          keyId: keys.pseudonymKeyId,
        },
        everyMs: config.checkpointEveryMs,
        events: {
          refused: (reason, generation) => {
            metrics.count('rastro_checkpoints_total', { outcome: 'refused' });
            log.warn('checkpoint.refused', { partition, reason, generation });
          },
          written: (offset, bytes, ms) => {
            metrics.count('rastro_checkpoints_total', { outcome: 'ok' });
            metrics.observe('rastro_stage_duration_seconds', { stage: 'checkpoint' }, ms / 1_000);
            log.info('checkpoint.written', { partition, offset, bytes, ms: Math.round(ms) });
          },
          failed: (code) => {
            metrics.count('rastro_checkpoints_total', { outcome: 'failed' });
            log.warn('checkpoint.failed', { partition, code });
          },
        },
      },
      sinceMs,
    );
  }

  #stateOf(index: number, count: number, onDamage: () => void, from?: CheckpointSource): PartitionState {
    const { knowledge, keys, stateFolder } = this.#options;
    const folder = join(stateFolder, `partition-${index}`);
    rmSync(folder, { recursive: true, force: true });
    const partition = { index, count };
    const compile = this.#compile;
    return new PartitionState({ folder, knowledge, compile, seed: keys.hashSeed, partition, from, onDamage });
  }

  /** Records before `until`, which the topic has no more, out of the store; `provided` follows them. */
  async *#history(
    partition: number,
    until: number,
    provided: PartitionState['provided'],
  ): AsyncGenerator<TopicRecord> {
    if (until === 0) return;
    const { store, log, metrics } = this.#options;
    const options = { store, log: MARKED_LOG, partition, providedBy: (id: string) => provided.of(id) };
    let missing = 0;
    for await (const each of readHistory(options, 0, until)) {
      missing += each.missing;
      yield each.record;
    }
    log.info('partition.rebuilt', { partition, offset: until });
    if (missing === 0) return;
    const { code } = new RastroError('RAS-WORKER-ROWS-GONE', { partition, rows: missing });
    metrics.count('rastro_rows_rejected_total', { code }, missing);
    log.warn('history.incomplete', { partition, rows: missing, code });
  }

  #open(
    partition: number,
    at: {
      readonly count: number;
      readonly logs: PartitionLogs;
      readonly state: PartitionState;
      readonly checkpoints: PartitionCheckpoints;
      readonly from: OpenPartition['from'];
      readonly hasAnswered: boolean;
    },
  ): OpenPartition {
    const { knowledge, keys, store, bus } = this.#options;
    const { state, checkpoints } = at;
    const { spool, provided, rules } = state;
    // Detection and composition come to a record each in its own time.
    const composed = new RecordedRules(knowledge, this.#compile);
    const engine = new PartitionEngine({
      detection: state.detection.detector,
      documents: state.documents,
      ruleSet: rules.inForce.ruleSet,
      compose: knowledge.compose,
      providedBy: (id) => provided.of(id),
      readRules: (payload) => composed.read(payload),
      partition: { index: partition, count: at.count },
      writer: randomUUID(),
      ...this.#options.messages,
      onShortened: (_kind, leftOut) => {
        const { log, metrics } = this.#options;
        metrics.count('rastro_messages_shortened_total', { left_out: leftOut });
        log.warn('message.shortened', { partition, code: 'RAS-ENGINE-MESSAGE-SIZE' });
      },
      hasAnswered: at.hasAnswered,
    });
    const worker = new PartitionWorker({
      partition,
      engine,
      input: new PartitionInput({ engine, spool, provided, rules }),
      state,
      checkpoints,
      bus,
      outputs: this.#outputs,
      rejects: new RejectedRecords({
        partition,
        bus,
        outputs: this.#outputs,
        rawKey: keys.raw,
        markedUntil: at.logs.markedUntil,
        rejectedUntil: () => markedUntil(store, REJECTED_SIGNALS_LOG, partition),
      }),
      markedUntil: at.logs.markedUntil,
      events: this.#eventsOf(),
    });
    return {
      worker,
      from: at.from,
      size() {
        const { detector } = state.detection;
        const { records, histories, subjects } = detector.core.memory;
        const texts = detector.dictionary.interner.stats.bytes;
        const bytes = {
          subjects: records,
          histories,
          rows: detector.store.bytes,
          texts,
          blocks: spool.bytes,
        };
        return { bytes, subjects, reruns: detector.counts.rebuilt };
      },
      async close() {
        await worker.close();
        state.close();
        checkpoints.close();
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
