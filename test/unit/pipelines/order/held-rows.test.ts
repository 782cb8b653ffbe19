import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeldRows } from '../../../../pipelines/order/held-rows.ts';

/** Of rows with the same time the one with the higher number comes first. */
const STORE = { compareRows: (a: number, b: number) => b - a };

test('rows come out by time, those of one time in the order of the store, whatever was put in between', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(null)), { maxLength: 3_000 });
  fc.assert(
    fc.property(steps, (times) => {
      const held = new HeldRows(STORE);
      let expected: { row: number; timeMs: number }[] = [];
      times.forEach((timeMs, row) => {
        if (timeMs !== null) {
          held.push(row, timeMs);
          expected.push({ row, timeMs });
        } else if (expected.length > 0) {
          const [first] = expected.sort((a, b) => a.timeMs - b.timeMs || STORE.compareRows(a.row, b.row));
          expect(held.firstMs).toBe(first?.timeMs);
          expect(held.pop()).toBe(first?.row);
          expected = expected.slice(1);
        }
        expect(held.count).toBe(expected.length);
      });
      expected.sort((a, b) => a.timeMs - b.timeMs || STORE.compareRows(a.row, b.row));
      expect(expected.map(() => held.pop())).toEqual(expected.map(({ row }) => row));
      expect(held.firstMs).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});
