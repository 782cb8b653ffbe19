/** Conditions that nothing can meet, alternatives that can never be, benign tests that cannot hold, conditions that always do. */
import type { EventFieldName } from '../../schemas/event-fields.ts';
import { FACT_COLUMNS, FIELD_FACTS } from '../../schemas/facts.ts';
import type { CheckedRule, Tree } from '../compiler/checked-rule.ts';
import { atomsOf, textOf } from '../trial/condition.ts';
import type { PlacedCondition, RulePage } from './rule-page.ts';
import { canHold, type Domain, type DomainOf } from './satisfiable.ts';

/** Bounds of fields that are numbers of a clock or a calendar. */
const FIELD_BOUNDS: Readonly<Record<string, Domain>> = {
  localMinute: { least: 0, most: 1439 },
  sendHour: { least: 0, most: 23 },
  weekday: { least: 0, most: 6 },
  localMonth: { least: 1, most: 12 },
  pairAgeMs: { least: 0 },
  pairOrdinal: { least: 1 },
  amount: { least: 0 },
};

const AT_LEAST_NONE: Domain = { least: 0 };
const SHARE: Domain = { least: 0, most: 1 };

/** What aggregates can be, whatever the events. */
const AGGREGATES: Readonly<Record<string, Domain>> = {
  count: AT_LEAST_NONE,
  distinct: AT_LEAST_NONE,
  group_count: { least: 1 },
  dwell: AT_LEAST_NONE,
  sequence: AT_LEAST_NONE,
  stddev: AT_LEAST_NONE,
  top_share: SHARE,
};

/** The closed list that a field's values are of; undefined for other fields. */
export function valuesOf(name: string): readonly string[] | undefined {
  const column = FIELD_FACTS.owner[name as EventFieldName & keyof typeof FIELD_FACTS.owner]?.column;
  const type: { readonly type: string; readonly values?: readonly string[] } | undefined =
    column === undefined ? undefined : FACT_COLUMNS[column];
  return type?.type === 'enum' ? type.values : undefined;
}

function domains({ program }: CheckedRule): DomainOf {
  return (term) => {
    if (term.op === 'field') {
      const texts = valuesOf(term.name);
      // What stands for "nothing known" may be a value beside the list.
      return texts === undefined ? FIELD_BOUNDS[term.name] : { texts: [...texts, 'unknown'] };
    }
    if (term.op !== 'feature') return undefined;
    const { definition } = program.features[term.position]!;
    if (definition.agg === 'share') return definition.of === undefined ? SHARE : undefined;
    return AGGREGATES[definition.agg];
  };
}

export function checkReach(page: RulePage): void {
  const { rule } = page;
  // Without a program there is nothing to reach.
  if (rule.program.features.length === 0) return;
  const domainOf = domains(rule);
  const text = (term: Tree) => textOf(term, rule);
  const holds = (...conditions: Tree[]) => canHold(conditions, domainOf, text);
  const { whenTree } = rule.program;
  for (const placed of [...page.eventConditions(), ...page.featureConditions()]) {
    const { path, tree } = placed;
    if (!holds(tree)) {
      page.report('unreachable', path, `Nothing can meet \`${text(tree)}\`.`);
      continue;
    }
    const isBenign = path[0] === 'benign';
    if (isBenign && holds(whenTree) && !holds(whenTree, tree)) {
      const { id } = rule.program.benign[Number(path[1])]!;
      page.report('unreachable', path, `Where \`when\` is true the benign test ${id} cannot be.`);
    }
    // A `let` may offer alternatives that one of its users has no use for; what the place itself offers is meant.
    const alternatives = page.textAt(path).includes('||') ? deadAlternatives(tree, [], holds) : [];
    for (const dead of alternatives)
      page.report('unreachable', path, `The alternative \`${text(dead)}\` can never be.`);
    checkConstant(page, placed, holds, text);
  }
}

function checkConstant(
  page: RulePage,
  { path, tree }: PlacedCondition,
  holds: (...conditions: Tree[]) => boolean,
  text: (term: Tree) => string,
): void {
  for (const atom of atomsOf(tree)) {
    const isNever = !holds(atom);
    const isAlways = !holds({ type: 'bool', op: '!', operand: atom });
    if (isAlways && !isNever)
      page.report('always-true', path, `\`${text(atom)}\` is always true where it is known.`);
  }
}

/** Operands of `||` that contradict what must hold beside them. */
function deadAlternatives(
  tree: Tree,
  beside: readonly Tree[],
  holds: (...conditions: Tree[]) => boolean,
): Tree[] {
  if (tree.op === '&&')
    return [
      ...deadAlternatives(tree.left, [...beside, tree.right], holds),
      ...deadAlternatives(tree.right, [...beside, tree.left], holds),
    ];
  if (tree.op !== '||') return [];
  return [tree.left, tree.right].flatMap((side) =>
    holds(...beside, side) ? deadAlternatives(side, beside, holds) : [side],
  );
}
