/**
 * The operators of expressions as closures. Null is unknown: `&&`, `||` and `!` follow Kleene's logic, every other operator
 * with an unknown operand is unknown (SEMANTICS §4).
 */
import { compareUtf8 } from '../../schemas/order.ts';
import type { Closure, Int, Relation, Scope, Shape, Tree, Value, ValueType } from './checked-rule.ts';
import { add, bounded, multiply, ratio, subtract } from './integer.ts';

/** An expression with its type. */
export interface Typed {
  readonly type: ValueType;
  readonly run: Closure;
  /** The expression itself. */
  readonly tree: Tree;
  /** Set for literals and for parameters with a fixed value. */
  readonly constant?: Value;
  /** The value on an event depends on that event alone, not on the evaluation: no feature, threshold, peer or pair field. */
  readonly isFixed: boolean;
  /** A fixed condition that is false only where this one is false: a cheap way to leave events out. */
  readonly gate: Closure | null;
  /** The fixed conjuncts, and what is left beside them, each null if there is none: the value is `fixed && rest`. */
  readonly fixed: Closure | null;
  readonly rest: Closure | null;
  /** Whether the value is true, asking no more than that takes: unknown decides as false does. */
  readonly holds: (scope: Scope) => boolean;
}

/** An expression that is no `&&` or `||`; fixed if all it is made of is. */
export function typedOf(type: ValueType, run: Closure, isFixed: boolean, shape: Shape): Typed {
  const holds = (scope: Scope) => run(scope) === true;
  const fixed = isFixed ? run : null;
  return {
    type,
    run,
    tree: { type, ...shape },
    isFixed,
    gate: fixed,
    fixed,
    rest: isFixed ? null : run,
    holds,
  };
}

export function constant(type: ValueType, value: Value): Typed {
  return { ...typedOf(type, () => value, true, { op: 'constant', value }), constant: value };
}

export function logicTyped(op: '&&' | '||', left: Typed, right: Typed): Typed {
  const run = logicClosure(op, left.run, right.run);
  const isFixed = left.isFixed && right.isFixed;
  const holds =
    op === '&&'
      ? (scope: Scope) => left.holds(scope) && right.holds(scope)
      : (scope: Scope) => left.holds(scope) || right.holds(scope);
  const tree: Tree = { type: 'bool', op, left: left.tree, right: right.tree };
  const parts =
    op === '&&'
      ? { fixed: conjunction(left.fixed, right.fixed), rest: conjunction(left.rest, right.rest) }
      : { fixed: isFixed ? run : null, rest: isFixed ? null : run };
  return {
    type: 'bool',
    run,
    tree,
    isFixed,
    gate: isFixed ? run : logicGate(op, left.gate, right.gate),
    ...parts,
    holds,
  };
}

function conjunction(left: Closure | null, right: Closure | null): Closure | null {
  return left !== null && right !== null ? logicClosure('&&', left, right) : (left ?? right);
}

/** Either side keeps a conjunction from being anything but false; it takes both sides of a disjunction. */
function logicGate(op: '&&' | '||', left: Closure | null, right: Closure | null): Closure | null {
  if (left !== null && right !== null) return logicClosure(op, left, right);
  return op === '&&' ? (left ?? right) : null;
}

export function notClosure(operand: Closure): Closure {
  return (scope) => {
    const value = operand(scope);
    return value === null ? null : !value;
  };
}

/** The deciding value wins over unknown on either side; the right side is not asked when the left decides. */
function logicClosure(op: '&&' | '||', left: Closure, right: Closure): Closure {
  const decides = op === '||';
  return (scope) => {
    const first = left(scope);
    if (first === decides) return decides;
    const second = right(scope);
    if (second === decides) return decides;
    return first === null || second === null ? null : !decides;
  };
}

export function negationClosure(operand: Closure): Closure {
  return (scope) => {
    const value = operand(scope) as Int | null;
    return value === null ? null : subtract(0, value);
  };
}

export function arithmeticClosure(op: '+' | '-' | '*', left: Closure, right: Closure): Closure {
  const operation = op === '+' ? add : op === '-' ? subtract : multiply;
  return (scope) => {
    const x = left(scope) as Int | null;
    const y = right(scope) as Int | null;
    return x === null || y === null ? null : bounded(operation(x, y));
  };
}

export function ratioClosure(dividend: Closure, divisor: Closure): Closure {
  return (scope) => {
    const x = dividend(scope) as Int | null;
    const y = divisor(scope) as Int | null;
    return x === null || y === null ? null : ratio(x, y);
  };
}

export function memberClosure(needle: Closure, members: ReadonlySet<Value>): Closure {
  return (scope) => {
    const value = needle(scope);
    return value === null ? null : members.has(value);
  };
}

export function inSetClosure(needle: Closure, set: Closure): Closure {
  return (scope) => {
    const value = needle(scope);
    const values = set(scope);
    return value === null || values === null ? null : (values as readonly Value[]).includes(value);
  };
}

/** Equality of two known values of one type, or of an int with a double, by exact value. */
function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  return typeof a !== typeof b && a !== null && b !== null && a >= b && a <= b;
}

export function relationClosure(op: Relation, left: Typed, right: Typed): Closure {
  const a = left.run;
  const b = right.run;
  if (op === '==' || op === '!=') {
    const whenSame = op === '==';
    const fixed = right.constant;
    if (typeof fixed === 'string' || typeof fixed === 'boolean') {
      return (scope) => {
        const value = a(scope);
        return value === null ? null : (value === fixed) === whenSame;
      };
    }
    return (scope) => {
      const x = a(scope);
      const y = b(scope);
      return x === null || y === null ? null : same(x, y) === whenSame;
    };
  }
  if (left.type === 'string') {
    return (scope) => {
      const x = a(scope);
      const y = b(scope);
      if (x === null || y === null) return null;
      return holds(op, compareUtf8(x as string, y as string), 0);
    };
  }
  return (scope) => {
    const x = a(scope) as number | bigint | null;
    const y = b(scope) as number | bigint | null;
    return x === null || y === null ? null : holds(op, x, y);
  };
}

function holds(op: Exclude<Relation, '==' | '!='>, x: number | bigint, y: number | bigint): boolean {
  switch (op) {
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
