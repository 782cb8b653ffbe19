import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignedInPlace } from '../../../schemas/block-reader.ts';

describe('bytes that are moved to where typed arrays can be laid over them', () => {
  test('are the same bytes in the same memory, and what follows them is as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 24 }), fc.uint8Array({ maxLength: 64 }), (at, value) => {
        const after = Uint8Array.of(1, 2, 3);
        const held = new Uint8Array(at + value.length + after.length);
        held.set(value, at);
        held.set(after, at + value.length);
        const moved = alignedInPlace(held.subarray(at, at + value.length));
        expect(moved).toEqual(value);
        expect(moved.buffer).toBe(held.buffer);
        expect(moved.byteOffset % 8).toBe(0);
        expect(at - moved.byteOffset).toBeLessThan(8);
        expect(held.subarray(at + value.length)).toEqual(after);
      }),
    );
  });
});
