/**
 * Plans are made once a rule set: generating, compiling and warming up kernels takes longer than evaluating a small feed. A
 * plan holds ids of texts; it serves another dictionary that gives the same texts the same ids, as a new one does when it is
 * asked first.
 */
import {
  type ConfirmationPlan,
  confirmationOf,
  type EvaluationContext,
  type FactBinding,
  type KindPlan,
  planRules,
  type RuleSet,
  ruleVersionKey,
  type ThresholdRange,
  warmUp,
} from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';

type Plans = ReadonlyMap<SubjectKind, KindPlan>;

interface Planned {
  readonly plans: Plans;
  readonly texts: readonly (readonly [text: string, id: number])[];
  readonly members: readonly (readonly [text: string, bit: number])[];
  readonly ranges: readonly (readonly [threshold: string, range: string])[];
}

/** Rule sets whose plans are kept, the latest used: the one in force, and those that it is compared with. */
const PLANS_KEPT = 8;
const kept = new Map<string, Planned>();
const warm = new WeakSet<KindPlan>();
/** By rule, in the order of the plan's. */
const confirmations = new WeakMap<KindPlan, readonly ConfirmationPlan[]>();

/** Plans of the rules that read events, for evaluations in this context. */
export function plansOf(ruleSet: RuleSet, dictionary: FactBinding, evaluation: EvaluationContext): Plans {
  const binding: FactBinding = {
    textId: (text) => dictionary.textId(text),
    memberBit: (text) => dictionary.memberBit(text),
    thresholdRange: (id) => evaluation.thresholdRange?.(id),
  };
  const rules = ruleSet.rules.filter(
    ({ input, status }) => input === 'events' && status !== 'waiting' && status !== 'manual',
  );
  const key = rules.map(ruleVersionKey).join('\n');
  const known = kept.get(key);
  kept.delete(key);
  const serves =
    known?.texts.every(([text, id]) => binding.textId(text) === id) === true &&
    known.members.every(([text, bit]) => binding.memberBit(text) === bit) &&
    known.ranges.every(([id, range]) => rangeText(binding.thresholdRange?.(id)) === range);
  const planned = serves ? known : planAnew(rules, binding);
  kept.set(key, planned);
  for (const oldest of kept.keys()) {
    if (kept.size <= PLANS_KEPT) break;
    kept.delete(oldest);
  }
  return planned.plans;
}

/** Confirmations of the rules of a plan that `plansOf` gave. */
export function confirmationsOf(plan: KindPlan): readonly ConfirmationPlan[] {
  return confirmations.get(plan) as readonly ConfirmationPlan[];
}

/** Runs kernels that have not run yet over made-up events, so that the first real ones find them optimised. */
export function warmUpOnce(plans: Plans): void {
  for (const plan of plans.values()) {
    if (warm.has(plan)) continue;
    warm.add(plan);
    warmUp(plan);
  }
}

function planAnew(rules: RuleSet['rules'], binding: FactBinding): Planned {
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
  const plans = planRules(rules, recording);
  for (const plan of plans.values()) {
    confirmations.set(
      plan,
      plan.rules.map(({ rule }) => confirmationOf(rule, plan.standpoint, recording)),
    );
  }
  return { plans, texts, members, ranges };
}

function rangeText(range: ThresholdRange | undefined): string {
  return range === undefined ? '' : `${range.least} ${range.most}`;
}
