/** The rule compiler and the reference evaluator: YAML to checked rules, histories to signals. */
export { type CaseResult, runCases } from './cases.ts';
export type {
  CheckedRule,
  FieldName,
  Int,
  RuleNeeds,
  RuleProgram,
  RuleSet,
  Value,
  ValueType,
} from './checked-rule.ts';
export {
  ALWAYS_MS,
  type CompileOptions,
  type CompileResult,
  type CompileSetOptions,
  type CompileSetResult,
  compileRule,
  compileRules,
  type RuleSource,
} from './compile.ts';
export { explainRule, type RuleExplanation, type RuleRequirement, requirementsOf } from './describe.ts';
export { type Finding, type FindingCode, findingText } from './finding.ts';
export { loadRuleFolder } from './load.ts';
export { createSubjectRun, evaluateAt, type SubjectRun, signalsOf } from './reference/episodes.ts';
export type {
  AttributionOutcome,
  BenignOutcome,
  Evaluation,
  EvaluationContext,
  SignalVersion,
  SubjectHistory,
} from './reference/evaluation.ts';
export { type Country, durationMs, parseWindow, type Window, windowReachMs } from './window.ts';
