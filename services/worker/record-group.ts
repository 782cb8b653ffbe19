/** Records of `transactions` that were taken in and are not told and stored yet: what is to be stored of them, and their marker. */
import { crc32 } from 'node:zlib';
import type { TopicRecord } from '../../pipelines/log/bus.ts';
import type { RecordKind } from '../../pipelines/log/port.ts';
import type { GroupMemory } from './group-memory.ts';
import { keptRows } from './kept-rows.ts';
import { WORKER_LIMITS } from './limits.ts';
import { type LogRecordRow, logRecordRow } from './log-records.ts';
import { MARKED_LOG, type PartitionMarker, type PlacedRows } from './store-outputs.ts';

export class RecordGroup {
  readonly #memory: GroupMemory;
  readonly #partition: number;
  readonly #from: number;
  #to: number;
  #records = 0;
  #bytes = 0;
  readonly #kept: PlacedRows[] = [];
  readonly #held: LogRecordRow[] = [];
  /** CRC-32 of the records' values, one behind the other. */
  #checksum = 0;

  /** When the oldest record was sent, where the log says. */
  readonly sentMs: number | undefined;

  /** Begins with a record, which is not in it yet. */
  constructor(
    { partition, offset, sentMs }: Pick<TopicRecord, 'partition' | 'offset' | 'sentMs'>,
    memory: GroupMemory,
  ) {
    this.#memory = memory;
    this.sentMs = sentMs;
    this.#partition = partition;
    this.#from = offset;
    this.#to = offset;
  }

  /** Takes in the next record. `kind`: undefined for one that could not be read; `outcomes`: of its rows. */
  add(record: TopicRecord, kind: RecordKind | undefined, outcomes: Uint8Array | undefined): void {
    const { offset, value } = record;
    this.#to = offset;
    this.#records++;
    this.#held.push(logRecordRow(MARKED_LOG, record, kind, outcomes));
    if (value === null) return;
    this.#bytes += value.length;
    this.#memory.add(this.#partition, value.length);
    this.#checksum = crc32(value, this.#checksum);
    if (outcomes === undefined || kind !== 'transactions') return;
    const kept = keptRows(value, outcomes);
    if (kept.rows > 0) this.#kept.push({ ...kept, offset });
  }

  get isFull(): boolean {
    return (
      this.#records >= WORKER_LIMITS.GROUP_RECORDS ||
      this.#bytes >= WORKER_LIMITS.GROUP_BYTES ||
      this.#memory.isFull
    );
  }

  /** Offset of the last record. */
  get to(): number {
    return this.#to;
  }

  /** Primary rows. */
  get kept(): readonly PlacedRows[] {
    return this.#kept;
  }

  /** What each record held. */
  get held(): readonly LogRecordRow[] {
    return this.#held;
  }

  marker(): PartitionMarker {
    return {
      partition: this.#partition,
      from: this.#from,
      to: this.#to,
      rows: this.#kept.reduce((sum, { rows }) => sum + rows, 0),
      checksum: this.#checksum.toString(16).padStart(8, '0'),
    };
  }
}
