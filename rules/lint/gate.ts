/** What a rule costs before it is evaluated: gates that hold nothing back, among all rules of the set. */
import { type CheckedRule, type FactBinding, planRules } from '../compiler/index.ts';

/** Rules that some kind of subject evaluates at every event that triggers them, with what triggers. */
export function ungated(
  rules: readonly CheckedRule[],
  binding: FactBinding,
): Map<CheckedRule, { readonly kind: string; readonly trigger: string }> {
  const open = new Map<CheckedRule, { readonly kind: string; readonly trigger: string }>();
  for (const [kind, plan] of planRules(rules, binding))
    for (const { rule, isGated, triggerText: trigger } of plan.rules)
      if (!isGated && !open.has(rule)) open.set(rule, { kind, trigger });
  return open;
}
