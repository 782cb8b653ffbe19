/**
 * Sequences: events of one group that do the steps of a feature one after the other (SEMANTICS §5).
 *
 * Of all that was begun only the sequences that started last matter, one for each number of steps done: whatever completes an
 * earlier one within the time completes them too.
 */
import type { FieldRead, SequenceProgram, Value } from '../checked-rule.ts';
import { type AsOf, FALSE, UNKNOWN } from './as-of.ts';
import type { Column, Range, Taker } from './matches.ts';

/** Events that do a step, in total order; `from` and `to` cut out one window. */
export interface StepEvents {
  readonly positions: readonly number[];
  readonly timesMs: readonly number[];
  /** Bit i: the event does step i. */
  readonly does: readonly number[];
  /** Groups; empty where there is one. */
  readonly keys: readonly Value[];
  readonly from: number;
  readonly to: number;
}

/** Steps 1..i done: where it started and the events so far. */
interface Begun {
  readonly startMs: number;
  readonly positions: readonly number[];
}

export class StepColumns implements Column {
  readonly positions: number[] = [];
  readonly missing: number[] = [];
  upTo = 0;
  readonly timesMs: number[] = [];
  readonly does: number[] = [];
  readonly keys: Value[] = [];

  drop(count: number): void {
    for (const column of [this.positions, this.timesMs, this.does, this.keys]) column.splice(0, count);
  }
}

/** Takes an event on which some step is true and nothing needed is unknown. */
export function takeSteps(asOf: AsOf, { steps }: SequenceProgram, by: FieldRead | null): Taker<StepColumns> {
  return (columns, position, dayless) => {
    let does = 0;
    let isKnown = !dayless;
    let isAny = false;
    steps.forEach((step, i) => {
      const truth = asOf.truth(step, position);
      if (truth === FALSE) return;
      isAny = true;
      if (truth === UNKNOWN) isKnown = false;
      does |= 1 << i;
    });
    if (!isAny) return;
    const key = by === null ? null : asOf.read(by, position, null);
    if (!isKnown || (by !== null && key === null)) {
      columns.missing.push(position);
      return;
    }
    columns.positions.push(position);
    columns.timesMs.push(asOf.history.events[position]!.time);
    columns.does.push(does);
    if (by !== null) columns.keys.push(key);
  };
}

export function stepEventsOf({ columns, from, to }: Range<StepColumns>): StepEvents {
  const { positions, timesMs, does, keys } = columns;
  return { positions, timesMs, does, keys, from, to };
}

/** The complete sequences, each with the positions of its events, in the order of their ends. */
export function sequencesIn(events: StepEvents, steps: number, withinMs: number): (readonly number[])[] {
  const { positions, timesMs, does, keys, from, to } = events;
  const complete: (readonly number[])[] = [];
  const groups = new Map<Value, (Begun | undefined)[]>();
  for (let x = from; x < to; x++) {
    const key = keys[x] ?? null;
    const begun = groups.get(key) ?? [];
    if (begun.length === 0) groups.set(key, begun);
    const timeMs = timesMs[x]!;
    const position = positions[x]!;
    for (let i = steps - 1; i > 0; i--) {
      const before = begun[i - 1];
      if ((does[x]! & (1 << i)) === 0 || before === undefined || timeMs - before.startMs > withinMs) continue;
      const held = begun[i];
      if (held === undefined || before.positions[0]! > held.positions[0]!) {
        begun[i] = { startMs: before.startMs, positions: [...before.positions, position] };
      }
    }
    const last = begun[steps - 1];
    if (last !== undefined) {
      complete.push(last.positions);
      begun.length = 0;
    } else if ((does[x]! & 1) !== 0) begun[0] = { startMs: timeMs, positions: [position] };
  }
  return complete;
}
