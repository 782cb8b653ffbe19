/**
 * Which parts a record keeps beside the counts of its gates. A part costs bytes of every subject, and only rules out what counts
 * let through: it is kept where a few events open the gate, and where it fits into the lines that the counters have begun.
 */
import type { Test } from './event-test.ts';
import { atomsOf, type Gate } from './gate.ts';
import { type CounterShape, LINE_BYTES, layOut, type RecordLayout } from './layout.ts';
import {
  countKey,
  type Lots,
  listKey,
  lotsKey,
  type RecordAtom,
  type Tally,
  tallyKey,
  type ValueList,
} from './record-part.ts';

/** A gate that needs more events, or more different values, is seldom open on counts alone. */
const PART_NEEDED_MAX = 4;
/** Lines that parts may fill though the counters have not begun them. */
const LINES_FREE = 2;

export interface RecordParts {
  readonly tallies: readonly Tally[];
  readonly lots: readonly Lots[];
  readonly lists: readonly ValueList[];
  readonly layout: RecordLayout;
  isKept(atom: RecordAtom): boolean;
}

/** Parts by key. */
interface Chosen {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly lots: ReadonlyMap<string, Lots>;
  readonly lists: ReadonlyMap<
    string,
    { readonly list: ValueList; readonly slots: number; readonly text: string }
  >;
}

/**
 * `counted`: the counters that the record keeps, by key of their count; `takes`: whether there is room for the test among the predicates, of
 * which it then is one.
 */
export function chooseParts(
  gates: readonly Gate[],
  maskWords: number,
  counted: ReadonlyMap<string, CounterShape>,
  takes: (test: Test) => boolean,
): RecordParts {
  let chosen: Chosen = { tallies: new Map(), lots: new Map(), lists: new Map() };
  const layoutWith = (parts: Chosen) => layoutOf(counted, maskWords, parts);
  let layout = layoutWith(chosen);
  const room = Math.max(layout.bytes, LINES_FREE * LINE_BYTES);
  for (const atom of gates.flatMap(atomsOf)) {
    const tried = chosenWith(chosen, atom);
    if (tried === null || (atom.op === 'tally' && !counted.has(countKey(atom.tally.base)))) continue;
    const laidOut = layoutWith(tried);
    if (laidOut.bytes > room || !takes(testOf(atom))) continue;
    chosen = tried;
    layout = laidOut;
  }
  const { tallies, lots, lists } = chosen;
  return {
    tallies: [...tallies.values()],
    lots: [...lots.values()],
    lists: [...lists.values()].map(({ list }) => list),
    layout,
    isKept(atom) {
      if (atom.op === 'tally') return tallies.has(tallyKey(atom.tally));
      return atom.needed <= (lists.get(listKey(atom.list))?.slots ?? 0);
    },
  };
}

/** Null where the atom is not worth a part. */
function chosenWith({ tallies, lots, lists }: Chosen, atom: RecordAtom): Chosen | null {
  if (atom.op === 'values') {
    const { list, needed, label } = atom;
    if (needed > PART_NEEDED_MAX) return null;
    const key = listKey(list);
    const slots = Math.max(needed, lists.get(key)?.slots ?? 0);
    const text = lists.get(key)?.text ?? `${list.read.field} of ${label}`;
    return { tallies, lots, lists: new Map([...lists, [key, { list, slots, text }]]) };
  }
  const { tally, needed } = atom;
  const withTally = new Map([...tallies, [tallyKey(tally), tally]]);
  if (tally.step.kind === 'weight') return { tallies: withTally, lots, lists };
  if (needed > PART_NEEDED_MAX) return null;
  const own = tally.step.funding.lots;
  return { tallies: withTally, lots: new Map([...lots, [lotsKey(own), own]]), lists };
}

/** What events are asked for the part. */
function testOf(atom: RecordAtom): Test {
  if (atom.op === 'values') return atom.list.test;
  const { base, step } = atom.tally;
  return step.kind === 'weight' ? base.test : step.funding.lots.test;
}

/** A tally of amounts rises by more than one; one of passed-on money is at times set to the count of its events. */
function layoutOf(
  counted: ReadonlyMap<string, CounterShape>,
  maskWords: number,
  chosen: Chosen,
): RecordLayout {
  const tallies = [...chosen.tallies.values()].map(({ base, step }) => ({
    windowMs: base.windowMs,
    isWide: step.kind === 'weight' || counted.get(countKey(base))!.isWide,
  }));
  return layOut({
    counters: [...counted.values(), ...tallies],
    maskWords,
    lots: [...chosen.lots.values()].map(({ label }) => label),
    lists: [...chosen.lists.values()],
  });
}
