import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { describe, expect, test } from 'vitest';
import { decompressLz4 } from '../../../../../services/log/kafka/lz4-frame.ts';

const MIB = 1024 * 1024;
const LIMIT = 16 * MIB;

/** The frames that Java's clients write have blocks of 64 KiB, one of which may not have become smaller. */
function javaFrame(...stored: readonly Buffer[]): Buffer {
  const parts = stored.flatMap((block) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE((block.length | 0x8000_0000) >>> 0);
    return [head, block];
  });
  return Buffer.concat([Buffer.from('04224d18604082', 'hex'), ...parts, Buffer.alloc(4)]);
}

describe('frames of LZ4', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 3_000 }), (piece, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => piece));
        expect(decompressLz4(compressFrameSync(bytes), LIMIT).equals(bytes)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('of several blocks, and of blocks that are as they were', () => {
    const large = Buffer.from('a block has four MiB at most. '.repeat(300_000));
    const packed = compressFrameSync(large);
    const before = Buffer.from(packed);
    expect(decompressLz4(packed, LIMIT).equals(large)).toBe(true);
    expect(packed.equals(before)).toBe(true);
    const blocks = [Buffer.from('as it '), Buffer.from('was')];
    expect(decompressLz4(javaFrame(...blocks), LIMIT).toString()).toBe('as it was');
    expect(decompressLz4(javaFrame(), LIMIT)).toHaveLength(0);
  });

  test('of a kind that is not written here are read too', () => {
    // What the lz4 command makes of 200 words with `-BD`: linked blocks, and a checksum of the content.
    const frame = Buffer.from(
      '04224d186440a7160000007f72617374726f200700ffffffffff5e507374726f200000000067de7474',
      'hex',
    );
    expect(decompressLz4(frame, LIMIT).toString()).toBe('rastro '.repeat(200));
    expect(() => decompressLz4(frame, 1_000)).toThrow();
  });

  test('are refused when cut short, changed, or larger than they may be', () => {
    const frame = compressFrameSync(Buffer.from('rastro '.repeat(20_000)));
    for (const end of [0, 3, 7, 9, 20, frame.length - 5])
      expect(() => decompressLz4(frame.subarray(0, end), LIMIT)).toThrow();
    expect(() => decompressLz4(frame, 10_000)).toThrow();
    const changed = Buffer.from(frame);
    changed.writeUInt32LE(frame.length + 1, 7);
    expect(() => decompressLz4(changed, LIMIT)).toThrow();
  });
});
