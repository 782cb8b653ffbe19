/**
 * The compressions of record batches. kafkajs knows gzip alone and ends a consumer at the first batch of another, so that all
 * are registered with it before anything connects; the bus itself uses them directly.
 */

import * as zlib from 'node:zlib';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import kafkajs from 'kafkajs';
import { compressFrameSync } from 'lz4-napi';
import snappy from 'snappyjs';
import type { COMPRESSIONS } from '../../../schemas/config.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { lz4Bound, zstdBound } from './frame-bounds.ts';
import { BUS_LIMITS } from './limits.ts';
import { decompressLz4 } from './lz4-frame.ts';

export type Compression = (typeof COMPRESSIONS)[number];

export interface Codec {
  compress(bytes: Buffer): Buffer;
  /**
   * @throws OversizeError where they would become more than `DECOMPRESSED_BYTES`
   * @throws Error where the bytes are not what the codec writes
   */
  decompress(bytes: Buffer): Buffer;
}

/** By the number that a batch carries. */
export const CODEC_IDS: Readonly<Record<Compression, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
};

/** There from Node 22.15 on. */
const { zstdCompressSync, zstdDecompressSync } = zlib as {
  zstdCompressSync?: (bytes: Buffer) => Buffer;
  zstdDecompressSync?: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;
};

/** The frame in which Java writes Snappy (xerial): a header, then blocks of compressed bytes, each behind its length. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_BLOCK_BYTES = 64 * 1_024;

/** What is compressed would become more than anybody here sends: whoever sent it wants memory, not records. */
export class OversizeError extends RangeError {
  override readonly name = 'OversizeError';
}

function checkedSize(size: number): void {
  if (size > BUS_LIMITS.DECOMPRESSED_BYTES) throw new OversizeError(`it becomes ${size} bytes`);
}

/** For decoders that take the limit themselves, and say in their own words that it was passed. */
function limited(decompress: (limit: number) => Buffer): Buffer {
  try {
    return decompress(BUS_LIMITS.DECOMPRESSED_BYTES);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE' || /too big/.test(message))
      throw new OversizeError(`it becomes more than ${BUS_LIMITS.DECOMPRESSED_BYTES} bytes`, {
        cause: error,
      });
    throw error;
  }
}

const unpackSnappy = (bytes: Buffer) => limited((limit) => snappy.uncompress(bytes, limit));

function unpackXerial(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  let size = 0;
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    const block = unpackSnappy(bytes.subarray(at + 4, at + 4 + length));
    size += block.length;
    checkedSize(size);
    blocks.push(block);
    at += 4 + length;
  }
  return Buffer.concat(blocks, size);
}

function packXerial(bytes: Buffer): Buffer {
  const header: Buffer = Buffer.alloc(XERIAL_HEADER_BYTES);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  const parts = [header];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = snappy.compress(bytes.subarray(at, at + XERIAL_BLOCK_BYTES));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

const CODECS: Readonly<Record<number, Codec>> = {
  [CODEC_IDS.gzip]: {
    compress: (bytes) => gzipSync(bytes, { level: constants.Z_BEST_SPEED }),
    decompress: (bytes) => limited((maxOutputLength) => gunzipSync(bytes, { maxOutputLength })),
  },
  [CODEC_IDS.snappy]: {
    compress: packXerial,
    decompress: (bytes) =>
      bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC) ? unpackXerial(bytes) : unpackSnappy(bytes),
  },
  [CODEC_IDS.lz4]: {
    compress: (bytes) => compressFrameSync(bytes),
    decompress: (bytes) => {
      checkedSize(lz4Bound(bytes));
      return decompressLz4(bytes, BUS_LIMITS.DECOMPRESSED_BYTES);
    },
  },
  [CODEC_IDS.zstd]: {
    compress: (bytes) => {
      if (zstdCompressSync === undefined) throw new RastroError('RAS-BUS-CODEC-MISSING', { codec: 'zstd' });
      return zstdCompressSync(bytes);
    },
    decompress: (bytes) => {
      if (zstdDecompressSync !== undefined)
        return limited((maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }));
      checkedSize(zstdBound(bytes));
      return Buffer.from(unzstd(bytes));
    },
  },
};

/** The codec of a number; undefined for none, and for one that nobody knows. */
export function codecOf(id: number): Codec | undefined {
  return CODECS[id];
}

/** @throws RastroError RAS-BUS-CODEC-MISSING where this Node cannot write it. */
export function checkWritable(compression: Compression): void {
  if (compression === 'zstd' && zstdCompressSync === undefined)
    throw new RastroError('RAS-BUS-CODEC-MISSING', { codec: compression });
}

/** Makes all codecs known to kafkajs. Again does no harm. */
export function registerCodecs(): void {
  for (const [id, codec] of Object.entries(CODECS)) {
    kafkajs.CompressionCodecs[Number(id) as keyof typeof kafkajs.CompressionCodecs] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => codec.compress(buffer),
      decompress: async (buffer: Buffer) => codec.decompress(buffer),
    });
  }
}
