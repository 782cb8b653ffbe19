import { afterEach, expect, test, vi } from 'vitest';
import { type Receipt, receipt as receiptShape, stateRecord } from '../../../schemas/submission.ts';
import { Metrics } from '../../../services/observe/metrics.ts';
import { decodeReference } from '../../../services/workspace/reference-record.ts';
import { decodeWatermark } from '../../../services/workspace/watermark-record.ts';
import { line, publishedIds, recordsOf, startTestRole, type TestRole } from '../../support/ingest-role.ts';

let open: TestRole | undefined;
const start = async (...args: Parameters<typeof startTestRole>) => {
  open = await startTestRole(...args);
  return open;
};
afterEach(async () => {
  await open?.role.stop(0);
  open = undefined;
});

const receiptOf = async (answer: Response): Promise<Receipt> => {
  expect(answer.status).toBe(202);
  return receiptShape.parse(await answer.json());
};

test('many small submissions share blocks, and each is told where its rows are', async () => {
  const { submit, status, bus, problems } = await start();
  const receipts = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => receiptOf(await submit(line(`s${i}`)))),
  );
  for (const receipt of receipts) expect(await status(receipt)).toMatchObject({ counts: { accepted: 1 } });
  expect(problems).toEqual([]);
  expect((await publishedIds(bus)).toSorted()).toEqual(
    Array.from({ length: 100 }, (_, i) => `s${i}`).toSorted(),
  );
  const blocks = (await recordsOf(bus, 'transactions')).filter(
    ({ headers }) => headers['kind'] === 'transactions',
  );
  expect(blocks.length).toBeLessThan(50);
  const ends = new Map((await bus.ranges('transactions')).map(({ end }, partition) => [partition, end]));
  for (const record of await recordsOf(bus, 'submissions')) {
    if (record.headers['kind'] !== 'state') continue;
    const { state, appended } = stateRecord.parse(JSON.parse(Buffer.from(record.value ?? []).toString()));
    if (state === 'validating') continue;
    expect(Object.keys(appended)).toHaveLength(1);
    for (const [partition, offset] of Object.entries(appended))
      expect(offset).toBeLessThan(ends.get(Number(partition)) ?? 0);
  }
});

test('who streams is declared to, and every partition hears how far its rows have come, behind them', async () => {
  const timing = { latenessMs: 2_000, silenceMs: 1_000 };
  const { submit, status, bus } = await start({ streams: { 'bank-a': timing } });
  const times = ['2026-01-05T10:00:00Z', '2026-01-05T10:00:09Z'];
  for (const [i, occurredAt] of times.entries())
    await status(await receiptOf(await submit(line(`w${i}`, { occurredAt }))));
  const last = Date.parse(times[1] as string);
  const isWhole = async () => {
    const records = await recordsOf(bus, 'transactions');
    return (await bus.ranges('transactions')).every((_, partition) => {
      const told = records.filter(
        (record) => record.partition === partition && record.headers['kind'] === 'watermark',
      );
      const marks = told.map(({ value }) => decodeWatermark(value as Uint8Array));
      return (
        marks.some(
          ({ institution, timeMs }) => institution === 'bank-a' && timeMs === last - timing.latenessMs,
        ) && marks.some(({ institution, timeMs }) => institution === null && timeMs > last)
      );
    });
  };
  await vi.waitFor(async () => expect(await isWhole()).toBe(true), { timeout: 30_000 });
  for (const [partition] of (await bus.ranges('transactions')).entries()) {
    const kinds = (await recordsOf(bus, 'transactions'))
      .filter((record) => record.partition === partition)
      .map(({ headers }) => headers['kind']);
    expect(kinds.lastIndexOf('transactions')).toBeLessThan(kinds.lastIndexOf('watermark'));
  }
  const declared = (await recordsOf(bus, 'control')).map(({ value }) => decodeReference(value as Uint8Array));
  expect(declared.flatMap(({ declarations }) => declarations)).toMatchObject([
    { institution: 'bank-a', cadence: { kind: 'stream', ...timing } },
  ]);
});

test('metrics say what came of requests and rows, with labels of closed lists', async () => {
  const metrics = new Metrics();
  const { submit, status } = await start({ metrics });
  await status(await receiptOf(await submit(line('m1') + line('m2', { kind: '?' }))));
  await submit('', {});
  await fetch(`${open?.role.url}/nowhere/${Math.random()}`);
  const text = await metrics.text();
  const route = '/v1/feeds/:institution/submissions';
  const requests = 'rastro_http_request_duration_seconds_count';
  expect(text).toContain(`${requests}{route="${route}",status="202"} 1`);
  expect(text).toContain(`${requests}{route="${route}",status="400"} 1`);
  expect(text).toContain(`${requests}{route="other",status="404"} 1`);
  expect(text).toContain('rastro_rows_in_total{topic="feeds"} 2');
  expect(text).toMatch(/^rastro_rows_rejected_total\{code="RAS-[A-Z-]+"\} 1$/m);
  expect(text).toMatch(/^rastro_http_connections [1-9]/m);
  expect(text).toContain('rastro_partitions_owned{topic="submissions"} 8');
  expect(text).toContain('rastro_lag_records{topic="feeds",partition="0"} 0');
  expect(text).not.toContain('bank-a');
});
