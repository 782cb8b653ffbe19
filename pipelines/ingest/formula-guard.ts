/**
 * Formula injection: a spreadsheet runs a cell that begins with =, +, -, @, a tab or a carriage return. What a bank sends
 * is stored as text and never run; whatever we write as CSV for people goes through `guardCell` first.
 */

const DANGEROUS = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const PLAIN_NUMBER = /^-?\d+(?:\.\d+)?$/;

/** The cell, made harmless by a leading apostrophe where a spreadsheet would run it; plain numbers stay numbers. */
export function guardCell(cell: string): string {
  return DANGEROUS.test(cell) && !PLAIN_NUMBER.test(cell) ? `'${cell}` : cell;
}
