/** The total order of events: (event time, institution, id, version), strings by unsigned UTF-8 bytes. */

export interface Ordered {
  readonly time: number;
  readonly institution: string;
  readonly id: string;
  readonly version: number;
}

/**
 * Compares by unsigned UTF-8 bytes. JavaScript compares UTF-16 units, which differs only where a surrogate pair meets
 * a unit above it, so the common case needs no encoding.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0xd800 || y < 0xd800) return x < y ? -1 : 1;
    return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
  }
  return a.length < b.length ? -1 : 1;
}

export function compareOrder(a: Ordered, b: Ordered): number {
  return (
    a.time - b.time ||
    compareBytes(a.institution, b.institution) ||
    compareBytes(a.id, b.id) ||
    a.version - b.version
  );
}

/** Index of the first element that does not come before `item`, in a list sorted by `compareOrder`. */
export function lowerBound<T extends Ordered>(sorted: readonly T[], item: Ordered): number {
  let low = 0;
  let high = sorted.length;
  // Most events arrive in order: look at the end first.
  const last = sorted[high - 1];
  if (last === undefined || compareOrder(last, item) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareOrder(sorted[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
