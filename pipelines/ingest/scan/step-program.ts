/**
 * Steps as numbers, and the one function that runs them. It accepts what the generated function of the same steps accepts.
 * A generated function is faster, but costs milliseconds of the compiler; so a stretch begins here and is generated once it
 * has shown to be in use.
 */
import { CELL, HASH_PRIME, HASH_SEED } from './cells.ts';
import { SCAN_LIMITS } from './limits.ts';
import { type CellKind, PLAIN_DECIMALS, type Step } from './scan-code.ts';

const END = -1;
const KINDS: readonly CellKind[] = ['text', 'number', 'plain', 'boolean'];
const TEXT = 0;
const PLAIN = 2;
const BOOLEAN = 3;

const TRUE = [116, 114, 117, 101] as const;
const FALSE = [102, 97, 108, 115, 101] as const;

/** For each step: bytes of the literal, its whole words, its other bytes, then kind (or END) and cell (or -1). */
export function programOf(steps: readonly Step[]): Int32Array {
  const out: number[] = [];
  for (const { literal, value } of steps) {
    out.push(literal.length);
    const whole = literal.length & ~3;
    for (let at = 0; at < whole; at += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = literal.slice(at, at + 4);
      out.push(a | (b << 8) | (c << 16) | (d << 24));
    }
    out.push(...literal.slice(whole));
    if (value === null) out.push(END, -1);
    else out.push(KINDS.indexOf(value.kind), value.cell ?? -1);
  }
  return Int32Array.from(out);
}

/** Runs the steps; the arguments and the answer are those of a generated scanner. */
export function runProgram(
  program: Int32Array,
  b: Uint8Array,
  d: DataView,
  from: number,
  stop: number,
  o: Int32Array,
): number {
  let p = from;
  const size = program.length;
  for (let pc = 0; pc < size; ) {
    const length = program[pc++] as number;
    if (p + length > stop) return -1;
    const words = p + (length & ~3);
    for (; p < words; p += 4) if (d.getInt32(p, true) !== program[pc++]) return -1;
    const bytes = p + (length & 3);
    for (; p < bytes; p++) if (b[p] !== program[pc++]) return -1;
    const kind = program[pc++] as number;
    const cell = program[pc++] as number;
    if (kind === END) return p === stop ? p : -1;
    let start = p;
    let hash = HASH_SEED;
    let c = 0;
    if (kind === TEXT) {
      if (b[p] !== 34) return -1;
      start = ++p;
      for (c = b[p] as number; c !== 34; c = b[++p] as number) {
        if (!(c > 31 && c < 127 && c !== 92)) return -1;
        hash = Math.imul(hash ^ c, HASH_PRIME);
      }
    } else if (kind === BOOLEAN) {
      const word = b[p] === 102 ? FALSE : TRUE;
      for (let i = 0; i < word.length; i++) {
        c = b[p++] as number;
        if (c !== word[i]) return -1;
        hash = Math.imul(hash ^ c, HASH_PRIME);
      }
    } else {
      let digits = 0;
      if (kind !== PLAIN && b[p] === 45) {
        hash = Math.imul(hash ^ 45, HASH_PRIME);
        p++;
      }
      if (b[p] === 48 && (b[p + 1] as number) > 47 && (b[p + 1] as number) < 58) return -1;
      for (c = b[p] as number; c > 47 && c < 58; c = b[++p] as number) {
        hash = Math.imul(hash ^ c, HASH_PRIME);
        digits++;
      }
      if (digits === 0) return -1;
      if (c === 46) {
        hash = Math.imul(hash ^ c, HASH_PRIME);
        const point = ++p;
        for (c = b[p] as number; c > 47 && c < 58; c = b[++p] as number) {
          hash = Math.imul(hash ^ c, HASH_PRIME);
          digits++;
        }
        if (p === point) return -1;
        if (kind === PLAIN && (b[p - 1] === 48 || p - point > PLAIN_DECIMALS)) return -1;
      }
      if (digits > SCAN_LIMITS.NUMBER_DIGITS) return -1;
    }
    if (cell >= 0) {
      const at = cell * CELL;
      o[at] = start;
      o[at + 1] = p;
      o[at + 2] = hash;
    }
    if (kind === TEXT) p++;
  }
  return p;
}
