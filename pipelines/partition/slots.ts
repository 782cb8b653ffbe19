/**
 * Which partition a subject belongs to: key -> slot -> partition. State is kept per slot, so that another number of
 * partitions moves slots, never recomputes keys.
 *
 * **Slot.** FNV-1a (32 bits, offset basis 2166136261, prime 16777619) over the UTF-8 bytes of the subject's key, the upper
 * bits folded into the ten lowest: `(h ^ h >>> 10) & 1023`. It has no seed on purpose: every process, on every machine, of
 * every version must agree on it for as long as state lies about. Whoever could choose keys could fill one slot; keys are
 * keyed pseudonyms (`pipelines/ingest/pseudonym.ts`), which nobody outside can choose. The kind of subject is left out: an
 * account without a known holder is its own holder, and the two stay together.
 *
 * **Partition.** `count` contiguous ranges of slots, whose sizes differ by one at most.
 */

/** Slots there are, and the most partitions. */
export const SLOTS = 1_024;

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
const SLOT_BITS = 10;

/** Slot of the key in bytes [start, end): 0 .. SLOTS - 1. */
export function slotOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = OFFSET_BASIS;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), PRIME);
  return (hash ^ (hash >>> SLOT_BITS)) & (SLOTS - 1);
}

/** Slot of a key's UTF-8 form. */
export function slotOfKey(key: string): number {
  const bytes = Buffer.from(key, 'utf8');
  return slotOfBytes(bytes, 0, bytes.length);
}

/**
 * Which partition has which range: entry r is the partition of the r-th range in the order of slots.
 *
 * From n partitions to n + 1 the new one gets the middle range. Ranges before the middle then shrink from their ends,
 * those behind it from their beginnings, and some 1/4 + 1/(4n + 4) of all slots move: no other place for the new one moves
 * fewer, and with the ranges simply numbered through it would be half. (1 / (n + 1) would do if ranges need not be
 * contiguous; reading, writing and naming a partition's state is worth more than that.)
 */
function partitionsInOrder(count: number): number[] {
  const order: number[] = [];
  for (let partition = 0; partition < count; partition++) {
    order.splice(Math.ceil(partition / 2), 0, partition);
  }
  return order;
}

/**
 * Partition of every slot where there are `count` of them, 1 .. SLOTS.
 * @throws RangeError on any other count.
 */
export function partitionsOfSlots(count: number): Int16Array {
  if (!Number.isInteger(count) || count < 1 || count > SLOTS) {
    throw new RangeError(`${count} partitions; there may be 1 to ${SLOTS}`);
  }
  const partitions = new Int16Array(SLOTS);
  partitionsInOrder(count).forEach((partition, range) => {
    const from = Math.floor((range * SLOTS) / count);
    partitions.fill(partition, from, Math.floor(((range + 1) * SLOTS) / count));
  });
  return partitions;
}
