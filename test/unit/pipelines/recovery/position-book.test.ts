import { expect, test } from 'vitest';
import { PositionBook } from '../../../../pipelines/recovery/position-book.ts';

interface Item {
  readonly id: string;
  readonly version: number;
  readonly kind: string;
}

const item = (id: string, version = 1, kind = 'k'): Item => ({ id, version, kind });
const book = () =>
  new PositionBook<Item>((a, b) =>
    a.kind === b.kind ? Math.abs(a.version - b.version) : Number.POSITIVE_INFINITY,
  );
const brief = (writes: ReturnType<ReturnType<typeof book>['writes']>) =>
  writes.map(({ item: { id, version }, revision, status, replacedBy }) => [
    id,
    version,
    revision,
    status,
    replacedBy,
  ]);

test('only what is different is written, with the position; what stands no more is withdrawn for what takes its place', () => {
  const written = book();
  expect(brief(written.writes('p', [item('a'), item('b')], 5))).toEqual([
    ['a', 1, 5, 'standing', ''],
    ['b', 1, 5, 'standing', ''],
  ]);
  expect(written.writes('p', [item('a'), item('b')], 6)).toEqual([]);
  expect(brief(written.writes('p', [item('a', 2), item('c', 3, 'other')], 7))).toEqual([
    ['a', 2, 7, 'standing', ''],
    ['c', 3, 7, 'standing', ''],
    ['b', 1, 7, 'withdrawn', 'a'],
  ]);
  expect(brief(written.writes('p', [], 8)).map(([id, , , status, by]) => [id, status, by])).toEqual([
    ['a', 'withdrawn', ''],
    ['c', 'withdrawn', ''],
  ]);
  expect(written.writes('p', [], 9)).toEqual([]);
});

test('what the store may hold is withdrawn or written again, once', () => {
  const written = book();
  written.writes('p', [item('a')], 1);
  written.recall('p', item('old'));
  written.recall('q', item('gone'));
  written.doubt();
  expect(written.doubted).toEqual(['p', 'q']);
  expect(brief(written.writes('p', [item('a')], 9))).toEqual([
    ['a', 1, 9, 'standing', ''],
    ['old', 1, 9, 'withdrawn', 'a'],
  ]);
  expect(written.doubted).toEqual(['q']);
  expect(brief(written.writes('q', [], 9))).toEqual([['gone', 1, 9, 'withdrawn', '']]);
  expect(written.doubted).toEqual([]);
});
