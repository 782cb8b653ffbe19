/**
 * One day of a bank of many customers: all of them are known, a fifth of them act, the state of the others has left memory.
 * A prior pass gives every account a history, spread over more than a year; then the day comes three times, a hundred days
 * apart, in one process: state leaves in between and comes back, so that what grows from day to day is seen.
 *
 * What would make the figure wrong: subjects that never left (the numbers stand beside it), a day whose rows are not in
 * memory, or signals that eviction changed (`--unchecked 0` runs the same rows without eviction and compares).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FactDictionary } from '../pipelines/facts/dictionary.ts';
import { openColdFile } from '../services/state/disk-cold-file.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { type ColdOptions, HotSubject } from './detect/hot.ts';
import { type Answer, answerOf } from './detect/subject.ts';
import { type Benchmark, type BenchmarkOption, type BenchmarkResult, sizeOf } from './harness/benchmark.ts';
import { cpuNs, peakRssMib, round } from './harness/measure.ts';
import { dictionaryOf } from './stream/measured-run.ts';
import { DAY_MS, type StreamPhase } from './stream/options.ts';
import { type Knowledge, MeasuredStream } from './stream/stream.ts';

const MIB = 1_048_576;
const GOAL_MIB = 18 * 1_024;
/** Peak of the last day by that of the first; what the table of row ids takes for good is a part of it. */
const TREND_MAX = 1.05;
const DAYS = 3;
const PRIOR_PHASES = 20;
const PRIOR_PAUSE_DAYS = 20;
const PAUSE_DAYS = 100;
/** Planted rows come in bursts behind each pause, and take the place of others: so many times their share are added. */
const BURST = 5;
/** From here on a day counts as a measurement. */
const MEASURED_FROM_ROWS = 1_000_000;
const WHOLE = 16;

const OPTIONS = {
  accounts: { default: 10_000_000, smoke: 6_400, what: 'accounts that are known' },
  active: { default: 2_000_000, smoke: 1_280, what: 'accounts that act on the day' },
  rows: { default: 20_000_000, smoke: 8_000, what: 'rows of the day' },
  hotDays: { default: 30, smoke: 30, what: 'days of event time for which rows stay in memory' },
  idleDays: {
    default: 90,
    smoke: 90,
    what: 'days without an event after which the state of a subject leaves memory',
  },
  planted: { default: 5, smoke: 50, what: 'thousandths of the rows that belong to planted histories' },
  flush: { default: 64, smoke: 1, what: 'blocks between two flushes' },
  unchecked: {
    default: 1,
    smoke: 0,
    what: '0 to run the same rows without eviction too, and compare the signals',
  },
  seed: { default: 1, smoke: 1, what: 'seed' },
} satisfies Readonly<Record<string, BenchmarkOption>>;

interface Course {
  readonly accounts: number;
  readonly active: number;
  readonly rows: number;
  readonly plantedMilli: number;
  readonly flushEvery: number;
  readonly seed: number;
}

interface DayFigures {
  peakMib: number;
  cpuNs: number;
  rows: number;
  idleBefore: number;
  idleAfter: number;
  /** What holds memory at the day's end, MiB. */
  parts: Readonly<Record<string, number>>;
}

const inWholes = (count: number): number => Math.max(WHOLE * 4, Math.ceil(count / WHOLE) * WHOLE);

function phasesOf({ accounts, active, rows, plantedMilli }: Course): StreamPhase[] {
  const part = inWholes(accounts / PRIOR_PHASES);
  const priorRows = Math.ceil(part * (1 + (BURST * plantedMilli) / 1_000));
  const prior = Array.from({ length: PRIOR_PHASES }, (_, i): StreamPhase => {
    const firstAccount = Math.min(i * part, accounts - part);
    return {
      rows: priorRows,
      days: 1,
      pauseDays: PRIOR_PAUSE_DAYS,
      firstAccount,
      accounts: part,
      inTurn: true,
    };
  });
  const day: StreamPhase = {
    rows,
    days: 1,
    pauseDays: PAUSE_DAYS,
    firstAccount: 0,
    accounts: inWholes(active),
    inTurn: false,
  };
  return [...prior, ...Array.from({ length: DAYS }, () => day)];
}

function partsOf(subject: HotSubject, dictionary: FactDictionary): Record<string, number> {
  const { rss, heapUsed, heapTotal, arrayBuffers } = process.memoryUsage();
  const { recent, forever, cache } = subject.store.memory;
  const { records, histories } = subject.core.bytes;
  const parts = {
    records,
    histories,
    recentRows: recent,
    rowsForever: forever,
    pages: cache,
    rowIds: subject.seenBytes,
    dictionary: dictionary.interner.stats.bytes,
    arrayBuffers,
    heapUsed,
    heapTotal,
    rss,
  };
  return Object.fromEntries(Object.entries(parts).map(([name, bytes]) => [name, round(bytes / MIB, 1)]));
}

interface Run {
  readonly days: readonly DayFigures[];
  readonly priorPeakMib: number;
  readonly answer: Answer;
  readonly details: Readonly<Record<string, number>>;
}

function run(
  course: Course,
  knowledge: Knowledge,
  cold: ColdOptions | undefined,
  progress: (text: string) => void,
): Run {
  const phases = phasesOf(course);
  const total = phases.reduce((sum, phase) => sum + phase.rows, 0);
  const dictionary = dictionaryOf(course.seed);
  const { seed, accounts, plantedMilli } = course;
  const spanDays = phases.reduce((sum, { days, pauseDays }) => sum + days + pauseDays, 0);
  const stream = new MeasuredStream(
    { accounts, rows: total, seed, days: spanDays, plantedMilli, phases },
    knowledge,
    dictionary,
  );
  const subject = new HotSubject(knowledge, dictionary, { accounts: course.active, rows: total }, cold);
  const ends: number[] = [];
  for (const phase of phases) ends.push((ends.at(-1) ?? 0) + phase.rows);
  const priorEnd = ends[PRIOR_PHASES - 1] as number;
  const days: DayFigures[] = [];
  let priorPeakMib = 0;
  let blocks = 0;
  for (const block of stream.blocks()) {
    const before = stream.tally.rows - block.batch.rows;
    const day = before < priorEnd ? -1 : Math.min(DAYS - 1, Math.floor((before - priorEnd) / course.rows));
    if (day >= 0 && days.length === day) {
      const idleBefore = subject.core.idleSubjects;
      const before = days.at(-1);
      if (before !== undefined) before.parts = partsOf(subject, dictionary);
      days.push({ peakMib: 0, cpuNs: 0, rows: 0, idleBefore, idleAfter: 0, parts: {} });
    }
    const start = cpuNs();
    subject.feed(block.batch, (place) => ({ ...block.reversed.get(place)!, amountMinor: null }));
    if (++blocks % course.flushEvery === 0 || stream.tally.rows === total) subject.flush();
    const spent = cpuNs() - start;
    const rssMib = process.memoryUsage.rss() / MIB;
    const figures = days[day];
    if (figures === undefined) priorPeakMib = Math.max(priorPeakMib, rssMib);
    else {
      figures.peakMib = Math.max(figures.peakMib, rssMib);
      figures.cpuNs += spent;
      figures.rows += block.batch.rows;
      figures.idleAfter = subject.core.idleSubjects;
    }
    if (blocks % 512 === 0) {
      progress(
        `day: ${stream.tally.rows} of ${total} rows, ${Math.round(rssMib)} MiB, ${subject.core.idleSubjects} idle`,
      );
    }
  }
  (days.at(-1) as DayFigures).parts = partsOf(subject, dictionary);
  const { candidates, evaluated, rebuilt } = subject.core.counts;
  return {
    days,
    priorPeakMib,
    answer: answerOf(subject.signals(), () => true),
    details: {
      candidates,
      subjectsEvaluated: evaluated,
      subjectsRebuilt: rebuilt,
      coldRows: subject.store.coldRows,
      coldRowsMib: round((cold?.rows.bytes ?? 0) / MIB, 0),
      coldSubjectsMib: round((cold?.subjects.bytes ?? 0) / MIB, 0),
    },
  };
}

export const day: Benchmark = {
  name: 'day',
  what: 'memory over a day of a bank whose other customers have left memory, three times',
  options: OPTIONS,
  nodeFlags: () => ['--max-old-space-size=8192'],
  async run(context): Promise<BenchmarkResult[]> {
    const size = (option: string): number => sizeOf(context, option);
    const { ruleSet, evaluation } = await loadKnowledge({ cases: true });
    const knowledge = { ruleSet, evaluation };
    const course = {
      accounts: inWholes(size('accounts')),
      active: size('active'),
      rows: size('rows'),
      plantedMilli: size('planted'),
      flushEvery: size('flush'),
      seed: size('seed'),
    };
    const folder = mkdtempSync(join(tmpdir(), 'rastro-day-'));
    const cold = {
      rows: openColdFile(folder, 'rows'),
      subjects: openColdFile(folder, 'subjects'),
      hotWindowMs: size('hotDays') * DAY_MS,
      idleMs: size('idleDays') * DAY_MS,
    };
    try {
      const { days, priorPeakMib, answer, details } = run(course, knowledge, cold, context.progress);
      const peak = peakRssMib();
      const [first, last] = [days[0] as DayFigures, days[DAYS - 1] as DayFigures];
      const trend = last.peakMib / first.peakMib;
      const faults: string[] = [];
      if (course.rows >= MEASURED_FROM_ROWS && trend > TREND_MAX)
        faults.push(`the last day takes ${round(trend, 3)} of the memory of the first`);
      if (size('unchecked') === 0) {
        const kept = run(course, knowledge, undefined, context.progress);
        if (kept.answer.hash !== answer.hash) faults.push('without eviction the signals are others');
        if (kept.details['candidates'] !== details['candidates']) {
          faults.push(`${kept.details['candidates']} candidates without eviction`);
        }
        if (answer.signals === 0 || last.idleBefore === 0) faults.push('nothing to compare');
      }
      const shared = { seed: course.seed, resultHash: answer.hash };
      return [
        {
          ...shared,
          name: 'day/peak-rss',
          value: round(peak, 0),
          unit: 'MiB',
          goal: { value: GOAL_MIB, better: 'less' },
          details: {
            accounts: course.accounts,
            rowsPerDay: course.rows,
            priorPeakMib: round(priorPeakMib, 0),
            trend: round(trend, 3),
            ...Object.fromEntries(
              days.flatMap((figures, i) => [
                [`day ${i + 1} peakMib`, round(figures.peakMib, 0)],
                [`day ${i + 1} nsPerTx`, round(figures.cpuNs / figures.rows, 0)],
                [`day ${i + 1} idle before`, figures.idleBefore],
                [`day ${i + 1} idle after`, figures.idleAfter],
                ...Object.entries(figures.parts).map(([part, mib]): [string, number] => [
                  `day ${i + 1} ${part}Mib`,
                  mib,
                ]),
              ]),
            ),
            signals: answer.signals,
            ...details,
          },
          faults,
        },
      ];
    } finally {
      cold.rows.close();
      cold.subjects.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
