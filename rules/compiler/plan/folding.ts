/** Values of expressions that read no event: parameters and literals, bounds of thresholds, and what is computed of them. */
import { compareUtf8 } from '../../../schemas/order.ts';
import type { Int, Relation, Tree, Value } from '../checked-rule.ts';
import { add, bounded, multiply, ratio, subtract } from '../integer.ts';
import type { ThresholdRange } from '../reference/evaluation.ts';

/** Bounds of a statutory threshold by its position in the rule; undefined where nobody knows. */
export type RangeOf = (position: number) => ThresholdRange | undefined;

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

/** Between what safe integers an expression over constants and thresholds lies where it is known; undefined for all others. */
export function rangeOfTree(tree: Tree, rangeOf: RangeOf): ThresholdRange | undefined {
  const range = unboundedRange(tree, rangeOf);
  return range !== undefined && Number.isSafeInteger(range.least) && Number.isSafeInteger(range.most)
    ? range
    : undefined;
}

function unboundedRange(tree: Tree, rangeOf: RangeOf): ThresholdRange | undefined {
  const value = constantOf(tree);
  if (value !== undefined) return typeof value === 'number' ? { least: value, most: value } : undefined;
  switch (tree.op) {
    case 'threshold':
      return rangeOf(tree.position);
    case 'negate': {
      const range = rangeOfTree(tree.operand, rangeOf);
      return range === undefined ? undefined : { least: 0 - range.most, most: 0 - range.least };
    }
    case '+':
    case '-':
    case '*': {
      const [a, b] = [rangeOfTree(tree.left, rangeOf), rangeOfTree(tree.right, rangeOf)];
      if (a === undefined || b === undefined) return undefined;
      if (tree.op === '+') return { least: a.least + b.least, most: a.most + b.most };
      if (tree.op === '-') return { least: a.least - b.most, most: a.most - b.least };
      const ends = [a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most];
      return { least: Math.min(...ends), most: Math.max(...ends) };
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
