/**
 * Code for what a record holds beside counts of events: tallies, lots, lists of values. Times are minutes, compared by their
 * difference. Every part takes events in any order and errs upwards: what comes late counts as later than it was, or raises
 * what it might have changed.
 */
import { byteCode, mostOf } from './counter-code.ts';
import type { Read } from './event-test.ts';
import { type CounterPlace, LOTS, type RecordLayout, WIDE_MAX } from './layout.ts';
import { literal } from './literal.ts';
import type { Lots, Tally, ValueList } from './record-part.ts';

const MINUTE_MS = 60_000;
/** A lot of so much, or more, funds everything. */
const AMOUNT_MAX = 2 ** 31 - 1;
/** Texts and small numbers are held so that null is 0, as in an empty record. */
const NULL_OF = { text: '-1', small: '(-2147483648)' } as const;

const PLACE = { row: 'leg >> 1', own: 'leg', other: 'leg ^ 1' } as const;

/** A part and where the bit of its test lies. */
export interface Placed<T> {
  readonly part: T;
  readonly bit: number;
}

/** A tally with its place, and that of the count of the same events, which is as wide. */
export interface PlacedTally {
  readonly tally: Tally;
  readonly bit: number;
  readonly own: CounterPlace;
  readonly base: CounterPlace;
  /** Code that notes who watches it, to be run when it has risen. */
  readonly note: readonly string[];
  /** Block of its lots, if it has any. */
  readonly lots: number;
}

/** Minute of `time`. */
export const MINUTE_CODE = `Math.floor(time / ${MINUTE_MS}) | 0`;

export function columnValue({ column, at }: Read): string {
  return `c_${column}[${PLACE[at]}]`;
}

export function columnsOf(
  tallies: readonly PlacedTally[],
  lots: readonly Placed<Lots>[],
  lists: readonly Placed<ValueList>[],
): string[] {
  const reads = [
    ...tallies.flatMap(({ tally: { step } }) => (step.kind === 'weight' ? [step.amount] : [])),
    ...lots.map(({ part }) => part.amount),
    ...lists.map(({ part }) => part.read),
  ];
  return [...new Set(reads.flatMap(({ column }) => column ?? []))];
}

/** Whether the event's word has the bit. */
export function hasBit(bit: number): string {
  return `(b${bit >>> 5} & ${literal(1 << (bit & 31))}) !== 0`;
}

export function weightCode({ tally: { step }, bit, own, note }: PlacedTally): string[] {
  if (step.kind !== 'weight') return [];
  const byte = byteCode(own.at);
  return [
    `if (${hasBit(bit)}) {`,
    `const v = ${columnValue(step.amount)};`,
    `const s = ${byte} + (v > 0 ? Math.floor(v / ${literal(step.unit)}) + 1 : v === v ? 0 : ${WIDE_MAX});`,
    `${byte} = s < ${WIDE_MAX} ? s : ${WIDE_MAX};`,
    ...note,
    '}',
  ];
}

const word = (offset: number): string => `i32[w + ${literal(offset / 4)}]`;

interface LotWords {
  readonly minute: string;
  readonly amount: string;
}

function lotsAt(at: number): { lastOut: string; lots: LotWords[] } {
  const lots = Array.from({ length: LOTS }, (_, k) => ({
    minute: word(at + 4 + 8 * k),
    amount: word(at + 8 + 8 * k),
  }));
  return { lastOut: word(at), lots };
}

/** An event that brings money becomes the newest lot; then an outgoing one is judged by the lots. */
export function lotsCode({ part, bit }: Placed<Lots>, at: number, tallies: readonly PlacedTally[]): string[] {
  const { lastOut, lots } = lotsAt(at);
  const newest = lots[0]!;
  const [next, oldest] = [lots[LOTS - 2]!, lots[LOTS - 1]!];
  const within = literal(Math.ceil(part.withinMs / MINUTE_MS));
  const amount = columnValue(part.amount);
  // Outgoing events that stand behind this one, or may, were judged without it: all of them count.
  const repairs = tallies.flatMap(({ own, base, note }) => [
    `${byteCode(own.at)} = ${byteCode(base.at)};`,
    ...(own.isWide ? [`${byteCode(own.at + 1)} = ${byteCode(base.at + 1)};`] : []),
    ...note,
  ]);
  const outgoing = [...new Set(tallies.map((tally) => hasBit(tally.bit)))].map((asked) => `(${asked})`);
  return [
    `if (${hasBit(bit)}) {`,
    `if (((minute - ${lastOut}) | 0) <= 0) {`,
    ...repairs,
    '}',
    `const v = ${amount};`,
    `const at = ((minute - ${newest.minute}) | 0) > 0 ? minute : ${newest.minute};`,
    `if (((at - ${oldest.minute}) | 0) <= ${within}) {`,
    `const s = ${next.amount} + ${oldest.amount};`,
    `${next.amount} = s < ${AMOUNT_MAX} ? s : ${AMOUNT_MAX};`,
    '}',
    ...lots.slice(1).flatMap((_, k) => {
      const [from, to] = [lots[LOTS - 2 - k]!, lots[LOTS - 1 - k]!];
      return [`${to.minute} = ${from.minute};`, `${to.amount} = ${from.amount};`];
    }),
    `${newest.minute} = at;`,
    `${newest.amount} = v < ${AMOUNT_MAX} ? v : ${AMOUNT_MAX};`,
    '}',
    `if (${outgoing.join(' || ')}) {`,
    'let s = 0;',
    ...lots.map((lot) => `if (((minute - ${lot.minute}) | 0) <= ${within}) s += ${lot.amount};`),
    `const isLate = ((minute - ${newest.minute}) | 0) < 0 || ((minute - ${lastOut}) | 0) < 0;`,
    `const v = ${amount};`,
    ...tallies.flatMap(({ tally: { step }, bit: test, own, note }) => {
      if (step.kind !== 'funded') return [];
      const [byte, most] = [byteCode(own.at), literal(mostOf(own))];
      const { least, ratios } = step.funding;
      // An amount that the column does not hold, NaN, passes.
      const asked = ratios.map(({ out, into }) => `!(${literal(out)} * v > ${literal(into)} * s)`);
      const funded = [`s >= ${literal(least)}`, ...asked].join(' && ');
      return [
        `if (${hasBit(test)} && (${byte} & ${most}) !== ${most} && (isLate || s >= ${AMOUNT_MAX} || (${funded}))) {`,
        `${byte} = ${byte} + 1;`,
        ...note,
        '}',
      ];
    }),
    `if (((minute - ${lastOut}) | 0) > 0) ${lastOut} = minute;`,
    '}',
  ];
}

/** The value takes its place, or that of the value seen longest ago, unless the event is older still. */
export function listCode(
  { part: { read }, bit }: Placed<ValueList>,
  { at, slots }: RecordLayout['lists'][number],
): string[] {
  const first = literal(at / 4);
  return [
    `if (${hasBit(bit)}) {`,
    `const x = ${columnValue(read)} ^ ${NULL_OF[read.type as keyof typeof NULL_OF]};`,
    `const first = w + ${first};`,
    'let place = first;',
    `for (let k = first; k < first + ${literal(2 * slots)}; k += 2) {`,
    'if (i32[k] === x) { place = k; break; }',
    'if (i32[place] !== 0 && (i32[k] === 0 || ((i32[k + 1] - i32[place + 1]) | 0) < 0)) place = k;',
    '}',
    'if (i32[place] === 0 || ((minute - i32[place + 1]) | 0) >= 0) {',
    'i32[place] = x; i32[place + 1] = minute;',
    '}',
    '}',
  ];
}

/** That so many values of the list were seen within the window. */
export function valuesCode(
  { at, slots }: RecordLayout['lists'][number],
  windowMs: number,
  needed: number,
): string {
  const within = literal(Math.ceil(windowMs / MINUTE_MS));
  const seen = Array.from({ length: slots }, (_, k) => {
    const pair = at + 8 * k;
    return `${word(pair)} !== 0 && ((minute - ${word(pair + 4)}) | 0) <= ${within}`;
  });
  if (needed >= slots) return seen.join(' && ');
  return `${seen.map((asked) => `(${asked} ? 1 : 0)`).join(' + ')} >= ${literal(needed)}`;
}
