/** The role of a worker over a bus in memory and a store that is none: what it says, where, and in which order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockBytes } from '../../pipelines/facts/block.ts';
import { ALWAYS_MS } from '../../pipelines/ingest/party-record.ts';
import type { NewRecord, TopicRecord } from '../../pipelines/log/bus.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { openLog } from '../../services/observe/log.ts';
import { Metrics } from '../../services/observe/metrics.ts';
import type { QueryParams, Store } from '../../services/store/client.ts';
import { WORKER_TOPICS } from '../../services/worker/open-partition.ts';
import type { WorkerRole } from '../../services/worker/role.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { encodeReference } from '../../services/workspace/reference-record.ts';
import { testKeys } from './ingest.ts';
import { type MemoryBus, memoryBus } from './memory-bus.ts';
import { type Arriving, arriving, SOME_FEED } from './partition-play.ts';
import type { Item } from './play.ts';
import { SUBMITTING, smallParties, smallRows } from './small-world.ts';
import { type TestWorker, workerRole } from './worker-role.ts';

export type WorkerTopic = (typeof WORKER_TOPICS)[number];

/** Stands in the place of ClickHouse: notes what is inserted, answers what it was told to, is away when asked. */
export class FakeStore implements Store {
  readonly inserted: {
    readonly table: string;
    readonly rows: readonly Readonly<Record<string, unknown>>[];
  }[] = [];
  /** Rows by a part of the statement that asks for them; beside these, it knows the markers that it was given. */
  readonly answers = new Map<string, readonly object[]>();
  isAway = false;
  /** Called before anything is inserted. */
  onInsert: (table: string) => void = () => undefined;

  async insertRows(table: string, rows: readonly object[]): Promise<void> {
    this.#insert(table, rows as readonly Readonly<Record<string, unknown>>[]);
  }

  async insertArrow(table: string, ipcStream: Uint8Array): Promise<void> {
    this.#insert(table, [{ bytes: ipcStream.length }]);
  }

  async queryRows<T>(sql: string, params: QueryParams = {}): Promise<T[]> {
    this.#reach();
    if (sql.includes('block_markers_current'))
      return this.rowsOf('block_markers').filter(
        ({ log, partition }) => log === params['log'] && partition === params['partition'],
      ) as T[];
    const [, rows = []] = [...this.answers].find(([part]) => sql.includes(part)) ?? [];
    return rows as T[];
  }

  async *streamRows<T>(sql: string, params?: QueryParams): AsyncGenerator<T[]> {
    const rows = await this.queryRows<T>(sql, params);
    if (rows.length > 0) yield rows;
  }

  async command(): Promise<void> {
    this.#reach();
  }

  async ping(): Promise<void> {
    this.#reach();
  }

  async close(): Promise<void> {}

  rowsOf(table: string): readonly Readonly<Record<string, unknown>>[] {
    return this.inserted.filter((insert) => insert.table === table).flatMap(({ rows }) => rows);
  }

  #insert(table: string, rows: readonly Readonly<Record<string, unknown>>[]): void {
    this.onInsert(table);
    this.#reach();
    this.inserted.push({ table, rows });
  }

  #reach(): void {
    if (this.isAway) throw new RastroError('RAS-STORE-UNREACHABLE', { url: 'fake', detail: 'away' });
  }
}

/** Rows of the small world as records of `transactions`, behind what they rest on. */
export function feedRecords(reference: Knowledge['reference'], blockRows: number): NewRecord[] {
  const items: Item[] = [
    ...smallParties().map((party) => ({ party })),
    ...smallRows(1, 60, 30).map((row) => ({ row })),
  ];
  const rows = arriving(items, SUBMITTING, reference).flatMap((item: Arriving) =>
    'row' in item ? [item.row] : [],
  );
  const records = [referenceRecord()];
  for (let from = 0; from < rows.length; from += blockRows) {
    const block = rows.slice(from, from + blockRows).map((row) => ({ ...row, revision: 0, blockOffset: 0 }));
    records.push(record('transactions', blockBytes(block)));
  }
  return records;
}

export function record(kind: string, value: Uint8Array | null): NewRecord {
  return { partition: 0, key: null, headers: { kind }, value };
}

function referenceRecord(): NewRecord {
  const feeds = [...SOME_FEED].map(([providedId, provided]) => ({
    providedId,
    mapping: 'canonical',
    provided: [...provided],
    coverage: 'full_account' as const,
    coverageByInstitution: {},
  }));
  const declarations = SUBMITTING.map((institution) => ({ institution, fromMs: ALWAYS_MS }));
  return record('reference', encodeReference({ declarations, feeds }));
}

/** One worker with one partition. */
export class WorkerScene {
  readonly bus: MemoryBus;
  readonly store: FakeStore;
  readonly metrics = new Metrics();
  readonly role: WorkerRole;
  /** What became durable, in order: `append:TOPIC` and `insert:TABLE`. */
  readonly journal: string[] = [];
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
  readonly #next: Record<WorkerTopic, number> = { transactions: 0, signals: 0 };

  private constructor(bus: MemoryBus, store: FakeStore, role: (scene: WorkerScene) => WorkerRole) {
    const append = bus.append.bind(bus);
    this.bus = bus;
    this.store = store;
    this.bus.append = async (topic, records) => {
      const offsets = await append(topic, records);
      if (topic !== 'transactions') this.journal.push(`append:${topic}`);
      return offsets;
    };
    this.store.onInsert = (table) => this.journal.push(`insert:${table}`);
    this.role = role(this);
  }

  static async open(
    knowledge: Knowledge,
    bus: MemoryBus = memoryBus({ partitions: 1 }),
    store = new FakeStore(),
    messages: TestWorker['messages'] = {},
  ): Promise<WorkerScene> {
    return new WorkerScene(bus, store, (scene) =>
      workerRole({
        bus,
        store,
        keys: testKeys,
        knowledge,
        messages,
        folder: scene.#folder,
        metrics: scene.metrics,
        log: openLog(
          { level: 'info', format: 'json' },
          { role: 'worker' },
          { write: (line) => scene.lines.push(JSON.parse(line)) },
        ),
      }),
    );
  }

  /** The group gives the partition. */
  async assign(): Promise<void> {
    const places = WORKER_TOPICS.map((topic) => ({ topic, partition: 0 }));
    for (const { topic, from } of await this.role.member.assigned(places))
      this.#next[topic as WorkerTopic] = from;
  }

  /** The group takes it away. */
  async revoke(): Promise<void> {
    await this.role.member.revoked(WORKER_TOPICS.map((topic) => ({ topic, partition: 0 })));
  }

  /** Hands over what is there of a topic since the last time, as one batch; how many records that were. */
  async deliver(topic: WorkerTopic, isCurrent: () => boolean = () => true): Promise<number> {
    const { end } = (await this.bus.ranges(topic))[0] ?? { end: 0 };
    const records = await this.recordsOf(topic, this.#next[topic]);
    if (records.length === 0) return 0;
    this.#next[topic] = end;
    await this.role.member.batch({ topic, partition: 0, records, end }, isCurrent);
    return records.length;
  }

  /** Until nothing follows from anything any more. */
  async settle(): Promise<void> {
    for (let taken = 1; taken > 0; )
      taken = (await this.deliver('transactions')) + (await this.deliver('signals'));
  }

  async recordsOf(topic: TopicName, from = 0): Promise<TopicRecord[]> {
    const { begin, end } = (await this.bus.ranges(topic))[0] ?? { begin: 0, end: 0 };
    const records: TopicRecord[] = [];
    for await (const each of this.bus.read(topic, 0, Math.max(from, begin), end)) records.push(each);
    return records;
  }

  /** Codes of records that were passed over, with their places. */
  get rejected(): readonly string[] {
    return this.lines
      .filter(({ event }) => event === 'record.rejected')
      .map(({ topic, offset, code }) => `${topic}/${offset} ${code}`);
  }

  async close(): Promise<void> {
    await this.role.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
