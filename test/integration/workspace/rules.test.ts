/**
 * Rules that change while a data folder lives: sets are records of its log, in force from an event time on, the same after
 * every restart, and after a kill behind any write.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileLog, readFileLog } from '../../../services/log/file/file-log.ts';
import { compileKnowledge, readKnowledgeFiles } from '../../../services/workspace/knowledge.ts';
import { encodeRules } from '../../../services/workspace/rule-record.ts';
import { openWorkspace } from '../../../services/workspace/workspace.ts';
import { rastro } from '../../support/cli.ts';
import { ROOT } from '../../support/project.ts';
import { ndjson, shuffled, smallParties, smallRows, writeSmallRules } from '../../support/small-world.ts';
import {
  type Bench,
  knowledgeOf,
  openBench,
  runInto,
  type Standing,
  standingOf,
} from '../../support/workspace.ts';

const DAY = 86_400_000;
const FROM = Date.UTC(2026, 1, 4);
const LIMITS = { blockRows: 70, groupRecords: 3 };

let bench: Bench | undefined;
let changedDir: string;
let brokenDir: string;
let files: { readonly files: readonly string[]; readonly parties: readonly string[] };
/** Base rules up to FROM, changed ones after it, over all rows. */
let expected: Standing;
let underBase: Standing;
/** The data folder after all rows under the base rules; what a test changes is a copy. */
let based: string;

/** The data folder after `activate` between two runs, as the command does it. */
async function activate(dataDir: string, from = FROM, dir = changedDir): Promise<Standing> {
  const knowledge = compileKnowledge(await readKnowledgeFiles({ rulesDir: dir }), { activeFrom: from });
  const workspace = await openWorkspace({ dataDir, knowledge: await knowledgeOf(), keepRules: 'any' });
  try {
    await workspace.appendRules(knowledge);
    await workspace.writeGroup({ signals: 0, alerts: 0, transactions: 0 });
    return await standingOf(workspace.store);
  } finally {
    await workspace.close();
  }
}

async function reopened(dataDir: string): Promise<Standing> {
  const workspace = await openWorkspace({ dataDir, knowledge: await knowledgeOf(), keepRules: 'any' });
  try {
    return await standingOf(workspace.store);
  } finally {
    await workspace.close();
  }
}

async function records(dataDir: string): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { kind } of readFileLog(join(dataDir, 'log'))) kinds.push(kind);
  return kinds;
}

const run = (dataDir: string, rulesDir: string, given: Partial<typeof files> = files) =>
  runInto({ dataDir, knowledge: { rulesDir }, limits: LIMITS, ...given });

beforeAll(async () => {
  const folder = await openBench();
  if (folder === undefined) return;
  const changed = (text: string, file: string) => {
    if (file === 'handed.yaml') return text.replace('n >= 2', 'n >= 3');
    return file === 'control.yaml' ? text.replace('mediumMilli: 2000', 'mediumMilli: 2300') : text;
  };
  changedDir = writeSmallRules(folder.file('x', '').replace(/x$/, 'changed'), [], changed);
  brokenDir = writeSmallRules(folder.file('x', '').replace(/x$/, 'broken'), [], (text, file) =>
    file === 'handed.yaml' ? text.replace('when: n >= 2', 'when: n >= nothing') : text,
  );
  const rows = smallRows(11, 300, 60);
  const half = Math.floor(rows.length / 2);
  files = {
    files: [
      folder.file('first.ndjson', ndjson(rows.slice(0, half))),
      folder.file('second.ndjson', ndjson(rows.slice(half))),
    ],
    parties: [folder.file('parties.ndjson', ndjson(smallParties()))],
  };
  based = folder.dataDir('based');
  underBase = (await run(based, folder.rulesDir)).standing;
  expected = await activate(folder.dataDir('expected', based));
  bench = folder;
}, 120_000);

afterAll(() => bench?.cleanUp());

const ruleOf = (row: Record<string, unknown>) => row['rule'];
const plain = ({ signals, alerts }: Standing) => ({ signals, alerts });

test('a change of sets changes something, and leaves alone what it does not concern', (context) => {
  if (bench === undefined) return context.skip();
  expect(expected.signals).not.toEqual(underBase.signals);
  expect(expected.alerts).not.toEqual(underBase.alerts);
  const ids = (standing: Standing, rule: string) =>
    standing.signals.filter((row) => ruleOf(row) === rule).map(({ id, version }) => [id, version]);
  for (const rule of ['SEX-07', 'AML-01', 'SMU-05'])
    expect(ids(expected, rule), rule).toEqual(ids(underBase, rule));
});

test('opened again, the same stands: the log holds the sets, the folder they came from is not asked', async (context) => {
  if (bench === undefined) return context.skip();
  const dataDir = bench.dataDir('reopened', based);
  await activate(dataDir);
  expect(await reopened(dataDir)).toEqual(expected);
  // The set given is the newest recorded: its time stays.
  expect(plain((await run(dataDir, changedDir, { files: [], parties: [] })).standing)).toEqual(
    plain(expected),
  );
});

test('the set first and the rows later, shuffled, end as the rows first and the set later', async (context) => {
  if (bench === undefined) return context.skip();
  const dataDir = bench.dataDir('set-first');
  await activate(dataDir);
  const rows = shuffled(smallRows(11, 300, 60), 3);
  const file = bench.file('shuffled.ndjson', ndjson(rows));
  const { standing } = await run(dataDir, changedDir, { files: [file], parties: files.parties });
  expect(plain(standing)).toEqual(plain(expected));
});

test('a run with other rules puts these in the place of all sets', async (context) => {
  if (bench === undefined) return context.skip();
  const dataDir = bench.dataDir('replaced', based);
  await activate(dataDir);
  const { standing } = await run(dataDir, bench.rulesDir, { files: [], parties: [] });
  expect(plain(standing)).toEqual(plain(underBase));
});

test('recorded rules that do not compile any more stop the folder, until others take their place', async (context) => {
  if (bench === undefined) return context.skip();
  const dataDir = bench.dataDir('refused');
  const log = await openFileLog(join(dataDir, 'log'), 'transactions');
  const broken = await readKnowledgeFiles({ rulesDir: brokenDir });
  await log.append('rules', encodeRules({ activeFrom: FROM, files: broken }));
  await log.close();
  await expect(reopened(dataDir)).rejects.toMatchObject({ code: 'RAS-RULES-REFUSED' });
  expect(plain((await run(dataDir, bench.rulesDir)).standing)).toEqual(plain(underBase));
});

test('rastro rules activate and history say what they did, and refuse what does not compile', async (context) => {
  if (bench === undefined) return context.skip();
  const dataDir = bench.dataDir('command', based);
  const before = await records(dataDir);
  const command = (...args: string[]) => rastro(['rules', ...args, '--data-dir', dataDir]);

  const refused = await command('activate', brokenDir, '--from', '2026-02-04');
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.err).toMatch(/broken\/catalogue\/handed\.yaml:\d+:\d+ RAS-RULES-/);
  expect((await command('activate', changedDir, '--from', '2026-02-30')).code).toBe(2);
  const dry = await command('activate', changedDir, '--from', '2026-02-04', '--dry-run', '--json');
  expect(await records(dataDir)).toEqual(before);
  expect(plain(await reopened(dataDir))).toEqual(plain(underBase));

  const real = await command('activate', changedDir, '--from', '2026-02-04', '--json');
  const [planned, done] = [JSON.parse(dry.out), JSON.parse(real.out)];
  expect(done).toEqual({ ...planned, dryRun: false, offset: before.length });
  expect(done).toMatchObject({
    activeFrom: '2026-02-04T00:00:00.000Z',
    known: false,
    difference: {
      rules: { added: [], changed: ['SEX-08'], removed: [] },
      composites: { added: [], changed: ['K-CONTROL'], removed: [] },
    },
    signals: { before: underBase.signals.length, after: expected.signals.length },
    alerts: { before: underBase.alerts.length, after: expected.alerts.length },
  });
  expect(done.signals.written).toBeGreaterThan(0);
  expect(await reopened(dataDir)).toEqual(expected);

  const again = await command('activate', changedDir, '--from', '2026-02-04', '--json');
  expect(JSON.parse(again.out)).toMatchObject({ known: true, offset: null, signals: { written: 0 } });
  expect(await records(dataDir)).toEqual([...before, 'rules']);

  const history = await command('history', '--json');
  expect(JSON.parse(history.out)).toMatchObject([
    { offset: 0, inForce: { from: null, until: '2026-02-04T00:00:00.000Z' } },
    {
      offset: before.length,
      sha256: done.sha256,
      inForce: { from: '2026-02-04T00:00:00.000Z', until: null },
      difference: { rules: { changed: ['SEX-08'] } },
    },
  ]);
  const rerun = await rastro(['run', ...files.files, '--data-dir', dataDir, '--json']);
  expect([rerun.code, rerun.err]).toEqual([0, expect.stringContaining('rastro rules history')]);
  expect(await records(dataDir)).toEqual([...before, 'rules']);
  expect(await reopened(dataDir)).toEqual(expected);

  const text = await command('history');
  expect([text.code, text.out]).toEqual([0, expect.stringContaining('rules changed: SEX-08')]);
}, 120_000);

/**
 * Rows, a set in force from their middle on, rows: in the built code, killed behind a write, or copied as it is behind each
 * (`crash.test.ts` says why that is the same).
 */
async function child(
  dataDir: string,
  killAfter: number,
  imagesDir?: string,
): Promise<{ writes: string[]; signal: string | null }> {
  const request = JSON.stringify({
    dataDir,
    rulesDir: bench?.rulesDir,
    ...files,
    limits: LIMITS,
    killAfter,
    imagesDir,
    activate: { rulesDir: changedDir, activeFrom: FROM, afterFiles: 1 },
  });
  const started = spawn(process.execPath, ['--no-opt', join(ROOT, 'test/support/crash-run.mjs'), request], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  return new Promise((resolve, reject) => {
    started.on('error', reject);
    started.on('close', (_code, signal) => resolve({ writes: out.split('\n').slice(0, -1), signal }));
  });
}

test('killed around the record of a set and run on, the same stands', async (context) => {
  if (bench === undefined) return context.skip();
  const whole = bench.dataDir('whole');
  const images = join(dirname(whole), 'images');
  const { writes, signal } = await child(whole, 0, images);
  expect(signal).toBeNull();
  expect(plain(await reopened(whole))).toEqual(plain(expected));
  const recorded = writes.indexOf('log:rules') + 1;
  expect(recorded).toBeGreaterThan(1);
  const marked = recorded + writes.slice(recorded).indexOf('block_markers') + 1;
  expect(marked).toBeGreaterThan(recorded + 1);
  for (let n = recorded - 1; n <= marked; n++) {
    const dataDir = n === recorded ? bench.dataDir('killed') : join(images, String(n));
    if (n === recorded) expect((await child(dataDir, n)).signal).toBe('SIGKILL');
    // What was killed before its record has not been activated.
    if (n < recorded) await activate(dataDir);
    const { standing } = await run(dataDir, changedDir);
    expect(plain(standing), `killed after write ${n}, ${writes[n - 1]}`).toEqual(plain(expected));
  }
}, 240_000);

test('events before the change stand as they did', async (context) => {
  if (bench === undefined) return context.skip();
  const dataDir = bench.dataDir('future', based);
  expect(plain(await activate(dataDir, FROM + 1_000 * DAY))).toEqual(plain(underBase));
});
