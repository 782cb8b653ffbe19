import { describe, expect, it } from 'vitest';
import {
  add,
  bounded,
  floorDivide,
  multiply,
  ratio,
  subtract,
  toInt,
} from '../../../../rules/compiler/integer.ts';

const SAFE = Number.MAX_SAFE_INTEGER;

describe('ints', () => {
  it('are numbers while safe and bigints beyond', () => {
    expect(add(SAFE, 0)).toBe(SAFE);
    expect(add(SAFE, 1)).toBe(2n ** 53n);
    expect(subtract(add(SAFE, 1), 1)).toBe(SAFE);
    expect(multiply(3_037_000_500, 3_037_000_500)).toBe(9_223_372_037_000_250_000n);
    expect(multiply(0, -5)).toBe(0);
    expect(toInt(-5n)).toBe(-5);
  });

  it('are bounded at ±(2^63 - 1)', () => {
    expect(bounded(2n ** 63n - 1n)).toBe(2n ** 63n - 1n);
    expect(bounded(2n ** 63n)).toBeNull();
    expect(bounded(-(2n ** 63n))).toBeNull();
  });

  it.each([
    [7, 2, 3],
    [-7, 2, -4],
    [0, 5, 0],
    [-6, 3, -2],
    // 9007199254740991 / 3002399751580331 is 2.9999999999999993: the quotient must not round up to 3.
    [9_007_199_254_740_991, 3_002_399_751_580_331, 2],
    [9_007_199_254_740_990, 9_007_199_254_740_991, 0],
    [(2n ** 70n) as bigint, 3, 393_530_540_239_137_101_141n],
    [-(2n ** 70n), 3, -393_530_540_239_137_101_142n],
  ])('%s / %s rounded down is %s', (a, b, wanted) => {
    expect(floorDivide(a, b)).toBe(wanted);
  });
});

describe('ratio', () => {
  it.each<[number | bigint, number | bigint, number | null]>([
    [7, 10, 0.7],
    [1, 3, 1 / 3],
    [0, -3, 0],
    [5, 0, null],
    [2n ** 60n, 0, null],
    [2n ** 60n, 2n ** 61n, 0.5],
    [-(2n ** 60n), 2n ** 61n, -0.5],
    // A tie between two doubles goes to the even one; a hair above it goes up.
    [2n ** 53n + 1n, 1, 2 ** 53],
    [(2n ** 53n + 1n) * 2n ** 70n + 1n, 2n ** 70n, 2 ** 53 + 2],
    [2n ** 53n + 3n, 1, 2 ** 53 + 4],
    [7n * 10n ** 30n, 10n ** 31n, 0.7],
    [10n ** 31n, 3n * 10n ** 31n, 1 / 3],
  ])('of %s and %s is %s', (a, b, wanted) => {
    expect(Object.is(ratio(a, b), wanted)).toBe(true);
  });
});
