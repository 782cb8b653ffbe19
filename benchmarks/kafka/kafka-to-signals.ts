/**
 * From a topic that holds blocks to signals and transactions in the store: workers, a broker and the embedded store, each a process
 * of its own, on one machine. The clock runs from the first partition being ready, which is before the first fetch, to the last
 * marker; a transaction counts once, however many copies of it were read. Beside it what merely reading the same blocks takes.
 *
 * What would make the figure wrong: other work on the machine, a stream without history or near misses (the ranges are checked), an
 * answer that is not there (every row, signals and alerts are counted in the store), a compiled worker that is not this one (it is
 * compiled with the benchmark).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { packageRoot } from '../../schemas/package-root.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { javaRead, kafkajsRead } from '../bus/clients.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from '../harness/benchmark.ts';
import { round } from '../harness/measure.ts';
import { streamProperties } from '../stream/properties.ts';
import { feedRecords, RoutedStream, recordOf } from './routed-stream.ts';
import { ON_SCENE, onScene, type Scene } from './scene.ts';

/** From here on a run counts as a measurement. */
const MEASURED_FROM_ROWS = 300_000;
const GOAL = 200_000;
const MIB = 1024 * 1024;
/** Rows routed at a time: a submission's. */
const ROUTED_ROWS = 65_536;
const LOOK_MS = 100;
const PROFILED = ['--cpu-prof', `--cpu-prof-dir=${join(packageRoot(), '.cache/profiles')}`];

interface Preloaded {
  readonly records: number;
  readonly bytes: number;
  readonly rows: number;
  readonly copies: number;
}

async function preload(scene: Scene, stream: RoutedStream, context: RunContext): Promise<Preloaded> {
  const partitions = sizeOf(context, 'partitions');
  await scene.bus.append('transactions', feedRecords(partitions));
  let [records, bytes] = [partitions, 0];
  const total = sizeOf(context, 'rows');
  for (let rows = 0; rows < total; rows += ROUTED_ROWS) {
    const blocks = stream.next(Math.min(ROUTED_ROWS, total - rows));
    for (const { bytes: value } of blocks) bytes += value.length;
    records += blocks.length;
    await scene.bus.append('transactions', blocks.map(recordOf));
    context.progress(`${stream.counts.rows} rows sent`);
  }
  return { records, bytes, rows: stream.counts.rows, copies: stream.counts.copies };
}

async function throughput(scene: Scene, context: RunContext): Promise<BenchmarkResult> {
  const knowledge = await loadKnowledge({ cases: true });
  const [partitions, seed] = [sizeOf(context, 'partitions'), sizeOf(context, 'seed')];
  const options = {
    partitions,
    accounts: sizeOf(context, 'accounts'),
    rows: sizeOf(context, 'rows'),
    plantedMilli: sizeOf(context, 'planted'),
    seed,
  };
  const stream = new RoutedStream(options, knowledge);
  const { records, bytes, rows, copies } = await preload(scene, stream, context);
  const before = scene.cpuSeconds();
  const beganMs = await scene.startWorkers(sizeOf(context, 'workers'));
  const ready = scene.cpuSeconds();
  const wallSeconds = ((await scene.allMarked(LOOK_MS)) - beganMs) / 1_000;
  const after = scene.cpuSeconds();
  const settledSeconds = ((await scene.allAnswered(LOOK_MS)) - beganMs) / 1_000;
  const [stored, signals, alerts] = [
    await scene.count('transactions'),
    await scene.count('signals_standing'),
    await scene.count('alerts_standing'),
  ];
  const [inserts, inserted] = [
    await scene.metric('rastro_inserts_total', 'table'),
    await scene.metric('rastro_rows_out_total', 'table'),
  ];
  const peaks = { worker: scene.workerPeakMib, store: scene.storePeakMib };
  await scene.stopWorkers();
  const topic = `${scene.kafka.prefix}transactions`;
  context.progress('the same blocks, only read');
  const bare = await kafkajsRead(scene.kafka, topic, records);
  const java =
    sizeOf(context, 'tools') === 1
      ? await javaRead(scene.cluster, topic, { name: 'blocks', count: records, valueBytes: 0, atOnce: 0 })
      : undefined;
  const cpu = after.worker - ready.worker;
  const faults: string[] = [];
  if (stored !== rows) faults.push(`${stored} of ${rows} rows are stored`);
  const isMeasured = rows >= MEASURED_FROM_ROWS;
  if (isMeasured && signals === 0) faults.push('no signal');
  if (isMeasured && alerts === 0) faults.push('no alert');
  return {
    name: 'kafka-to-signals/throughput',
    value: Math.round(rows / wallSeconds),
    unit: 'tx/s wall',
    seed,
    resultHash: createHash('sha256').update(`${rows} ${signals} ${alerts}`).digest('hex').slice(0, 16),
    ...(isMeasured ? { goal: { value: GOAL, better: 'more' as const } } : {}),
    details: {
      wallSeconds: round(wallSeconds, 1),
      settledSeconds: round(settledSeconds, 1),
      txPerWorkerCpuSecond: Math.round(rows / cpu),
      workerCpuSeconds: round(cpu, 1),
      startCpuSeconds: round(ready.worker, 1),
      brokerCpuSeconds: round(after.broker - before.broker, 1),
      storeCpuSeconds: round(after.store - before.store, 1),
      workers: sizeOf(context, 'workers'),
      partitions,
      copiesPerRow: round(copies / rows, 2),
      records,
      bytesPerRow: round(bytes / rows, 0),
      workerPeakMib: round(peaks.worker, 0),
      storePeakMib: round(peaks.store, 0),
      storedRows: stored,
      signals,
      alerts,
      transactionInserts: inserts.get('transactions') ?? 0,
      rowsPerInsert: Math.round((inserted.get('transactions') ?? 0) / (inserts.get('transactions') ?? 1)),
      kafkajsTxPerSecond: Math.round(rows / bare.wallSeconds),
      kafkajsTxPerCpuSecond: Math.round(rows / bare.cpuSeconds),
      kafkajsMibPerSecond: round(bytes / MIB / bare.wallSeconds, 0),
      ...(java === undefined
        ? {}
        : {
            javaTxPerSecond: Math.round(rows / java.wallSeconds),
            javaTxPerCpuSecond: Math.round(rows / java.cpuSeconds),
          }),
      ...streamProperties(stream.stream),
    },
    faults,
  };
}

export const kafkaToSignals: Benchmark = {
  name: 'kafka-to-signals',
  what: 'a topic of blocks through workers to signals and transactions in the store, beside merely reading the same blocks',
  cases: ['throughput'],
  options: {
    rows: { default: 400_000, smoke: 3_000, what: 'rows of the stream' },
    accounts: { default: 24_000, smoke: 192, what: 'accounts' },
    partitions: { default: 4, smoke: 2, what: 'partitions of the topics' },
    workers: { default: 1, smoke: 1, what: 'worker processes' },
    planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
    version: { default: 4, smoke: 4, what: 'major version of Kafka, 3 or 4' },
    tools: { default: 1, smoke: 0, what: '1: with the tools that come with Kafka' },
    profile: { default: 0, smoke: 0, what: '1: workers leave CPU profiles in .cache/profiles' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  ...ON_SCENE,
  run: (context) =>
    onScene(context, { nodeFlags: sizeOf(context, 'profile') === 1 ? PROFILED : [] }, async (scene) => [
      await throughput(scene, context),
    ]),
};
