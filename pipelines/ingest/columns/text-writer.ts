/** Small texts and numbers into bytes, without strings between. */

const ZERO = 48;
const MINUS = 45;
const BILLION = 1e9;
const HUNDRED = 100;
const QUOTE = 34;
const BACKSLASH = 92;

/** Digits of every number below a hundred. */
const TENS = Uint8Array.from({ length: HUNDRED }, (_, i) => ZERO + Math.floor(i / 10));
const ONES = Uint8Array.from({ length: HUNDRED }, (_, i) => ZERO + (i % 10));

/** Copies `piece` to `at`; returns what is behind it. Faster than a loop from about a dozen bytes on. */
export function putBytes(bytes: Uint8Array, at: number, piece: Uint8Array): number {
  bytes.set(piece, at);
  return at + piece.length;
}

/** Decimal digits of an integer of 32 bits without sign, at least `width` of them. */
function putDigits(bytes: Uint8Array, at: number, value: number, width: number): number {
  let digits = 1;
  for (let bound = 10; digits < 10 && value >= bound; bound *= 10) digits++;
  if (digits < width) digits = width;
  const end = at + digits;
  let rest = value;
  let i = end;
  for (; i > at + 1; i -= 2) {
    const above = (rest / HUNDRED) | 0;
    const pair = rest - HUNDRED * above;
    bytes[i - 1] = ONES[pair] as number;
    bytes[i - 2] = TENS[pair] as number;
    rest = above;
  }
  if (i > at) bytes[at] = ZERO + rest;
  return end;
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

/** Copies `bytes[from .. from + size)` to `to[at ..)`; a few bytes, for which the library's copy is slow to begin. */
export function putFew(to: Uint8Array, at: number, bytes: Uint8Array, from: number, size: number): number {
  for (let i = 0; i < size; i++) to[at + i] = bytes[from + i] as number;
  return at + size;
}
