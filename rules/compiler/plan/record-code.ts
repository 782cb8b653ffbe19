/**
 * Code that brings an event into the record of its subject: rolls panes, raises counters, and asks the gates of the rules
 * that the event triggers.
 */
import { type Count, countsOf, type Gate } from './gate.ts';
import { type PaneLayout, RECORD_HEADER, type RecordLayout, WORD_BITS } from './layout.ts';
import { literal } from './literal.ts';

/** What one byte counts to; a counter stays there. */
const COUNTER_MAX = 255;
/** A gate that needs more asks for this: what a saturated counter can show, with room. */
const NEEDED_MAX = 200;

export interface RecordCounter {
  readonly bit: number;
}

export interface RecordGate {
  readonly gate: Gate;
  readonly bit: number;
}

export interface RecordCode {
  readonly counters: readonly RecordCounter[];
  readonly gates: readonly RecordGate[];
  readonly indexOf: (count: Count) => number;
  readonly bitWords: number;
  readonly maskWords: number;
  readonly layout: RecordLayout;
}

/** A function `records(columns, slab, n, legs, records, outBits, outMask)`. */
export function recordCode({ counters, gates, indexOf, bitWords, maskWords, layout }: RecordCode): string {
  const panes = layout.windows;
  const current = new Map<number, number>();
  const previous = new Map<number, number>();
  for (const pane of panes) {
    for (const [i, counter] of pane.counters.entries()) {
      current.set(counter, pane.current + i);
      previous.set(counter, pane.previous + i);
    }
  }
  const bitNames = wordNames('b', bitWords);
  const maskNames = wordNames('m', maskWords);
  const nothing = [...bitNames, ...maskNames].map((name) => `${name} === 0`).join(' && ');
  const countText = (counter: number) =>
    `u8[o + ${literal(current.get(counter)!)}] + u8[o + ${literal(previous.get(counter)!)}]`;
  return [
    'function records(columns, slab, n, legs, records, outBits, outMask) {',
    'const times = columns.time; const f64 = slab.f64; const i32 = slab.i32; const u8 = slab.u8;',
    ...panes.map((_, i) => `let p${i} = 0; let from${i} = Infinity; let until${i} = -Infinity;`),
    'for (let i = 0; i < n; i++) {',
    'const record = records[i]; const time = times[legs[i] >> 1];',
    `f64[record * 8 + ${literal(RECORD_HEADER.lastTime / 8)}] = time;`,
    ...bitNames.map((name, w) => `const ${name} = outBits[i * ${literal(bitWords)} + ${literal(w)}];`),
    ...maskNames.map((name, w) => `const ${name} = outMask[i * ${literal(maskWords)} + ${literal(w)}];`),
    `if (${nothing}) continue;`,
    'const o = record * 64; const w = record * 16;',
    ...panes.flatMap((pane, i) => {
      const reading = gates.filter(({ gate }) => readsPane(gate, pane, indexOf));
      const asked = [
        ...wordTests(
          bitNames,
          pane.counters.map((counter) => counters[counter]!.bit),
        ),
        ...wordTests(
          maskNames,
          reading.map(({ bit }) => bit),
        ),
      ];
      return [`if (${asked.join(' || ')}) {`, ...rollCode(pane, i), '}'];
    }),
    ...bitNames.flatMap((name, w) => raiseCode(name, w, counters, current)),
    ...maskNames.flatMap((name, w) => {
      const open = literal(layout.openWords[w]! / 4);
      const ofWord = gates.filter(({ bit }) => bit >>> 5 === w);
      return maskCode(name, `outMask[i * ${literal(maskWords)} + ${literal(w)}]`, open, ofWord, (gate) =>
        gateCode(gate, (count) => countText(indexOf(count))),
      );
    }),
    '}',
    '}',
  ].join('\n');
}

function wordNames(letter: string, words: number): string[] {
  return Array.from({ length: words }, (_, w) => `${letter}${w}`);
}

/** Whether the gate reads a counter of the window. */
function readsPane(gate: Gate, pane: PaneLayout, indexOf: (count: Count) => number): boolean {
  return [...countsOf(gate).values()].some((count) => pane.counters.includes(indexOf(count)));
}

/** Per word that has one of the bits, whether one is set: a window that the event does not touch may wait to be rolled. */
function wordTests(names: readonly string[], bits: readonly number[]): string[] {
  return names.flatMap((name, word) => {
    const mask = bits.reduce((all, bit) => (bit >>> 5 === word ? all | (1 << (bit % WORD_BITS)) : all), 0);
    return mask === 0 ? [] : [`(${name} & ${literal(mask)}) !== 0`];
  });
}

/** The pane of a time is computed anew only where the time has left the one at hand. Panes that go back change nothing. */
function rollCode({ windowMs, pane, current, previous, words }: PaneLayout, i: number): string[] {
  const length = literal(windowMs);
  const word = (offset: number) => `i32[w + ${literal(offset / 4)}]`;
  const each = Array.from({ length: words }, (_, k) => 4 * k);
  return [
    `if (time < from${i} || time >= until${i}) {`,
    `const pane = Math.floor(time / ${length});`,
    `p${i} = pane | 0; from${i} = pane * ${length}; until${i} = from${i} + ${length};`,
    '}',
    `const d${i} = (p${i} - ${word(pane)}) | 0;`,
    `if (d${i} > 0) {`,
    `${word(pane)} = p${i};`,
    `if (d${i} === 1) {`,
    ...each.map((k) => `${word(previous + k)} = ${word(current + k)};`),
    '} else {',
    ...each.map((k) => `${word(previous + k)} = 0;`),
    '}',
    ...each.map((k) => `${word(current + k)} = 0;`),
    '}',
  ];
}

function raiseCode(
  name: string,
  word: number,
  counters: readonly RecordCounter[],
  current: ReadonlyMap<number, number>,
): string[] {
  const ofBit = new Map<number, number[]>();
  counters.forEach(({ bit }, i) => {
    if (bit >>> 5 === word) ofBit.set(bit, [...(ofBit.get(bit) ?? []), i]);
  });
  if (ofBit.size === 0) return [];
  const raised = [...ofBit].flatMap(([bit, indexes]) => [
    `if ((${name} & ${literal(1 << (bit % WORD_BITS))}) !== 0) {`,
    ...indexes.map((counter) => {
      const place = `u8[o + ${literal(current.get(counter)!)}]`;
      return `if (${place} !== ${COUNTER_MAX}) ${place} = ${place} + 1;`;
    }),
    '}',
  ]);
  return [`if (${name} !== 0) {`, ...raised, '}'];
}

/** Of the rules that the event triggers, those whose gate is open or that have an open episode. */
function maskCode(
  name: string,
  place: string,
  open: string,
  gates: readonly RecordGate[],
  codeOf: (gate: Gate) => string,
): string[] {
  let ungated = 0;
  const asked: string[] = [];
  for (const { gate, bit } of gates) {
    const flag = 1 << (bit % WORD_BITS);
    if (gate.op === 'constant') ungated |= gate.value ? flag : 0;
    else
      asked.push(`if ((asked & ${literal(flag)}) !== 0 && (${codeOf(gate)})) admitted |= ${literal(flag)};`);
  }
  return [
    `if (${name} !== 0) {`,
    `let admitted = i32[w + ${open}] | ${literal(ungated)};`,
    `const asked = ${name} & ~admitted;`,
    'if (asked !== 0) {',
    ...asked,
    '}',
    `${place} = ${name} & admitted;`,
    '}',
  ];
}

function gateCode(gate: Gate, countOf: (count: Count) => string): string {
  switch (gate.op) {
    case 'constant':
      return String(gate.value);
    case 'atLeast': {
      const least = Math.min(...gate.terms.map(({ coefficient }) => coefficient));
      const terms = gate.terms.map(({ count, coefficient }) =>
        coefficient === 1 ? countOf(count) : `${literal(coefficient)} * (${countOf(count)})`,
      );
      return `${terms.join(' + ')} >= ${literal(Math.min(gate.needed, NEEDED_MAX * least))}`;
    }
    default:
      return gate.parts
        .map((part) => `(${gateCode(part, countOf)})`)
        .join(gate.op === 'all' ? ' && ' : ' || ');
  }
}
