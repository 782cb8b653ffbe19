import { expect, test } from 'vitest';
import { GroupMemory } from '../../../../services/worker/group-memory.ts';
import { WORKER_LIMITS } from '../../../../services/worker/limits.ts';
import { RecordGroup } from '../../../../services/worker/record-group.ts';

const recordOf = (partition: number, bytes: number) => ({
  topic: 'transactions' as const,
  partition,
  offset: 0,
  key: null,
  headers: {},
  value: new Uint8Array(bytes),
});

test('groups of all partitions share one limit, until what they hold is stored', () => {
  const memory = new GroupMemory(100);
  const groups = [0, 1, 2].map((partition) => new RecordGroup(recordOf(partition, 0), memory));
  const [first, second, third] = groups as [RecordGroup, RecordGroup, RecordGroup];
  first.add(recordOf(0, 60), undefined, undefined);
  second.add(recordOf(1, 39), undefined, undefined);
  expect(groups.map(({ isFull }) => isFull)).toEqual([false, false, false]);
  third.add(recordOf(2, 1), undefined, undefined);
  expect(groups.map(({ isFull }) => isFull)).toEqual([true, true, true]);
  memory.release(0);
  memory.release(0);
  expect(groups.map(({ isFull }) => isFull)).toEqual([false, false, false]);
});

test('a group of one partition has a limit of its own', () => {
  const group = new RecordGroup(recordOf(0, 0), new GroupMemory());
  group.add(recordOf(0, WORKER_LIMITS.GROUP_BYTES - 1), undefined, undefined);
  expect(group.isFull).toBe(false);
  group.add(recordOf(0, 1), undefined, undefined);
  expect(group.isFull).toBe(true);
});
