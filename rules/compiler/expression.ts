/**
 * Expressions: CEL text, parsed by the library, reduced to the part of the language that rules use, type-checked, and
 * turned into closures.
 *
 * The language: `&& || !`, comparisons, `in`, `+ - *` on ints, `ratio(a, b)`, literals, names, `params.x`,
 * `signal.x`. Everything else that CEL knows is a finding. Closures follow three-valued logic; null is unknown
 * (SEMANTICS §4).
 */
import { type ASTNode, parse } from '@marcbachmann/cel-js';
import type { FieldName, Int, Relation, Value, ValueType } from './checked-rule.ts';
import {
  arithmeticClosure,
  constant,
  inSetClosure,
  logicTyped,
  memberClosure,
  negationClosure,
  notClosure,
  ratioClosure,
  relationClosure,
  type Typed,
  typedOf,
} from './closures.ts';
import type { FindingCode } from './finding.ts';
import { INT_MAX, subtract, toInt } from './integer.ts';

/** Nesting that a rule may have; deeper text is not readable either. */
const DEPTH_MAX = 64;

/** What an expression reads, gathered over itself and the `let`s it names. */
export interface Reads {
  readonly fields: Set<FieldName>;
  readonly features: Set<number>;
  readonly params: Set<string>;
  readonly lets: Set<string>;
  readonly derived: Set<string>;
  /** Thresholds or peers: the value is one of the evaluation, not of the event that is asked about. */
  thresholds: boolean;
  /** Rule ids compared with `signal.rule`, with their offset in this text. */
  readonly rules: { readonly id: string; readonly offset: number }[];
}

/** What a name means where the expression stands. */
export type Meaning =
  | { readonly kind: 'field'; readonly name: FieldName; readonly typed: Typed }
  | { readonly kind: 'derived'; readonly name: string; readonly typed: Typed }
  | { readonly kind: 'feature'; readonly position: number; readonly typed: Typed }
  | { readonly kind: 'let'; readonly name: string; readonly typed: Typed; readonly reads: Reads }
  | { readonly kind: 'param'; readonly name: string; readonly typed: Typed; readonly threshold: boolean }
  /** Known, but not readable here; `code` says why. */
  | { readonly kind: 'refused'; readonly code: FindingCode; readonly params?: Problem['params'] };

export interface Environment {
  /** Resolves `x`, `params.x` or `signal.x`; undefined for an unknown name. */
  resolve(name: string): Meaning | undefined;
}

export interface Problem {
  readonly code: FindingCode;
  readonly params: Readonly<Record<string, string | number>>;
  /** Offset in the expression's text. */
  readonly offset: number;
}

export type ExpressionResult =
  | { readonly ok: true; readonly typed: Typed; readonly reads: Reads; readonly comparisons: Comparison[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A comparison of one feature with something that reads no feature: what a reader of the signal wants to see. */
export interface Comparison {
  readonly feature: number;
  readonly operator: '>=' | '>' | '<=' | '<' | '==' | '!=' | 'in';
  readonly with: Typed;
  /** Name of the parameter, if that is all the other side is. */
  readonly param: string | null;
}

export function emptyReads(): Reads {
  return {
    fields: new Set(),
    features: new Set(),
    params: new Set(),
    lets: new Set(),
    derived: new Set(),
    thresholds: false,
    rules: [],
  };
}

const MIRROR = { '>=': '<=', '>': '<', '<=': '>=', '<': '>', '==': '==', '!=': '!=' } as const;

/** Parses and checks `text`; an expression of another type than `expected` is a problem, null accepts any. */
export function compileExpression(
  text: string,
  environment: Environment,
  expected: ValueType | null,
): ExpressionResult {
  let ast: ASTNode;
  try {
    ast = parse(text).ast;
  } catch (error) {
    return { ok: false, problems: [syntaxProblem(error)] };
  }
  const checker = new Checker(environment);
  const typed = checker.check(ast, 0);
  if (typed !== null && expected !== null && typed.type !== expected) {
    checker.problem('RAS-RULES-TYPE', ast, { expected, found: typed.type });
  }
  if (typed === null || checker.problems.length > 0) return { ok: false, problems: checker.problems };
  return { ok: true, typed, reads: checker.reads, comparisons: checker.comparisons };
}

/** The library's message holds a drawing of the place; its first line is the message. */
function syntaxProblem(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  const at = (error as { range?: { start?: number } }).range?.start;
  return {
    code: 'RAS-RULES-EXPRESSION',
    params: { detail: message.split('\n')[0] ?? message },
    offset: at ?? 0,
  };
}

class Checker {
  readonly problems: Problem[] = [];
  readonly reads = emptyReads();
  readonly comparisons: Comparison[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  problem(code: FindingCode, node: ASTNode, params: Readonly<Record<string, string | number>>): null {
    this.problems.push({ code, params, offset: node.start });
    return null;
  }

  check(node: ASTNode, depth: number): Typed | null {
    if (depth > DEPTH_MAX) return this.problem('RAS-RULES-OPERATOR', node, { what: 'deep nesting' });
    switch (node.op) {
      case 'value':
        return this.#literal(node);
      case 'id':
      case '.':
        return this.#name(node);
      case '&&':
      case '||':
        return this.#logic(node.op, node.args, depth);
      case '!_': {
        const operand = this.#operand(node.args, 'bool', depth);
        if (operand === null) return null;
        return typedOf('bool', notClosure(operand.run), operand.isFixed, { op: '!', operand: operand.tree });
      }
      case '-_':
        return this.#negation(node, depth);
      case '+':
      case '-':
      case '*':
        return this.#arithmetic(node.op, node.args, depth);
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#relation(node.op, node.args, depth);
      case 'in':
        return this.#membership(node.args, depth);
      case 'call':
        return this.#call(node, node.args, depth);
      default:
        return this.problem('RAS-RULES-OPERATOR', node, { what: node.op });
    }
  }

  #operand(node: ASTNode, type: ValueType, depth: number): Typed | null {
    const typed = this.check(node, depth + 1);
    if (typed === null || typed.type === type) return typed;
    return this.problem('RAS-RULES-TYPE', node, { expected: type, found: typed.type });
  }

  #literal(node: ASTNode): Typed | null {
    const value: unknown = node.args;
    if (typeof value === 'bigint') {
      if (value > INT_MAX)
        return this.problem('RAS-RULES-OPERATOR', node, { what: 'integer above 2^63 - 1' });
      return constant('int', toInt(value));
    }
    if (typeof value === 'number' && Number.isFinite(value)) return constant('double', value);
    if (typeof value === 'string') return constant('string', value);
    if (typeof value === 'boolean') return constant('bool', value);
    return this.problem('RAS-RULES-OPERATOR', node, { what: value === null ? 'null' : 'literal' });
  }

  #name(node: ASTNode): Typed | null {
    const name = dottedName(node);
    if (name === null) return this.problem('RAS-RULES-OPERATOR', node, { what: '.' });
    const meaning = this.#environment.resolve(name);
    if (meaning === undefined) return this.problem('RAS-RULES-NAME', node, { name });
    switch (meaning.kind) {
      case 'refused':
        return this.problem(meaning.code, node, { name, ...meaning.params });
      case 'field':
        this.reads.fields.add(meaning.name);
        break;
      case 'derived':
        this.reads.derived.add(meaning.name);
        break;
      case 'feature':
        this.reads.features.add(meaning.position);
        break;
      case 'param':
        this.reads.params.add(meaning.name);
        if (meaning.threshold) this.reads.thresholds = true;
        break;
      case 'let':
        this.reads.lets.add(meaning.name);
        for (const field of meaning.reads.fields) this.reads.fields.add(field);
        if (meaning.reads.thresholds) this.reads.thresholds = true;
        break;
    }
    return meaning.typed;
  }

  #logic(op: '&&' | '||', args: readonly [ASTNode, ASTNode], depth: number): Typed | null {
    const left = this.#operand(args[0], 'bool', depth);
    const right = this.#operand(args[1], 'bool', depth);
    if (left === null || right === null) return null;
    return logicTyped(op, left, right);
  }

  #negation(node: ASTNode & { op: '-_' }, depth: number): Typed | null {
    const operand = this.check(node.args, depth + 1);
    if (operand === null) return null;
    if (operand.type === 'double' && typeof operand.constant === 'number') {
      return constant('double', -operand.constant);
    }
    if (operand.type !== 'int') {
      return this.problem('RAS-RULES-TYPE', node.args, { expected: 'int', found: operand.type });
    }
    return operand.constant === undefined
      ? typedOf('int', negationClosure(operand.run), operand.isFixed, { op: 'negate', operand: operand.tree })
      : constant('int', subtract(0, operand.constant as Int));
  }

  #arithmetic(op: '+' | '-' | '*', args: readonly [ASTNode, ASTNode], depth: number): Typed | null {
    const left = this.#operand(args[0], 'int', depth);
    const right = this.#operand(args[1], 'int', depth);
    if (left === null || right === null) return null;
    const isFixed = left.isFixed && right.isFixed;
    return typedOf('int', arithmeticClosure(op, left.run, right.run), isFixed, pair(op, left, right));
  }

  #relation(op: Relation, args: readonly [ASTNode, ASTNode], depth: number): Typed | null {
    const left = this.check(args[0], depth + 1);
    const right = this.check(args[1], depth + 1);
    if (left === null || right === null) return null;
    const ordered = op !== '==' && op !== '!=';
    const numeric = isNumeric(left.type) && isNumeric(right.type);
    if (left.type === 'set' || (left.type === 'bool' && ordered)) {
      return this.problem('RAS-RULES-TYPE', args[0], { expected: 'int, double or string', found: left.type });
    }
    if (!numeric && left.type !== right.type) {
      return this.problem('RAS-RULES-TYPE', args[1], { expected: left.type, found: right.type });
    }
    this.#noteRule(args, [left, right]);
    this.#noteComparison(op, args, [left, right]);
    const isFixed = left.isFixed && right.isFixed;
    return typedOf('bool', relationClosure(op, left, right), isFixed, pair(op, left, right));
  }

  #membership(args: readonly [ASTNode, ASTNode], depth: number): Typed | null {
    const needle = this.#operand(args[0], 'string', depth);
    const list = args[1].op === 'list' ? this.#list(args[1].args) : this.#operand(args[1], 'set', depth);
    if (needle === null || list === null) return null;
    if (Array.isArray(list.constant)) {
      const members = new Set<Value>(list.constant);
      if (isName(args[0], 'signal.rule') && args[1].op === 'list') {
        for (const item of args[1].args) {
          this.reads.rules.push({ id: String(item.args), offset: item.start });
        }
      }
      this.#addComparison('in', args[0], args[1], list);
      return typedOf('bool', memberClosure(needle.run, members), needle.isFixed, pair('in', needle, list));
    }
    const isFixed = needle.isFixed && list.isFixed;
    return typedOf('bool', inSetClosure(needle.run, list.run), isFixed, pair('in', needle, list));
  }

  #list(items: readonly ASTNode[]): Typed | null {
    const members: string[] = [];
    for (const item of items) {
      if (item.op !== 'value' || typeof item.args !== 'string') {
        return this.problem('RAS-RULES-TYPE', item, { expected: 'string', found: item.op });
      }
      members.push(item.args);
    }
    return constant('set', members);
  }

  #call(node: ASTNode, args: readonly [string, readonly ASTNode[]], depth: number): Typed | null {
    const [name, operands] = args;
    const [a, b] = operands;
    if (name !== 'ratio') return this.problem('RAS-RULES-OPERATOR', node, { what: `${name}()` });
    if (operands.length !== 2 || a === undefined || b === undefined) {
      return this.problem('RAS-RULES-OPERATOR', node, { what: `ratio() of ${operands.length} values` });
    }
    const dividend = this.#operand(a, 'int', depth);
    const divisor = this.#operand(b, 'int', depth);
    if (dividend === null || divisor === null) return null;
    const isFixed = dividend.isFixed && divisor.isFixed;
    return typedOf(
      'double',
      ratioClosure(dividend.run, divisor.run),
      isFixed,
      pair('ratio', dividend, divisor),
    );
  }

  #noteRule(nodes: readonly [ASTNode, ASTNode], typed: readonly [Typed, Typed]): void {
    for (const [here, there] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const id = typed[there].constant;
      if (isName(nodes[here], 'signal.rule') && typeof id === 'string') {
        this.reads.rules.push({ id, offset: nodes[there].start });
      }
    }
  }

  #noteComparison(op: Relation, nodes: readonly [ASTNode, ASTNode], typed: readonly [Typed, Typed]): void {
    this.#addComparison(op, nodes[0], nodes[1], typed[1]);
    this.#addComparison(MIRROR[op], nodes[1], nodes[0], typed[0]);
  }

  #addComparison(operator: Comparison['operator'], subject: ASTNode, object: ASTNode, value: Typed): void {
    const name = dottedName(subject);
    const meaning = name === null ? undefined : this.#environment.resolve(name);
    if (meaning?.kind !== 'feature') return;
    const param = dottedName(object);
    const isParam = param?.startsWith('params.') ?? false;
    // Another feature on the other side is no fixed bar to hold the value against.
    if (value.constant === undefined && !isParam) return;
    this.comparisons.push({
      feature: meaning.position,
      operator,
      with: value,
      param: isParam && param !== null ? param.slice('params.'.length) : null,
    });
  }
}

/** The tree of an operator over two operands. */
function pair<O extends Relation | 'in' | '+' | '-' | '*' | 'ratio'>(op: O, left: Typed, right: Typed) {
  return { op, left: left.tree, right: right.tree };
}

function isNumeric(type: ValueType): boolean {
  return type === 'int' || type === 'double';
}

/** `a` or `a.b`; null for anything longer or with other operators in it. */
function dottedName(node: ASTNode): string | null {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return null;
  const [object, member] = node.args;
  return object.op === 'id' ? `${object.args}.${member}` : null;
}

function isName(node: ASTNode, name: string): boolean {
  return dottedName(node) === name;
}
