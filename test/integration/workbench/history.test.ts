/**
 * Rules in the shadow and on trial against stores that a run and workers have filled from one simulated feed: what is shown and what
 * is not, old against new, and that history says what the file says, while nothing that is live changes.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RastroError } from '../../../schemas/errors/index.ts';
import { loadMapping } from '../../../services/feeds/mappings.ts';
import { readFileLog } from '../../../services/log/file/file-log.ts';
import { openStore, type Store } from '../../../services/store/client.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { shadowOf } from '../../../services/workbench/shadow.ts';
import { storeHistory } from '../../../services/workbench/store-history.ts';
import { TrialData, type TrialSource } from '../../../services/workbench/trial-data.ts';
import type { Knowledge } from '../../../services/workspace/knowledge.ts';
import { rastro } from '../../support/cli.ts';
import { LoneWorker } from '../../support/lone-worker.ts';
import { memoryBus } from '../../support/memory-bus.ts';
import { ROOT } from '../../support/project.ts';
import { roleConfig } from '../../support/role-process.ts';
import { routedFeed, send } from '../../support/routed-feed.ts';
import {
  type Bench,
  knowledgeOf,
  mergeTables,
  openBench,
  type RunOutput,
  rowCounts,
  runInto,
  standingOf,
} from '../../support/workspace.ts';
import { type Suite, startSuite } from '../embedded/harness.ts';

const TEST_MS = 300_000;
const PARTITIONS = 3;

/** A ring with protected holders and a network of smugglers, and people around them. */
const SIMULATED = ['--transactions', '2500', '--days', '60', '--only', 'S1,S7,B1'];

let bench: Bench | undefined;
let suite: Suite | undefined;
let store: Store;
let knowledge: Knowledge;
let experimental: string[];
let live: Set<string>;
let rulesDir: string;
let dataDir: string;
let feed: TrialSource & { kind: 'feed' };
let run: RunOutput;
let serial = 0;

/** The shipped rules, and a stricter variant of one of them that is only tried out. */
function rulesWithVariant(folder: string): string {
  for (const part of ['catalogue', 'composites'])
    cpSync(join(ROOT, 'rules', part), join(folder, part), { recursive: true });
  const sexual = join(folder, 'catalogue/sexual-exploitation');
  const name = readdirSync(sexual).find(
    (each) => each.startsWith('SEX-08-') && !each.startsWith('SEX-08-ATM'),
  );
  const text = readFileSync(join(sexual, name!), 'utf8');
  const stricter = text
    .replace('id: SEX-08', 'id: SEX-08-NEW')
    .replace('status: live', 'status: experimental')
    .replace('min_cycles: {value: 8,', 'min_cycles: {value: 10,');
  for (const part of ['status: experimental', 'min_cycles: {value: 10,']) expect(stricter).toContain(part);
  writeFileSync(join(sexual, 'SEX-08-NEW-stricter.yaml'), stricter);
  return folder;
}

beforeAll(async () => {
  bench = await openBench();
  suite = await startSuite();
  if (bench === undefined || suite === undefined) return;
  rulesDir = rulesWithVariant(join(bench.dataDir('rules-of'), '..', 'rules-with-variant'));
  const out = join(rulesDir, '..', 'feed');
  const simulated = await rastro(['simulate', ...SIMULATED, '--out', out]);
  expect(simulated.code, simulated.err).toBe(0);
  const files = [join(out, 'transactions.csv')];
  const parties = [join(out, 'parties.ndjson')];
  dataDir = bench.dataDir('live');
  run = await runInto({ dataDir, knowledge: { rulesDir }, files, parties });
  knowledge = await knowledgeOf({ rulesDir });
  const idsOf = (status: string) =>
    knowledge.ruleSet.rules.filter((rule) => rule.status === status).map(({ id }) => id);
  experimental = idsOf('experimental');
  live = new Set(idsOf('live'));
  const [mapping, partiesMapping] = [await loadMapping('canonical'), await loadMapping('canonical-parties')];
  feed = { kind: 'feed', files, bytes: 0, parties, mapping, partiesMapping };

  const { url, key } = suite.server;
  store = openStore({ url, key });
  await migrate(store);
  const bus = memoryBus({ partitions: PARTITIONS });
  await send(bus, (await routedFeed(dataDir, knowledge, PARTITIONS)).records);
  const worker = await LoneWorker.start(bus, store, knowledge, join(rulesDir, '..'));
  await worker.work();
  await worker.kill();
  await mergeTables(store);
}, TEST_MS);
afterAll(async () => {
  await store?.close();
  await suite?.cleanUp();
  bench?.cleanUp();
});

async function onTrial(source: TrialSource) {
  const folder = join(rulesDir, '..', `trial-${serial++}`);
  mkdirSync(folder);
  const data = new TrialData(folder, source, { rows: 1e9, ms: 600_000, bytes: 1e12 });
  try {
    return await data.run(knowledge);
  } finally {
    await data.close();
  }
}

const ids = (items: readonly { readonly id?: unknown }[]) => items.map(({ id }) => String(id)).sort();
/** What a signal or an alert says without its pseudonyms, which are each trial's own. */
const said = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.join(' ')).sort();

/** Hashes of all files of a folder. */
function digest(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
}

const serverConfig = () => {
  const folder = join(rulesDir, '..', 'config');
  mkdirSync(folder, { recursive: true });
  const kafka = { brokers: ['127.0.0.1:1'] } as Parameters<typeof roleConfig>[0]['kafka'];
  return roleConfig({ folder, kafka, store: suite!.server, keysFolder: folder });
};

test(
  'experimental rules fire, and stand apart in the store of a run as in that of workers',
  async ({ skip }) => {
    if (bench === undefined || suite === undefined) return skip();
    const fired = new Set(run.standing.signals.map(({ rule }) => String(rule)));
    const tried = experimental.filter((id) => fired.has(id));
    expect(tried).toContain('SEX-08-NEW');
    expect(tried.length).toBeGreaterThan(1);
    expect([...fired].some((id) => live.has(id))).toBe(true);
    expect(run.standing.alerts.length).toBeGreaterThan(0);
    const standing = await standingOf(store);
    expect(ids(standing.signals)).toEqual(ids(run.standing.signals));
    const distinct = async (view: string) =>
      (await store.queryRows<{ rule: string }>(`SELECT DISTINCT rule FROM ${view} ORDER BY rule`)).map(
        ({ rule }) => rule,
      );
    expect(await distinct('signals_shadow')).toEqual([...tried].sort());
    expect((await distinct('signals_shown')).filter((id) => experimental.includes(id))).toEqual([]);
    // Whatever the name: no column of a table or view but those of signals speaks of a rule that is tried out.
    const views = await store.queryRows<{ name: string }>(
      `SELECT name FROM system.tables WHERE database = currentDatabase()
       AND name NOT IN ('signals', 'signals_current', 'signals_standing', 'signals_shadow')
       AND NOT match(name, '^(log_re|log_ro|vault|schema|.*migration)')`,
    );
    expect(views.length).toBeGreaterThan(10);
    for (const { name } of views) {
      const [row] = await store.queryRows<{ n: string }>(
        `SELECT countIf(arrayExists(id -> position(toString(tuple(*)), concat('''', id, '''')) > 0 OR position(toString(tuple(*)), concat('"', id, '"')) > 0,
           {ids:Array(String)})) AS n FROM ${name}`,
        { ids: tried },
      );
      expect([name, Number(row?.n)]).toEqual([name, 0]);
    }
  },
  TEST_MS,
);

test(
  'no command of an analyst shows them',
  async ({ skip }) => {
    if (bench === undefined || suite === undefined) return skip();
    const config = serverConfig();
    for (const where of [
      ['--data-dir', dataDir],
      ['--config', config],
    ]) {
      const json = async <T>(...args: string[]): Promise<T> => {
        const result = await rastro([...args, ...where, '--json']);
        expect(result.code, result.err).toBe(0);
        for (const id of experimental) expect(result.out).not.toContain(`"${id}"`);
        return JSON.parse(result.out) as T;
      };
      const alerts = await json<{ id: string }[]>('alerts', 'list');
      expect(alerts.length).toBeGreaterThan(0);
      for (const { id } of alerts.slice(0, 2)) await json('alerts', 'show', id);
      const signals = await json<{ rule: string }[]>('signals', 'list', '--limit', '10000');
      expect(signals.length).toBeGreaterThan(0);
      expect(await json('signals', 'list', '--rule', 'SEX-08-NEW')).toEqual([]);
      const hidden = run.standing.signals.find(({ rule }) => rule === 'SEX-08-NEW')!;
      expect(await rastro(['signals', 'show', String(hidden['id']), ...where])).toMatchObject({
        code: 1,
        err: expect.stringContaining('RAS-CLI-NOT-FOUND'),
      });
    }
  },
  TEST_MS,
);

test(
  'the shadow report sets the variant against the live rule, the same from both stores',
  async ({ skip }) => {
    if (bench === undefined || suite === undefined) return skip();
    const report = await shadowOf(store, { experimental, live });
    const variant = report.find(({ rule }) => rule === 'SEX-08-NEW')!;
    const count = (id: string) => run.standing.signals.filter(({ rule }) => rule === id).length;
    expect(variant.signals).toBe(count('SEX-08-NEW'));
    expect(variant.against).toMatchObject({ rule: 'SEX-08', onlyNew: 0 });
    expect(variant.against!.both).toBeGreaterThan(0);
    expect(variant.against!.both + variant.against!.onlyOld).toBe(count('SEX-08'));
    for (const where of [
      ['--data-dir', dataDir],
      ['--config', serverConfig()],
    ]) {
      const found = await rastro(['rules', 'shadow', '--rules', rulesDir, ...where, '--json']);
      expect(found.code, found.err).toBe(0);
      expect(JSON.parse(found.out)).toEqual(JSON.parse(JSON.stringify(report)));
    }
    const text = await rastro(['rules', 'shadow', '--rules', rulesDir, '--config', serverConfig()]);
    expect(text.out).toMatch(/Old against new\n(?:.*\n)+ *SEX-08 +SEX-08-NEW/);
    for (const line of text.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  },
  TEST_MS,
);

test(
  'over the file, the log of the run and the store of workers: one answer; none of them is touched',
  async ({ skip }) => {
    if (bench === undefined || suite === undefined) return skip();
    const before = { files: digest(dataDir), rows: await rowCounts(store) };
    const overFile = await onTrial(feed);
    const overLog = await onTrial({ kind: 'history', records: () => readFileLog(join(dataDir, 'log')) });
    const overStore = await onTrial({ kind: 'history', records: () => storeHistory(store) });
    expect(ids(overLog.signals)).toEqual(ids(run.standing.signals));
    expect(ids(overLog.alerts)).toEqual(ids(run.standing.alerts));
    expect(ids(overStore.signals)).toEqual(ids(run.standing.signals));
    expect(ids(overStore.alerts)).toEqual(ids(run.standing.alerts));
    const ofSignal = said(overFile.signals.map((each) => [each.rule, each.version, each.strengthMilli]));
    expect(ofSignal).toEqual(
      said(run.standing.signals.map((row) => [row['rule'], row['version'], row['strength_milli']])),
    );
    expect(said(overFile.alerts.map((each) => [each.typology, each.scoreMilli]))).toEqual(
      said(run.standing.alerts.map((row) => [row['typology'], row['score_milli']])),
    );
    expect(digest(dataDir)).toEqual(before.files);
    expect(await rowCounts(store)).toEqual(before.rows);
  },
  TEST_MS,
);

test(
  'by command: history of both kinds gives the same figures; a store without its feeds is refused, not read as empty',
  async ({ skip }) => {
    if (bench === undefined || suite === undefined) return skip();
    const backtest = async (...where: string[]) => {
      const result = await rastro(
        ['rules', 'backtest', '--rules', rulesDir, '--no-cost', '--samples', '0', '--json', ...where],
        { isLong: true },
      );
      expect(result.code, result.err).toBe(0);
      const { rows, signals, rules, composites } = JSON.parse(result.out) as Record<string, unknown>;
      return { rows, signals, rules, composites };
    };
    const before = { files: digest(dataDir), rows: await rowCounts(store) };
    const ofRun = await backtest('--from-store', '--data-dir', dataDir);
    expect(ofRun).toMatchObject({ signals: { total: run.standing.signals.length } });
    expect(await backtest('--config', serverConfig())).toEqual(ofRun);
    expect({ files: digest(dataDir), rows: await rowCounts(store) }).toEqual(before);
    // Without a composite there are no alerts to show what was found: the rule's own signals do.
    const only = ['--only', 'SEX-08-NEW', '--from-store', '--data-dir', dataDir];
    const text = await rastro(['rules', 'backtest', '--rules', rulesDir, '--no-cost', ...only]);
    expect(text).toMatchObject({ code: 0, out: expect.stringContaining('no composite is run') });
    expect(text.out).toMatch(
      /SEX-08-NEW 1\.0\.0 on account:acc_\w+,\n.*\n +.*cycles \d+ \(>= 10\)[\s\S]*rows: us-/,
    );
    for (const line of text.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);

    const { url, key } = suite.server;
    await store.command('CREATE DATABASE without_feeds');
    const other = openStore({ url, key, database: 'without_feeds' });
    try {
      await migrate(other);
      await other.command('INSERT INTO without_feeds.transactions SELECT * FROM default.transactions');
      const read = onTrial({ kind: 'history', records: () => storeHistory(other) });
      await expect(read).rejects.toSatisfy(
        (error) => RastroError.is(error) && error.code === 'RAS-RULES-HISTORY-FEED',
      );
    } finally {
      await other.close();
    }
  },
  TEST_MS,
);
