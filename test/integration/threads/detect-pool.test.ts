import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDetector } from '../../../pipelines/detect/detector.ts';
import { ruleVersionKey } from '../../../rules/compiler/index.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { WORKERS_MAX } from '../../../services/threads/limits.ts';
import { PoolDetection, type PoolDetectionOptions } from '../../../services/threads/pool-detection.ts';
import { type Knowledge, loadKnowledge, readKnowledgeFiles } from '../../../services/workspace/knowledge.ts';
import { WHOLE } from '../../support/stream-comparison.ts';
import { standingOf } from '../../support/stream-player.ts';
import {
  differences,
  evaluateBy,
  evaluateHere,
  type Flush,
  HASH_SEED,
  measuredSteps,
  randomSteps,
  type Step,
  smallSetOf,
  standingAfter,
} from './evaluation.ts';

let knowledge: Knowledge;
let small: Knowledge;
const pools: PoolDetection[] = [];

/** Threads of this process that are alive, in the order in which they were started. */
const threads: Worker[] = [];
const note = (thread: Worker) => {
  threads.push(thread);
  thread.once('exit', () => threads.splice(threads.indexOf(thread), 1));
};

beforeAll(async () => {
  process.on('worker', note);
  knowledge = await loadKnowledge({ cases: true });
  small = smallSetOf(await readKnowledgeFiles());
});

afterAll(() => {
  process.off('worker', note);
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  expect(threads).toEqual([]);
});

async function start(options: Partial<PoolDetectionOptions> & { workers: number }): Promise<PoolDetection> {
  const pool = await PoolDetection.start({ knowledge: small, seed: HASH_SEED, ...options });
  pools.push(pool);
  return pool;
}

/** A few hundred kilobytes of blocks; made once. */
let made: (Step & { kind: 'block' })[] | undefined;
const someBlocks = () => {
  made ??= measuredSteps(knowledge, 300, 4_500).filter(isBlock);
  return made;
};

const isBlock = (step: Step): step is Step & { kind: 'block' } => step.kind === 'block';

describe('signals of one, two and eight workers', () => {
  let random: ReturnType<typeof randomSteps>;
  let steps: Step[];
  let expected: Flush[];

  beforeAll(async () => {
    random = randomSteps(52);
    // The measured stream and random ones, in one: other accounts, other institutions.
    steps = [...random.steps, ...measuredSteps(knowledge, 300, 4_500)];
    expected = await evaluateHere(knowledge, steps);
  });

  test.each([1, 2, 8])('%i workers say at every flush what one thread says', async (workers) => {
    const found = await evaluateBy(await start({ workers, knowledge }), steps);
    expect(differences(found, expected)).toEqual([]);
    // Both parts say something.
    const part = found.slice(0, random.steps.filter(({ kind }) => kind === 'flush').length);
    expect(standingAfter(part).size).toBeGreaterThan(40);
    expect(standingAfter(found).size).toBeGreaterThan(standingAfter(part).size + 20);
    const keys = found.map(({ reports }) => reports.map(({ subjectKey }) => subjectKey));
    expect(keys).toEqual(keys.map((each) => [...new Set(each)].sort()));
  });

  test('one thread says what the reference evaluator says', () => {
    const reference = standingOf({ name: 'reference', create: createDetector }, WHOLE, random.ops);
    const flushes = random.steps.filter(({ kind }) => kind === 'flush').length;
    const standing = standingAfter(expected.slice(0, flushes));
    const ruleIds = new Map(knowledge.ruleSet.rules.map((rule) => [ruleVersionKey(rule), rule.id]));
    expect([...standing.keys()].sort()).toEqual([...reference.keys()].sort());
    for (const [key, told] of reference) {
      const versions = (standing.get(key) ?? []).flatMap(({ ruleKey, versions: all }) =>
        all.map(({ evaluation: _, ...version }) => ({ rule: ruleIds.get(ruleKey), version })),
      );
      expect(versions, key).toEqual(told.map(({ rule, version }) => ({ rule, version })));
    }
  });
});

describe('a pool', () => {
  test('gives the same with rings far smaller than a block', async () => {
    // Planted histories are those of the one rule of the small set: it has to find some among so few rows.
    const steps = measuredSteps(small, 100, 1_500);
    const found = await evaluateBy(await start({ workers: 2, ringBytes: 16_384 }), steps);
    expect(steps.filter(isBlock).every(({ bytes }) => bytes.length > 16_384)).toBe(true);
    expect(differences(found, await evaluateHere(small, steps))).toEqual([]);
    expect(standingAfter(found).size).toBeGreaterThan(0);
  });

  test('holds back who brings more than its workers read', async () => {
    const [block] = someBlocks();
    const pool = await start({ workers: 1, ringBytes: 65_536 });
    // What a worker has read and not yet taken in is one record; the ring holds less than another.
    let admitted = 0;
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
    }, 1);
    for (; admitted < 6; admitted++) await pool.admit(block!.bytes);
    expect(turns).toBeGreaterThan(6);
    clearInterval(timer);
    expect(await pool.evaluate()).not.toEqual([]);
  });

  test('refuses a second call while one is under way', async () => {
    const pool = await start({ workers: 1 });
    const evaluating = pool.evaluate();
    await expect(pool.evaluate()).rejects.toThrow('under way');
    await expect(evaluating).resolves.toEqual([]);
  });

  test.each([0, WORKERS_MAX + 1, 1.5])('of %d workers is refused', async (workers) => {
    await expect(start({ workers })).rejects.toThrow(RangeError);
  });

  test('whose rules do not compile says where, and leaves no thread behind', async () => {
    const { files } = knowledge;
    const path = Object.keys(files.texts).find((name) => name.includes('SEX-07')) as string;
    const texts = { ...files.texts, [path]: `${files.texts[path]}\nnonsense: 1\n` };
    const broken = { ...knowledge, files: { ...files, texts } };
    const error = await start({ workers: 2, knowledge: broken }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RastroError);
    expect((error as RastroError).code).toBe('RAS-RULES-REFUSED');
    expect((error as RastroError).message).toContain('SEX-07');
  });
});

describe('a pool whose worker', () => {
  /** Ends a thread wherever it is; the pool is told of its exit and of nothing else. */
  const kill = (index: number) => threads[index]!.terminate();

  test('is killed says so at the next call, and at every one after it', async () => {
    const pool = await start({ workers: 2 });
    await kill(1);
    for (const call of [() => pool.evaluate(), () => pool.admit(new Uint8Array(8)), () => pool.evaluate()]) {
      await expect(call()).rejects.toMatchObject({ code: 'RAS-ENGINE-WORKER-LOST', params: { worker: 2 } });
    }
  });

  test('is killed while its ring is full does not leave the writer hanging', async () => {
    const blocks = someBlocks();
    const pool = await start({ workers: 2, ringBytes: 4_096 });
    const admitting = (async () => {
      for (;;) for (const { bytes } of blocks) await pool.admit(bytes);
    })();
    const failed = expect(admitting).rejects.toMatchObject({ code: 'RAS-ENGINE-WORKER-LOST' });
    await kill(0);
    await failed;
  });

  test('is killed while it flushes does not leave the caller hanging', async () => {
    const pool = await start({ workers: 2 });
    for (const { bytes } of someBlocks()) await pool.admit(bytes);
    const evaluating = expect(pool.evaluate()).rejects.toMatchObject({ code: 'RAS-ENGINE-WORKER-LOST' });
    await kill(0);
    await evaluating;
  });

  test('gets a block of which only workers see that it is none names the fault of the block', async () => {
    const pool = await start({ workers: 2 });
    const [block] = someBlocks();
    const torn = Uint8Array.from(block!.bytes);
    // Columns that rules read, and rows are not told apart by; what ends the stream stays.
    torn.fill(255, Math.floor(torn.length * 0.9), torn.length - 8);
    await pool.admit(torn);
    const error = await pool.evaluate().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RastroError);
    expect((error as RastroError).code).toMatch(/^RAS-ENGINE-(BLOCK-CORRUPT|WORKER-LOST)$/);
  });

  test('is given a block that is none at all refuses it at once', async () => {
    const pool = await start({ workers: 2 });
    const [block] = someBlocks();
    const torn = Uint8Array.from(block!.bytes);
    torn.fill(255, torn.length >> 1);
    await expect(pool.admit(torn)).rejects.toMatchObject({ code: 'RAS-ENGINE-BLOCK-CORRUPT' });
  });
});

describe('closing a pool', () => {
  test('with records waiting ends, and what is called afterwards is refused', async () => {
    const blocks = someBlocks();
    const pool = await start({ workers: 2 });
    for (const { bytes } of blocks) await pool.admit(bytes);
    await pool.close();
    await expect(pool.admit(new Uint8Array(8))).rejects.toThrow('closed');
    await expect(pool.evaluate()).rejects.toThrow('closed');
  });

  test('ends a call that is under way', async () => {
    const [block] = someBlocks();
    const pool = await start({ workers: 1, ringBytes: 64 });
    const admitting = expect(pool.admit(block!.bytes)).rejects.toThrow();
    await pool.close();
    await admitting;
  });

  test('twice is closing it once', async () => {
    const pool = await start({ workers: 2 });
    await Promise.all([pool.close(), pool.close()]);
    await pool.close();
  });
});
