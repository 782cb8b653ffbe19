/** A composite tried on its own cases, by the composer that runs in production: what held, what did not and why. */
import {
  type CheckedRule,
  catalogueOf,
  type EvaluationContext,
  type RuleSet,
} from '../../../rules/compiler/index.ts';
import type { Branches } from '../../../rules/trial/index.ts';
import type { Alert } from '../../../schemas/alert.ts';
import type { CompositeCase } from '../../../schemas/composite.ts';
import type { Playbook } from '../../../schemas/playbook.ts';
import { composeSubject } from '../compose.ts';
import { type CheckedComposite, requiredRules } from '../composites.ts';
import { branchesOf, type Shown } from './branches.ts';
import { CASE_SUBJECT, signalsOfCase } from './case-signals.ts';
import { type CompositeOutcome, type CompositeSight, sightOf } from './sight.ts';

export interface CompositeCaseTrial {
  readonly name: string;
  readonly kind: CompositeCase['kind'];
  readonly expected: boolean;
  readonly fired: boolean;
  /** Rules that count as live in this case alone. */
  readonly assumes: readonly string[];
  readonly outcome: CompositeOutcome;
  /** Empty when the case holds: otherwise what differs, in words. */
  readonly problems: readonly string[];
  /** Of a case that does not hold. */
  readonly sight: CompositeSight | null;
}

export interface CompositeTrial {
  readonly composite: string;
  readonly status: CheckedComposite['file']['status'];
  readonly path: string;
  readonly cases: readonly CompositeCaseTrial[];
  readonly branches: readonly Branches[];
}

export interface CompositeTrialContext {
  readonly evaluation: EvaluationContext;
  readonly playbook: Playbook;
}

/**
 * Composes the signals of each case as those of one person. A composite of whatever status is tried as if it were live. `ruleSet`
 * is the set that it was compiled against, with its cases.
 */
export function compositeTrialOf(
  composite: CheckedComposite,
  ruleSet: RuleSet,
  context: CompositeTrialContext,
): CompositeTrial {
  const rules = new Map(catalogueOf(ruleSet).map((rule) => [rule.id, rule]));
  const shown: Shown[] = [];
  const cases = composite.cases.map((given): CompositeCaseTrial => {
    const tried = asLive(composite, rules, new Set(given.assumes));
    const signals = signalsOfCase(given, rules);
    const alert = alertOf(tried, signals, rulesOfCase(ruleSet, rules), context);
    const at = alert?.eventTime ?? Math.max(...signals.map(({ eventTime }) => eventTime));
    const sight = sightOf(tried, signals, at);
    const outcome = outcomeOf(tried, alert, sight);
    shown.push({
      outcome,
      sight,
      sightOfAnyAge: sightOf({ ...tried, withinMs: Number.POSITIVE_INFINITY }, signals, at),
    });
    const fired = alert !== undefined;
    const problems = [
      ...(fired === given.fires ? [] : [`the composite ${fired ? 'fires' : 'does not fire'}`]),
      ...differences(given.expect ?? {}, outcome),
    ];
    const { name, kind, fires: expected, assumes } = given;
    return {
      name,
      kind,
      expected,
      fired,
      assumes,
      outcome,
      problems,
      sight: problems.length === 0 ? null : sight,
    };
  });
  const { file, path } = composite;
  return {
    composite: file.id,
    status: file.status,
    path,
    cases,
    branches: branchesOf(composite, rules, shown),
  };
}

/** The composite with the rules that count in one case: the live ones, and those that the case takes for live. */
function asLive(
  composite: CheckedComposite,
  rules: ReadonlyMap<string, CheckedRule>,
  assumed: ReadonlySet<string>,
): CheckedComposite {
  const { file } = composite;
  const counts = (id: string) => rules.get(id)?.status === 'live' || assumed.has(id);
  const required = requiredRules(file);
  return {
    ...composite,
    file: { ...file, status: 'live' },
    scoring: new Set([...required, ...file.supports].filter(counts)),
    alone: new Set((file.lifeSafety?.alone?.rules ?? []).filter(counts)),
  };
}

/** The catalogue for one subject whose signals are all given: those of rules over signals are not made anew, they stand in the case. */
function rulesOfCase(ruleSet: RuleSet, rules: ReadonlyMap<string, CheckedRule>): RuleSet {
  const given = [...rules.values()].map((rule): CheckedRule => ({ ...rule, input: 'events' }));
  return { ...ruleSet, rules: given, unevaluated: [] };
}

/** The last version of the last alert. */
function alertOf(
  composite: CheckedComposite,
  signals: Parameters<typeof composeSubject>[1],
  ruleSet: RuleSet,
  { evaluation, playbook }: CompositeTrialContext,
): Alert | undefined {
  return composeSubject(CASE_SUBJECT, signals, ruleSet, [composite], {
    evaluation,
    playbookAt: () => playbook,
    transactionOf: () => undefined,
  }).alerts.at(-1);
}

function outcomeOf(
  composite: CheckedComposite,
  alert: Alert | undefined,
  { scoreMilli, families, benign }: CompositeSight,
): CompositeOutcome {
  if (alert === undefined) {
    const terms = benign.flatMap(({ id, lowersMilli }) => (lowersMilli > 0 ? [id] : []));
    return { level: null, scoreMilli, lifeSafety: 'no', families: [...families], benign: terms };
  }
  const { scoreParts, level } = alert;
  const isAlone = scoreParts.length === 0;
  const lowered = new Set(scoreParts.flatMap(({ rule, milli }) => (milli < 0 ? [rule] : [])));
  return {
    level,
    scoreMilli: alert.scoreMilli,
    lifeSafety: alert.lifeSafety.flag ? (isAlone ? 'alone' : 'flag') : 'no',
    families: [...new Set(scoreParts.flatMap(({ family, milli }) => (milli > 0 ? [family] : [])))].sort(),
    benign: composite.file.benign.flatMap(({ id, rule }) => (lowered.has(rule) ? [id] : [])),
  };
}

const textOf = (value: unknown) =>
  Array.isArray(value) ? `[${[...value].sort().join(', ')}]` : String(value);

function differences(expected: NonNullable<CompositeCase['expect']>, outcome: CompositeOutcome): string[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const [is, asked] = [outcome[name as keyof CompositeOutcome], wanted].map(textOf);
    return is === asked ? [] : [`${name} is ${is}, expected ${asked}`];
  });
}
