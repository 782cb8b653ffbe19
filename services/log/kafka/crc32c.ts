/**
 * CRC-32C (Castagnoli), the checksum of a record batch. Eight bytes a step by eight tables: kafkajs' own goes byte by byte and
 * would be what an append of blocks mostly does.
 */

/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = 8;

/** `table[256 * k + b]`: what byte b does to the sum when k more bytes follow. */
const table = new Int32Array(256 * TABLES);
for (let byte = 0; byte < 256; byte++) {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  table[byte] = sum;
}
for (let at = 256; at < table.length; at++) {
  const before = table[at - 256] as number;
  table[at] = (before >>> 8) ^ (table[before & 0xff] as number);
}

/** Of bytes [from, until), as an unsigned number. */
export function crc32c(bytes: Uint8Array, from = 0, until = bytes.length): number {
  let sum = -1;
  let at = from;
  for (const last = until - 8; at <= last; at += 8) {
    sum ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    sum =
      (table[1792 + (sum & 0xff)] as number) ^
      (table[1536 + ((sum >>> 8) & 0xff)] as number) ^
      (table[1280 + ((sum >>> 16) & 0xff)] as number) ^
      (table[1024 + (sum >>> 24)] as number) ^
      (table[768 + (bytes[at + 4] as number)] as number) ^
      (table[512 + (bytes[at + 5] as number)] as number) ^
      (table[256 + (bytes[at + 6] as number)] as number) ^
      (table[bytes[at + 7] as number] as number);
  }
  for (; at < until; at++) sum = (sum >>> 8) ^ (table[(sum ^ (bytes[at] as number)) & 0xff] as number);
  return ~sum >>> 0;
}
