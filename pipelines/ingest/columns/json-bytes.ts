/** Texts of JSON as bytes that are kept: many small ones, one behind the other, so that each is no memory block of its own. */

export const EMPTY = new Uint8Array(0);

const SLAB_BYTES = 65_536;
/** Of a text in a slab; a longer one has a block to itself. */
const TEXT_BYTES_MAX = 8_192;
/** UTF-8 bytes of one UTF-16 unit at most. */
const UNIT_BYTES = 3;

/** What is behind `used` is free; what is before it is never written to again. */
const slab = { bytes: Buffer.alloc(SLAB_BYTES), used: 0 };

export function textBytes(text: string): Uint8Array {
  const most = text.length * UNIT_BYTES;
  if (most > TEXT_BYTES_MAX) return Buffer.from(text, 'utf8');
  if (slab.used + most > SLAB_BYTES) {
    slab.bytes = Buffer.alloc(SLAB_BYTES);
    slab.used = 0;
  }
  const from = slab.used;
  slab.used += slab.bytes.write(text, from, 'utf8');
  return slab.bytes.subarray(from, slab.used);
}

/** UTF-8 of a value's JSON. */
export function jsonBytes(value: unknown): Uint8Array {
  return textBytes(JSON.stringify(value));
}

/** `"name":value,` */
export function memberBytes(name: string, value: unknown): Uint8Array {
  return value === undefined ? EMPTY : textBytes(`"${name}":${JSON.stringify(value)},`);
}
