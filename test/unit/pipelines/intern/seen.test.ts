import { describe, expect, it } from 'vitest';
import { KEY_BYTES_MAX } from '../../../../pipelines/intern/limits.ts';
import { SeenTable } from '../../../../pipelines/intern/seen.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A table over rows named in advance; `asked` counts the confirmations. */
function seenOver(names: readonly string[], fingerprintBits?: number) {
  const counts = { asked: 0 };
  const table = new SeenTable({
    seed: [1, 2],
    ...(fingerprintBits === undefined ? {} : { fingerprintBits }),
    sameKey: (row, institution, bytes, start, end) => {
      counts.asked++;
      return names[row] === `${institution}/${new TextDecoder().decode(bytes.subarray(start, end))}`;
    },
  });
  return { table, counts };
}

describe('rows seen', () => {
  it('are found by institution and id, and nothing else is', () => {
    const { table, counts } = seenOver(['1/a', '2/a', '1/ab']);
    const bytes = bytesOf('ab');
    expect(table.find(1, bytes, 0, 1)).toBe(-1);
    table.put(1, bytes, 0, 1, 0);
    table.put(2, bytes, 0, 1, 1);
    table.put(1, bytes, 0, 2, 2);
    expect(counts.asked).toBe(0);
    expect([table.find(1, bytes, 0, 1), table.find(2, bytes, 0, 1), table.find(1, bytes, 0, 2)]).toEqual([
      0, 1, 2,
    ]);
    expect(counts.asked).toBe(3);
    expect([table.find(3, bytes, 0, 1), table.find(1, bytes, 1, 2), table.find(1, bytes, 1, 1)]).toEqual([
      -1, -1, -1,
    ]);
    expect(counts.asked).toBe(3);
    expect(table.size).toBe(3);
  });

  it('point at the newest row of their key', () => {
    const { table } = seenOver(['1/a', '1/b', '1/a']);
    table.put(1, bytesOf('a'), 0, 1, 0);
    table.put(1, bytesOf('b'), 0, 1, 1);
    table.put(1, bytesOf('a'), 0, 1, 2);
    expect(table.find(1, bytesOf('a'), 0, 1)).toBe(2);
    expect(table.size).toBe(2);
  });

  it('with one fingerprint are asked for one by one until one is confirmed', () => {
    const names = Array.from({ length: 30 }, (_, row) => `7/id${row}`);
    const { table, counts } = seenOver(names, 0);
    for (const [row, name] of names.entries()) table.put(7, bytesOf(name), 2, name.length, row);
    counts.asked = 0;
    expect(table.find(7, bytesOf('id29'), 0, 4)).toBe(29);
    expect(counts.asked).toBe(30);
    expect(table.find(7, bytesOf('none'), 0, 4)).toBe(-1);
    expect(counts.asked).toBe(60);
  });

  it('of a block are found or entered, each as if it came alone', () => {
    for (const fingerprintBits of [0, 64]) {
      // Rows 0 and 1 were there; the block's rows begin at 2: a key that was there, new ones, and one of them once more.
      const names = ['1/a', '2/a', '1/a', '1/bb', '2/a', '1/bb', '3/', '1/c'];
      const { table } = seenOver(names, fingerprintBits);
      table.put(1, bytesOf('a'), 0, 1, 0);
      table.put(2, bytesOf('a'), 0, 1, 1);
      const bytes = bytesOf('abbabbc');
      const out = new Int32Array(6);
      table.findAll([1, 1, 2, 1, 3, 1], bytes, Int32Array.of(1, 3, 4, 6, 6, 7), 6, 2, out);
      expect([...out]).toEqual([0, -1, 1, 3, -1, -1]);
      expect(table.size).toBe(5);
      expect(table.find(1, bytesOf('bb'), 0, 2)).toBe(3);
      expect(table.find(3, bytes, 0, 0)).toBe(6);
    }
  });

  it('of many blocks are those of find and put', () => {
    const names = Array.from({ length: 3_000 }, (_, row) => `${row % 3}/id${(row * 7_919) % 1_100}`);
    const [blocks, single] = [seenOver(names).table, seenOver(names).table];
    for (let first = 0; first < names.length; first += 1_000) {
      const rows = names.slice(first, first + 1_000).map((name) => name.split('/'));
      const institutions = rows.map(([institution]) => Number(institution));
      let end = 0;
      const ends = Int32Array.from(rows, ([, id]) => (end += id?.length ?? 0));
      const bytes = bytesOf(rows.map(([, id]) => id).join(''));
      const out = new Int32Array(1_000);
      blocks.findAll(institutions, bytes, ends, 1_000, first, out);
      const expected = rows.map(([institution, id], i) => {
        const key = bytesOf(id ?? '');
        const known = single.find(Number(institution), key, 0, key.length);
        if (known === -1) single.put(Number(institution), key, 0, key.length, first + i);
        return known;
      });
      expect([...out]).toEqual(expected);
    }
    expect(blocks.size).toBe(single.size);
    expect(() => blocks.findAll([1], bytesOf('a'), Int32Array.of(1), 2, 0, new Int32Array(2))).toThrow(
      'No room',
    );
  });

  it('are forgotten one at a time', () => {
    const { table } = seenOver(['1/a', '1/b'], 0);
    table.put(1, bytesOf('a'), 0, 1, 0);
    table.put(1, bytesOf('b'), 0, 1, 1);
    expect(table.remove(1, bytesOf('a'), 0, 1)).toBe(true);
    expect(table.remove(1, bytesOf('a'), 0, 1)).toBe(false);
    expect(table.find(1, bytesOf('b'), 0, 1)).toBe(1);
    expect(table.size).toBe(1);
  });

  it('have ids of at most the longest key, that lie in their bytes', () => {
    const { table } = seenOver([]);
    const bytes = new Uint8Array(KEY_BYTES_MAX + 1);
    expect(table.find(0, bytes, 1, bytes.length)).toBe(-1);
    expect(() => table.find(0, bytes, 0, bytes.length)).toThrow('over the limit');
    expect(() => table.put(0, bytes, 0, bytes.length + 1, 0)).toThrow('No key at 0');
    expect(() => table.put(0, bytes, 2, 1, 0)).toThrow('No key at 2 .. 1');
  });
});
