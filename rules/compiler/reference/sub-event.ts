/** Cycles of money as events of their own (SEMANTICS §6). */
import type { DerivedValues, Value } from '../checked-rule.ts';
import { type Cycle, distinctSources } from './matching.ts';

/** A cycle as a sub-event; its sources are counted when something asks for them. */
export class SubEvent implements DerivedValues {
  readonly position: number;
  readonly lots: readonly number[];
  readonly matched: Value;
  readonly matchedShareMilli: Value;
  readonly #sourceOf: (position: number) => Value;

  constructor(cycle: Cycle, sourceOf: (position: number) => Value) {
    this.position = cycle.position;
    this.lots = cycle.lots;
    this.matched = cycle.matched;
    this.matchedShareMilli = cycle.matchedShareMilli;
    this.#sourceOf = sourceOf;
  }

  get sources(): number {
    return distinctSources(this.lots, this.#sourceOf);
  }
}
