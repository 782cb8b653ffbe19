/**
 * Code that raises counters, the same for all of them, and the tables that it reads. An event is true of a few of some hundred
 * predicates: going through its bits costs less than asking of every counter whether it is meant, and is as long for any number
 * of rules.
 */
import { mostOf } from './counter-code.ts';
import { NARROW_MAX, type RecordLayout, WORD_BITS } from './layout.ts';
import { literal } from './literal.ts';
import type { Watched } from './watch.ts';

/** Numbers of a counter among `rows`, of a watch among `watches`, of a window among `panes`. */
const ROW = 5;
const WATCH = 3;
const PANE = 4;
/** No counter comes so far: nobody watches it. */
const NEVER = 1_000;

/** Who watches a counter, from what sum on, and where in the record that is noted. */
function watchersOf(
  counters: number,
  watches: readonly (readonly Watched[] | null)[],
  layout: RecordLayout,
): number[][][] {
  const byCounter: number[][][] = Array.from({ length: counters }, () => []);
  for (const [rule, watch] of watches.entries()) {
    for (const { counter, least } of watch ?? []) {
      const word = layout.watchWords[rule >>> 5]! / 4;
      byCounter[counter]!.push([least, word, 1 << (rule % WORD_BITS)]);
    }
  }
  return byCounter;
}

/**
 * Tables: `rows` of counters by predicate (`first`: where those of a bit begin): byte, window, what a pane counts to, from what
 * sum on somebody watches, who; `watches`: sum, word, flag; `panes` of windows: words of the pane's number, of its counters.
 */
export function countingTables(
  bits: number,
  counters: readonly { readonly bit: number }[],
  watches: readonly (readonly Watched[] | null)[],
  layout: RecordLayout,
): string[] {
  const byCounter = watchersOf(layout.counters.length, watches, layout);
  const first = [0];
  const order: number[] = [];
  for (let bit = 0; bit < bits; bit++) {
    counters.forEach((counter, i) => {
      if (counter.bit === bit) order.push(i);
    });
    first.push(order.length);
  }
  const watchers: number[] = [];
  const rows = order.flatMap((counter) => {
    const place = layout.counters[counter]!;
    const own = byCounter[counter]!;
    const row = [place.at, place.window, mostOf(place), Math.min(NEVER, ...own.map(([least]) => least!))];
    const from = watchers.length;
    watchers.push(...own.flat());
    return [...row, from];
  });
  const panes = layout.windows.flatMap(({ pane, narrow, wide, end }) =>
    [pane, narrow, wide, end].map((at) => at / 4),
  );
  const table = (name: string, numbers: readonly number[]) =>
    `const ${name} = Int32Array.of(${numbers.map(literal).join(', ')});`;
  const windows = literal(layout.windows.length);
  return [
    table('first', first),
    table('rows', [...rows, 0, 0, 0, 0, watchers.length]),
    table('watches', watchers),
    table('panes', panes),
    `const lengths = Float64Array.of(${layout.windows.map(({ windowMs }) => literal(windowMs)).join(', ')});`,
    `const paneNow = new Int32Array(${windows});`,
    `const paneFrom = new Float64Array(${windows}).fill(Infinity);`,
    `const paneUntil = new Float64Array(${windows}).fill(-Infinity);`,
  ];
}

/**
 * `...Roll(i32, w, window, time)`: the window's pane is that of the time. Panes that go back change nothing. The pane of a time is
 * computed anew only where the time has left the one at hand.
 */
export function rollCode(name: string): string[] {
  return [
    `function ${name}(i32, w, window, time) {`,
    'if (!(time >= paneFrom[window] && time < paneUntil[window])) {',
    'const pane = Math.floor(time / lengths[window]);',
    'paneNow[window] = pane | 0;',
    'paneFrom[window] = pane * lengths[window]; paneUntil[window] = pane * lengths[window] + lengths[window];',
    '}',
    `const at = ${PANE} * window; const place = w + panes[at]; const now = paneNow[window];`,
    'const gone = (now - i32[place]) | 0;',
    'if (gone <= 0) return;',
    'i32[place] = now;',
    'const wide = w + panes[at + 2]; const end = w + panes[at + 3];',
    'if (gone === 1) {',
    `for (let k = w + panes[at + 1]; k < wide; k++) i32[k] = (i32[k] & ${0x0f0f_0f0f}) << 4;`,
    `for (let k = wide; k < end; k++) i32[k] = (i32[k] & ${0x00ff_00ff}) << 8;`,
    '} else {',
    'for (let k = w + panes[at + 1]; k < end; k++) i32[k] = 0;',
    '}',
    '}',
  ];
}

/** Raises the counters of the event's predicates, and notes what watches they reach. */
export function raiseCode(roll: string, bitWords: number): string[] {
  return [
    `for (let k = 0; k < ${literal(bitWords)}; k++) {`,
    `let set = outBits[i * ${literal(bitWords)} + k];`,
    'while (set !== 0) {',
    'const place = 31 - Math.clz32(set); const bit = (k << 5) + place;',
    'set ^= 1 << place;',
    'const end = first[bit + 1];',
    'for (let row = first[bit]; row < end; row++) {',
    `const at = ${ROW} * row; const byte = o + rows[at];`,
    `${roll}(i32, w, rows[at + 1], time);`,
    'let sum = u8[byte];',
    `if (rows[at + 2] === ${NARROW_MAX}) {`,
    `if ((sum & ${NARROW_MAX}) !== ${NARROW_MAX}) { sum++; u8[byte] = sum; }`,
    `sum = (sum & ${NARROW_MAX}) + (sum >>> 4);`,
    '} else {',
    'if (sum !== rows[at + 2]) { sum++; u8[byte] = sum; }',
    'sum += u8[byte + 1];',
    '}',
    'if (sum >= rows[at + 3]) {',
    `for (let k = rows[at + 4]; k < rows[at + ${ROW + 4}]; k += ${WATCH}) {`,
    'if (sum >= watches[k]) i32[w + watches[k + 1]] |= watches[k + 2];',
    '}',
    '}',
    '}',
    '}',
    '}',
  ];
}

/** As `raiseCode` does, of a counter that was changed otherwise. */
export function noteCode(
  sum: string,
  counter: number,
  watches: readonly (readonly Watched[] | null)[],
  layout: RecordLayout,
): string[] {
  return watchersOf(layout.counters.length, watches, layout)[counter]!.map(
    ([least, word, flag]) =>
      `if (${sum} >= ${literal(least!)}) i32[w + ${literal(word!)}] |= ${literal(flag!)};`,
  );
}
