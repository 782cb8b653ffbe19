/**
 * Absences. A rule without `tick` is asked as of events that trigger it: where `when` wants that something did not happen, and
 * nothing else triggers, it is asked only when it happened. What was there before (`skip`) and baselines trigger nothing.
 */
import type { Tree } from '../compiler/checked-rule.ts';
import { textOf } from '../trial/condition.ts';
import type { RulePage } from './rule-page.ts';
import { alternativesOf, type Literal } from './satisfiable.ts';

export function checkAbsence(page: RulePage): void {
  const { program, ticks } = page.rule;
  if (ticks) return;
  const features = page.rule.program.features;
  for (const literals of alternativesOf(program.whenTree) ?? []) {
    const small = literals.map((literal) => absentFeature(literal, page));
    // Beside something else that it wants, a small number may be there at the very event; none at all may not.
    const isAlone = small.every((position) => position !== null);
    const absent = small.filter((position, i) => position !== null && (isAlone || isNone(literals[i]!)));
    if (absent.length === 0) continue;
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

/** Nothing of the feature is there: true of no event that it counts. */
function isNone({ atom, isTrue }: Literal): boolean {
  if (!('right' in atom) || atom.right.op !== 'constant') return false;
  const { value } = atom.right;
  const least = { '==': 0, '<=': 0, '<': 1 }[isTrue ? atom.op : (OPPOSITE[atom.op] ?? '')];
  return least !== undefined && value === least;
}

const OPPOSITE: Readonly<Record<string, string>> = { '!=': '==', '>': '<=', '>=': '<' };

function isUpper(atom: Tree): boolean {
  if (!('right' in atom)) return false;
  return atom.op === '<' || atom.op === '<=' || (atom.op === '==' && isZero(atom.right));
}

function isLower(atom: Tree): boolean {
  if (!('right' in atom)) return false;
  return atom.op === '>' || atom.op === '>=' || (atom.op === '!=' && isZero(atom.right));
}

const isZero = (tree: Tree) => tree.op === 'constant' && tree.value === 0;
