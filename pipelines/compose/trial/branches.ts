/**
 * Which branches of a composite its cases have shown. A clause is shown true where its alternative alone makes an alert, and
 * false where it alone is what is missing: whatever else holds decides nothing.
 */
import type { CheckedRule } from '../../../rules/compiler/index.ts';
import type { Branches } from '../../../rules/trial/index.ts';
import { type CheckedComposite, requiredRules } from '../composites.ts';
import { type CompositeOutcome, type CompositeSight, clauseText } from './sight.ts';

/** What one case showed. */
export interface Shown {
  readonly outcome: CompositeOutcome;
  readonly sight: CompositeSight;
  /** The same if no signal were ever too old. */
  readonly sightOfAnyAge: CompositeSight;
}

const fires = ({ outcome }: Shown) => outcome.level !== null && outcome.lifeSafety !== 'alone';
const isSilent = ({ outcome }: Shown) => outcome.level === null;

/** Positions of the alternatives whose clauses all hold. */
const standing = ({ alternatives }: CompositeSight) =>
  alternatives.flatMap((clauses, a) => (clauses.every(({ holds }) => holds) ? [a] : []));

export function branchesOf(
  composite: CheckedComposite,
  rules: ReadonlyMap<string, CheckedRule>,
  shown: readonly Shown[],
): Branches[] {
  const { requires, within, levels, lifeSafety, benign, supports } = composite.file;
  const clauses = requires.flatMap(({ all }, a) =>
    all.map(
      (clause, c): Branches => ({
        where: `requires ${a + 1}.${c + 1}`,
        condition: clauseText(clause),
        seenTrue: shown.some((each) => fires(each) && isOnly(standing(each.sight), a)),
        seenFalse: shown.some((each) => isSilent(each) && lacksOnly(each.sight, a, c)),
      }),
    ),
  );
  const named = [...requiredRules(composite.file), ...supports];
  const needed: readonly string[] = levels.highNeeds;
  const canBeHigh = named.some((id) => needed.includes(rules.get(id)?.family ?? ''));
  const seen = (
    where: string,
    condition: string,
    isTrue: (each: Shown) => boolean,
    isFalse: (each: Shown) => boolean,
  ) => ({
    where,
    condition,
    seenTrue: shown.some(isTrue),
    seenFalse: shown.some(isFalse),
  });
  return [
    ...clauses,
    seen('within', `younger than ${within}`, fires, (each) => isSilent(each) && isTooOld(each)),
    ...(canBeHigh
      ? [
          seen(
            'levels',
            'level is high',
            ({ outcome }) => outcome.level === 'high',
            (each) => fires(each) && each.outcome.level === 'medium',
          ),
        ]
      : []),
    ...(lifeSafety?.alone === undefined
      ? []
      : [seen('lifeSafety', 'alone', ({ outcome }) => outcome.lifeSafety === 'alone', fires)]),
    ...benign.map(({ id, rule }) =>
      seen(
        `benign ${id}`,
        rule,
        ({ outcome }) => outcome.benign.includes(id),
        (each) => fires(each) && !each.outcome.benign.includes(id),
      ),
    ),
  ];
}

const isOnly = (found: readonly number[], one: number) => found.length === 1 && found[0] === one;

/** All of the alternative holds but this clause, and no other alternative does. */
function lacksOnly(sight: CompositeSight, alternative: number, clause: number): boolean {
  if (standing(sight).length > 0 || sight.lines.length === 0) return false;
  const clauses = sight.alternatives[alternative] ?? [];
  return clauses.every(({ holds }, c) => holds === (c !== clause));
}

/** Nothing is missing but that a signal is too old. */
function isTooOld({ sight, sightOfAnyAge }: Shown): boolean {
  return standing(sight).length === 0 && standing(sightOfAnyAge).length > 0;
}
