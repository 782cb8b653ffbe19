/** The rule compiler and the reference evaluator: YAML to checked rules, histories to signals. */
export { withoutCases } from './case-cut.ts';
export { runCases } from './cases.ts';
export {
  ALL_TIME,
  type CheckedRule,
  catalogueOf,
  type Int,
  type Interval,
  isEvaluated,
  type RuleNeeds,
  type RuleSet,
  readsBusinessDays,
  readsReference,
} from './checked-rule.ts';
export { ALWAYS_MS, compileRule, compileRules, type RuleSource, ruleSetOf } from './compile.ts';
export {
  type Confirmation,
  type ConfirmationEnvironment,
  type ConfirmationPlan,
  confirmationOf,
} from './confirm/index.ts';
export { explainRule, requirementsOf } from './describe.ts';
export { type Finding, findingText } from './finding.ts';
export { loadRuleFolder } from './load.ts';
export { AMONG, checkPeers, peerRule } from './peer-rule.ts';
export {
  anyBinding,
  columnsRead,
  type FactBinding,
  type KindPlan,
  planningOf,
  planRules,
  type RecordLayout,
  rulesByKind,
  warmingOf,
  warmUp,
} from './plan/index.ts';
export { createSubjectRun, evaluateAt, signalsOf } from './reference/episodes.ts';
export type {
  Evaluation,
  EvaluationContext,
  Reading,
  SignalVersion,
  SubjectHistory,
  ThresholdRange,
} from './reference/evaluation.ts';
export type { Candidates, SubjectRun } from './reference/subject-run.ts';
export { tickAfter, tickUpTo } from './reference/ticks.ts';
export { finished, type Steps } from './steps.ts';
export {
  holdsAt,
  mergeRuleSets,
  type RuleLookup,
  ruleLookup,
  ruleSetHashAt,
  ruleVersionKey,
  type SetInForce,
  setAt,
  setsInForce,
  versionsOf,
} from './timeline.ts';
export { durationMs } from './window.ts';
