/**
 * Detection in worker threads (`services/threads`).
 *
 * `workers`: blocks of the measured stream through one worker and through two, alternating, wall time from the first
 * block to the last report. What would make the figure wrong: somebody else on the machine (wall time is the point here, and two
 * workers need two idle cores: `cpuShare` says how much of a core one worker got, and `busiestThreadRatio` compares the CPU
 * time of the busiest threads, which others cannot take away); rules compiled, code not yet optimised, or memory
 * not yet touched while the clock runs; other signals than one thread gives (compared).
 *
 * `hop`: what a row costs on its way to another thread, as numbers through a ring and as objects posted, by the CPU time of
 * both sides. What would make it wrong: a receiver that does not look at what it got (sums are compared).
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { SubjectSignals } from '../pipelines/detect/detection.ts';
import { FactDictionary } from '../pipelines/facts/dictionary.ts';
import { OwnedKeys } from '../pipelines/partition/owned-keys.ts';
import type { FactBatch } from '../schemas/facts.ts';
import { threadFile } from '../services/threads/detect-pool.ts';
import { PoolDetection } from '../services/threads/pool-detection.ts';
import { allocateRing, RingWriter } from '../services/threads/ring.ts';
import { openHotDetector } from '../services/workspace/hot-detection.ts';
import { loadKnowledge } from '../services/workspace/knowledge.ts';
import { answerOf } from './detect/subject.ts';
import { type Benchmark, type BenchmarkResult, type RunContext, sizeOf } from './harness/benchmark.ts';
import { cpuNs, median, round, wallNs } from './harness/measure.ts';
import { encodedBlock } from './stream/encoded-block.ts';
import { MeasuredStream } from './stream/stream.ts';

const HASH_SEED: readonly [number, number] = [0x1234567, 0x89abcde];
/** Records are made room for at once; few accounts are the only ones of their holder, or named otherwise. */
const SUBJECTS_PER_ACCOUNT = 1.4;
/** Below so many rows, optimising the generated code takes longer than the run. */
const WARM_ROWS = 50_000;

const WORKERS = [1, 2] as const;
const WORKERS_GOAL = 1.5;
const HOP_GOAL = 40;

/** Partitions, of two, that own a subject of each row; summed over the rows. */
function neededCopies({ rows, columns, members }: FactBatch, owners: readonly OwnedKeys[]): number {
  const { account, party } = columns;
  let copies = 0;
  let member = 0;
  for (let row = 0; row < rows; row++) {
    const keys = [account[2 * row], account[2 * row + 1], party[2 * row], party[2 * row + 1]] as number[];
    for (; member < members.count && members.row[member] === row; member++)
      keys.push(members.key[member] as number);
    copies += owners.filter((owner) => keys.some((key) => key >= 0 && owner.has(key))).length;
  }
  return copies;
}

/** CPU nanoseconds of each thread of this process so far; empty where the system does not say. */
function threadNs(): Map<string, number> {
  try {
    return new Map(
      readdirSync('/proc/self/task').map((task) => [
        task,
        Number(readFileSync(`/proc/self/task/${task}/schedstat`, 'utf8').split(' ')[0]),
      ]),
    );
  } catch {
    return new Map();
  }
}

function busiestNs(before: ReadonlyMap<string, number>): number {
  return Math.max(0, ...[...threadNs()].map(([task, ns]) => ns - (before.get(task) ?? 0)));
}

class Standing {
  readonly #bySubject = new Map<string, SubjectSignals['signals']>();

  take(reports: readonly SubjectSignals[]): void {
    for (const { subjectKey, signals } of reports) this.#bySubject.set(subjectKey, signals);
  }

  hash(): { readonly hash: string; readonly signals: number } {
    const all = [...this.#bySubject].flatMap(([subjectKey, signals]) =>
      signals.map(({ rule, versions }) => ({ subjectKey, rule: rule.id, versions })),
    );
    return answerOf(all, () => true);
  }
}

interface Round {
  readonly wallNs: number;
  readonly cpuNs: number;
  readonly busiestNs: number;
  readonly hash: string;
}

async function workers(context: RunContext): Promise<BenchmarkResult[]> {
  const [accounts, rows, seed, flushEvery, rounds] = (
    ['accounts', 'rows', 'seed', 'flush', 'rounds'] as const
  ).map((option) => sizeOf(context, option)) as [number, number, number, number, number];
  const knowledge = await loadKnowledge({ cases: true });
  const dictionary = new FactDictionary([seed, 1]);
  const options = { accounts, rows, seed, plantedMilli: sizeOf(context, 'planted') };
  const stream = new MeasuredStream(options, knowledge, dictionary);
  const owners = [0, 1].map((index) => new OwnedKeys({ index, count: 2 }, dictionary));
  const blocks: Uint8Array[] = [];
  let needed = 0;
  for (const block of stream.blocks()) {
    needed += neededCopies(block.batch, owners);
    blocks.push(encodedBlock(block, dictionary, blocks.length).bytes);
  }
  context.progress(`threads: ${blocks.length} blocks`);

  const room = { subjects: Math.ceil(accounts * SUBJECTS_PER_ACCOUNT), rows };
  const here = openHotDetector({ knowledge, seed: HASH_SEED, state: undefined, ...room });
  const expected = new Standing();
  blocks.forEach((block, i) => {
    here.admit(block);
    if ((i + 1) % flushEvery === 0) expected.take(here.evaluate());
  });
  expected.take(here.evaluate());
  const answer = expected.hash();

  const through = async (count: number): Promise<Round> => {
    const pool = await PoolDetection.start({
      workers: count,
      knowledge,
      seed: HASH_SEED,
      warmUp: rows >= WARM_ROWS,
      ...room,
    });
    try {
      const standing = new Standing();
      const before = threadNs();
      const [wall, cpu] = [wallNs(), cpuNs()];
      for (const [i, block] of blocks.entries()) {
        await pool.admit(block);
        if ((i + 1) % flushEvery === 0) standing.take(await pool.evaluate());
      }
      standing.take(await pool.evaluate());
      const measured = { wallNs: wallNs() - wall, cpuNs: cpuNs() - cpu, busiestNs: busiestNs(before) };
      return { ...measured, hash: standing.hash().hash };
    } finally {
      await pool.close();
    }
  };
  const measured: Record<(typeof WORKERS)[number], Round[]> = { 1: [], 2: [] };
  for (let i = 0; i < rounds; i++) {
    for (const count of WORKERS) measured[count].push(await through(count));
  }
  const of = (count: 1 | 2, what: Exclude<keyof Round, 'hash'>) =>
    median(measured[count].map((one) => one[what]));
  const faults = WORKERS.filter((count) => measured[count].some(({ hash }) => hash !== answer.hash)).map(
    (count) => `${count} workers give other signals than one thread`,
  );
  const busiest = of(2, 'busiestNs');
  return [
    {
      name: 'threads/workers',
      value: round(of(1, 'wallNs') / of(2, 'wallNs'), 3),
      unit: 'x',
      seed,
      resultHash: answer.hash,
      goal: { value: WORKERS_GOAL, better: 'more' },
      details: {
        oneWorkerTxPerS: Math.round((rows * 1e9) / of(1, 'wallNs')),
        twoWorkersTxPerS: Math.round((rows * 1e9) / of(2, 'wallNs')),
        cpuShare: round(of(1, 'busiestNs') / of(1, 'wallNs'), 3),
        ...(busiest === 0 ? {} : { busiestThreadRatio: round(of(1, 'busiestNs') / busiest, 3) }),
        cpuRatio: round(of(2, 'cpuNs') / of(1, 'cpuNs'), 3),
        copiesPerRow: 2,
        neededCopiesPerRow: round(needed / rows, 3),
        blocks: blocks.length,
        signals: answer.signals,
      },
      faults,
    },
  ];
}

const NUMBERS = 8;
const FIELDS = 20;
const BATCH_ROWS = 1_000;
/** Batches of objects on their way at most, and bytes of a ring that holds as many. */
const WINDOW = 16;
const HOP_RING_BYTES = WINDOW * BATCH_ROWS * NUMBERS * 8;

/** Adds up whatever it gets, by either way, until the ring is closed or it is told to end. */
const receiver = (ringUrl: string) => `
  const { parentPort, workerData } = require('node:worker_threads');
  let sum = 0;
  if (workerData === null) {
    parentPort.on('message', (batch) => {
      if (batch === null) { parentPort.postMessage({ sum }); parentPort.close(); return; }
      for (const row of batch) for (let i = 0; i < ${NUMBERS}; i++) sum += row['field' + i];
      parentPort.postMessage(null);
    });
    parentPort.postMessage(null);
  } else import(${JSON.stringify(ringUrl)}).then(({ RingReader }) => {
    const ring = new RingReader(workerData);
    parentPort.postMessage(null);
    for (let record = ring.read(); record !== null; record = ring.read()) {
      const numbers = new Float64Array(record.bytes.buffer);
      for (let i = 0; i < numbers.length; i++) sum += numbers[i];
    }
    parentPort.postMessage({ sum });
  });`;

interface Hop {
  readonly cpuNs: number;
  readonly wallNs: number;
  readonly sum: number;
}

/** Runs `send` against a receiver; the clock runs from its readiness to its sum. */
async function hop(
  ring: SharedArrayBuffer | null,
  send: (worker: Worker, acknowledged: () => Promise<void>) => Promise<void>,
): Promise<Hop> {
  const worker = new Worker(receiver(threadFile('ring').href), { eval: true, workerData: ring });
  let acknowledgements = 0;
  let wake = () => {};
  let sum: number | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    worker.on('message', (message: { sum: number } | null) => {
      if (message === null) acknowledgements++;
      else sum = message.sum;
      wake();
    });
  });
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  await until(() => acknowledgements === 1);
  let sent = 0;
  const [cpu, wall] = [cpuNs(), wallNs()];
  await send(worker, () => {
    sent++;
    // The first one said that the receiver is ready.
    return until(() => sent - (acknowledgements - 1) < WINDOW);
  });
  await until(() => sum !== undefined);
  const measured = { cpuNs: cpuNs() - cpu, wallNs: wallNs() - wall };
  await ended;
  return { ...measured, sum: sum as number };
}

async function hops(context: RunContext): Promise<BenchmarkResult[]> {
  const [batches, rounds, seed] = (['batches', 'rounds', 'seed'] as const).map((option) =>
    sizeOf(context, option),
  ) as [number, number, number];
  const value = (row: number, field: number) => ((row * 31 + field * 7 + seed) % 1_000) + 0.5;
  const numbers = new Float64Array(BATCH_ROWS * NUMBERS);
  for (let i = 0; i < numbers.length; i++) numbers[i] = value(Math.floor(i / NUMBERS), i % NUMBERS);
  const bytes = new Uint8Array(numbers.buffer);
  const objects = Array.from({ length: BATCH_ROWS }, (_, row) =>
    Object.fromEntries(
      Array.from({ length: FIELDS }, (_, field) => [
        `field${field}`,
        field < NUMBERS ? value(row, field) : `text ${row} ${field}`,
      ]),
    ),
  );
  // Objects cost so much more that a tenth of the batches says as much.
  const posted = Math.max(1, Math.ceil(batches / 10));
  const rings: Hop[] = [];
  const posts: Hop[] = [];
  for (let i = 0; i < rounds; i++) {
    const ring = allocateRing(HOP_RING_BYTES);
    rings.push(
      await hop(ring, async () => {
        const writer = new RingWriter(ring);
        for (let batch = 0; batch < batches; batch++) await writer.write(0, bytes);
        writer.close();
      }),
    );
    posts.push(
      await hop(null, async (worker, acknowledged) => {
        for (let batch = 0; batch < posted; batch++) {
          worker.postMessage(objects);
          await acknowledged();
        }
        worker.postMessage(null);
      }),
    );
  }
  const perRow = (of: readonly Hop[], what: 'cpuNs' | 'wallNs', count: number) =>
    median(of.map((one) => one[what])) / (count * BATCH_ROWS);
  const total = numbers.reduce((sum, one) => sum + one, 0);
  const isRight =
    rings.every(({ sum }) => sum === total * batches) && posts.every(({ sum }) => sum === total * posted);
  return [
    {
      name: 'threads/hop',
      value: round(perRow(posts, 'cpuNs', posted) / perRow(rings, 'cpuNs', batches), 1),
      unit: 'x',
      seed,
      resultHash: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
      goal: { value: HOP_GOAL, better: 'more' },
      details: {
        ringCpuNsPerRow: round(perRow(rings, 'cpuNs', batches), 1),
        ringWallNsPerRow: round(perRow(rings, 'wallNs', batches), 1),
        objectCpuNsPerRow: round(perRow(posts, 'cpuNs', posted), 1),
        objectWallNsPerRow: round(perRow(posts, 'wallNs', posted), 1),
      },
      faults: isRight ? [] : ['the receiver got something else than was sent'],
    },
  ];
}

export const threads: Benchmark = {
  name: 'threads',
  what: 'log blocks through two workers beside one; a row through a ring beside a posted object',
  cases: ['workers', 'hop'],
  options: {
    accounts: { default: 17_000, smoke: 300, what: 'accounts' },
    rows: { default: 300_000, smoke: 4_500, what: 'rows of the stream' },
    flush: { default: 16, smoke: 1, what: 'blocks between two flushes' },
    planted: { default: 25, smoke: 300, what: 'thousandths of the rows that belong to planted histories' },
    batches: { default: 2_000, smoke: 10, what: 'batches of 1,000 rows over the ring' },
    rounds: { default: 3, smoke: 1, what: 'rounds; the median counts' },
    seed: { default: 1, smoke: 1, what: 'seed' },
  },
  nodeFlags: () => ['--max-old-space-size=8192'],
  run: (context) => (context.case === 'hop' ? hops(context) : workers(context)),
};
