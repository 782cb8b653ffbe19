import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEffectiveSet, type SetChange } from '../../../../pipelines/detect/effective-set.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { transaction } from '../../../support/transactions.ts';

const row = (
  id: string,
  version: number,
  usdMinor = 100,
  op: 'put' | 'withdraw' = 'put',
  at = '2026-01-01T00:00:00Z',
) => transaction({ id, version, usdMinor, op, at, from: 'ana', to: 'bea' });
const hashOf = (tx: Transaction) => `${tx.op}:${tx.stamp.amountMinor}:${tx.stamp.eventTime}`;

function effective(rows: readonly Transaction[]) {
  const set = createEffectiveSet();
  const outcomes = rows.map((tx) => set.admit(tx, hashOf(tx), () => {}).kind);
  const standing = [...set.rows()].map((tx) => `${tx.id}@${tx.version}=${tx.stamp.amountMinor}`).sort();
  return { outcomes, standing };
}

describe('what a row is', () => {
  test('the same row again is a duplicate, of an older version too', () => {
    expect(effective([row('1', 1), row('1', 2, 200), row('1', 1), row('1', 2, 200)]).outcomes).toEqual([
      'ok',
      'ok',
      'duplicate',
      'duplicate',
    ]);
  });

  test('the same version with other content is a conflict, and the first stands', () => {
    const { outcomes, standing } = effective([row('1', 1, 100), row('1', 1, 999)]);
    expect(outcomes).toEqual(['ok', 'reject']);
    expect(standing).toEqual(['1@1=100']);
  });

  test('a row behind the horizon is late, counted as seen, and not part of the set', () => {
    const old = row('old', 1, 100, 'put', '2024-11-26T23:59:59.999Z');
    const edge = row('edge', 1, 100, 'put', '2024-11-27T00:00:00Z');
    const now = row('now', 1, 100, 'put', '2026-01-01T00:00:00Z');
    const { outcomes, standing } = effective([now, old, edge, old]);
    expect(outcomes).toEqual(['ok', 'late', 'ok', 'duplicate']);
    expect(standing).toEqual(['edge@1=100', 'now@1=100']);
  });
});

test('a withdrawal takes the row away and a higher version puts it back', () => {
  expect(effective([row('1', 1), row('1', 2, 100, 'withdraw')]).standing).toEqual([]);
  expect(effective([row('1', 2, 100, 'withdraw'), row('1', 1)]).standing).toEqual([]);
  expect(effective([row('1', 1), row('1', 2, 100, 'withdraw'), row('1', 3, 300)]).standing).toEqual([
    '1@3=300',
  ]);
});

test('every change is reported once, with what left and what came in', () => {
  const set = createEffectiveSet();
  const changes: string[] = [];
  const report = ({ removed, added }: SetChange) => {
    changes.push(`${removed?.version ?? '-'}>${added?.version ?? '-'}`);
  };
  for (const tx of [
    row('1', 2, 200),
    row('1', 1),
    row('1', 3, 1, 'withdraw'),
    row('1', 3, 1, 'withdraw'),
    row('1', 4, 400),
  ]) {
    set.admit(tx, hashOf(tx), report);
  }
  expect(changes).toEqual(['->2', '2>-', '->4']);
});

test('without conflicts and late rows the set depends on the rows alone, not on their order or repetition', () => {
  const versions = fc.array(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      version: fc.integer({ min: 1, max: 4 }),
      withdraw: fc.boolean(),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(versions, fc.infiniteStream(fc.nat()), (list, order) => {
      // Content is a function of (id, version), so that no two rows conflict.
      const rows = new Map(
        list.map(({ id, version, withdraw }) => [
          `${id}${version}`,
          row(id, version, version * 10, withdraw ? 'withdraw' : 'put'),
        ]),
      );
      const once = [...rows.values()];
      const shuffled = [...once, ...once]
        .map((tx) => ({ tx, at: order.next().value as number }))
        .sort((x, y) => x.at - y.at);
      expect(effective(shuffled.map(({ tx }) => tx)).standing).toEqual(effective(once).standing);
    }),
  );
});
