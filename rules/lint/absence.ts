/**
 * Absences. A rule is asked as of events that trigger it: where all that `when` wants is that something did not happen, and
 * nothing else triggers, it is asked only when it happened.
 */
import type { Tree } from '../compiler/checked-rule.ts';
import { textOf } from '../trial/condition.ts';
import type { RulePage } from './rule-page.ts';
import { alternativesOf, type Literal } from './satisfiable.ts';

export function checkAbsence(page: RulePage): void {
  const { program } = page.rule;
  const features = page.rule.program.features;
  for (const literals of alternativesOf(program.whenTree) ?? []) {
    const absent = literals.map((literal) => absentFeature(literal, page));
    if (absent.length === 0 || absent.some((position) => position === null)) continue;
    const conditions = new Set(absent.map((position) => features[position!]!.where));
    // What is counted in another window (`skip`) or under another condition is a trigger of its own.
    if (program.triggers.some((trigger) => !conditions.has(trigger))) continue;
    const told = literals.map(({ atom }) => textOf(atom, page.rule)).join(' && ');
    page.report(
      'absence',
      ['when'],
      `\`${told}\` is true where nothing happens, and nothing else triggers the rule.`,
    );
  }
}

/** The feature that the atom wants small or zero, or null. */
function absentFeature({ atom, isTrue }: Literal, page: RulePage): number | null {
  if (!('left' in atom) || atom.left.op !== 'feature' || atom.right.op !== 'constant') return null;
  const isSmall = isTrue ? isUpper(atom) : isLower(atom);
  const { definition } = page.rule.program.features[atom.left.position]!;
  const counts = definition.agg === 'count' || definition.agg === 'distinct' || definition.agg === 'sum';
  return isSmall && counts ? atom.left.position : null;
}

function isUpper(atom: Tree): boolean {
  if (!('right' in atom)) return false;
  return atom.op === '<' || atom.op === '<=' || (atom.op === '==' && isZero(atom.right));
}

function isLower(atom: Tree): boolean {
  if (!('right' in atom)) return false;
  return atom.op === '>' || atom.op === '>=' || (atom.op === '!=' && isZero(atom.right));
}

const isZero = (tree: Tree) => tree.op === 'constant' && tree.value === 0;
