/**
 * The life of one member in its group, from generation to generation: which partitions are told to come and go, when records
 * may be handed over, and how it ends. kafkajs is behind `GroupReader`, the group's protocol behind `CoordinatorWatch`.
 *
 * Records are handed over only while *open*: the member is in a generation, its lease holds, and it knows of all its
 * partitions. Before every join it closes.
 */
import type { Bus, GroupMember, PartitionOf } from '../../../../pipelines/log/bus.ts';
import { type ErrorCode, type ErrorParams, RastroError } from '../../../../schemas/errors/index.ts';
import type { TopicName } from '../../../../schemas/topics.ts';
import type { Claim } from './assigner.ts';
import type { CoordinatorWatch } from './coordinator.ts';
import { Handover } from './handover.ts';
import { type Instant, Lease } from './lease.ts';
import type { GroupLimits } from './limits.ts';
import type { Fetched, PartitionFeed } from './partition-feed.ts';
import { Tenancy } from './tenancy.ts';

/** The consumer, as a membership uses it. */
export interface GroupReader {
  pause(places: readonly PartitionOf[]): void;
  resume(places: readonly PartitionOf[]): void;
  seek(place: PartitionOf, offset: number): void;
}

export interface MembershipOptions {
  readonly group: string;
  readonly member: GroupMember;
  readonly bus: Pick<Bus, 'ranges'>;
  readonly limits: GroupLimits;
  readonly reader: GroupReader;
  /** The topic by its name in the cluster. */
  readonly topicOf: (name: string) => TopicName | undefined;
  readonly nowMs: () => number;
  /** The membership cannot go on. */
  readonly failed: (error: RastroError) => void;
}

/**
 * - `in`: the group agreed on a generation, and the member is in it;
 * - `parting`: the member is about to ask for the next one, and lets its work end;
 * - `joining`: it asked.
 */
type Standing = 'in' | 'parting' | 'joining';

export class GroupMembership implements CoordinatorWatch {
  readonly #options: MembershipOptions;
  readonly #tenancy: Tenancy;
  readonly #lease: Lease;
  readonly #handover: Handover;
  #standing: Standing = 'joining';
  #over = false;
  #joined = { memberId: '', generation: -1 };
  #reconciling: Promise<void> | undefined;
  #isDue = false;
  #heardAtMs: number;

  constructor(options: MembershipOptions) {
    const { limits, reader, member, nowMs } = options;
    this.#options = options;
    this.#tenancy = new Tenancy(nowMs);
    this.#lease = new Lease(limits.sessionMs);
    this.#heardAtMs = nowMs();
    this.#handover = new Handover({
      limits,
      nowMs,
      pause: (places) => reader.pause(places),
      resume: (places) => reader.resume(places),
      seek: (place, offset) => reader.seek(place, offset),
      batch: (batch, isCurrent) => member.batch(batch, isCurrent),
      mayWork: () => this.#holdsLease(),
      failed: (error) => this.#memberFailed(error),
    });
  }

  /** When the coordinator last knew the member. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  get isOpen(): boolean {
    return this.#handover.isOpen;
  }

  /** In a generation, and yet no partition may be fetched now. */
  hasNothingToFetch(): boolean {
    return this.#standing === 'in' && (!this.isOpen || this.held().every(({ paused }) => paused));
  }

  held(): PartitionFeed[] {
    return this.#tenancy.held();
  }

  standing(): { readonly memberId: string; readonly generation: number } {
    return this.#joined;
  }

  /** For the next assignment. */
  claim(): Claim {
    const owned = [...new Set(this.#tenancy.held().map(({ partition }) => partition))].sort((a, b) => a - b);
    return { generation: this.#tenancy.generation, owned };
  }

  // What the coordinator says

  async beforeParting(): Promise<void> {
    if (this.#over) throw new Error('the membership is over');
    if (this.#standing === 'in') this.#standing = 'parting';
    await this.#handover.drain(this.#options.limits.drainMs);
    this.#standing = 'joining';
    this.#handover.close();
  }

  joined(memberId: string, generation: number): void {
    this.#joined = { memberId, generation };
  }

  isJoining(): boolean {
    return this.#standing === 'joining';
  }

  heard(sentAt: Instant): void {
    this.#lease.renew(sentAt);
    this.#heardAtMs = this.#options.nowMs();
    if (!this.#handover.isOpen && this.#standing === 'in') this.#reconcile();
  }

  expelled(): void {
    this.#lease.end();
    this.#holdsLease();
  }

  inconsistent(): void {
    this.#fail('RAS-BUS-GROUP-VERSION', { group: this.#options.group, own: 'other protocol' });
  }

  displaced(topic: string, partition: number): void {
    const known = this.#options.topicOf(topic);
    const feed = known === undefined ? undefined : this.#tenancy.find({ topic: known, partition });
    if (feed === undefined) return;
    const range = `?..${feed.end}`;
    this.#fail('RAS-BUS-GROUP-OFFSET-GONE', { topic: feed.topic, partition, offset: feed.fetched, range });
  }

  // What kafkajs says

  /** A generation began, and these are the member's. */
  assigned(places: readonly PartitionOf[]): void {
    this.#tenancy.joined(this.#joined.memberId, this.#joined.generation, places);
    this.#standing = 'in';
    this.#options.reader.pause(places);
    this.#reconcile();
  }

  /** An answer of a broker; `from` is the offset that was asked for. */
  fetched(place: PartitionOf, from: number, fetched: Fetched): void {
    const feed = this.#tenancy.find(place);
    // Closed, or not told yet: it is read again from where it is sought.
    if (feed === undefined || feed.state !== 'ready' || !this.#handover.isOpen) return;
    if (from > feed.fetched || (from < feed.fetched && fetched.end < feed.fetched)) {
      void this.#offsetGone(feed, feed.fetched);
      return;
    }
    // A partition that changed its leader may come from both.
    const records = fetched.records.filter(({ offset }) => offset >= feed.fetched);
    if (records.length > 0) this.#handover.take(feed, { ...fetched, records });
  }

  /** Offsets up to `next` have no record any more: compaction took them. */
  skipped(place: PartitionOf, next: number): void {
    const feed = this.#tenancy.find(place);
    if (feed !== undefined && this.#handover.isOpen) feed.fetched = Math.max(feed.fetched, next);
  }

  // How it goes on and ends

  /** To be called now and then: finds a lease that ran out while nothing asked. */
  check(): void {
    if (this.#handover.isOpen) this.#holdsLease();
  }

  /** Lets running batches end, tells the member that all is gone. The group is left afterwards. */
  async leave(): Promise<void> {
    this.#over = true;
    await this.#handover.drain(this.#options.limits.drainMs);
    await this.#letGo();
  }

  /** As `leave`, without waiting for batches to do their work. */
  async abandon(): Promise<void> {
    this.#over = true;
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    this.#handover.close();
    this.#tenancy.clear();
    const { drainMs } = this.#options.limits;
    if (!(await this.#handover.drain(drainMs))) return;
    this.#reconcile();
    await this.#reconciling;
  }

  #holdsLease(): boolean {
    if (this.#lease.holds()) return true;
    if (this.#handover.isOpen) {
      this.#handover.close();
      this.#tenancy.renew();
      this.#reconcile();
    }
    return false;
  }

  #reconcile(): void {
    this.#isDue = true;
    this.#reconciling ??= this.#settleWhileDue();
  }

  async #settleWhileDue(): Promise<void> {
    try {
      while (this.#isDue) {
        this.#isDue = false;
        await this.#settle();
      }
    } catch (error) {
      this.#memberFailed(error);
    } finally {
      this.#reconciling = undefined;
    }
  }

  /** Tells the member what went and what came until it knows all, then opens. Every wait may bring another generation. */
  async #settle(): Promise<void> {
    const { member, limits } = this.#options;
    for (;;) {
      if (!(await this.#handover.drain(limits.stuckMs))) return this.#stuck();
      const leaving = this.#tenancy.takeLeaving();
      if (leaving.length > 0) {
        await member.revoked(leaving.map(({ topic, partition }) => ({ topic, partition })));
        continue;
      }
      // The next answer of the coordinator comes back here.
      if (this.#over || this.#standing !== 'in' || !this.#lease.holds()) return;
      const coming = this.held().filter(({ state }) => state === 'coming');
      if (coming.length === 0) break;
      for (const feed of coming) feed.state = 'loading';
      await this.#place(coming);
    }
    this.#handover.open(this.held());
  }

  /** Asks the member from where to read, and holds that against what is there. */
  async #place(coming: readonly PartitionFeed[]): Promise<void> {
    const { member, bus } = this.#options;
    const answers = await member.assigned(coming.map(({ topic, partition }) => ({ topic, partition })));
    const topics = [...new Set(coming.map(({ topic }) => topic))];
    const ranges = new Map(
      await Promise.all(topics.map(async (topic) => [topic, await bus.ranges(topic)] as const)),
    );
    for (const feed of coming) {
      const from = answers.find((one) => one.topic === feed.topic && one.partition === feed.partition)?.from;
      if (from === undefined) throw new Error(`no offset for ${feed.name}`);
      const range = ranges.get(feed.topic)?.[feed.partition];
      if (range === undefined || from < range.begin || from > range.end) {
        await this.#offsetGone(feed, from);
        return;
      }
      feed.next = from;
      feed.end = range.end;
      feed.state = 'ready';
    }
  }

  async #offsetGone({ topic, partition }: PartitionFeed, offset: number): Promise<void> {
    const ranges = await this.#options.bus.ranges(topic).catch(() => undefined);
    const found = ranges?.[partition];
    const range = found === undefined ? '?' : `${found.begin}..${found.end}`;
    this.#fail('RAS-BUS-GROUP-OFFSET-GONE', { topic, partition, offset, range });
  }

  #stuck(): void {
    const [feed] = this.#handover.runningFeeds();
    if (feed === undefined) return;
    const { topic, partition } = feed;
    const seconds = Math.round(this.#options.limits.stuckMs / 1_000);
    this.#fail('RAS-BUS-GROUP-STUCK', { topic, partition, seconds });
  }

  #memberFailed(error: unknown): void {
    if (RastroError.is(error)) {
      this.#options.failed(error);
      return;
    }
    const detail = error instanceof Error ? error.name : typeof error;
    this.#options.failed(
      new RastroError('RAS-BUS-GROUP-MEMBER', { group: this.#options.group, detail }, { cause: error }),
    );
  }

  #fail(code: ErrorCode, params: ErrorParams): void {
    this.#options.failed(new RastroError(code, params));
  }
}
