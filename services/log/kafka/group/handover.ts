/**
 * Records from kafkajs to the member: one batch at a time per partition, in order, what came meanwhile together in the next
 * one. kafkajs' own way, to fetch no more from anywhere until every handler has returned, would let the slowest partition
 * hold up all and the heartbeats too; so handlers return at once, and a partition whose records wait is paused.
 */
import type { PartitionOf, RecordBatch } from '../../../../pipelines/log/bus.ts';
import type { GroupLimits } from './limits.ts';
import type { Fetched, PartitionFeed } from './partition-feed.ts';

export interface HandoverPorts {
  readonly limits: GroupLimits;
  readonly nowMs: () => number;
  pause(places: readonly PartitionOf[]): void;
  resume(places: readonly PartitionOf[]): void;
  seek(place: PartitionOf, offset: number): void;
  batch(batch: RecordBatch, isCurrent: () => boolean): Promise<void>;
  /** Whether the lease still holds; asked each time before work is taken for one's own. */
  mayWork(): boolean;
  failed(error: unknown): void;
}

export class Handover {
  readonly #ports: HandoverPorts;
  readonly #running = new Set<PartitionFeed>();
  #feeds: readonly PartitionFeed[] = [];
  /** Counts openings; work begun in an earlier one is not current. */
  #epoch = 0;
  #open = false;
  /** No new batches, while the running ones may still end. */
  #draining = false;
  #bytes = 0;

  constructor(ports: HandoverPorts) {
    this.#ports = ports;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Starts handing over these, each from where its last batch ended. */
  open(feeds: readonly PartitionFeed[]): void {
    this.#epoch++;
    this.#open = true;
    this.#draining = false;
    this.#feeds = feeds;
    for (const feed of feeds) {
      feed.fetched = feed.next;
      feed.movedAtMs = this.#ports.nowMs();
      feed.paused = true;
      this.#ports.seek(feed, feed.next);
    }
    this.#regulate();
  }

  /** No batch that runs is current from here on, and none begins. What waits is dropped: it is read again. */
  close(): void {
    this.#open = false;
    if (this.#feeds.length > 0) this.#ports.pause(this.#feeds);
    for (const feed of this.#feeds) {
      if (this.#running.has(feed)) feed.lost = true;
      for (const { bytes } of feed.queue) this.#release(feed, bytes);
      feed.queue = [];
    }
    this.#feeds = [];
  }

  /** Resolves true when all running batches ended, or false after so long. */
  async drain(limitMs: number): Promise<boolean> {
    this.#draining = true;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    const ended = Promise.all([...this.#running].map(({ running }) => running));
    await Promise.race([ended, limit]);
    clearTimeout(timer);
    return this.#running.size === 0;
  }

  runningFeeds(): readonly PartitionFeed[] {
    return [...this.#running];
  }

  take(feed: PartitionFeed, fetched: Fetched): void {
    feed.queue.push(fetched);
    feed.bytes += fetched.bytes;
    this.#bytes += fetched.bytes;
    feed.fetched = fetched.next;
    feed.end = Math.max(feed.end, fetched.end);
    feed.movedAtMs = this.#ports.nowMs();
    this.#next(feed);
    this.#regulate();
  }

  #next(feed: PartitionFeed): void {
    if (!this.#open || this.#draining || feed.running !== undefined || feed.queue.length === 0) return;
    const epoch = this.#epoch;
    const fetched = feed.queue;
    feed.queue = [];
    const bytes = fetched.reduce((sum, one) => sum + one.bytes, 0);
    const { next } = fetched.at(-1) as Fetched;
    const { topic, partition, end } = feed;
    const records =
      fetched.length === 1 ? (fetched[0] as Fetched).records : fetched.flatMap((one) => one.records);
    const isCurrent = () => this.#open && this.#epoch === epoch && this.#ports.mayWork();
    const ended = () => {
      feed.running = undefined;
      this.#running.delete(feed);
      this.#release(feed, bytes);
    };
    this.#running.add(feed);
    feed.running = this.#ports.batch({ topic, partition, records, end }, isCurrent).then(
      () => {
        ended();
        // Cut off: whether it did all of its work, only the member knows.
        if (this.#epoch !== epoch || !this.#open) return;
        feed.next = next;
        feed.movedAtMs = this.#ports.nowMs();
        this.#next(feed);
        this.#regulate();
      },
      (error: unknown) => {
        ended();
        this.#ports.failed(error);
      },
    );
  }

  #release(feed: PartitionFeed, bytes: number): void {
    feed.bytes -= bytes;
    this.#bytes -= bytes;
  }

  /** Pauses partitions with enough in hand, all of them where all together have too much, and resumes the others. */
  #regulate(): void {
    if (!this.#open) return;
    const { partitionBufferBytes, bufferBytes } = this.#ports.limits;
    const isFull = this.#bytes >= bufferBytes;
    const changed = this.#feeds.filter(
      (feed) => feed.paused !== (isFull || feed.bytes >= partitionBufferBytes),
    );
    for (const feed of changed) feed.paused = !feed.paused;
    const paused = changed.filter((feed) => feed.paused);
    const resumed = changed.filter((feed) => !feed.paused);
    if (paused.length > 0) this.#ports.pause(paused);
    if (resumed.length > 0) this.#ports.resume(resumed);
  }
}
