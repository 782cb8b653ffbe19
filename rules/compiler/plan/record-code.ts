/**
 * Code that brings an event into the record of its subject: raises counters, keeps the other parts, and asks the gates of the
 * rules that the event triggers, where a watch was reached.
 */
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import { sumCode } from './counter-code.ts';
import { countingTables, noteCode, raiseCode, rollCode } from './counting-code.ts';
import { admitsCode, type GateContext, gateFunctionsCode, ungatedOf, watchesOf } from './gate-code.ts';
import { LINE_BYTES, RECORD_HEADER, WORD_BITS } from './layout.ts';
import { literal } from './literal.ts';
import {
  columnsOf,
  listCode,
  lotsCode,
  MINUTE_CODE,
  type Placed,
  type PlacedTally,
  weightCode,
} from './part-code.ts';
import { type Lots, lotsKey } from './record-part.ts';
import type { Watched } from './watch.ts';

/** Events whose records are read ahead, all lines of each: they stay in the nearest cache until it is their turn. */
const AHEAD = 32;

export interface RecordCode extends Omit<GateContext, 'counts'> {
  readonly kind: SubjectKind;
  /** How many predicates there are, and the bits of those that are counted. */
  readonly predicates: number;
  readonly counters: readonly { readonly bit: number }[];
  readonly lots: readonly Placed<Lots>[];
  readonly bitWords: number;
  readonly maskWords: number;
}

/**
 * Functions `…Records(columns, slab, n, legs, records, outBits, outMask)` and `…Admits(slab, record, time, out, at)` of a kind,
 * with what they use.
 */
export function recordCode(code: RecordCode): string {
  const context: GateContext = { ...code, counts: code.counters.length };
  const watches = watchesOf(context);
  const roll = `${code.kind}Roll`;
  return [
    ...countingTables(code.predicates, code.counters, watches, code.layout),
    'const ahead = new Int32Array(1);',
    ...rollCode(roll),
    ...gateFunctionsCode(code.kind, roll, context),
    ...admitsCode(`${code.kind}Admits`, code.maskWords, context),
    ...recordsCode(code, watches, roll),
  ].join('\n');
}

function recordsCode(
  code: RecordCode,
  watches: readonly (readonly Watched[] | null)[],
  roll: string,
): string[] {
  const { tallies, lots, lists, bitWords, layout } = code;
  const placed = placedTallies(code, watches);
  const partBits = [...lots, ...lists, ...tallies].map(({ bit }) => bit);
  const words = [...new Set(partBits.map((bit) => bit >>> 5))];
  const timed = wordTests([...lots, ...lists, ...tallies.filter(({ part }) => part.step.kind === 'funded')]);
  const lines = Array.from({ length: layout.bytes / LINE_BYTES }, (_, k) => `i32[w + ${literal(16 * k)}]`);
  return [
    `function ${code.kind}Records(columns, slab, n, legs, records, outBits, outMask) {`,
    'const times = columns.time; const f64 = slab.f64; const i32 = slab.i32; const u8 = slab.u8;',
    ...columnsOf(placed, lots, lists).map((column) => `const c_${column} = columns.${column};`),
    `for (let from = 0; from < n; from += ${AHEAD}) {`,
    `const until = from + ${AHEAD} < n ? from + ${AHEAD} : n;`,
    'let read = 0;',
    `for (let i = from; i < until; i++) { const w = records[i] * 16; read ^= ${lines.join(' ^ ')}; }`,
    // So that the reading is not optimised away.
    'ahead[0] = read;',
    'for (let i = from; i < until; i++) {',
    'const record = records[i]; const leg = legs[i]; const time = times[leg >> 1];',
    'const o = record * 64; const w = record * 16;',
    `f64[record * 8 + ${literal(RECORD_HEADER.lastTime / 8)}] = time;`,
    ...raiseCode(roll, bitWords),
    ...words.map((word) => `const b${word} = outBits[i * ${literal(bitWords)} + ${literal(word)}];`),
    ...(timed.length > 0 ? [`const minute = ${timed.join(' || ')} ? ${MINUTE_CODE} : 0;`] : []),
    ...placed.flatMap(weightCode),
    ...lots.flatMap((each, i) => {
      const own = placed.filter((tally) => tally.lots === i);
      return lotsCode(each, layout.lots[i]!, own);
    }),
    ...lists.flatMap((each, i) => listCode(each, layout.lists[i]!)),
    ...Array.from({ length: code.maskWords }, (_, word) => askCode(code, watches, word)).flat(),
    '}',
    '}',
    '}',
  ];
}

function placedTallies(
  { counters, tallies, lots, indexOf, layout }: RecordCode,
  watches: readonly (readonly Watched[] | null)[],
): PlacedTally[] {
  return tallies.map(({ part: tally, bit }, i) => {
    const counter = counters.length + i;
    const [own, base] = [layout.counters[counter]!, layout.counters[indexOf(tally.base)]!];
    const key = tally.step.kind === 'funded' ? lotsKey(tally.step.funding.lots) : null;
    return {
      tally,
      bit,
      own,
      base,
      note: noteCode(sumCode(own), counter, watches, layout),
      lots: lots.findIndex(({ part }) => lotsKey(part) === key),
    };
  });
}

/** Asks the gates of one word of rules. A rule whose gate has no watch is asked whenever an event triggers it. */
function askCode(
  { kind, gates, maskWords, layout }: RecordCode,
  watches: readonly (readonly Watched[] | null)[],
  word: number,
): string[] {
  const ofWord = gates.filter(({ bit }) => bit >>> 5 === word);
  const unwatched = ofWord.reduce(
    (set, { gate, bit }) =>
      gate.op !== 'constant' && watches[bit] === null ? set | (1 << (bit % WORD_BITS)) : set,
    0,
  );
  const at = `i * ${literal(maskWords)} + ${literal(word)}`;
  const [open, watched] = [layout.openWords[word]!, layout.watchWords[word]!].map(
    (offset) => `i32[w + ${literal(offset / 4)}]`,
  );
  return [
    `const m${word} = outMask[${at}];`,
    `if (m${word} !== 0) {`,
    `let admitted = ${open} | ${literal(ungatedOf(ofWord))};`,
    `let asked = m${word} & ~admitted & (${watched} | ${literal(unwatched)});`,
    'while (asked !== 0) {',
    'const place = 31 - Math.clz32(asked); const flag = 1 << place;',
    'asked ^= flag;',
    `const verdict = ${kind}Gates[${literal(WORD_BITS * word)} + place](i32, u8, o, w, time);`,
    'if (verdict === 2) admitted |= flag;',
    `else if (verdict === 0) ${watched} &= ~flag;`,
    '}',
    `outMask[${at}] = m${word} & admitted;`,
    '}',
  ];
}

/** Per word of bits that has one of them, whether one is set. */
function wordTests(placed: readonly Placed<unknown>[]): string[] {
  const masks = new Map<number, number>();
  for (const { bit } of placed) masks.set(bit >>> 5, (masks.get(bit >>> 5) ?? 0) | (1 << (bit % WORD_BITS)));
  return [...masks].map(([word, mask]) => `(b${word} & ${literal(mask)}) !== 0`);
}
