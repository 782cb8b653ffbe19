/** A worker role over a bus and a store in memory, moved by hand: batches come when a test says so, and it ends without a word. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordBatch, TopicRecord } from '../../pipelines/log/bus.ts';
import type { Random } from '../../pipelines/simulate/random.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Signal } from '../../schemas/signal.ts';
import type { Log } from '../../services/observe/log.ts';
import type { LogEvent, LogValues } from '../../services/observe/log-fields.ts';
import { Metrics } from '../../services/observe/metrics.ts';
import type { Store } from '../../services/store/client.ts';
import { WORKER_TOPICS } from '../../services/worker/open-partition.ts';
import type { WorkerRole } from '../../services/worker/role.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import type { MemoryBus } from './memory-bus.ts';
import { lineOf } from './partition-world.ts';
import { workerRole } from './worker-role.ts';

interface DocumentRow {
  readonly id: string;
  readonly observed_holder?: string;
  readonly revision: number;
  readonly status: string;
  readonly doc: string;
  readonly content_hash: string;
}

interface MarkerRow {
  readonly partition: number;
  readonly offset_from: number;
  readonly offset_to: number;
}

/** As far as a worker asks one: documents by the highest revision, markers, how many bytes of rows came. */
export class MemoryWorkerStore implements Store {
  readonly #documents = { signals: new Map<string, DocumentRow>(), alerts: new Map<string, DocumentRow>() };
  markers: MarkerRow[] = [];
  blocks = 0;

  async insertRows(table: string, rows: readonly object[]): Promise<void> {
    if (table === 'block_markers') this.markers.push(...(rows as MarkerRow[]));
    if (table !== 'signals' && table !== 'alerts') return;
    for (const row of rows as DocumentRow[]) {
      const key = `${row.id} ${row.observed_holder ?? ''}`;
      const known = this.#documents[table].get(key);
      if (known?.revision === row.revision && known.content_hash !== row.content_hash)
        throw new Error(`${table} ${key}: two contents of revision ${row.revision}`);
      if (known === undefined || known.revision < row.revision) this.#documents[table].set(key, row);
    }
  }

  async insertArrow(): Promise<void> {
    this.blocks++;
  }

  async queryRows<T>(_sql: string, params?: Readonly<Record<string, unknown>>): Promise<T[]> {
    return this.markers
      .filter(({ partition }) => partition === params?.['partition'])
      .sort((a, b) => a.offset_from - b.offset_from) as T[];
  }

  async *streamRows<T>(sql: string): AsyncGenerator<T[]> {
    const table = sql.includes('signals_standing') ? 'signals' : 'alerts';
    yield this.#standing(table) as T[];
  }

  async command(): Promise<void> {}
  async ping(): Promise<void> {}
  async close(): Promise<void> {}

  /** Everything that stands, a line each. */
  get lines(): string[] {
    const items = [...this.#standing('signals'), ...this.#standing('alerts')];
    return items.map(({ doc }) => lineOf(JSON.parse(doc) as Signal | Alert)).sort();
  }

  #standing(table: 'signals' | 'alerts'): DocumentRow[] {
    return [...this.#documents[table].values()].filter(({ status }) => status === 'standing');
  }
}

/** A partition rests between two checkpoints. */
const SAVE_TRIES = 10_000;

export interface WorkerLifeOptions {
  readonly bus: MemoryBus;
  readonly store: MemoryWorkerStore;
  readonly knowledge: Knowledge;
  readonly random: Random;
  /** The machine's disk. */
  readonly folder: string;
}

export interface LoggedEvent {
  readonly event: LogEvent;
  readonly fields: LogValues;
}

/** One process, until it ends. */
export class WorkerLife {
  readonly events: LoggedEvent[] = [];
  readonly metrics = new Metrics();
  readonly role: WorkerRole;
  readonly #options: WorkerLifeOptions;
  readonly #next = new Map<string, number>();

  private constructor(options: WorkerLifeOptions, role: (log: Log, metrics: Metrics) => WorkerRole) {
    this.#options = options;
    const note = (event: LogEvent, fields: LogValues = {}) => this.events.push({ event, fields });
    const log: Log = {
      debug: note,
      info: note,
      warn: note,
      error: (event, _error, fields) => note(event, fields),
      with: () => log,
    };
    this.role = role(log, this.metrics);
  }

  static async start(options: WorkerLifeOptions): Promise<WorkerLife> {
    const { bus, store, knowledge, folder } = options;
    const life = new WorkerLife(options, (log, metrics) =>
      workerRole({ bus, store, knowledge, folder, log, metrics }),
    );
    const partitions = await bus.partitionsOf('transactions');
    const all = WORKER_TOPICS.flatMap((topic) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
    );
    for (const { topic, partition, from } of await life.role.member.assigned(all))
      life.#next.set(`${topic} ${partition}`, from);
    return life;
  }

  of(event: LogEvent): readonly LogValues[] {
    return this.events.filter((each) => each.event === event).map(({ fields }) => fields);
  }

  /** Hands over what there is, in at most so many batches, of any size or as it is said. */
  async work(
    batches = Number.POSITIVE_INFINITY,
    size: () => number = () => this.#options.random.int(1, 12),
  ): Promise<void> {
    const { bus } = this.#options;
    for (let left = batches; left > 0; ) {
      let isIdle = true;
      for (const topic of WORKER_TOPICS) {
        for (const [partition, { begin, end }] of (await bus.ranges(topic)).entries()) {
          const key = `${topic} ${partition}`;
          const from = Math.max(this.#next.get(key) as number, begin);
          if (from >= end || left <= 0) continue;
          isIdle = false;
          left--;
          const until = Math.min(end, from + size());
          const records: TopicRecord[] = [];
          for await (const record of bus.read(topic, partition, from, until)) records.push(record);
          this.#next.set(key, until);
          const batch: RecordBatch = { topic, partition, records, end };
          if (records.length > 0) await this.role.member.batch(batch, () => true);
        }
      }
      if (isIdle) return;
    }
  }

  /** Writes checkpoints until every partition has one of all that it took in. */
  async saved(): Promise<void> {
    const isSaved = (partition: number) => {
      const until = this.#next.get(`transactions ${partition}`);
      const of = (event: LogEvent) => this.of(event).findLast((fields) => fields.partition === partition);
      return [of('checkpoint.written'), of('partition.assigned')].some((fields) => fields?.offset === until);
    };
    for (let tries = 0; tries < SAVE_TRIES; tries++) {
      await this.role.checkpoint();
      if (this.role.partitions.every(isSaved)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('no checkpoint');
  }

  /** What its disk is like after kill -9, in a place of its own: in this process nobody can kill it. */
  diskCopy(folder: string): void {
    cpSync(this.#options.folder, folder, { recursive: true });
    for (const partition of this.role.partitions)
      rmSync(join(folder, 'checkpoints', `transactions-${partition}`, 'lock'), { force: true });
    rmSync(join(folder, 'state'), { recursive: true, force: true });
  }
}
