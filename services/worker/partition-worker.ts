/**
 * One partition in work: its engine between two logs and the store.
 *
 * Of a group of records of `transactions`: what was told, what was observed, the primary rows, the marker, in this order; each is durable
 * before the next is begun. Of a batch of `signals`: records that follow from it, then documents. Wherever a process
 * dies, the next one repeats what has no marker, and repeating says the same (`pipelines/engine/README.md`).
 */
import { crc32 } from 'node:zlib';
import type { PartitionEngine, Recalled, SignalOutcome } from '../../pipelines/engine/partition-engine.ts';
import type { Bus, NewRecord, RecordBatch, TopicRecord } from '../../pipelines/log/bus.ts';
import type { StandingWrite } from '../../pipelines/recovery/standing.ts';
import type { Alert } from '../../schemas/alert.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { alertRecords } from './alert-records.ts';
import { type KeptRows, keptRows } from './kept-rows.ts';
import { WORKER_LIMITS } from './limits.ts';
import { kindOf, type PartitionInput } from './partition-input.ts';
import { PartitionGone, type StoreOutputs } from './store-outputs.ts';

export interface PartitionWorkerParts {
  readonly partition: number;
  readonly engine: PartitionEngine;
  readonly input: PartitionInput;
  readonly bus: Pick<Bus, 'append' | 'read'>;
  readonly outputs: StoreOutputs;
  /** Every record of `transactions` up to this offset is stored and told. */
  readonly markedUntil: number;
  readonly events: PartitionEvents;
}

/** What a partition says of itself, for logs and metrics. */
export interface PartitionEvents {
  /** A record could not be read and was passed over. */
  rejected(topic: TopicName, partition: number, offset: number, code: string): void;
  /** Seconds that a part of the work took. */
  took(stage: 'detect' | 'hold' | 'append', seconds: number): void;
  rows(topic: TopicName, rows: number): void;
}

/** Records that were taken in and are not told and stored yet. */
interface Group {
  readonly from: number;
  to: number;
  records: number;
  bytes: number;
  readonly kept: KeptRows[];
  /** CRC-32 of the records' values, one behind the other. */
  checksum: number;
}

export class PartitionWorker {
  readonly #parts: PartitionWorkerParts;
  #group: Group | undefined;
  /** Of `transactions`, the last record that was taken in, and whether there was none behind it. */
  #lastOffset = -1;
  #isCaughtUp = false;
  /** The engine does one thing at a time; its two logs come independently. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: PartitionWorkerParts) {
    this.#parts = parts;
  }

  /** Reads what `signals` holds before `until`, says what was not said yet, and from then on answers. */
  async begin(
    range: { readonly begin: number; readonly end: number },
    recalled: Recalled | undefined,
  ): Promise<void> {
    const { engine, bus, partition } = this.#parts;
    for await (const record of bus.read('signals', partition, range.begin, range.end)) {
      const { fault } = await engine.take(record);
      if (fault !== undefined) this.#passedOver(record, fault);
    }
    const outcome = await engine.begin(range.end - 1, recalled);
    await this.#say(outcome.records, outcome.signals, outcome.alerts);
  }

  /** A batch of `transactions`. Resolves when the next one may come. */
  async takeTransactions({ records, end }: RecordBatch, isCurrent: () => boolean): Promise<void> {
    const { markedUntil, engine } = this.#parts;
    for (const record of records) {
      await this.#exclusive(() => this.#admit(record));
      if (record.offset === markedUntil) await this.#exclusive(() => engine.step({ kind: 'settle' }));
      const group = this.#group;
      if (group === undefined) continue;
      if (group.records >= WORKER_LIMITS.GROUP_RECORDS || group.bytes >= WORKER_LIMITS.GROUP_BYTES)
        await this.#close(isCurrent);
    }
    const last = records.at(-1);
    if (last === undefined) return;
    this.#lastOffset = last.offset;
    this.#isCaughtUp = last.offset + 1 >= end;
    if (this.#isCaughtUp) await this.#close(isCurrent);
  }

  /** A batch of `signals`. */
  async takeSignals({ records }: RecordBatch, isCurrent: () => boolean): Promise<void> {
    const { engine } = this.#parts;
    const began = performance.now();
    const answers: SignalOutcome[] = [];
    for (const record of records) {
      const outcome = await this.#exclusive(() => engine.take(record));
      if (outcome.fault !== undefined) this.#passedOver(record, outcome.fault);
      answers.push(outcome);
    }
    this.#parts.events.took('hold', (performance.now() - began) / 1_000);
    current(isCurrent);
    await this.#say(
      answers.flatMap((answer) => answer.records),
      answers.flatMap((answer) => answer.signals),
      answers.flatMap((answer) => answer.alerts),
    );
    // Another run may have told what this one has to tell again, or to take back.
    if (this.#isCaughtUp && this.#group === undefined && engine.detect.hasWork) await this.#close(isCurrent);
  }

  /** Lets the partition go: what waits for the store is given up, what is half done is nobody's. */
  async close(): Promise<void> {
    this.#parts.outputs.drop(this.#parts.partition);
    await this.#turn.catch(() => undefined);
  }

  async #admit(record: TopicRecord): Promise<void> {
    const { input, markedUntil, events, bus } = this.#parts;
    const { offset, value } = record;
    const began = performance.now();
    let outcomes: Uint8Array | undefined;
    try {
      const taken = await input.take(record);
      outcomes = taken.outcomes;
      if (taken.records.length > 0) await bus.append('signals', taken.records);
    } catch (error) {
      if (!RastroError.is(error) || !isUnreadable(error)) throw error;
      this.#passedOver(record, error);
    }
    events.took('detect', (performance.now() - began) / 1_000);
    events.rows('transactions', outcomes?.length ?? 0);
    if (offset <= markedUntil) return;
    this.#group ??= {
      from: offset,
      to: offset,
      records: 0,
      bytes: 0,
      kept: [],
      checksum: 0,
    };
    const group = this.#group;
    group.to = offset;
    group.records++;
    if (value === null) return;
    group.bytes += value.length;
    group.checksum = crc32(value, group.checksum);
    if (outcomes !== undefined && kindOf(record) === 'transactions') {
      const kept = keptRows(value, outcomes);
      if (kept.rows > 0) group.kept.push(kept);
    }
  }

  /** Evaluates what was taken in, tells and stores what came of it. */
  async #close(isCurrent: () => boolean): Promise<void> {
    const { engine, bus, outputs, partition, events } = this.#parts;
    const group = this.#group;
    if (group === undefined && !engine.detect.hasWork) return;
    this.#group = undefined;
    const began = performance.now();
    const { told, observed } = await this.#exclusive(() => engine.flush(group?.to ?? this.#lastOffset));
    events.took('detect', (performance.now() - began) / 1_000);
    current(isCurrent);
    if (told.length > 0) await bus.append('signals', told);
    if (observed.length > 0) await bus.append('signals', observed);
    if (group === undefined) return;
    current(isCurrent);
    await Promise.all(group.kept.map((kept) => outputs.transactions(partition, kept)));
    current(isCurrent);
    await outputs.marker({
      partition,
      from: group.from,
      to: group.to,
      rows: group.kept.reduce((sum, { rows }) => sum + rows, 0),
      checksum: group.checksum.toString(16).padStart(8, '0'),
    });
  }

  async #say(
    records: readonly NewRecord[],
    signals: readonly StandingWrite<Signal>[],
    alerts: readonly StandingWrite<Alert>[],
  ): Promise<void> {
    const { bus, outputs, partition, events } = this.#parts;
    const began = performance.now();
    if (records.length > 0) await bus.append('signals', records);
    if (alerts.length > 0) await bus.append('alerts', alertRecords(partition, alerts));
    events.took('append', (performance.now() - began) / 1_000);
    await outputs.documents(partition, signals, alerts);
  }

  #passedOver({ topic, partition, offset }: TopicRecord, { code }: RastroError): void {
    this.#parts.events.rejected(topic, partition, offset, code);
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** Whatever is under way for a partition that may be another's must not go out. */
function current(isCurrent: () => boolean): void {
  if (!isCurrent()) throw new PartitionGone();
}

const UNREADABLE: ReadonlySet<string> = new Set(['RAS-ENGINE-BLOCK-CORRUPT', 'RAS-ENGINE-MESSAGE']);

/** The record is at fault, and was not taken in. */
function isUnreadable({ code }: RastroError): boolean {
  return UNREADABLE.has(code);
}
