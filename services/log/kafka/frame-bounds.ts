/**
 * How much a compressed frame may become at most, read off the headers of its blocks without unpacking one: for decoders that take
 * no limit. Blocks have a largest size by their format, which the decoders hold them to.
 */

const LZ4_MAGIC = 0x184d2204;
const LZ4_BLOCK_CHECKSUM = 0x10;
const LZ4_CONTENT_SIZE = 0x08;
const LZ4_DICTIONARY = 0x01;
/** Of a block's length: its bytes are not compressed. */
const LZ4_PLAIN = 0x8000_0000;

/**
 * Of the first frame, which is all that is read.
 * @throws RangeError where it is none.
 */
export function lz4Bound(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  if (bytes.readUInt32LE(0) !== LZ4_MAGIC) throw new RangeError('no lz4 frame');
  const flags = bytes.readUInt8(4);
  // 4 to 7 say 64 KiB to 4 MiB.
  const blockBytes = 2 ** (8 + 2 * ((bytes.readUInt8(5) >> 4) & 0x07));
  const hasSize = (flags & LZ4_CONTENT_SIZE) !== 0;
  let bound = hasSize ? Number(bytes.readBigUInt64LE(6)) : 0;
  let at = 7 + (hasSize ? 8 : 0) + ((flags & LZ4_DICTIONARY) === 0 ? 0 : 4);
  let unpacked = 0;
  while (at + 4 <= bytes.length) {
    const word = bytes.readUInt32LE(at);
    if (word === 0) break;
    const length = word % LZ4_PLAIN;
    unpacked += word >= LZ4_PLAIN ? length : blockBytes;
    at += 4 + length + ((flags & LZ4_BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
  bound = Math.max(bound, unpacked);
  return bound;
}

const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_SKIPPABLE = 0x184d2a50;
const ZSTD_BLOCK_BYTES = 128 * 1_024;
/** What RFC 8878 asks every decoder to take, and few need. */
const ZSTD_WINDOW_BYTES = 8 * 1_024 * 1_024;
const ZSTD_BLOCK_RAW = 0;
const ZSTD_BLOCK_REPEATED = 1;

/**
 * Of all frames.
 * @throws RangeError where one is none, or needs a larger window.
 */
export function zstdBound(bytes: Buffer): number {
  let bound = 0;
  for (let at = 0; at < bytes.length; ) {
    const magic = bytes.readUInt32LE(at);
    if ((magic & 0xffff_fff0) >>> 0 === ZSTD_SKIPPABLE) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== ZSTD_MAGIC) throw new RangeError('no zstd frame');
    const frame = zstdFrame(bytes, at);
    bound += Math.max(frame.said, frame.unpacked);
    at = frame.end;
  }
  return bound;
}

function zstdFrame(bytes: Buffer, start: number): { said: number; unpacked: number; end: number } {
  const flags = bytes.readUInt8(start + 4);
  const isWhole = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 0x03] as number;
  const sizeBytes = [isWhole ? 1 : 0, 2, 4, 8][flags >> 6] as number;
  let at = start + 5;
  if (!isWhole) {
    const window = bytes.readUInt8(at++);
    const base = 2 ** (10 + (window >> 3));
    if (sizeBytes === 0 && base + (base / 8) * (window & 0x07) > ZSTD_WINDOW_BYTES)
      throw new RangeError('a zstd frame with a larger window than is taken');
  }
  at += dictionaryBytes;
  const said =
    sizeBytes === 8
      ? Number(bytes.readBigUInt64LE(at))
      : sizeBytes === 0
        ? 0
        : bytes.readUIntLE(at, sizeBytes);
  at += sizeBytes;
  let unpacked = 0;
  for (let isLast = false; !isLast; ) {
    const head = bytes.readUIntLE(at, 3);
    isLast = (head & 1) !== 0;
    const kind = (head >> 1) & 0x03;
    const length = head >> 3;
    unpacked += kind === ZSTD_BLOCK_RAW || kind === ZSTD_BLOCK_REPEATED ? length : ZSTD_BLOCK_BYTES;
    at += 3 + (kind === ZSTD_BLOCK_REPEATED ? 1 : length);
  }
  return { said, unpacked, end: at + ((flags & 0x04) === 0 ? 0 : 4) };
}
