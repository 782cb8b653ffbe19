/**
 * Source code of scanners. Nothing but numbers reaches it: positions of cells and bytes of keys, delimiters and
 * punctuation. So no text of a file or mapping is ever part of a program.
 *
 * A scanner accepts exactly what it was made for and returns -1 on anything else: an escape, a byte beyond ASCII, a
 * control character, another key, another order, an exponent, too many digits.
 */
import { CELL, HASH_PRIME, HASH_SEED, type Scan } from './cells.ts';
import { SCAN_LIMITS } from './limits.ts';

/**
 * `text`: between quotes. `number`: without exponent, of at most 15 digits. `plain`: a number whose text is also what
 * printing its value gives: unsigned, at most six decimals, the last one no zero.
 */
export type CellKind = 'text' | 'number' | 'plain' | 'boolean';

/** Fixed bytes, then a value; the last step of an object has no value and ends the record. */
export interface Step {
  readonly literal: readonly number[];
  /** `cell` is null where nobody reads the value: it is passed over. */
  readonly value: { readonly kind: CellKind; readonly cell: number | null } | null;
}

const WORD = 4;
/** Smaller numbers print with an exponent. */
export const PLAIN_DECIMALS = 6;

const byteAt = (literal: readonly number[], at: number): number => {
  const byte = literal[at] as number;
  if (!Number.isInteger(byte) || byte < 0 || byte > 255) throw new TypeError('not a byte');
  return byte;
};

/** Four bytes a comparison. */
function literalCode(literal: readonly number[]): string {
  const size = literal.length;
  if (size === 0) return '';
  const tests = [`p+${size}>stop`];
  let at = 0;
  for (; at + WORD <= size; at += WORD) {
    const word =
      byteAt(literal, at) |
      (byteAt(literal, at + 1) << 8) |
      (byteAt(literal, at + 2) << 16) |
      (byteAt(literal, at + 3) << 24);
    tests.push(`d.getInt32(p+${at},true)!==${word}`);
  }
  for (; at < size; at++) tests.push(`b[p+${at}]!==${byteAt(literal, at)}`);
  return `if(${tests.join('||')})return -1;p+=${size};`;
}

function store(cell: number, end: string): string {
  const at = cell * CELL;
  return `o[${at}]=s;o[${at + 1}]=${end};o[${at + 2}]=h;`;
}

const FOLD = `h=Math.imul(h^c,${HASH_PRIME});`;
const FRESH = `h=${HASH_SEED};`;

function valueCode(kind: CellKind, cell: number | null): string {
  const fold = cell === null ? '' : FOLD;
  const begin = cell === null ? 's=p;' : `s=p;${FRESH}`;
  const keep = cell === null ? '' : store(cell, 'p');
  if (kind === 'text') {
    return `if(b[p]!==34)return -1;p++;${begin}while((c=b[p])!==34){if(!(c>31&&c<127&&c!==92))return -1;${fold}p++;}${keep}p++;`;
  }
  if (kind === 'boolean') {
    const rest = (word: string) =>
      [...word].map((letter, i) => `b[p+${i}]!==${letter.charCodeAt(0)}`).join('||');
    const folded = cell === null ? 'p+=n;' : `while(n-->0){c=b[p];${FOLD}p++;}`;
    return `${begin}n=4;if(b[p]===102){n=5;if(${rest('false')})return -1;}else if(${rest('true')})return -1;${folded}${keep}`;
  }
  // No leading zero but in "0" and "0.5"; a point has digits on both sides.
  const sign = kind === 'plain' ? '' : `if((c=b[p])===45){${fold}p++;}`;
  const printed = kind === 'plain' ? `if(b[p-1]===48||p-m>${PLAIN_DECIMALS})return -1;` : '';
  return (
    `${begin}n=0;${sign}if(b[p]===48&&b[p+1]>47&&b[p+1]<58)return -1;` +
    `while((c=b[p])>47&&c<58){${fold}p++;n++;}if(n===0)return -1;` +
    `if(c===46){${fold}p++;m=p;while((c=b[p])>47&&c<58){${fold}p++;n++;}if(p===m)return -1;${printed}}` +
    `if(n>${SCAN_LIMITS.NUMBER_DIGITS})return -1;${keep}`
  );
}

function compile(body: string): Scan {
  return new Function(
    'b',
    'd',
    'p',
    'stop',
    'o',
    `"use strict";let c=0,s=0,h=0,n=0,m=0;${body}return p;`,
  ) as Scan;
}

/** A scanner of consecutive steps of an object. It may stop beyond `stop` only by returning -1. */
export function objectScan(steps: readonly Step[]): Scan {
  return compile(
    steps
      .map(
        ({ literal, value }) =>
          literalCode(literal) +
          (value === null ? 'if(p!==stop)return -1;' : valueCode(value.kind, value.cell)),
      )
      .join(''),
  );
}

/**
 * A scanner of one delimited line without quotes. `cells[i]` is the cell of column i, null where nobody reads it. Takes
 * whole ASCII lines without control characters only, of exactly these columns.
 */
export function lineScan(delimiter: number, cells: readonly (number | null)[]): Scan {
  const mark = byteAt([delimiter], 0);
  const columns = cells.map((cell, i) => {
    const isLast = i === cells.length - 1;
    const fold = cell === null ? '' : FOLD;
    const begin = cell === null ? '' : `s=p;${FRESH}`;
    const keep = cell === null ? '' : store(cell, 'p');
    // A control character ends the loop: a line end stands behind the line, or nothing at all.
    const loop = isLast
      ? `while(p<stop){c=b[p];if(c===${mark}||!(c>31&&c<128))return -1;${fold}p++;}`
      : `while((c=b[p])!==${mark}){if(!(c>31&&c<128))return -1;${fold}p++;}`;
    return `${begin}${loop}${keep}${isLast ? '' : 'p++;'}`;
  });
  return compile(`${columns.join('')}if(p!==stop)return -1;`);
}
