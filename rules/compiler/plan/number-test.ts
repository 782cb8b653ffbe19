/** Comparisons of numbers of one event as code. */
import type { StandpointKind } from '../../../schemas/facts.ts';
import type { FieldName, Relation, Tree } from '../checked-rule.ts';
import type { ThresholdRange } from '../reference/evaluation.ts';
import { and, code, FALSE, not, or, type Read, type Test, TRUE } from './event-test.ts';
import { isKnown, isPairField, isWide, readOf, SMALL_NULL_TEXT } from './field-read.ts';
import { compared, constantOf, type RangeOf, rangeOfTree } from './folding.ts';
import { literal } from './literal.ts';
import { decided, type Outcome, undecided } from './outcome.ts';

/** A number as code; `code` is null where the columns do not give it. */
interface NumberCode {
  readonly code: string | null;
  readonly text: string;
  readonly reads: readonly Read[];
  /** Holds where every field that the number needs has a value. */
  readonly known: Test;
  /** Holds where the doubles of the code may differ from the exact integers: their outcome says nothing. */
  readonly inexact: Test;
}

const NEGATED: Readonly<Record<Relation, Relation>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};
const SIGN: Readonly<Record<Relation, string>> = {
  '==': '===',
  '!=': '!==',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const SAFE_MAX = literal(Number.MAX_SAFE_INTEGER);
const SAFE_MIN = literal(Number.MIN_SAFE_INTEGER);

const UNDECIDED = { code: null, text: '', reads: [], inexact: FALSE } as const;

const MIRRORED: Readonly<Record<Relation, Relation>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

export function numberOutcome(
  op: Relation,
  left: Tree,
  right: Tree,
  standpoint: StandpointKind,
  rangeOf: RangeOf,
): Outcome {
  const [x, y] = [constantOf(left), constantOf(right)];
  if (x !== undefined && y !== undefined) {
    return decided(x === null || y === null ? null : compared(op, x, y));
  }
  const a = numberCode(left, standpoint);
  const b = numberCode(right, standpoint);
  const known = and(a.known, b.known);
  if (a.code !== null && b.code === null) return withinRange(op, a, known, rangeOfTree(right, rangeOf));
  if (b.code !== null && a.code === null)
    return withinRange(MIRRORED[op], b, known, rangeOfTree(left, rangeOf));
  if (a.code === null || b.code === null) return undecided(known);
  const reads = [...a.reads, ...b.reads];
  const negated = NEGATED[op];
  const holds = { key: `${a.code} ${SIGN[op]} ${b.code}`, text: `${a.text} ${op} ${b.text}` };
  const fails = { key: `${a.code} ${SIGN[negated]} ${b.code}`, text: `${a.text} ${negated} ${b.text}` };
  // A comparison is no logical opposite of its mirror where one side is NaN: each negation is spelled out.
  const isTrue = code(reads, holds.key, holds.text, { key: `!(${holds.key})`, text: `!(${holds.text})` });
  const isFalse = code(reads, fails.key, fails.text, { key: `!(${fails.key})`, text: `!(${fails.text})` });
  const inexact = or(a.inexact, b.inexact);
  return {
    true: or(and(neededFor(op, known, left, right, standpoint), isTrue), and(known, inexact)),
    false: or(and(neededFor(negated, known, left, right, standpoint), isFalse), and(known, inexact)),
    unknown: or(not(known), inexact),
  };
}

/**
 * A number of the event against one that the columns do not give, of which bounds may be known: thresholds change with time,
 * and may not be in force, so that the comparison may be unknown too.
 */
function withinRange(
  op: Relation,
  { code: value, text, reads, inexact }: NumberCode,
  known: Test,
  range: ThresholdRange | undefined,
): Outcome {
  if (range === undefined) return undecided(known);
  const maybe = (relation: Relation): Test => {
    const bar = (sign: Relation, end: number): Test => {
      const [is, isNot] = [`${value} ${SIGN[sign]} ${literal(end)}`, `${text} ${sign} ${end}`];
      return code(reads, is, isNot, { key: `!(${is})`, text: `!(${isNot})` });
    };
    const { least, most } = range;
    const holds = {
      '>=': [bar('>=', least)],
      '>': [bar('>', least)],
      '<=': [bar('<=', most)],
      '<': [bar('<', most)],
      '==': [bar('>=', least), bar('<=', most)],
      '!=': least === most ? [bar('!=', least)] : [],
    };
    return and(known, or(inexact, and(...holds[relation])));
  };
  return { true: maybe(op), false: maybe(NEGATED[op]), unknown: TRUE };
}

/** `known`, unless the comparison of a field with a constant is false of a null anyway. */
function neededFor(op: Relation, known: Test, left: Tree, right: Tree, standpoint: StandpointKind): Test {
  if (left.op !== 'field' || right.op !== 'constant' || isPairField(left.name)) return known;
  const { type } = readOf(left.name, standpoint);
  // NaN answers no comparison but `!==`; the null of a small column is less than every constant.
  if (type === 'int') return op === '!=' ? known : TRUE;
  const isAbove = compared('>', right.value, Number(SMALL_NULL_TEXT.slice(1, -1)));
  return isAbove && (op === '>' || op === '>=' || op === '==') ? TRUE : known;
}

function numberCode(tree: Tree, standpoint: StandpointKind): NumberCode {
  const value = constantOf(tree);
  if (value !== undefined) {
    if (value === null) return { ...UNDECIDED, known: FALSE };
    if (typeof value !== 'number') return { ...UNDECIDED, known: TRUE };
    return { code: literal(value), text: String(value), reads: [], known: TRUE, inexact: FALSE };
  }
  switch (tree.op) {
    case 'field':
      return fieldCode(tree.name, standpoint);
    case 'negate':
      return operation('-', zero(), numberCode(tree.operand, standpoint));
    case '+':
    case '-':
    case '*':
      return operation(tree.op, numberCode(tree.left, standpoint), numberCode(tree.right, standpoint));
    case 'ratio':
      return quotient(numberCode(tree.left, standpoint), numberCode(tree.right, standpoint));
    default:
      return { ...UNDECIDED, known: TRUE };
  }
}

function zero(): NumberCode {
  return { code: '0', text: '0', reads: [], known: TRUE, inexact: FALSE };
}

function fieldCode(name: FieldName, standpoint: StandpointKind): NumberCode {
  // A pair is one of a known counterparty.
  if (isPairField(name)) return { ...UNDECIDED, known: isKnown(readOf('counterparty', standpoint)) };
  const read = readOf(name, standpoint);
  const inexact = isWide(read)
    ? code([read], `${read.name} !== ${read.name}`, `${name} beyond 2^53`, {
        key: `${read.name} === ${read.name}`,
        text: `${name} up to 2^53`,
      })
    : FALSE;
  return { code: read.name, text: name, reads: [read], known: isKnown(read), inexact };
}

/** Exact while the result is a safe integer: a double that was rounded into that range was an integer of it before. */
function operation(op: '+' | '-' | '*', a: NumberCode, b: NumberCode): NumberCode {
  const known = and(a.known, b.known);
  if (a.code === null || b.code === null) return { ...UNDECIDED, known };
  const result = `(${a.code} ${op} ${b.code})`;
  const text = `(${a.text} ${op} ${b.text})`;
  const reads = [...a.reads, ...b.reads];
  const inside = `(${result} <= ${SAFE_MAX} && ${result} >= ${SAFE_MIN})`;
  const beyond = code(reads, `!${inside}`, `${text} beyond 2^53`, {
    key: inside,
    text: `${text} up to 2^53`,
  });
  return { code: result, text, reads, known, inexact: or(a.inexact, b.inexact, beyond) };
}

function quotient(a: NumberCode, b: NumberCode): NumberCode {
  const known = and(a.known, b.known);
  if (a.code === null || b.code === null) return { ...UNDECIDED, known };
  const reads = [...a.reads, ...b.reads];
  const isZero = { key: `${b.code} === 0`, text: `${b.text} == 0` };
  const divides = code(b.reads, `${b.code} !== 0`, `${b.text} != 0`, isZero);
  return {
    code: `(${a.code} / ${b.code})`,
    text: `ratio(${a.text}, ${b.text})`,
    reads,
    known: b.reads.length === 0 ? known : and(known, divides),
    inexact: or(a.inexact, b.inexact),
  };
}
