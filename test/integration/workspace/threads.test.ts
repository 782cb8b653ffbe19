/**
 * A run in several threads: the same stands whatever their number, and a thread that is lost costs the run, never a row.
 */
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulate } from '../../../pipelines/simulate/simulate.ts';
import type { TransactionInput } from '../../../schemas/transaction.ts';
import { loadMapping } from '../../../services/feeds/mappings.ts';
import { emptyReport } from '../../../services/workspace/feed-report.ts';
import {
  compileKnowledge,
  type Knowledge,
  readKnowledgeFiles,
} from '../../../services/workspace/knowledge.ts';
import { encodeReference } from '../../../services/workspace/reference-record.ts';
import { FeedReader } from '../../../services/workspace/run-feed.ts';
import { openWorkspace } from '../../../services/workspace/workspace.ts';
import { rastro } from '../../support/cli.ts';
import { firstReleaseFiles } from '../../support/first-release.ts';
import { ndjson, smallParties, smallRows, writeSmallRules } from '../../support/small-world.ts';
import {
  type Bench,
  knowledgeOf,
  openBench,
  runInto,
  type Standing,
  standingOf,
} from '../../support/workspace.ts';

const DAY = 86_400_000;
/** Small ones, so that rows leave memory, subjects fall idle, and a run has many groups. */
const LIMITS = { blockRows: 200, groupRecords: 8, hotRowsMs: 5 * DAY, idleMs: 10 * DAY };
/** Of the rows that were sent, one in so many is sent again as something else. */
const CORRECTED_EVERY = 40;

let bench: Bench | undefined;

beforeAll(async () => {
  bench = await openBench();
});

afterAll(() => bench?.cleanUp());

interface World {
  readonly first: string;
  readonly parties: string;
  readonly second: string;
  readonly corrections: string;
  readonly rules: Knowledge;
  readonly changed: Knowledge;
  /** Institutions whose rows wait for one another. */
  readonly streams: readonly string[];
}

/** Half of a feed, its parties, the other half, other rules from the middle on; then rows amended and withdrawn. */
async function readWorld(dataDir: string, world: World, threads: number): Promise<Standing[]> {
  const workspace = await openWorkspace({
    dataDir,
    knowledge: world.rules,
    limits: LIMITS,
    threads,
  });
  try {
    const counts = { signals: 0, alerts: 0, transactions: 0 };
    const mapping = await loadMapping('canonical');
    const reader = new FeedReader({ workspace, mapping, counts, report: emptyReport() });
    const standing: Standing[] = [];
    const note = async () => {
      await workspace.writeGroup(counts);
      standing.push(await standingOf(workspace.store));
    };
    const cadence = { kind: 'stream', latenessMs: 3_600_000, silenceMs: 86_400_000 } as const;
    const declarations = world.streams.map((institution) => ({ institution, fromMs: 0, cadence }));
    await workspace.appendReference(encodeReference({ declarations }));
    await reader.transactions(world.first);
    await workspace.appendWatermark(workspace.state.rows.highestTime - DAY, null);
    await workspace.appendWatermark(workspace.state.rows.highestTime, world.streams[0]!);
    await reader.parties(world.parties, await loadMapping('canonical-parties'));
    await note();
    await reader.transactions(world.second);
    await note();
    await workspace.appendRules(world.changed);
    await note();
    await reader.transactions(world.corrections);
    await note();
    return standing;
  } finally {
    await workspace.close();
  }
}

test('what stands is the same with one, two and three threads, step by step', async (context) => {
  if (bench === undefined) return context.skip();
  const simulation = simulate({ seed: 5, transactions: 5_000, days: 60 });
  const rows = [...simulation.transactions];
  const half = rows.length >> 1;
  const corrections = rows.flatMap((row, i): TransactionInput[] => {
    if (i % CORRECTED_EVERY === 0) return [{ ...row, version: 2, op: 'withdraw' }];
    if (i % CORRECTED_EVERY !== CORRECTED_EVERY >> 1) return [];
    const amount = (2 * Number(row.settled.amount)).toFixed(2);
    return [{ ...row, version: 2, settled: { ...row.settled, amount } }];
  });
  const files = firstReleaseFiles(await readKnowledgeFiles());
  const path = 'catalogue/sexual-exploitation/SEX-07-price-grid-receipts.yaml';
  const text = (files.texts[path] as string).replace('min_payers: {value: 15,', 'min_payers: {value: 9,');
  expect(text).not.toBe(files.texts[path]);
  const world: World = {
    first: bench.file('first.ndjson', ndjson(rows.slice(0, half))),
    parties: bench.file('parties.ndjson', ndjson([...simulation.parties])),
    second: bench.file('second.ndjson', ndjson(rows.slice(half))),
    streams: [...new Set(rows.map(({ institution }) => institution))].sort().slice(0, 2),
    corrections: bench.file('corrections.ndjson', ndjson(corrections)),
    rules: compileKnowledge(files),
    changed: compileKnowledge(
      { ...files, texts: { ...files.texts, [path]: text } },
      { activeFrom: Date.UTC(2025, 9, 1) },
    ),
  };
  const expected = await readWorld(bench.dataDir('threads-1'), world, 1);
  const signals = expected.map((standing) => standing.signals);
  expect(signals.map((each) => each.length > 10)).toEqual([true, true, true, true]);
  for (let i = 1; i < signals.length; i++) expect(signals[i], `step ${i}`).not.toEqual(signals[i - 1]);
  expect(expected.at(-1)?.alerts.length).toBeGreaterThan(0);
  for (const threads of [2, 3])
    expect(await readWorld(bench.dataDir(`threads-${threads}`), world, threads)).toEqual(expected);
}, 900_000);

test('a thread that is lost ends the run; the next one, with any number, holds everything', async (context) => {
  if (bench === undefined) return context.skip();
  const { rulesDir } = bench;
  const rows = smallRows(23, 220, 60);
  const half = rows.length >> 1;
  const files = [rows.slice(0, half), rows.slice(half)].map((part, i) =>
    (bench as Bench).file(`lost-${i}.ndjson`, ndjson(part)),
  );
  const parties = [bench.file('lost-parties.ndjson', ndjson(smallParties()))];
  const limits = { blockRows: 40, groupRecords: 3 };
  const input = { knowledge: { rulesDir }, files, parties, limits };
  const whole = await runInto({ ...input, dataDir: bench.dataDir('lost-whole') });
  expect(whole.standing.signals.length).toBeGreaterThan(5);

  const dataDir = bench.dataDir('lost');
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on('worker', note);
  const knowledge = await knowledgeOf({ rulesDir });
  const workspace = await openWorkspace({ dataDir, knowledge, limits, threads: 3 });
  process.off('worker', note);
  expect(threads.length).toBe(2);
  try {
    const counts = { signals: 0, alerts: 0, transactions: 0 };
    const mapping = await loadMapping('canonical');
    const reader = new FeedReader({ workspace, mapping, counts, report: emptyReport() });
    await reader.transactions(files[0] as string);
    await threads[1]?.terminate();
    await expect(reader.transactions(files[1] as string)).rejects.toMatchObject({
      code: 'RAS-ENGINE-WORKER-LOST',
      params: { worker: 2 },
    });
  } finally {
    await workspace.close();
  }
  const after = await runInto({ ...input, dataDir, threads: 2 });
  expect(after.standing).toEqual(whole.standing);
  expect((await runInto({ ...input, dataDir })).written).toEqual({ signals: 0, alerts: 0, transactions: 0 });
}, 300_000);

test('the command says that a thread is lost and returns 1; run again, it is as if nothing had been', async (context) => {
  if (bench === undefined) return context.skip();
  const file = bench.file('command.ndjson', ndjson(smallRows(11, 200, 60)));
  const rulesDir = writeSmallRules(bench.file('y', '').replace(/y$/, 'command-rules'));
  const run = (dataDir: string, threads: string, env: Readonly<Record<string, string>> = {}) =>
    rastro(['run', file, '--rules', rulesDir, '--threads', threads, '--data-dir', dataDir, '--json'], {
      env,
    });
  const kill = "process.on('worker',(worker)=>worker.once('message',()=>worker.terminate()))";
  const dataDir = bench.dataDir('command');
  const lost = await run(dataDir, '2', { NODE_OPTIONS: `--import data:text/javascript,${encodeURI(kill)}` });
  expect([lost.code, lost.out]).toEqual([1, '']);
  expect(JSON.parse(lost.err)).toMatchObject({ error: { code: 'RAS-ENGINE-WORKER-LOST' } });
  const again = await run(dataDir, '2');
  const alone = await run(bench.dataDir('command-alone'), '1');
  expect([again.code, alone.code]).toEqual([0, 0]);
  const { signals, alerts } = JSON.parse(alone.out) as { signals: number; alerts: number };
  expect(signals).toBeGreaterThan(5);
  expect(JSON.parse(again.out)).toMatchObject({ signals, alerts });
}, 300_000);
