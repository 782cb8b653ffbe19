/** Times and sizes of a membership. */

export interface GroupLimits {
  /** A member not heard of for so long is out, and its partitions go to others. Brokers accept 6 s to 30 min by default. */
  readonly sessionMs: number;
  /** A group waits so long for its members to join the next generation. Longer than `drainMs` and `heartbeatMs` together. */
  readonly rebalanceMs: number;
  /** Between heartbeats. */
  readonly heartbeatMs: number;
  /** A broker without records answers a fetch after that; also the longest time until a paused partition is read again. */
  readonly fetchWaitMs: number;
  /** Of one partition, in one answer of a broker. */
  readonly partitionFetchBytes: number;
  /** Of all partitions, in one answer of a broker. */
  readonly fetchBytes: number;
  /** Values that wait or are worked on, per partition; a partition with more is not fetched. */
  readonly partitionBufferBytes: number;
  /** The same over all partitions. What was under way when it filled up comes on top: `fetchBytes` per broker. */
  readonly bufferBytes: number;
  /** Running batches may end for so long before the member joins the next generation, or leaves. */
  readonly drainMs: number;
  /** A batch that still runs so long after its partition may be another's ends the process. */
  readonly stuckMs: number;
  /** Without an answer to a fetch, or without a record of a partition that has some, for so long: the process ends. */
  readonly stallMs: number;
  /** How often the group is told how far batches came, for tools that show lag. */
  readonly commitMs: number;
}

export const GROUP_LIMITS: GroupLimits = {
  sessionMs: 30_000,
  rebalanceMs: 90_000,
  heartbeatMs: 3_000,
  fetchWaitMs: 100,
  partitionFetchBytes: 2 * 1024 * 1024,
  fetchBytes: 16 * 1024 * 1024,
  partitionBufferBytes: 4 * 1024 * 1024,
  bufferBytes: 64 * 1024 * 1024,
  drainMs: 30_000,
  stuckMs: 60_000,
  stallMs: 120_000,
  commitMs: 10_000,
};
