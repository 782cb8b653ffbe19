/**
 * Code that brings an event into the record of its subject: rolls panes, raises counters, keeps the other parts, and asks the
 * gates of the rules that the event triggers; and code that asks the gates of a record as it stands.
 */
import type { SubjectKind } from '../../../schemas/enumerations.ts';
import { atomsOf, countsOf, type Gate } from './gate.ts';
import { type PaneLayout, RECORD_HEADER, type RecordLayout, WORD_BITS } from './layout.ts';
import { literal } from './literal.ts';
import {
  COUNTER_MAX,
  columnsOf,
  hasBit,
  listCode,
  lotsCode,
  MINUTE_CODE,
  type Placed,
  type PlacedTally,
  valuesCode,
  weightCode,
} from './part-code.ts';
import {
  type Count,
  type Lots,
  listKey,
  lotsKey,
  type Tally,
  tallyKey,
  type ValueList,
} from './record-part.ts';

/** A gate that needs more asks for this: what a saturated counter can show, with room. */
const NEEDED_MAX = 200;

export interface RecordGate {
  readonly gate: Gate;
  readonly bit: number;
}

export interface RecordCode {
  readonly kind: SubjectKind;
  /** Bits of the predicates that are counted. */
  readonly counters: readonly { readonly bit: number }[];
  /** Their counters come after the others, in this order. */
  readonly tallies: readonly Placed<Tally>[];
  readonly lots: readonly Placed<Lots>[];
  readonly lists: readonly Placed<ValueList>[];
  readonly gates: readonly RecordGate[];
  readonly indexOf: (count: Count) => number;
  readonly bitWords: number;
  readonly maskWords: number;
  readonly layout: RecordLayout;
}

/** Where a counter lies: its window, and its bytes as code. */
interface CounterPlace {
  readonly pane: number;
  readonly current: string;
  readonly previous: string;
}

/** Functions `…Records(columns, slab, n, legs, records, outBits, outMask)` and `…Admits(slab, record, time, out, at)` of a kind. */
export function recordCode(code: RecordCode): string {
  const places = counterPlaces(code.layout);
  return [...recordsCode(code, places), ...admitsCode(code, places)].join('\n');
}

function counterPlaces({ windows }: RecordLayout): ReadonlyMap<number, CounterPlace> {
  const places = new Map<number, CounterPlace>();
  for (const [pane, { current, previous, counters }] of windows.entries()) {
    for (const [i, counter] of counters.entries()) {
      const [now, before] = [current + i, previous + i].map((at) => `u8[o + ${literal(at)}]`);
      places.set(counter, { pane, current: now!, previous: before! });
    }
  }
  return places;
}

function recordsCode(code: RecordCode, places: ReadonlyMap<number, CounterPlace>): string[] {
  const { counters, tallies, lots, lists, gates, indexOf, bitWords, maskWords, layout } = code;
  const panes = layout.windows;
  const bitNames = wordNames('b', bitWords);
  const maskNames = wordNames('m', maskWords);
  const nothing = [...bitNames, ...maskNames].map((name) => `${name} === 0`).join(' && ');
  const placed = tallies.map(({ part: tally, bit }, i): PlacedTally => {
    const [own, base] = [places.get(counters.length + i)!, places.get(indexOf(tally.base))!];
    const key = tally.step.kind === 'funded' ? lotsKey(tally.step.funding.lots) : null;
    return {
      tally,
      bit,
      own: [own.current, own.previous],
      base: [base.current, base.previous],
      lots: lots.findIndex(({ part }) => lotsKey(part) === key),
    };
  });
  const all = [...counters, ...tallies];
  const timed = [
    ...wordTests(
      bitNames,
      [...lots, ...lists, ...tallies.filter(({ part }) => part.step.kind === 'funded')].map(({ bit }) => bit),
    ),
    ...wordTests(
      maskNames,
      gates.filter(({ gate }) => atomsOf(gate).some(({ op }) => op === 'values')).map(({ bit }) => bit),
    ),
  ];
  return [
    `function ${code.kind}Records(columns, slab, n, legs, records, outBits, outMask) {`,
    'const times = columns.time; const f64 = slab.f64; const i32 = slab.i32; const u8 = slab.u8;',
    ...columnsOf(placed, lots, lists).map((column) => `const c_${column} = columns.${column};`),
    ...panes.map((_, i) => `let p${i} = 0; let from${i} = Infinity; let until${i} = -Infinity;`),
    'for (let i = 0; i < n; i++) {',
    'const record = records[i]; const leg = legs[i]; const time = times[leg >> 1];',
    `f64[record * 8 + ${literal(RECORD_HEADER.lastTime / 8)}] = time;`,
    ...bitNames.map((name, w) => `const ${name} = outBits[i * ${literal(bitWords)} + ${literal(w)}];`),
    ...maskNames.map((name, w) => `const ${name} = outMask[i * ${literal(maskWords)} + ${literal(w)}];`),
    `if (${nothing}) continue;`,
    'const o = record * 64; const w = record * 16;',
    ...(timed.length > 0 ? [`const minute = ${timed.join(' || ')} ? ${MINUTE_CODE} : 0;`] : []),
    ...panes.flatMap((pane, i) => {
      const reading = gates.filter(({ gate }) => windowsOf(gate, places, code).has(i));
      const asked = [
        ...wordTests(
          bitNames,
          pane.counters.map((counter) => all[counter]!.bit),
        ),
        ...wordTests(
          maskNames,
          reading.map(({ bit }) => bit),
        ),
      ];
      return [`if (${asked.join(' || ')}) {`, ...rollCode(pane, i), '}'];
    }),
    ...bitNames.flatMap((name, w) => raiseCode(name, w, counters, places)),
    ...placed.flatMap(weightCode),
    ...lots.flatMap((each, i) => {
      const own = placed.filter((tally) => tally.lots === i);
      return lotsCode(each, layout.lots[i]!, own);
    }),
    ...lists.flatMap((each, i) => listCode(each, layout.lists[i]!)),
    ...maskNames.flatMap((name, w) => {
      const open = `i32[w + ${literal(layout.openWords[w]! / 4)}]`;
      const ofWord = gates.filter(({ bit }) => bit >>> 5 === w);
      const asked = ofWord.flatMap(({ gate, bit }) => {
        if (gate.op === 'constant') return [];
        const flag = literal(1 << (bit % WORD_BITS));
        return [
          `if ((asked & ${flag}) !== 0 && (${gateCode(gate, code, places, false)})) admitted |= ${flag};`,
        ];
      });
      return [
        `if (${name} !== 0) {`,
        `let admitted = ${open} | ${literal(ungatedOf(ofWord))};`,
        `const asked = ${name} & ~admitted;`,
        'if (asked !== 0) {',
        ...asked,
        '}',
        `outMask[i * ${literal(maskWords)} + ${literal(w)}] = ${name} & admitted;`,
        '}',
      ];
    }),
    '}',
    '}',
  ];
}

/** Of a time before the pane at hand the record's counters say nothing: what asks them is open. */
function admitsCode(code: RecordCode, places: ReadonlyMap<number, CounterPlace>): string[] {
  const { gates, maskWords, layout } = code;
  return [
    `function ${code.kind}Admits(slab, record, time, out, at) {`,
    'const i32 = slab.i32; const u8 = slab.u8; const o = record * 64; const w = record * 16;',
    ...(code.lists.length > 0 ? [`const minute = ${MINUTE_CODE};`] : []),
    ...layout.windows.map(
      ({ windowMs, pane }, i) =>
        `const isPast${i} = (((Math.floor(time / ${literal(windowMs)}) | 0) - i32[w + ${literal(pane / 4)}]) | 0) < 0;`,
    ),
    ...wordNames('a', maskWords).flatMap((name, word) => {
      const ofWord = gates.filter(({ bit }) => bit >>> 5 === word);
      const open = `i32[w + ${literal(layout.openWords[word]! / 4)}]`;
      return [
        `let ${name} = ${open} | ${literal(ungatedOf(ofWord))};`,
        ...ofWord.flatMap(({ gate, bit }) => {
          if (gate.op === 'constant') return [];
          return [
            `if (${gateCode(gate, code, places, true)}) ${name} |= ${literal(1 << (bit % WORD_BITS))};`,
          ];
        }),
        `out[at + ${literal(word)}] = ${name};`,
      ];
    }),
    '}',
  ];
}

function ungatedOf(gates: readonly RecordGate[]): number {
  return gates.reduce(
    (set, { gate, bit }) => set | (gate.op === 'constant' && gate.value ? 1 << (bit % WORD_BITS) : 0),
    0,
  );
}

function wordNames(letter: string, words: number): string[] {
  return Array.from({ length: words }, (_, w) => `${letter}${w}`);
}

/** Windows of which the gate reads a counter. */
function windowsOf(
  gate: Gate,
  places: ReadonlyMap<number, CounterPlace>,
  { indexOf, counters, tallies }: RecordCode,
): ReadonlySet<number> {
  const read = [...countsOf(gate).values()].map(indexOf);
  for (const atom of atomsOf(gate)) {
    if (atom.op === 'tally') read.push(counters.length + tallyIndex(tallies, atom.tally));
  }
  return new Set(read.map((counter) => places.get(counter)!.pane));
}

function tallyIndex(tallies: readonly Placed<Tally>[], tally: Tally): number {
  return tallies.findIndex(({ part }) => tallyKey(part) === tallyKey(tally));
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
  counters: readonly { readonly bit: number }[],
  places: ReadonlyMap<number, CounterPlace>,
): string[] {
  const ofBit = new Map<number, number[]>();
  counters.forEach(({ bit }, i) => {
    if (bit >>> 5 === word) ofBit.set(bit, [...(ofBit.get(bit) ?? []), i]);
  });
  if (ofBit.size === 0) return [];
  const raised = [...ofBit].flatMap(([bit, indexes]) => [
    `if (${hasBit(bit)}) {`,
    ...indexes.map((counter) => {
      const place = places.get(counter)!.current;
      return `if (${place} !== ${COUNTER_MAX}) ${place} = ${place} + 1;`;
    }),
    '}',
  ]);
  return [`if (${name} !== 0) {`, ...raised, '}'];
}

/** `anyTime`: the time may lie before the panes at hand. */
function gateCode(
  gate: Gate,
  code: RecordCode,
  places: ReadonlyMap<number, CounterPlace>,
  anyTime: boolean,
): string {
  const guarded = (windows: ReadonlySet<number>, asked: string) =>
    anyTime ? [...[...windows].map((pane) => `isPast${pane}`), `(${asked})`].join(' || ') : asked;
  const counted = (counter: number) => {
    const { current, previous } = places.get(counter)!;
    return `${current} + ${previous}`;
  };
  switch (gate.op) {
    case 'constant':
      return String(gate.value);
    case 'atLeast': {
      const least = Math.min(...gate.terms.map(({ coefficient }) => coefficient));
      const terms = gate.terms.map(({ count, coefficient }) => {
        const text = counted(code.indexOf(count));
        return coefficient === 1 ? text : `${literal(coefficient)} * (${text})`;
      });
      const asked = `${terms.join(' + ')} >= ${literal(Math.min(gate.needed, NEEDED_MAX * least))}`;
      return guarded(windowsOf(gate, places, code), asked);
    }
    case 'tally': {
      const counter = code.counters.length + tallyIndex(code.tallies, gate.tally);
      const asked = `${counted(counter)} >= ${literal(Math.min(gate.needed, NEEDED_MAX))}`;
      return guarded(new Set([places.get(counter)!.pane]), asked);
    }
    case 'values': {
      const list = code.lists.findIndex(({ part }) => listKey(part) === listKey(gate.list));
      return valuesCode(code.layout.lists[list]!, gate.windowMs, gate.needed);
    }
    default:
      return gate.parts
        .map((part) => `(${gateCode(part, code, places, anyTime)})`)
        .join(gate.op === 'all' ? ' && ' : ' || ');
  }
}
