/** The topic `submissions` as this process has read it. Whoever has to know reads on first; nothing is assumed. */
import { SubmissionTable } from '../../pipelines/ingest/submission/table.ts';
import type { Bus } from '../../pipelines/log/bus.ts';

const TOPIC = 'submissions';

export class SubmissionView {
  readonly table = new SubmissionTable();
  readonly #bus: Bus;
  /** Next offset by partition. */
  readonly #next: number[] = [];
  /** By partition, up to where somebody wants it read: the next reading is for all who wait. */
  readonly #wanted: number[] = [];
  /** Reading of a partition that is under way. */
  readonly #reading = new Map<number, Promise<void>>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  partitions(): Promise<number> {
    return this.#bus.partitionsOf(TOPIC);
  }

  /** Reads everything that is there now. */
  async catchUp(): Promise<void> {
    const ranges = await this.#bus.ranges(TOPIC);
    await Promise.all(ranges.map(({ end }, partition) => this.catchUpTo(partition, end)));
  }

  /** Reads a partition up to, not including, an offset that is there. */
  async catchUpTo(partition: number, until: number): Promise<void> {
    this.#wanted[partition] = Math.max(this.#wanted[partition] ?? 0, until);
    while ((this.#next[partition] ?? 0) < until) {
      const running = this.#reading.get(partition);
      if (running !== undefined) {
        await running;
        continue;
      }
      const reading = this.#read(partition, this.#wanted[partition] ?? until).finally(() =>
        this.#reading.delete(partition),
      );
      this.#reading.set(partition, reading);
      await reading;
    }
  }

  async #read(partition: number, until: number): Promise<void> {
    const from = this.#next[partition] ?? (await this.#bus.ranges(TOPIC))[partition]?.begin ?? 0;
    for await (const record of this.#bus.read(TOPIC, partition, from, until)) {
      this.table.apply(record);
      this.#next[partition] = record.offset + 1;
    }
    // Offsets may be missing at the end: compacted away.
    this.#next[partition] = Math.max(from, until);
  }
}
