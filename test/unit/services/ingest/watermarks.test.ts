import { expect, test } from 'vitest';
import type { Submission } from '../../../../pipelines/ingest/submission/table.ts';
import { INGEST_LIMITS } from '../../../../services/ingest/limits.ts';
import { routerOf } from '../../../../services/ingest/output.ts';
import { WatermarkWriter } from '../../../../services/ingest/watermarks.ts';
import { decodeWatermark } from '../../../../services/workspace/watermark-record.ts';
import { recordsOf } from '../../../support/ingest-role.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

const PARTITIONS = 3;
const TIMING = { latenessMs: 5_000, silenceMs: 60_000 };
const WRITER = new Set([0]);
const T0 = Date.UTC(2026, 0, 1);

/** A writer over a table of which the test says what is in it; `told` gives what was written since the last time. */
function scene(streams: readonly string[]) {
  const bus = memoryBus({ partitions: PARTITIONS });
  const newest = new Map<string, number>();
  const pending = new Map<Submission, string>();
  const writer = new WatermarkWriter({
    bus,
    router: routerOf(PARTITIONS, { rules: [] }),
    table: {
      isPending: (submission) => pending.has(submission),
      *pendingOf(institution) {
        for (const [submission, of] of pending) if (of === institution) yield submission;
      },
      newestOf: (institution) => newest.get(institution),
    },
    streams: Object.fromEntries(streams.map((institution) => [institution, TIMING])),
  });
  let turn = 0;
  let read = 0;
  return {
    newest,
    pending,
    /** A look some time later than the one before; what came onto each partition by it. */
    async look(afterMs: number = INGEST_LIMITS.WATERMARK_MS, owned: ReadonlySet<number> = WRITER) {
      turn += afterMs;
      await writer.look(T0 + turn, owned);
      const records = await recordsOf(bus, 'transactions');
      const byPartition = Array.from({ length: PARTITIONS }, (_, partition) =>
        records
          .filter((record) => record.partition === partition)
          .slice(read)
          .map(({ headers, value }) => {
            expect(headers['kind']).toBe('watermark');
            const { timeMs, institution } = decodeWatermark(value as Uint8Array);
            return [institution, timeMs - T0];
          }),
      );
      for (const each of byPartition) expect(each).toEqual(byPartition[0]);
      read += byPartition[0]?.length ?? 0;
      return byPartition[0];
    },
  };
}
const submission = () => ({}) as Submission;

test('an institution is told to be as far as its newest row less its lateness, once a second at most', async () => {
  const { newest, look } = scene(['a']);
  expect(await look()).toEqual([]);
  newest.set('a', T0);
  expect(await look()).toEqual([['a', -5_000]]);
  newest.set('a', T0 + 1_000);
  expect(await look(100)).toEqual([]);
  expect(await look(900)).toEqual([['a', -4_000]]);
});

test('when it is silent, its last rows are passed, and then nothing is written any more', async () => {
  const { newest, look } = scene(['a']);
  newest.set('a', T0);
  await look();
  expect(await look(30_000)).toEqual([]);
  expect(await look(30_000)).toEqual([[null, 61_000]]);
  for (let i = 0; i < 5; i++) expect(await look(60_000)).toEqual([]);
});

test('where others may have to wait for a silent one, the clock is told while rows come', async () => {
  const { newest, look } = scene(['a', 'b']);
  newest.set('a', T0).set('b', T0 - 100_000);
  expect(await look()).toEqual([
    ['a', -5_000],
    ['b', -105_000],
    [null, 1_000],
  ]);
  newest.set('a', T0 + 1_500);
  expect(await look()).toEqual([
    ['a', -3_500],
    [null, 2_000],
  ]);
});

test('nothing passes rows that were acknowledged and are not on the log', async () => {
  const { newest, pending, look } = scene(['a']);
  const [first, second] = [submission(), submission()];
  newest.set('a', T0);
  pending.set(first, 'a');
  expect(await look()).toEqual([]);
  // What comes later neither holds up what was noted, nor is it told with it.
  pending.set(second, 'a');
  newest.set('a', T0 + 10_000);
  expect(await look()).toEqual([]);
  pending.delete(first);
  expect(await look()).toEqual([['a', -5_000]]);
  expect(await look()).toEqual([]);
  pending.delete(second);
  expect(await look()).toEqual([['a', 5_000]]);
});

test('one process writes; who comes to it tells once more where it stands', async () => {
  const { newest, look } = scene(['a']);
  newest.set('a', T0);
  expect(await look(1_000, new Set([1, 2]))).toEqual([]);
  expect(await look()).toEqual([['a', -5_000]]);
  expect(await look(1_000, new Set())).toEqual([]);
  expect(await look()).toEqual([['a', -5_000]]);
});
