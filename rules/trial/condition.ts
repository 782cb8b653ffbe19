/**
 * Conditions taken apart: an expression's atoms are what `&&`, `||` and `!` join, each a comparison, a membership or a
 * field that is true or false by itself.
 */
import type { CheckedRule, Closure, Tree, Value } from '../compiler/checked-rule.ts';
import {
  arithmeticClosure,
  constant,
  inSetClosure,
  memberClosure,
  negationClosure,
  notClosure,
  ratioClosure,
  relationClosure,
  type Typed,
  typedOf,
} from '../compiler/closures.ts';
import { derivedTyped, fieldTable, fieldTyped } from '../compiler/field.ts';

/** Asked about every atom each time its expression is evaluated. */
export type Observe = (atom: Tree, value: Value) => void;

/** The expression as a closure that asks all of its atoms, whichever decide, and tells `observe` what each said. */
export function observed(tree: Tree, input: CheckedRule['input'], observe: Observe): Closure {
  return typedFrom(tree, input, observe).run;
}

function typedFrom(tree: Tree, input: CheckedRule['input'], observe: Observe | null): Typed {
  if (tree.op === '&&' || tree.op === '||') {
    const left = typedFrom(tree.left, input, observe);
    const right = typedFrom(tree.right, input, observe);
    const decides = tree.op === '||';
    const run: Closure = (scope) => {
      // What the left side decides is asked of the right side too: a branch is seen wherever it could have been.
      const [first, second] = [left.run(scope), right.run(scope)];
      if (first === decides || second === decides) return decides;
      return first === null || second === null ? null : !decides;
    };
    return typedOf('bool', run, left.isFixed && right.isFixed, tree);
  }
  if (tree.op === '!') {
    const operand = typedFrom(tree.operand, input, observe);
    return typedOf('bool', notClosure(operand.run), operand.isFixed, tree);
  }
  const whole = operandFrom(tree, input);
  if (observe === null || tree.type !== 'bool' || tree.op === 'constant') return whole;
  const run: Closure = (scope) => {
    const value = whole.run(scope);
    observe(tree, value);
    return value;
  };
  return typedOf('bool', run, whole.isFixed, tree);
}

function operandFrom(tree: Tree, input: CheckedRule['input']): Typed {
  switch (tree.op) {
    case 'constant':
      return constant(tree.type, tree.value);
    case 'field':
      return fieldTyped(tree.name, fieldTable(input)[tree.name]!);
    case 'derived':
      return derivedTyped(tree.name);
    case 'feature':
      return typedOf(tree.type, (scope) => scope.feature(tree.position), false, tree);
    case 'threshold':
      return typedOf(tree.type, (scope) => scope.threshold(tree.position), false, tree);
    case 'peer':
      return typedOf(tree.type, (scope) => scope.peer(tree.position), false, tree);
    case 'negate': {
      const operand = typedFrom(tree.operand, input, null);
      return typedOf(tree.type, negationClosure(operand.run), operand.isFixed, tree);
    }
    case '!':
    case '&&':
    case '||':
      return typedFrom(tree, input, null);
    default: {
      const left = typedFrom(tree.left, input, null);
      const right = typedFrom(tree.right, input, null);
      return typedOf(tree.type, joined(tree.op, left, right), left.isFixed && right.isFixed, tree);
    }
  }
}

type Joint = Extract<Tree, { readonly left: Tree }>['op'];

function joined(op: Exclude<Joint, '&&' | '||'>, left: Typed, right: Typed): Closure {
  switch (op) {
    case '+':
    case '-':
    case '*':
      return arithmeticClosure(op, left.run, right.run);
    case 'ratio':
      return ratioClosure(left.run, right.run);
    case 'in':
      return Array.isArray(right.constant)
        ? memberClosure(left.run, new Set<Value>(right.constant))
        : inSetClosure(left.run, right.run);
    default:
      return relationClosure(op, left, right);
  }
}

const LIST_SHOWN = 6;

/** The expression as text: `let`s are in place of their names and parameters are their values. */
export function textOf(tree: Tree, rule: CheckedRule): string {
  const { features, thresholds, peers } = rule.program;
  switch (tree.op) {
    case 'constant':
      return constantText(tree.value);
    case 'field':
    case 'derived':
      return tree.name;
    case 'feature':
      return features[tree.position]!.name;
    case 'threshold':
      return `threshold ${thresholds[tree.position]}`;
    case 'peer': {
      const { table, quantileMilli } = peers[tree.position]!;
      return `peers ${table}.p${quantileMilli}`;
    }
    case '!':
      return `!${inner(tree.operand, rule)}`;
    case 'negate':
      return `-${inner(tree.operand, rule)}`;
    case 'ratio':
      return `ratio(${textOf(tree.left, rule)}, ${textOf(tree.right, rule)})`;
    default:
      return `${inner(tree.left, rule)} ${tree.op} ${inner(tree.right, rule)}`;
  }
}

/** In brackets where it is made of two: one reading is enough, whatever binds closer. */
function inner(tree: Tree, rule: CheckedRule): string {
  const text = textOf(tree, rule);
  return 'left' in tree && tree.op !== 'ratio' ? `(${text})` : text;
}

function constantText(value: Value): string {
  if (!Array.isArray(value)) return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  const shown = value.slice(0, LIST_SHOWN).map((each) => JSON.stringify(each));
  const more = value.length > LIST_SHOWN ? `, … ${value.length - LIST_SHOWN} more` : '';
  return `[${shown.join(', ')}${more}]`;
}

/** The atoms of an expression, from left to right. */
export function atomsOf(tree: Tree): Tree[] {
  if (tree.op === '&&' || tree.op === '||') return [...atomsOf(tree.left), ...atomsOf(tree.right)];
  if (tree.op === '!') return atomsOf(tree.operand);
  return tree.type === 'bool' && tree.op !== 'constant' ? [tree] : [];
}
