/** Records of the log that could not be read: kept as they were, once, and appended again. */
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { TopicRecord } from '../../../../pipelines/log/bus.ts';
import { RastroError } from '../../../../schemas/errors/index.ts';
import { TOPIC_VALUE_BYTES } from '../../../../schemas/topics.ts';
import { Drains } from '../../../../services/ingest/drains.ts';
import { logRejects, rejectedContent, replayRecord } from '../../../../services/ingest/rejected-log.ts';
import { SubmissionView } from '../../../../services/ingest/view.ts';
import { REJECTED_SIGNALS_LOG, RejectedRecords } from '../../../../services/worker/rejected-records.ts';
import type { PartitionMarker } from '../../../../services/worker/store-outputs.ts';
import { recordsOf } from '../../../support/ingest-role.ts';
import { memoryBus } from '../../../support/memory-bus.ts';

const rawKey = new Uint8Array(32).fill(3);
const PARTITION = 2;
const FAULT = { code: 'RAS-ENGINE-MESSAGE' } as const;

const bad = (topic: 'transactions' | 'signals', offset: number, value: Uint8Array | null): TopicRecord => ({
  topic,
  partition: PARTITION,
  offset,
  key: topic === 'signals' ? `k${offset}#0` : null,
  headers: { kind: 'transactions', by: 'ü' },
  value,
});

function rejects() {
  const bus = memoryBus();
  const markers: PartitionMarker[] = [];
  const outputs = { marker: async (marker: PartitionMarker) => void markers.push(marker) };
  return {
    bus,
    markers,
    of: (marked = -1, rejected = -1) =>
      new RejectedRecords({
        partition: PARTITION,
        bus,
        outputs,
        rawKey,
        markedUntil: marked,
        rejectedUntil: async () => rejected,
      }),
  };
}

test('a record is kept as it was, encrypted, under its place', async () => {
  const { bus, of } = rejects();
  const value = randomBytes(500);
  const records = of();
  expect(await records.add(bad('transactions', 7, value), FAULT)).toBe(true);
  await records.flush();
  const [found] = await logRejects(bus);
  expect(found).toMatchObject({
    place: { topic: 'transactions', partition: PARTITION, offset: 7 },
    code: FAULT.code,
    sha256: createHash('sha256').update(value).digest('hex'),
    bytes: 500,
    isKept: true,
    replayedAt: null,
  });
  const content = await rejectedContent({ bus, rawKey }, found as NonNullable<typeof found>);
  expect(content).toEqual({ key: null, headers: { kind: 'transactions', by: 'ü' }, value });
  const [record] = await recordsOf(bus, 'rejected');
  expect(Buffer.from(record?.value ?? []).includes(value.subarray(0, 16))).toBe(false);
  // Of another key nothing opens.
  const other = { bus, rawKey: new Uint8Array(32).fill(4) };
  await expect(rejectedContent(other, found as NonNullable<typeof found>)).rejects.toThrow(RastroError);
});

test('whoever repeats a partition says nothing again that is marked', async () => {
  const { bus, markers, of } = rejects();
  const first = of();
  for (const offset of [3, 9]) await first.add(bad('signals', offset, randomBytes(9)), FAULT);
  await first.add(bad('transactions', 4, randomBytes(9)), FAULT);
  // Records of `transactions` that are durable say nothing of how far `signals` was looked at.
  await first.flush();
  expect(await recordsOf(bus, 'rejected')).toHaveLength(3);
  expect(markers).toEqual([]);
  await first.flushSignals();
  expect(markers).toMatchObject([{ log: REJECTED_SIGNALS_LOG, from: 0, to: 9 }]);
  const next = of(4, 9);
  expect(await next.add(bad('signals', 9, randomBytes(9)), FAULT)).toBe(false);
  expect(await next.add(bad('transactions', 4, randomBytes(9)), FAULT)).toBe(false);
  expect(await next.add(bad('signals', 10, randomBytes(9)), FAULT)).toBe(true);
  await next.flushSignals();
  expect(await recordsOf(bus, 'rejected')).toHaveLength(4);
  expect(markers).toMatchObject([{}, { log: REJECTED_SIGNALS_LOG, from: 10, to: 10 }]);
  // A crash between the record and its marker: twice in the topic, once for whoever asks.
  const again = of();
  await again.add(bad('transactions', 4, randomBytes(9)), FAULT);
  await again.flush();
  expect(await logRejects(bus)).toHaveLength(4);
});

test('a replay appends the record as it was, and is noted; one that is too large is not replayed', async () => {
  const { bus, of } = rejects();
  const records = of();
  const value = randomBytes(300);
  await records.add(bad('transactions', 1, value), FAULT);
  await records.add(bad('transactions', 2, Buffer.alloc(TOPIC_VALUE_BYTES + 1)), {
    code: 'RAS-ENGINE-RECORD-SIZE',
  });
  await records.flush();
  const parts = { bus, rawKey };
  const [one, large] = (await logRejects(bus)) as [never, never];
  expect(await replayRecord(parts, one)).toBe(0);
  await expect(replayRecord(parts, large)).rejects.toMatchObject({ code: 'RAS-ENGINE-RECORD-SIZE' });
  const [appended] = await recordsOf(bus, 'transactions');
  expect(appended).toMatchObject({ partition: PARTITION, headers: { kind: 'transactions' } });
  expect(Buffer.from(appended?.value as Uint8Array)).toEqual(value);
  expect((await logRejects(bus)).map(({ replayedAt }) => replayedAt)).toEqual([0, null]);
  expect(await logRejects(bus, { code: 'RAS-ENGINE-RECORD-SIZE' })).toHaveLength(1);
});

test('what is too large to be kept is read from its topic', async () => {
  const { bus, of } = rejects();
  const value = randomBytes(TOPIC_VALUE_BYTES);
  await bus.append('transactions', [{ partition: PARTITION, key: null, headers: { a: 'b' }, value }]);
  const records = of();
  const [record] = await recordsOf(bus, 'transactions');
  await records.add(record as TopicRecord, FAULT);
  await records.flush();
  const [found] = (await logRejects(bus)) as [never];
  expect(found).toMatchObject({ isKept: false });
  const content = await rejectedContent({ bus, rawKey }, found);
  expect(Buffer.compare(content.value as Uint8Array, value)).toBe(0);
  bus.deleteBefore('transactions', PARTITION, 1);
  await expect(rejectedContent({ bus, rawKey }, found)).rejects.toMatchObject({
    code: 'RAS-BUS-OFFSET-GONE',
  });
});

test('they are drained into the table', async () => {
  const { bus, of } = rejects();
  const records = of();
  await records.add(bad('signals', 5, randomBytes(20)), FAULT);
  await records.flush();
  const tables = new Map<string, object[]>();
  const store = {
    insertRows: async (table: string, rows: readonly object[]) => {
      tables.set(table, [...(tables.get(table) ?? []), ...rows]);
    },
    queryRows: async () => [],
  };
  const owned = () => new Set(Array.from({ length: 8 }, (_, i) => i));
  const onProblem = () => undefined;
  await new Drains({ bus, store, rawKey, view: new SubmissionView(bus), owned, onProblem }).once();
  expect(tables.get('rejects')).toMatchObject([
    {
      submission_id: `signals/${PARTITION}`,
      line: 5,
      code: FAULT.code,
      masked_value: expect.stringMatching(/^sha256 /),
    },
  ]);
});
