import { expect, it } from 'vitest';
import { OldTimes } from '../../../../pipelines/facts/old-times.ts';
import { SEGMENT_ROWS } from '../../../../pipelines/facts/segment-size.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 5);

/** Times of a segment, spread over `days` from day `first` on, not in order. */
function timesOf(first: number, days: number): Float64Array {
  return Float64Array.from({ length: SEGMENT_ROWS }, (_, i) =>
    Math.floor(START + DAY_MS * (first + (days * ((i * 40_503) % SEGMENT_ROWS)) / (SEGMENT_ROWS - 1))),
  );
}

it('gives back the times of every segment, near each other or not, until they are let go', () => {
  const segments = [timesOf(0, 1), timesOf(1, 49), timesOf(2, 300), timesOf(-40_000, 1), timesOf(3, 2)];
  const old = new OldTimes();
  for (const times of segments) old.take(times);
  // Only 300 days are more than fits in four bytes.
  expect(old.bytes).toBe(SEGMENT_ROWS * (4 + 4 + 8 + 4 + 4));
  const rows = [0, 1, 777, SEGMENT_ROWS - 1];
  const differing = (from: number) =>
    segments.flatMap((times, at) =>
      rows.filter((row) => at >= from && old.of(at * SEGMENT_ROWS + row) !== times[row]),
    );
  expect(differing(0)).toEqual([]);
  old.release(START + 1.5 * DAY_MS);
  expect(rows.map((row) => old.of(row))).toEqual(rows.map(() => Number.NaN));
  expect(differing(1)).toEqual([]);
  expect(old.bytes).toBe(SEGMENT_ROWS * (4 + 8 + 4 + 4));
  // The second segment stands before others that are older.
  old.release(START + 60 * DAY_MS);
  expect(old.of(SEGMENT_ROWS)).toBeNaN();
  expect(differing(2)).toEqual([]);
});
