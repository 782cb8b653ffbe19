/** Which parts of a rule decide whether it fires, and what they need of an event. */

import {
  type CheckedRule,
  type DeriveProgram,
  type FeatureProgram,
  type FieldName,
  isDerived,
  type Predicate,
  type Tree,
} from '../checked-rule.ts';
import { isPairField } from '../plan/field-read.ts';
import { DAY_MS, windowReachMs } from '../window.ts';
import { leavesOf } from './expression-code.ts';

export interface RuleParts {
  /** Positions of features that `when` or a test that blocks reads, directly or through others; ascending. */
  readonly features: readonly number[];
  readonly derives: readonly number[];
  /** Positions of predicates that these features ask, or that trigger the rule; ascending. */
  readonly predicates: readonly number[];
  /** Fields that are kept of every event for later evaluations. */
  readonly kept: ReadonlySet<FieldName>;
  readonly usesPairs: boolean;
  /** How far before the event of an evaluation these features may read. */
  readonly reachMs: number;
}

/** A condition whose value on an event is the same at every evaluation: it is asked once, as the event is taken in. */
export function isAskedOnce({ readsFeatures, readsThresholds, readsDerived }: Predicate): boolean {
  return !(readsFeatures || readsThresholds || readsDerived);
}

export function partsOf(rule: CheckedRule): RuleParts {
  const { program } = rule;
  const features = new Set<number>();
  const derives = new Set<number>();
  const predicates = new Set<number>(program.triggers);

  const kept = new Set<FieldName>();

  function addTree(tree: Tree): void {
    for (const leaf of leavesOf(tree)) if (leaf.op === 'feature') addFeature(leaf.position);
    addGroups(tree);
  }

  /** Fields that make the group of the event of an evaluation. */
  function addGroups(tree: Tree): void {
    for (const leaf of leavesOf(tree))
      if (leaf.op === 'peer') for (const field of program.peers[leaf.position]!.by) kept.add(field);
  }

  function addPredicate(position: number | null): void {
    if (position === null) return;
    predicates.add(position);
    addTree(program.predicates[position]!.tree);
  }

  function addFeature(position: number): void {
    if (features.has(position)) return;
    features.add(position);
    const feature = program.features[position]!;
    feature.operands?.forEach(addFeature);
    const { where, part, in: into, out, sequence } = feature;
    for (const each of [where, part, into, out, ...(sequence?.steps ?? [])]) addPredicate(each);
    if (feature.from === null) return;
    derives.add(feature.from);
    for (const each of program.derives[feature.from]!.conditions) addPredicate(each);
  }

  addTree(program.whenTree);
  for (const { blocks, tree } of program.benign) if (blocks) addTree(tree);

  const asked = [...predicates].map((position) => program.predicates[position]!);
  for (const predicate of asked) {
    if (isAskedOnce(predicate)) continue;
    addGroups(predicate.tree);
    for (const leaf of leavesOf(predicate.tree)) if (leaf.op === 'field') kept.add(leaf.name);
  }
  const wanted = [...features].map((position) => program.features[position]!);
  const sources = asked.some(({ tree }) =>
    leavesOf(tree).some((leaf) => leaf.op === 'derived' && leaf.name === 'sources'),
  );
  if (sources || wanted.some((feature) => readsOf(feature).includes('sources'))) kept.add('source');
  for (const feature of wanted) {
    for (const name of readsOf(feature)) if (!isDerived(name)) kept.add(name);
    if (feature.window !== null && feature.window.kind !== 'sliding') kept.add('localDay');
  }
  for (const position of derives) {
    for (const name of fieldsOf(program.derives[position]!)) kept.add(name);
  }
  const usesPairs = asked.some(({ readsPair }) => readsPair) || [...kept].some((name) => isPairField(name));
  const windows = [
    ...wanted.flatMap(({ window }) => window ?? []),
    ...[...derives].map((position) => program.derives[position]!.window),
  ];
  // A tick looks for the event that triggered.
  const triggerMs = rule.ticks ? rule.longestWindowMs : 0;
  const reachMs =
    Math.max(DAY_MS, triggerMs, ...windows.map(windowReachMs)) + (usesPairs ? rule.lookbackMs : 0);
  const ascending = (positions: ReadonlySet<number>) => [...positions].sort((a, b) => a - b);
  return {
    features: ascending(features),
    derives: ascending(derives),
    predicates: ascending(predicates),
    kept,
    usesPairs,
    reachMs,
  };
}

function readsOf({ of, by }: FeatureProgram) {
  return [...of, ...(by === null ? [] : [by])].map(({ name }) => name);
}

function fieldsOf(derive: DeriveProgram): FieldName[] {
  const { reads, window, make } = derive;
  const named = 'where' in derive ? [derive.key, derive.stops].filter((field) => field !== null) : [];
  const usesDays = window.kind !== 'sliding' || make === 'stay' || make === 'pay_period';
  return [...reads, ...named].map(({ name }) => name as FieldName).concat(usesDays ? ['localDay'] : []);
}
