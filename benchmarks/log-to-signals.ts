/**
 * From the records of a file log to signals: checksums, decoding and interning included, one core. The log is the measured
 * stream as ingest writes it. What would make the figure wrong: a log that lies in no cache at first and in one later (it is
 * read once before the clock runs), a stream without history or near misses (the ranges are checked), or other signals than
 * the reference gives for the rows of a sample of subjects.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import { decodeBlock } from '../schemas/arrow.ts';
import { openFileLog } from '../services/log/file/file-log.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { createHotOfLog } from './detect/hot.ts';
import { SubjectSample, sampleFaults } from './detect/sample.ts';
import {
  answerOf,
  type LogDetector,
  type LogDetectorFactory,
  type SubjectSignals,
} from './detect/subject.ts';
import {
  type Benchmark,
  type BenchmarkOption,
  type BenchmarkResult,
  type RunContext,
  sizeOf,
} from './harness/benchmark.ts';
import { cpuNs, quantile, round, wallNs, watchCollections } from './harness/measure.ts';
import { writeLog } from './stream/files.ts';
import { referenceDetector } from './stream/planted.ts';
import { streamFaults, streamProperties } from './stream/properties.ts';
import { MeasuredStream } from './stream/stream.ts';

/** From here on a run counts as a measurement, and its stream must lie in the ranges. */
const MEASURED_FROM_ROWS = 1_000_000;
const PROGRESS_ROWS = 262_144;

/** Rows as transactions, and the reference evaluator. */
const createReferenceOfLog: LogDetectorFactory = ({ ruleSet, evaluation }) => {
  const detector = referenceDetector(ruleSet, evaluation);
  const standing = new Map<string, SubjectSignals[]>();
  let rows = 0;
  return {
    feed(record) {
      for (const { tx, hash } of decodeBlock(record.payload)) {
        detector.admit(tx, hash);
        rows++;
      }
    },
    // It has no gates: every row is evaluated exactly.
    counts: () => ({ survivors: rows }),
    flush() {
      detector.evaluate((subjectKey, groups) => {
        standing.set(
          subjectKey,
          groups
            .filter(({ versions }) => versions.length > 0)
            .map(({ rule, versions }) => ({ subjectKey, rule: rule.id, versions })),
        );
      });
    },
    *signals() {
      for (const found of standing.values()) yield* found;
    },
  };
};

interface Passage {
  readonly ns: number;
  readonly recordNs: readonly number[];
  readonly gcMs: number;
}

/** The log through the detector, which then holds the signals of every row. */
async function throughLog(folder: string, detector: LogDetector, flushEvery: number): Promise<Passage> {
  const log = await openFileLog(folder, 'measured');
  try {
    for await (const _record of log.read(0));
    const recordNs: number[] = [];
    const watch = watchCollections();
    watch.begin();
    const start = cpuNs();
    for await (const record of log.read(0)) {
      const wall = wallNs();
      detector.feed(record);
      recordNs.push(wallNs() - wall);
      if (recordNs.length % flushEvery === 0) detector.flush();
    }
    detector.flush();
    const ns = cpuNs() - start;
    watch.measured();
    return { ns, recordNs, gcMs: (await watch.stop()).ms };
  } finally {
    await log.close();
  }
}

interface LogParts {
  readonly name: string;
  readonly what: string;
  readonly factory: LogDetectorFactory;
  readonly accounts: BenchmarkOption;
  readonly rows: BenchmarkOption;
  /** Rows a CPU second to reach at the sizes of a measurement. */
  readonly goal?: number;
}

function logToSignalsOf({ name, what, factory, accounts, rows, goal }: LogParts): Benchmark {
  return {
    name,
    what,
    yardstick: 'memory',
    options: {
      accounts,
      rows,
      flush: { default: 64, smoke: 1, what: 'records between two flushes' },
      planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
      seed: { default: 1, smoke: 1, what: 'seed' },
    },
    nodeFlags: () => ['--max-old-space-size=8192'],
    async run(context: RunContext): Promise<readonly BenchmarkResult[]> {
      const size = (option: string): number => sizeOf(context, option);
      const knowledge = await loadKnowledge({ cases: true });
      const folder = mkdtempSync(join(tmpdir(), 'rastro-bench-'));
      try {
        const [count, seed] = [size('rows'), size('seed')];
        const dictionary = new FactDictionary([seed, 1]);
        const options = { accounts: size('accounts'), rows: count, seed, plantedMilli: size('planted') };
        const stream = new MeasuredStream(options, knowledge, dictionary);
        const sample = new SubjectSample({
          rows: count,
          plantedRows: (count * size('planted')) / 1_000,
          firstPlanted: dictionary.interner.size,
          seed,
        });
        const bytes = await writeLog(stream, dictionary, folder, (block) => {
          sample.take(block);
          if (stream.tally.rows % PROGRESS_ROWS < block.batch.rows) {
            context.progress(`${name}: ${stream.tally.rows} rows written`);
          }
        });
        const detector = factory(knowledge);
        const { ns, recordNs, gcMs } = await throughLog(folder, detector, size('flush'));
        const answer = answerOf(detector.signals(), () => true);
        const { expected, found } = sample.compare(detector.signals(), knowledge, dictionary);
        const faults = expected.hash === found.hash ? [] : ['other signals than the reference'];
        const counts = detector.counts();
        const isMeasured = count >= MEASURED_FROM_ROWS;
        if (isMeasured) {
          faults.push(...streamFaults(stream, answer.signals, counts.survivors));
          faults.push(...sampleFaults(sample, expected, knowledge));
        }
        const { population, tally } = stream;
        return [
          {
            name,
            value: Math.round((count * 1e9) / ns),
            unit: 'tx/s',
            seed,
            resultHash: answer.hash,
            ...(isMeasured && goal !== undefined ? { goal: { value: goal, better: 'more' as const } } : {}),
            details: {
              nsPerTx: round(ns / count, 1),
              bytesPerRow: round(bytes / count, 1),
              blockP50Us: round(quantile(recordNs, 500) / 1e3, 1),
              blockP99Us: round(quantile(recordNs, 990) / 1e3, 1),
              blockP999Us: round(quantile(recordNs, 999) / 1e3, 1),
              records: recordNs.length,
              gcShare: round((gcMs * 1e6) / ns, 4),
              survivorPercent: round((100 * counts.survivors) / count, 3),
              ...(counts.stateBytes === undefined
                ? {}
                : { stateBytesPerAccount: round(counts.stateBytes / population.accounts, 1) }),
              ...(counts.historyBytes === undefined
                ? {}
                : { historyBytesPerEvent: round(counts.historyBytes / tally.accountEvents, 1) }),
              signals: answer.signals,
              sampleRows: sample.rows,
              sampleSignals: expected.signals,
              ...streamProperties(stream),
            },
            faults,
          },
        ];
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

export const logToSignalsReference = logToSignalsOf({
  name: 'log-to-signals-reference',
  what: 'records of a file log through the reference evaluator: the answer, and the cost without a hot path',
  factory: createReferenceOfLog,
  accounts: { default: 4_000, smoke: 300, what: 'accounts' },
  rows: { default: 40_000, smoke: 4_500, what: 'rows of the stream' },
});

export const logToSignals = logToSignalsOf({
  name: 'log-to-signals',
  what: 'records of a file log through the hot evaluator: checksums, decoding and interning included',
  factory: createHotOfLog,
  accounts: { default: 60_000, smoke: 300, what: 'accounts' },
  rows: { default: 1_080_000, smoke: 4_500, what: 'rows of the stream' },
  goal: 500_000,
});
