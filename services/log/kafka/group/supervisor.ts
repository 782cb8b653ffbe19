/**
 * Finds a consumer that lives and reads nothing. kafkajs may go on for hours without an error, a fetch or a record; a process
 * that ends is started anew, one that pretends is not.
 */
import type { Bus, TopicRecord } from '../../../../pipelines/log/bus.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import type { GroupLimits } from './limits.ts';
import type { GroupMembership } from './membership.ts';
import type { PartitionFeed } from './partition-feed.ts';

export interface SupervisorOptions {
  readonly limits: GroupLimits;
  readonly membership: Pick<GroupMembership, 'held' | 'isOpen' | 'hasNothingToFetch' | 'heardAtMs'>;
  readonly bus: Pick<Bus, 'ranges' | 'read'>;
  readonly nowMs: () => number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  #fetchedAtMs: number;
  #loopedAtMs: number;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#fetchedAtMs = options.nowMs();
    this.#loopedAtMs = this.#fetchedAtMs;
  }

  /** kafkajs went through its loop of fetches, whatever came of it. */
  looped(): void {
    this.#loopedAtMs = this.#options.nowMs();
  }

  sinceLoopMs(): number {
    return this.#options.nowMs() - this.#loopedAtMs;
  }

  /** A broker answered a fetch. */
  fetched(): void {
    this.#fetchedAtMs = this.#options.nowMs();
  }

  /**
   * Time since the cluster last answered a fetch. Where nothing is to be fetched (no partition is the member's, all of them
   * are held back or loading) its coordinator's answers count, as long as kafkajs would fetch.
   */
  sinceFetchMs(): number {
    const { membership, nowMs } = this.#options;
    if (!membership.hasNothingToFetch()) return nowMs() - this.#fetchedAtMs;
    return nowMs() - Math.max(this.#fetchedAtMs, Math.min(membership.heardAtMs, this.#loopedAtMs));
  }

  /** What is wrong; undefined where nothing is. */
  async check(): Promise<RastroError | undefined> {
    const { limits, nowMs } = this.#options;
    const silentMs = this.sinceFetchMs();
    if (silentMs > limits.stallMs) return stalled(silentMs, 'no broker answers');
    for (const feed of this.#options.membership.held()) {
      if (await this.#isStarved(feed)) return stalled(nowMs() - feed.movedAtMs, `${feed.name} has records`);
    }
    return undefined;
  }

  /** Nothing came, though the log has a record there. To read it is the only proof: offsets may have been compacted away. */
  async #isStarved(feed: PartitionFeed): Promise<boolean> {
    const { limits, membership, nowMs } = this.#options;
    const waits = () =>
      membership.isOpen &&
      feed.state === 'ready' &&
      !feed.paused &&
      feed.running === undefined &&
      nowMs() - feed.movedAtMs > limits.stallMs;
    if (!waits()) return false;
    const { topic, partition, fetched } = feed;
    const found = await this.#firstRecord(topic, partition, fetched);
    return found !== undefined && waits() && feed.fetched === fetched;
  }

  async #firstRecord(
    topic: PartitionFeed['topic'],
    partition: number,
    from: number,
  ): Promise<TopicRecord | undefined> {
    const { bus } = this.#options;
    const end = (await bus.ranges(topic))[partition]?.end ?? 0;
    if (end <= from) return undefined;
    for await (const record of bus.read(topic, partition, from, end)) return record;
    return undefined;
  }
}

function stalled(silentMs: number, detail: string): RastroError {
  return new RastroError('RAS-BUS-GROUP-STALLED', { seconds: Math.round(silentMs / 1_000), detail });
}
