/** Values of the brute-force oracle: integers are bigint, real numbers are number, unknown is null. */
import { type Tree, treeOf } from './oracle-tree.ts';

export type Value = bigint | number | string | boolean | readonly string[] | null;

const LIMIT = 2n ** 63n - 1n;

export function inRange(value: bigint): bigint | null {
  return value > LIMIT || value < -LIMIT ? null : value;
}

/** The double nearest to a/b (ties to even), for integers of any size. */
export function nearestQuotient(a: bigint, b: bigint): number | null {
  if (b === 0n) return null;
  const negative = a < 0n !== b < 0n;
  const top = a < 0n ? -a : a;
  const bottom = b < 0n ? -b : b;
  if (top === 0n) return 0;
  // 80 bits or more of quotient, and one more that says whether anything follows: rounding those rounds the quotient.
  const shift = Math.max(0, bottom.toString(2).length - top.toString(2).length + 80);
  const scaled = top << BigInt(shift);
  const quotient = (scaled / bottom) * 2n + (scaled % bottom === 0n ? 0n : 1n);
  const size = Number(quotient) * 2 ** -(shift + 1);
  return negative ? -size : size;
}

export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

/** A value of a row as this oracle holds it: whole numbers become integers. */
export function lift(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return value as Value;
}

const trees = new Map<string, Tree>();

export function evaluate(text: string, read: (name: string, isParam: boolean) => Value): Value {
  let tree = trees.get(text);
  if (tree === undefined) {
    tree = treeOf(text);
    trees.set(text, tree);
  }
  return walk(tree, read);
}

function compare(op: string, a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    const order = byBytes(a, b);
    if (op === '==') return order === 0;
    if (op === '!=') return order !== 0;
    return op === '<' ? order < 0 : op === '<=' ? order <= 0 : op === '>' ? order > 0 : order >= 0;
  }
  // Between bigint and number JavaScript compares the mathematical values, which is what the page asks.
  const [x, y] = [a as number, b as number];
  // biome-ignore lint/suspicious/noDoubleEquals: 3n and 3.0 are the same number here
  if (op === '==') return x == y;
  // biome-ignore lint/suspicious/noDoubleEquals: as above
  if (op === '!=') return x != y;
  return op === '<' ? x < y : op === '<=' ? x <= y : op === '>' ? x > y : x >= y;
}

function walk(tree: Tree, read: (name: string, isParam: boolean) => Value): Value {
  switch (tree.op) {
    case 'constant':
      return tree.value;
    case 'name':
      return read(tree.name, false);
    case 'param':
      return read(tree.name, true);
    case 'list':
      return tree.items.map((item) => walk(item, read) as string);
    case 'not': {
      const arg = walk(tree.arg, read);
      return arg === null ? null : !arg;
    }
    case 'negate': {
      const arg = walk(tree.arg, read);
      return arg === null ? null : typeof arg === 'bigint' ? inRange(-arg) : -(arg as number);
    }
    default: {
      const a = walk(tree.args[0], read);
      const b = walk(tree.args[1], read);
      if (tree.op === '&&')
        return a === false || b === false ? false : a === null || b === null ? null : true;
      if (tree.op === '||') return a === true || b === true ? true : a === null || b === null ? null : false;
      if (a === null || b === null) return null;
      if (tree.op === 'in') return (b as readonly string[]).includes(a as string);
      if (tree.op === 'ratio') return nearestQuotient(a as bigint, b as bigint);
      if (tree.op === '+') return inRange((a as bigint) + (b as bigint));
      if (tree.op === '-') return inRange((a as bigint) - (b as bigint));
      if (tree.op === '*') return inRange((a as bigint) * (b as bigint));
      return compare(tree.op, a, b);
    }
  }
}

/** §9: where the value lies between the two bars, in milli-points; without one of the three, half. */
export function strengthOf(
  value: number | bigint | null,
  at: number | bigint | null,
  full: number | bigint | null,
): number {
  if (value === null || at === null || full === null || at === full) return 500;
  const steps = (500 * (Number(value) - Number(at))) / (Number(full) - Number(at));
  return Math.min(1000, Math.max(500, 500 + Math.floor(steps)));
}
