/**
 * How long a row takes from being due to be sent until it is stored with all that follows from it, at shares of the load that the same
 * worker took when it had a backlog; or, with `--rate`, at a given load, and what that costs the worker. Everything runs on one machine,
 * the sender too. The loop is open (`open-loop.ts`).
 *
 * What would make the figures wrong: other work on the machine; a sender that is late (the longest delay is shown, and counts in the
 * latencies); looks into the store, which take CPU of their own and whose distance is part of a latency.
 */
import { createHash } from 'node:crypto';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from '../harness/benchmark.ts';
import { round } from '../harness/measure.ts';
import { latencyQuantile, OpenLoop, type Submission } from './open-loop.ts';
import { feedRecords, RoutedStream, recordOf } from './routed-stream.ts';
import { ON_SCENE, onScene, type Scene } from './scene.ts';

const SHARES = [0.1, 0.5, 0.9];
const ROWS_PER_ACCOUNT = 16.5;
const LOOK_MS = 100;
const WARM_ROWS = 16_384;
/** Of a core, at 1,000 rows a second. */
const IDLE_GOAL_PERCENT = 10;
const IDLE_RATE = 1_000;
/** Latency at half load beside what a stream may be late, milliseconds. */
const HALF_LOAD_GOAL_MS = 1_000;

class Run {
  readonly #scene: Scene;
  readonly #context: RunContext;
  readonly #stream: RoutedStream;
  readonly #submissions = new Map<string, number>();
  readonly #loop: OpenLoop;

  constructor(scene: Scene, context: RunContext, stream: RoutedStream) {
    this.#scene = scene;
    this.#context = context;
    this.#stream = stream;
    this.#loop = new OpenLoop(scene, (id) => this.#submissions.get(id));
  }

  /** The first rows, all there before a worker is. Returns rows a second over them. */
  async backlog(): Promise<number> {
    const scene = this.#scene;
    await scene.bus.append('transactions', feedRecords(scene.kafka.partitions));
    const total = sizeOf(this.#context, 'rows');
    for (let sent = 0; sent < total; sent += WARM_ROWS)
      await scene.bus.append(
        'transactions',
        this.#stream.next(Math.min(WARM_ROWS, total - sent)).map(recordOf),
      );
    const beganMs = await scene.startWorkers(1);
    const rate = (total * 1_000) / ((await scene.allMarked(LOOK_MS)) - beganMs);
    await scene.allAnswered(LOOK_MS);
    return rate;
  }

  async atRate(rate: number, name: string): Promise<BenchmarkResult> {
    const scene = this.#scene;
    const perSecond = sizeOf(this.#context, 'submissions');
    const [everyMs, each] = [1_000 / perSecond, Math.max(1, Math.round(rate / perSecond))];
    this.#context.progress(`${name}: ${Math.round(rate)} tx/s`);
    this.#submissions.clear();
    const copiesBefore = this.#stream.counts.copies;
    const submissions = Array.from(
      { length: perSecond * sizeOf(this.#context, 'seconds') },
      (_, at): Submission => {
        const blocks = this.#stream.next(each);
        for (const id of this.#stream.ids) this.#submissions.set(id, at);
        return { blocks, rows: each };
      },
    );
    const rows = submissions.length * each;
    const inserts = await scene.metric('rastro_inserts_total', 'table');
    const inserted = await scene.metric('rastro_rows_out_total', 'table');
    const before = scene.cpuSeconds();
    const { rows: latencies, documents, seconds, sentLateMs } = await this.#loop.run(submissions, everyMs);
    const after = scene.cpuSeconds();
    const done = await scene.metric('rastro_inserts_total', 'table');
    const stored = await scene.metric('rastro_rows_out_total', 'table');
    const of = (table: string) => (done.get(table) ?? 0) - (inserts.get(table) ?? 0);
    const rowsOf = (table: string) => (stored.get(table) ?? 0) - (inserted.get(table) ?? 0);
    // Of the time that the load lasts: who falls behind does its work later, and no less of it.
    const loadSeconds = (submissions.length * everyMs) / 1_000;
    const corePercent = (100 * (after.worker - before.worker)) / loadSeconds;
    const p99 = latencyQuantile(latencies, 990);
    const faults: string[] = [];
    const marked = latencies.reduce((sum, one) => sum + one.rows, 0);
    if (marked !== rows) faults.push(`${marked} of ${rows} rows are marked`);
    const isIdle = rate === IDLE_RATE;
    return {
      name: `kafka-latency/${name}`,
      value: round(isIdle ? corePercent : p99, 1),
      unit: isIdle ? '% of a core' : 'ms p99',
      seed: sizeOf(this.#context, 'seed'),
      resultHash: createHash('sha256').update(`${rows}`).digest('hex').slice(0, 16),
      ...(isIdle ? { goal: { value: IDLE_GOAL_PERCENT, better: 'less' as const } } : {}),
      ...(name === 'load-50' ? { goal: { value: HALF_LOAD_GOAL_MS, better: 'less' as const } } : {}),
      details: {
        txPerSecond: Math.round(rate),
        seconds: round(seconds, 1),
        p50Ms: round(latencyQuantile(latencies, 500), 0),
        p99Ms: round(p99, 0),
        documents: documents.length,
        documentP50Ms: round(latencyQuantile(documents, 500), 0),
        documentP99Ms: round(latencyQuantile(documents, 990), 0),
        sentLateMs: round(sentLateMs, 0),
        workerCorePercent: round(corePercent, 1),
        brokerCorePercent: round((100 * (after.broker - before.broker)) / loadSeconds, 1),
        storeCorePercent: round((100 * (after.store - before.store)) / loadSeconds, 1),
        partitions: scene.kafka.partitions,
        submissionsPerSecond: perSecond,
        blocksPerSecond: round(
          submissions.reduce((sum, { blocks }) => sum + blocks.length, 0) / loadSeconds,
          1,
        ),
        copiesPerRow: round((this.#stream.counts.copies - copiesBefore) / rows, 2),
        transactionInsertsPerSecond: round(of('transactions') / loadSeconds, 2),
        rowsPerInsert: round(rowsOf('transactions') / of('transactions'), 0),
        markerInsertsPerSecond: round(of('block_markers') / loadSeconds, 2),
        markersPerInsert: round(rowsOf('block_markers') / of('block_markers'), 1),
        workerPeakMib: round(scene.workerPeakMib, 0),
      },
      faults,
    };
  }
}

export const kafkaLatency: Benchmark = {
  name: 'kafka-latency',
  what: 'from a row being due to be sent to its being stored, at 10, 50 and 90 % of the load that a backlog showed, or at a given one',
  options: {
    rate: { default: 0, smoke: 0, what: 'rows a second; 0: shares of what the backlog was worked off at' },
    rows: { default: 100_000, smoke: 1_000, what: 'rows of the backlog' },
    seconds: { default: 15, smoke: 1, what: 'seconds at each rate' },
    submissions: { default: 4, smoke: 2, what: 'submissions a second that the rows come in' },
    partitions: { default: 4, smoke: 2, what: 'partitions of the topics' },
    planted: { default: 25, smoke: 25, what: 'thousandths of the rows that belong to planted histories' },
    version: { default: 4, smoke: 4, what: 'major version of Kafka, 3 or 4' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  ...ON_SCENE,
  run: (context) =>
    onScene(context, {}, async (scene) => {
      const [given, rows, seconds] = [
        sizeOf(context, 'rate'),
        sizeOf(context, 'rows'),
        sizeOf(context, 'seconds'),
      ];
      const partitions = sizeOf(context, 'partitions');
      // Whose rows go on behind the backlog, at a rate that is not known yet: as many as a fast machine would take.
      const most = rows + seconds * (given > 0 ? given : MOST_PER_SECOND);
      const stream = new RoutedStream(
        {
          partitions,
          accounts: Math.max(64, 16 * Math.round(rows / ROWS_PER_ACCOUNT / 16)),
          rows: most,
          plantedMilli: sizeOf(context, 'planted'),
          seed: sizeOf(context, 'seed'),
        },
        await loadKnowledge({ cases: true }),
      );
      const run = new Run(scene, context, stream);
      const load = await run.backlog();
      if (given > 0) return [await run.atRate(given, 'given')];
      const results: BenchmarkResult[] = [];
      for (const share of SHARES)
        results.push(await run.atRate(share * load, `load-${Math.round(100 * share)}`));
      return results;
    }),
};

/** All shares together, of a worker of 20,000 rows a second. */
const MOST_PER_SECOND = 30_000;
