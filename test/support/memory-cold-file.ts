import type { ColdFile } from '../../pipelines/state/cold-file.ts';

export interface MemoryColdFile extends ColdFile {
  readonly units: ReadonlyMap<number, Uint8Array>;
  /** Units read so far. */
  readonly reads: number;
  /** A file with the same units where they are; what comes to one of the two does not come to the other. */
  copy(): MemoryColdFile;
}

/** A cold file for tests: units in memory, each only where it was appended, read back as copies. */
export function memoryColdFile(
  from: Iterable<readonly [number, Uint8Array]> = [],
  endsAt = 0,
): MemoryColdFile {
  const units = new Map(from);
  let end = endsAt;
  let bytes = [...units.values()].reduce((sum, { length }) => sum + length, 0);
  let reads = 0;
  return {
    append(unit) {
      const position = end;
      units.set(position, unit.slice());
      // Positions as large as those behind a few gigabytes.
      end += unit.length + 2 ** 31;
      bytes += unit.length;
      return position;
    },
    read(position, into) {
      const unit = units.get(position);
      if (unit === undefined) throw new Error(`no unit at ${position}`);
      reads++;
      if (unit.length <= into.length) into.set(unit);
      return unit.length;
    },
    release(position, length) {
      if (units.get(position)?.length !== length)
        throw new Error(`no unit of ${length} bytes at ${position}`);
      units.delete(position);
      bytes -= length;
    },
    get bytes() {
      return bytes;
    },
    units,
    get reads() {
      return reads;
    },
    copy: () => memoryColdFile(units, end),
    close() {
      units.clear();
      bytes = 0;
    },
  };
}
