/** Values of expressions that read nothing: parameters and literals, and what is computed of them. */
import { compareUtf8 } from '../../../schemas/order.ts';
import type { Int, Relation, Tree, Value } from '../checked-rule.ts';
import { add, bounded, multiply, ratio, subtract } from '../integer.ts';

/** The value, null for unknown; undefined where the expression reads an event, a feature or a threshold. */
export function constantOf(tree: Tree): Value | undefined {
  switch (tree.op) {
    case 'constant':
      return tree.value;
    case 'negate': {
      const value = constantOf(tree.operand);
      return value === undefined || value === null ? value : subtract(0, value as Int);
    }
    case '+':
    case '-':
    case '*':
    case 'ratio': {
      const a = constantOf(tree.left);
      const b = constantOf(tree.right);
      if (a === undefined || b === undefined) return undefined;
      if (a === null || b === null) return null;
      return computed(tree.op, a as Int, b as Int);
    }
    default:
      return undefined;
  }
}

function computed(op: '+' | '-' | '*' | 'ratio', a: Int, b: Int): Value {
  if (op === 'ratio') return ratio(a, b);
  return bounded(op === '+' ? add(a, b) : op === '-' ? subtract(a, b) : multiply(a, b));
}

/** A comparison of two known values of comparable types, as the closures compare them. */
export function compared(op: Relation, a: Value, b: Value): boolean {
  const [x, y] =
    typeof a === 'string' && typeof b === 'string' ? [compareUtf8(a, b), 0] : [a as Int, b as Int];
  switch (op) {
    case '==':
      return x >= y && x <= y;
    case '!=':
      return !(x >= y && x <= y);
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    case '>=':
      return x >= y;
  }
}
