import { describe, expect, it } from 'vitest';
import { KeyHash, loadWords, loadWordsOfView, wordsOf } from '../../../../pipelines/intern/key-hash.ts';

const print = (hash: KeyHash, key: Uint8Array): [number, number] => {
  const words = new Int32Array(wordsOf(key.length));
  loadWords(key, 0, key.length, words, 0);
  const out = new Int32Array(2);
  hash.write(words, 0, words.length, key.length, out, 0);
  return [out[0] as number, out[1] as number];
};
const numbered = (n: number) => new TextEncoder().encode(`acct_${String(n).padStart(26, '0')}`);

describe('words', () => {
  it('are little-endian, filled up with zeros, the same through bytes and through a view', () => {
    const bytes = Uint8Array.from({ length: 23 }, (_, i) => 255 - i);
    const view = new DataView(bytes.buffer);
    for (let start = 0; start < 6; start++) {
      for (let end = start; end <= bytes.length; end++) {
        const expected = Buffer.alloc(wordsOf(end - start) * 4);
        expected.set(bytes.subarray(start, end));
        for (const load of [
          (to: Int32Array) => loadWords(bytes, start, end, to, 1),
          (to: Int32Array) => loadWordsOfView(view, start, end, to, 1),
        ]) {
          const words = new Int32Array(8).fill(-1);
          load(words);
          const count = wordsOf(end - start);
          expect([...words.subarray(1, 1 + count)]).toEqual(
            Array.from({ length: count }, (_, i) => expected.readInt32LE(4 * i)),
          );
          expect([words[0], words[1 + count]]).toEqual([-1, -1]);
        }
      }
    }
  });
});

describe('fingerprints', () => {
  it('differ by seed, key and length', () => {
    const key = numbered(1);
    const prints = [
      print(new KeyHash([1, 2]), key),
      print(new KeyHash([1, 3]), key),
      print(new KeyHash([2, 2]), key),
      print(new KeyHash([1, 2]), numbered(2)),
      print(new KeyHash([1, 2]), key.subarray(0, 30)),
      ...[0, 1, 2, 3, 4, 5].map((length) => print(new KeyHash([1, 2]), new Uint8Array(length))),
    ];
    expect(new Set(prints.map(String)).size).toBe(prints.length);
  });

  it('of 200,000 numbered keys are all different, and fill the homes of a table as chance would', () => {
    const count = 200_000;
    const hash = new KeyHash([7, 11]);
    const seen = new Set<bigint>();
    const homes = new Int32Array(1 << 18);
    for (let n = 0; n < count; n++) {
      const [a, b] = print(hash, numbered(n));
      seen.add((BigInt(a >>> 0) << 32n) | BigInt(b >>> 0));
      homes[a >>> 14]!++;
    }
    expect(seen.size).toBe(count);
    // Empty homes of a random table: 2^18 exp(-count / 2^18) = 122,240, standard deviation 196 (Poisson, conditioned).
    const empty = homes.reduce((sum, keys) => sum + (keys === 0 ? 1 : 0), 0);
    expect(Math.abs(empty - 2 ** 18 * Math.exp(-count / 2 ** 18))).toBeLessThan(6 * 196);
  });

  it('do not fall together where differences of the top bits would cancel in one lane', () => {
    // In the first lane alone each such pair of words gives one value under every seed.
    const hidden = [0x8000_0000, 0x8001_0000] as const;
    let collisions = 0;
    for (let seed = 0; seed < 2_000; seed++) {
      const hash = new KeyHash([seed, Math.imul(seed, 0x9e3779b1)]);
      const out = new Int32Array(4);
      hash.write(Int32Array.of(seed, 5), 0, 2, 8, out, 0);
      hash.write(Int32Array.of(seed ^ hidden[0], 5 ^ hidden[1]), 0, 2, 8, out, 2);
      if (out[0] === out[2] || out[1] === out[3]) collisions++;
    }
    expect(collisions).toBeLessThanOrEqual(1);
  });

  it('keep only as many bits as asked for', () => {
    const bitsOf = (bits: number) => {
      const [a, b] = print(new KeyHash([1, 2], bits), numbered(3));
      return [a, b];
    };
    const [a = 0, b = 0] = bitsOf(64);
    expect(bitsOf(0)).toEqual([0, 0]);
    expect(bitsOf(4)).toEqual([a & 0xf000_0000, 0]);
    expect(bitsOf(32)).toEqual([a, 0]);
    expect(bitsOf(40)).toEqual([a, b & 0xff00_0000]);
  });
});
