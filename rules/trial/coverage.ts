/** How much of the conditions of a catalogue its cases have shown. */
import type { Branches } from './branches.ts';
import type { RuleTrial } from './trial.ts';

/** A rule, or another thing with conditions and cases, as it was tried. */
interface Tried {
  /** Its id. */
  readonly rule: string;
  readonly status: RuleTrial['status'];
  readonly cases: readonly { readonly fired: boolean }[];
  readonly branches: readonly Branches[];
}

export interface RuleCoverage {
  readonly rule: string;
  /** Two of each atom: true and false. */
  readonly branches: number;
  readonly seen: number;
  readonly missing: readonly {
    readonly where: string;
    readonly condition: string;
    readonly never: boolean;
  }[];
}

export interface Coverage {
  readonly branches: number;
  readonly seen: number;
  readonly rules: readonly RuleCoverage[];
  /** Rules with conditions of which no case fires. */
  readonly neverFired: readonly string[];
}

/** Branches per atom. */
const BOTH = 2;

export function coverageOf(trials: readonly Tried[]): Coverage {
  const rules = trials.map(({ rule, branches }): RuleCoverage => {
    const missing = branches.flatMap(missingOf);
    return { rule, branches: BOTH * branches.length, seen: BOTH * branches.length - missing.length, missing };
  });
  const total = (part: (rule: RuleCoverage) => number) => rules.reduce((sum, rule) => sum + part(rule), 0);
  return {
    branches: total(({ branches }) => branches),
    seen: total(({ seen }) => seen),
    rules,
    neverFired: trials
      .filter(({ cases, status }) => status !== 'manual' && !cases.some(({ fired }) => fired))
      .map(({ rule }) => rule),
  };
}

/** `never`: the value that no case has shown. */
function missingOf({ where, condition, seenTrue, seenFalse }: Branches): RuleCoverage['missing'] {
  return [
    ...(seenTrue ? [] : [{ where, condition, never: true }]),
    ...(seenFalse ? [] : [{ where, condition, never: false }]),
  ];
}
