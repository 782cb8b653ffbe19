/**
 * The group's coordinator, between kafkajs and the broker that has that office. kafkajs keeps the rounds of the protocol
 * (join, sync, heartbeat, leave); what it does with the answers loses memberships and records, so that here:
 *
 * - the broker is looked up again whenever it does not answer or is not the coordinator any more. kafkajs ends the consumer
 *   (and joins as a stranger, while the group waits for the ghost) where a heartbeat meets a broker that is starting;
 * - a consumer that kafkajs ends and starts anew stays the same member: it does not leave, and joins under its id;
 * - the membership has a say before a join, and hears of every answered heartbeat when that was sent;
 * - the group's committed offsets are never read, and kafkajs may not move a partition to where it likes when its offset
 *   is gone.
 */
import kafkajs, { type Cluster } from 'kafkajs';
import { type Instant, instant } from './lease.ts';

interface MemberOfGroup {
  readonly groupId: string;
  readonly memberId: string;
}

interface Heartbeat extends MemberOfGroup {
  readonly groupGenerationId: number;
}

interface JoinRequest extends MemberOfGroup {
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly groupProtocols: readonly unknown[];
}

interface Joined {
  readonly memberId: string;
  readonly generationId: number;
}

interface OffsetsOf<P> {
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly P[] }[];
}

type CommitRequest = Heartbeat & OffsetsOf<{ readonly partition: number; readonly offset: string }>;

/** What kafkajs' brokers do for groups; its published types leave it out. */
interface GroupBroker {
  isConnected(): boolean;
  joinGroup(request: JoinRequest): Promise<Joined>;
  syncGroup(request: MemberOfGroup): Promise<unknown>;
  heartbeat(request: Heartbeat): Promise<unknown>;
  leaveGroup(request: MemberOfGroup): Promise<unknown>;
  offsetCommit(request: CommitRequest): Promise<unknown>;
}

/** A membership, as the coordinator's answers reach it. */
export interface CoordinatorWatch {
  /** Before every request to join, and where kafkajs ends the consumer: partitions may be another's afterwards. */
  beforeParting(): Promise<void>;
  joined(memberId: string, generation: number): void;
  /** True between asking to join and being in: what was agreed on before is over. */
  isJoining(): boolean;
  /** The coordinator knew the member, in the generation that it thinks it is in, at some time after this. */
  heard(sentAt: Instant): void;
  /** The coordinator does not know the member, or knows a newer generation. */
  expelled(): void;
  /** The group speaks another protocol. */
  inconsistent(): void;
  /** kafkajs found an offset out of range and would go on somewhere else. */
  displaced(topic: string, partition: number): void;
}

const REBALANCING = 'REBALANCE_IN_PROGRESS';
const MOVED = 'NOT_COORDINATOR_FOR_GROUP';
const ELSEWHERE: ReadonlySet<string> = new Set([
  MOVED,
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const UNKNOWN = 'UNKNOWN_MEMBER_ID';
const EXPELLED: ReadonlySet<string> = new Set([UNKNOWN, 'ILLEGAL_GENERATION']);
/** What kafkajs throws where a broker was never connected. */
const NOT_CONNECTED = 'Broker not connected';

export function typeOf(error: unknown): string | undefined {
  const { type } = error as { type?: unknown };
  return typeof type === 'string' ? type : undefined;
}

/** True where no coordinator answered: the network, a broker that is down or starting, an election. */
function isUnanswered(error: unknown): boolean {
  const type = typeOf(error);
  if (type !== undefined) return ELSEWHERE.has(type);
  return error instanceof Error && (error.name.startsWith('KafkaJS') || error.message === NOT_CONNECTED);
}

/** What makes kafkajs join again with the member id that it has. */
function joinAgain(type: string, message: string): Error {
  return new kafkajs.KafkaJSProtocolError(Object.assign(new Error(message), { type, retriable: true }));
}

/** In the place of the broker that kafkajs finds: one for the life of a consumer. */
export class GroupCoordinator {
  readonly #groupId: string;
  readonly #watch: CoordinatorWatch;
  readonly #find: () => Promise<GroupBroker>;
  #located: GroupBroker | undefined;
  /** The last join that was answered. */
  #joined: Joined | undefined;
  /** Under which the group may know the member. */
  #memberId = '';

  constructor(cluster: Cluster, groupId: string, watch: CoordinatorWatch) {
    this.#groupId = groupId;
    this.#watch = watch;
    const find = cluster.findGroupCoordinator.bind(cluster);
    this.#find = async () => (await find({ groupId })) as unknown as GroupBroker;
    cluster.findGroupCoordinator = async () =>
      this as unknown as Awaited<ReturnType<Cluster['findGroupCoordinator']>>;
  }

  isConnected(): boolean {
    return true;
  }

  async joinGroup(request: JoinRequest): Promise<Joined> {
    await this.#watch.beforeParting();
    const memberId = request.memberId === '' ? this.#memberId : request.memberId;
    this.#joined = undefined;
    try {
      const joined = await this.#ask((broker) => broker.joinGroup({ ...request, memberId }));
      this.#joined = joined;
      this.#memberId = joined.memberId;
      this.#watch.joined(joined.memberId, joined.generationId);
      return joined;
    } catch (error) {
      if (typeOf(error) === 'INCONSISTENT_GROUP_PROTOCOL') this.#watch.inconsistent();
      if (typeOf(error) === UNKNOWN) this.#memberId = '';
      throw isUnanswered(error) ? joinAgain(MOVED, 'no coordinator to join the group with') : error;
    }
  }

  async syncGroup(request: MemberOfGroup): Promise<unknown> {
    const sentAt = instant();
    try {
      const answer = await this.#ask((broker) => broker.syncGroup(request));
      this.#watch.heard(sentAt);
      return answer;
    } catch (error) {
      throw isUnanswered(error) ? joinAgain(MOVED, 'no coordinator gave out the partitions') : error;
    }
  }

  /** One that nobody answers is no reason to end: the lease says until when the member may go on. */
  async heartbeat(request: Heartbeat): Promise<void> {
    if (this.#watch.isJoining()) throw joinAgain(REBALANCING, 'the last join came to nothing');
    try {
      await this.#beat(request);
    } catch (error) {
      if (!isUnanswered(error)) throw error;
    }
  }

  /**
   * A heartbeat beside kafkajs' own, which stand still while it waits to fetch again after an error, or is kept from
   * joining. What the answer means for the group's rounds, its own will find.
   */
  async beat(): Promise<void> {
    if (this.#joined === undefined) return;
    const { memberId, generationId } = this.#joined;
    await this.#beat({ groupId: this.#groupId, memberId, groupGenerationId: generationId }).catch(
      () => undefined,
    );
  }

  async #beat(request: Heartbeat): Promise<void> {
    const sentAt = instant();
    try {
      await this.#ask((broker) => broker.heartbeat(request));
      this.#watch.heard(sentAt);
    } catch (error) {
      if (typeOf(error) === REBALANCING) this.#watch.heard(sentAt);
      if (typeOf(error) === UNKNOWN) this.#memberId = '';
      if (EXPELLED.has(typeOf(error) ?? '')) this.#watch.expelled();
      throw error;
    }
  }

  /** kafkajs' way to end a consumer, which it may start anew. */
  async leaveGroup(): Promise<void> {
    await this.#watch.beforeParting();
  }

  /** The group need not wait for the member's session to end. */
  async leave(): Promise<void> {
    const request = { groupId: this.#groupId, memberId: this.#memberId };
    this.#joined = undefined;
    this.#memberId = '';
    if (request.memberId !== '') await this.#ask((broker) => broker.leaveGroup(request));
  }

  /** Where to read is the member's to say (every partition is sought before it is read). */
  async offsetFetch({ topics }: OffsetsOf<{ readonly partition: number }>): Promise<object> {
    const responses = topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({
        partition,
        offset: '0',
        metadata: null,
        errorCode: 0,
      })),
    }));
    return { responses };
  }

  /** kafkajs asks for this on its own only to forget an offset that is out of range. */
  async offsetCommit({ topics }: CommitRequest): Promise<never> {
    for (const { topic, partitions } of topics) {
      for (const { partition } of partitions) this.#watch.displaced(topic, partition);
    }
    throw new kafkajs.KafkaJSNonRetriableError('the offset to read from is gone');
  }

  /** Tells the group how far the member came. */
  async commit(request: Omit<CommitRequest, 'groupId'>): Promise<void> {
    await this.#ask((broker) => broker.offsetCommit({ ...request, groupId: this.#groupId }));
  }

  async #ask<T>(request: (broker: GroupBroker) => Promise<T>): Promise<T> {
    try {
      if (this.#located?.isConnected() !== true) this.#located = await this.#find();
      return await request(this.#located);
    } catch (error) {
      if (isUnanswered(error)) this.#located = undefined;
      throw error;
    }
  }
}
