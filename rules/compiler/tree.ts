/**
 * A checked expression as data: `let`s are in place of their names and parameters are their values. The plan of a rule
 * is made from this tree, which is what the checker accepted, and from nothing else.
 */
import type { DERIVED_FIELDS, FieldName, Value, ValueType } from './checked-rule.ts';

export type Relation = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** `threshold` and `feature` hold the position in `RuleProgram`; `in` has a string on the left and a set on the right. */
export type Shape =
  | { readonly op: 'constant'; readonly value: Value }
  | { readonly op: 'field'; readonly name: FieldName }
  | { readonly op: 'derived'; readonly name: keyof typeof DERIVED_FIELDS }
  | { readonly op: 'feature' | 'threshold'; readonly position: number }
  | { readonly op: '!' | 'negate'; readonly operand: Tree }
  | {
      readonly op: '&&' | '||' | Relation | 'in' | '+' | '-' | '*' | 'ratio';
      readonly left: Tree;
      readonly right: Tree;
    };

export type Tree = Shape & { readonly type: ValueType };

/** The condition of a feature that has none: every event. */
export const ALWAYS_TREE: Tree = { type: 'bool', op: 'constant', value: true };
