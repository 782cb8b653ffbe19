/**
 * Plans are made once a set of rules over a kind of subject: generating, compiling and warming up kernels takes longer than
 * evaluating a small feed. A plan holds ids of texts; it serves another dictionary that gives the same texts the same ids, as a
 * new one does when it is asked first.
 */
import {
  type CheckedRule,
  type ConfirmationPlan,
  confirmationOf,
  type EvaluationContext,
  type FactBinding,
  finished,
  type KindPlan,
  planningOf,
  type RuleSet,
  rulesByKind,
  ruleVersionKey,
  type Steps,
  type ThresholdRange,
  warmingOf,
} from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';

type Plans = ReadonlyMap<SubjectKind, KindPlan>;

interface Planned {
  readonly plan: KindPlan;
  readonly texts: readonly (readonly [text: string, id: number])[];
  readonly members: readonly (readonly [text: string, bit: number])[];
  readonly ranges: readonly (readonly [threshold: string, range: string])[];
}

/** Plans of one kind that are kept, the latest used: the one in force, and those that it is compared with. */
const PLANS_KEPT = 8;
const kept = new Map<SubjectKind, Map<string, Planned>>();
const warm = new WeakSet<KindPlan>();
/** By rule, in the order of the plan's. */
const confirmations = new WeakMap<KindPlan, readonly ConfirmationPlan[]>();

/** Plans of the rules that read events, for evaluations in this context. */
export function plansOf(ruleSet: RuleSet, dictionary: FactBinding, evaluation: EvaluationContext): Plans {
  return finished(planningAll(ruleSet, dictionary, evaluation));
}

/** As `plansOf`, about a rule a step. */
export function* planningAll(
  ruleSet: RuleSet,
  dictionary: FactBinding,
  evaluation: EvaluationContext,
): Steps<Plans> {
  const binding: FactBinding = {
    textId: (text) => dictionary.textId(text),
    memberBit: (text) => dictionary.memberBit(text),
    thresholdRange: (id) => evaluation.thresholdRange?.(id),
  };
  const plans = new Map<SubjectKind, KindPlan>();
  for (const [kind, rules] of rulesByKind(ruleSet.rules))
    plans.set(kind, yield* planning(kind, rules, binding));
  return plans;
}

function* planning(kind: SubjectKind, rules: readonly CheckedRule[], binding: FactBinding): Steps<KindPlan> {
  const ofKind = kept.get(kind) ?? new Map<string, Planned>();
  kept.set(kind, ofKind);
  const key = rules.map(ruleVersionKey).join('\n');
  const known = ofKind.get(key);
  ofKind.delete(key);
  const planned = known !== undefined && serves(known, binding) ? known : yield* anew(kind, rules, binding);
  ofKind.set(key, planned);
  for (const oldest of ofKind.keys()) {
    if (ofKind.size <= PLANS_KEPT) break;
    ofKind.delete(oldest);
  }
  return planned.plan;
}

function serves({ texts, members, ranges }: Planned, binding: FactBinding): boolean {
  return (
    texts.every(([text, id]) => binding.textId(text) === id) &&
    members.every(([text, bit]) => binding.memberBit(text) === bit) &&
    ranges.every(([id, range]) => rangeText(binding.thresholdRange?.(id)) === range)
  );
}

/** Confirmations of the rules of a plan that `plansOf` gave. */
export function confirmationsOf(plan: KindPlan): readonly ConfirmationPlan[] {
  return confirmations.get(plan) as readonly ConfirmationPlan[];
}

/** Runs kernels that have not run yet over made-up events, so that the first real ones find them optimised. */
export function* warmingAll(plans: Iterable<KindPlan>): Steps<void> {
  for (const plan of plans) {
    if (warm.has(plan)) continue;
    yield* warmingOf(plan);
    warm.add(plan);
  }
}

function* anew(kind: SubjectKind, rules: readonly CheckedRule[], binding: FactBinding): Steps<Planned> {
  const texts: [string, number][] = [];
  const members: [string, number][] = [];
  const ranges: [string, string][] = [];
  const recording: FactBinding = {
    textId(text) {
      const id = binding.textId(text);
      texts.push([text, id]);
      return id;
    },
    memberBit(text) {
      const bit = binding.memberBit(text);
      members.push([text, bit]);
      return bit;
    },
    thresholdRange(id) {
      const range = binding.thresholdRange?.(id);
      ranges.push([id, rangeText(range)]);
      return range;
    },
  };
  const plan = yield* planningOf(kind, rules, recording);
  const confirming: ConfirmationPlan[] = [];
  for (const { rule } of plan.rules) {
    confirming.push(confirmationOf(rule, plan.standpoint, recording));
    yield;
  }
  confirmations.set(plan, confirming);
  return { plan, texts, members, ranges };
}

function rangeText(range: ThresholdRange | undefined): string {
  return range === undefined ? '' : `${range.least} ${range.most}`;
}
