/** Findings about rules beside what the compiler refuses. */
export { type LintFinding, lintText } from './checks.ts';
export { lintRules, refused } from './lint.ts';
