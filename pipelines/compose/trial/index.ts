/** Composites tried on their own cases. */
export { type CompositeTrial, compositeTrialOf } from './trial.ts';
export { compositeCaseLines } from './trial-text.ts';
