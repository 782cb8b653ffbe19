/**
 * What a scanner finds: cells, three integers each in one array: start, end (bytes of the value, without quotes) and a
 * hash of the bytes. No string is made; whoever needs the value reads it from the bytes.
 */

/** Integers of one cell. */
export const CELL = 3;

/** Where a hash begins. */
export const HASH_SEED = 0x2f0b4c35;
/** What each byte is folded in with: multiply after exclusive or (FNV-1a's prime). */
export const HASH_PRIME = 0x01000193;

/** Whether all of these cells have no bytes; `which` are numbers of cells. */
export function areEmpty(cells: Int32Array, which: Int32Array): boolean {
  for (let i = 0; i < which.length; i++) {
    const at = (which[i] as number) * CELL;
    if (cells[at] !== cells[at + 1]) return false;
  }
  return true;
}

/** A position behind what was read, or -1: nothing is said about the record, and the library reads it. */
export type Scan = (
  bytes: Uint8Array,
  view: DataView,
  from: number,
  stop: number,
  cells: Int32Array,
) => number;

/** The hash that a scanner computes of `bytes[start..end)`. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), HASH_PRIME);
  return hash;
}
