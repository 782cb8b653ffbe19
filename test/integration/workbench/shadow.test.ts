/** Signals of an experimental rule: in the store, apart; nowhere an analyst looks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shadowOf } from '../../../services/workbench/shadow.ts';
import { openWorkspace, type Workspace } from '../../../services/workspace/workspace.ts';
import { ndjson, smallParties, smallRows, writeSmallRules } from '../../support/small-world.ts';
import { type Bench, knowledgeOf, openBench, runInto } from '../../support/workspace.ts';

let bench: Bench | undefined;
let workspace: Workspace | undefined;

beforeAll(async () => {
  bench = await openBench();
  if (bench === undefined) return;
  const dataDir = bench.dataDir('shadow');
  const rulesDir = writeSmallRules(join(dataDir, '..', 'shadow-rules'));
  const payers = join(rulesDir, 'catalogue/payers.yaml');
  const variant = readFileSync(payers, 'utf8')
    .replace('id: SEX-07', 'id: SEX-07-NEW')
    .replace('status: live', 'status: experimental')
    .replace('{value: 3,', '{value: 4,');
  writeFileSync(join(rulesDir, 'catalogue/payers-new.yaml'), variant);
  const files = [bench.file('rows.ndjson', ndjson(smallRows(41, 260, 60)))];
  const parties = [bench.file('parties.ndjson', ndjson(smallParties()))];
  await runInto({ dataDir, knowledge: { rulesDir }, files, parties });
  workspace = await openWorkspace({ dataDir, knowledge: await knowledgeOf({ rulesDir }) });
});
afterAll(async () => {
  await workspace?.close();
  bench?.cleanUp();
});

test('what is shown and what is not add up to what stands, and no alert knows of it', async ({ skip }) => {
  if (workspace === undefined) return skip();
  const { store } = workspace;
  const rules = async (view: string) =>
    (await store.queryRows<{ rule: string }>(`SELECT DISTINCT rule FROM ${view} ORDER BY rule`)).map(
      ({ rule }) => rule,
    );
  const rowsOf = async (view: string) => (await store.queryRows(`SELECT id FROM ${view}`)).length;
  expect(await rules('signals_shadow')).toEqual(['SEX-07-NEW']);
  expect(await rules('signals_shown')).not.toContain('SEX-07-NEW');
  expect(await rules('signals_shown')).toContain('SEX-07');
  expect((await rowsOf('signals_shown')) + (await rowsOf('signals_shadow'))).toBe(
    await rowsOf('signals_standing'),
  );
  const documents = await store.queryRows<{ doc: string }>(
    'SELECT doc FROM alerts_standing UNION ALL SELECT doc FROM signals_shown',
  );
  expect(documents.length).toBeGreaterThan(0);
  for (const { doc } of documents) expect(doc).not.toContain('SEX-07-NEW');
});

test('the stricter variant finds part of what the live rule finds', async ({ skip }) => {
  if (workspace === undefined) return skip();
  const [found, ...more] = await shadowOf(workspace.store, {
    experimental: ['SEX-07-NEW'],
    live: new Set(['SEX-07']),
  });
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    rule: 'SEX-07-NEW',
    against: { rule: 'SEX-07', both: found!.signals, onlyNew: 0 },
  });
  expect(found!.signals).toBeGreaterThan(0);
  expect(found!.against!.onlyOld).toBeGreaterThan(0);
  expect(found!.alsoLive).toBe(found!.holders);
});
