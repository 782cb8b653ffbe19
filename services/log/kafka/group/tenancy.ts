/**
 * Which partitions a member holds through the generations of its group, and which of them it may keep as they are.
 *
 * kafkajs knows only rebalancing where everybody gives back everything. A partition that comes back to the member that had it
 * is **kept** (its state stays, nothing is read again) exactly where
 *
 * 1. the assignment of the new generation holds it,
 * 2. the member has the id under which it held it,
 * 3. the new generation is the next one, or the same: nobody else can have had it in between, and
 * 4. no batch of it was cut off when the member asked to join (`lost`), nor one of the same partition of another topic: what
 *    the member makes of partition p of all its topics is one state.
 *
 * Otherwise it is revoked, and, if the assignment holds it, assigned like one never seen.
 */
import type { PartitionOf } from '../../../../pipelines/log/bus.ts';
import { PartitionFeed, partitionName } from './partition-feed.ts';

export class Tenancy {
  readonly #nowMs: () => number;
  #memberId = '';
  #generation = -1;
  #held = new Map<string, PartitionFeed>();
  #leaving: PartitionFeed[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get generation(): number {
    return this.#generation;
  }

  get memberId(): string {
    return this.#memberId;
  }

  held(): PartitionFeed[] {
    return [...this.#held.values()];
  }

  find(place: PartitionOf): PartitionFeed | undefined {
    return this.#held.get(partitionName(place));
  }

  holds(feed: PartitionFeed): boolean {
    return this.#held.get(feed.name) === feed;
  }

  /** A new generation, and what is the member's in it. */
  joined(memberId: string, generation: number, assigned: readonly PartitionOf[]): void {
    const passed = generation - this.#generation;
    const followsOn = memberId === this.#memberId && (passed === 0 || passed === 1);
    const before = this.#held;
    this.#held = new Map();
    const lost = new Set([...before.values()].filter((feed) => feed.lost).map(({ partition }) => partition));
    for (const place of assigned) {
      const old = before.get(partitionName(place));
      if (old !== undefined && followsOn && !lost.has(old.partition)) {
        old.generation = generation;
        before.delete(old.name);
        this.#held.set(old.name, old);
      } else {
        const fresh = new PartitionFeed(place, generation, this.#nowMs());
        this.#held.set(fresh.name, fresh);
      }
    }
    this.#leaving.push(...before.values());
    this.#memberId = memberId;
    this.#generation = generation;
  }

  /** What the member held may have been another's: all of it goes, and comes anew. */
  renew(): void {
    const before = this.held();
    for (const feed of before) feed.lost = true;
    this.joined(this.#memberId, this.#generation, before);
  }

  /** All of it goes. */
  clear(): void {
    this.#leaving.push(...this.#held.values());
    this.#held = new Map();
  }

  /** Partitions that went since the last call, of which the member knows. */
  takeLeaving(): PartitionFeed[] {
    const leaving = this.#leaving.filter(({ state }) => state !== 'coming');
    this.#leaving = [];
    return leaving;
  }
}
