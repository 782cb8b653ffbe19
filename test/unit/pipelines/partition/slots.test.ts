import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FactDictionary } from '../../../../pipelines/facts/dictionary.ts';
import { OwnedKeys } from '../../../../pipelines/partition/owned-keys.ts';
import { partitionsOfSlots, SLOTS, slotOfBytes, slotOfKey } from '../../../../pipelines/partition/slots.ts';

/** FNV-1a and the fold, in arithmetic that cannot overflow. */
function slowSlot(bytes: Uint8Array): number {
  let hash = 2_166_136_261n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 16_777_619n) % 2n ** 32n;
  return Number((hash ^ (hash / 1_024n)) % 1_024n);
}

describe('slots', () => {
  // Published values of FNV-1a: '' 811c9dc5, 'a' e40c292c, 'b' e70c2de5, 'foobar' bf9cf968. The fold by hand, for 'a':
  // e40c292c >>> 10 is 39030a; the ten lowest bits of both are 12c and 30a; 12c ^ 30a = 226, which is 550.
  test.each([
    ['', 738],
    ['a', 550],
    ['b', 750],
    ['foobar', 598],
    ['é', 955],
    ['cuenta-ñ', 874],
    ['acc_000000000001', 102],
    ['𝄞', 588],
  ])('%j lies in slot %i for ever', (key, slot) => {
    expect(slotOfKey(key)).toBe(slot);
  });

  test('are those of the definition, whatever the bytes and wherever they lie', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(9), fc.nat(9), (key, before, after) => {
        const bytes = new Uint8Array(before + key.length + after).fill(7);
        bytes.set(key, before);
        expect(slotOfBytes(bytes, before, before + key.length)).toBe(slowSlot(key));
      }),
    );
  });

  test('fill evenly with keys that differ in their last digits', () => {
    const counts = new Int32Array(SLOTS);
    const keys = 200 * SLOTS;
    for (let i = 0; i < keys; i++) counts[slotOfKey(`acc_${String(i).padStart(12, '0')}`)]! += 1;
    // 200 a slot with a standard deviation of 14: five of them to either side.
    expect(Math.min(...counts)).toBeGreaterThan(130);
    expect(Math.max(...counts)).toBeLessThan(270);
  });
});

/** Where each partition's run of slots begins, and how long it is. */
function rangesOf(partitions: Int16Array): { partition: number; slots: number }[] {
  const ranges: { partition: number; slots: number }[] = [];
  for (const partition of partitions) {
    const last = ranges.at(-1);
    if (last?.partition === partition) last.slots++;
    else ranges.push({ partition, slots: 1 });
  }
  return ranges;
}

describe('partitions', () => {
  const COUNTS = [1, 2, 3, 4, 5, 7, 8, 16, 31, 100, 1_023, 1_024];

  test.each(COUNTS)('%i of them: one range of slots each, sizes equal to within one', (count) => {
    const ranges = rangesOf(partitionsOfSlots(count));
    expect(ranges.map(({ partition }) => partition).sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    const sizes = ranges.map(({ slots }) => slots);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  test('by hand: three of them', () => {
    // Two are 0 | 1; the third comes between: 0 | 2 | 1, cut at 341 and 682.
    expect(rangesOf(partitionsOfSlots(3))).toEqual([
      { partition: 0, slots: 341 },
      { partition: 2, slots: 341 },
      { partition: 1, slots: 342 },
    ]);
  });

  test('one more moves little more than a quarter of the slots, and no other place for it moves fewer', () => {
    const moved = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from({ length: SLOTS }, (_, slot) => a[slot] !== b[slot]).filter(Boolean).length;
    for (let count = 1; count < 24; count++) {
      const before = partitionsOfSlots(count);
      const after = partitionsOfSlots(count + 1);
      const order = rangesOf(before).map(({ partition }) => partition);
      const sizes = rangesOf(after).map(({ slots }) => slots);
      const alternatives = Array.from({ length: count + 1 }, (_, place) => {
        const labels = [...order.slice(0, place), count, ...order.slice(place)];
        return moved(
          before,
          sizes.flatMap((slots, range) => Array<number>(slots).fill(labels[range] as number)),
        );
      });
      const actual = moved(before, after);
      // Ranges do not divide evenly: a slot a boundary is within what rounding can do.
      expect(actual).toBeLessThanOrEqual(Math.min(...alternatives) + count);
      if (count % 2 === 0) expect(actual / SLOTS).toBeLessThan(0.25 + 0.25 / (count + 1) + count / SLOTS);
    }
  });

  test.each([0, -1, 1_025, 1.5, Number.NaN])('%d of them are refused', (count) => {
    expect(() => partitionsOfSlots(count)).toThrow(RangeError);
  });
});

describe('keys of a partition', () => {
  test('each key has one owner, the one that its slot says', () => {
    const dictionary = new FactDictionary([1, 2]);
    const count = 3;
    const owners = Array.from({ length: count }, (_, index) => new OwnedKeys({ index, count }, dictionary));
    const partitions = partitionsOfSlots(count);
    for (let i = 0; i < 3_000; i++) {
      const key = `clé-${i}`;
      const id = dictionary.textId(key);
      // Asked twice: computed, then remembered.
      for (const _time of [1, 2]) {
        expect(owners.map((owner) => owner.has(id))).toEqual(
          owners.map((_, index) => partitions[slotOfKey(key)] === index),
        );
      }
    }
  });

  test('a partition that there is not is refused', () => {
    const dictionary = new FactDictionary([1, 2]);
    expect(() => new OwnedKeys({ index: 2, count: 2 }, dictionary)).toThrow(RangeError);
    expect(() => new OwnedKeys({ index: -1, count: 2 }, dictionary)).toThrow(RangeError);
  });
});
