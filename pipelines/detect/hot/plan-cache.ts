/**
 * Plans are made once a rule set: generating and compiling kernels takes longer than evaluating a small feed. A plan holds
 * ids of texts; it serves another dictionary that gives the same texts the same ids, as a new one does when it is asked
 * first.
 */
import { type FactBinding, type KindPlan, planRules, type RuleSet } from '../../../rules/compiler/index.ts';
import type { SubjectKind } from '../../../schemas/enumerations.ts';

type Plans = ReadonlyMap<SubjectKind, KindPlan>;

interface Planned {
  readonly plans: Plans;
  readonly texts: readonly (readonly [text: string, id: number])[];
  readonly members: readonly (readonly [text: string, bit: number])[];
}

const planned = new WeakMap<RuleSet, Planned>();

/** Plans of the rules that read events. */
export function plansOf(ruleSet: RuleSet, binding: FactBinding): Plans {
  const known = planned.get(ruleSet);
  if (known?.texts.every(([text, id]) => binding.textId(text) === id) === true) {
    if (known.members.every(([text, bit]) => binding.memberBit(text) === bit)) return known.plans;
  }
  const texts: [string, number][] = [];
  const members: [string, number][] = [];
  const rules = ruleSet.rules.filter(
    ({ input, status }) => input === 'events' && status !== 'waiting' && status !== 'manual',
  );
  const plans = planRules(rules, {
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
  });
  planned.set(ruleSet, { plans, texts, members });
  return plans;
}
