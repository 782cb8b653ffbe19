/**
 * The bus port: topics with partitions, as Kafka has them. `services/log/kafka` is it against a cluster; what pipelines and
 * services know of Kafka is this.
 *
 * A partition is a sequence of records with growing offsets (with gaps, where the topic is compacted). What was appended is
 * durable when the promise resolves: acknowledged by all in-sync replicas.
 */
import type { RastroError } from '../../schemas/errors/index.ts';
import type { TopicName } from '../../schemas/topics.ts';

export interface NewRecord {
  readonly partition: number;
  readonly key: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null: of a compacted topic, the key's record goes. At most `TOPIC_VALUE_BYTES`. */
  readonly value: Uint8Array | null;
}

export interface TopicRecord {
  readonly topic: TopicName;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array | null;
  /** When it was sent, by its sender's clock: for figures, never for what follows from it. */
  readonly sentMs?: number;
  /**
   * Why nothing of it can be had: it stands for a whole batch, at the last offset of that, with neither key nor value. Whoever
   * reads on passes it over, and says so.
   */
  readonly fault?: RastroError;
}

/** First offset that is there, and the one that the next record will get. */
export interface PartitionRange {
  readonly begin: number;
  readonly end: number;
}

export interface Bus {
  /** How many partitions the topic has. */
  partitionsOf(topic: TopicName): Promise<number>;
  /**
   * Appends records; those of one partition stay in their order, behind all that were appended before. Resolves to their
   * offsets when all of them are durable. A retry inside never doubles a record.
   * @throws RastroError of the area BUS; then some of them may be there.
   */
  append(topic: TopicName, records: readonly NewRecord[]): Promise<readonly number[]>;
  /** By partition. */
  ranges(topic: TopicName): Promise<readonly PartitionRange[]>;
  /**
   * Records of one partition with from <= offset < until, in order, without a group; `until` is at most the end of the partition.
   * Ends when all are handed over.
   */
  read(topic: TopicName, partition: number, from: number, until: number): AsyncIterable<TopicRecord>;
  close(): Promise<void>;
}

export interface PartitionOf {
  readonly topic: TopicName;
  readonly partition: number;
}

/** Records of one partition, in order, none left out since the last call for it. */
export interface RecordBatch extends PartitionOf {
  readonly records: readonly TopicRecord[];
  /** Offset that the partition's next record will get, as far as the cluster said; for the lag. */
  readonly end: number;
}

/** What a member of a group does. Calls do not overlap for one partition; `assigned` and `revoked` overlap with nothing. */
export interface GroupMember {
  /** Partitions come; answers with the offset from which to read each (never the group's own memory of it). */
  assigned(partitions: readonly PartitionOf[]): Promise<readonly (PartitionOf & { readonly from: number })[]>;
  /**
   * Takes a batch. `isCurrent` turns false once the partition may belong to another member: what was not sent out by then must
   * not be. Resolves when the next one may come, which is how backpressure works.
   */
  batch(batch: RecordBatch, isCurrent: () => boolean): Promise<void>;
  /** Partitions go: buffered output of them is dropped, their state let go. */
  revoked(partitions: readonly PartitionOf[]): Promise<void>;
}

/** A running membership. */
export interface Membership {
  /** Resolves when it ended by `leave`; rejects with a RastroError of the area BUS when it can go on no more. */
  readonly ended: Promise<void>;
  /** Time since the cluster last answered a fetch, by the caller's clock; for readiness. */
  sinceFetchMs(): number;
  /** Lets running batches end, then leaves: the group need not wait for a timeout. */
  leave(): Promise<void>;
}
