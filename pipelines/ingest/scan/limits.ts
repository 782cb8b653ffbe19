/** Named limits of the generated scanners. Beyond each of them records take the library's path, with the same result. */
export const SCAN_LIMITS = {
  /** Layouts of objects learned per file; a file of more keeps the first ones. */
  LAYOUTS: 256,
  /** Lines of a file from which a layout is tried to be learned. */
  LEARNINGS: 4_096,
  /** Values of one object, or columns of one line, that a scanner reads. */
  CELLS: 512,
  /** Objects and lists inside each other. */
  DEPTH: 12,
  /** Uses of a stretch of layouts after which its function is generated. */
  GENERATE_AFTER: 2_048,
  /** Functions generated per file: each costs milliseconds of the compiler. */
  FUNCTIONS: 8,
  /** Cells in one generated function: a longer one is past what the JIT compiler optimises. */
  CELLS_PER_FUNCTION: 24,
  /** Digits of a number that a scanner reads: a double holds them without loss. */
  NUMBER_DIGITS: 15,
  /** Values remembered with their checks, per file. A power of two. */
  MEMO_SLOTS: 32_768,
  /** Bytes of a value that is remembered. */
  MEMO_BYTES: 44,
  /** Kinds of values (fields of layouts) that are remembered per file. */
  MEMO_KINDS: 16_384,
} as const;
