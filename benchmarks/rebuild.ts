/**
 * The state of a partition from its checkpoint, in a new process, after the one that wrote it was killed in the middle of its
 * work. The time of taking in the same facts again stands beside it: reading and decoding the log would come on top of that.
 *
 * What would make the figure wrong: a state without history or signals (both are counted), one that is not the one that was
 * (what stands, and the image of what was loaded, are compared), or a process that still had something of it: `--kill 0` alone
 * works in one. The files are in the system's cache, as they are when a process is started again on its machine.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HotDetector } from '../pipelines/detect/hot/hot-detector.ts';
import { CHECKPOINT_FORMAT } from '../pipelines/recovery/checkpoint.ts';
import { CheckpointOut } from '../pipelines/recovery/checkpoint-image.ts';
import { finished } from '../rules/compiler/index.ts';
import { Checkpoints } from '../services/state/checkpoints.ts';
import { openSavedDetection, type SavedDetection } from '../services/workspace/hot-detection.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { answerOf, type SubjectSignals } from './detect/subject.ts';
import { type Benchmark, type BenchmarkOption, type BenchmarkResult, sizeOf } from './harness/benchmark.ts';
import { cpuNs, peakRssMib, round, wallNs } from './harness/measure.ts';
import { CASE_FLAG } from './harness/measure-process.ts';
import { DAY_MS } from './stream/options.ts';
import { type Knowledge, MeasuredStream, type StreamBlock } from './stream/stream.ts';

const MIB = 1_048_576;
const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;
/** From here on a run counts as a measurement. */
const MEASURED_FROM_ROWS = 1_000_000;
const GOAL_S = 30;
const GOAL_ACCOUNTS = 1_000_000;
const HASH_SEED: readonly [number, number] = [0x1234567, 0x89abcde];
const SUBJECTS_PER_ACCOUNT = 1.4;
const STATE = { hotRowsMs: 30 * DAY_MS, idleMs: 90 * DAY_MS };
/** Blocks that are taken in behind the checkpoint: the process is killed with them. */
const BLOCKS_BEHIND = 1;
/** The case of the process that is killed; not among those that are listed. */
const WRITE = 'write';

const OPTIONS = {
  accounts: { default: 100_000, smoke: 300, what: 'accounts' },
  rows: { default: 1_700_000, smoke: 4_500, what: 'rows of the stream' },
  planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
  flush: { default: 64, smoke: 1, what: 'blocks between two flushes' },
  kill: { default: 1, smoke: 0, what: '0 to write and to read in one process' },
  seed: { default: 1, smoke: 1, what: 'seed' },
} satisfies Readonly<Record<string, BenchmarkOption>>;

interface Course {
  readonly folder: string;
  readonly accounts: number;
  readonly rows: number;
  readonly plantedMilli: number;
  readonly flushEvery: number;
  readonly seed: number;
}

/** What the first process found. */
interface Written {
  readonly takeInS: number;
  readonly takeInCpuS: number;
  readonly pauseMs: number;
  readonly pauseCpuMs: number;
  readonly longestStepMs: number;
  readonly syncMs: number;
  readonly imageBytes: number;
  readonly imageHash: string;
  readonly coldBytes: number;
  readonly answer: { readonly hash: string; readonly signals: number };
  readonly events: number;
  readonly coldRows: number;
  readonly idleSubjects: number;
}

const IDENTITY = {
  format: CHECKPOINT_FORMAT,
  log: 'measured',
  partition: 0,
  partitions: 1,
  rules: 'shipped',
  keyId: 'none',
};

function* standing(detector: HotDetector): Iterable<SubjectSignals> {
  for (const { subjectKey, signals } of detector.standing())
    for (const { rule, versions } of signals) yield { subjectKey, rule: rule.id, versions };
}

function imageHash(detector: HotDetector): string {
  const hash = createHash('sha256');
  finished(detector.save(new CheckpointOut({ write: (bytes) => hash.update(bytes) })));
  return hash.digest('hex').slice(0, 32);
}

function feed({ detector }: SavedDetection, { batch, reversed }: StreamBlock): void {
  detector.admitFacts(batch, (place) => ({ ...reversed.get(place)!, amountMinor: null }));
}

/** Builds the state, writes its checkpoint, and goes on. */
async function write(
  course: Course,
  knowledge: Knowledge,
  progress: (text: string) => void,
): Promise<Written> {
  const { folder, accounts, rows, plantedMilli, flushEvery, seed } = course;
  const saved = openSavedDetection({
    knowledge,
    seed: HASH_SEED,
    state: { folder: join(folder, 'first'), ...STATE },
    subjects: Math.ceil(accounts * SUBJECTS_PER_ACCOUNT),
    rows,
  });
  const { detector, cold } = saved;
  // The blocks behind the checkpoint are the last ones.
  const stream = new MeasuredStream({ accounts, rows, seed, plantedMilli }, knowledge, detector.dictionary);
  const blocks = stream.blocks();
  let ns = 0;
  let cpu = 0;
  for (let count = 1; ; count++) {
    const block = blocks.next().value as StreamBlock;
    const start = wallNs();
    const startCpu = cpuNs();
    feed(saved, block);
    const isLast = stream.tally.rows + BLOCKS_BEHIND * block.batch.rows >= rows;
    if (isLast || count % flushEvery === 0) detector.evaluate();
    ns += wallNs() - start;
    cpu += cpuNs() - startCpu;
    if (count % 512 === 0) progress(`rebuild: ${stream.tally.rows} of ${rows} rows`);
    if (isLast) break;
  }
  const answer = answerOf(standing(detector), () => true);
  const { events } = detector.core.bytes;
  const hash = imageHash(detector);
  const { steps, finish } = new Checkpoints(join(folder, 'checkpoints')).begin({
    identity: IDENTITY,
    offset: 1,
    save: (out) => detector.save(out),
    cold,
  });
  let longest = 0;
  const start = wallNs();
  const startCpu = cpuNs();
  for (let before = start; ; ) {
    const { done } = steps.next();
    const now = wallNs();
    longest = Math.max(longest, now - before);
    before = now;
    if (done === true) break;
  }
  const pause = wallNs() - start;
  const pauseCpu = cpuNs() - startCpu;
  const { imageBytes } = await finish();
  const sync = wallNs() - start - pause;
  const written: Written = {
    takeInS: ns / NS_PER_S,
    takeInCpuS: cpu / NS_PER_S,
    pauseMs: pause / NS_PER_MS,
    pauseCpuMs: pauseCpu / NS_PER_MS,
    longestStepMs: longest / NS_PER_MS,
    syncMs: sync / NS_PER_MS,
    imageBytes,
    imageHash: hash,
    coldBytes: cold.rows.bytes + cold.subjects.bytes,
    answer: { hash: answer.hash, signals: answer.signals },
    events,
    coldRows: detector.store.coldRows,
    idleSubjects: detector.core.idleSubjects,
  };
  for (const block of blocks) feed(saved, block);
  return written;
}

const figuresAt = (folder: string): string => join(folder, 'figures.json');

/** As `write`, in a process that is killed behind it. */
async function writeAndDie(course: Course): Promise<Written> {
  const call = [CASE_FLAG, rebuild.name, WRITE, JSON.stringify({ ...course, folder: 0 })];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...call], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, [FOLDER]: course.folder },
  });
  const signal = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_code, by) => resolve(by));
  });
  if (signal !== 'SIGKILL') throw new Error(`the process that writes ended by ${signal}`);
  return JSON.parse(readFileSync(figuresAt(course.folder), 'utf8')) as Written;
}

/** Names the folder to the process that is killed: options are numbers. */
const FOLDER = 'RASTRO_BENCH_REBUILD';

export const rebuild: Benchmark = {
  name: 'rebuild',
  what: 'state of a partition from its checkpoint after kill -9; bytes, and the pause of writing it',
  options: OPTIONS,
  nodeFlags: () => ['--max-old-space-size=8192'],
  async run(context): Promise<BenchmarkResult[]> {
    const size = (option: string): number => sizeOf(context, option);
    const { ruleSet, evaluation } = await loadKnowledge({ cases: true });
    const knowledge = { ruleSet, evaluation };
    if (context.case === WRITE) {
      const course = { ...(context.sizes as unknown as Course), folder: process.env[FOLDER] as string };
      const written = await write(course, knowledge, context.progress);
      writeFileSync(figuresAt(course.folder), JSON.stringify(written));
      process.kill(process.pid, 'SIGKILL');
    }
    const course: Course = {
      folder: mkdtempSync(join(tmpdir(), 'rastro-rebuild-')),
      accounts: size('accounts'),
      rows: size('rows'),
      plantedMilli: size('planted'),
      flushEvery: size('flush'),
      seed: size('seed'),
    };
    try {
      const isKilled = size('kill') === 1;
      const written = isKilled ? await writeAndDie(course) : await write(course, knowledge, context.progress);
      const start = wallNs();
      const startCpu = cpuNs();
      const { found } = new Checkpoints(join(course.folder, 'checkpoints')).restore({
        identity: IDENTITY,
        objection: () => undefined,
        load: (from) => {
          const state = { folder: join(course.folder, 'second'), ...STATE };
          const saved = openSavedDetection({ knowledge, seed: HASH_SEED, state, from });
          from.image.end();
          return saved;
        },
      });
      const loadS = (wallNs() - start) / NS_PER_S;
      const loadCpuS = (cpuNs() - startCpu) / NS_PER_S;
      if (found === undefined) throw new Error('no checkpoint to go on from');
      const { detector } = found.state;
      const answer = answerOf(standing(detector), () => true);
      const faults: string[] = [];
      if (answer.hash !== written.answer.hash) faults.push('what stands is something else');
      if (imageHash(detector) !== written.imageHash) faults.push('the state is another one');
      const isSmall = course.rows < MEASURED_FROM_ROWS;
      if (answer.signals === 0 || (written.coldRows === 0 && !isSmall)) faults.push('nothing to compare');
      const { accounts } = course;
      const shared = { seed: course.seed, resultHash: answer.hash };
      const details = {
        accounts,
        rows: course.rows,
        events: written.events,
        eventsPerAccount: round(written.events / accounts, 1),
        killed: isKilled,
        signals: answer.signals,
        coldRows: written.coldRows,
        idleSubjects: written.idleSubjects,
      };
      const result: BenchmarkResult[] = [
        {
          ...shared,
          name: 'rebuild/load',
          value: round(loadS, 2),
          unit: 's',
          ...(accounts >= GOAL_ACCOUNTS ? { goal: { value: GOAL_S, better: 'less' as const } } : {}),
          details: {
            ...details,
            cpuS: round(loadCpuS, 2),
            takeInAgainS: round(written.takeInS, 1),
            takeInAgainCpuS: round(written.takeInCpuS, 1),
            peakRssMib: round(peakRssMib(), 0),
          },
          faults,
        },
        {
          ...shared,
          name: 'rebuild/pause',
          value: round((written.pauseCpuMs * 100_000) / accounts, 1),
          unit: 'ms of CPU per 100,000 accounts',
          details: {
            ...details,
            pauseMs: round(written.pauseMs, 1),
            pauseCpuMs: round(written.pauseCpuMs, 1),
            longestStepMs: round(written.longestStepMs, 2),
            syncMs: round(written.syncMs, 0),
          },
        },
        {
          ...shared,
          name: 'rebuild/bytes',
          value: round(written.imageBytes / accounts, 0),
          unit: 'bytes an account',
          details: {
            ...details,
            imageMib: round(written.imageBytes / MIB, 1),
            coldMib: round(written.coldBytes / MIB, 1),
          },
        },
      ];
      return result;
    } finally {
      rmSync(course.folder, { recursive: true, force: true });
    }
  },
};
