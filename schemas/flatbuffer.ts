/**
 * Reading flatbuffers, as far as Arrow's metadata need it. A table begins with the distance back to its list of slots; slot i says where
 * field i lies, 0 for nowhere. A `DataView` throws wherever something leads out of the bytes; counts are compared with them here.
 */

function slotOf(view: DataView, table: number, field: number): number {
  const slots = table - view.getInt32(table, true);
  const at = 4 + 2 * field;
  return at < view.getUint16(slots, true) ? view.getUint16(slots + at, true) : 0;
}

/** Where a field lies; undefined of one that was left out, having its default. */
export function fieldAt(view: DataView, table: number, field: number): number | undefined {
  const slot = slotOf(view, table, field);
  return slot === 0 ? undefined : table + slot;
}

/** Where the table that a field refers to lies. @throws RangeError where there is none */
export function tableAt(view: DataView, table: number, field: number): number {
  const at = fieldAt(view, table, field);
  if (at === undefined) throw new RangeError('a table without its field');
  return at + view.getInt32(at, true);
}

/** Where the first entry of `bytes` bytes lies, and where the last one ends. */
export function vectorAt(view: DataView, table: number, field: number, bytes: number): [number, number] {
  const at = fieldAt(view, table, field);
  if (at === undefined) return [0, 0];
  const vector = at + view.getInt32(at, true);
  const first = vector + 4;
  const end = first + bytes * view.getUint32(vector, true);
  if (end > view.byteLength) throw new RangeError('entries outside of the message');
  return [first, end];
}

/** The tables of a vector of them. */
export function entriesAt(view: DataView, table: number, field: number): number[] {
  const [first, end] = vectorAt(view, table, field, 4);
  return Array.from({ length: (end - first) / 4 }, (_, i) => {
    const at = first + 4 * i;
    return at + view.getInt32(at, true);
  });
}

export function textAt(view: DataView, table: number, field: number): string {
  const [first, end] = vectorAt(view, table, field, 1);
  return Buffer.from(view.buffer, view.byteOffset + first, end - first).toString('utf8');
}

/** A length or a place: never negative, and within what a double counts. */
export function longAt(view: DataView, at: number | undefined): number {
  if (at === undefined) return 0;
  const [low, high] = [view.getUint32(at, true), view.getInt32(at + 4, true)];
  if (high !== 0) throw new RangeError('a length that no block has');
  return low;
}
