import fc from 'fast-check';
import snappy from 'snappyjs';
import { describe, expect, test } from 'vitest';
import type { NewRecord } from '../../../../../pipelines/log/bus.ts';
import { COMPRESSIONS } from '../../../../../schemas/config.ts';
import { RastroError } from '../../../../../schemas/errors/index.ts';
import { CODEC_IDS, checkWritable, codecOf } from '../../../../../services/log/kafka/codecs.ts';
import { crc32c } from '../../../../../services/log/kafka/crc32c.ts';
import { lz4Bound, zstdBound } from '../../../../../services/log/kafka/frame-bounds.ts';
import { BUS_LIMITS } from '../../../../../services/log/kafka/limits.ts';
import {
  encodeBatch,
  readBatches as readFrom,
  recordBytes,
} from '../../../../../services/log/kafka/record-batch.ts';

const PLACE = { topic: 'transactions', partition: 3 } as const;
const readBatches = (batches: Buffer, from: number, until: number) => readFrom(batches, PLACE, from, until);
const SOURCE = { producerId: 7n, producerEpoch: 1, firstSequence: 0 };
const NOW_MS = 1_767_225_600_000;

const canWrite = (compression: (typeof COMPRESSIONS)[number]) => {
  try {
    checkWritable(compression);
    return true;
  } catch (error) {
    expect(RastroError.is(error) && error.code).toBe('RAS-BUS-CODEC-MISSING');
    return false;
  }
};
const writable = COMPRESSIONS.filter(canWrite);

/** A batch as a broker gives it out: with its first offset. */
function batchAt(offset: number, records: readonly NewRecord[], compression = writable[0]): Buffer {
  const batch = encodeBatch(records, SOURCE, compression ?? 'none', NOW_MS);
  batch.writeBigInt64BE(BigInt(offset));
  return batch;
}

const record = (value: string, key: string | null = null): NewRecord => ({
  partition: 0,
  key,
  value: Buffer.from(value),
});

test('the checksum is that of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from('x123456789y'), 1, 10)).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

test('zstd is written where Node has it, and refused with a code elsewhere', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  expect(writable.includes('zstd')).toBe(major > 22 || (major === 22 && minor >= 15));
  // What the zstd command makes of 200 lines `rastro`: read on every Node.
  const frame = Buffer.from('28b52ffd04587500003872617374726f0a01006ee92f46e44bf521', 'hex');
  expect(codecOf(CODEC_IDS.zstd)?.decompress(frame).toString()).toBe('rastro\n'.repeat(200));
});

describe.each(writable)('%s', (compression) => {
  test('what is written is read, whatever it is', () => {
    const any: fc.Arbitrary<NewRecord> = fc.record({
      partition: fc.constant(0),
      key: fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
      headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' }), { maxKeys: 3 }),
      value: fc.option(fc.uint8Array({ maxLength: 10_000 }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 20 }), fc.nat(2 ** 40), (records, offset) => {
        const batch = batchAt(offset, records, compression);
        const { records: found, next } = readBatches(batch, offset, offset + records.length);
        expect(next).toBe(offset + records.length);
        expect(batch.readInt16BE(21)).toBe(CODEC_IDS[compression]);
        expect(found.map((one) => ({ ...one, value: one.value && [...one.value] }))).toEqual(
          records.map(({ key, headers, value }, at) => ({
            ...PLACE,
            offset: offset + at,
            key,
            headers: { ...headers },
            value: value && [...value],
            sentMs: NOW_MS,
          })),
        );
        const bound = records.reduce((sum, one) => sum + recordBytes(one), 0);
        if (compression === 'none') expect(batch.length).toBeLessThanOrEqual(61 + bound);
      }),
      { numRuns: 50 },
    );
  });

  test('blocks of half a MiB, and such as cannot be made smaller', () => {
    const noise = Buffer.alloc(512 * 1024);
    for (let at = 0, state = 1; at < noise.length; at++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      noise[at] = state >>> 24;
    }
    const records = [record('a row of a block, '.repeat(29_000)), { partition: 0, key: null, value: noise }];
    const { records: found } = readBatches(batchAt(0, records, compression), 0, 2);
    expect(
      found.map(
        ({ value }, at) =>
          value !== null &&
          records[at]?.value !== null &&
          Buffer.from(value).equals(records[at]?.value as Buffer),
      ),
    ).toEqual([true, true]);
  });
});

describe('what a broker gives out', () => {
  const three = [record('0', 'a'), record('1', 'b'), record('2', 'c')];

  test('a batch is cut off at the end: what was whole is read, and where to go on', () => {
    const whole = Buffer.concat([batchAt(0, three), batchAt(3, three)]);
    for (const bytes of [whole.length - 1, whole.length - 80, batchAt(0, three).length + 5]) {
      const { records, next } = readBatches(whole.subarray(0, bytes), 0, 100);
      expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2]);
      expect(next).toBe(3);
    }
  });

  test('a batch begins before the offset that was asked for, and goes on behind the last', () => {
    const { records, next } = readBatches(batchAt(10, three), 11, 12);
    expect(records.map(({ offset }) => offset)).toEqual([11]);
    expect(next).toBe(13);
  });

  test('of a batch that compaction emptied, the place behind it is known', () => {
    const emptied = Buffer.from(batchAt(5, three).subarray(0, 61));
    emptied.writeInt32BE(61 - 12, 8);
    emptied.writeInt32BE(0, 57);
    emptied.writeUInt32BE(crc32c(emptied, 21), 17);
    expect(readBatches(emptied, 5, 100)).toEqual({ records: [], next: 8 });
  });

  test('a marker of a transaction is passed over', () => {
    const marker = batchAt(5, [record('commit')]);
    marker.writeInt16BE(0x30, 21);
    marker.writeUInt32BE(crc32c(marker, 21), 17);
    expect(readBatches(marker, 5, 100)).toEqual({ records: [], next: 6 });
  });

  test('a byte that is wrong is seen', () => {
    const batch = batchAt(0, three);
    for (const at of [21, 40, batch.length - 1]) {
      const broken = Buffer.from(batch);
      broken[at] = (broken[at] as number) ^ 1;
      expect(() => readBatches(broken, 0, 3)).toThrow('checksum');
    }
  });

  test('a small value does not keep the answer that it came in', () => {
    const batch = Buffer.alloc(1024 * 1024);
    batchAt(0, three, 'none').copy(batch);
    const [found] = readBatches(batch, 0, 3).records;
    expect(found?.value?.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  test('a codec that nobody knows is refused', () => {
    const batch = batchAt(0, three);
    batch.writeInt16BE(5, 21);
    batch.writeUInt32BE(crc32c(batch, 21), 17);
    expect(() => readBatches(batch, 0, 3)).toThrow('codec 5');
    expect(codecOf(5)).toBeUndefined();
  });
});

describe('a batch that would become too large', () => {
  const ZEROS = Buffer.alloc(BUS_LIMITS.DECOMPRESSED_BYTES + 1);
  /** A frame of blocks that repeat a byte 128 KiB long, four bytes each: what no compressor makes of anything. */
  const zstdBomb = (blocks: number) => {
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]);
    const block = (isLast: boolean) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUIntLE(((128 * 1_024) << 3) | (1 << 1) | Number(isLast), 0, 3);
      return bytes;
    };
    const body = Buffer.alloc(4 * (blocks - 1), block(false));
    return Buffer.concat([head, body, block(true)]);
  };
  const packed = (codec: 'gzip' | 'snappy' | 'lz4') =>
    codecOf(CODEC_IDS[codec])?.compress(ZEROS) ?? Buffer.alloc(0);
  const bombs: Readonly<Record<string, () => [number, Buffer]>> = {
    gzip: () => [CODEC_IDS.gzip, packed('gzip')],
    'snappy in one piece': () => [CODEC_IDS.snappy, Buffer.from(snappy.compress(ZEROS))],
    'snappy in blocks': () => [CODEC_IDS.snappy, packed('snappy')],
    lz4: () => [CODEC_IDS.lz4, packed('lz4')],
    'zstd, 64 GiB': () => [CODEC_IDS.zstd, zstdBomb(512 * 1_024)],
  };
  /** As a broker would give it out, which looks at its checksum and its length alone. */
  const batchOf = (offset: number, [codec, body]: [number, Buffer]) => {
    const batch = Buffer.concat([batchAt(offset, [record('x'), record('y')], 'none').subarray(0, 61), body]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt16BE(codec, 21);
    batch.writeUInt32BE(crc32c(batch, 21), 17);
    return batch;
  };

  test.each(Object.keys(bombs))('%s: is one record that says so, and reading goes on behind it', (name) => {
    const bomb = batchOf(7, bombs[name]?.() as [number, Buffer]);
    const { records, next } = readBatches(Buffer.concat([bomb, batchAt(9, [record('good')])]), 7, 100);
    expect(next).toBe(10);
    expect(records.map(({ offset }) => offset)).toEqual([8, 9]);
    expect(records[0]).toMatchObject({ ...PLACE, key: null, value: null, headers: {} });
    expect(records[0]?.fault).toMatchObject({
      code: 'RAS-BUS-BATCH-TOO-LARGE',
      params: { ...PLACE, offset: 8, bytes: BUS_LIMITS.DECOMPRESSED_BYTES },
    });
    expect(records[1]?.fault).toBeUndefined();
  });

  test('as much as is allowed is read, and what comes behind it waits for the next call', () => {
    const large: NewRecord = { partition: 0, key: null, value: ZEROS.subarray(0, ZEROS.length - 64) };
    const batches = Buffer.concat([
      batchAt(0, [large], 'lz4'),
      batchAt(1, [large], 'gzip'),
      batchAt(2, [record('z')]),
    ]);
    const first = readBatches(batches, 0, 3);
    expect([first.records.length, first.next]).toEqual([2, 2]);
    expect(first.records.every(({ value, fault }) => value?.length === ZEROS.length - 64 && !fault)).toBe(
      true,
    );
  });

  test('the bound of a frame is never below what it becomes', () => {
    const bytes = fc
      .uint8Array({ maxLength: 300_000 })
      .map((part) => Buffer.concat([Buffer.alloc(200_000), part]));
    fc.assert(
      fc.property(bytes, (plain) => {
        const frame = codecOf(CODEC_IDS.lz4)?.compress(plain) as Buffer;
        expect(lz4Bound(frame)).toBeGreaterThanOrEqual(plain.length);
      }),
      { numRuns: 30 },
    );
    expect(zstdBound(zstdBomb(3))).toBe(3 * 128 * 1_024);
    const frame = Buffer.from('28b52ffd04587500003872617374726f0a01006ee92f46e44bf521', 'hex');
    expect(zstdBound(Buffer.concat([frame, frame]))).toBe(2 * 128 * 1_024);
  });

  test('a frame is not believed about its size, and what needs more memory than it says is refused', () => {
    const said = Buffer.alloc(13 + 3);
    said.set([0x28, 0xb5, 0x2f, 0xfd, 0xe0]);
    said.writeBigUInt64LE(2n ** 40n, 5);
    said.writeUIntLE(1, 13, 3);
    expect(zstdBound(said)).toBe(2 ** 40);
    const wide = zstdBomb(1);
    wide[5] = 0xa0;
    expect(() => zstdBound(wide)).toThrow('window');
    for (const none of [Buffer.from('no frame'), Buffer.alloc(8)]) {
      expect(() => lz4Bound(none)).toThrow(RangeError);
      expect(() => zstdBound(none)).toThrow(RangeError);
    }
  });

  test('a batch that says it has more records than bytes', () => {
    const batch = batchAt(0, [record('x')], 'none');
    const holding = (count: number) => {
      batch.writeInt32BE(count, 57);
      batch.writeUInt32BE(crc32c(batch, 21), 17);
      return batch;
    };
    expect(() => readBatches(holding(BUS_LIMITS.RECORDS_IN_BATCH), 0, 2)).toThrow('ends behind its batch');
    const [only] = readBatches(holding(BUS_LIMITS.RECORDS_IN_BATCH + 1), 0, 2).records;
    expect(only?.fault?.code).toBe('RAS-BUS-BATCH-TOO-LARGE');
  });
});
