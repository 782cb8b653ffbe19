/** Sub-events as methods of the class of a rule's confirmations: which events they are made of; the reference makes them. */
import type { DeriveProgram, FieldRead, GroupingProgram } from '../checked-rule.ts';
import { literal } from '../plan/literal.ts';
import type { Window } from '../window.ts';
import { placeCode, TOO_MANY_MISSING, windowCode } from './window-code.ts';

/** How code of other parts of the class is written. */
export interface DeriveTools {
  /** What a condition says of event `i`: 0 false, 1 true, 2 unknown, 3 undecided. */
  truth(position: number): string;
  /** Name of a calendar window. */
  calendar(window: Window): string;
  /** Holds where `value`, a text of code, is a known value of the field. */
  known(field: FieldRead, value: string): string;
}

/** Position of the condition that is true on the event at whose place each sub-event lies; null where it is one of several. */
export function placedBy(derive: DeriveProgram): number | null {
  if ('where' in derive) return derive.where;
  return derive.make === 'cycle' ? derive.out : null;
}

/** Statements of the constructor, and the methods: `d` numbers the derived kind. */
export function deriveCode(
  derive: DeriveProgram,
  d: number,
  tools: DeriveTools,
): { readonly state: string[]; readonly methods: string[] } {
  const buffer = `this.d${d}r`;
  return {
    state: [`this.d${d}s = 0; this.d${d}v = null; ${buffer} = movementBuffer();`],
    methods: [
      `d${d}() {`,
      `if (this.d${d}s === this.stamp) return this.d${d}v;`,
      `this.d${d}s = this.stamp;`,
      `const cycles = this.e${d}();`,
      `this.d${d}v = cycles;`,
      'return cycles;',
      '}',
      `e${d}() {`,
      ...('where' in derive
        ? membersCode(derive, buffer, tools)
        : movementsCode(derive, buffer, 'null', tools)),
      `if (${TOO_MANY_MISSING}) return null;`,
      ...madeCode(derive, tools),
      '}',
    ],
  };
}

function madeCode(derive: DeriveProgram, tools: DeriveTools): string[] {
  const days = 'const day = this.x_localDay; const dayOf = (i) => (day[i] === day[i] ? day[i] : null);';
  const members = 'where' in derive && derive.of === null ? '{ ...held, amounts: null }' : 'held';
  switch (derive.make) {
    case 'cycle': {
      const match = derive.match === 'fifo' ? 'fifoCycles' : 'sumCycles';
      return [`return ${match}(held, ${literal(derive.withinMs)});`];
    }
    case 'pay_period':
      return [days, `return payPeriods(held, ${literal(derive.longestMs)}, this.t, dayOf);`];
    case 'night': {
      const { stops } = derive;
      if (stops === null) return [`return nights(${members}, null);`];
      const known = tools.known(stops, 'stop[i]');
      return [
        `const stop = this.x_${stops.name};`,
        `return nights(${members}, (i) => (${known} ? stop[i] : null));`,
      ];
    }
    case 'stay':
      return [days, `return stays(${members}, ${literal(derive.withinMs)}, dayOf);`];
    case 'circuit':
      return [`return circuits(${members}, ${literal(derive.withinMs)}, ${literal(derive.stopsMin)});`];
  }
}

/** Fills `held` with what comes in and goes out; declares `n` and `x`, how many there are and how many are missing. */
export function movementsCode(
  part: { readonly window: Window; readonly in: number; readonly out: number; readonly of: FieldRead },
  buffer: string,
  unknown: string,
  tools: DeriveTools,
): string[] {
  const { window, of } = part;
  const undecided = of.name === 'amount' ? `if (v !== v) { fail(); return ${unknown}; }` : '';
  return [
    ...windowCode(window, tools.calendar(window), unknown),
    `const held = ${buffer}; let n = 0; let x = 0;`,
    'for (let i = from; i < to; i++) {',
    ...placeCode(window),
    `const isIn = ${tools.truth(part.in)}; const isOut = ${tools.truth(part.out)};`,
    'if (isIn === 0 && isOut === 0) continue;',
    `if (isIn === 3 || isOut === 3) { fail(); return ${unknown}; }`,
    `const v = this.x_${of.name}[i];`,
    `if (isIn === 2 || isOut === 2 || dayless) { x += 1; continue; }`,
    undecided,
    'if (v !== v) { x += 1; continue; }',
    'held.positions[n] = i; held.timesMs[n] = time[i]; held.amounts[n] = v;',
    'held.isIn[n] = isIn === 1; held.isOut[n] = isOut === 1;',
    'n += 1;',
    '}',
    'held.to = n;',
  ];
}

/** The same of events that are grouped by a value of theirs. */
function membersCode(
  { window, where, of, key, isNight }: GroupingProgram,
  buffer: string,
  tools: DeriveTools,
): string[] {
  const known = tools.known(key, 'key');
  const amount = of === null ? '0' : `this.x_${of.name}[i]`;
  const undecided = of?.name === 'amount' ? 'if (v !== v) { fail(); return null; }' : '';
  return [
    ...windowCode(window, tools.calendar(window), 'null'),
    `const held = ${buffer}; let n = 0; let x = 0;`,
    'for (let i = from; i < to; i++) {',
    ...placeCode(window),
    `const q = ${tools.truth(where)};`,
    'if (q === 0) continue;',
    `const key = this.x_${key.name}[i]; const v = ${amount};`,
    // By day an event lies in no night: codes of booleans are 0 and 1.
    isNight === null ? '' : `if (!(${known}) && this.x_${isNight.name}[i] === 0) continue;`,
    'if (q === 3) { fail(); return null; }',
    `if (q === 2 || dayless || !(${known})) { x += 1; continue; }`,
    undecided,
    'if (v !== v) { x += 1; continue; }',
    'held.positions[n] = i; held.timesMs[n] = time[i]; held.amounts[n] = v; held.keys[n] = key;',
    'n += 1;',
    '}',
    'held.to = n;',
  ];
}
