import { describe, expect, test } from 'vitest';
import { FactDictionary, MEMBER_BITS } from '../../../../pipelines/facts/dictionary.ts';

const dictionary = () => new FactDictionary([1, 2]);

describe('the dictionary of facts', () => {
  test('equal texts have equal ids, whatever they were asked for as; those of words are narrow', () => {
    const known = dictionary();
    expect(['b', 'a', 'b', 'é'].map((text) => known.wordId(text))).toEqual([0, 1, 0, 2]);
    expect([0, 1, 2].map((id) => known.text(id))).toEqual(['b', 'a', 'é']);
    const key = known.textId('account');
    expect(key).toBe(32_768);
    expect(known.wordId('account')).toBe(key);
    expect(known.textId('a')).toBe(1);
    expect(known.wordId('z')).toBe(3);
  });

  test('a set is its members, in byte order, each once; the empty one is 0', () => {
    const known = dictionary();
    expect(known.setId([])).toBe(0);
    const id = known.setId(['b', 'a', 'b']);
    expect(known.setId(['a', 'b'])).toBe(id);
    expect(known.setId(['a'])).not.toBe(id);
    expect(known.setOf(id)).toEqual(['a', 'b']);
    expect(known.sets).toBe(3);
  });

  test('bits of members hold for sets made before and after, beyond the growth of their array', () => {
    const known = dictionary();
    const before = known.setId(['x', 'y']);
    const bit = known.memberBit('x');
    expect(known.memberBit('x')).toBe(bit);
    const after = Array.from({ length: 200 }, (_, i) =>
      known.setId(i % 2 === 0 ? ['x', `t${i}`] : [`t${i}`]),
    );
    const has = (id: number) => ((known.setBits[id] ?? 0) >>> bit) & 1;
    expect(has(before)).toBe(1);
    expect(after.map(has)).toEqual(after.map((_, i) => (i % 2 === 0 ? 1 : 0)));
  });

  test('there are 31 bits, and then -1', () => {
    const known = dictionary();
    const bits = Array.from({ length: MEMBER_BITS }, (_, i) => known.memberBit(`m${i}`));
    expect(bits).toEqual(Array.from({ length: 31 }, (_, i) => i));
    expect(known.memberBit('one more')).toBe(-1);
    expect(known.memberBit('m7')).toBe(7);
    const all = known.setId(bits.map((_, i) => `m${i}`));
    expect(known.setBits[all]).toBe(0x7fff_ffff);
  });
});
