/**
 * From the records of a file log to signals: checksums, decoding and interning included, one core. The log is the measured
 * stream as ingest writes it. What would make the figure wrong: a log that lies in no cache at first and in one later (it is
 * read once before the clock runs), or signals other than those of the stream itself (compared with the reference over
 * the same rows).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import { decodeBlock } from '../schemas/arrow.ts';
import { openFileLog } from '../services/log/file/file-log.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { createHotOfLog } from './detect/hot.ts';
import {
  type Answer,
  answerOf,
  type LogDetector,
  type LogDetectorFactory,
  type SubjectSignals,
} from './detect/subject.ts';
import { type Benchmark, type BenchmarkOption, type RunContext, sizeOf } from './harness/benchmark.ts';
import { cpuNs, round } from './harness/measure.ts';
import { writeLog } from './stream/files.ts';
import { referenceDetector } from './stream/planted.ts';
import { MeasuredStream } from './stream/stream.ts';

/** Rows as transactions, and the reference evaluator. */
export const createReferenceOfLog: LogDetectorFactory = ({ ruleSet, evaluation }) => {
  const detector = referenceDetector(ruleSet, evaluation);
  const standing = new Map<string, SubjectSignals[]>();
  return {
    feed(record) {
      for (const { tx, hash } of decodeBlock(record.payload)) detector.admit(tx, hash);
    },
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

async function throughLog(
  folder: string,
  detector: LogDetector,
  flushEvery: number,
): Promise<{ readonly ns: number; readonly records: number; readonly answer: Answer }> {
  const log = await openFileLog(folder, 'measured');
  try {
    for await (const _record of log.read(0));
    let records = 0;
    const start = cpuNs();
    for await (const record of log.read(0)) {
      detector.feed(record);
      records++;
      if (records % flushEvery === 0) detector.flush();
    }
    detector.flush();
    return { ns: cpuNs() - start, records, answer: answerOf(detector.signals(), () => true) };
  } finally {
    await log.close();
  }
}

export function logToSignalsOf(
  name: string,
  what: string,
  factory: LogDetectorFactory,
  sizes: { readonly accounts: BenchmarkOption; readonly rows: BenchmarkOption },
): Benchmark {
  return {
    name,
    what,
    options: {
      ...sizes,
      flush: { default: 64, smoke: 1, what: 'records between two flushes' },
      planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
      seed: { default: 1, smoke: 1, what: 'seed' },
    },
    nodeFlags: () => ['--max-old-space-size=8192'],
    async run(context: RunContext) {
      const size = (option: string): number => sizeOf(context, option);
      const knowledge = await loadKnowledge();
      const folder = mkdtempSync(join(tmpdir(), 'rastro-bench-'));
      try {
        const [accounts, rows, seed] = [size('accounts'), size('rows'), size('seed')];
        const dictionary = new FactDictionary([seed, 1]);
        const stream = new MeasuredStream(
          { accounts, rows, seed, plantedMilli: size('planted') },
          knowledge,
          dictionary,
        );
        const bytes = await writeLog(stream, dictionary, folder);
        const { ns, records, answer } = await throughLog(folder, factory(knowledge), size('flush'));
        const faults: string[] = [];
        if (factory !== createReferenceOfLog) {
          const reference = await throughLog(folder, createReferenceOfLog(knowledge), records);
          if (reference.answer.hash !== answer.hash) {
            faults.push(
              `other signals than the reference: ${answer.signals} for ${reference.answer.signals}`,
            );
          }
        }
        return [
          {
            name,
            value: Math.round((rows * 1e9) / ns),
            unit: 'tx/s',
            seed,
            resultHash: answer.hash,
            details: {
              nsPerTx: round(ns / rows, 1),
              bytesPerRow: round(bytes / rows, 1),
              records,
              signals: answer.signals,
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

export const logToSignalsReference = logToSignalsOf(
  'log-to-signals-reference',
  'records of a file log through the reference evaluator: the answer, and the cost without a hot path',
  createReferenceOfLog,
  {
    accounts: { default: 4_000, smoke: 300, what: 'accounts' },
    rows: { default: 40_000, smoke: 4_500, what: 'rows of the stream' },
  },
);

export const logToSignals = logToSignalsOf(
  'log-to-signals',
  'records of a file log through the hot evaluator: checksums, decoding and interning included',
  createHotOfLog,
  {
    accounts: { default: 4_000, smoke: 300, what: 'accounts' },
    rows: { default: 40_000, smoke: 4_500, what: 'rows of the stream' },
  },
);
