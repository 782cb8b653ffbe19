/**
 * What stands is a function of the effective set: rows and party records in any order, evaluated whenever, end in the
 * same signals and alerts, word for word. Amendments, withdrawals, reversals, repeats, reports of one transfer by two
 * banks, parties that come late and rows behind any watermark are all in the streams.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Knowledge, loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type Item, Play, played } from '../support/play.ts';
import { shuffled, smallParties, smallRows, writeSmallRules } from '../support/small-world.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 150);
/** It says nothing of speed. */
const TIMEOUT_MS = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let knowledge: Knowledge;

beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const standing = async (items: readonly Item[], flushEvery: number) =>
  played(await Play.start(knowledge), items, flushEvery);

test(
  'any order of rows and parties, evaluated at any time, ends in the same signals and alerts',
  async () => {
    const seen = { signals: 0, alerts: 0, derived: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          movements: fc.integer({ min: 1, max: 90 }),
          days: fc.constantFrom(20, 60, 390),
          order: fc.nat(),
          flushEvery: fc.integer({ min: 1, max: 60 }),
        }),
        async ({ seed, movements, days, order, flushEvery }) => {
          const parties: Item[] = smallParties().map((party) => ({ party }));
          const rows: Item[] = smallRows(seed, movements, days).map((row) => ({ row }));
          const inOrder = [...parties, ...rows];
          const expected = await standing(inOrder, inOrder.length);
          expect(await standing(shuffled(inOrder, order), flushEvery)).toEqual(expected);
          seen.signals += expected.filter((line) => line.includes(' sig_')).length;
          seen.alerts += expected.filter((line) => line.includes(' alt_')).length;
          seen.derived += expected.filter((line) => line.includes(' SEX-09 ')).length;
        },
      ),
      { numRuns: RUNS },
    );
    // A property over streams in which nothing happens would say nothing.
    expect(seen.signals).toBeGreaterThan(RUNS);
    expect(seen.alerts).toBeGreaterThan(RUNS / 10);
    expect(seen.derived).toBeGreaterThan(RUNS / 20);
  },
  TIMEOUT_MS,
);
