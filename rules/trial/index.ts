/** Rules tried on their own cases. */
export type { Branches } from './branches.ts';
export { coverageOf } from './coverage.ts';
export { type CaseTrial, type RuleTrial, trialOf } from './trial.ts';
export { caseLines } from './trial-text.ts';
