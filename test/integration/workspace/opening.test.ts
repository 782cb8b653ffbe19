/** A data folder that does not open leaves nothing open, wherever it stopped, and opens afterwards as if it had. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { openWorkspace } from '../../../services/workspace/workspace.ts';
import { ndjson, smallParties, smallRows, writeSmallRules } from '../../support/small-world.ts';
import { type Bench, openBench, runInto, standingOf } from '../../support/workspace.ts';

/** Subjects and rows leave memory at once: cold files are written while the folder opens. */
const LIMITS = { blockRows: 40, groupRecords: 3, hotRowsMs: 0, idleMs: 0 };

let bench: Bench | undefined;
let dataDir: string;

beforeAll(async () => {
  bench = await openBench();
  if (bench === undefined) return;
  dataDir = bench.dataDir('opening');
  const rows = smallRows(31, 200, 120);
  const half = rows.length >>> 1;
  await runInto({
    dataDir,
    knowledge: { rulesDir: bench.rulesDir },
    limits: LIMITS,
    files: [rows.slice(0, half), rows.slice(half)].map((part, i) =>
      (bench as Bench).file(`opening-${i}.ndjson`, ndjson(part)),
    ),
  });
  // Later than the rows: a replay stamps them anew.
  await runInto({
    dataDir,
    knowledge: { rulesDir: bench.rulesDir },
    limits: LIMITS,
    parties: [bench.file('opening-parties.ndjson', ndjson(smallParties()))],
  });
}, 120_000);

afterAll(() => bench?.cleanUp());

const coldFiles = () => readdirSync(join(dataDir, 'state')).filter((name) => name.endsWith('.cold'));

/** Files below the folder that this process holds open, where the system says so. */
function held(): string[] {
  const folder = '/proc/self/fd';
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((fd) => {
    try {
      const path = readlinkSync(join(folder, fd));
      return path.startsWith(join(dataDir, 'log')) || path.startsWith(join(dataDir, 'state')) ? [path] : [];
    } catch {
      return [];
    }
  });
}

test('the log and cold files are closed where recovery, or a write after it, fails', async (context) => {
  if (bench === undefined) return context.skip();
  const other = await loadKnowledge({ rulesDir: writeSmallRules(join(dataDir, 'other-rules')) });
  const knowledge = { ...other, hash: 'f'.repeat(64) };
  let inRecovery: string[] = [];
  await expect(
    openWorkspace({
      dataDir,
      knowledge,
      limits: LIMITS,
      onRecovery: (done, total) => {
        if (done < total) return;
        inRecovery = coldFiles();
        throw new Error('stopped in recovery');
      },
    }),
  ).rejects.toThrow('stopped in recovery');
  // Else there was nothing to close.
  for (const name of ['renewed', 'rows', 'subjects'])
    expect(inRecovery).toContainEqual(expect.stringMatching(`^${name}-`));
  expect(coldFiles()).toEqual([]);
  expect(held()).toEqual([]);

  let written = '';
  await expect(
    openWorkspace({
      dataDir,
      knowledge,
      limits: LIMITS,
      afterWrite: (name) => {
        written = name;
        throw new Error('stopped behind a write');
      },
    }),
  ).rejects.toThrow('stopped behind a write');
  expect(written).toBe('log:rules');
  expect(coldFiles()).toEqual([]);
  expect(held()).toEqual([]);
});

test('it opens afterwards', async (context) => {
  if (bench === undefined) return context.skip();
  const knowledge = await loadKnowledge({ rulesDir: bench.rulesDir });
  const workspace = await openWorkspace({ dataDir, knowledge, limits: LIMITS });
  try {
    expect((await standingOf(workspace.store)).signals.length).toBeGreaterThan(0);
  } finally {
    await workspace.close();
  }
  expect(held()).toEqual([]);
});
