import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applied, deltaOf } from '../../../../pipelines/engine/delta.ts';

const json = fc.jsonValue({ maxDepth: 3 });
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a delta leads from any value to any other, through JSON', () => {
  const value = fc.oneof(
    json,
    fc.record({ a: json, b: fc.integer(), c: fc.array(fc.nat(3), { maxLength: 3 }) }),
  );
  fc.assert(
    fc.property(value.map(throughJson), value.map(throughJson), (from, to) => {
      const delta = deltaOf(from, to);
      expect(delta === undefined ? from : applied(from, throughJson(delta))).toEqual(to);
    }),
    { numRuns: 300 },
  );
});

test('only what differs is written', () => {
  const from = { rule: 'x', params: { a: 1, b: 2 }, features: [{ value: 1 }, { value: 2, unit: 'ms' }] };
  const to = { rule: 'x', params: { a: 1, b: 2 }, features: [{ value: 1 }, { value: 3, unit: 'ms' }] };
  expect(deltaOf(from, structuredClone(from))).toBeUndefined();
  expect(deltaOf(from, to)).toEqual(['~', { features: ['~', { 1: ['~', { value: ['=', 3] }] }] }]);
  expect(applied(from, deltaOf(from, to))).toEqual(to);
});

test('what is no delta of a value is refused', () => {
  for (const delta of [1, ['?', 1], ['~', { b: ['=', 1] }], ['~', 3], ['=']])
    expect(() => applied({ a: 1 }, delta)).toThrow('no delta');
});
