/**
 * One partition in work: its engine between two logs and the store.
 *
 * Of a group of records of `transactions`: what was told, what was observed, the primary rows and which rows the records held, the
 * marker, in this order; each is durable before the next is begun. Of a batch of `signals`: records that follow from it, then
 * documents. Wherever a process dies, the next one repeats what has no marker, and repeating says the same
 * (`pipelines/engine/README.md`).
 */
import type { KeptStage } from '../../pipelines/engine/detect-stage.ts';
import type {
  PartitionEngine,
  Recalled,
  SignalFault,
  SignalOutcome,
} from '../../pipelines/engine/partition-engine.ts';
import type { Bus, PartitionRange, RecordBatch, TopicRecord } from '../../pipelines/log/bus.ts';
import type { RecordKind } from '../../pipelines/log/port.ts';
import type { LogPlace } from '../../pipelines/recovery/checkpoint.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { CheckpointWrite } from '../state/checkpoints.ts';
import { alertRecords } from './alert-records.ts';
import { WORKER_LIMITS } from './limits.ts';
import { digestOf, type PartitionCheckpoints, type PartitionPlaces } from './partition-checkpoints.ts';
import { kindOf, type PartitionInput } from './partition-input.ts';
import type { PartitionState } from './partition-state.ts';
import { RecordGroup } from './record-group.ts';
import { CONTRADICTING, type RejectedRecords } from './rejected-records.ts';
import { PartitionGone, type StoreOutputs } from './store-outputs.ts';

export interface PartitionWorkerParts {
  readonly partition: number;
  readonly engine: PartitionEngine;
  readonly input: PartitionInput;
  readonly state: PartitionState;
  readonly checkpoints: PartitionCheckpoints;
  readonly bus: Pick<Bus, 'append' | 'read' | 'ranges'>;
  readonly outputs: StoreOutputs;
  readonly rejects: RejectedRecords;
  /** Every record of `transactions` up to this offset is stored and told. */
  readonly markedUntil: number;
  readonly events: PartitionEvents;
}

/** What a partition says of itself, for logs and metrics. */
export interface PartitionEvents {
  /** A record could not be read and was passed over, or rows of it contradict known ones; they lie on `rejected`. */
  rejected(topic: TopicName, partition: number, offset: number, code: string): void;
  /** Seconds that a part of the work took. */
  took(stage: 'detect' | 'hold' | 'append', seconds: number): void;
  rows(topic: TopicName, rows: number): void;
  /** Rows are evaluated and stored; when the oldest of them was sent. */
  stored(sentMs: number): void;
}

/** The last record of a log, or what is known of it. */
type LastRecord = TopicRecord | LogPlace['last'];

export class PartitionWorker {
  readonly #parts: PartitionWorkerParts;
  #group: RecordGroup | undefined;
  /** Of `transactions`, the last record that was taken in, and whether there was none behind it. */
  #lastOffset = -1;
  #isCaughtUp = false;
  #lastTransaction: LastRecord = null;
  /** Of `signals`: the last record whose answers are durable, and from where who goes on behind it has to read. */
  #answered = { offset: -1, from: 0, last: null as LastRecord };
  /** Offset of `signals` before which an earlier run may have answered: what it said must be said, or taken back, record by record. */
  #singlyUntil = 0;
  /** Bytes of `transactions` since the last checkpoint. */
  #bytesSince = 0;
  /** It goes on behind a checkpoint: what the marker covers beyond that is evaluated, once, but not stored again. */
  #isResumed = false;
  /** Whether what the last batch said may go out. */
  #isCurrent: () => boolean = () => true;
  /** What went wrong between two batches: the next one ends with it. */
  #failure: unknown;
  /** Something is evaluated that is not told and stored yet; stays so where that went wrong. */
  #isOwed = false;
  /** A checkpoint waits for the end of the group. */
  #isDue = false;
  #isClosed = false;
  #finishing: Promise<boolean> | undefined;
  /** The engine does one thing at a time; its two logs come independently. */
  #turn: Promise<unknown> = Promise.resolve();
  /** A group is one piece of work, and so is a checkpoint. */
  #inputTurn: Promise<unknown> = Promise.resolve();

  constructor(parts: PartitionWorkerParts) {
    this.#parts = parts;
  }

  /** Reads what `signals` holds, says what was not said yet, and from then on answers. */
  async begin(range: PartitionRange, recalled: Recalled | undefined): Promise<void> {
    const { engine } = this.#parts;
    const last = await this.#listen(range.begin, range.end);
    this.#singlyUntil = range.end;
    const outcome = await engine.begin(range.end - 1, recalled);
    await this.#passOver(outcome.faults);
    await this.#parts.rejects.flushSignals();
    await this.#say([outcome]);
    this.#answered = { offset: range.end - 1, from: engine.resumeFrom(range.end - 1), last };
  }

  /** Goes on behind a checkpoint, of which the state is. `transactions` and `signals`: what there is of the logs. */
  async resume(
    places: PartitionPlaces,
    { transactions, signals }: Readonly<Record<'transactions' | 'signals', PartitionRange>>,
  ): Promise<void> {
    const { engine, state } = this.#parts;
    this.#isResumed = true;
    this.#lastOffset = places.transactions.from - 1;
    this.#lastTransaction = places.transactions.last;
    this.#isCaughtUp = places.transactions.from >= transactions.end;
    engine.resume(state.kept, this.#lastOffset);
    const { from, last } = places.signals;
    this.#singlyUntil = signals.end;
    await this.#listen(signals.begin, from);
    const { faults } = await engine.begin(from - 1);
    await this.#passOver(faults);
    await this.#parts.rejects.flushSignals();
    this.#answered = { offset: from - 1, from, last };
  }

  /** Takes in records that are stored and told, and that `transactions`, which ends at `end`, has no more. */
  async takeHistory(records: AsyncIterable<TopicRecord>, end: number): Promise<void> {
    const { markedUntil, engine } = this.#parts;
    for await (const record of records) {
      await this.#exclusive(() => this.#admit(record));
      this.#lastOffset = record.offset;
    }
    if (this.#lastOffset === -1) return;
    if (this.#lastOffset === markedUntil) await this.#exclusive(() => engine.step({ kind: 'settle' }));
    this.#isCaughtUp = this.#lastOffset + 1 >= end;
    if (this.#isCaughtUp) await this.#close(this.#isCurrent);
  }

  /** A batch of `transactions`. Resolves when the next one may come. */
  takeTransactions(batch: RecordBatch, isCurrent: () => boolean): Promise<void> {
    return this.#inInputTurn(() => this.#takeTransactions(batch, isCurrent));
  }

  async #takeTransactions({ records, end }: RecordBatch, isCurrent: () => boolean): Promise<void> {
    const { markedUntil, engine } = this.#parts;
    if (this.#failure !== undefined) throw this.#failure;
    this.#isCurrent = isCurrent;
    for (const record of records) {
      await this.#exclusive(() => this.#admit(record));
      this.#bytesSince += record.value?.length ?? 0;
      if (record.offset === markedUntil && !this.#isResumed)
        await this.#exclusive(() => engine.step({ kind: 'settle' }));
      if (this.#group?.isFull === true) await this.#close(isCurrent);
    }
    const last = records.at(-1);
    if (last === undefined) return;
    this.#lastOffset = last.offset;
    this.#lastTransaction = last;
    this.#isCaughtUp = last.offset + 1 >= end;
    if (this.#isCaughtUp || this.#isDue) await this.#close(isCurrent);
  }

  /** A batch of `signals`. */
  async takeSignals({ records }: RecordBatch, isCurrent: () => boolean): Promise<void> {
    const { engine } = this.#parts;
    if (this.#failure !== undefined) throw this.#failure;
    const began = performance.now();
    const answers: Pick<SignalOutcome, 'records' | 'signals' | 'alerts'>[] = [];
    const until = records.at(-1)?.offset;
    for (const record of records) {
      const { records: again, faults } = await this.#exclusive(() => engine.take(record));
      answers.push({ records: again, signals: [], alerts: [] });
      await this.#passOver(faults);
      if (record.offset >= this.#singlyUntil && record.offset !== until) continue;
      const answer = await this.#exclusive(() => engine.answer(record.offset));
      await this.#passOver(answer.faults);
      answers.push(answer);
    }
    await this.#parts.rejects.flushSignals();
    this.#parts.events.took('hold', (performance.now() - began) / 1_000);
    current(isCurrent);
    await this.#say(answers);
    const last = records.at(-1);
    if (last !== undefined)
      this.#answered = { offset: last.offset, from: engine.resumeFrom(last.offset), last };
    // Another run may have told what this one has to tell again, or to take back.
    await this.#inInputTurn(async () => {
      if (this.#isCaughtUp && this.#group === undefined && engine.detect.hasWork)
        await this.#close(isCurrent);
    });
  }

  /** Milliseconds for which what came since the last checkpoint is in none. */
  get checkpointAgeMs(): number {
    return this.#parts.checkpoints.ageMs(this.#lastOffset + 1);
  }

  /** Writes a checkpoint where one is due; to be called now and then, one call at a time. */
  async checkpoint(): Promise<void> {
    const { checkpoints, engine, bus, partition } = this.#parts;
    if (!this.#maySave || !checkpoints.isDue(this.#lastOffset + 1, this.#bytesSince)) return;
    try {
      const atMs = Date.now();
      const range = (await bus.ranges('signals'))[partition];
      if (range !== undefined) checkpoints.sawEnd(range.end, atMs);
      const isCurrent = this.#isCurrent;
      const saved = await this.#inInputTurn(async () => {
        if (this.#isClosed) return undefined;
        // Closed by a batch alone: what a batch is cut off in is begun anew, and a group that is given up here would be lost.
        this.#isDue = this.#group !== undefined;
        return this.#isDue ? undefined : this.#save();
      });
      if (saved === undefined) return;
      this.#finishing = checkpoints.finish(saved.write);
      if (!(await this.#finishing) || !isCurrent()) return;
      const records = await this.#exclusive(async () => engine.checkpointed(saved.kept, saved.asOf));
      await bus.append('signals', records);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Lets the partition go: what waits for the store is given up, what is half done is nobody's. */
  async close(): Promise<void> {
    const { outputs, partition, checkpoints } = this.#parts;
    this.#isClosed = true;
    outputs.drop(partition);
    await this.#inputTurn;
    await this.#turn;
    outputs.waiting.release(partition);
    await this.#finishing?.catch(() => undefined);
    const isCheap = checkpoints.bytes <= WORKER_LIMITS.LAST_CHECKPOINT_BYTES;
    if (isCheap && this.#maySave && this.checkpointAgeMs > 0 && this.#failure === undefined) {
      const saved = await this.#save();
      if (saved !== undefined) await checkpoints.finish(saved.write);
    }
  }

  /** Something came, and all that the marker covers is taken in. */
  get #maySave(): boolean {
    return this.#lastOffset >= Math.max(0, this.#parts.markedUntil);
  }

  /** The image of what is evaluated, told and stored; undefined where something waits. */
  #save(): Promise<
    { readonly write: CheckpointWrite; readonly kept: KeptStage; readonly asOf: number } | undefined
  > {
    return this.#exclusive(async () => {
      const { engine, checkpoints, state } = this.#parts;
      const asOf = this.#lastOffset;
      const isSettled = engine.detect.isSettledAt(asOf) && state.detection.detector.isSettled;
      if (this.#group !== undefined || this.#isOwed || !isSettled || !this.#maySave) return undefined;
      const { kept } = engine;
      const { offset, from, last } = this.#answered;
      const sinceMs = checkpoints.sinceMs(offset);
      const write = await checkpoints.write(state, kept, {
        transactions: { from: asOf + 1, last: markOf(this.#lastTransaction), sinceMs },
        signals: { from, last: markOf(last), sinceMs },
      });
      if (write === undefined) return undefined;
      this.#bytesSince = 0;
      return { write, kept, asOf };
    });
  }

  /** Takes in records of `signals` to which nothing is said. Returns the last one. */
  async #listen(from: number, until: number): Promise<TopicRecord | null> {
    const { engine, bus, partition } = this.#parts;
    let last: TopicRecord | null = null;
    for await (const record of bus.read('signals', partition, from, until)) {
      const { faults } = await engine.take(record);
      await this.#passOver(faults);
      last = record;
    }
    return last;
  }

  async #admit(record: TopicRecord): Promise<void> {
    const { input, markedUntil, events, bus, rejects } = this.#parts;
    const { offset, value } = record;
    const began = performance.now();
    let outcomes: Uint8Array | undefined;
    let kind: RecordKind | undefined;
    try {
      const taken = await input.take(record);
      outcomes = taken.outcomes;
      kind = value === null ? undefined : kindOf(record);
      if (taken.records.length > 0) await bus.append('signals', taken.records);
    } catch (error) {
      if (!RastroError.is(error) || !isUnreadable(error)) throw error;
      await this.#passedOver(record, error);
    }
    events.took('detect', (performance.now() - began) / 1_000);
    events.rows('transactions', outcomes?.length ?? 0);
    if (offset <= markedUntil) return;
    this.#group ??= new RecordGroup(record, this.#parts.outputs.waiting);
    this.#group.add(record, kind, outcomes);
    if (outcomes === undefined || kind !== 'transactions') return;
    if (await rejects.addContradicting(record, outcomes))
      events.rejected(record.topic, record.partition, offset, CONTRADICTING.code);
  }

  /** Evaluates what was taken in, tells and stores what came of it. */
  async #close(isCurrent: () => boolean): Promise<void> {
    const { engine, bus, events } = this.#parts;
    const group = this.#group;
    if (group === undefined && !engine.detect.hasWork) return;
    this.#group = undefined;
    this.#isOwed = true;
    const began = performance.now();
    const { told, observed } = await this.#exclusive(() => engine.flush(group?.to ?? this.#lastOffset));
    events.took('detect', (performance.now() - began) / 1_000);
    current(isCurrent);
    if (told.length > 0) await bus.append('signals', told);
    if (observed.length > 0) await bus.append('signals', observed);
    if (group !== undefined) await this.#store(group, isCurrent);
    this.#isOwed = false;
  }

  /** The primary rows of a group, then the marker. */
  async #store(group: RecordGroup, isCurrent: () => boolean): Promise<void> {
    const { outputs, rejects, partition, events } = this.#parts;
    current(isCurrent);
    await Promise.all([
      ...group.kept.map((kept) => outputs.transactions(partition, kept)),
      outputs.records(partition, group.held),
      rejects.flush(),
    ]);
    current(isCurrent);
    await outputs.marker(group.marker());
    outputs.waiting.release(partition);
    if (group.sentMs !== undefined) events.stored(group.sentMs);
  }

  async #say(answers: readonly Pick<SignalOutcome, 'records' | 'signals' | 'alerts'>[]): Promise<void> {
    const records = answers.flatMap((answer) => answer.records);
    const signals = answers.flatMap((answer) => answer.signals);
    const alerts = answers.flatMap((answer) => answer.alerts);
    const { bus, outputs, partition, events } = this.#parts;
    const began = performance.now();
    if (records.length > 0) await bus.append('signals', records);
    if (alerts.length > 0) await bus.append('alerts', alertRecords(partition, alerts));
    events.took('append', (performance.now() - began) / 1_000);
    await outputs.documents(partition, signals, alerts);
  }

  async #passOver(faults: readonly SignalFault[]): Promise<void> {
    for (const { record, error } of faults) await this.#passedOver(record, error);
  }

  async #passedOver(record: TopicRecord, error: RastroError): Promise<void> {
    const { topic, partition, offset } = record;
    const { events, rejects } = this.#parts;
    if (await rejects.add(record, error)) events.rejected(topic, partition, offset, error.code);
  }

  #inInputTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#inputTurn.then(work, work);
    this.#inputTurn = turn.catch(() => undefined);
    return turn;
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function markOf(last: LastRecord): LogPlace['last'] {
  return last === null || 'digest' in last ? last : { offset: last.offset, digest: digestOf(last) };
}

/** Whatever is under way for a partition that may be another's must not go out. */
function current(isCurrent: () => boolean): void {
  if (!isCurrent()) throw new PartitionGone();
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'RAS-BUS-BATCH-TOO-LARGE',
  'RAS-ENGINE-BLOCK-CORRUPT',
  'RAS-ENGINE-MESSAGE',
  'RAS-ENGINE-RECORD-SIZE',
]);

/** The record is at fault, and was not taken in. */
function isUnreadable({ code }: RastroError): boolean {
  return UNREADABLE.has(code);
}
