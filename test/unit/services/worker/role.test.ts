/** A worker over a log and a store that are in memory: what is durable before what, and what happens when something is not as it should be. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { NewRecord } from '../../../../pipelines/log/bus.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import { WORKER_LIMITS } from '../../../../services/worker/limits.ts';
import { type Knowledge, loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { encodeRules } from '../../../../services/workspace/rule-record.ts';
import { encodeWatermark } from '../../../../services/workspace/watermark-record.ts';
import { memoryBus } from '../../../support/memory-bus.ts';
import { feedRecords, record, WorkerScene } from '../../../support/role-scene.ts';
import { writeSmallRules } from '../../../support/small-world.ts';

const rulesFolder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
const START_MS = 1_767_225_600_000;
let knowledge: Knowledge;
let feed: readonly NewRecord[];
let scene: WorkerScene;

beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(rulesFolder) });
  feed = feedRecords(knowledge.reference, 20);
});
afterAll(() => rmSync(rulesFolder, { recursive: true, force: true }));
afterEach(async () => {
  await scene.close();
});

const opened = async (
  ...given: Parameters<typeof WorkerScene.open> extends [unknown, ...infer R] ? R : never
) => {
  scene = await WorkerScene.open(knowledge, ...given);
  return scene;
};
const watermark = (timeMs: number) => record('watermark', encodeWatermark({ timeMs, institution: 'bank-a' }));
const markers = () =>
  scene.store
    .rowsOf('block_markers')
    .filter(({ log }) => log === 'transactions')
    .map(({ offset_from, offset_to }) => [offset_from, offset_to]);

describe('the order of writes', () => {
  test('of a group: what was told and observed, the rows, the marker', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    await scene.deliver('transactions');
    const { journal } = scene;
    expect(new Set(journal)).toEqual(
      new Set(['append:signals', 'insert:transactions', 'insert:log_records', 'insert:block_markers']),
    );
    for (const table of ['transactions', 'log_records']) {
      expect(journal.lastIndexOf('append:signals')).toBeLessThan(journal.indexOf(`insert:${table}`));
      expect(journal.lastIndexOf(`insert:${table}`)).toBeLessThan(journal.indexOf('insert:block_markers'));
    }
    const kinds = (await scene.recordsOf('signals')).map(({ headers }) => headers['kind']);
    expect(kinds.lastIndexOf('told')).toBeLessThan(kinds.indexOf('observed'));
    expect(kinds.indexOf('observed')).toBeGreaterThan(-1);
    expect(markers()).toEqual([[0, feed.length - 1]]);
  });

  test('of signals: records and alerts, then documents; versions of an alert before the alert', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    await scene.settle();
    const { journal } = scene;
    expect(scene.store.rowsOf('signals').length).toBeGreaterThan(0);
    expect(scene.store.rowsOf('alerts').length).toBeGreaterThan(0);
    expect(journal.indexOf('append:alerts')).toBeLessThan(journal.indexOf('insert:alert_versions'));
    expect(journal.indexOf('insert:alert_versions')).toBeLessThan(journal.indexOf('insert:alerts'));
    const told = await scene.recordsOf('alerts');
    expect(told.map(({ key }) => key)).toEqual(
      expect.arrayContaining(scene.store.rowsOf('alerts').map(({ id }) => id)),
    );
    // That there is one and how it stands, and not whom it is about in words.
    expect(Object.keys(JSON.parse(Buffer.from(told[0]?.value ?? []).toString()))).not.toContain('doc');
  });

  test('the same log again says the same: a process that comes after writes nothing that is not there', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    await scene.settle();
    const standing = (first: WorkerScene) =>
      new Map(first.store.rowsOf('alerts').map(({ id, content_hash }) => [id, content_hash]));
    const [before, { bus }] = [standing(scene), scene];
    await scene.close();
    await opened(bus);
    await scene.assign();
    await scene.settle();
    expect(before.size).toBeGreaterThan(0);
    expect(standing(scene)).toEqual(before);
  });
});

describe('groups', () => {
  test(`end after ${WORKER_LIMITS.GROUP_RECORDS} records, and where the log ends`, async () => {
    await opened();
    await scene.assign();
    const count = WORKER_LIMITS.GROUP_RECORDS + 6;
    await scene.bus.append(
      'transactions',
      Array.from({ length: count }, (_, at) => watermark(START_MS + at)),
    );
    await scene.deliver('transactions');
    expect(markers()).toEqual([
      [0, WORKER_LIMITS.GROUP_RECORDS - 1],
      [WORKER_LIMITS.GROUP_RECORDS, count - 1],
    ]);
  });

  test('go on over batches while there is more to come', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    const records = await scene.recordsOf('transactions');
    const batch = (from: number, to: number) =>
      scene.role.member.batch(
        { topic: 'transactions', partition: 0, records: records.slice(from, to), end: records.length },
        () => true,
      );
    await batch(0, 2);
    expect(markers()).toEqual([]);
    await batch(2, records.length);
    expect(markers()).toEqual([[0, records.length - 1]]);
  });

  test('that are open when another generation begins lose nothing to a checkpoint that is due', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    const records = await scene.recordsOf('transactions');
    let isCurrent = true;
    const batch = (from: number, to: number, current: () => boolean) =>
      scene.role.member.batch(
        { topic: 'transactions', partition: 0, records: records.slice(from, to), end: records.length },
        current,
      );
    await batch(0, 2, () => isCurrent);
    // The partition stays; what was current in the generation before is not any more.
    isCurrent = false;
    await scene.role.checkpoint();
    expect(markers()).toEqual([]);
    // The group ends with the next batch, since a checkpoint waits for it.
    await batch(2, 4, () => true);
    expect(markers()).toEqual([[0, 3]]);
    await scene.role.checkpoint();
    expect(scene.lines.filter(({ event }) => event === 'checkpoint.written')).toMatchObject([{ offset: 4 }]);
    await batch(4, records.length, () => true);
    expect(markers()).toEqual([
      [0, 3],
      [4, records.length - 1],
    ]);
  });

  test('what a marker covers is taken in, and neither told nor stored again', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    await scene.settle();
    const { bus, store } = scene;
    const stored = store.rowsOf('transactions').length;
    await scene.close();
    await opened(bus, store);
    await scene.assign();
    await scene.settle();
    expect(store.rowsOf('transactions')).toHaveLength(stored);
    expect(markers()).toEqual([[0, feed.length - 1]]);
    await scene.bus.append('transactions', [watermark(START_MS)]);
    await scene.deliver('transactions');
    expect(markers()).toEqual([
      [0, feed.length - 1],
      [feed.length, feed.length],
    ]);
  });
});

describe('a partition that goes', () => {
  test('in the middle of a batch: nothing more is sent, and the batch is no error', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    await scene.deliver('transactions', () => false);
    expect(scene.journal).toEqual([]);
    await scene.revoke();
    expect(scene.role.partitions).toEqual([]);
    await scene.assign();
    await scene.settle();
    expect(markers()).toEqual([[0, feed.length - 1]]);
  });

  test('between what was observed and the rows: there is no marker, and whoever comes next does it again', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    await scene.deliver('transactions', () => !scene.journal.includes('append:signals'));
    expect(scene.journal).toContain('append:signals');
    expect(scene.store.inserted).toEqual([]);
    await scene.revoke();
    await scene.assign();
    await scene.settle();
    expect(markers()).toEqual([[0, feed.length - 1]]);
    expect(scene.store.rowsOf('alerts').length).toBeGreaterThan(0);
  });

  test('what was said of it in metrics goes, too', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    await scene.settle();
    const before = await scene.metrics.text();
    expect(before).toContain('rastro_lag_records{topic="transactions",partition="0"} 0');
    expect(before).toMatch(/rastro_state_bytes\{part="rows"\} [1-9]/);
    expect(before).toMatch(/rastro_subjects [1-9]/);
    await scene.revoke();
    const after = await scene.metrics.text();
    expect(after).not.toContain('rastro_lag_records{');
    expect(after).toContain('rastro_subjects 0');
    expect(after).toContain('rastro_rebalances_total 2');
  });
});

describe('a store that is away', () => {
  test('holds the batch until it is back, then everything is there once', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    scene.store.isAway = true;
    let isDone = false;
    const delivered = scene.deliver('transactions').then(() => {
      isDone = true;
    });
    await vi.waitFor(() => expect(scene.role.circuit.isUp).toBe(false), { timeout: 60_000 });
    expect(isDone).toBe(false);
    expect(scene.store.inserted).toEqual([]);
    expect(await scene.metrics.text()).toContain('rastro_store_up 0');
    scene.store.isAway = false;
    await delivered;
    expect(markers()).toEqual([[0, feed.length - 1]]);
    expect(await scene.metrics.text()).toContain('rastro_store_up 1');
  }, 120_000);

  test('does not hold up a partition that goes meanwhile', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    scene.store.isAway = true;
    let isCurrent = true;
    const delivered = scene.deliver('transactions', () => isCurrent);
    await vi.waitFor(() => expect(scene.role.circuit.isUp).toBe(false), { timeout: 60_000 });
    isCurrent = false;
    await delivered;
    await scene.revoke();
    expect(scene.store.inserted).toEqual([]);
  }, 120_000);

  test('what it has against the rows ends the batch with its code', async () => {
    await opened();
    await scene.assign();
    await scene.bus.append('transactions', feed);
    scene.store.onInsert = () => {
      throw new RastroError('RAS-STORE-QUERY-FAILED', { detail: 'TYPE_MISMATCH (53)' });
    };
    await expect(scene.deliver('transactions')).rejects.toMatchObject({ code: 'RAS-STORE-QUERY-FAILED' });
  });
});

describe('records of transactions', () => {
  const junk = Buffer.from('{"not": "what it says"}');
  const bad: readonly (readonly [string, NewRecord, string])[] = [
    ['a kind that nobody knows', record('sonnets', junk), 'RAS-ENGINE-MESSAGE'],
    ['no kind', { ...record('', junk), headers: {} }, 'RAS-ENGINE-MESSAGE'],
    ['rows that are none', record('transactions', junk), 'RAS-ENGINE-BLOCK-CORRUPT'],
    ['rows of nothing', record('transactions', new Uint8Array(0)), 'RAS-ENGINE-BLOCK-CORRUPT'],
    ['copies that are none', record('copies', junk), 'RAS-ENGINE-BLOCK-CORRUPT'],
    ['a reference that is none', record('reference', junk), 'RAS-ENGINE-MESSAGE'],
    ['a watermark that is none', record('watermark', junk), 'RAS-ENGINE-MESSAGE'],
    ['rules that are none', record('rules', junk), 'RAS-ENGINE-MESSAGE'],
  ];

  test.each(bad)('%s: counted and passed over, the next one is taken in', async (_name, broken, code) => {
    await opened();
    await scene.assign();
    const [reference, ...blocks] = feed;
    await scene.bus.append('transactions', [reference as NewRecord, broken, ...blocks]);
    await scene.settle();
    expect(scene.rejected).toEqual([`transactions/1 ${code}`]);
    expect(markers()).toEqual([[0, feed.length]]);
    expect(scene.store.rowsOf('alerts').length).toBeGreaterThan(0);
    expect(await scene.metrics.text()).toContain(`rastro_rows_rejected_total{code="${code}"} 1`);
  });

  test('a block cut off anywhere takes nothing down', async () => {
    await opened();
    await scene.assign();
    const whole = feed[1]?.value as Uint8Array;
    const cuts = [1, 8, 100, whole.length >> 1, whole.length - 1];
    const broken = cuts.map((length) => record('transactions', whole.subarray(0, length)));
    await scene.bus.append('transactions', [...broken, ...feed]);
    await scene.settle();
    expect(scene.rejected.length).toBeGreaterThan(0);
    expect(scene.rejected.every((line) => line.endsWith('RAS-ENGINE-BLOCK-CORRUPT'))).toBe(true);
    expect(scene.store.rowsOf('alerts').length).toBeGreaterThan(0);
  });

  test('a batch of the log that nobody can unpack is passed over in both topics', async () => {
    await opened();
    await scene.assign();
    const fault = new RastroError('RAS-BUS-BATCH-TOO-LARGE', {
      topic: 'x',
      partition: 0,
      offset: 0,
      bytes: 1,
    });
    for (const topic of ['transactions', 'signals'] as const) {
      const bomb = { topic, partition: 0, offset: 0, key: null, headers: {}, value: null, fault };
      await scene.role.member.batch({ topic, partition: 0, records: [bomb], end: 1 }, () => true);
    }
    expect(scene.rejected).toEqual([
      'transactions/0 RAS-BUS-BATCH-TOO-LARGE',
      'signals/0 RAS-BUS-BATCH-TOO-LARGE',
    ]);
  });

  test('a deletion is none of ours; rows that are known are not stored again, copies never', async () => {
    await opened();
    await scene.assign();
    const [reference, first] = feed as readonly [NewRecord, NewRecord];
    const copy = { ...first, headers: { kind: 'copies' } };
    await scene.bus.append('transactions', [reference, record('transactions', null), copy, first, first]);
    await scene.settle();
    expect(scene.rejected).toEqual([]);
    const stored = scene.store.rowsOf('block_markers').filter(({ log }) => log === 'transactions');
    expect(stored).toMatchObject([{ offset_from: 0, offset_to: 4 }]);
  });

  test('rules of the log are told to whoever composes', async () => {
    await opened();
    await scene.assign();
    const { files } = knowledge;
    const rules = record('rules', encodeRules({ activeFrom: START_MS, files }));
    await scene.bus.append('transactions', [...feed.slice(0, 2), rules, ...feed.slice(2)]);
    await scene.settle();
    expect(scene.rejected).toEqual([]);
    expect(scene.store.rowsOf('alerts').length).toBeGreaterThan(0);
  });
});

describe('what a worker refuses to begin with', () => {
  test('a log whose beginning is gone, where the store does not have it either', async () => {
    const bus = memoryBus({ partitions: 1 });
    await bus.append('transactions', feed);
    bus.deleteBefore('transactions', 0, 2);
    await opened(bus);
    await expect(scene.assign()).rejects.toMatchObject({ code: 'RAS-WORKER-HISTORY-GONE' });
  });

  test('topics whose partitions do not go together', async () => {
    const bus = memoryBus({ partitions: 1 });
    const ranges = bus.ranges.bind(bus);
    bus.ranges = async (topic) => (topic === 'signals' ? [] : ranges(topic));
    await opened(bus);
    await expect(scene.assign()).rejects.toMatchObject({
      code: 'RAS-WORKER-PARTITIONS',
      params: { transactions: 1, signals: 0 },
    });
  });
});
