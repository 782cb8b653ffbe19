/** The checks of a rule's author, beside what the compiler refuses: each with an id that stays and what to do about it. */

export const CHECKS = {
  unit: 'Compare like with like: days with days, milli with milli; change the param or the expression.',
  unreachable: 'A condition that nothing can meet is a slip: look at the bounds that contradict each other.',
  'always-true': 'Take it out, or write the bound that was meant.',
  'unknown-value':
    'The field has a closed list of values (schemas/enumerations.ts, rules/lists/cities.yaml); this is none of them.',
  'code-scheme': 'A merchant category has four digits (ISO 18245); a sector is SCHEME:CODE, as SCIAN:5613.',
  translation: 'Say it in es, en and fr, each in its own words and with the same {placeholders}.',
  'judging-word': 'Say what was counted: nobody is called a victim or a culprit.',
  'forbidden-name':
    'Nationality, ethnicity, religion and migration status are no features; read the country of an account, a residence or a leg.',
  source: 'State document, year and, for a parameter from a source or a law, which.',
  'file-name': 'Call the file <ID>-<name>.yaml, in the folder of its form with hyphens.',
  'victim-weight': 'Let weight fall on whoever collects; the holder of such an account gets 0.',
  absence:
    'An absence triggers nothing: write `tick: 1d`, or read something beside it that happens; else the rule is asked at events that break it.',
  gate: 'Write a condition of `when` that needs a count of rare events, so that most subjects are never evaluated.',
  cases: 'Write two cases that fire, two that do not, one of them a benign twin, and one on a boundary.',
  'composite-cases':
    'Write a case that fires, one that does not and a benign twin, each of the kind that it says and by its own name.',
  'cases-line': 'Begin the cases with `cases:` at the start of a line, as the last key.',
  manual: 'Only so many rules may be left to people: write one of them as a program.',
  silence: 'Take the entry out of `lint`, or name a check that this file fails.',
} as const;

export type CheckId = keyof typeof CHECKS;

export interface LintFinding {
  /** Id of the check, or the code of what the compiler refuses. */
  readonly check: string;
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly col: number;
  readonly message: string;
  readonly hint: string;
}

/** `path:line:col check message hint`, as a compiler prints it. */
export function lintText({ check, path, line, col, message, hint }: LintFinding): string {
  return `${path}:${line}:${col} ${check} ${message} ${hint}`;
}
