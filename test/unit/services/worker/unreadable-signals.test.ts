/** Records of `signals` that a worker cannot read, over a log and a store that are in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../../../pipelines/engine/parts.ts';
import type { NewRecord } from '../../../../pipelines/log/bus.ts';
import { SIGNAL_MESSAGES_VERSION } from '../../../../schemas/signal-messages.ts';
import { type Knowledge, loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { feedRecords, WorkerScene } from '../../../support/role-scene.ts';
import { writeSmallRules } from '../../../support/small-world.ts';

const VERSION = String(SIGNAL_MESSAGES_VERSION);

const rulesFolder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let knowledge: Knowledge;
let feed: readonly NewRecord[];

beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(rulesFolder) });
  feed = feedRecords(knowledge.reference, 20);
});
afterAll(() => rmSync(rulesFolder, { recursive: true, force: true }));

describe('records of signals', () => {
  test.each([
    ['no header', {}],
    ['a kind that nobody knows', { version: VERSION, kind: 'sonnets', asOf: '0', part: '0', parts: '1' }],
    [
      'bytes that are none',
      { version: VERSION, kind: 'observed', asOf: '0', part: '0', parts: '1', sha256: 'x' },
    ],
  ])('%s: counted and passed over', async (_name, headers) => {
    const scene = await WorkerScene.open(knowledge);
    await scene.bus.append('signals', [{ partition: 0, key: 'k', headers, value: Buffer.from('x') }]);
    await scene.assign();
    await scene.bus.append('signals', [{ partition: 0, key: 'k', headers, value: Buffer.from('x') }]);
    await scene.bus.append('transactions', feed);
    await scene.settle();
    expect(scene.rejected.map((line) => line.split(' ')[0])).toEqual(['signals/0', 'signals/1']);
    expect(scene.store.rowsOf('alerts').length).toBeGreaterThan(0);
    await scene.close();
  });

  test('messages of one key that are none, among one that is: each of them is counted, and that one counts', async () => {
    const scene = await WorkerScene.open(knowledge);
    await scene.assign();
    const asOf = '1000000';
    const message = (said: object, more: Record<string, string> = {}): NewRecord => {
      const value = Buffer.from(JSON.stringify(said));
      const headers = { version: VERSION, kind: 'observed', asOf, part: '0', parts: '1', ...more };
      return {
        partition: 0,
        key: 'observed par_x acc_x#0',
        headers: { ...headers, digest: digestOf(value) },
        value,
      };
    };
    const facts = { transactions: 0, feeds: {}, readings: 0 };
    const good = { source: 'acc_x', holder: 'par_x', signals: [], ...facts };
    await scene.bus.append('signals', [
      message({}),
      message({}),
      message(good),
      message({ ...good, signals: 7 }, { asOf: '1000001' }),
      message({ ...good, readings: 7 }, { asOf: '1000002' }),
      // It lies in the log behind what holds: said once more, not rejected.
      message(good, { asOf: '999999' }),
    ]);
    expect(await scene.deliver('signals')).toBe(6);
    expect(scene.rejected.map((line) => line.split(' ')[0]).sort()).toEqual([
      'signals/0',
      'signals/1',
      'signals/3',
      'signals/4',
    ]);
    const marked = scene.store.rowsOf('block_markers').filter(({ log }) => log === 'signals-rejected');
    expect(marked).toMatchObject([{ offset_from: 0, offset_to: 4 }]);
    const again = (await scene.recordsOf('signals', 6)).map(({ key, headers }) => [key, headers['asOf']]);
    expect(again).toEqual([['observed par_x acc_x#0', asOf]]);
    await scene.close();
  });
});
