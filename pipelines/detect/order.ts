/** Where an event belongs in a list that is in total order (`schemas/order.ts`). */
import { compareRefs, type OrderedRef } from '../../schemas/order.ts';

/** Index of the first element that does not come before `item`, in a list sorted by `compareRefs`. */
export function lowerBound<T extends OrderedRef>(sorted: readonly T[], item: OrderedRef): number {
  let low = 0;
  let high = sorted.length;
  // Most events arrive in order: look at the end first.
  const last = sorted[high - 1];
  if (last === undefined || compareRefs(last, item) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRefs(sorted[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
