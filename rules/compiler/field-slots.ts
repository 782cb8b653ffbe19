/** Numbers of the fields that rules read: evaluators keep the values of a history field by field, in the order of these. */
import { EVENT_FIELDS, SIGNAL_FIELDS } from '../../schemas/event-fields.ts';
import { PROPERTIES } from '../../schemas/properties.ts';
import { type FieldName, type FieldRead, isDerived } from './checked-rule.ts';

/** The field of each number. */
export const FIELD_OF_SLOT: readonly FieldName[] = [
  ...new Set([...Object.keys(EVENT_FIELDS), ...Object.keys(SIGNAL_FIELDS), ...Object.keys(PROPERTIES)]),
] as FieldName[];

const SLOTS: ReadonlyMap<string, number> = new Map(FIELD_OF_SLOT.map((name, slot) => [name, slot]));

export function slotOf(name: FieldName): number {
  return SLOTS.get(name) as number;
}

/** Number of a field that says the same of its event at every evaluation; -1 of a derived one or one of pairs. */
export function plainSlotOf(name: FieldRead['name']): number {
  return isDerived(name) || name === 'pairAgeMs' || name === 'pairOrdinal' ? -1 : slotOf(name);
}
