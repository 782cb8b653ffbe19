/**
 * Seeded pseudo-random numbers on 32-bit integers: the same seed gives the same stream on every machine and version.
 * The generator is xoshiro128** (Blackman, Vigna 2018), its state filled by a splitmix-style mixer.
 */

/** A closed interval `[low, high]`. */
export type Range = readonly [low: number, high: number];

const UINT32 = 4_294_967_296;

function mix(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** Derives an independent 32-bit seed from a seed and labels, so that parts of a simulation do not disturb each other. */
export function deriveSeed(seed: number, ...labels: readonly (string | number)[]): number {
  let h = mix(seed + 0x9e3779b9);
  for (const label of labels) {
    const text = typeof label === 'number' ? `#${label}` : label;
    for (let i = 0; i < text.length; i++) h = mix(h ^ (text.charCodeAt(i) + 0x9e3779b9 + i));
    h = mix(h + 0x7f4a7c15);
  }
  return h;
}

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    this.a = mix(seed + 0x9e3779b9);
    this.b = mix(seed + 0x3c6ef372);
    this.c = mix(seed + 0xdaa66d2b);
    // The all-zero state is the only one the generator cannot leave.
    this.d = mix(seed + 0x78dde6e4) | 1;
  }

  uint32(): number {
    const { a, b, c, d } = this;
    let result = Math.imul(b, 5);
    result = Math.imul((result << 7) | (result >>> 25), 9) >>> 0;
    const c2 = c ^ a;
    const d2 = d ^ b;
    this.b = b ^ c2;
    this.a = a ^ d2;
    this.c = c2 ^ (b << 9);
    this.d = (d2 << 11) | (d2 >>> 21);
    return result;
  }

  /** In [0, 1). */
  float(): number {
    return this.uint32() / UINT32;
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** A whole number of the closed interval. */
  int(low: number, high: number): number {
    return low + Math.floor(this.float() * (high - low + 1));
  }

  /** A real number of the interval. */
  real(range: Range): number {
    return range[0] + this.float() * (range[1] - range[0]);
  }

  /** A whole number of the closed interval. */
  whole(range: Range): number {
    return this.int(range[0], range[1]);
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.float() * items.length)]!;
  }

  /** `count` different items, fewer when there are not as many. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items];
    const taken = Math.min(count, pool.length);
    for (let i = 0; i < taken; i++) {
      const j = this.int(i, pool.length - 1);
      const kept = pool[i]!;
      pool[i] = pool[j]!;
      pool[j] = kept;
    }
    return pool.slice(0, taken);
  }

  /** An index drawn by weight. */
  weighted(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    let left = this.float() * total;
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i]!;
      if (left < 0) return i;
    }
    return weights.length - 1;
  }

  normal(): number {
    const u = 1 - this.float();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.float());
  }

  lognormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }
}
