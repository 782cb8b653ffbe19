import { expect, test } from 'vitest';
import { Orphans } from '../../../../../pipelines/detect/hot/orphans.ts';

const identity = (i: number) => `bank-${i % 3}\u0000tx-${i}-é`;

function batchOf(numbers: readonly number[]) {
  const ids = numbers.map((i) => Buffer.from(identity(i).slice('bank-0'.length + 1), 'utf8'));
  let end = 0;
  return {
    rows: ids.length,
    idBytes: Buffer.concat(ids),
    idEnds: Int32Array.from(ids, (id) => {
      end += id.length;
      return end;
    }),
  };
}

test('rows that are waited for are found among many others, and asked for as identities only where they may be', () => {
  const orphans = new Orphans();
  expect(orphans.among(batchOf([1]), identity)).toEqual([]);
  for (let i = 0; i < 5_000; i += 5) orphans.add(identity(i));
  orphans.add(identity(5));
  const numbers = Array.from({ length: 5_000 }, (_, i) => i);
  let asked = 0;
  const found = orphans.among(batchOf(numbers), (place) => {
    asked++;
    return identity(place);
  });
  expect(found).toEqual(numbers.filter((i) => i % 5 === 0).map(identity));
  expect(asked).toBeLessThan(2_000);
  orphans.delete(identity(10));
  expect(orphans.among(batchOf([5, 10]), (place) => identity(place === 0 ? 5 : 10))).toEqual([identity(5)]);
});
