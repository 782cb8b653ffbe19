/**
 * Whether a condition can hold at all: its atoms as bounds on what they read, alternative by alternative. What is not
 * understood is taken as possible, so that a finding is always true.
 */
import type { Tree, Value } from '../compiler/checked-rule.ts';

/** Alternatives that are looked at; a condition with more is taken as possible. */
const ALTERNATIVES_MAX = 256;

/** An atom as it must be: true, or false. */
export interface Literal {
  readonly atom: Tree;
  readonly isTrue: boolean;
}

/** What a term can be, whatever the rule says: bounds of numbers, or a closed list of texts. */
export interface Domain {
  readonly least?: number;
  readonly most?: number;
  readonly texts?: readonly string[];
}

export type DomainOf = (term: Tree) => Domain | undefined;
export type TextOf = (term: Tree) => string;

/** Conjunctions of which one must hold; null where there are too many. */
export function alternativesOf(tree: Tree, isTrue = true): readonly (readonly Literal[])[] | null {
  if (tree.op === '!') return alternativesOf(tree.operand, !isTrue);
  if (tree.op === '&&' || tree.op === '||') {
    const left = alternativesOf(tree.left, isTrue);
    const right = alternativesOf(tree.right, isTrue);
    if (left === null || right === null) return null;
    const isEither = (tree.op === '||') === isTrue;
    const joined = isEither ? [...left, ...right] : left.flatMap((a) => right.map((b) => [...a, ...b]));
    return joined.length > ALTERNATIVES_MAX ? null : joined;
  }
  return [[{ atom: tree, isTrue }]];
}

/** False only where no value of anything makes all conditions true together. */
export function canHold(conditions: readonly Tree[], domainOf: DomainOf, textOf: TextOf): boolean {
  let together: readonly (readonly Literal[])[] = [[]];
  for (const condition of conditions) {
    const own = alternativesOf(condition);
    if (own === null) return true;
    together = together.flatMap((a) => own.map((b) => [...a, ...b]));
    if (together.length > ALTERNATIVES_MAX) return true;
  }
  return together.some((literals) => agree(literals, domainOf, textOf));
}

const RELATIONS = ['<', '<=', '>', '>=', '==', '!='] as const;
type Relation = (typeof RELATIONS)[number];
const MIRROR: Readonly<Record<Relation, Relation>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};
const OPPOSITE: Readonly<Record<Relation, Relation>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
};
/** Which of less, equal, greater a relation admits. */
const ADMITS: Readonly<Record<Relation, number>> = {
  '<': 0b001,
  '<=': 0b011,
  '>': 0b100,
  '>=': 0b110,
  '==': 0b010,
  '!=': 0b101,
};

const isRelation = (op: string): op is Relation => (RELATIONS as readonly string[]).includes(op);

/** What is left possible of one term. */
class Possible {
  #least: number;
  #most: number;
  #texts: Set<string> | null;
  readonly #refused = new Set<Value>();
  readonly #isInt: boolean;

  constructor(isInt: boolean, { least, most, texts }: Domain) {
    this.#isInt = isInt;
    this.#least = least ?? Number.NEGATIVE_INFINITY;
    this.#most = most ?? Number.POSITIVE_INFINITY;
    this.#texts = texts === undefined ? null : new Set(texts);
  }

  number(relation: Relation, bar: number): void {
    const step = this.#isInt ? 1 : Number.MIN_VALUE;
    // Of doubles an open end is as good as closed but where both ends meet.
    if (relation === '>=' || relation === '==') this.#least = Math.max(this.#least, bar);
    if (relation === '<=' || relation === '==') this.#most = Math.min(this.#most, bar);
    if (relation === '>')
      this.#least = Math.max(this.#least, this.#isInt ? Math.floor(bar) + step : above(bar));
    if (relation === '<') this.#most = Math.min(this.#most, this.#isInt ? Math.ceil(bar) - step : below(bar));
    if (relation === '!=') this.#refused.add(bar);
  }

  texts(members: readonly string[], isIn: boolean): void {
    if (!isIn) for (const member of members) this.#refused.add(member);
    else this.#texts = new Set(members.filter((member) => this.#texts?.has(member) ?? true));
  }

  get isEmpty(): boolean {
    if (this.#texts !== null) return [...this.#texts].every((text) => this.#refused.has(text));
    if (this.#isInt) {
      const [least, most] = [Math.ceil(this.#least), Math.floor(this.#most)];
      return least > most || (least === most && this.#refused.has(least));
    }
    return this.#least > this.#most || (this.#least === this.#most && this.#refused.has(this.#least));
  }
}

function above(bar: number): number {
  return bar + Math.max(Number.MIN_VALUE, Math.abs(bar) * Number.EPSILON);
}

function below(bar: number): number {
  return bar - Math.max(Number.MIN_VALUE, Math.abs(bar) * Number.EPSILON);
}

function agree(literals: readonly Literal[], domainOf: DomainOf, textOf: TextOf): boolean {
  const terms = new Map<string, Possible>();
  /** Terms against each other: which of less, equal, greater is left. */
  const pairs = new Map<string, number>();
  const truths = new Map<string, boolean>();
  const of = (term: Tree): Possible => {
    const key = textOf(term);
    const known = terms.get(key);
    if (known !== undefined) return known;
    const possible = new Possible(term.type === 'int', domainOf(term) ?? {});
    terms.set(key, possible);
    return possible;
  };
  for (const { atom, isTrue } of literals) {
    if (atom.op === 'constant') {
      if (atom.value !== isTrue) return false;
    } else if (atom.op === 'in' && atom.right.op === 'constant' && Array.isArray(atom.right.value)) {
      of(atom.left).texts(atom.right.value as readonly string[], isTrue);
    } else if (isRelation(atom.op) && 'left' in atom) {
      const told = isTrue ? atom.op : OPPOSITE[atom.op];
      const swap = atom.left.op === 'constant';
      const [term, bar] = swap ? [atom.right, atom.left] : [atom.left, atom.right];
      const relation = swap ? MIRROR[told] : told;
      if (bar.op !== 'constant') {
        const [a, b] = [textOf(term), textOf(bar)];
        const [key, admits] =
          a <= b ? [`${a} ${b}`, ADMITS[relation]] : [`${b} ${a}`, ADMITS[MIRROR[relation]]];
        const left = (pairs.get(key) ?? 0b111) & (a === b ? admits & 0b010 : admits);
        if (left === 0) return false;
        pairs.set(key, left);
      } else if (term.op === 'constant') {
        if (!compares(term.value, relation, bar.value)) return false;
      } else if (typeof bar.value === 'number') of(term).number(relation, bar.value);
      else if (typeof bar.value === 'string' && relation === '==') of(term).texts([bar.value], true);
      else if (typeof bar.value === 'string' && relation === '!=') of(term).texts([bar.value], false);
      else if (typeof bar.value === 'boolean' && (relation === '==' || relation === '!=')) {
        if (!isSameTruth(truths, textOf(term), bar.value === (relation === '=='))) return false;
      }
    } else if (!isSameTruth(truths, textOf(atom), isTrue)) return false;
  }
  return [...terms.values()].every((possible) => !possible.isEmpty);
}

/** Notes the truth of a term; false where it was said to be the other one. */
function isSameTruth(truths: Map<string, boolean>, term: string, truth: boolean): boolean {
  const known = truths.get(term);
  truths.set(term, truth);
  return known === undefined || known === truth;
}

function compares(a: Value, relation: Relation, b: Value): boolean {
  if (a === null || b === null || typeof a === 'object' || typeof b === 'object') return true;
  const order = a < b ? 0b001 : a > b ? 0b100 : 0b010;
  return (ADMITS[relation] & order) !== 0;
}
