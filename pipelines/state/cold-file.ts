/**
 * The port to where state goes that is not worth memory: units of bytes, appended once and read back whole.
 *
 * What lies there is a cache of what the log holds: it need not survive the process, and nobody waits for a disk. Calls are
 * synchronous, because the evaluator is, and a unit is some kilobytes.
 */
export interface ColdFile {
  /**
   * Appends a unit of 1 .. `COLD_LIMITS.UNIT_BYTES` bytes; returns its position, a safe integer.
   * @throws RastroError RAS-ENGINE-STATE-FULL beyond `COLD_LIMITS.TOTAL_BYTES`, RAS-ENGINE-STATE-FAILED if the disk refuses.
   */
  append(unit: Uint8Array): number;
  /**
   * Reads the unit at `position` into the beginning of `into` and returns its length. If that is more than `into` has room
   * for, nothing is in it, and the caller asks again with more.
   * @throws RastroError RAS-ENGINE-STATE-DAMAGED if the bytes are not those that were appended.
   */
  read(position: number, into: Uint8Array): number;
  /** The unit of so many bytes at `position` is not asked for again. */
  release(position: number, length: number): void;
  /** Bytes that the units take now. */
  readonly bytes: number;
  /** Ends it; what it held is gone. */
  close(): void;
}

export const COLD_LIMITS = {
  /** The longest unit is a history of 65,536 events. */
  UNIT_BYTES: 8 * 1_024 * 1_024,
  /** A file is begun anew from here on, so that one that nothing is left of can go. */
  FILE_BYTES: 1_024 * 1_024 * 1_024,
  TOTAL_BYTES: 1_024 ** 4,
} as const;
