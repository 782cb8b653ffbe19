import { describe, expect, test } from 'vitest';
import type { FactRow } from '../../../../pipelines/facts/batch.ts';
import { BlockBuilder, type ClosedBlock } from '../../../../pipelines/facts/block.ts';
import { LOG_LIMITS } from '../../../../pipelines/log/port.ts';
import { decodeBlock } from '../../../../schemas/arrow.ts';
import { simulatedRows } from '../../../support/fact-rows.ts';
import { transaction } from '../../../support/transactions.ts';

const row = (id: string): FactRow => ({
  tx: transaction({ id, at: '2026-01-01T00:00:00Z', from: 'a', to: 'b' }),
  hash: '0'.repeat(64),
  provided: new Set(),
});
const ids = (block: ClosedBlock | null) =>
  block === null ? null : decodeBlock(block.bytes(0)).map(({ tx }) => tx.id);

describe('a block closes', () => {
  test('when it has all its rows, or is flushed', () => {
    const builder = new BlockBuilder({ rows: 3 });
    expect(builder.flush()).toBeNull();
    expect(['1', '2'].map((id) => builder.add(row(id), 0))).toEqual([null, null]);
    expect(builder.rows).toBe(2);
    expect(ids(builder.add(row('3'), 0))).toEqual(['1', '2', '3']);
    expect(builder.rows).toBe(0);
    builder.add(row('4'), 0);
    expect(ids(builder.flush())).toEqual(['4']);
    expect(builder.flush()).toBeNull();
  });

  test('by default at 4,096 rows or 512 KiB, and never waits', () => {
    expect([LOG_LIMITS.BLOCK_ROWS, LOG_LIMITS.BLOCK_BYTES]).toEqual([4_096, 524_288]);
    const builder = new BlockBuilder();
    builder.add(row('1'), 1_000);
    expect(builder.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('before the row that it has no bytes left for, which then waits in the next one', () => {
    const builder = new BlockBuilder({ bytes: 32 * 1024 });
    const closed: (readonly string[])[] = [];
    const all = Array.from({ length: 100 }, (_, i) => String(i));
    for (const id of all) {
      const block = ids(builder.add(row(id), 0));
      if (block !== null) closed.push(block);
    }
    expect(closed.length).toBeGreaterThan(5);
    expect(builder.rows).toBeGreaterThan(0);
    expect([...closed.flat(), ...(ids(builder.flush()) ?? [])]).toEqual(all);
  });

  test('with one row that is larger than a block', () => {
    const builder = new BlockBuilder({ bytes: 1 });
    expect(ids(builder.add(row('1'), 0))).toEqual(['1']);
    expect(builder.rows).toBe(0);
  });

  test('at the deadline of its first row, by the time that it is told', () => {
    const builder = new BlockBuilder({ lingerMs: 50 });
    expect(builder.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    builder.add(row('1'), 1_000);
    builder.add(row('2'), 1_040);
    expect(builder.deadlineMs).toBe(1_050);
    builder.flush();
    expect(builder.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    builder.add(row('3'), 2_000);
    expect(builder.deadlineMs).toBe(2_050);
  });
});

test('the estimate holds: blocks of a feed are as large as they may be, and hardly larger', () => {
  const builder = new BlockBuilder();
  const sizes: number[] = [];
  for (const each of simulatedRows(5, 1_500, 28)) {
    const block = builder.add(each, 0);
    if (block === null) continue;
    sizes.push(block.bytes(7).length);
  }
  expect(sizes.length).toBeGreaterThan(3);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(LOG_LIMITS.BLOCK_BYTES);
  expect(Math.min(...sizes)).toBeGreaterThan(0.85 * LOG_LIMITS.BLOCK_BYTES);
});
