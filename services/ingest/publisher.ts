/**
 * Rows onto the log in blocks that many submissions share. A submission has a share in the blocks that carry its rows; when all of
 * them are acknowledged, it is settled.
 *
 * Open blocks are ended when everybody who still has rows to bring waits for them (so one submission alone waits for nobody), or
 * when the first of those who wait has done so for `LINGER_MS`. What is sent and not acknowledged is bounded: above
 * `UNACKNOWLEDGED_BYTES` whoever brings rows waits, and with it the reading of its submission.
 *
 * Rows of a submission that was given up may lie in a block between others. They go out with it: its next reader brings them
 * again, and they are one row.
 */
import type { ClosedBlock } from '../../pipelines/ingest/columns/open-block.ts';
import type { Bus } from '../../pipelines/log/bus.ts';
import type { RoutedBlock } from '../../pipelines/partition/router.ts';
import type { IdentityOutbox } from './identities.ts';
import { INGEST_LIMITS } from './limits.ts';
import { type RowRouter, recordOf } from './output.ts';

/** By partition of `transactions`: the last offset that carries rows of a submission. */
export type Appended = Readonly<Record<string, number>>;

/** One submission's part in the blocks. */
export interface Share {
  /** Takes in the rows of a block, whose bytes are read before the first wait. Resolves when more may come. */
  rows(block: ClosedBlock): Promise<void>;
  /** Resolves when all rows are acknowledged; nothing may be added afterwards. @throws RastroError of the bus */
  settled(): Promise<Appended>;
  /** No more rows come, and nobody waits for those that came; resolves when none of them is under way any more. */
  abandon(): Promise<void>;
}

interface Member {
  /** Partitions in whose open blocks it may have rows. */
  readonly open: Set<number>;
  readonly appended: Record<string, number>;
  /** Sends that are under way. */
  sending: number;
  failure: { readonly error: unknown } | undefined;
  /** Set while it waits for its rows to be acknowledged. */
  done: (() => void) | undefined;
}

export interface PublisherOptions {
  readonly bus: Bus;
  readonly router: RowRouter;
  readonly identities: IdentityOutbox;
  /** Default `INGEST_LIMITS.LINGER_MS`. */
  readonly lingerMs?: number;
}

export class RowPublisher {
  readonly #options: PublisherOptions;
  readonly #members = new Set<Member>();
  /** By partition, those that may have rows in its open blocks. */
  readonly #at: readonly Set<Member>[];
  #waiting = 0;
  #linger: NodeJS.Timeout | undefined;
  #unacknowledged = 0;
  #room: (() => void)[] = [];

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#at = Array.from({ length: options.router.partitions }, () => new Set<Member>());
  }

  share(): Share {
    const member: Member = {
      open: new Set(),
      appended: {},
      sending: 0,
      failure: undefined,
      done: undefined,
    };
    this.#members.add(member);
    const end = async () => {
      await this.#end(member);
      this.#members.delete(member);
      this.#waiting--;
      // Who is left may be all who wait.
      this.#flushIfAllWait();
    };
    return {
      rows: (block) => this.#take(member, block),
      settled: async () => {
        await end();
        if (member.failure !== undefined) throw member.failure.error;
        return member.appended;
      },
      abandon: end,
    };
  }

  async #take(member: Member, block: ClosedBlock): Promise<void> {
    if (member.failure !== undefined) throw member.failure.error;
    const { router } = this.#options;
    const before = router.open;
    const blocks = router.route(block.bytes(0));
    const filled = new Set(blocks.map(({ partition }) => partition));
    router.open.forEach((rows, partition) => {
      if (rows === before[partition] && !filled.has(partition)) return;
      member.open.add(partition);
      this.#at[partition]?.add(member);
    });
    if (blocks.length > 0) this.#send(blocks);
    while (this.#unacknowledged > INGEST_LIMITS.UNACKNOWLEDGED_BYTES)
      await new Promise<void>((resolve) => this.#room.push(resolve));
  }

  #end(member: Member): Promise<void> {
    return new Promise((resolve) => {
      member.done = resolve;
      this.#waiting++;
      this.#settle(member);
      if (member.done === undefined) return;
      this.#linger ??= setTimeout(() => this.#flush(), this.#options.lingerMs ?? INGEST_LIMITS.LINGER_MS);
      this.#flushIfAllWait();
    });
  }

  #flushIfAllWait(): void {
    if (this.#linger !== undefined && this.#waiting === this.#members.size) this.#flush();
  }

  /** Ends the blocks that somebody waits for. */
  #flush(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const partitions = new Set<number>();
    for (const { done, open } of this.#members)
      if (done !== undefined) for (const partition of open) partitions.add(partition);
    const blocks = [...partitions].flatMap((partition) => this.#options.router.close(partition));
    if (blocks.length > 0) this.#send(blocks);
    for (const partition of partitions) {
      for (const member of this.#at[partition] ?? []) {
        member.open.delete(partition);
        this.#settle(member);
      }
      this.#at[partition]?.clear();
    }
  }

  /** In the order of the calls: identities that the rows speak of are durable before them. */
  #send(blocks: readonly RoutedBlock[]): void {
    const { bus, identities } = this.#options;
    const carried = blocks.map(({ partition }) => [...(this.#at[partition] ?? [])]);
    const members = new Set(carried.flat());
    const bytes = blocks.reduce((sum, block) => sum + block.bytes.byteLength, 0);
    this.#unacknowledged += bytes;
    for (const member of members) member.sending++;
    const settle = (failure: Member['failure'], offsets: readonly number[]) => {
      this.#unacknowledged -= bytes;
      for (const [i, { partition }] of blocks.entries()) {
        const offset = offsets[i];
        if (offset === undefined) continue;
        for (const { appended } of carried[i] ?? [])
          appended[partition] = Math.max(appended[partition] ?? offset, offset);
      }
      for (const member of members) {
        member.sending--;
        member.failure ??= failure;
        this.#settle(member);
      }
      for (const wake of this.#room.splice(0)) wake();
    };
    identities
      .flush()
      .then(() => bus.append('transactions', blocks.map(recordOf)))
      .then(
        (offsets) => settle(undefined, offsets),
        (error: unknown) => settle({ error }, []),
      );
  }

  #settle(member: Member): void {
    if (member.open.size > 0 || member.sending > 0) return;
    const { done } = member;
    member.done = undefined;
    done?.();
  }
}
