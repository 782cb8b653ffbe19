/** Fields of an event as reads of columns: a name that a rule wrote becomes the name of a column here, or nothing. */
import { EVENT_FIELDS, type EventFieldName } from '../../../schemas/event-fields.ts';
import { FACT_COLUMNS, type FactColumn, FIELD_FACTS, type StandpointKind } from '../../../schemas/facts.ts';
import type { FieldName } from '../checked-rule.ts';
import { code, codes, ids, NULL_BIT, type Read, type Test, TRUE } from './event-test.ts';

/** Parity of a leg: 0 the debtor's, 1 the creditor's. */
const DIRECTIONS = ['out', 'in'] as const;
const BOOLEANS = ['false', 'true'] as const;
/** Null of a `small` column, as it stands in generated code. */
export const SMALL_NULL_TEXT = '(-2147483648)';

/** Fields that come from the subject's history and stand in no column. */
export function isPairField(name: FieldName): name is 'pairAgeMs' | 'pairOrdinal' {
  return name === 'pairAgeMs' || name === 'pairOrdinal';
}

export function readOf(name: FieldName, standpoint: StandpointKind): Read {
  if (name === 'direction') {
    const common = { name: 'direction', field: name, column: null, at: 'own', type: 'enum' } as const;
    return { ...common, codes: DIRECTIONS, everyCode: 0b11 };
  }
  if (!Object.hasOwn(EVENT_FIELDS, name) || isPairField(name)) throw new TypeError('not a field of a column');
  const { column, at } =
    FIELD_FACTS[standpoint][name as Exclude<EventFieldName, `pair${string}` | 'direction'>];
  const { type, values }: FactColumn = FACT_COLUMNS[column];
  const names = type === 'bool' ? BOOLEANS : (values ?? []);
  // Bit 31 is null's, so a list of 32 would need another form; the longest has 31 values.
  if (names.length > 31) throw new TypeError('more than 31 codes');
  const everyCode = names.length === 0 ? 0 : ((2 ** names.length - 1) | NULL_BIT) >>> 0;
  return { name: `${column}_${at}`, field: name, column, at, type, codes: names, everyCode };
}

/**
 * The field has a value. `amount` always has one: where its column says null, the amount is beyond 2^53. A set is never
 * null.
 */
export function isKnown(read: Read): Test {
  switch (read.type) {
    case 'enum':
    case 'bool':
      return codes(read, ~NULL_BIT);
    case 'text':
      return ids(read, new Map([[-1, '']]), true);
    case 'set':
      return TRUE;
    default: {
      if (isWide(read)) return TRUE;
      const absent = read.type === 'int' ? read.name : SMALL_NULL_TEXT;
      const opposite = { key: `${read.name} ${read.type === 'int' ? '!==' : '==='} ${absent}` };
      const key = `${read.name} ${read.type === 'int' ? '===' : '!=='} ${absent}`;
      return code([read], key, `known(${read.field})`, { ...opposite, text: `unknown(${read.field})` });
    }
  }
}

/** A column whose NaN is a value too large for it, not the absence of one. */
export function isWide(read: Read): boolean {
  return read.column === 'amount';
}
