/**
 * Bytes of the records that are in groups and not stored yet, over all partitions of a worker: where a log is full of rows groups grow,
 * because evaluating and storing many rows at once costs less for each, and together they stay below one limit.
 */
import { WORKER_LIMITS } from './limits.ts';

export class GroupMemory {
  readonly #limit: number;
  readonly #held = new Map<number, number>();
  #bytes = 0;

  constructor(limit: number = WORKER_LIMITS.GROUPS_BYTES) {
    this.#limit = limit;
  }

  /** More bytes of a partition are held. */
  add(partition: number, bytes: number): void {
    this.#held.set(partition, (this.#held.get(partition) ?? 0) + bytes);
    this.#bytes += bytes;
  }

  /** What a partition held is stored, or given up. */
  release(partition: number): void {
    this.#bytes -= this.#held.get(partition) ?? 0;
    this.#held.delete(partition);
  }

  /** Whoever adds to a group now closes it. */
  get isFull(): boolean {
    return this.#bytes >= this.#limit;
  }
}
