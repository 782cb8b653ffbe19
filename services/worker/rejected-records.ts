/**
 * Records of a partition that could not be read, and rows that contradict known ones, on their way to the topic `rejected`. They are
 * durable there before the position of their own topic is marked; whoever repeats a partition says none again that a marker covers, and what is said twice
 * for all that has one key.
 */
import { OUTCOME } from '../../pipelines/detect/hot/row-ledger.ts';
import { sealRecord } from '../../pipelines/ingest/rejected-record.ts';
import type { Bus, NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import type { RastroError } from '../../schemas/errors/index.ts';
import { contradictingRows } from './kept-rows.ts';
import type { StoreOutputs } from './store-outputs.ts';

/** Name of the log of markers that say up to where records of `signals` were looked at for this; there is one only where some were bad. */
export const REJECTED_SIGNALS_LOG = 'signals-rejected';

const WAITING_RECORDS = 256;
const WAITING_BYTES = 4 * 1024 * 1024;

export interface RejectedRecordsParts {
  readonly partition: number;
  readonly bus: Pick<Bus, 'append' | 'partitionsOf'>;
  readonly outputs: Pick<StoreOutputs, 'marker'>;
  readonly rawKey: Uint8Array;
  /** Up to this offset of `transactions` everything bad lies on `rejected` already; -1 for nothing. */
  readonly markedUntil: number;
  /** The same of `signals`; asked for when a record of it is bad. */
  readonly rejectedUntil: () => Promise<number>;
}

/** Why rows that contradict known ones are rejected. */
export const CONTRADICTING = { code: 'RAS-ENGINE-CONFLICT' } as const;

export class RejectedRecords {
  readonly #parts: RejectedRecordsParts;
  #waiting: NewRecord[] = [];
  #bytes = 0;
  #signalsUntil: number | undefined;
  /** Of the topic `rejected`. */
  #partitions: number | undefined;
  #lastSignal = -1;
  /** What is on its way: both topics of a partition hand records over, and either may ask for all of them. */
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: RejectedRecordsParts) {
    this.#parts = parts;
  }

  /** False where an earlier run has said so. */
  async add(record: TopicRecord, { code }: Pick<RastroError, 'code'>): Promise<boolean> {
    const { bus, rawKey, markedUntil } = this.#parts;
    const { topic, offset } = record;
    if (offset <= (topic === 'signals' ? await this.#signalsMarked() : markedUntil)) return false;
    this.#partitions ??= await bus.partitionsOf('rejected');
    const sealed = sealRecord(rawKey, record, { code, partitions: this.#partitions });
    this.#waiting.push(sealed);
    this.#bytes += sealed.value?.length ?? 0;
    if (topic === 'signals') this.#lastSignal = Math.max(this.#lastSignal, offset);
    if (this.#waiting.length >= WAITING_RECORDS || this.#bytes >= WAITING_BYTES) await this.#append();
    return true;
  }

  /**
   * Of a block of primary rows that was taken in, those that contradict known ones, as a block of their own at its place. `outcomes`: of
   * each row its index in `ROW_OUTCOMES`. Resolves to whether something was said.
   */
  async addContradicting(record: TopicRecord, outcomes: Uint8Array): Promise<boolean> {
    if (record.value === null || !outcomes.includes(OUTCOME.REJECT)) return false;
    const { block } = contradictingRows(record.value, outcomes);
    return this.add({ ...record, value: block }, CONTRADICTING);
  }

  /** Resolves when all of them are durable. */
  flush(): Promise<void> {
    return this.#append();
  }

  /** The same; and all records of `signals` that were taken in are looked at, of which one before the last bad one may not be known till then. */
  async flushSignals(): Promise<void> {
    await this.#append();
    const to = this.#lastSignal;
    if (to < 0) return;
    const until = await this.#signalsMarked();
    if (to <= until) return;
    const { partition, outputs } = this.#parts;
    const from = until + 1;
    await outputs.marker({ log: REJECTED_SIGNALS_LOG, partition, from, to, rows: 0, checksum: '' });
    this.#signalsUntil = to;
  }

  async #signalsMarked(): Promise<number> {
    this.#signalsUntil ??= await this.#parts.rejectedUntil();
    return this.#signalsUntil;
  }

  #append(): Promise<void> {
    const records = this.#waiting;
    if (records.length === 0) return this.#sending;
    this.#waiting = [];
    this.#bytes = 0;
    this.#sending = this.#sending
      .then(() => this.#parts.bus.append('rejected', records))
      .then(() => undefined);
    return this.#sending;
  }
}
