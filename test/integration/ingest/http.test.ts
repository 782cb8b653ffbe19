import { afterEach, expect, test } from 'vitest';
import type { Receipt } from '../../../schemas/submission.ts';
import { line, publishedIds, startTestRole, type TestRole } from '../../support/ingest-role.ts';
import { SmallBus } from '../../support/small-bus.ts';

let open: TestRole | undefined;
const start = async (...args: Parameters<typeof startTestRole>) => {
  open = await startTestRole(...args);
  return open;
};
afterEach(async () => {
  await open?.role.stop(0);
  open = undefined;
});

test('a file goes in, and its rows are on the log', async () => {
  const bus = new SmallBus();
  const { submit, status, report, problems } = await start({ bus });
  const answer = await submit(line('t1') + line('t2') + line('t1') + line('t3', { kind: 'nonsense' }));
  expect(answer.status).toBe(202);
  const receipt = (await answer.json()) as Receipt;
  expect(receipt).toMatchObject({ replayed: false });
  const settled = await status(receipt);
  expect(problems).toEqual([]);
  expect(settled).toMatchObject({
    state: 'partially_accepted',
    counts: { read: 4, accepted: 2, rejected: 1, duplicates: 1 },
    totals: [{ ccy: 'MXN', rows: 2, amount: '3000.00' }],
  });
  expect(publishedIds(bus)).toEqual(['t1', 't2']);
  const { lines } = await report(receipt);
  expect(lines).toMatchObject([{ line: 4, field: 'kind' }]);
});
