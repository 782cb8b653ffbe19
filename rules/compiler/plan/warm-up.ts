/**
 * Runs a kernel over made-up events before it goes live: a branch that runs first after the code was optimised makes the
 * engine throw the optimised code away. The events are the same at every call.
 */
import { allocateFacts, FACT_COLUMNS, type FactColumn, SMALL_NULL } from '../../../schemas/facts.ts';
import type { KindPlan } from './kind-plan.ts';

const ROWS = 512;
const RECORDS = 64;
const ROUNDS = 400;
/** Events move on by this much, so that panes of every length are rolled. */
const ROUND_MS = 11 * 3_600_000;

export function warmUp(plan: KindPlan): void {
  const next = generator();
  const columns = allocateFacts(ROWS);
  const setBits = Int32Array.from({ length: 16 }, () => next(0x7fff_ffff));
  const buffer = new ArrayBuffer(RECORDS * plan.layout.bytes);
  const slab = { f64: new Float64Array(buffer), i32: new Int32Array(buffer), u8: new Uint8Array(buffer) };
  const lines = plan.layout.bytes / 64;
  const legs = new Int32Array(2 * ROWS).map((_, i) => i);
  const records = new Int32Array(2 * ROWS);
  const outBits = new Int32Array(2 * ROWS * plan.bitWords);
  const outMask = new Int32Array(2 * ROWS * plan.maskWords);
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 8 === 0) {
      for (const [name, column] of Object.entries(FACT_COLUMNS)) {
        fill(columns[name as keyof typeof columns], column, setBits.length, plan.textIds, next);
      }
    }
    // Half of the rounds bring events that most rules see, or gates would hardly be asked.
    if (round % 2 === 0) columns.status.fill(0);
    columns.time.forEach((_, row) => {
      columns.time[row] = round * ROUND_MS + row;
    });
    for (let i = 0; i < records.length; i++) records[i] = next(RECORDS) * lines;
    plan.kernel(columns, setBits, slab, legs.length, legs, records, outBits, outMask);
  }
}

/** Random values of a column, one in sixteen of them null. */
function fill(
  values: Float64Array | Uint8Array | Int32Array,
  column: FactColumn,
  sets: number,
  textIds: readonly number[],
  next: (below: number) => number,
): void {
  const drawn = (): number => {
    const isNull = next(16) === 0;
    switch (column.type) {
      case 'int':
        return isNull ? Number.NaN : next(2_000_000);
      case 'small':
        return isNull ? SMALL_NULL : next(2_000);
      case 'bool':
        return isNull ? 255 : next(2);
      case 'enum':
        return isNull ? 255 : next(column.values?.length ?? 1);
      case 'text':
        return isNull ? -1 : (textIds[next(2 * textIds.length)] ?? next(1_000));
      case 'set':
        return next(sets);
    }
  };
  for (let i = 0; i < values.length; i++) values[i] = drawn();
}

/** Numbers from 0 up to before `below`, always the same ones (Marsaglia's xorshift). */
function generator(): (below: number) => number {
  let state = 0x2545_f491;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, below);
  };
}
