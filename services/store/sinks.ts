/**
 * What many partitions write, as few inserts: blocks of transactions as one Arrow stream, rows of any other table together. A
 * promise resolves when the rows are stored, so that a marker written after it says the truth. While the store is down it waits.
 */
import { type MergedBlock, mergedBlocks } from './block-merge.ts';
import type { StoreCircuit } from './circuit.ts';
import { type GroupBounds, InsertGroup, inTime, type Later } from './insert-group.ts';

/** Whose rows they are: dropped together when it is taken away. */
export type Owner = string;

interface Owned<T> {
  readonly owner: Owner;
  readonly content: T;
}

export interface SinkEvents {
  /** An insert was stored; `ms` with its attempts and what it waited for the store. */
  readonly inserted?: (table: string, rows: number, ms: number) => void;
}

const MARKERS = 'block_markers';
const MARKER_LINGER_MS = 10;

/** Milliseconds that only grow: `performance.now` in a process. */
export type Clock = () => number;

export class StoreSinks {
  readonly #circuit: StoreCircuit;
  readonly #bounds: GroupBounds;
  readonly #events: SinkEvents;
  readonly #clock: Clock;
  readonly #later: Later;
  readonly #blocks: InsertGroup<Owned<MergedBlock>>;
  readonly #tables = new Map<string, InsertGroup<Owned<readonly object[]>>>();

  constructor(
    circuit: StoreCircuit,
    bounds: GroupBounds,
    events: SinkEvents = {},
    clock: Clock = () => performance.now(),
    later: Later = inTime,
  ) {
    this.#circuit = circuit;
    this.#bounds = bounds;
    this.#events = events;
    this.#clock = clock;
    this.#later = later;
    this.#blocks = new InsertGroup((blocks, rows) => this.#insertBlocks(blocks, rows), bounds, later);
  }

  /** Partitions whose rows one insert has stored send their markers at the same time: there is little to wait for. */
  get #markerBounds(): GroupBounds {
    return { ...this.#bounds, lingerMs: Math.min(MARKER_LINGER_MS, this.#bounds.lingerMs) };
  }

  /** A block of the log for the table `transactions`. */
  block(owner: Owner, block: MergedBlock, rows: number): Promise<void> {
    return this.#blocks.add({ item: { owner, content: block }, rows, bytes: block.bytes.length });
  }

  /** Rows of another table, in their order. */
  rows(owner: Owner, table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    let group = this.#tables.get(table);
    if (group === undefined) {
      group = new InsertGroup(
        (pieces, count) => this.#insertRows(table, pieces, count),
        table === MARKERS ? this.#markerBounds : this.#bounds,
        this.#later,
      );
      this.#tables.set(table, group);
    }
    return group.add({ item: { owner, content: rows }, rows: rows.length, bytes: textBytes(rows) });
  }

  /** Gives up what an owner has waiting or on its way; the latter may still arrive, and is harmless. */
  drop(owner: Owner, reason: unknown): void {
    for (const group of this.#groups) group.drop((item) => item.owner === owner, reason);
  }

  /** Resolves when all that was handed over is stored or has failed. */
  async flush(): Promise<void> {
    await Promise.all([...this.#groups].map((group) => group.flush()));
  }

  get waitingRows(): number {
    return [...this.#groups].reduce((sum, group) => sum + group.waitingRows, 0);
  }

  get #groups(): Iterable<InsertGroup<Owned<unknown>>> {
    return [this.#blocks, ...this.#tables.values()] as unknown as InsertGroup<Owned<unknown>>[];
  }

  async #insertBlocks(blocks: readonly Owned<MergedBlock>[], rows: number): Promise<void> {
    const stream = mergedBlocks(blocks.map(({ content }) => content));
    await this.#timed('transactions', rows, () =>
      this.#circuit.insert((store, token) => store.insertArrow('transactions', stream, { token })),
    );
  }

  async #insertRows(
    table: string,
    pieces: readonly Owned<readonly object[]>[],
    count: number,
  ): Promise<void> {
    const rows = pieces.flatMap(({ content }) => content);
    await this.#timed(table, count, () =>
      this.#circuit.insert((store, token) => store.insertRows(table, rows, { token })),
    );
  }

  async #timed(table: string, rows: number, insert: () => Promise<void>): Promise<void> {
    const before = this.#clock();
    await insert();
    this.#events.inserted?.(table, rows, this.#clock() - before);
  }
}

/** About what the rows weigh: their texts, which are nearly all of it. */
function textBytes(rows: readonly object[]): number {
  let bytes = 0;
  for (const row of rows) for (const value of Object.values(row)) bytes += valueBytes(value);
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (!Array.isArray(value)) return 8;
  let bytes = 0;
  for (const each of value) bytes += valueBytes(each);
  return bytes;
}
