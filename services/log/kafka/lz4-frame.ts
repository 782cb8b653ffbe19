/**
 * LZ4 frames as Kafka's clients write them: independent blocks without checksums (the record batch has one). The library's own reader of
 * frames takes five times as long as its reader of single blocks, and knows no limit; whatever else a frame may be is left to it.
 */
import { decompressFrameSync, uncompressSync } from 'lz4-napi';
import { TOPIC_RECORD_BYTES } from '../../../schemas/topics.ts';

const MAGIC = 0x184d2204;
const HEADER_BYTES = 7;
const SIZE_BYTES = 4;
/** Version 1, independent blocks; no checksums, content size or dictionary. */
const PLAIN = 0x60;
/** By the code in the header's second byte: the most that a block may become. */
const BLOCK_BYTES: Readonly<Record<number, number>> = {
  64: 64 * 1024,
  80: 256 * 1024,
  96: 1024 * 1024,
  112: 4 * 1024 * 1024,
};
/** Set in the length of a block that is as it was. */
const STORED = 0x8000_0000;

/** @throws Error where the bytes are no frame, or would become more than `limit` */
export function decompressLz4(frame: Buffer, limit: number): Buffer {
  if (frame.length < HEADER_BYTES + SIZE_BYTES) throw new RangeError('a frame that was cut short');
  const blockBytes = BLOCK_BYTES[frame[SIZE_BYTES + 1] as number];
  if (blockBytes === undefined || frame.readUInt32LE(0) !== MAGIC || frame[SIZE_BYTES] !== PLAIN)
    return checked(decompressFrameSync(frame), limit);
  const blocks: Buffer[] = [];
  let size = 0;
  let at = HEADER_BYTES;
  for (;;) {
    const head = frame.readUInt32LE(at);
    at += SIZE_BYTES;
    if (head === 0) break;
    const length = head & ~STORED;
    if (at + length > frame.length) throw new RangeError('a frame that was cut short');
    const block =
      head >= STORED
        ? frame.subarray(at, at + length)
        : unpacked(frame.subarray(at - SIZE_BYTES, at + length), blockBytes);
    size += block.length;
    if (size > limit) throw new RangeError(`a frame of more than ${limit} bytes`);
    blocks.push(block);
    at += length;
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks, size);
}

/**
 * The library makes room for as much as it is told, and cleans it, so that it is told what a batch of ours becomes first: that is much
 * less than a block may. It reads this in front of the block, in the place of the block's own length.
 */
function unpacked(block: Buffer, blockBytes: number): Buffer {
  const own = block.readUInt32LE(0);
  try {
    block.writeUInt32LE(Math.min(blockBytes, TOPIC_RECORD_BYTES), 0);
    return uncompressSync(block);
  } catch (error) {
    if (blockBytes <= TOPIC_RECORD_BYTES) throw error;
    block.writeUInt32LE(blockBytes, 0);
    return uncompressSync(block);
  } finally {
    block.writeUInt32LE(own, 0);
  }
}

function checked(bytes: Buffer, limit: number): Buffer {
  if (bytes.length > limit) throw new RangeError(`a frame of more than ${limit} bytes`);
  return bytes;
}
