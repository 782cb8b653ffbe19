/** Exact arithmetic and aggregates against a plain computation in big integers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Int } from '../../rules/compiler/index.ts';
import {
  add,
  compareInts,
  floorDivide,
  multiply,
  ratio,
  subtract,
  toInt,
} from '../../rules/compiler/integer.ts';
import { standardDeviation, topShare } from '../../rules/compiler/reference/aggregate.ts';
import { compareUtf8 } from '../../schemas/order.ts';

const int: fc.Arbitrary<Int> = fc
  .oneof(
    fc.bigInt({ min: -20n, max: 20n }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
    fc.bigInt({ min: 2n ** 53n - 5n, max: 2n ** 53n + 5n }),
  )
  .map(toInt);
const positive = int.filter((value) => value > 0);

/** The double nearest to a/b by bisection over the bits of doubles: slow, and shares nothing with `ratio`. */
function nearest(a: bigint, b: bigint): number {
  const exact = (x: number): readonly [digits: bigint, over: bigint, even: boolean] => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, x);
    const raw = bits.getBigUint64(0);
    const exponent = Number((raw >> 52n) & 0x7ffn) - 1075;
    const digits = (raw & (2n ** 52n - 1n)) | (2n ** 52n);
    const even = digits % 2n === 0n;
    return exponent >= 0 ? [digits << BigInt(exponent), 1n, even] : [digits, 1n << BigInt(-exponent), even];
  };
  const guess = Number(a) / Number(b);
  const step = (x: number, by: bigint) => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, x);
    bits.setBigUint64(0, bits.getBigUint64(0) + by);
    return bits.getFloat64(0);
  };
  let best: { value: number; gap: bigint; over: bigint; even: boolean } | null = null;
  for (let by = -8n; by <= 8n; by++) {
    const value = step(guess, by);
    const [digits, over, even] = exact(value);
    const gap = digits * b - a * over;
    const size = gap < 0n ? -gap : gap;
    const order = best === null ? -1n : size * best.over - best.gap * over;
    if (best === null || order < 0n || (order === 0n && even)) best = { value, gap: size, over, even };
  }
  return best!.value;
}

describe('ints', () => {
  it('add, subtract, multiply and divide as big integers do', () => {
    fc.assert(
      fc.property(int, int, positive, (a, b, c) => {
        expect(add(a, b)).toBe(toInt(BigInt(a) + BigInt(b)));
        expect(subtract(a, b)).toBe(toInt(BigInt(a) - BigInt(b)));
        expect(multiply(a, b)).toBe(toInt(BigInt(a) * BigInt(b)));
        const quotient = BigInt(floorDivide(a, c));
        expect(quotient * BigInt(c) <= BigInt(a) && BigInt(a) < (quotient + 1n) * BigInt(c)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('have ratios that are the nearest double', () => {
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        expect(ratio(a, b)).toBe(nearest(BigInt(a), BigInt(b)));
        expect(ratio(subtract(0, a), b)).toBe(-nearest(BigInt(a), BigInt(b)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('aggregates', () => {
  it('modes take the heaviest centre each time', () => {
    const small = fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), positive), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        small,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 20, 100, 500),
        (values, top, tolerance) => {
          const left = values.map((value) => ({ value: BigInt(value), taken: false }));
          const all = left.reduce((sum, { value }) => sum + value, 0n);
          let taken = 0n;
          for (let round = 0; round < top; round++) {
            let best = { weight: 0n, centre: 0n };
            for (const { value: centre } of left) {
              const weight = left.reduce((sum, each) => (isNear(each, centre) ? sum + each.value : sum), 0n);
              if (weight > best.weight || (weight === best.weight && centre < best.centre))
                best = { weight, centre };
            }
            for (const each of left) if (isNear(each, best.centre)) each.taken = true;
            taken += best.weight;
          }
          function isNear({ value, taken }: { value: bigint; taken: boolean }, centre: bigint): boolean {
            const gap = value > centre ? value - centre : centre - value;
            return !taken && 1000n * gap <= BigInt(tolerance) * centre;
          }
          expect(topShare(values, top, tolerance)).toBe(ratio(toInt(taken), toInt(all)));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('the standard deviation is the root of one correctly rounded variance', () => {
    fc.assert(
      fc.property(fc.array(int, { minLength: 1, maxLength: 8 }), (values) => {
        const n = BigInt(values.length);
        const sum = values.reduce<bigint>((total, value) => total + BigInt(value), 0n);
        const squares = values.reduce<bigint>((total, value) => total + BigInt(value) * BigInt(value), 0n);
        const spread = n * squares - sum * sum;
        expect(standardDeviation(values)).toBe(Math.sqrt(spread === 0n ? 0 : nearest(spread, n * n)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('orders', () => {
  it('strings compare by the bytes of their UTF-8', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{1F600}'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('ints compare by value across their two forms', () => {
    fc.assert(
      fc.property(int, int, (a, b) => {
        expect(compareInts(a, b)).toBe(BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0);
      }),
    );
  });
});
