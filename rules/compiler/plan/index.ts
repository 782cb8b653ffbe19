/** Plans: from checked rules, which events can change them, what must have been there before, and code that asks both. */
export { anyBinding } from './any-binding.ts';
export { columnsRead } from './columns-read.ts';
export { type KindPlan, planningOf, planRules, rulesByKind } from './kind-plan.ts';
export type { RecordLayout } from './layout.ts';
export type { FactBinding } from './reading.ts';
export { warmingOf, warmUp } from './warm-up.ts';
