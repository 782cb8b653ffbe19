/**
 * Expressions over one event, and over features, as JavaScript.
 *
 * Every condition has two questions, each a boolean expression that is true only where its answer is certain: is it true, is
 * it false. Where neither is, the condition is unknown (SEMANTICS §4), or the columns do not tell: then the expression has
 * called `fail`, or a number became too large for a double, and the answer is nobody's before the reference gave it.
 *
 * Unknown numbers are NaN, of which no comparison is true; unknown texts have the id -1, unknown codes are 255.
 */
import { BYTE_NULL, type StandpointKind, TEXT_NULL } from '../../../schemas/facts.ts';
import {
  type DerivedName,
  type FeatureProgram,
  type FieldName,
  isDerived,
  type Relation,
  type Tree,
} from '../checked-rule.ts';
import { isPairField, readOf } from '../plan/field-read.ts';
import { compared, constantOf } from '../plan/folding.ts';
import { literal } from '../plan/literal.ts';
import type { FactBinding } from '../plan/reading.ts';

/** How values are held: numbers, ids of texts, codes of a list of names (booleans are codes 0 and 1), or bits of a set. */
export type Domain =
  | { readonly holds: 'number' | 'id' | 'bits' }
  | { readonly holds: 'code'; readonly names: readonly string[] };

/** How the leaves of an expression are written where it stands; null where their value is unknown there. */
export interface Leaves {
  field(name: FieldName): string | null;
  derived(name: DerivedName): string | null;
  feature(position: number): string | null;
  threshold(position: number): string | null;
  peer(position: number): string | null;
  /** A condition without which the value of a feature is less than `least`, and which is cheaper than that value; null: none. */
  reaches?(position: number, least: string): string | null;
}

export const NUMBER: Domain = { holds: 'number' };
const FLAG: Domain = { holds: 'code', names: ['false', 'true'] };
/** Neither answer is certain, and not because something is unknown. */
const FAIL = 'fail()';
const NEVER = 'false';
const MIRROR = { '>=': '<=', '>': '<', '<=': '>=', '<': '>', '==': '==', '!=': '!=' } as const;
const NEGATED = { '==': '!=', '!=': '==', '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;

/** What stands for an unknown value. */
export function unknownOf({ holds }: Domain): string {
  if (holds === 'number') return 'NaN';
  return holds === 'code' ? String(BYTE_NULL) : literal(TEXT_NULL);
}

/** Holds where the value, a text of code, is known. */
export function knownCode({ holds }: Domain, value: string): string {
  if (holds === 'number') return `${value} === ${value}`;
  return holds === 'code' ? `${value} !== ${BYTE_NULL}` : `${value} !== ${literal(TEXT_NULL)}`;
}

export class ExpressionCode {
  readonly #standpoint: StandpointKind;
  readonly #binding: FactBinding;
  readonly #features: readonly FeatureProgram[];

  constructor(standpoint: StandpointKind, binding: FactBinding, features: readonly FeatureProgram[]) {
    this.#standpoint = standpoint;
    this.#binding = binding;
    this.#features = features;
  }

  fieldDomain(name: FieldName | DerivedName): Domain {
    if (isDerived(name) || isPairField(name)) return NUMBER;
    const { type, codes } = readOf(name, this.#standpoint);
    if (type === 'text') return { holds: 'id' };
    if (type === 'set') return { holds: 'bits' };
    return type === 'bool' || type === 'enum' ? { holds: 'code', names: codes } : NUMBER;
  }

  featureDomain(position: number): Domain {
    const { type, of } = this.#features[position]!;
    if (type === 'bool') return FLAG;
    return type === 'string' ? this.fieldDomain(of[0]!.name) : NUMBER;
  }

  isTrue(tree: Tree, leaves: Leaves): string {
    return this.#ask(tree, true, leaves);
  }

  isFalse(tree: Tree, leaves: Leaves): string {
    return this.#ask(tree, false, leaves);
  }

  #ask(tree: Tree, wanted: boolean, leaves: Leaves): string {
    switch (tree.op) {
      case '!':
        return this.#ask(tree.operand, !wanted, leaves);
      case '&&':
      case '||': {
        const sign = (tree.op === '&&') === wanted ? '&&' : '||';
        return `(${this.#ask(tree.left, wanted, leaves)} ${sign} ${this.#ask(tree.right, wanted, leaves)})`;
      }
      case 'constant':
        return String(tree.value === wanted);
      case 'field':
      case 'feature': {
        const value = this.#leaf(tree, leaves);
        return value === null ? NEVER : `${value} === ${wanted ? 1 : 0}`;
      }
      case 'in':
        return this.#membership(tree.left, tree.right, wanted, leaves);
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#relation(wanted ? tree.op : NEGATED[tree.op], tree.left, tree.right, leaves);
      default:
        return FAIL;
    }
  }

  #relation(op: Relation, left: Tree, right: Tree, leaves: Leaves): string {
    if (left.type === 'bool') {
      const [a, b] = [true, false].map((wanted) => this.#ask(left, wanted, leaves));
      const [c, d] = [op === '==', op !== '=='].map((wanted) => this.#ask(right, wanted, leaves));
      return `((${a} && ${c}) || (${b} && ${d}))`;
    }
    if (left.type === 'string') return this.#textRelation(op, left, right, leaves);
    const [x, y] = [this.number(left, leaves), this.number(right, leaves)];
    if (x === null || y === null) return NEVER;
    // Of two numbers that may be unknown each comparison but this one is false.
    if (op === '!=') return `differ(${x}, ${y})`;
    const compared = `${x} ${op === '==' ? '===' : op} ${y}`;
    const reaches =
      (op === '>=' || op === '>') && left.op === 'feature'
        ? leaves.reaches?.(left.position, y)
        : (op === '<=' || op === '<') && right.op === 'feature'
          ? leaves.reaches?.(right.position, x)
          : undefined;
    return reaches ? `(${reaches} && ${compared})` : `(${compared})`;
  }

  /** A number as code: NaN where it is unknown; null where that is plain. */
  number(tree: Tree, leaves: Leaves): string | null {
    const value = constantOf(tree);
    if (value !== undefined) {
      if (value === null) return null;
      return typeof value === 'number' ? literal(value) : 'failed()';
    }
    switch (tree.op) {
      case 'field':
      case 'feature':
        return this.#leaf(tree, leaves);
      case 'derived':
        return leaves.derived(tree.name);
      case 'threshold':
        return leaves.threshold(tree.position);
      case 'peer':
        return leaves.peer(tree.position);
      case 'negate': {
        const operand = this.number(tree.operand, leaves);
        return operand === null ? null : `(-${operand})`;
      }
      case '+':
      case '-':
      case '*':
      case 'ratio': {
        const [x, y] = [this.number(tree.left, leaves), this.number(tree.right, leaves)];
        if (x === null || y === null) return null;
        return tree.op === 'ratio' ? `quotient(${x}, ${y})` : `safe(${x} ${tree.op} ${y})`;
      }
      default:
        return 'failed()';
    }
  }

  #textRelation(op: Relation, left: Tree, right: Tree, leaves: Leaves): string {
    const [a, b] = [constantOf(left), constantOf(right)];
    if (a !== undefined && b !== undefined) {
      return String(a !== null && b !== null && compared(op, a, b));
    }
    if (a !== undefined) return this.#textRelation(MIRROR[op], right, left, leaves);
    const x = this.#leaf(left, leaves);
    if (b !== undefined) {
      if (x === null || b === null) return NEVER;
      const domain = this.#domainOf(left);
      if (domain.holds === 'code') return codeAmong(x, domain.names, (name) => compared(op, name, b));
      if (op !== '==' && op !== '!=') return FAIL;
      return this.#idAmong(x, [b as string], op === '==');
    }
    const y = this.#leaf(right, leaves);
    if (x === null || y === null) return NEVER;
    const [one, other] = [this.#domainOf(left), this.#domainOf(right)];
    const isAlike =
      one.holds === 'code' ? other.holds === 'code' && one.names === other.names : other.holds === one.holds;
    if (!isAlike || (op !== '==' && op !== '!=')) return FAIL;
    const known = `${knownCode(one, x)} && ${knownCode(one, y)}`;
    return `(${x} ${op === '==' ? '===' : '!=='} ${y} && ${known})`;
  }

  #membership(needle: Tree, set: Tree, wanted: boolean, leaves: Leaves): string {
    const text = constantOf(needle);
    const members = constantOf(set) as readonly string[] | null | undefined;
    if (members !== undefined) {
      if (text !== undefined) {
        return String(text !== null && members !== null && members.includes(text as string) === wanted);
      }
      const value = this.#leaf(needle, leaves);
      if (value === null || members === null) return NEVER;
      const domain = this.#domainOf(needle);
      if (domain.holds === 'code') {
        return codeAmong(value, domain.names, (name) => members.includes(name) === wanted);
      }
      return this.#idAmong(value, members, wanted);
    }
    const bit = typeof text === 'string' ? this.#binding.memberBit(text) : -1;
    if (set.op !== 'field' || bit < 0) return FAIL;
    const bits = leaves.field(set.name);
    return bits === null ? NEVER : `(${bits} >>> ${literal(bit)} & 1) === ${wanted ? 1 : 0}`;
  }

  #idAmong(value: string, texts: readonly string[], wanted: boolean): string {
    const ids = texts.map((text) => literal(this.#binding.textId(text)));
    if (wanted) return ids.length === 0 ? NEVER : `(${ids.map((id) => `${value} === ${id}`).join(' || ')})`;
    return `(${[literal(TEXT_NULL), ...ids].map((id) => `${value} !== ${id}`).join(' && ')})`;
  }

  #domainOf(tree: Tree): Domain {
    return tree.op === 'feature'
      ? this.featureDomain(tree.position)
      : this.fieldDomain((tree as { readonly name: FieldName }).name);
  }

  #leaf(tree: Tree, leaves: Leaves): string | null {
    if (tree.op === 'field') return leaves.field(tree.name);
    return tree.op === 'feature' ? leaves.feature(tree.position) : 'failed()';
  }
}

/** Null is bit 31 of every mask: JavaScript shifts by the low five bits, and lists have 31 names at most. */
function codeAmong(value: string, names: readonly string[], holds: (name: string) => boolean): string {
  let mask = 0;
  names.forEach((name, code) => {
    if (holds(name)) mask |= 1 << code;
  });
  return mask === 0 ? NEVER : `(${literal(mask)} >>> ${value} & 1) === 1`;
}

/** Leaves of an expression: fields, features, thresholds, peers, constants. */
export function leavesOf(tree: Tree, into: Tree[] = []): readonly Tree[] {
  if ('operand' in tree) leavesOf(tree.operand, into);
  else if ('left' in tree) {
    leavesOf(tree.left, into);
    leavesOf(tree.right, into);
  } else into.push(tree);
  return into;
}

/** A field of event `i` as it is kept. */
export function keptField(name: FieldName): string {
  return name === 'amount' ? `wide(this.x_${name}[i])` : `this.x_${name}[i]`;
}

/** A field of sub-event `c`. */
export function derivedCode(name: DerivedName): string {
  return name === 'sources' ? 'sourcesOf(c, this.x_source)' : `whole(c.${name})`;
}
