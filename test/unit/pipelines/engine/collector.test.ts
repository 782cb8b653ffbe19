/** The collector of `test/support/collector.ts`: one alert, the same in one partition and in four. On Kafka: `test/fault`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Knowledge, loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { COLLECTOR_PARTITIONS, collectorScene } from '../../../support/collector.ts';
import { arriving, engineLines, partitionedLines, SOME_FEED } from '../../../support/partition-play.ts';
import type { Item } from '../../../support/play.ts';
import { SUBMITTING, writeSmallRules } from '../../../support/small-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let knowledge: Knowledge;

beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('three feeders at two banks, none in the partition of the collector: one alert, by one worker and by four', async () => {
  const { parties, rows } = collectorScene();
  const items: Item[] = [...parties.map((party) => ({ party })), ...rows.map((row) => ({ row }))];
  const arrives = arriving(items, SUBMITTING, knowledge.reference);
  const one = await engineLines(knowledge, SOME_FEED, arrives);
  const alerts = (lines: readonly string[]) => lines.filter((line) => line.includes(' alt_'));
  expect(alerts(one).length).toBe(1);
  for (const partitions of [1, COLLECTOR_PARTITIONS]) {
    const tally = { signals: 0, alerts: 0 };
    const play = { knowledge, partitions, deaths: 0, seed: 1, partBytes: 4_096, isRebuilt: false };
    expect(await partitionedLines(play, SOME_FEED, arrives, tally)).toEqual(one);
    expect(tally.alerts).toBe(1);
  }
  // Messages of which not one fits whole: less is said, and nothing stops.
  const tally = { signals: 0, alerts: 0 };
  const small = { knowledge, partitions: COLLECTOR_PARTITIONS, deaths: 0, seed: 1, isRebuilt: true };
  await partitionedLines({ ...small, partBytes: 2_048, parts: 1 }, SOME_FEED, arrives, tally);
  expect(tally.signals).toBeGreaterThan(0);
});
