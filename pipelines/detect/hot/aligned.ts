/**
 * Memory in whole cache lines. JavaScript cannot ask for an address; but the system's allocator maps a large block for itself and
 * begins it 16 bytes behind a page. What starts 48 bytes further starts a line, and a record of one line then costs one
 * miss, not two. Where an allocator does otherwise nothing is lost but that.
 */
const LINE_BYTES = 64;
const BLOCK_HEADER_BYTES = 16;
const SHIFT_BYTES = LINE_BYTES - BLOCK_HEADER_BYTES;

/** So many words of 32 bits. */
export function lineWords(words: number): Int32Array {
  return new Int32Array(new ArrayBuffer(SHIFT_BYTES + 4 * words), SHIFT_BYTES, words);
}
