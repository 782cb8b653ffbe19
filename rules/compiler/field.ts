/** Fields of events, signals and sub-events as typed closures. */
import { EVENT_FIELDS, type FieldValue, SIGNAL_FIELDS } from '../../schemas/event-fields.ts';
import type { EventField } from '../../schemas/field.ts';
import { PROPERTIES } from '../../schemas/properties.ts';
import type { Closure, DerivedName, FieldName, Value } from './checked-rule.ts';
import { type Typed, typedOf } from './closures.ts';
import { slotOf } from './field-slots.ts';
import { floorDivide, toInt } from './integer.ts';

/** Fields that shrink with the original's amount when a part of it is reversed (SEMANTICS §8). */
const REVERSIBLE: ReadonlySet<string> = new Set(['amountUsd', 'amountMxn', 'amountCad', 'wageMilli']);

const EVENT_TABLE: Readonly<Record<string, EventField>> = { ...EVENT_FIELDS, ...PROPERTIES };

/** Table of the fields of this input; those of them that are supplied properties only a rule that waits may read. */
export function fieldTable(input: 'events' | 'signals'): Readonly<Record<string, EventField>> {
  return input === 'events' ? EVENT_TABLE : SIGNAL_FIELDS;
}

export function isProperty(name: string): boolean {
  return Object.hasOwn(PROPERTIES, name);
}

/** Null for what is empty and for what is not provided; ints in their one form. */
export function known(value: FieldValue | undefined): Value {
  if (value === undefined || value === null) return null;
  return typeof value === 'bigint' ? toInt(value) : value;
}

export function fieldTyped(name: FieldName, field: EventField): Typed {
  const isFixed = name !== 'pairAgeMs' && name !== 'pairOrdinal';
  return typedOf(field.type, fieldClosure(name), isFixed, { op: 'field', name });
}

export function derivedTyped(name: DerivedName): Typed {
  const run: Closure = (scope) => scope.derived?.[name] ?? null;
  return typedOf('int', run, false, { op: 'derived', name });
}

function fieldClosure(name: FieldName): Closure {
  if (name === 'pairAgeMs') return (scope) => scope.pairAgeMs();
  if (name === 'pairOrdinal') return (scope) => scope.pairOrdinal();
  const slot = slotOf(name);
  if (name === 'amount') {
    return (scope) => (scope.rest === null ? scope.value(slot) : toInt(scope.rest.rest));
  }
  if (REVERSIBLE.has(name)) {
    return (scope) => {
      const value = scope.value(slot);
      const { rest } = scope;
      if (rest === null || value === null) return value;
      return floorDivide(BigInt(value as number | bigint) * rest.rest, rest.amount);
    };
  }
  return (scope) => scope.value(slot);
}
