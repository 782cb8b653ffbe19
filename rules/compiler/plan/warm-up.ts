/**
 * Runs a kernel over made-up events before it goes live: a branch that runs first after the code was optimised makes the
 * engine throw the optimised code away. Events are drawn at random, and every second one is then bent so that one of the
 * plan's tests is true of it; counters are drawn too, so that gates are read to their end. The events are the same at every
 * call.
 */
import { allocateFacts, FACT_COLUMNS, type FactColumn, SMALL_NULL } from '../../../schemas/facts.ts';
import { finished, type Steps } from '../steps.ts';
import type { Read, Test } from './event-test.ts';
import type { KindPlan } from './kind-plan.ts';

const ROWS = 512;
const RECORDS = 64;
const ROUNDS = 160;
/** Sets of 31 members: none, all, each one alone, each one missing. */
const SETS = [0, 0x7fff_ffff, ...Array.from({ length: 31 }, (_, i) => 1 << i)];
const SETS_MISSING_ONE = Array.from({ length: 31 }, (_, i) => 0x7fff_ffff & ~(1 << i));

type Draw = (below: number) => number;

export function warmUp(plan: KindPlan): void {
  finished(warmingOf(plan));
}

/** As `warmUp`, a round a step. */
export function* warmingOf(plan: KindPlan): Steps<void> {
  const draw = generator();
  const columns = allocateFacts(ROWS);
  const setBits = Int32Array.from([...SETS, ...SETS_MISSING_ONE]);
  const { bytes, watchWords, windows, lots, lists } = plan.layout;
  const partsAt = Math.min(bytes, ...lots, ...lists.map(({ at }) => at));
  const buffer = new ArrayBuffer(RECORDS * bytes);
  const slab = { f64: new Float64Array(buffer), i32: new Int32Array(buffer), u8: new Uint8Array(buffer) };
  const lines = bytes / 64;
  const legs = new Int32Array(2 * ROWS).map((_, i) => i);
  const records = new Int32Array(2 * ROWS);
  const outBits = new Int32Array(2 * ROWS * plan.bitWords);
  const outMask = new Int32Array(2 * ROWS * plan.maskWords);
  const longestMs = Math.max(1, ...windows.map(({ windowMs }) => windowMs));
  let time = longestMs;
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 4 === 0) drawEvents(plan, columns, draw);
    // Panes stay, move on by one or a few, or by many.
    time += [0, longestMs / 16, longestMs, 5 * longestMs][round & 3]!;
    columns.time.fill(time);
    for (let i = 0; i < records.length; i++) records[i] = draw(RECORDS) * lines;
    for (let record = 0; record < RECORDS; record++) {
      // Records that have counted nothing, little, much: a gate is shut at its first counter, at its last, or open.
      const empty = [4, 3, 2, 1][record & 3]!;
      for (const { narrow, end } of windows) {
        for (let at = record * bytes + narrow; at < record * bytes + end; at++) {
          slab.u8[at] = draw(4) < empty ? 0 : draw(256);
        }
      }
      for (const at of watchWords) slab.i32[(record * bytes + at) >> 2] = draw(2) === 0 ? -1 : 0;
      // Minutes, amounts and values: an empty place, or anything between now and a window ago.
      const minute = Math.floor(time / 60_000);
      for (let at = record * bytes + partsAt; at < (record + 1) * bytes; at += 4) {
        slab.i32[at >> 2] = draw(8) === 0 ? 0 : minute - draw(Math.ceil(longestMs / 60_000));
      }
    }
    plan.kernel(columns, setBits, slab, legs.length, legs, records, outBits, outMask);
    for (let record = 0; record < RECORDS; record++) {
      plan.admits(slab, record * lines, time, outMask, 0);
      // What triggers a rule may be an amount that no event here has: its gate is asked all the same.
      for (const asks of plan.asksGate) asks(slab.i32, slab.u8, record * bytes, (record * bytes) / 4, time);
    }
    yield;
  }
}

type Columns = ReturnType<typeof allocateFacts>;

function drawEvents(plan: KindPlan, columns: Columns, draw: Draw): void {
  for (const [name, column] of Object.entries(FACT_COLUMNS)) {
    const values = columns[name as keyof Columns];
    for (let i = 0; i < values.length; i++) values[i] = drawn(column, draw);
  }
  for (let leg = 0; leg < 2 * ROWS; leg += 2 + draw(2)) {
    bend(plan.tests[draw(plan.tests.length)]!, columns, leg, draw);
  }
}

/** A random value of a column, one in sixteen of them null. */
function drawn({ type, values }: FactColumn, draw: Draw): number {
  const isNull = draw(16) === 0;
  switch (type) {
    case 'int':
      return isNull ? Number.NaN : draw(2) === 0 ? draw(50_000) : draw(2 ** 31);
    case 'small':
      return isNull ? SMALL_NULL : draw(2_000);
    case 'bool':
      return isNull ? 255 : draw(2);
    case 'enum':
      return isNull ? 255 : draw(values?.length ?? 1);
    case 'text':
      return isNull ? -1 : draw(1_000);
    case 'set':
      return draw(SETS.length + SETS_MISSING_ONE.length);
  }
}

/** Makes the test true of the leg, as far as codes, ids and members go; numbers are left to chance. */
function bend(test: Test, columns: Columns, leg: number, draw: Draw): void {
  switch (test.op) {
    case 'and':
      for (const part of test.parts) bend(part, columns, leg, draw);
      return;
    case 'or':
      bend(test.parts[draw(test.parts.length)]!, columns, leg, draw);
      return;
    case 'codes': {
      const codes = [...test.read.codes.keys()].filter((code) => ((test.mask >>> code) & 1) !== 0);
      put(columns, test.read, leg, codes[draw(codes.length)] ?? 255);
      return;
    }
    case 'ids': {
      const ids = [...test.ids.keys()];
      put(columns, test.read, leg, test.outside ? draw(1_000) : ids[draw(ids.length)]!);
      return;
    }
    case 'bits': {
      const members = [...test.members.keys()];
      put(columns, test.read, leg, test.any ? 2 + members[draw(members.length)]! : 0);
      return;
    }
    default:
      return;
  }
}

function put(columns: Columns, { column, at }: Read, leg: number, value: number): void {
  if (column === null) return;
  columns[column][at === 'row' ? leg >> 1 : at === 'own' ? leg : leg ^ 1] = value;
}

/** Numbers from 0 up to before `below`, always the same ones (Marsaglia's xorshift). */
function generator(): Draw {
  let state = 0x2545_f491;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, below);
  };
}
