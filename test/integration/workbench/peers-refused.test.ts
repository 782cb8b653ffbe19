/** `rastro rules peers --publish` where nothing is to be published: it says so before any history is read. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ALWAYS_MS } from '../../../rules/compiler/index.ts';
import { openFileLog } from '../../../services/log/file/file-log.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { encodeRules } from '../../../services/workspace/rule-record.ts';
import { rastro } from '../../support/cli.ts';
import { writeSmallRules } from '../../support/small-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const peers = (...more: readonly string[]) =>
  rastro(['rules', 'peers', '--from-store', '--publish', '--json', '--data-dir', path('nowhere'), ...more]);

test('nothing is measured where the rules define no peers, and it says so', async () => {
  const bare = path('bare-data');
  const { texts } = (await loadKnowledge({ rulesDir: writeSmallRules(path('small-rules')) })).files;
  const files = {
    texts: Object.fromEntries(Object.entries(texts).filter(([name]) => !name.startsWith('peers/'))),
    rates: null,
  };
  mkdirSync(bare);
  const log = await openFileLog(join(bare, 'log'), 'transactions');
  await log.append('rules', encodeRules({ activeFrom: ALWAYS_MS, files }));
  await log.close();
  const done = await rastro(['rules', 'peers', '--from-store', '--publish', '--data-dir', bare]);
  expect([done.code, done.out, done.err]).toEqual([
    0,
    expect.stringMatching(/^There is nothing to measure: .*; nothing was done\.\n$/),
    '',
  ]);
});

test('a day that is none is refused before anything is read', async () => {
  for (const day of ['garbage', '2026-02-30', '']) {
    const { code, err } = await peers('--day', day);
    expect([code, err]).toEqual([2, expect.stringContaining('RAS-CLI-BAD-OPTION')]);
  }
});

test('only of what the rules in force measure, of their own history', async () => {
  const calls = [
    peers('--rules', path('our-rules')),
    peers('--only', 'cash_share'),
    rastro(['rules', 'peers', path('rows.ndjson'), '--publish']),
  ];
  for (const { code, err } of await Promise.all(calls))
    expect([code, err]).toEqual([2, expect.stringContaining('RAS-CLI-BAD-OPTION')]);
  const nowhere = await peers();
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('RAS-RULES-NO-HISTORY')]);
});
