/** Columns are as narrow as their values, and say the same whatever they lie in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceColumn, StoredColumn } from '../../../../pipelines/facts/stored-column.ts';
import { SMALL_NULL } from '../../../../schemas/facts.ts';

const ROWS = 64;
const texts = (...ids: number[]) => Int32Array.from(ids);
const numbers = (...values: number[]) => Float64Array.from(values);
const text = (form = 0) => referenceColumn(ROWS, form);
const number = (form = 0) => new StoredColumn({ per: 'row', type: 'int' }, false, ROWS, form);

describe('a column of texts', () => {
  test('takes no memory while it is null, and says null', () => {
    const column = text();
    expect(column.append(texts(-1, -1, -1), 0, 3)).toBe(false);
    expect([column.bytes, column.form]).toEqual([0, 0]);
    expect([...column.array.subarray(0, 3)]).toEqual([-1, -1, -1]);
  });

  test.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [32_767, 2],
    [32_768, 4],
    [2_147_483_647, 4],
  ])('that holds %i has %i bytes a place', (id, bytes) => {
    const column = text();
    column.append(texts(-1, -1), 0, 2);
    expect(column.append(texts(9, id, -1), 1, 3)).toBe(true);
    expect(column.bytes).toBe(bytes * ROWS);
    expect([...column.array.subarray(0, 4)]).toEqual([-1, -1, id, -1]);
  });

  test('ends as narrow as it could have begun', () => {
    const column = text(3);
    expect(column.bytes).toBe(4 * ROWS);
    column.append(texts(5, -1, 7), 0, 3);
    expect(column.settle()).toBe(true);
    expect([column.bytes, column.form]).toEqual([ROWS, 1]);
    expect([...column.array.subarray(0, 3)]).toEqual([5, -1, 7]);
    expect(column.settle()).toBe(false);
  });
});

describe('a column of numbers', () => {
  test.each([
    [16_777_216, 4],
    [-0, 4],
    [33_554_436, 4],
    [16_777_217, 8],
    [0.1, 8],
    [Number.MAX_SAFE_INTEGER, 8],
  ])('that holds %d has %i bytes a place', (value, bytes) => {
    const column = number();
    column.append(numbers(Number.NaN, 3), 0, 2);
    column.append(numbers(value), 0, 1);
    expect(column.bytes).toBe(bytes * ROWS);
    expect([...column.array.subarray(0, 3)]).toEqual([Number.NaN, 3, value]);
  });
});

describe('any column', () => {
  const chunks = <T>(value: fc.Arbitrary<T>) => fc.array(fc.array(value, { maxLength: 9 }), { maxLength: 7 });
  const id = fc.oneof(
    fc.constant(-1),
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  );
  const amount = fc.oneof(fc.constant(Number.NaN), fc.maxSafeInteger(), fc.integer({ min: 0, max: 1_000 }));
  const small = fc.oneof(fc.constant(SMALL_NULL), fc.integer());

  test('gives back what was put in, in whatever form it began and however it grew', () => {
    fc.assert(
      fc.property(chunks(id), chunks(amount), chunks(small), fc.nat(3), (ids, amounts, smalls, form) => {
        const made = [
          { column: referenceColumn(16, form), of: Int32Array, parts: ids },
          {
            column: new StoredColumn({ per: 'row', type: 'int' }, false, 16, form % 3),
            of: Float64Array,
            parts: amounts,
          },
          {
            column: new StoredColumn({ per: 'row', type: 'small' }, false, 16, form % 2),
            of: Int32Array,
            parts: smalls,
          },
        ];
        for (const { column, of, parts } of made) {
          const all: number[] = [];
          let capacity = 16;
          for (const part of parts) {
            while (all.length + part.length > capacity) {
              capacity *= 2;
              column.grow(capacity);
            }
            all.push(...part);
            column.append(of.from(part), 0, part.length);
          }
          expect([...column.array.subarray(0, all.length)]).toEqual(all);
          column.settle();
          expect([...column.array.subarray(0, all.length)]).toEqual(all);
        }
      }),
    );
  });
});
