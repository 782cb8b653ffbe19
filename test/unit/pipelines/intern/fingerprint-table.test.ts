import { describe, expect, it } from 'vitest';
import { FingerprintTable } from '../../../../pipelines/intern/fingerprint-table.ts';
import { TABLE_BITS_MAX, TABLE_ENTRIES_MAX } from '../../../../pipelines/intern/limits.ts';
import { Random } from '../../../../pipelines/simulate/random.ts';

const SLOT_BYTES = 12;

/** The place of a key whose value is known; -1 if it is not in the table. */
function placeOf(table: FingerprintTable, a: number, b: number, value: number): number {
  let place = table.seek(a, b);
  while (place !== -1 && table.value(place) !== value) place = table.next(a, b, place);
  return place;
}

const isGrowing = (table: FingerprintTable) => table.bytes > table.capacity * SLOT_BYTES;

/** Chance, and the two worst cases: all homes at the end of the table, so that runs go round it; few fingerprints. */
const LANES: Readonly<Record<string, (random: Random) => [number, number]>> = {
  'spread out': (random) => [random.uint32() | 0, random.uint32() | 0],
  'at the end of the table': (random) => [-1 - (random.uint32() & 0xffff), random.uint32() | 0],
  'with few fingerprints': (random) => [(random.uint32() & 7) << 29, random.uint32() & 3],
};

describe.each(Object.entries(LANES))('keys %s', (_name, lanesOf) => {
  it('are all found after every insertion and removal while the table grows, and none other', () => {
    const random = new Random(3);
    const table = new FingerprintTable(1);
    const keys: { readonly a: number; readonly b: number; value: number }[] = [];
    let whileGrowing = 0;
    let inOld = 0;
    for (let n = 0; n < 1_500; n++) {
      const [a, b] = lanesOf(random);
      table.insert(a, b, n);
      keys.push({ a, b, value: n });
      if (!isGrowing(table)) continue;
      whileGrowing++;
      for (let i = 0; i < 2; i++) {
        const at = random.uint32() % keys.length;
        const key = keys[at] as (typeof keys)[number];
        const place = placeOf(table, key.a, key.b, key.value);
        if (place < -1) inOld++;
        if (i === 0) {
          key.value = 1_000_000 + n;
          table.setValue(place, key.value);
        } else {
          table.remove(place);
          keys.splice(at, 1);
          expect(placeOf(table, key.a, key.b, key.value)).toBe(-1);
        }
      }
      const lost = keys.filter(({ a, b, value }) => placeOf(table, a, b, value) === -1);
      expect(lost).toEqual([]);
      expect(table.count).toBe(keys.length);
    }
    expect(whileGrowing).toBeGreaterThan(100);
    expect(inOld).toBeGreaterThan(30);
    for (const { a, b, value } of keys) table.remove(placeOf(table, a, b, value));
    expect(table.count).toBe(0);
    expect(table.seek(0, 0)).toBe(-1);
  });
});

describe('growth', () => {
  it('is over after capacity / 16 insertions and frees the old table', () => {
    const random = new Random(5);
    const table = new FingerprintTable(10_000);
    const insert = () => table.insert(random.uint32() | 0, random.uint32() | 0, table.count);
    const { capacity } = table;
    expect(capacity).toBe(16_384);
    while (!isGrowing(table)) insert();
    expect(table.count).toBe((capacity * 5) / 8 + 1);
    expect(table.capacity).toBe(2 * capacity);
    expect(table.bytes).toBe(3 * capacity * SLOT_BYTES);
    let insertions = 0;
    for (; isGrowing(table); insertions++) insert();
    expect(insertions).toBeGreaterThan(capacity / 64);
    expect(insertions).toBeLessThanOrEqual(capacity / 16);
    expect(table.bytes).toBe(2 * capacity * SLOT_BYTES);
  });

  it('of a large table takes memory as it goes on, and gives that of the old one back', () => {
    const random = new Random(6);
    const table = new FingerprintTable(2_600_000);
    const insert = () => table.insert(random.uint32() | 0, random.uint32() | 0, table.count);
    const chunk = 524_288 * SLOT_BYTES;
    const { capacity } = table;
    expect(capacity / 524_288).toBe(8);
    expect(table.bytes).toBe(0);
    while (table.capacity === capacity) insert();
    // Beside the old table no more than where the moving has come to.
    expect(table.bytes).toBeLessThanOrEqual(10 * chunk);
    let most = 0;
    let largestStep = 0;
    for (let before = table.bytes, left = capacity / 16; left > 0; left--) {
      insert();
      most = Math.max(most, table.bytes);
      largestStep = Math.max(largestStep, table.bytes - before);
      before = table.bytes;
    }
    expect(largestStep).toBeLessThanOrEqual(2 * chunk);
    // Two chunks come for each that goes; one is passed twice.
    expect(most).toBeLessThanOrEqual(18 * chunk);
    expect(table.bytes).toBe(16 * chunk);
  });

  it('ends where the table would pass 2 GiB, or an id 31 bits', () => {
    expect(2 ** TABLE_BITS_MAX * SLOT_BYTES).toBeLessThanOrEqual(2 ** 31);
    expect(TABLE_ENTRIES_MAX).toBeLessThan(2 ** 31);
  });
});
