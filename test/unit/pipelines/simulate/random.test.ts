import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveSeed, Random } from '../../../../pipelines/simulate/random.ts';

describe('seeded random numbers', () => {
  it('gives the same stream for the same seed, and another for another', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const take = (seed: number) => {
          const rng = new Random(seed);
          return Array.from({ length: 8 }, () => rng.uint32());
        };
        expect(take(a)).toEqual(take(a));
        if (a >>> 0 !== b >>> 0) expect(take(a)).not.toEqual(take(b));
      }),
    );
  });

  it('keeps its first numbers for ever, so that a published seed stays reproducible', () => {
    const rng = new Random(7);
    expect([rng.uint32(), rng.uint32(), rng.uint32()]).toMatchInlineSnapshot(`
      [
        210494603,
        711084892,
        3993689120,
      ]
    `);
    expect(deriveSeed(7, 'case', 'S1', 0)).toMatchInlineSnapshot(`3904003757`);
  });

  it('stays inside its ranges and fills them evenly', () => {
    const rng = new Random(3);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 50_000; i++) counts[rng.int(0, 9)]!++;
    for (const count of counts) expect(Math.abs(count - 5_000)).toBeLessThan(300);
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -50, max: 50 }), fc.nat(90), (seed, low, width) => {
        const value = new Random(seed).int(low, low + width);
        expect(value).toBeGreaterThanOrEqual(low);
        expect(value).toBeLessThanOrEqual(low + width);
      }),
    );
  });

  it('draws by weight, normally, and without replacement', () => {
    const rng = new Random(11);
    let heavy = 0;
    let total = 0;
    let square = 0;
    for (let i = 0; i < 20_000; i++) {
      if (rng.weighted([1, 3]) === 1) heavy++;
      const z = rng.normal();
      total += z;
      square += z * z;
    }
    expect(heavy / 20_000).toBeCloseTo(0.75, 1);
    expect(total / 20_000).toBeCloseTo(0, 1);
    expect(square / 20_000).toBeCloseTo(1, 1);
    const sample = rng.sample([1, 2, 3, 4, 5], 4);
    expect(new Set(sample).size).toBe(4);
    expect(rng.sample([1, 2], 9).sort()).toEqual([1, 2]);
  });

  it('derives independent seeds from labels', () => {
    const seeds = new Set<number>();
    for (let i = 0; i < 5_000; i++) seeds.add(deriveSeed(1, 'resident', i));
    expect(seeds.size).toBe(5_000);
    expect(deriveSeed(1, 'a', 'b')).not.toBe(deriveSeed(1, 'ab'));
    expect(deriveSeed(1, 1)).not.toBe(deriveSeed(1, '1'));
  });
});
