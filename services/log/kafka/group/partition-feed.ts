/** What a membership knows of one partition that it holds. */
import type { PartitionOf, TopicRecord } from '../../../../pipelines/log/bus.ts';
import type { TopicName } from '../../../../schemas/topics.ts';

/** Records of one answer of a broker, waiting to be handed over. */
export interface Fetched {
  readonly records: readonly TopicRecord[];
  readonly bytes: number;
  /** Offset behind the last record. */
  readonly next: number;
  /** End of the partition at that time. */
  readonly end: number;
}

/**
 * - `coming`: the member was not told yet;
 * - `loading`: it was, and answers from where to read;
 * - `ready`: it may get batches.
 */
export type FeedState = 'coming' | 'loading' | 'ready';

export class PartitionFeed implements PartitionOf {
  readonly topic: TopicName;
  readonly partition: number;
  /** Newest generation of the group in which it was the member's. */
  generation: number;
  state: FeedState = 'coming';
  /** True once work on it was cut off or may have been: what the member made of it is not to be built on. */
  lost = false;
  /** Behind the last record of the last batch that ended; where to read on. */
  next = 0;
  /** Behind the last record that was fetched. */
  fetched = 0;
  /** End of the partition, as far as the cluster said. */
  end = 0;
  queue: Fetched[] = [];
  /** Bytes in the queue and in the running batch. */
  bytes = 0;
  /** The running batch. */
  running: Promise<void> | undefined;
  paused = true;
  /** When something of it last moved, by the steady clock. */
  movedAtMs: number;

  constructor({ topic, partition }: PartitionOf, generation: number, nowMs: number) {
    this.topic = topic;
    this.partition = partition;
    this.generation = generation;
    this.movedAtMs = nowMs;
  }

  get name(): string {
    return partitionName(this);
  }
}

export function partitionName({ topic, partition }: PartitionOf): string {
  return `${topic}-${partition}`;
}
