/** One partition of the distributed form in memory: its two logs, its stages, and what befalls them. */
import { HotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import type { KeptStage } from '../../pipelines/engine/detect-stage.ts';
import {
  PartitionEngine,
  type Recalled,
  type SignalOutcome,
} from '../../pipelines/engine/partition-engine.ts';
import type { Step } from '../../pipelines/engine/step.ts';
import type { NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { Partition } from '../../pipelines/partition/owned-keys.ts';
import { CheckpointIn, CheckpointOut } from '../../pipelines/recovery/checkpoint-image.ts';
import type { StandingWrite } from '../../pipelines/recovery/standing.ts';
import { finished } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { RecordedRules } from '../../services/worker/recorded-rules.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { sourceOf } from './checkpoints.ts';
import { memoryColdFile } from './memory-cold-file.ts';

/** A record of `transactions` as the stages take it. */
export type Input =
  | { readonly kind: 'rows'; readonly block: Uint8Array }
  | { readonly kind: 'rules'; readonly payload: Uint8Array }
  | { readonly kind: 'step'; readonly step: Step };

export interface StoredDocument {
  readonly revision: number;
  readonly contentHash: string;
  readonly status: string;
  readonly item: Signal | Alert;
}

/** The store: of each (id, owner) the row with the highest revision; of equal ones the content must be equal. */
export class MemoryStore {
  readonly rows = new Map<string, StoredDocument>();
  written = 0;

  write(
    kind: 'signal' | 'alert',
    { item, revision, contentHash, status }: StandingWrite<Signal | Alert>,
  ): void {
    const owner = 'observedHolder' in item ? item.observedHolder : item.subject;
    const key = `${kind} ${item.id} ${owner}`;
    this.written++;
    const known = this.rows.get(key);
    if (known !== undefined && known.revision === revision && known.contentHash !== contentHash)
      throw new Error(`${key}: two contents of revision ${revision}`);
    if (known !== undefined && known.revision >= revision) return;
    this.rows.set(key, { revision, contentHash, status, item });
  }

  get standing(): (Signal | Alert)[] {
    return [...this.rows.values()].flatMap(({ status, item }) => (status === 'standing' ? [item] : []));
  }
}

export interface Logs {
  /** By partition, by offset. */
  readonly transactions: Input[][];
  /** By partition, in order; compaction leaves gaps in the offsets. */
  readonly signals: TopicRecord[][];
}

export function append(logs: Logs, records: readonly NewRecord[], ends: number[]): void {
  for (const { partition, key, headers = {}, value } of records) {
    const offset = ends[partition] as number;
    ends[partition] = offset + 1;
    logs.signals[partition]?.push({ topic: 'signals', partition, offset, key, headers, value });
  }
}

/** What a run keeps for the next one. */
export interface Checkpoint {
  /** Offset of the last record of `transactions`, and of `signals`, that is answered. */
  readonly transactions: number;
  readonly signals: number;
  readonly kept: KeptStage;
  /** Records of rules that are in force. */
  readonly rules: readonly Uint8Array[];
  /** Of documents and detection. */
  readonly image: Uint8Array;
}

export interface MachineOptions {
  readonly knowledge: Pick<Knowledge, 'ruleSet' | 'evaluation' | 'compose'>;
  readonly provided: ReadonlyMap<string, ReadonlySet<string>>;
  readonly partition: Partition;
  readonly logs: Logs;
  readonly writer: string;
  readonly partBytes: number;
  readonly parts?: number | undefined;
  /** What reads the rule sets of the log, new each time; without it there are none. */
  readonly rulesOf?: (() => RecordedRules) | undefined;
  /** Up to this offset of `transactions` everything is told and stored; -1: nothing. */
  readonly markedUntil: number;
}

export interface Said {
  readonly records: readonly NewRecord[];
  readonly outcome?: SignalOutcome;
}

export class PartitionMachine {
  readonly engine: PartitionEngine;
  readonly #options: MachineOptions;
  readonly #rules: RecordedRules | undefined;
  /** Offsets of the next records. */
  transactionsAt = 0;
  signalsAt = 0;
  /** Offset of `signals` before which an earlier run may have answered. */
  #singlyUntil = 0;

  /** It goes on behind a checkpoint: what a marker covers beyond that is evaluated. */
  readonly #isResumed: boolean;
  readonly #documents: Documents;
  readonly #detector: HotDetector;

  private constructor(options: MachineOptions, from: Checkpoint | undefined) {
    const { knowledge, provided, partition, logs, writer, partBytes, parts } = options;
    this.#options = options;
    this.#isResumed = from !== undefined;
    const { rulesOf } = options;
    this.#rules = rulesOf?.();
    for (const payload of from?.rules ?? []) this.#rules?.read(payload);
    const { ruleSet, evaluation } = this.#rules?.inForce ?? knowledge;
    const composed = rulesOf?.();
    const readPart = (offset: number, start: number, length: number) => {
      const input = logs.transactions[partition.index]?.[offset];
      if (input?.kind !== 'rows') throw new RangeError(`no block ${offset}`);
      return input.block.subarray(start, start + length);
    };
    const checkpoint = from === undefined ? undefined : new CheckpointIn(sourceOf(from.image));
    this.#documents = new Documents({ readPart }, memoryColdFile());
    if (checkpoint !== undefined) this.#documents.load(checkpoint);
    this.#detector = new HotDetector({
      ruleSet,
      evaluation,
      seed: [1, 2],
      partition,
      // The highest event time seen is that of a partition's rows.
      horizonMs: Number.POSITIVE_INFINITY,
      checkpoint,
    });
    checkpoint?.end();
    this.engine = new PartitionEngine({
      detection: this.#detector,
      documents: this.#documents,
      ruleSet,
      compose: knowledge.compose,
      providedBy: (id) => provided.get(id) ?? new Set(),
      readRules: (payload) => composed?.read(payload),
      partition,
      writer,
      hasAnswered: from !== undefined,
      partBytes,
      ...(parts === undefined ? {} : { parts }),
    });
  }

  /** Begins behind a checkpoint; without one from nothing, with what the store holds. */
  static async start(
    options: MachineOptions,
    from?: Checkpoint,
    recalled?: Recalled,
  ): Promise<[PartitionMachine, Said]> {
    const machine = new PartitionMachine(options, from);
    const signals = options.logs.signals[options.partition.index] ?? [];
    const answered = from?.signals ?? signals.at(-1)?.offset ?? -1;
    if (from !== undefined) {
      machine.transactionsAt = from.transactions + 1;
      machine.engine.resume(from.kept, from.transactions);
    }
    for (const record of signals) {
      if (record.offset > answered) break;
      await machine.engine.take(record);
    }
    machine.signalsAt = answered + 1;
    machine.#singlyUntil = (signals.at(-1)?.offset ?? -1) + 1;
    const outcome = await machine.engine.begin(answered, recalled);
    return [machine, { records: outcome.records, outcome }];
  }

  get partition(): number {
    return this.#options.partition.index;
  }

  get inputs(): readonly Input[] {
    return this.#options.logs.transactions[this.#options.partition.index] ?? [];
  }

  /** Takes in records of `transactions` before `until`. */
  async read(until: number): Promise<Said> {
    const records: NewRecord[] = [];
    for (; this.transactionsAt < Math.min(until, this.inputs.length); this.transactionsAt++) {
      const input = this.inputs[this.transactionsAt] as Input;
      const offset = this.transactionsAt;
      if (input.kind === 'rules') {
        const changed = this.#rules?.read(input.payload);
        if (changed !== undefined) await this.engine.step({ kind: 'rules', ...changed });
        records.push(...this.engine.rulesRecords(input.payload, offset));
      } else
        await this.engine.step(
          input.kind === 'rows' ? { kind: 'transactions', block: input.block, offset } : input.step,
        );
      if (offset === this.#options.markedUntil && !this.#isResumed)
        await this.engine.step({ kind: 'settle' });
    }
    return { records };
  }

  /** What a marker covers is taken in as a whole. */
  get mayFlush(): boolean {
    return this.#isResumed || this.transactionsAt > this.#options.markedUntil;
  }

  async flush(): Promise<Said> {
    if (!this.mayFlush) return { records: [] };
    const { told, observed } = await this.engine.flush(this.transactionsAt - 1);
    return { records: [...told, ...observed] };
  }

  /** Takes in at most so many records of `signals` before `until`, as one batch. */
  async take(most: number, until = Number.POSITIVE_INFINITY): Promise<Said[]> {
    const said: Said[] = [];
    const log = this.#options.logs.signals[this.#options.partition.index] ?? [];
    let from = log.length;
    while (from > 0 && (log[from - 1] as TopicRecord).offset >= this.signalsAt) from--;
    const batch = log.slice(from, from + most).filter(({ offset }) => offset < until);
    for (const record of batch) {
      const { records, faults } = await this.engine.take(record);
      for (const { error } of faults) throw error;
      this.signalsAt = record.offset + 1;
      said.push({ records });
      if (record.offset >= this.#singlyUntil && record !== batch.at(-1)) continue;
      const outcome = await this.engine.answer(record.offset);
      for (const { error } of outcome.faults) throw error;
      said.push({ records: outcome.records, outcome });
    }
    return said;
  }

  /** To be called behind a flush whose records are there. */
  get checkpoint(): Checkpoint {
    const pieces: Uint8Array[] = [];
    const out = new CheckpointOut({ write: (bytes) => pieces.push(bytes.slice()) });
    finished(this.#documents.save(out));
    finished(this.#detector.save(out));
    return {
      rules: this.#rules?.records ?? [],
      image: Buffer.concat(pieces),
      transactions: this.transactionsAt - 1,
      signals: this.engine.resumeFrom(this.signalsAt - 1) - 1,
      kept: this.engine.kept,
    };
  }
}
