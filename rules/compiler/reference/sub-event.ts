/** Sub-events that features aggregate (SEMANTICS §6): cycles of money, and events that belong together. */
import type { DerivedValues, DeriveProgram, FieldName, Value } from '../checked-rule.ts';
import type { AsOf } from './as-of.ts';
import { circuits, nights, payPeriods, stays } from './groupings.ts';
import { type MovementColumns, membersOf, movementsOf, type Range } from './matches.ts';
import { type Cycle, distinctSources, fifoCycles, sumCycles } from './matching.ts';

export interface SubEvent extends DerivedValues {
  /** Of the event at whose place it lies. */
  readonly position: number;
  /** Of the events that are its evidence beside that one, which may be among them. */
  readonly lots: readonly number[];
}

/** A cycle as a sub-event; its sources are counted when something asks for them. */
class CycleEvent implements SubEvent {
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

/** The sub-events of one window as of the current event, in the order of their positions. */
export function subEventsOf(
  derive: DeriveProgram,
  range: Range<MovementColumns>,
  asOf: AsOf,
): readonly SubEvent[] {
  const { history, nowMs } = asOf;
  const reader = (field: FieldName) => (position: number) => history.value(field, position);
  switch (derive.make) {
    case 'cycle': {
      const make = derive.match === 'fifo' ? fifoCycles : sumCycles;
      return make(movementsOf(range), derive.withinMs).map(
        (cycle) => new CycleEvent(cycle, reader('source')),
      );
    }
    case 'pay_period': {
      return payPeriods(movementsOf(range), derive.longestMs, nowMs, reader('localDay'));
    }
    case 'night': {
      const { stops } = derive;
      return nights(
        membersOf(range, derive.of !== null),
        stops && ((position) => asOf.read(stops, position, null)),
      );
    }
    case 'stay':
      return stays(membersOf(range, derive.of !== null), derive.withinMs, reader('localDay'));
    case 'circuit':
      return circuits(membersOf(range, false), derive.withinMs, derive.stopsMin);
  }
}
