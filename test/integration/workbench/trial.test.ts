/** A run on trial says what a run into a data folder says, over files as over history, and leaves nothing behind. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Signal } from '../../../schemas/signal.ts';
import { loadMapping } from '../../../services/feeds/mappings.ts';
import { readFileLog } from '../../../services/log/file/file-log.ts';
import { compareSignals } from '../../../services/workbench/comparison.ts';
import { daysOf, figuresOf } from '../../../services/workbench/figures.ts';
import { firstRecords } from '../../../services/workbench/log-records.ts';
import { onlyOf } from '../../../services/workbench/only.ts';
import { ruleCosts } from '../../../services/workbench/rule-cost.ts';
import { storeHistory } from '../../../services/workbench/store-history.ts';
import type { TrialLimits, TrialOutcome } from '../../../services/workbench/trial.ts';
import { TrialData, type TrialSource } from '../../../services/workbench/trial-data.ts';
import { compileKnowledge, type Knowledge } from '../../../services/workspace/knowledge.ts';
import { openWorkspace } from '../../../services/workspace/workspace.ts';
import { ndjson, smallParties, smallRows, writeSmallRules } from '../../support/small-world.ts';
import { type Bench, knowledgeOf, openBench, type RunOutput, runInto } from '../../support/workspace.ts';

const WIDE: TrialLimits = { rows: 1e9, ms: 600_000, bytes: 1e12 };

let bench: Bench | undefined;
let knowledge: Knowledge;
let dataDir: string;
let feed: TrialSource & { kind: 'feed' };
let live: RunOutput;
let serial = 0;

beforeAll(async () => {
  bench = await openBench();
  if (bench === undefined) return;
  const files = [bench.file('rows.ndjson', ndjson(smallRows(41, 260, 60)))];
  const parties = [bench.file('parties.ndjson', ndjson(smallParties()))];
  dataDir = bench.dataDir('live');
  live = await runInto({ dataDir, knowledge: { rulesDir: bench.rulesDir }, files, parties });
  knowledge = await knowledgeOf({ rulesDir: bench.rulesDir });
  feed = {
    kind: 'feed',
    files,
    bytes: 0,
    parties,
    mapping: await loadMapping('canonical'),
    partiesMapping: await loadMapping('canonical-parties'),
  };
});
afterAll(() => bench?.cleanUp());

async function onTrial<T>(
  source: TrialSource,
  work: (data: TrialData) => Promise<T>,
  limits: Partial<TrialLimits> = {},
): Promise<T> {
  const folder = join(dataDir, '..', `trial-${serial++}`);
  mkdirSync(folder);
  const data = new TrialData(folder, source, { ...WIDE, ...limits });
  try {
    return await work(data);
  } finally {
    await data.close();
  }
}

/** Pseudonyms are the trial's own: what is compared is everything else that identifies a signal or an alert. */
const ofTrial = ({ signals, alerts }: TrialOutcome) => ({
  signals: signals.map(({ rule, version, strengthMilli }) => `${rule} ${version} ${strengthMilli}`).sort(),
  alerts: alerts.map(({ typology, scoreMilli }) => `${typology} ${scoreMilli}`).sort(),
});
const ofFolder = ({ standing }: RunOutput) => ({
  signals: standing.signals.map((row) => `${row['rule']} ${row['version']} ${row['strength_milli']}`).sort(),
  alerts: standing.alerts.map((row) => `${row['typology']} ${row['score_milli']}`).sort(),
});
const ids = (items: readonly { readonly id?: unknown }[]) => items.map(({ id }) => String(id)).sort();

test('over files: the signals and alerts that a data folder gets', async ({ skip }) => {
  if (bench === undefined) return skip();
  await onTrial(feed, async (data) => {
    const first = await data.run(knowledge);
    expect(first.signals.length).toBeGreaterThan(5);
    expect(first.alerts.length).toBeGreaterThan(0);
    expect(ofTrial(first)).toEqual(ofFolder(live));
    expect(first.report).toMatchObject({ accepted: live.report.accepted, rejected: live.report.rejected });
    expect(first).toMatchObject({ rows: live.report.accepted, stopped: null });
    // Again, out of the log of the trial.
    const again = await data.run(knowledge);
    expect(again.report).toBeNull();
    expect(ids(again.signals)).toEqual(ids(first.signals));
    expect(again).toMatchObject({ rows: first.rows, accounts: first.accounts, parties: first.parties });
  });
});

test('over the history of a data folder: the very signals that stand there, and the folder is as it was', async ({
  skip,
}) => {
  if (bench === undefined) return skip();
  const before = readdirSync(join(dataDir, 'log'));
  const source: TrialSource = { kind: 'history', records: () => readFileLog(join(dataDir, 'log')) };
  const found = await onTrial(source, (data) => data.run(knowledge));
  expect(ids(found.signals)).toEqual(ids(live.standing.signals));
  expect(ids(found.alerts)).toEqual(ids(live.standing.alerts));
  expect(readdirSync(join(dataDir, 'log'))).toEqual(before);
});

test('over the rows of a store: the same signals', async ({ skip }) => {
  if (bench === undefined) return skip();
  const reference: string[] = [];
  for await (const { kind, payload } of readFileLog(join(dataDir, 'log')))
    if (kind === 'reference') reference.push(Buffer.from(payload).toString('utf8'));
  const workspace = await openWorkspace({ dataDir, knowledge });
  try {
    const { store } = workspace;
    // A server has the feeds in log_records, a data folder in its log.
    const streamRows = ((sql: string, params: Record<string, unknown>) =>
      sql.includes('log_records')
        ? (async function* () {
            yield reference.map((doc) => ({ doc }));
          })()
        : store.streamRows(sql, params)) as typeof store.streamRows;
    const source: TrialSource = { kind: 'history', records: () => storeHistory({ streamRows }) };
    const found = await onTrial(source, (data) => data.run(knowledge));
    expect(ids(found.signals)).toEqual(ids(live.standing.signals));
  } finally {
    await workspace.close();
  }
});

test('limits end it early, and it says which', async ({ skip }) => {
  if (bench === undefined) return skip();
  const rows = await onTrial(feed, (data) => data.run(knowledge), { rows: 100 });
  expect(rows).toMatchObject({ stopped: 'rows', rows: 100 });
  expect(rows.signals.length).toBeLessThan(live.standing.signals.length);
  for (const [limits, stopped] of [
    [{ ms: 0 }, 'seconds'],
    [{ bytes: 1 }, 'memory'],
  ] as const)
    expect(await onTrial(feed, (data) => data.run(knowledge), limits)).toMatchObject({ stopped });
});

test('part of the rules says what it says among all', async ({ skip }) => {
  if (bench === undefined) return skip();
  const [rule] = knowledge.ruleSet.rules.filter(({ input }) => input === 'events');
  const part = onlyOf(knowledge, [rule!.id], bench.rulesDir);
  expect(part.ruleSet.rules.map(({ id }) => id)).toEqual([rule!.id]);
  await onTrial(feed, async (data) => {
    const all = await data.run(knowledge);
    const some = await data.run(part);
    const of = (signals: readonly Signal[]) => ids(signals.filter((signal) => signal.rule === rule!.id));
    expect(ids(some.signals)).toEqual(of(all.signals));
    expect(of(all.signals).length).toBeGreaterThan(0);
    expect(some.alerts).toEqual([]);
  });
  expect(() => onlyOf(knowledge, ['NO-99'], '')).toThrow(
    expect.objectContaining({ code: 'RAS-CLI-UNKNOWN-NAME' }),
  );
});

test('figures add up, and every measured rule has a cost', async ({ skip }) => {
  if (bench === undefined) return skip();
  await onTrial(feed, async (data) => {
    const outcome = await data.run(knowledge);
    const figures = figuresOf(knowledge, outcome, 2);
    expect(figures.days).toBe(daysOf(outcome));
    expect(figures.rules.reduce((sum, { total }) => sum + total, 0)).toBe(outcome.signals.length);
    expect(figures.composites.reduce((sum, { total }) => sum + total, 0)).toBe(outcome.alerts.length);
    expect(figures.alerts.perDay).toBeCloseTo(outcome.alerts.length / figures.days);
    expect(figures.alerts.perThousandAccounts).toBeCloseTo((1000 * outcome.alerts.length) / outcome.accounts);
    for (const { samples, total, subjects, overlaps } of figures.rules) {
      expect(samples.length).toBe(Math.min(2, total));
      for (const { shared } of overlaps) expect(shared).toBeLessThanOrEqual(subjects);
    }
    const records = await firstRecords(data.log!, 50);
    const costs = await ruleCosts(knowledge, records, Number.POSITIVE_INFINITY);
    const measured = knowledge.ruleSet.rules.filter(({ input }) => input === 'events').map(({ id }) => id);
    expect(costs.map(({ rule }) => rule)).toEqual(measured);
    for (const { ns } of costs) expect(ns).toBeGreaterThanOrEqual(0);
    expect(await ruleCosts(knowledge, records, 0)).toEqual([]);
  });
  expect(existsSync(dataDir)).toBe(true);
});

test('two sets over one feed: what changed is on one side, what did not on both', async ({ skip }) => {
  if (bench === undefined) return skip();
  const stricter = await knowledgeOf({
    rulesDir: writeSmallRules(join(dataDir, '..', 'stricter'), [], (text, file) =>
      file === 'payers.yaml' ? text.replace('{value: 3,', '{value: 5,') : text,
    ),
  });
  await onTrial(feed, async (data) => {
    const [old, now] = [await data.run(knowledge), await data.run(stricter)];
    const changes = compareSignals(old.signals, now.signals);
    const payers = changes.find(({ name }) => name === 'SEX-07');
    expect(payers!.onlyOld.length).toBeGreaterThan(0);
    expect(payers!.onlyNew).toEqual([]);
    const total = changes.reduce((sum, { both, onlyOld }) => sum + both + onlyOld.length, 0);
    expect(total).toBe(old.signals.length);
  });
});

test('sets that stamp rows otherwise read the feed again, and pseudonyms stay comparable', async ({
  skip,
}) => {
  if (bench === undefined) return skip();
  const { files } = knowledge;
  const list = 'lists/vasps.yaml';
  const texts = {
    ...files.texts,
    [list]: (files.texts[list] as string).replace('vasp-example-mx', 'vasp-other'),
  };
  const other = compileKnowledge({ ...files, texts });
  await onTrial(feed, async (data) => {
    const [old, now] = [await data.run(knowledge), await data.run(other)];
    expect(now.report).toMatchObject({ accepted: old.rows });
    expect(now.signals.map(({ observedOn }) => observedOn).sort()).toEqual(
      old.signals.map(({ observedOn }) => observedOn).sort(),
    );
  });
});
