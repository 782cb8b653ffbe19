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
import { COLUMN_AT, SEGMENT_ROWS, type Segment } from './segment.ts';
import type { FactStore } from './store.ts';

const LEG_PLACE = 2 * SEGMENT_ROWS - 1;

/** The event and its fields are one object: `time` and `institution` mean the same in both. */
class FactEvent {
  readonly store: FactStore;
  readonly leg: number;
  readonly list: Segment['list'];
  readonly reversals: readonly Reversal[] | undefined;

  constructor(store: FactStore, leg: number, reversals: readonly Reversal[] | undefined) {
    this.store = store;
    this.leg = leg;
    this.list = store.columnList(leg >> 1);
    this.reversals = reversals;
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

function placeOf(leg: number, at: FactIndex): number {
  const place = leg & LEG_PLACE;
  if (at === 'row') return place >> 1;
  return at === 'own' ? place : place ^ 1;
}

function getterOf({ column, at }: FactRead): Getter {
  const position = COLUMN_AT[column];
  const { type, values = [] }: FactColumn = FACT_COLUMNS[column];
  switch (type) {
    case 'int':
      return function () {
        const value = (this.list[position] as Float64Array)[placeOf(this.leg, at)]!;
        // Only an amount can be wide; of every other column NaN is null.
        if (Number.isNaN(value)) return (column === 'amount' && this.store.wideAmount(this.leg >> 1)) || null;
        return value;
      };
    case 'small':
      return function () {
        const value = (this.list[position] as Int32Array)[placeOf(this.leg, at)]!;
        return value === SMALL_NULL ? null : value;
      };
    case 'bool':
      return function () {
        const value = (this.list[position] as Uint8Array)[placeOf(this.leg, at)]!;
        return value === BYTE_NULL ? null : value === 1;
      };
    case 'enum':
      return function () {
        return values[(this.list[position] as Uint8Array)[placeOf(this.leg, at)]!] ?? null;
      };
    case 'text':
      return function () {
        const id = (this.list[position] as Int32Array)[placeOf(this.leg, at)]!;
        return id === TEXT_NULL ? null : this.store.dictionary.text(id);
      };
    case 'set':
      return function () {
        return this.store.dictionary.setOf((this.list[position] as Int32Array)[placeOf(this.leg, at)]!);
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

const CLASSES: Readonly<Record<StandpointKind, typeof FactEvent>> = {
  owner: eventClassOf('owner'),
  actor: eventClassOf('actor'),
  named: eventClassOf('named'),
};

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
  return new CLASSES[standpoint](store, leg, reversals) as unknown as RuleEvent;
}
