/**
 * What the record alone can tell of a feature that is compared with a bar: how much was added up, how many different values were
 * seen last, how much of what went out was money that came in shortly before.
 */
import {
  type CheckedRule,
  type CycleProgram,
  type FeatureProgram,
  isDerived,
  type Tree,
} from '../checked-rule.ts';
import { windowReachMs } from '../window.ts';
import type { FeatureBounds } from './feature-bounds.ts';
import { isPairField, readOf } from './field-read.ts';
import { constantOf } from './folding.ts';
import type { Gate } from './gate.ts';
import { spanText } from './gate.ts';
import type { Count, Funding, Lots, Tally } from './record-part.ts';

/** A sum that is asked for is counted in so many parts: what a byte holds twice. */
const WEIGHT_PARTS = 100;
/** Amounts beyond are left to the exact evaluation; the record holds 32 bits of one. */
const AMOUNT_MAX = 2 ** 30;
const SHARE_MAX = 1_000_000;

/** What must have come in for a sub-event to match; null where nothing must. */
interface Inflow {
  readonly least: number;
  readonly ratios: Funding['ratios'];
}

/** Which events bring money, the field of its amount, and for how long it counts. */
interface Money {
  /** Position of a predicate. */
  readonly into: number;
  readonly amount: string;
  readonly withinMs: number;
  readonly label: string;
}

const SOME_INFLOW: Inflow = { least: 1, ratios: [] };

export class FeatureParts {
  readonly #rule: CheckedRule;
  readonly #features: FeatureBounds;

  constructor(rule: CheckedRule, features: FeatureBounds) {
    this.#rule = rule;
    this.#features = features;
  }

  /** What must hold for the feature to be known and at least `least`. */
  reaching(position: number, least: number): Gate[] {
    const feature = this.#rule.program.features[position]!;
    const { agg } = feature.definition;
    if (!(least > 0) || feature.operands !== null || feature.where === null) return [];
    if (feature.from !== null) {
      const isCount = agg === 'count' || agg === 'distinct';
      const derive = this.#rule.program.derives[feature.from]!;
      return isCount && derive.make === 'cycle' ? this.#cycles(feature, derive, Math.ceil(least)) : [];
    }
    if (agg === 'distinct') return this.#different(feature, Math.ceil(least));
    return agg === 'sum' ? this.#sum(feature, least) : [];
  }

  /** What must hold for the feature to be known and at most `most`. */
  within(position: number, most: number): Gate[] {
    const feature = this.#rule.program.features[position]!;
    if (feature.definition.agg !== 'dwell' || !(most >= 0)) return [];
    // Half of what was matched went on within that time: some of it did.
    const [amount] = feature.of;
    const windowMs = windowReachMs(feature.window!);
    const base = {
      test: this.#features.movement(feature.out!, amount!.name),
      windowMs,
      label: `${feature.name}.out`,
    };
    return this.#funded(
      base,
      1,
      { into: feature.in!, amount: amount!.name, withinMs: most, label: feature.name },
      SOME_INFLOW,
    );
  }

  #cycles(feature: FeatureProgram, derive: CycleProgram, needed: number): Gate[] {
    const tree = this.#rule.program.predicates[feature.where!]!.tree;
    const inflow = inflowOf(tree, derive);
    const [base] = this.#features.matches(feature).counts;
    if (inflow === null || base === undefined) return [];
    const { in: into, of, withinMs, name: label } = derive;
    return this.#funded(base, needed, { into, amount: of.name, withinMs, label }, inflow);
  }

  #funded(base: Count, needed: number, money: Money, { least, ratios }: Inflow): Gate[] {
    const amount = this.#amount(money.amount);
    if (amount === null) return [];
    const { into, withinMs } = money;
    const test = this.#features.movement(into, money.amount);
    const lots: Lots = { test, amount, withinMs, label: `${money.label}.in` };
    const tally: Tally = { base, step: { kind: 'funded', funding: { lots, least, ratios } } };
    const text = `funded(${base.label} in ${spanText(withinMs)})[${spanText(base.windowMs)}] >= ${needed}`;
    return [{ op: 'tally', tally, needed, text }];
  }

  #sum(feature: FeatureProgram, least: number): Gate[] {
    const amount = this.#amount(feature.of[0]!.name);
    const unit = Math.floor(least / WEIGHT_PARTS);
    const [base] = this.#features.matches(feature).counts;
    if (amount === null || base === undefined || unit < 1 || least > Number.MAX_SAFE_INTEGER) return [];
    const text = `sum(${feature.name})[${spanText(base.windowMs)}] >= ${least}`;
    // The parts of all amounts are together no less than the sum in parts, each being rounded up.
    const needed = Math.ceil(least / unit);
    return [{ op: 'tally', tally: { base, step: { kind: 'weight', amount, unit } }, needed, text }];
  }

  #different(feature: FeatureProgram, needed: number): Gate[] {
    const [of, ...others] = feature.of;
    // The numbers of several values together are no number of their combination.
    if (of === undefined || others.length > 0 || isDerived(of.name) || isPairField(of.name) || needed < 2)
      return [];
    const read = readOf(of.name, this.#features.standpoint);
    if (read.type !== 'text' && read.type !== 'small') return [];
    return this.#features.matches(feature).counts.map(
      ({ test, windowMs, label }): Gate => ({
        op: 'values',
        list: { test, read },
        windowMs,
        needed,
        label,
      }),
    );
  }

  /** A column of amounts. */
  #amount(name: string) {
    if (isDerived(name) || isPairField(name as 'time')) return null;
    const read = readOf(name as 'amount', this.#features.standpoint);
    return read.type === 'int' && read.column !== 'time' ? read : null;
  }
}

/** Money that must have come in within the derive's time before a sub-event on which the condition is true. */
function inflowOf(tree: Tree, derive: CycleProgram): Inflow | null {
  switch (tree.op) {
    case '&&': {
      const [left, right] = [inflowOf(tree.left, derive), inflowOf(tree.right, derive)];
      if (left === null || right === null) return left ?? right;
      return { least: Math.max(left.least, right.least), ratios: [...left.ratios, ...right.ratios] };
    }
    case '||': {
      const [left, right] = [inflowOf(tree.left, derive), inflowOf(tree.right, derive)];
      return left === null || right === null ? null : SOME_INFLOW;
    }
    case '>':
    case '>=':
    case '==':
      return inflowAbove(tree.left, tree.right, tree.op === '>', derive) ?? inflowBelow(tree, derive);
    case '<':
    case '<=':
      return inflowAbove(tree.right, tree.left, tree.op === '<', derive) ?? inflowBelow(tree, derive);
    default:
      return null;
  }
}

/** `value > bar`, or `>=`: all three fields of a cycle are 0 without matched money, or by sum unknown. */
function inflowAbove(value: Tree, bar: Tree, isStrict: boolean, { match }: CycleProgram): Inflow | null {
  const constant = constantOf(bar);
  if (value.op !== 'derived' || typeof constant !== 'number') return null;
  const least = isStrict ? Math.floor(constant) + 1 : Math.ceil(constant);
  if (least <= 0) return null;
  // By sum the share is of the outgoing amount in what came in: only a most of it asks for more.
  if (value.name === 'matched' && least <= AMOUNT_MAX) return { least, ratios: [] };
  if (value.name === 'matchedShareMilli' && match === 'fifo' && least <= SHARE_MAX) {
    return { least: 1, ratios: [{ out: least, into: 1_000 }] };
  }
  return SOME_INFLOW;
}

/** `share <= bar`, by sum: floor(1000 v / matched) <= c means that 1000 v < (c + 1) matched. */
function inflowBelow(
  tree: Tree & { readonly left: Tree; readonly right: Tree },
  { match }: CycleProgram,
): Inflow | null {
  if (match !== 'sum') return null;
  const isMirrored = tree.right.op === 'derived';
  const [value, bar] = isMirrored ? [tree.right, tree.left] : [tree.left, tree.right];
  if (value.op !== 'derived' || value.name !== 'matchedShareMilli') return null;
  const isMost = tree.op === '==' || (isMirrored ? tree.op.startsWith('>') : tree.op.startsWith('<'));
  const most = constantOf(bar);
  if (!isMost || typeof most !== 'number' || most < 0 || most > SHARE_MAX) return SOME_INFLOW;
  return { least: 1, ratios: [{ out: 1_000, into: Math.floor(most) + 1 }] };
}
