/**
 * kill -9 between every two writes of a run: after the same files are run again, what stands equals what an
 * uninterrupted run leaves. The process and its store are killed together. What a kill leaves is what the files of the
 * data folder hold at that moment; so behind every write the folder is copied while both processes are stopped, and each
 * copy is run to its end. Behind one write of every kind the processes are killed indeed.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../support/project.ts';
import { ndjson, smallParties, smallRows } from '../../support/small-world.ts';
import { type Bench, openBench, runInto, type Standing } from '../../support/workspace.ts';

/** Small blocks and groups, so that a few hundred rows make several groups of several blocks. */
const LIMITS = { blockRows: 70, groupRecords: 3 };
const SEED = 11;
const AT_ONCE = 2;
/** Its rows wait for one another; an empty block between two files lets them go. */
const STREAM = { institution: 'bank-a', timeMs: Date.UTC(2026, 1, 4) };
/** A process that ends within seconds spends a third of its time optimising code for later. */
const QUICK = ['--no-opt'];

let bench: Bench | undefined;
let expected: Standing;
let writes: string[];
/** The data folder as it was behind each write, by the number of the write. */
let images: string;
let rerun: {
  readonly rulesDir: string;
  readonly files: readonly string[];
  readonly parties: readonly string[];
};

/** The names of the writes that the process did before it ended or was killed. */
async function child(
  dataDir: string,
  killAfter: number,
  imagesDir?: string,
): Promise<{ writes: string[]; signal: string | null; code: number | null }> {
  const request = JSON.stringify({
    dataDir,
    ...rerun,
    limits: LIMITS,
    killAfter,
    imagesDir,
    stream: STREAM,
  });
  const script = join(ROOT, 'test/support/crash-run.mjs');
  const process_ = spawn(process.execPath, [...QUICK, script, request], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  process_.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  return new Promise((resolve, reject) => {
    process_.on('error', reject);
    process_.on('close', (code, signal) => resolve({ writes: out.split('\n').slice(0, -1), signal, code }));
  });
}

/** The same files again, to the end, in this process. */
const finish = (dataDir: string) => runInto({ dataDir, knowledge: { rulesDir: rerun.rulesDir }, ...rerun });

beforeAll(async () => {
  const folder = await openBench();
  if (folder === undefined) return;
  const { rulesDir } = folder;
  const rows = smallRows(SEED, 220, 60);
  // Rows, then a party file between two files of rows: each kind of record lies in a group with others.
  const half = Math.floor(rows.length / 2);
  rerun = {
    rulesDir,
    files: [
      folder.file('first.ndjson', ndjson(rows.slice(0, half))),
      folder.file('second.ndjson', `${ndjson(rows.slice(half))}{"institution":"bank-a"}\n`),
    ],
    parties: [folder.file('parties.ndjson', ndjson(smallParties()))],
  };
  const dataDir = folder.dataDir('uninterrupted');
  images = join(dirname(dataDir), 'images');
  const whole = await child(dataDir, 0, images);
  expect(whole.code).toBe(0);
  writes = whole.writes;
  expected = (await finish(dataDir)).standing;
  bench = folder;
});

afterAll(() => bench?.cleanUp());

test('the uninterrupted run does every kind of write, in several groups', (context) => {
  if (bench === undefined) return context.skip();
  const count = (name: string) => writes.filter((write) => write === name).length;
  expect(count('block_markers')).toBeGreaterThanOrEqual(3);
  expect(count('log:transactions')).toBeGreaterThan(count('block_markers'));
  for (const name of [
    'vault',
    'log:reference',
    'log:watermark',
    'signals',
    'alert_versions',
    'alerts',
    'transactions',
    'rejects',
  ])
    expect(count(name), name).toBeGreaterThan(0);
  expect(expected.signals.length).toBeGreaterThan(5);
  expect(expected.alerts.length).toBeGreaterThan(0);
});

/** What is to be done, two at a time: each waits for its store half of the time. */
async function forEach(points: readonly number[], work: (n: number) => Promise<void>): Promise<void> {
  const queue = [...points];
  const worker = async () => {
    for (let n = queue.shift(); n !== undefined; n = queue.shift()) await work(n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

test('as it is after any write, run again, the same stands', async (context) => {
  if (bench === undefined) return context.skip();
  const points = writes.map((_, index) => index + 1);
  console.info(
    `seed ${SEED}, ${writes.length} writes, stopped after: ${points.map((n) => `${n} ${writes[n - 1]}`).join(', ')}`,
  );
  const written = new Map<number, number>();
  await forEach(points, async (n) => {
    const folder = join(images, String(n));
    const output = await finish(folder);
    expect(output.standing, `stopped behind write ${n}, ${writes[n - 1]}`).toEqual(expected);
    written.set(n, output.written.transactions);
    rmSync(folder, { recursive: true });
  });
  // From each copy as much is written as it lacks.
  expect(written.get(1)).toBeGreaterThanOrEqual(expected.transactions.length);
  expect(written.get(writes.length)).toBe(0);
}, 480_000);

test('killed after a write of any kind and run again, the same stands', async (context) => {
  if (bench === undefined) return context.skip();
  const { dataDir } = bench;
  // The last of its kind: most is there to be recovered.
  const points = [...new Set(writes)].map((name) => writes.lastIndexOf(name) + 1);
  await forEach(points, async (n) => {
    const folder = dataDir(`crash-${n}`);
    const killed = await child(folder, n);
    expect(killed, `killed after write ${n}`).toMatchObject({
      signal: 'SIGKILL',
      writes: writes.slice(0, n),
    });
    const { standing } = await finish(folder);
    expect(standing, `after a crash behind write ${n}, ${writes[n - 1]}`).toEqual(expected);
  });
}, 480_000);

test('killed at the first write of a new folder, the same stands', async (context) => {
  if (bench === undefined) return context.skip();
  const folder = join(dirname(bench.secretFile), '..', 'fresh');
  mkdirSync(folder, { mode: 0o700 });
  copyFileSync(bench.secretFile, join(folder, 'secret'));
  expect(await child(folder, 1)).toMatchObject({ signal: 'SIGKILL', writes: ['engine_state'] });
  expect((await finish(folder)).standing).toEqual(expected);
});

test('killed again and again while it recovers, the same stands', async (context) => {
  if (bench === undefined) return context.skip();
  const folder = bench.dataDir('crash-again');
  const firstMarker = writes.indexOf('block_markers');
  expect((await child(folder, firstMarker)).signal).toBe('SIGKILL');
  for (const killAfter of [1, 2, 3, 4]) expect((await child(folder, killAfter)).signal).toBe('SIGKILL');
  const { standing } = await finish(folder);
  expect(standing).toEqual(expected);
});
