/**
 * What a data folder ends up with does not depend on how its rows came: in which order, in how many files, in one
 * session or several, before the parties or after them, under which rules they were first read.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PartyRecordInput } from '../../../schemas/party.ts';
import type { TransactionInput } from '../../../schemas/transaction.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { openWorkspace } from '../../../services/workspace/workspace.ts';
import {
  ndjson,
  SUBMITTING,
  shuffled,
  smallParties,
  smallRows,
  split,
  writeSmallRules,
} from '../../support/small-world.ts';
import { type Bench, openBench, type RunOutput, runInto } from '../../support/workspace.ts';

const SEED = 23;
const LIMITS = { blockRows: 40, groupRecords: 3 };

let bench: Bench | undefined;
let rows: TransactionInput[];
let parties: PartyRecordInput[];
let serial = 0;

beforeAll(async () => {
  bench = await openBench();
  // One plain row of each bank comes first, so that both are known to submit before anything is read.
  const generated = smallRows(SEED, 220, 60);
  rows = [
    ...SUBMITTING.flatMap((bank) => generated.find((row) => row.institution === bank) ?? []),
    ...generated,
  ];
  parties = smallParties();
});

afterAll(() => bench?.cleanUp());

/** A file of the items under a name of its own. */
function fileOf(of: Bench, items: readonly object[]): string {
  return of.file(`part-${serial++}.ndjson`, ndjson(items));
}

/** Runs into the folder, one session for each list of files. */
async function sessions(
  of: Bench,
  dataDir: string,
  runs: readonly { readonly files?: readonly string[]; readonly parties?: readonly string[] }[],
): Promise<RunOutput> {
  let last: RunOutput | undefined;
  for (const run of runs)
    last = await runInto({ dataDir, knowledge: { rulesDir: of.rulesDir }, limits: LIMITS, ...run });
  if (last === undefined) throw new Error('no run');
  return last;
}

describe('one world read in many ways', () => {
  let whole: RunOutput;

  beforeAll(async () => {
    if (bench === undefined) return;
    whole = await sessions(bench, bench.dataDir('whole'), [
      { parties: [fileOf(bench, parties)], files: [fileOf(bench, rows)] },
    ]);
  });

  test('holds signals, a rule over signals, alerts, and the receipt adds up', (context) => {
    if (bench === undefined) return context.skip();
    const { report, standing } = whole;
    expect(standing.signals.length).toBeGreaterThan(5);
    expect(standing.signals.map(({ rule }) => rule)).toContain('SEX-09');
    expect(standing.alerts.length).toBeGreaterThan(0);
    expect(report).toMatchObject({ read: rows.length, rejected: 0, late: 0 });
    expect(report.accepted + report.duplicates).toBe(report.read);
    expect(report.duplicates).toBeGreaterThan(0);
    expect(report.parties).toEqual({
      read: parties.length,
      accepted: parties.length,
      rejected: 0,
      duplicates: 0,
    });
  });

  test.each([1, 2, 3])(
    'shuffled and split into files, shuffle %i',
    async (seed) => {
      if (bench === undefined) return;
      const first = rows.slice(0, SUBMITTING.length);
      const pieces = split(shuffled(rows.slice(SUBMITTING.length), seed), 4, seed);
      // Even seeds read all files in one session, odd ones each in its own; the parties come before the last file.
      const files = [first, ...pieces].map((piece) => fileOf(bench as Bench, piece));
      const partyFile = fileOf(bench, shuffled(parties, seed));
      const runs =
        seed % 2 === 0
          ? [{ files: files.slice(0, -1) }, { parties: [partyFile], files: files.slice(-1) }]
          : [
              ...files.slice(0, -1).map((file) => ({ files: [file] })),
              { parties: [partyFile], files: files.slice(-1) },
            ];
      const { standing } = await sessions(bench, bench.dataDir(`shuffle-${seed}`), runs);
      expect(standing, `seed ${seed}`).toEqual(whole.standing);
    },
    120_000,
  );

  test('rows first and parties in a later session: stored rows carry the new stamp', async (context) => {
    if (bench === undefined) return context.skip();
    const dataDir = bench.dataDir('late-parties');
    const without = await sessions(bench, dataDir, [{ files: [fileOf(bench, rows)] }]);
    expect(without.standing.signals).not.toEqual(whole.standing.signals);
    expect(without.standing.transactions).not.toEqual(whole.standing.transactions);
    const late = await sessions(bench, dataDir, [{ parties: [fileOf(bench, parties)] }]);
    expect(late.standing).toEqual(whole.standing);
  });

  test('what a later session withdraws takes its signals and alerts along', async (context) => {
    if (bench === undefined) return context.skip();
    const dataDir = bench.dataDir('withdrawn');
    await sessions(bench, dataDir, [{ parties: [fileOf(bench, parties)], files: [fileOf(bench, rows)] }]);
    const latest = new Map(rows.map((row) => [`${row.institution} ${row.id}`, row]));
    const withdrawals = [...latest.values()].map((row) => ({ ...row, version: 9, op: 'withdraw' }));
    // In one group: nothing of what stood is in memory when the last of it goes.
    const { standing } = await runInto({
      dataDir,
      knowledge: { rulesDir: bench.rulesDir },
      files: [fileOf(bench, withdrawals)],
    });
    expect(standing).toMatchObject({ signals: [], alerts: [], transactions: [] });
  });
});

describe('sent again', () => {
  test('the same files add no row to any table, a renamed and shuffled copy none to what is known', async (context) => {
    if (bench === undefined) return context.skip();
    const broken = { institution: 'bank-a', id: 'broken' };
    const conflict = { ...rows[0], settled: { amount: '1.00', ccy: 'MXN' } };
    const lines = [...rows, broken, conflict];
    const input = { parties: [fileOf(bench, parties)], files: [fileOf(bench, lines)] };
    const dataDir = bench.dataDir('resend');
    const first = await sessions(bench, dataDir, [input]);
    expect(first.report).toMatchObject({ read: lines.length, rejected: 2 });
    expect(first.rows['rejects']).toBeGreaterThanOrEqual(2);

    const second = await sessions(bench, dataDir, [input]);
    expect(second.rows).toEqual(first.rows);
    expect(second.written).toEqual({ signals: 0, alerts: 0, transactions: 0 });
    expect(second.report).toMatchObject({
      read: lines.length,
      accepted: 0,
      rejected: 2,
      duplicates: rows.length,
    });

    const copy = {
      parties: [fileOf(bench, shuffled(parties, 5))],
      files: [fileOf(bench, shuffled(lines, 5))],
    };
    const third = await sessions(bench, dataDir, [copy]);
    expect(third.report).toMatchObject({ accepted: 0, rejected: 2, duplicates: rows.length });
    for (const table of ['transactions', 'signals', 'alerts', 'alert_versions', 'block_markers', 'vault'])
      expect(third.rows[table], table).toBe(first.rows[table]);
    expect(third.standing).toEqual(first.standing);
  });
});

describe('other rules between two runs', () => {
  test('signals of a rule that is gone are withdrawn, and of one that came back stand again', async (context) => {
    if (bench === undefined) return context.skip();
    const { rulesDir } = bench;
    const input = { parties: [fileOf(bench, parties)], files: [fileOf(bench, rows)] };
    const dataDir = bench.dataDir('rules');
    const before = await sessions(bench, dataDir, [input]);
    expect(before.standing.signals.map(({ rule }) => rule)).toContain('SEX-08');

    // Without the only rule on conductors, and with another opening condition of the hand-over rule.
    const other = writeSmallRules(join(rulesDir, '..', 'other-rules'), ['conductor.yaml'], (text, file) =>
      file === 'handed.yaml'
        ? text.replaceAll('n >= 2', 'n >= 3').replace('at: 2,', 'at: 3,')
        : file === 'control.yaml'
          ? text.replace(', {rule: SMU-05, on: own}', '')
          : text,
    );
    const fresh = await runInto({
      ...input,
      dataDir: bench.dataDir('rules-fresh'),
      knowledge: { rulesDir: other },
    });
    const after = await runInto({ dataDir, knowledge: { rulesDir: other } });
    expect(after.standing).toEqual(fresh.standing);
    expect(after.standing.signals).not.toEqual(before.standing.signals);
    expect(after.standing.signals.map(({ rule }) => rule)).not.toContain('SMU-05');

    // Those that stood under the old rules: rows that came late withdraw others while a file is read.
    const stood = new Set(before.standing.signals.map(({ id }) => id));
    const replaced = (await withdrawnOf(dataDir, other)).filter(({ id }) => stood.has(id));
    const gone = replaced.filter(({ rule }) => rule === 'SMU-05');
    expect(gone.length).toBeGreaterThan(0);
    for (const row of gone) expect(row.replaced_by).toBe('');
    const taken = replaced.filter((row) => row.replaced_by !== '');
    const standing = new Set(after.standing.signals.map(({ id }) => id));
    expect(taken.length).toBeGreaterThan(0);
    for (const row of taken) expect(standing).toContain(row.replaced_by);

    const back = await runInto({ dataDir, knowledge: { rulesDir } });
    expect(back.standing).toEqual(before.standing);
  }, 120_000);
});

interface Withdrawn {
  readonly id: string;
  readonly rule: string;
  readonly replaced_by: string;
}

async function withdrawnOf(dataDir: string, rulesDir: string): Promise<Withdrawn[]> {
  const workspace = await openWorkspace({ dataDir, knowledge: await loadKnowledge({ rulesDir }) });
  try {
    return await workspace.store.queryRows<Withdrawn>(
      "SELECT id, rule, replaced_by FROM signals_current WHERE status = 'withdrawn'",
    );
  } finally {
    await workspace.close();
  }
}
