/**
 * A worker's partition from its checkpoint: from being given the partition to being ready for the next record, as after kill -9.
 * Detection, documents and the spool of blocks come from disk; `signals` is read silently from its beginning. Beside it: what the topic is made of, how long the partition waited while the checkpoint was written.
 *
 * What would make the figure wrong: a worker that began with the log after all (where it goes on is looked at), a partition on which
 * nothing stands (signals are counted), or a state that is another one (it takes in what follows, and in the end stands what one says
 * that was not stopped). Both topics are read from this process's memory or disk, not from brokers; the worker before it ran in this
 * process, whose code is warm. Files are in the system's cache.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import type { Bus, NewRecord, TopicRecord } from '../pipelines/log/bus.ts';
import type { BlockLog } from '../pipelines/log/port.ts';
import { hashList } from '../schemas/ids.ts';
import { openFileLog } from '../services/log/file/file-log.ts';
import type { Log } from '../services/observe/log.ts';
import type { LogEvent, LogValues } from '../services/observe/log-fields.ts';
import type { Store } from '../services/store/client.ts';
import { WORKER_TOPICS } from '../services/worker/open-partition.ts';
import type { WorkerRole } from '../services/worker/role.ts';
import { type Knowledge, loadKnowledge } from '../services/workspace/knowledge.ts';
import { workerRole } from '../test/support/worker-role.ts';
import { type Benchmark, type BenchmarkOption, type BenchmarkResult, sizeOf } from './harness/benchmark.ts';
import { cpuNs, peakRssMib, round, wallNs } from './harness/measure.ts';
import { writeRecords } from './stream/files.ts';
import { MeasuredStream } from './stream/stream.ts';

const NS_PER_S = 1e9;
const GOAL_S = 30;
const GOAL_ACCOUNTS = 1_000_000;
/** Records of a batch. */
const BATCH = 64;
/** Blocks that come behind the checkpoint. */
const BLOCKS_BEHIND = 1;
const LOOK_MS = 20;

const OPTIONS = {
  accounts: { default: 100_000, smoke: 300, what: 'accounts of the partition' },
  rows: { default: 400_000, smoke: 4_500, what: 'rows of the stream' },
  planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
  seed: { default: 1, smoke: 1, what: 'seed' },
} satisfies Readonly<Record<string, BenchmarkOption>>;

/** One partition of both topics: the one is a log on disk, the other lies in memory. */
class Logs implements Bus {
  readonly #rows: BlockLog;
  readonly signals: TopicRecord[] = [];
  /** End of `transactions`, for whoever asks. */
  end = 0;

  constructor(rows: BlockLog) {
    this.#rows = rows;
  }

  get rows(): number {
    return this.#rows.end;
  }

  async partitionsOf(): Promise<number> {
    return 1;
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<readonly number[]> {
    if (topic !== 'signals') return [];
    return records.map(({ partition, key, headers = {}, value }) => {
      const offset = this.signals.length;
      this.signals.push({ topic: 'signals', partition, offset, key, headers, value });
      return offset;
    });
  }

  async ranges(topic: string) {
    return [{ begin: 0, end: topic === 'signals' ? this.signals.length : this.end }];
  }

  async *read(topic: string, partition: number, from: number, until: number): AsyncGenerator<TopicRecord> {
    if (topic === 'signals') {
      yield* this.signals.slice(from, until);
      return;
    }
    for await (const { offset, kind, payload } of this.#rows.read(from)) {
      if (offset >= until) return;
      yield { topic: 'transactions', partition, offset, key: null, headers: { kind }, value: payload };
    }
  }

  async close(): Promise<void> {}
}

/** Takes everything; remembers the markers, and the documents by what they are. */
function storeOf(): { readonly store: Store; readonly documents: Map<string, string> } {
  const markers: object[] = [];
  const documents = new Map<string, string>();
  const store: Store = {
    async insertRows(table, rows) {
      if (table === 'block_markers') markers.push(...rows);
      if (table !== 'signals' && table !== 'alerts') return;
      for (const row of rows as { id: string; observed_holder?: string; content_hash: string }[])
        documents.set(`${table} ${row.id} ${row.observed_holder ?? ''}`, row.content_hash);
    },
    insertArrow: async () => undefined,
    queryRows: async <T>() => markers as T[],
    async *streamRows() {},
    command: async () => undefined,
    ping: async () => undefined,
    close: async () => undefined,
  };
  return { store, documents };
}

/** A worker that has the partition. */
class Worker {
  readonly role: WorkerRole;
  readonly events: { readonly event: LogEvent; readonly fields: LogValues }[] = [];
  readonly #logs: Logs;
  readonly #next = { transactions: 0, signals: 0 };

  constructor(knowledge: Knowledge, logs: Logs, store: Store, folder: string) {
    const note = (event: LogEvent, fields: LogValues = {}) => this.events.push({ event, fields });
    const log: Log = { debug: note, info: note, warn: note, error: (event) => note(event), with: () => log };
    this.#logs = logs;
    this.role = workerRole({ bus: logs, store, knowledge, folder, log });
  }

  async begin(): Promise<number> {
    const places = WORKER_TOPICS.map((topic) => ({ topic, partition: 0 }));
    for (const { topic, from } of await this.role.member.assigned(places))
      this.#next[topic as 'transactions' | 'signals'] = from;
    return this.#next.transactions;
  }

  /** Everything there is. */
  async work(progress: (text: string) => void): Promise<void> {
    for (let isIdle = false; !isIdle; ) {
      isIdle = true;
      for (const topic of WORKER_TOPICS) {
        const from = this.#next[topic];
        const [{ end } = { end: 0 }] = await this.#logs.ranges(topic);
        if (from >= end) continue;
        isIdle = false;
        const records: TopicRecord[] = [];
        for await (const record of this.#logs.read(topic, 0, from, Math.min(end, from + BATCH)))
          records.push(record);
        this.#next[topic] = from + records.length;
        await this.role.member.batch({ topic, partition: 0, records, end }, () => true);
        if (topic === 'transactions') progress(`rebuild-worker: ${this.#next[topic]} of ${end} records`);
      }
    }
  }

  /** What the log says of the next checkpoint. */
  async saved(): Promise<LogValues> {
    for (;;) {
      await this.role.checkpoint();
      const written = this.events.find(({ event }) => event === 'checkpoint.written');
      if (written !== undefined) return written.fields;
      const failed = this.events.find(({ event }) => event === 'checkpoint.failed');
      if (failed !== undefined) throw new Error(String(failed.fields.code));
      await setTimeout(LOOK_MS);
    }
  }
}

const answerOf = (documents: ReadonlyMap<string, string>): string =>
  hashList([...documents].map(([key, hash]) => `${key} ${hash}`).sort()).toString('hex');

export const rebuildWorker: Benchmark = {
  name: 'rebuild-worker',
  what: 'a worker’s partition from its checkpoint: state, blocks, documents, signals read silently; bytes, the pause of writing it',
  options: OPTIONS,
  nodeFlags: () => ['--max-old-space-size=8192'],
  async run(context): Promise<BenchmarkResult[]> {
    const [accounts, rows, seed] = [
      sizeOf(context, 'accounts'),
      sizeOf(context, 'rows'),
      sizeOf(context, 'seed'),
    ];
    const knowledge = await loadKnowledge({ cases: true });
    const folder = mkdtempSync(join(tmpdir(), 'rastro-rebuild-worker-'));
    try {
      const dictionary = new FactDictionary([seed, 1]);
      const options = { accounts, rows, seed, plantedMilli: sizeOf(context, 'planted') };
      const stream = new MeasuredStream(options, knowledge, dictionary);
      await writeRecords(stream, dictionary, join(folder, 'log'), knowledge.ruleSet);
      const rowLog = await openFileLog(join(folder, 'log'), 'measured');
      const logs = new Logs(rowLog);
      const { store, documents } = storeOf();
      const diskOf = (name: string) => {
        const disk = join(folder, name);
        mkdirSync(disk);
        return disk;
      };
      const first = new Worker(knowledge, logs, store, diskOf('first'));
      await first.begin();
      logs.end = logs.rows - BLOCKS_BEHIND;
      const takeIn = wallNs();
      await first.work(context.progress);
      const takeInS = (wallNs() - takeIn) / NS_PER_S;
      const written = await first.saved();
      const image = Number(written.bytes);
      // Nothing is left to be written: on disk it ends as a kill would end it.
      await first.role.close();
      const disk = diskOf('second');
      renameSync(join(folder, 'first', 'checkpoints'), join(disk, 'checkpoints'));
      const generations = readdirSync(join(disk, 'checkpoints', 'transactions-0', 'generations')).length;

      const second = new Worker(knowledge, logs, store, disk);
      const [start, startCpu] = [wallNs(), cpuNs()];
      const from = await second.begin();
      const [restoreS, restoreCpuS] = [(wallNs() - start) / NS_PER_S, (cpuNs() - startCpu) / NS_PER_S];
      const records = logs.signals.length;
      logs.end = logs.rows;
      await second.work(context.progress);
      const found = answerOf(documents);
      await second.role.close();
      // One that is not stopped says the same.
      const whole = storeOf();
      const wholeLogs = new Logs(rowLog);
      const third = new Worker(knowledge, wholeLogs, whole.store, diskOf('third'));
      await third.begin();
      wholeLogs.end = logs.end - BLOCKS_BEHIND;
      await third.work(context.progress);
      wholeLogs.end = logs.end;
      await third.work(context.progress);
      const expected = answerOf(whole.documents);
      await third.role.close();
      const faults: string[] = [];
      if (from !== logs.end - BLOCKS_BEHIND) faults.push(`it went on at ${from}`);
      if (found !== expected) faults.push('what it says is something else');
      if (documents.size === 0) faults.push('nothing stands');
      await rowLog.close();
      return [
        {
          name: 'rebuild-worker',
          value: round(restoreS, 2),
          unit: 's',
          seed,
          resultHash: found,
          ...(accounts >= GOAL_ACCOUNTS ? { goal: { value: GOAL_S, better: 'less' as const } } : {}),
          details: {
            accounts,
            rows,
            documents: documents.size,
            recordsOfSignals: records,
            cpuS: round(restoreCpuS, 2),
            takeInAgainS: round(takeInS, 1),
            imageBytesAnAccount: Math.round(image / accounts),
            writtenMs: Number(written.ms),
            generations,
            peakRssMib: round(peakRssMib(), 0),
          },
          faults,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
