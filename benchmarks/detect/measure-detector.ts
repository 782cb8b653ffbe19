/**
 * Drives a detector over the measured stream: blocks are made between the clocks, so that only the detector's own time
 * counts. The rows of a sample of subjects are checked against the reference evaluator in the same run.
 */
import type { BenchmarkResult } from '../harness/benchmark.ts';
import { cpuNs, peakRssMib, quantile, round, wallNs, watchCollections } from '../harness/measure.ts';
import { dictionaryOf } from '../stream/measured-run.ts';
import type { StreamOptions } from '../stream/options.ts';
import { streamFaults, streamProperties } from '../stream/properties.ts';
import { type Knowledge, MeasuredStream } from '../stream/stream.ts';
import { SubjectSample, sampleFaults } from './sample.ts';
import { answerOf, type DetectorFactory } from './subject.ts';

const MIB = 1_048_576;
/** Bytes in memory: of an account with its holder, without history, and of an event of its history. */
const GOAL_BYTES_PER_ACCOUNT = 1_024;
const GOAL_BYTES_PER_EVENT = 32;
const PROGRESS_BLOCKS = 512;
/** Differences from the reference that are listed; their number is always given. */
const DIFFERENCES_LISTED = 5;

export interface LoopOptions extends StreamOptions {
  /** Blocks between two flushes. */
  readonly flushEvery: number;
  /** Institutions stream and wait so long for late rows; 0: they send files, and nothing waits. */
  readonly latenessMs: number;
  readonly inMemory: boolean;
  /** The figures count as those of a measured stream, and must lie in its ranges. */
  readonly isMeasured: boolean;
  /** Rows a CPU second to reach, in order and over the whole stream; undefined where nobody promised any. */
  readonly goals?: { readonly inOrder: number; readonly whole: number } | undefined;
}

export interface LoopRules {
  /** What the stream's histories are planted by. */
  readonly shipped: Knowledge;
  /** What is measured. */
  readonly measured: Knowledge;
}

/** Runs the stream through a detector of `factory` and gives its figures under `name`. */
export async function measureDetector(
  name: string,
  factory: DetectorFactory,
  options: LoopOptions,
  { shipped, measured: knowledge }: LoopRules,
  progress: (text: string) => void,
): Promise<BenchmarkResult[]> {
  const dictionary = dictionaryOf(options.seed);
  const stream = new MeasuredStream(options, shipped, dictionary);
  const firstPlanted = dictionary.interner.size;
  const plantedRows = (options.rows * stream.options.plantedMilli) / 1_000;
  const sample = new SubjectSample({ rows: options.rows, plantedRows, firstPlanted, seed: options.seed });
  const detector = factory({
    knowledge,
    dictionary,
    accounts: stream.population.accounts,
    rows: options.rows,
    inMemory: options.inMemory,
    ...(options.latenessMs === 0
      ? {}
      : { streaming: { institutions: stream.institutions, latenessMs: options.latenessMs } }),
  });

  const blockNs: number[] = [];
  const watch = watchCollections();
  let feedNs = 0;
  /** Late and corrected rows: their subjects' histories are brought in order again. */
  let repairNs = 0;
  let flushNs = 0;
  const flush = (): void => {
    const start = cpuNs();
    detector.repair?.();
    const repaired = cpuNs();
    detector.flush();
    const end = cpuNs();
    watch.measured();
    repairNs += repaired - start;
    flushNs += end - repaired;
  };
  let blocks = 0;
  for (const block of stream.blocks()) {
    watch.begin();
    const wall = wallNs();
    const start = cpuNs();
    detector.feed(block);
    feedNs += cpuNs() - start;
    blockNs.push(wallNs() - wall);
    blocks++;
    if (blocks % options.flushEvery === 0) flush();
    else watch.measured();
    sample.take(block);
    if (blocks % PROGRESS_BLOCKS === 0) {
      progress(`${name}: ${stream.tally.rows} rows, ${Math.round(feedNs / stream.tally.rows)} ns a row`);
    }
  }
  watch.begin();
  const drained = cpuNs();
  detector.drain?.();
  feedNs += cpuNs() - drained;
  flush();
  const collections = await watch.stop();

  const { tally } = stream;
  const counts = detector.counts();
  const answer = answerOf(detector.signals(), () => true);
  const { expected, found } = sample.compare(detector.signals(), knowledge, dictionary);
  const differences = differencesOf(expected.lines, found.lines);
  const faults = differences.length === 0 ? [] : differences;
  const rules = knowledge.ruleSet.rules.filter((rule) => rule.input === 'events').length;
  if (options.isMeasured) {
    faults.push(...streamFaults(stream, answer.signals, counts.survivors));
    // Variants of rules ask for more than what is planted: the shipped ones must be there.
    faults.push(...sampleFaults(sample, expected, shipped));
  }
  const inOrder = tally.rows - tally.lateRows;
  const inOrderNs = feedNs + flushNs;
  const totalNs = inOrderNs + repairNs;
  const per = (bytes: number | undefined, count: number): number | undefined =>
    bytes === undefined ? undefined : round(bytes / count, 1);
  const stateBytesPerAccount = per(counts.stateBytes, stream.population.accounts);
  const historyBytesPerEvent = per(counts.historyBytes, tally.accountEvents);
  const shared = {
    seed: options.seed,
    resultHash: answer.hash,
    faults,
  };
  const beside = {
    blockP50Us: round(quantile(blockNs, 500) / 1e3, 1),
    blockP99Us: round(quantile(blockNs, 990) / 1e3, 1),
    blockP999Us: round(quantile(blockNs, 999) / 1e3, 1),
    blocks,
    gcShare: round((collections.ms * 1e6) / totalNs, 4),
    gcLongestMs: round(collections.longestMs, 2),
    survivorPercent: round((100 * counts.survivors) / tally.rows, 3),
    ...defined({ stateBytesPerAccount, historyBytesPerEvent }),
    rules,
  };
  const goal = (value: number | undefined): Pick<BenchmarkResult, 'goal'> =>
    value === undefined ? {} : { goal: { value, better: 'more' } };
  const memory = (what: string, bytes: number | undefined, unit: string, most: number): BenchmarkResult[] =>
    bytes === undefined
      ? []
      : [
          {
            ...shared,
            name: `${name}/${what}`,
            value: bytes,
            unit,
            ...(options.isMeasured ? { goal: { value: most, better: 'less' } } : {}),
            details: { days: streamProperties(stream)['days'] as number },
          },
        ];
  return [
    {
      ...shared,
      ...goal(options.goals?.inOrder),
      name: `${name}/in-order`,
      value: Math.round((inOrder * 1e9) / inOrderNs),
      unit: 'tx/s',
      details: {
        nsPerTx: round(inOrderNs / inOrder, 1),
        feedNsPerTx: round(feedNs / inOrder, 1),
        ...beside,
      },
    },
    {
      ...shared,
      ...goal(options.goals?.whole),
      name: `${name}/whole`,
      value: Math.round((tally.rows * 1e9) / totalNs),
      unit: 'tx/s',
      details: {
        nsPerTx: round(totalNs / tally.rows, 1),
        flushShare: round(flushNs / totalNs, 4),
        repairShare: round(repairNs / totalNs, 4),
        ...beside,
        signals: answer.signals,
        ...Object.fromEntries([...answer.byRule].sort().map(([rule, count]) => [`signals ${rule}`, count])),
        sampleRows: sample.rows,
        sampleSignals: expected.signals,
        sampleDifferences: differences.length === 0 ? 0 : differenceCount(expected.lines, found.lines),
        dictionaryMib: round(dictionary.interner.stats.bytes / MIB, 1),
        peakRssMib: round(peakRssMib(), 0),
        ...counts.details,
        ...streamProperties(stream),
      },
    },
    ...memory('account-memory', stateBytesPerAccount, 'bytes/account', GOAL_BYTES_PER_ACCOUNT),
    ...memory('history-memory', historyBytesPerEvent, 'bytes/event', GOAL_BYTES_PER_EVENT),
  ];
}

const defined = (values: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

function differenceCount(expected: readonly string[], found: readonly string[]): number {
  const there = new Set(found);
  const wanted = new Set(expected);
  return (
    expected.filter((line) => !there.has(line)).length + found.filter((line) => !wanted.has(line)).length
  );
}

function differencesOf(expected: readonly string[], found: readonly string[]): string[] {
  const there = new Set(found);
  const wanted = new Set(expected);
  const missing = expected.filter((line) => !there.has(line)).map((line) => `missing: ${line}`);
  const extra = found.filter((line) => !wanted.has(line)).map((line) => `too many: ${line}`);
  return [...missing.slice(0, DIFFERENCES_LISTED), ...extra.slice(0, DIFFERENCES_LISTED)];
}
