/**
 * The orders that every result rests on: strings by unsigned UTF-8 bytes, events by (event time, institution, id,
 * version).
 */

export interface OrderedRef {
  readonly time: number;
  readonly institution: string;
  readonly id: string;
  readonly version: number;
}

const SURROGATE_FIRST = 0xd800;

/**
 * Rank of a UTF-16 code unit among the first bytes of UTF-8: surrogates stand for code points above U+FFFF and so
 * come after U+E000..U+FFFF, which code units order the other way round.
 */
function rank(unit: number): number {
  if (unit < SURROGATE_FIRST) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** Compares two well-formed strings by the unsigned bytes of their UTF-8. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** The total order of a subject's events (SEMANTICS §2). */
export function compareRefs(a: OrderedRef, b: OrderedRef): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.institution !== b.institution) return compareUtf8(a.institution, b.institution);
  if (a.id !== b.id) return compareUtf8(a.id, b.id);
  return a.version - b.version;
}
