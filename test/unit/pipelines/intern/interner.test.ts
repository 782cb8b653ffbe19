import { describe, expect, it } from 'vitest';
import { Interner } from '../../../../pipelines/intern/interner.ts';
import { KEY_BYTES_MAX, TABLE_ENTRIES_MAX } from '../../../../pipelines/intern/limits.ts';

const seed = [1, 2] as const;
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('ids', () => {
  it('are dense from 0 and equal for equal bytes, wherever they lie', () => {
    const interner = new Interner({ seed });
    const bytes = bytesOf('abcabcab');
    expect(interner.intern(bytes, 0, 3)).toBe(0);
    expect(interner.intern(bytes, 1, 4)).toBe(1);
    expect(interner.intern(bytes, 3, 6)).toBe(0);
    expect(interner.intern(bytes, 6, 8)).toBe(2);
    expect(interner.intern(bytes, 0, 0)).toBe(3);
    expect(interner.find(bytes, 5, 8)).toBe(-1);
    expect([0, 1, 2, 3].map((id) => interner.text(id))).toEqual(['abc', 'bca', 'ab', '']);
    expect(interner.size).toBe(4);
  });

  it('tell a key from the same one with zero bytes behind it', () => {
    const interner = new Interner({ seed, fingerprintBits: 0 });
    const texts = ['', '\0', '\0\0', '\0\0\0\0', 'a', 'a\0', 'a\0\0\0', 'a\0\0\0\0'];
    expect(texts.map((text) => interner.internText(text))).toEqual(texts.map((_, i) => i));
    expect(texts.map((text) => interner.findText(text))).toEqual(texts.map((_, i) => i));
  });

  it('are the same through text, bytes and batch, beyond ASCII and beyond the row', () => {
    const interner = new Interner({ seed });
    const texts = ['Núñez', '日本', '🙂', '\uFEFFmark', 'k'.repeat(44), 'k'.repeat(45), 'é'.repeat(150)];
    const ids = texts.map((text) => interner.internText(text));
    const parts = texts.map(bytesOf);
    let end = 0;
    const ends = Int32Array.from(parts, (part) => (end += part.length));
    const out = new Int32Array(texts.length);
    interner.internAll(Buffer.concat(parts), ends, texts.length, out);
    expect([...out]).toEqual(ids);
    expect(ids.map((id) => interner.text(id))).toEqual(texts);
  });

  it('hold half a surrogate pair as the replacement character', () => {
    const interner = new Interner({ seed });
    const id = interner.internText('a\ud800');
    expect(interner.text(id)).toBe('a\ufffd');
    expect(interner.findText('a\ufffd')).toBe(id);
  });

  it('of words are the lowest while there are any; the others begin behind them', () => {
    const interner = new Interner({ seed, wordIds: 3 });
    expect(interner.internText('key')).toBe(3);
    expect(['a', 'b', 'key', 'c', 'd'].map((text) => interner.internText(text, true))).toEqual([
      0, 1, 3, 2, 4,
    ]);
    expect([0, 1, 2, 3, 4].map((id) => interner.text(id))).toEqual(['a', 'b', 'c', 'key', 'd']);
    const out = new Int32Array(2);
    interner.internAll(bytesOf('be'), Int32Array.of(1, 2), 2, out, true);
    expect([...out]).toEqual([1, 5]);
    expect(interner.size).toBe(6);
  });

  it('that are kept for words are not in use before they are given', () => {
    const interner = new Interner({ seed, wordIds: 40_000 });
    const id = interner.internText('key');
    expect(id).toBe(40_000);
    for (const other of [-1, 0, 39_999, 40_001]) {
      expect(() => interner.text(other)).toThrow(`Id ${other} is not in use`);
    }
    expect(interner.internText('word', true)).toBe(0);
    interner.retire(0);
    expect(() => interner.text(0)).toThrow('Id 0 is not in use');
    expect(interner.internText('another')).toBe(0);
    expect(interner.generation(0)).toBe(1);
  });

  it('of a batch need room', () => {
    const interner = new Interner({ seed });
    expect(() => interner.internAll(bytesOf('ab'), Int32Array.of(1, 2), 2, new Int32Array(1))).toThrow(
      'room',
    );
    expect(() => interner.internAll(bytesOf('ab'), Int32Array.of(1), 2, new Int32Array(2))).toThrow('room');
    expect(interner.size).toBe(0);
  });

  it('of a batch are given once for a key that is in it twice', () => {
    const interner = new Interner({ seed });
    const out = new Int32Array(4);
    interner.internAll(bytesOf('xyxyx'), Int32Array.of(1, 2, 3, 4), 4, out);
    expect([...out]).toEqual([0, 1, 0, 1]);
  });
});

describe('retired ids', () => {
  it('are forgotten, refused, and come back last first under a higher generation', () => {
    const interner = new Interner({ seed });
    const ids = ['one', 'two', 'three'].map((text) => interner.internText(text));
    interner.retire(ids[0] as number);
    interner.retire(ids[2] as number);
    expect(interner.size).toBe(1);
    expect(interner.findText('one')).toBe(-1);
    expect(() => interner.text(0)).toThrow('Id 0 is not in use');
    expect(() => interner.retire(0)).toThrow('Id 0 is not in use');
    expect(() => interner.compare(0, 1)).toThrow('Id 0 is not in use');
    expect(interner.internText('four')).toBe(2);
    expect(interner.internText('one')).toBe(0);
    expect(interner.internText('five')).toBe(3);
    expect([0, 1, 2, 3].map((id) => interner.generation(id))).toEqual([1, 0, 1, 0]);
  });

  it('of long keys give their memory to the next key of their size', () => {
    const interner = new Interner({ seed });
    const long = (n: number) => String(n).padStart(20_000, '.');
    for (let n = 0; n < 10; n++) interner.internText(long(n));
    const { bytes } = interner.stats;
    for (let n = 10; n < 2_000; n++) {
      interner.retire(interner.findText(long(n - 10)));
      interner.internText(long(n));
    }
    // The generations of the first chunk, and nothing else.
    expect(interner.stats.bytes - bytes).toBe(16_384 * 4);
    for (let n = 1_990; n < 2_000; n++) expect(interner.text(interner.findText(long(n)))).toBe(long(n));
    expect(interner.size).toBe(10);
  });

  it('leave every other key where it is found, while the table grows too', () => {
    const interner = new Interner({ seed, initialCapacity: 1 });
    let slots = interner.stats.slots;
    let growths = 0;
    for (let n = 0; n < 3_000; n++) {
      interner.internText(`key ${n}`);
      if (interner.stats.slots !== slots) {
        growths++;
        ({ slots } = interner.stats);
      }
      if (n % 3 === 2) interner.retire(interner.findText(`key ${n - 1}`));
    }
    expect(growths).toBeGreaterThan(4);
    for (let n = 0; n < 3_000; n++) {
      const id = interner.findText(`key ${n}`);
      expect(id === -1).toBe(n % 3 === 1);
      if (id !== -1) expect(interner.text(id)).toBe(`key ${n}`);
    }
  });
});

describe('limits', () => {
  it('a key of the longest length is kept, a longer one refused', () => {
    const interner = new Interner({ seed });
    const bytes = new Uint8Array(KEY_BYTES_MAX + 1).fill(65);
    const id = interner.intern(bytes, 1, bytes.length);
    expect(interner.text(id)).toBe('A'.repeat(KEY_BYTES_MAX));
    expect(() => interner.intern(bytes, 0, bytes.length)).toThrow('65537 bytes is over the limit of 65536');
    expect(() => interner.internAll(bytes, Int32Array.of(bytes.length), 1, new Int32Array(1))).toThrow(
      'limit',
    );
    expect(interner.find(bytes, 0, bytes.length)).toBe(-1);
    expect(() => interner.internText('a'.repeat(KEY_BYTES_MAX + 1))).toThrow('limit');
    expect(() => interner.internText('é'.repeat(KEY_BYTES_MAX / 2 + 1))).toThrow('65538 bytes');
    expect(interner.findText('é'.repeat(KEY_BYTES_MAX))).toBe(-1);
    expect(interner.size).toBe(1);
  });

  it('ids in use end with a stable code; known keys and retired ids still serve', () => {
    const interner = new Interner({ seed, idsMax: 2 });
    interner.internText('a');
    interner.internText('b');
    expect(() => interner.internText('c')).toThrow('RAS-ENGINE-IDS-EXHAUSTED');
    expect(interner.internText('b')).toBe(1);
    interner.retire(0);
    expect(interner.internText('c')).toBe(0);
    expect(interner.findText('a')).toBe(-1);
  });

  it.each([0, -1, Number.NaN, TABLE_ENTRIES_MAX + 1])('%d ids are out of range', (idsMax) => {
    expect(() => new Interner({ seed, idsMax })).toThrow('out of range');
  });

  it('bytes that are not there are refused, alone and in a batch', () => {
    const interner = new Interner({ seed });
    const bytes = bytesOf('abcdef');
    expect(() => interner.intern(bytes, -1, 2)).toThrow('No key at -1 .. 2 of 6 bytes');
    expect(() => interner.intern(bytes, 3, 2)).toThrow('No key at 3 .. 2');
    expect(() => interner.find(bytes, 3, 7)).toThrow('No key at 3 .. 7');
    expect(() => interner.internAll(bytes, Int32Array.of(3, 9), 2, new Int32Array(2))).toThrow(RangeError);
    expect(() => interner.internAll(bytes, Int32Array.of(3, 1), 2, new Int32Array(2))).toThrow(RangeError);
  });
});
