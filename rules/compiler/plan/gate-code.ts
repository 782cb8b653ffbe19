/** Code that asks the gates of a record: of one rule as of an event, and of all of them as of any time. */
import { sumCode } from './counter-code.ts';
import { countsOf, type Gate } from './gate.ts';
import { NARROW_MAX, type RecordLayout, WORD_BITS } from './layout.ts';
import { literal } from './literal.ts';
import { MINUTE_CODE, type Placed, valuesCode } from './part-code.ts';
import { type Count, listKey, type Tally, tallyKey, type ValueList } from './record-part.ts';
import { type Watched, watchOf } from './watch.ts';

/** A gate that needs more asks for this: what a saturated counter can show, with room. */
const NEEDED_MAX = 200;

export interface RecordGate {
  readonly gate: Gate;
  readonly bit: number;
}

/** Of the record: its gates, and where what they ask of lies. */
export interface GateContext {
  readonly gates: readonly RecordGate[];
  /** Counters of tallies come after those of counts, in this order. */
  readonly counts: number;
  readonly tallies: readonly Placed<Tally>[];
  readonly lists: readonly Placed<ValueList>[];
  readonly indexOf: (count: Count) => number;
  readonly layout: RecordLayout;
}

/** Keys of counts of which a gate asks for more than a narrow counter shows. */
export function isBeyondNarrow(gate: Gate & { op: 'atLeast' }): boolean {
  return gate.needed > NARROW_MAX * leastCoefficient(gate);
}

function leastCoefficient({ terms }: Gate & { op: 'atLeast' }): number {
  return Math.min(...terms.map(({ coefficient }) => coefficient));
}

/** What the code asks for: no more than one counter shows that stays where it is. */
function neededOf(gate: Gate & { op: 'atLeast' | 'tally' }): number {
  const least = gate.op === 'tally' ? 1 : leastCoefficient(gate);
  return Math.min(gate.needed, NEEDED_MAX * least);
}

export function watchesOf(context: GateContext): readonly (readonly Watched[] | null)[] {
  const counterOf = (asked: Count | Tally) =>
    'base' in asked ? tallyCounter(context, asked) : context.indexOf(asked);
  return context.gates.map(({ gate }) => watchOf(gate, counterOf, neededOf));
}

function tallyCounter({ counts, tallies }: GateContext, tally: Tally): number {
  return counts + tallies.findIndex(({ part }) => tallyKey(part) === tallyKey(tally));
}

/**
 * Of each gate a function `...Gate<bit>(i32, u8, o, w, time)`, and all of them by bit in `...Gates`: 2 where the gate is open as of an
 * event in order, 1 where it is shut, 0 where its watch is not reached either. One function for all would be thrown out by
 * the engine at the first event of every rule that seldom has one.
 */
export function gateFunctionsCode(name: string, roll: string, context: GateContext): string[] {
  const watches = watchesOf(context);
  const functions = context.gates.flatMap(({ gate, bit }, i) => {
    if (gate.op === 'constant') return [];
    const reached = watches[i]?.map(
      ({ counter, least }) => `${sumCode(context.layout.counters[counter]!)} >= ${literal(least)}`,
    );
    const asked = `${gateCode(gate, context, false)} ? 2 : 1`;
    return [
      `function ${name}Gate${bit}(i32, u8, o, w, time) {`,
      ...(context.lists.length > 0 ? [`const minute = ${MINUTE_CODE};`] : []),
      ...[...windowsOf(gate, context)].map((window) => `${roll}(i32, w, ${literal(window)}, time);`),
      reached === undefined ? `return ${asked};` : `return (${reached.join(' || ')}) ? ${asked} : 0;`,
      '}',
    ];
  });
  const names = context.gates.map(({ gate, bit }) =>
    gate.op === 'constant' ? 'never' : `${name}Gate${bit}`,
  );
  return [...functions, 'function never() { return 1; }', `const ${name}Gates = [${names.join(', ')}];`];
}

/**
 * A function `...Admits(slab, record, time, out, at)`. Of a time before the pane at hand the record's counters say nothing: what
 * asks them is open.
 */
export function admitsCode(name: string, maskWords: number, context: GateContext): string[] {
  const { gates, layout } = context;
  return [
    `function ${name}(slab, record, time, out, at) {`,
    'const i32 = slab.i32; const u8 = slab.u8; const o = record * 64; const w = record * 16;',
    ...(context.lists.length > 0 ? [`const minute = ${MINUTE_CODE};`] : []),
    ...layout.windows.map(
      ({ windowMs, pane }, i) =>
        `const isPast${i} = (((Math.floor(time / ${literal(windowMs)}) | 0) - i32[w + ${literal(pane / 4)}]) | 0) < 0;`,
    ),
    ...Array.from({ length: maskWords }, (_, word) => {
      const ofWord = gates.filter(({ bit }) => bit >>> 5 === word);
      const open = `i32[w + ${literal(layout.openWords[word]! / 4)}]`;
      return [
        `let a${word} = ${open} | ${literal(ungatedOf(ofWord))};`,
        ...ofWord.flatMap(({ gate, bit }) => {
          if (gate.op === 'constant') return [];
          return [`if (${gateCode(gate, context, true)}) a${word} |= ${literal(1 << (bit % WORD_BITS))};`];
        }),
        `out[at + ${literal(word)}] = a${word};`,
      ];
    }).flat(),
    '}',
  ];
}

/** Rules, as a word, that are never asked more than whether they are triggered. */
export function ungatedOf(gates: readonly RecordGate[]): number {
  return gates.reduce(
    (set, { gate, bit }) => set | (gate.op === 'constant' && gate.value ? 1 << (bit % WORD_BITS) : 0),
    0,
  );
}

/** Windows of which the gate, without its parts, reads a counter. */
function windowsOf(gate: Gate, context: GateContext): ReadonlySet<number> {
  const windowOf = (counter: number) => context.layout.counters[counter]!.window;
  const windows = [...countsOf(gate).values()].map((count) => windowOf(context.indexOf(count)));
  const collect = (part: Gate): void => {
    if ('parts' in part) part.parts.forEach(collect);
    else if (part.op === 'tally') windows.push(windowOf(tallyCounter(context, part.tally)));
  };
  collect(gate);
  return new Set(windows);
}

/** `anyTime`: the time may lie before the panes at hand. */
function gateCode(gate: Gate, context: GateContext, anyTime: boolean): string {
  const { layout, indexOf, lists } = context;
  const guarded = (asked: string) =>
    anyTime
      ? [...[...windowsOf(gate, context)].map((window) => `isPast${window}`), `(${asked})`].join(' || ')
      : asked;
  switch (gate.op) {
    case 'constant':
      return String(gate.value);
    case 'atLeast': {
      const terms = gate.terms.map(({ count, coefficient }) => {
        const text = sumCode(layout.counters[indexOf(count)]!);
        return coefficient === 1 ? text : `${literal(coefficient)} * (${text})`;
      });
      return guarded(`${terms.join(' + ')} >= ${literal(neededOf(gate))}`);
    }
    case 'tally':
      return guarded(
        `${sumCode(layout.counters[tallyCounter(context, gate.tally)]!)} >= ${literal(neededOf(gate))}`,
      );
    case 'values': {
      const list = lists.findIndex(({ part }) => listKey(part) === listKey(gate.list));
      return valuesCode(layout.lists[list]!, gate.windowMs, gate.needed);
    }
    default:
      return gate.parts
        .map((part) => `(${gateCode(part, context, anyTime)})`)
        .join(gate.op === 'all' ? ' && ' : ' || ');
  }
}
