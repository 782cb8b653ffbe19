/** Small texts into bytes, without strings between. */

const ZERO = 48;
const MINUS = 45;
const BILLION = 1e9;
const QUOTE = 34;
const BACKSLASH = 92;

/** Copies `piece` to `at`; returns what is behind it. */
export function putBytes(bytes: Uint8Array, at: number, piece: Uint8Array): number {
  bytes.set(piece, at);
  return at + piece.length;
}

/** Decimal digits of an integer of 32 bits without sign, at least `width` of them. */
function putDigits(bytes: Uint8Array, at: number, value: number, width: number): number {
  let digits = 1;
  for (let bound = 10; digits < 10 && value >= bound; bound *= 10) digits++;
  if (digits < width) digits = width;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = Math.trunc(rest / 10) | 0;
    bytes[i] = ZERO + (rest - 10 * tenth);
    rest = tenth;
  }
  return at + digits;
}

/** A safe integer, as JSON prints it. */
export function putInteger(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  if (rest < 0) {
    bytes[to++] = MINUS;
    rest = -rest;
  }
  if (rest < BILLION) return putDigits(bytes, to, rest | 0, 1);
  const high = Math.floor(rest / BILLION);
  // Safe integers have at most 16 digits, so this part has at most 7.
  to = putDigits(bytes, to, high | 0, 1);
  return putDigits(bytes, to, (rest - high * BILLION) | 0, 9);
}

const NULL = [110, 117, 108, 108] as const;

/** A safe integer, or `null` for NaN. */
export function putNumber(bytes: Uint8Array, at: number, value: number): number {
  if (!Number.isNaN(value)) return putInteger(bytes, at, value);
  for (let i = 0; i < NULL.length; i++) bytes[at + i] = NULL[i] as number;
  return at + NULL.length;
}

/** Plain ASCII that JSON writes as it is; -1 where the text has anything else. */
export function putPlain(bytes: Uint8Array, at: number, text: string): number {
  const size = text.length;
  for (let i = 0; i < size; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 || code > 126 || code === QUOTE || code === BACKSLASH) return -1;
    bytes[at + i] = code;
  }
  return at + size;
}
