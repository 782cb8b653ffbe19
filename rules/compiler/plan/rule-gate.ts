/**
 * The gate of a rule: a condition on counts that holds wherever `when` is true. It is found by walking `when`, with
 * negations pushed down to the comparisons; what gives no bound counts as open.
 */
import type { CheckedRule, Relation, Tree } from '../checked-rule.ts';
import { added, type Bounds, constantBounds, mayReach, scaled, UNBOUNDED } from './bounds.ts';
import { type FeatureBounds, featuresOf } from './feature-bounds.ts';
import { FeatureParts } from './feature-parts.ts';
import { constantOf, type RangeOf, rangeOfTree } from './folding.ts';
import { all, any, type Gate, OPEN, SHUT } from './gate.ts';

const NEGATED: Readonly<Record<Relation, Relation>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

export function gateOf(rule: CheckedRule, features: FeatureBounds, rangeOf: RangeOf): Gate {
  return new GateWalk(features, new FeatureParts(rule, features), rangeOf).walk(rule.program.whenTree, true);
}

class GateWalk {
  readonly #features: FeatureBounds;
  readonly #parts: FeatureParts;
  readonly #rangeOf: RangeOf;

  constructor(features: FeatureBounds, parts: FeatureParts, rangeOf: RangeOf) {
    this.#features = features;
    this.#parts = parts;
    this.#rangeOf = rangeOf;
  }

  /** Open wherever the expression is true, or (`wanted` false) is false. */
  walk(tree: Tree, wanted: boolean): Gate {
    switch (tree.op) {
      case '!':
        return this.walk(tree.operand, !wanted);
      case '&&':
      case '||': {
        const parts = [this.walk(tree.left, wanted), this.walk(tree.right, wanted)];
        return (tree.op === '&&') === wanted ? all(...parts) : any(...parts);
      }
      case 'constant':
        return tree.value === wanted ? OPEN : SHUT;
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return all(this.#known(tree), ...this.#relation(wanted ? tree.op : NEGATED[tree.op], tree));
      default:
        return this.#known(tree);
    }
  }

  #known(tree: Tree): Gate {
    return all(...[...featuresOf(tree)].map((position) => this.#features.of(position).known));
  }

  #relation(op: Relation, { left, right }: { readonly left: Tree; readonly right: Tree }): Gate[] {
    const isNumeric = (tree: Tree) => tree.type === 'int' || tree.type === 'double';
    if (!isNumeric(left) || !isNumeric(right)) return [];
    const a = this.#bounds(left);
    const b = this.#bounds(right);
    switch (op) {
      case '>=':
      case '>':
        return [...mayReach(a, b, op === '>'), ...this.#recorded(left, b, right, a)];
      case '<=':
      case '<':
        return [...mayReach(b, a, op === '<'), ...this.#recorded(right, a, left, b)];
      case '==':
        return [
          ...mayReach(a, b, false),
          ...mayReach(b, a, false),
          ...this.#recorded(left, b, right, a),
          ...this.#recorded(right, a, left, b),
        ];
      case '!=':
        return [];
    }
  }

  /** What the record tells of `high`, which is no less than `low`, where one of the two is a feature. */
  #recorded(high: Tree, boundsOfLow: Bounds, low: Tree, boundsOfHigh: Bounds): Gate[] {
    const gates: Gate[] = [];
    if (high.op === 'feature' && boundsOfLow.unless.op === 'constant' && !boundsOfLow.unless.value) {
      gates.push(...this.#parts.reaching(high.position, boundsOfLow.lower));
    }
    const [most] = boundsOfHigh.uppers.filter(({ terms }) => terms.length === 0);
    if (
      low.op === 'feature' &&
      most !== undefined &&
      boundsOfHigh.unless.op === 'constant' &&
      !boundsOfHigh.unless.value
    ) {
      gates.push(...this.#parts.within(low.position, most.constant));
    }
    return gates;
  }

  #bounds(tree: Tree): Bounds {
    const value = constantOf(tree);
    if (value !== undefined) return typeof value === 'number' ? constantBounds(value) : UNBOUNDED;
    const range = rangeOfTree(tree, this.#rangeOf);
    if (range !== undefined) return { ...constantBounds(range.most), lower: range.least };
    switch (tree.op) {
      case 'feature':
        return this.#features.of(tree.position).bounds;
      case 'negate':
        return scaled(this.#bounds(tree.operand), -1);
      case '+':
        return added(this.#bounds(tree.left), this.#bounds(tree.right));
      case '-':
        return added(this.#bounds(tree.left), scaled(this.#bounds(tree.right), -1));
      case '*': {
        const [a, b] = [constantOf(tree.left), constantOf(tree.right)];
        if (typeof a === 'number') return scaled(this.#bounds(tree.right), a);
        return typeof b === 'number' ? scaled(this.#bounds(tree.left), b) : UNBOUNDED;
      }
      default:
        return UNBOUNDED;
    }
  }
}
