/**
 * The state of a partition from the store alone: no checkpoint, and the topic has let everything go. Beside it stands the time of
 * reading the same records from a log on disk, which is what a worker does whose topic is whole.
 *
 * What would make the figure wrong: a store that does not hold what a worker writes (the rows and the records are written by its
 * code), rows that are left out (what stands afterwards is compared with what stands after the log), or a table without history:
 * the rows of the stream span 130 days. The store is the embedded one, on the same cores; its files are in the system's cache.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DetectStage } from '../pipelines/engine/detect-stage.ts';
import type { Step } from '../pipelines/engine/step.ts';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import type { TopicRecord } from '../pipelines/log/bus.ts';
import { hashList } from '../schemas/ids.ts';
import { startEmbedded } from '../services/embedded/start.ts';
import { openFileLog } from '../services/log/file/file-log.ts';
import { mergedBlocks } from '../services/store/block-merge.ts';
import { openStore, type Store } from '../services/store/client.ts';
import { migrate } from '../services/store/migrate.ts';
import { readHistory } from '../services/worker/history.ts';
import { type LogRecordRow, logRecordRow } from '../services/worker/log-records.ts';
import { PartitionInput } from '../services/worker/partition-input.ts';
import { PartitionState } from '../services/worker/partition-state.ts';
import { compilingOnce } from '../services/worker/recorded-rules.ts';
import { MARKED_LOG } from '../services/worker/store-outputs.ts';
import { type Knowledge, loadKnowledge } from '../services/workspace/knowledge.ts';
import { type Benchmark, type BenchmarkOption, type BenchmarkResult, sizeOf } from './harness/benchmark.ts';
import { cpuNs, peakRssMib, round, wallNs } from './harness/measure.ts';
import { writeRecords } from './stream/files.ts';
import { MeasuredStream } from './stream/stream.ts';
import { EVERYTHING } from './stream/templates.ts';

const NS_PER_S = 1e9;
/** From here on a run counts as a measurement. */
const MEASURED_FROM_ROWS = 1_000_000;
const HASH_SEED: readonly [number, number] = [0x1234567, 0x89abcde];
/** Blocks of one insert. */
const INSERT_BLOCKS = 16;

const OPTIONS = {
  accounts: { default: 20_000, smoke: 300, what: 'accounts of the partition' },
  rows: { default: 200_000, smoke: 4_500, what: 'rows that it was made of' },
  question: { default: 500_000, smoke: 2_000, what: 'rows of one question to the store' },
  planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
  seed: { default: 1, smoke: 1, what: 'seed' },
} satisfies Readonly<Record<string, BenchmarkOption>>;

interface Taken {
  readonly wallS: number;
  readonly cpuS: number;
  readonly signals: number;
  /** Of what stands. */
  readonly hash: string;
}

/** A worker's detection of one partition. */
class Partition {
  readonly #folder: string;
  readonly #state: PartitionState;
  readonly #stage: DetectStage;
  readonly #input: PartitionInput;

  constructor(parent: string, knowledge: Knowledge) {
    this.#folder = mkdtempSync(join(parent, 'partition-'));
    const state = new PartitionState({
      folder: this.#folder,
      knowledge,
      compile: compilingOnce(knowledge),
      seed: HASH_SEED,
      partition: { index: 0, count: 1 },
    });
    const { detection, documents, spool, provided, rules } = state;
    const stage = new DetectStage({
      detection: detection.detector,
      ruleSet: knowledge.ruleSet,
      documents,
      providedBy: () => EVERYTHING,
    });
    const engine = { step: (step: Step) => stage.step(step), rulesRecords: () => [] };
    this.#state = state;
    this.#stage = stage;
    this.#input = new PartitionInput({ engine, spool, provided, rules });
  }

  /** Takes in records and evaluates them, which is more than a worker does with what is told already. */
  async take(records: AsyncIterable<TopicRecord>): Promise<Taken> {
    const [start, startCpu] = [wallNs(), cpuNs()];
    let last = -1;
    for await (const record of records) {
      await this.#input.take(record);
      last = record.offset;
    }
    const { observed } = await this.#stage.flush(last);
    const [wallS, cpuS] = [(wallNs() - start) / NS_PER_S, (cpuNs() - startCpu) / NS_PER_S];
    const lines = observed.flatMap(({ source, holder, signals }) =>
      signals.map(({ signal: { id, version, evidence } }) =>
        JSON.stringify([source, holder, id, version, evidence]),
      ),
    );
    return { wallS, cpuS, signals: lines.length, hash: hashList(lines.sort()).toString('hex') };
  }

  close(): void {
    this.#state.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function* recordsOf(folder: string): AsyncGenerator<TopicRecord> {
  const log = await openFileLog(folder, 'measured');
  try {
    for await (const { offset, kind, payload } of log.read(0))
      yield { topic: 'transactions', partition: 0, offset, key: null, headers: { kind }, value: payload };
  } finally {
    await log.close();
  }
}

/** The tables as a worker leaves them. Returns the number of records. */
async function fill(store: Store, folder: string, progress: (text: string) => void): Promise<number> {
  let records = 0;
  let held: LogRecordRow[] = [];
  let inserts: Promise<void>[] = [];
  const flush = async () => {
    await Promise.all([...inserts, store.insertRows('log_records', held)]);
    [inserts, held] = [[], []];
  };
  for await (const record of recordsOf(folder)) {
    const value = record.value as Uint8Array;
    const block = mergedBlocks([{ bytes: value, offset: record.offset }]);
    held.push(logRecordRow(MARKED_LOG, record, 'transactions', new Uint8Array(LOG_ROWS)));
    inserts.push(store.insertArrow('transactions', block));
    records = record.offset + 1;
    if (records % INSERT_BLOCKS !== 0) continue;
    await flush();
    progress(`rebuild-store: ${records} records stored`);
  }
  await flush();
  return records;
}

/** Rows of a block at most: none of them did nothing. */
const LOG_ROWS = 65_536;

async function* historyOf(store: Store, records: number, rowsMax: number): AsyncGenerator<TopicRecord> {
  const options = { store, log: MARKED_LOG, partition: 0, providedBy: () => EVERYTHING, rowsMax };
  for await (const { record, missing } of readHistory(options, 0, records)) {
    if (missing > 0) throw new Error(`${missing} rows are missing`);
    yield record;
  }
}

export const rebuildStore: Benchmark = {
  name: 'rebuild-store',
  what: 'state of a partition from the store alone, its topic gone, beside the same from its log',
  options: OPTIONS,
  nodeFlags: () => ['--max-old-space-size=8192'],
  async whyNot() {
    try {
      createRequire(import.meta.url).resolve('chdb');
      return undefined;
    } catch {
      return 'the embedded store is not installed';
    }
  },
  async run(context): Promise<BenchmarkResult[]> {
    const [rows, accounts, seed] = [
      sizeOf(context, 'rows'),
      sizeOf(context, 'accounts'),
      sizeOf(context, 'seed'),
    ];
    const knowledge = await loadKnowledge({ cases: true });
    const folder = mkdtempSync(join(tmpdir(), 'rastro-rebuild-store-'));
    const embedded = await startEmbedded({ dataDir: join(folder, 'store') });
    const store = openStore({ url: embedded.url, key: embedded.key });
    try {
      await migrate(store);
      const dictionary = new FactDictionary([seed, 1]);
      const stream = new MeasuredStream(
        { accounts, rows, seed, plantedMilli: sizeOf(context, 'planted') },
        knowledge,
        dictionary,
      );
      const log = join(folder, 'log');
      await writeRecords(stream, dictionary, log, knowledge.ruleSet);
      const records = await fill(store, log, context.progress);
      const fromLog = new Partition(folder, knowledge);
      const expected = await fromLog.take(recordsOf(log));
      fromLog.close();
      const fromStore = new Partition(folder, knowledge);
      const found = await fromStore.take(historyOf(store, records, sizeOf(context, 'question')));
      fromStore.close();
      const faults: string[] = [];
      if (found.hash !== expected.hash) faults.push('what stands is something else');
      if (found.signals === 0) faults.push('nothing to compare');
      return [
        {
          name: 'rebuild-store',
          value: round(found.wallS, 2),
          unit: 's',
          seed,
          resultHash: found.hash,
          details: {
            accounts,
            rows,
            records,
            signals: found.signals,
            rowsPerS: Math.round(rows / found.wallS),
            cpuS: round(found.cpuS, 2),
            fromLogS: round(expected.wallS, 2),
            fromLogCpuS: round(expected.cpuS, 2),
            isMeasured: rows >= MEASURED_FROM_ROWS,
            peakRssMib: round(peakRssMib(), 0),
          },
          faults,
        },
      ];
    } finally {
      await store.close();
      await embedded.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
