import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModeBound } from '../../../../../rules/compiler/confirm/mode-bound.ts';
import { topShare } from '../../../../../rules/compiler/reference/aggregate.ts';

const settings = fc.record({
  top: fc.integer({ min: 1, max: 4 }),
  tolerance: fc.constantFrom(0, 20, 200, 999),
  window: fc.integer({ min: 1, max: 40 }),
  asked: fc.constantFrom(0.1, 0.3, 0.5, 0.7, 0.9, 1),
});
/** Amounts at the edges of modes around 100 and 1,000, and any. */
const amount = fc.oneof(
  fc.constantFrom(98, 100, 102, 980, 1_000, 1_020),
  fc.integer({ min: 1, max: 2_000_000 }),
  fc.integer({ min: 5_000, max: 2_000_000 }),
);

test('never says that modes are lighter than they are, while a window moves on', () => {
  let less = 0;
  fc.assert(
    fc.property(
      settings,
      fc.array(amount, { minLength: 30, maxLength: 80 }),
      ({ top, tolerance, window, asked }, amounts) => {
        const bound = new ModeBound(top, tolerance);
        amounts.forEach((value, i) => {
          bound.put(value);
          if (i >= window) bound.take(amounts[i - window]!);
          const share = topShare(amounts.slice(Math.max(0, i - window + 1), i + 1), top, tolerance);
          const reaches = bound.reaches(asked);
          if (share !== null && share >= asked) expect(reaches).toBe(true);
          if (!reaches) less++;
        });
      },
    ),
    { numRuns: 300 },
  );
  expect(less).toBeGreaterThan(100);
});

test('says nothing of sums that a double does not hold', () => {
  const bound = new ModeBound(1, 20);
  bound.put(Number.MAX_SAFE_INTEGER);
  bound.put(1_000);
  expect(bound.reaches(1)).toBe(true);
  bound.clear();
  for (const value of [100, 10_000, 1_000_000]) bound.put(value);
  expect([bound.reaches(0.999), bound.reaches(0.9)]).toEqual([false, true]);
});
