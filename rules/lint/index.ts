/** Findings about rules beside what the compiler refuses. */
export { CHECKS, type LintFinding, lintText } from './checks.ts';
export { lintRules, refused } from './lint.ts';
