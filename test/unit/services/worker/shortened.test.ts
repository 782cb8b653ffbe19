/** Messages that would be too large are told with less; whoever watches the worker learns of it, and what stands is there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { memoryBus } from '../../../support/memory-bus.ts';
import { FakeStore, feedRecords, WorkerScene } from '../../../support/role-scene.ts';
import { writeSmallRules } from '../../../support/small-world.ts';

const rulesFolder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(rulesFolder, { recursive: true, force: true }));

/** What a worker counts and logs whose messages have so many bytes at most, and how many signals stand. */
async function told(partBytes: number) {
  const knowledge = await loadKnowledge({ rulesDir: writeSmallRules(rulesFolder) });
  const bus = memoryBus({ partitions: 1 });
  const scene = await WorkerScene.open(knowledge, bus, new FakeStore(), { parts: 1, partBytes });
  await scene.assign();
  await scene.bus.append('transactions', feedRecords(knowledge.reference, 20));
  await scene.settle();
  await scene.close();
  const counted = [
    ...(await scene.metrics.text()).matchAll(
      /^rastro_messages_shortened_total\{left_out="([a-z]+)"\} (\d+)$/gm,
    ),
  ].map(([, leftOut, times]) => [leftOut, Number(times)] as const);
  const logged = scene.lines.filter(({ event }) => event === 'message.shortened');
  return { counted, logged, signals: scene.store.rowsOf('signals').length };
}

test('a message that is shortened is counted by what is left out, and logged with its code', async () => {
  const whole = await told(1_048_576);
  expect(whole).toMatchObject({ counted: [], logged: [] });
  expect(whole.signals).toBeGreaterThan(0);

  const less = await told(2_048);
  expect(less.counted.map(([leftOut]) => leftOut)).toContain('documents');
  expect(less.logged).toHaveLength(less.counted.reduce((sum, [, times]) => sum + times, 0));
  expect(less.logged[0]).toMatchObject({ level: 'warn', partition: 0, code: 'RAS-ENGINE-MESSAGE-SIZE' });
  expect(less.signals).toBeGreaterThan(0);
});
