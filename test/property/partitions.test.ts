/**
 * The distributed form says what one engine says: signals, companions and alerts, word for word. One to sixteen partitions joined
 * by their logs alone, read in any batches; machines that die and begin again from nothing or behind a checkpoint, and are heard
 * after their death; compacted logs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import { type Knowledge, loadKnowledge } from '../../services/workspace/knowledge.ts';
import { partitionedLines, type WorldTally } from '../support/partition-play.ts';
import { type Item, Play, played } from '../support/play.ts';
import { SUBMITTING, shuffled, smallParties, smallRows, writeSmallRules } from '../support/small-world.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 25);
const PARTITIONS = [1, 2, 4, 8, 16];

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let small: Knowledge;

beforeAll(async () => {
  small = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const parties: Item[] = smallParties().map((party) => ({ party }));

test('partitions in any interleaving, with deaths and late voices, say what one engine says', async () => {
  const tally: WorldTally = { signals: 0, alerts: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(),
        movements: fc.integer({ min: 10, max: 90 }),
        days: fc.constantFrom(20, 60, 390),
        partitions: fc.constantFrom(...PARTITIONS),
        deaths: fc.constantFrom(0, 0.02, 0.06),
      }),
      async ({ seed, movements, days, partitions, deaths }) => {
        const rows: Item[] = smallRows(seed, movements, days).map((row) => ({ row }));
        const items = [...parties, ...shuffled(rows, seed)];
        const expected = await played(await Play.start(small), items, items.length);
        const world = {
          knowledge: small,
          submitting: SUBMITTING,
          partitions,
          deaths,
          seed,
          isRebuilt: seed % 2 === 0,
        };
        expect(await partitionedLines(world, items, tally)).toEqual(expected);
        for (const line of expected) tally[line.includes(' alt_') ? 'alerts' : 'signals']++;
      },
    ),
    { numRuns: RUNS },
  );
  console.info(`small rules, ${RUNS} runs: ${JSON.stringify(tally)}`);
  // A property over streams in which nothing happens would say nothing.
  expect(tally.signals).toBeGreaterThan(RUNS);
  expect(tally.alerts).toBeGreaterThan(RUNS / 10);
}, 240_000);

test('the shipped rules over a simulated feed say the same in 1, 4 and 16 partitions', async () => {
  const seed = 3;
  const simulation = simulate({ seed, transactions: 1_500, days: 60, cases: ['S1', 'S6', 'S7', 'S12'] });
  const submitting = simulation.institutions.filter(({ submits }) => submits).map(({ id }) => id);
  const rows: Item[] = [...simulation.transactions].map((row) => ({ row }));
  const items: Item[] = [...[...simulation.parties].map((party) => ({ party })), ...shuffled(rows, seed)];
  const knowledge = await loadKnowledge();
  const expected = await played(await Play.start(knowledge, submitting), items, 900);
  for (const partitions of [1, 4, 16]) {
    const tally: WorldTally = { signals: 0, alerts: 0 };
    const world = { knowledge, submitting, partitions, deaths: 0.01, seed, isRebuilt: false };
    expect(await partitionedLines(world, items, tally)).toEqual(expected);
    console.info(`seed ${seed}, shipped rules, ${partitions} partitions: ${JSON.stringify(tally)}`);
  }
}, 240_000);
