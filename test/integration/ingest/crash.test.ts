import { afterEach, expect, test } from 'vitest';
import type { Bus } from '../../../pipelines/log/bus.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import type { Receipt } from '../../../schemas/submission.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import { line, publishedIds, recordsOf, startTestRole, type TestRole } from '../../support/ingest-role.ts';
import { memoryBus } from '../../support/memory-bus.ts';

const roles: TestRole[] = [];
const start = async (...args: Parameters<typeof startTestRole>) => {
  const role = await startTestRole(...args);
  roles.push(role);
  return role;
};
afterEach(async () => {
  await Promise.all(roles.splice(0).map(({ role }) => role.stop(0)));
});

const ROWS = 9_000;
const body = Array.from({ length: ROWS }, (_, i) => line(`r${i}`, i % 10 === 0 ? { kind: '?' } : {})).join(
  '',
);
const EXPECTED = ROWS - ROWS / 10;

/** The log of a process that dies at its n-th append to a topic: from then on nothing of it gets through. */
function dyingBus(bus: Bus, at: { topic: TopicName; append: number; after: boolean }) {
  const state = { appends: 0, isDead: false };
  const die = () => {
    state.isDead = true;
    return new RastroError('RAS-BUS-CLOSED');
  };
  const dying: Bus = {
    partitionsOf: (topic) => bus.partitionsOf(topic),
    ranges: async (topic) => (state.isDead ? Promise.reject(die()) : bus.ranges(topic)),
    read: (topic, partition, from, until) => bus.read(topic, partition, from, until),
    close: () => bus.close(),
    async append(topic, records) {
      if (state.isDead) throw die();
      const isNow = topic === at.topic && state.appends++ === at.append;
      if (isNow && !at.after) throw die();
      const offsets = await bus.append(topic, records);
      if (isNow) throw die();
      return offsets;
    },
  };
  return { dying, state };
}

const CRASHES = [
  { topic: 'transactions', append: 1, after: false },
  { topic: 'transactions', append: 3, after: true },
  { topic: 'control', append: 0, after: false },
  { topic: 'rejected', append: 0, after: true },
  { topic: 'submissions', append: 1, after: true },
  { topic: 'submissions', append: 2, after: false },
  { topic: 'submissions', append: 2, after: true },
] as const;

test.each(CRASHES)('killed at $topic $append (after it: $after), another process ends it', async (at) => {
  const bus = memoryBus();
  const { dying, state } = dyingBus(bus, at);
  const first = await start({ bus: dying });
  const receipt = (await (await first.submit(body)).json()) as Receipt;
  await expect.poll(() => state.isDead, { timeout: 30_000 }).toBe(true);
  await first.role.stop(0);

  const second = await start({ bus });
  expect(await second.status(receipt)).toMatchObject({
    state: expect.stringMatching(/partially_accepted|processed/),
    counts: { read: ROWS, accepted: EXPECTED, rejected: ROWS - EXPECTED, duplicates: 0 },
  });
  const ids = await publishedIds(bus);
  // Told apart by identity behind the log: some may lie there twice, none is missing.
  expect(new Set(ids).size).toBe(EXPECTED);
  const { lines } = await second.report(receipt);
  expect(new Set(lines.map((each) => each.line)).size).toBe(lines.length);
  expect(lines).toHaveLength(ROWS - EXPECTED);
});

test('a partition that goes to another process is not written to any more', async () => {
  const bus = memoryBus();
  const first = await start({ bus });
  const receipt = (await (await first.submit(body)).json()) as Receipt;
  await first.role.processor.disown([...first.role.processor.owned]);
  const { length } = await recordsOf(bus, 'transactions');
  const second = await start({ bus });
  await second.status(receipt);
  expect(await publishedIds(bus).then((ids) => new Set(ids).size)).toBe(EXPECTED);
  expect(length).toBeLessThanOrEqual((await recordsOf(bus, 'transactions')).length);
});

test('while the log does not answer, nothing is acknowledged, and afterwards the same request is taken in', async () => {
  const bus = memoryBus();
  const append = bus.append.bind(bus);
  let isDown = true;
  bus.append = (topic, records) =>
    isDown ? Promise.reject(new RastroError('RAS-BUS-CLOSED')) : append(topic, records);
  const { submit, status } = await start({ bus });
  const refused = await submit(line('t1'), { headers: { 'idempotency-key': 'k' } });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).not.toBeNull();
  isDown = false;
  const receipt = (await (
    await submit(line('t1'), { headers: { 'idempotency-key': 'k' } })
  ).json()) as Receipt;
  expect(await status(receipt)).toMatchObject({ counts: { accepted: 1 } });
});

test('asked to end, the role finishes what it reads', async () => {
  const bus = memoryBus();
  const { submit, role } = await start({ bus });
  const receipt = (await (await submit(body)).json()) as Receipt;
  await expect.poll(() => role.view.table.submission(receipt.submissionId)?.state?.state).toBeDefined();
  await role.stop(30_000);
  expect(role.view.table.submission(receipt.submissionId)?.state?.result?.counts.accepted).toBe(EXPECTED);
});
