/**
 * What a feature of a rule says about counts of events: bounds of its value, and what must be there for it to have one
 * (SEMANTICS §5, "empty M").
 */
import { COVERAGES, PRECISIONS } from '../../../schemas/enumerations.ts';
import type { StandpointKind } from '../../../schemas/facts.ts';
import {
  type CheckedRule,
  type CycleProgram,
  type FeatureProgram,
  type GroupingProgram,
  isDerived,
  type PayPeriodProgram,
  type Tree,
} from '../checked-rule.ts';
import { windowReachMs } from '../window.ts';
import { type Bounds, constantBounds, UNBOUNDED, zeroUnless } from './bounds.ts';
import { and, codes, or, type Test, TRUE } from './event-test.ts';
import { readOf } from './field-read.ts';
import { constantOf } from './folding.ts';
import { all, atLeast, type Gate, OPEN } from './gate.ts';
import { numberOutcome } from './number-test.ts';
import type { EventReading } from './reading.ts';
import type { Count } from './record-part.ts';

export interface FeatureFacts {
  readonly bounds: Bounds;
  /** Open wherever the feature is known. */
  readonly known: Gate;
  /** Open wherever an event matches. */
  readonly some: Gate;
}

const ZERO: Tree = { type: 'int', op: 'constant', value: 0 };

export class FeatureBounds {
  readonly #rule: CheckedRule;
  readonly #reading: EventReading;
  readonly standpoint: StandpointKind;
  readonly #facts: (FeatureFacts | undefined)[] = [];
  /** Holds on events that the rule may see. */
  readonly visible: Test;
  /** Holds on events that show what the rule needs: no other event matches. */
  readonly #shown: Test;

  constructor(rule: CheckedRule, reading: EventReading, standpoint: StandpointKind) {
    this.#rule = rule;
    this.#reading = reading;
    this.standpoint = standpoint;
    const status = readOf('status', standpoint);
    this.visible = rule.readsStatus ? TRUE : codes(status, 1 << status.codes.indexOf('completed'));
    this.#shown = and(this.visible, ...this.#needs());
  }

  #needs(): Test[] {
    const { precision, coverage } = this.#rule.file.needs;
    const tests: Test[] = [];
    if (precision !== undefined) {
      const finest = 2 ** (PRECISIONS.indexOf(precision) + 1) - 1;
      tests.push(codes(readOf('precision', this.standpoint), finest));
    }
    if (coverage !== undefined) {
      const mask = coverage.reduce((set, name) => set | (1 << COVERAGES.indexOf(name)), 0);
      tests.push(codes(readOf('coverage', this.standpoint), mask));
    }
    return tests;
  }

  of(position: number): FeatureFacts {
    const known = this.#facts[position];
    if (known !== undefined) return known;
    const facts = this.#compute(this.#rule.program.features[position]!);
    this.#facts[position] = facts;
    return facts;
  }

  #compute(feature: FeatureProgram): FeatureFacts {
    if (feature.operands !== null) return this.#ratio(feature.operands);
    if (feature.definition.agg === 'dwell') return this.#dwell(feature);
    if (feature.sequence !== null) return this.#sequence(feature, feature.sequence.steps);
    const { counts, premise } = this.matches(feature);
    const some = all(...counts.map((count) => needOne(count)), premise);
    const ofCounts = counts.map((count) => ({
      constant: 0,
      terms: [{ count, coefficient: 1 }],
      premise: some,
    }));
    switch (feature.definition.agg) {
      case 'count':
      case 'distinct':
        return { bounds: { ...constantBounds(0), uppers: ofCounts }, known: OPEN, some };
      case 'group_count':
        return { bounds: { ...constantBounds(1), uppers: ofCounts }, known: some, some };
      case 'sum':
        return { bounds: zeroUnless(some), known: OPEN, some };
      case 'share':
        return { bounds: zeroUnless(this.#part(feature, counts, premise)), known: some, some };
      case 'top_share':
        return { bounds: { ...constantBounds(1), lower: 0 }, known: some, some };
      case 'stddev':
      case 'interval_cv':
        return { bounds: { ...UNBOUNDED, lower: 0 }, known: some, some };
      default:
        return { bounds: UNBOUNDED, known: some, some };
    }
  }

  #ratio([numerator, denominator]: readonly [number, number]): FeatureFacts {
    const [num, den] = [this.of(numerator), this.of(denominator)];
    const { features } = this.#rule.program;
    const isZeroWithout = (position: number) =>
      ['count', 'distinct', 'sum', 'sequence'].includes(features[position]!.definition.agg);
    const bounds = isZeroWithout(numerator) ? zeroUnless(num.some) : UNBOUNDED;
    const known = all(num.known, den.known, isZeroWithout(denominator) ? den.some : OPEN);
    return { bounds, known, some: known };
  }

  #dwell(feature: FeatureProgram): FeatureFacts {
    const windowMs = windowReachMs(feature.window!);
    const amount = feature.of[0]!.name;
    const moved = (predicate: number, label: string) =>
      needOne({ test: this.movement(predicate, amount), windowMs, label: `${feature.name}.${label}` });
    const some = all(moved(feature.in!, 'in'), moved(feature.out!, 'out'));
    return { bounds: { ...UNBOUNDED, lower: 0 }, known: some, some };
  }

  /** A complete sequence has an event of its own for each step: there are no more than of the rarest, and equal steps need several. */
  #sequence(feature: FeatureProgram, steps: readonly number[]): FeatureFacts {
    const windowMs = windowReachMs(feature.window!);
    const known = feature.by === null ? [] : [this.#reading.knownField(feature.by.name)];
    const different = [...new Set(steps)];
    const trees = different.map((step) => this.#rule.program.predicates[step]!.tree);
    const counts = trees.map((tree, i): Count => {
      const test = and(this.#shown, this.#reading.maybeTrue(tree), ...known);
      return { test, windowMs, label: `${feature.name}.${steps.indexOf(different[i]!) + 1}` };
    });
    const needed = (count: Count, i: number) =>
      atLeast([{ count, coefficient: 1 }], steps.filter((step) => step === different[i]).length);
    const some = all(...counts.map(needed), ...trees.map((tree) => this.#premise(tree)));
    const uppers = counts.map((count) => ({
      constant: 0,
      terms: [{ count, coefficient: 1 }],
      premise: some,
    }));
    return { bounds: { ...constantBounds(0), uppers }, known: OPEN, some };
  }

  /** Counts that are each at least the number of events, or sub-events, that match; `premise` holds where one does. */
  matches(feature: FeatureProgram): { readonly counts: readonly Count[]; readonly premise: Gate } {
    const { where, from, of, by } = feature;
    const tree = this.#rule.program.predicates[where!]!.tree;
    const premise = this.#premise(tree);
    const fields = [...of, ...(by === null ? [] : [by])].map(({ name }) => name);
    const matched = and(
      this.#shown,
      this.#reading.maybeTrue(tree),
      ...fields.filter((name) => !isDerived(name)).map((name) => this.#reading.knownField(name)),
      ...(feature.definition.agg === 'top_share' ? [this.#isPositive(fields[0]!)] : []),
    );
    const windowMs = windowReachMs(feature.window!);
    if (from === null) return { counts: [{ test: matched, windowMs, label: feature.name }], premise };
    const derive = this.#rule.program.derives[from]!;
    const deriveMs = windowReachMs(derive.window);
    if (derive.make !== 'cycle') {
      const last = { test: matched, windowMs: Math.min(windowMs, deriveMs), label: feature.name };
      return this.#grouped(derive, last, { tree, premise });
    }
    const out = {
      test: and(matched, this.movement(derive.out, derive.of.name)),
      windowMs: Math.min(windowMs, deriveMs),
      label: feature.name,
    };
    if (!needsMoney(tree, derive)) return { counts: [out], premise };
    const into = {
      test: this.movement(derive.in, derive.of.name),
      windowMs: deriveMs,
      label: `${derive.name}.in`,
    };
    // By sum every incoming event is used once, so that there are no more cycles than incoming events.
    if (derive.match === 'sum') return { counts: [out, into], premise };
    return { counts: [out], premise: all(premise, needOne(into)) };
  }

  /** Every sub-event lies at the place of another event that counts; `last` holds on those that the feature takes. */
  #grouped(
    derive: GroupingProgram | PayPeriodProgram,
    last: Count,
    { tree, premise }: { readonly tree: Tree; readonly premise: Gate },
  ): { readonly counts: readonly Count[]; readonly premise: Gate } {
    const { predicates } = this.#rule.program;
    const maybe = (position: number) => this.#reading.maybeTrue(predicates[position]!.tree);
    const reads = ('where' in derive ? [derive.key, derive.of] : [derive.of]).filter((read) => read !== null);
    const counted = (test: Test): Test =>
      and(this.#shown, test, ...reads.map(({ name }) => this.#reading.knownField(name)));
    const own = counted('where' in derive ? maybe(derive.where) : or(maybe(derive.in), maybe(derive.out)));
    const windowMs = windowReachMs(derive.window);
    const together = { test: own, windowMs, label: derive.name };
    // A circuit has its two ends beside its stops.
    const fewest = Math.max(eventsNeeded(tree), derive.make === 'circuit' ? derive.stopsMin + 2 : 1);
    const counts = [{ ...last, test: and(last.test, own) }];
    if (derive.make === 'pay_period')
      counts.push({ test: counted(maybe(derive.in)), windowMs, label: `${derive.name}.start` });
    return { counts, premise: all(premise, atLeast([{ count: together, coefficient: 1 }], fewest)) };
  }

  /** Open wherever an event is part of what a share is taken of. */
  #part(feature: FeatureProgram, counts: readonly Count[], premise: Gate): Gate {
    const tree = this.#rule.program.predicates[feature.part!]!.tree;
    const part = this.#reading.maybeTrue(tree);
    const label = `${feature.name}.part`;
    const [own, ...others] = counts as readonly [Count, ...Count[]];
    return all(
      needOne({ ...own, test: and(own.test, part), label }),
      ...others.map((count) => needOne(count)),
      premise,
      this.#premise(tree),
    );
  }

  /** Events that bring money or take it out: the amount is above 0. */
  movement(predicate: number, amount: string): Test {
    const { tree } = this.#rule.program.predicates[predicate]!;
    return and(this.#shown, this.#reading.maybeTrue(tree), this.#isPositive(amount));
  }

  #isPositive(name: string): Test {
    if (isDerived(name)) return TRUE;
    const field: Tree = { type: 'int', op: 'field', name: name as 'amount' };
    return numberOutcome('>', field, ZERO, this.standpoint, this.#reading.rangeOf).true;
  }

  /** Features that a condition needs to be known wherever it is true. */
  #premise(tree: Tree): Gate {
    return all(...[...featuresNeeded(tree, true)].map((position) => this.of(position).known));
  }
}

function needOne(count: Count): Gate {
  return atLeast([{ count, coefficient: 1 }], 1);
}

/** Positions of features that are known wherever the condition is true, or (`wanted` false) false. */
function featuresNeeded(tree: Tree, wanted: boolean): ReadonlySet<number> {
  switch (tree.op) {
    case '!':
      return featuresNeeded(tree.operand, !wanted);
    case '&&':
    case '||': {
      const [left, right] = [featuresNeeded(tree.left, wanted), featuresNeeded(tree.right, wanted)];
      if ((tree.op === '&&') === wanted) return new Set([...left, ...right]);
      return new Set([...left].filter((position) => right.has(position)));
    }
    default:
      return featuresOf(tree);
  }
}

/** How many events a sub-event has at least on which the condition is true. */
function eventsNeeded(tree: Tree): number {
  switch (tree.op) {
    case '&&':
      return Math.max(eventsNeeded(tree.left), eventsNeeded(tree.right));
    case '||':
      return Math.min(eventsNeeded(tree.left), eventsNeeded(tree.right));
    case '>':
    case '>=':
      return eventsOf(tree.left, tree.right, tree.op === '>');
    case '<':
    case '<=':
      return eventsOf(tree.right, tree.left, tree.op === '<');
    default:
      return 1;
  }
}

/** Fields of sub-events that are no more than their events. */
const COUNTED: ReadonlySet<string> = new Set(['events', 'stops', 'days']);

/** `value > bar`, or `>=`. */
function eventsOf(value: Tree, bar: Tree, isStrict: boolean): number {
  const least = constantOf(bar);
  if (value.op !== 'derived' || !COUNTED.has(value.name) || typeof least !== 'number') return 1;
  const needed = isStrict ? Math.floor(least) + 1 : Math.ceil(least);
  return Number.isSafeInteger(needed) ? Math.max(1, needed) : 1;
}

/** Features under operators of which every one is unknown where an operand is. */
export function featuresOf(tree: Tree): ReadonlySet<number> {
  switch (tree.op) {
    case 'feature':
      return new Set([tree.position]);
    case 'negate':
      return featuresOf(tree.operand);
    case '&&':
    case '||':
    case '!':
    case 'constant':
    case 'field':
    case 'derived':
    case 'threshold':
    case 'peer':
      return new Set();
    default:
      return new Set([...featuresOf(tree.left), ...featuresOf(tree.right)]);
  }
}

/** Whether a sub-event on which the condition is true has matched money, so that an incoming event is there. */
function needsMoney(tree: Tree, derive: CycleProgram): boolean {
  switch (tree.op) {
    case '&&':
      return needsMoney(tree.left, derive) || needsMoney(tree.right, derive);
    case '||':
      return needsMoney(tree.left, derive) && needsMoney(tree.right, derive);
    case '>':
    case '>=':
      return isMoney(tree.left, tree.right, tree.op === '>', derive);
    case '<':
    case '<=':
      return isMoney(tree.right, tree.left, tree.op === '<', derive);
    default:
      return false;
  }
}

/** `value > bar`, or `>=`: all three fields of a cycle are 0 without matched money, or by sum unknown. */
function isMoney(value: Tree, bar: Tree, isStrict: boolean, derive: CycleProgram): boolean {
  if (
    derive.match === 'sum' &&
    [value, bar].some((side) => side.op === 'derived' && side.name === 'matchedShareMilli')
  ) {
    return true;
  }
  const least = constantOf(bar);
  return (
    value.op === 'derived' &&
    (typeof least === 'number' || typeof least === 'bigint') &&
    (isStrict ? least >= 0 : least > 0)
  );
}
