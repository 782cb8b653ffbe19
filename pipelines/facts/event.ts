/**
 * A leg as the event that the reference evaluator reads: field by field what `eventView` says of the row, read from the
 * columns when asked for.
 *
 * One object an event, with one getter a field on the prototype of its standpoint. Reads go through the list of columns
 * and by column type, so that every access is of one shape of array.
 */
import type { FieldValue, Reversal, RuleEvent } from '../../schemas/event-fields.ts';
import {
  BYTE_NULL,
  FACT_COLUMNS,
  type FactColumn,
  type FactIndex,
  type FactRead,
  FIELD_FACTS,
  SMALL_NULL,
  type StandpointKind,
  TEXT_NULL,
} from '../../schemas/facts.ts';
import { COLUMN_AT, type RowHome } from './segment.ts';
import type { FactStore } from './store.ts';
import type { ColumnArray } from './stored-column.ts';

/**
 * The event and its fields are one object: `time` and `institution` mean the same in both. It holds no columns, because rows
 * leave memory while events are kept.
 */
class FactEvent {
  readonly store: FactStore;
  readonly leg: number;
  readonly reversals: readonly Reversal[] | undefined;

  constructor(store: FactStore, leg: number, reversals: readonly Reversal[] | undefined) {
    this.store = store;
    this.leg = leg;
    this.reversals = reversals;
  }

  get home(): RowHome {
    return this.store.home(this.leg >> 1);
  }

  get fields(): this {
    return this;
  }

  get id(): string {
    return this.store.rowId(this.leg >> 1);
  }

  get version(): number {
    return this.store.versionOf(this.leg >> 1);
  }

  get direction(): 'in' | 'out' {
    return (this.leg & 1) === 0 ? 'out' : 'in';
  }
}

type Getter = (this: FactEvent) => FieldValue;

function placeOf(leg: number, rowMask: number, at: FactIndex): number {
  const row = (leg >> 1) & rowMask;
  if (at === 'row') return row;
  return (row << 1) | (at === 'own' ? leg & 1 : ~leg & 1);
}

function columnOf(home: RowHome, position: number): ColumnArray {
  return home.list[position] ?? home.columnAt(position);
}

function getterOf({ column, at }: FactRead): Getter {
  if (column === 'time') {
    // Asked for more than all else, and in memory for longer.
    return function () {
      return this.store.timeOf(this.leg >> 1);
    };
  }
  const position = COLUMN_AT[column];
  const { type, values = [] }: FactColumn = FACT_COLUMNS[column];
  switch (type) {
    case 'int':
      return function () {
        const home = this.home;
        const value = columnOf(home, position)[placeOf(this.leg, home.rowMask, at)]!;
        // Only an amount can be wide; of every other column NaN is null.
        if (Number.isNaN(value)) return (column === 'amount' && this.store.wideAmount(this.leg >> 1)) || null;
        return value;
      };
    case 'small':
      return function () {
        const home = this.home;
        const value = columnOf(home, position)[placeOf(this.leg, home.rowMask, at)]!;
        return value === SMALL_NULL ? null : value;
      };
    case 'bool':
      return function () {
        const home = this.home;
        const value = columnOf(home, position)[placeOf(this.leg, home.rowMask, at)]!;
        return value === BYTE_NULL ? null : value === 1;
      };
    case 'enum':
      return function () {
        const home = this.home;
        return values[columnOf(home, position)[placeOf(this.leg, home.rowMask, at)]!] ?? null;
      };
    case 'text':
      return function () {
        const home = this.home;
        const id = columnOf(home, position)[placeOf(this.leg, home.rowMask, at)]!;
        return id === TEXT_NULL ? null : this.store.dictionary.text(id);
      };
    case 'set':
      return function () {
        const home = this.home;
        return this.store.dictionary.setOf(columnOf(home, position)[placeOf(this.leg, home.rowMask, at)]!);
      };
  }
}

function eventClassOf(standpoint: StandpointKind): typeof FactEvent {
  const EventClass = class extends FactEvent {};
  for (const [field, read] of Object.entries(FIELD_FACTS[standpoint])) {
    Object.defineProperty(EventClass.prototype, field, { enumerable: true, get: getterOf(read) });
  }
  return EventClass;
}

const OwnerEvent = eventClassOf('owner');
const ActorEvent = eventClassOf('actor');
const NamedEvent = eventClassOf('named');

/** Not a table of classes: read by three names, it would be a megamorphic site asked for every event. */
function classOf(standpoint: StandpointKind): typeof FactEvent {
  if (standpoint === 'owner') return OwnerEvent;
  return standpoint === 'actor' ? ActorEvent : NamedEvent;
}

/**
 * The event of the subject that stands on `leg`, seen from its standpoint. An empty field is null, one that the feed does
 * not provide too; a set has its members in byte order. `reversals`: those of the row, in total order.
 */
export function factEvent(
  store: FactStore,
  leg: number,
  standpoint: StandpointKind,
  reversals?: readonly Reversal[],
): RuleEvent {
  return new (classOf(standpoint))(store, leg, reversals) as unknown as RuleEvent;
}
