/**
 * A group member that keeps books: what it got, from which offset, and whether the calls kept to the contract of
 * `GroupMember`. Members of one test share a checkpoint: where a batch that ended while it was current has brought a partition.
 */
import type { GroupMember, PartitionOf, RecordBatch } from '../../../pipelines/log/bus.ts';

const nameOf = ({ topic, partition }: PartitionOf) => `${topic}-${partition}`;

/** What one member did with one partition between `assigned` and `revoked`. */
export interface Tenure {
  readonly member: string;
  readonly place: string;
  readonly from: number;
  /** Behind the last record. */
  next: number;
  /** True while it is his. */
  held: boolean;
}

export class Books {
  /** Where a new member starts. */
  readonly checkpoint = new Map<string, number>();
  readonly tenures: Tenure[] = [];
  /** Whatever a member should not have seen. */
  readonly faults: string[] = [];
  /** Records that ended while current, by partition: how often each. */
  readonly counts = new Map<string, Map<number, number>>();
  calls = { assigned: 0, revoked: 0, batches: 0 };

  /** Partitions whose records up to these ends were not all worked on. */
  missing(ends: ReadonlyMap<string, number>): string[] {
    return [...ends]
      .filter(([place, end]) => (this.checkpoint.get(place) ?? 0) < end)
      .map(([place]) => place);
  }
}

export interface ProbeOptions {
  readonly work?: (batch: RecordBatch, isCurrent: () => boolean) => Promise<void>;
  readonly load?: () => Promise<void>;
}

export function probe(name: string, books: Books, options: ProbeOptions = {}): GroupMember {
  const own = new Map<string, Tenure>();
  const running = new Set<string>();
  let telling = false;
  const fault = (text: string) => books.faults.push(`${name}: ${text}`);
  const tell = async <T>(
    what: string,
    places: readonly PartitionOf[],
    work: () => Promise<T>,
  ): Promise<T> => {
    if (telling) fault(`${what} overlaps another call`);
    if (running.size > 0) fault(`${what} overlaps batches of ${[...running].join()}`);
    if (places.length === 0) fault(`${what} without partitions`);
    telling = true;
    try {
      return await work();
    } finally {
      telling = false;
    }
  };
  return {
    assigned: (places) =>
      tell('assigned', places, async () => {
        books.calls.assigned++;
        await options.load?.();
        return places.map((place) => {
          if (own.has(nameOf(place))) fault(`${nameOf(place)} assigned twice`);
          const from = books.checkpoint.get(nameOf(place)) ?? 0;
          const tenure = { member: name, place: nameOf(place), from, next: from, held: true };
          own.set(tenure.place, tenure);
          books.tenures.push(tenure);
          return { ...place, from };
        });
      }),
    revoked: (places) =>
      tell('revoked', places, async () => {
        books.calls.revoked++;
        for (const place of places) {
          const tenure = own.get(nameOf(place));
          if (tenure === undefined) fault(`${nameOf(place)} revoked, which is not his`);
          else tenure.held = false;
          own.delete(nameOf(place));
        }
      }),
    async batch(batch, isCurrent) {
      const place = nameOf(batch);
      if (telling) fault(`batch of ${place} overlaps another call`);
      if (running.has(place)) fault(`two batches of ${place} at once`);
      running.add(place);
      books.calls.batches++;
      try {
        const tenure = own.get(place);
        if (tenure === undefined) {
          fault(`batch of ${place}, which is not his`);
          return;
        }
        for (const { offset } of batch.records) {
          if (offset !== tenure.next) fault(`${place}: offset ${offset} in place of ${tenure.next}`);
          tenure.next = offset + 1;
        }
        await options.work?.(batch, isCurrent);
        if (!isCurrent()) return;
        const counts = books.counts.get(place) ?? new Map<number, number>();
        books.counts.set(place, counts);
        for (const { offset } of batch.records) counts.set(offset, (counts.get(offset) ?? 0) + 1);
        books.checkpoint.set(place, Math.max(books.checkpoint.get(place) ?? 0, tenure.next));
      } finally {
        running.delete(place);
      }
    },
  };
}
