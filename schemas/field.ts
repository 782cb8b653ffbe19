/** What a table of fields says of one of them. */

/** `int` is a safe integer; `string` compares by unsigned bytes; `set` is a list of strings tested with `in`. */
export type FieldType = 'int' | 'string' | 'bool' | 'set';

export interface EventField {
  readonly type: FieldType;
  /** Canonical field a feed must provide, or null where every accepted row has it. */
  readonly needs: string | null;
  /** Coarsest time precision at which the value exists. */
  readonly precision?: 'minute' | 'hour' | 'day';
  readonly unit?: 'ms' | 'minor' | 'milli' | 'minute' | 'day' | 'count' | 'metres';
  readonly note: string;
}
