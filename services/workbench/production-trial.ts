/**
 * The cases of a rule through the engine that runs in production: their events as columns, kernels, confirmation, episodes. All
 * cases of a rule that state the same peers go in together, each as a subject of its own, so that a trial costs one engine a rule.
 */
import { EffectiveRows } from '../../pipelines/detect/hot/effective-rows.ts';
import { HotCore } from '../../pipelines/detect/hot/hot-core.ts';
import { subjectKeyText } from '../../pipelines/detect/subjects.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { factEvent } from '../../pipelines/facts/event.ts';
import { FactStore } from '../../pipelines/facts/store.ts';
import { caseHistory, contextOfCase, untilOf } from '../../rules/compiler/cases.ts';
import {
  ALWAYS_MS,
  type CheckedRule,
  type EvaluationContext,
  isEvaluated,
} from '../../rules/compiler/index.ts';
import { type CaseTrial, type RuleTrial, trialOf } from '../../rules/trial/index.ts';
import type { EventFieldName, FieldValue, RuleEvent } from '../../schemas/event-fields.ts';
import { standpointOf } from '../../schemas/facts.ts';
import { canonicalJson } from '../../schemas/ids.ts';
import { type CaseRow, factsOfCases, sideOf } from './case-facts.ts';

/** Any seed: no hash of a trial leaves it. */
const SEED: readonly [number, number] = [3, 4];
const BLOCK_ROWS = 4_096;
/** Made from the history, not from a column. */
const NO_COLUMN: ReadonlySet<string> = new Set(['pairAgeMs', 'pairOrdinal']);

export interface ProductionTrial {
  readonly case: string;
  readonly fired: boolean;
  /** Why the answer says nothing: the columns cannot hold what the case says. Null where they do. */
  readonly unlike: string | null;
}

/**
 * What the production engine says of each case, in their order; none for a rule that it does not evaluate (status `waiting` or
 * `manual`) or that reads signals, which are composed and not detected.
 */
export function productionTrialOf(rule: CheckedRule, evaluation: EvaluationContext): ProductionTrial[] {
  if (rule.input !== 'events' || !isEvaluated(rule)) return [];
  // An engine has one set of peers, and knows one time: cases that state the same go in together, and those of a rule that ticks alone.
  const together = new Map<string, number[]>();
  rule.file.cases.forEach(({ peers = {} }, i) => {
    const key = canonicalJson({ peers, alone: rule.ticks ? i : null });
    together.set(key, [...(together.get(key) ?? []), i]);
  });
  const trials = [...together.values()].flatMap((cases) => {
    const context = contextOfCase(evaluation, rule.file.cases[cases[0]!]!);
    return triedTogether(rule, cases, context).map((trial, at) => [cases[at]!, trial] as const);
  });
  return trials.sort(([a], [b]) => a - b).map(([, trial]) => trial);
}

/** `cases`: their places among those of the rule. */
function triedTogether(
  rule: CheckedRule,
  cases: readonly number[],
  evaluation: EvaluationContext,
): ProductionTrial[] {
  const kind = rule.subjects[0]!;
  const dictionary = new FactDictionary(SEED);
  const store = new FactStore(dictionary);
  const ruleSet = {
    rules: [rule],
    unevaluated: [],
    hash: rule.contentHash,
    activeFrom: ALWAYS_MS,
    timeline: [],
  };
  const core = new HotCore({ ruleSet, evaluation, store, dictionary });
  const set = new EffectiveRows({ store, core, seed: SEED, horizonMs: Number.POSITIVE_INFINITY });
  const rows = cases
    .flatMap((i) => rowsOf(`case-${i}`, caseHistory(rule, rule.file.cases[i]!).events))
    .sort((a, b) => a.event.time - b.event.time);
  // The subject's own account or person is another one in each case, so that they are apart.
  const fields = rule.fieldsRead.filter(
    (field): field is EventFieldName => field !== kind && !NO_COLUMN.has(field),
  );
  const fired = new Set<string>();
  const evaluate = () =>
    core.evaluate((key, found) => {
      if (found.some(({ versions }) => versions.length > 0)) fired.add(key);
      else fired.delete(key);
    });
  for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
    const block = rows.slice(from, from + BLOCK_ROWS);
    set.admit(factsOfCases(kind, block, fields, dictionary), (place) => block[place]!.reverses!);
  }
  for (const i of cases) core.know(untilOf(rule.file.cases[i]!) ?? Number.NEGATIVE_INFINITY);
  core.drain();
  evaluate();
  const unlike = differences(store, kind, rows, fields);
  return cases.map((i) => ({
    case: rule.file.cases[i]!.name,
    fired: fired.has(subjectKeyText(kind, `case-${i}`)),
    unlike: unlike.get(`case-${i}`) ?? null,
  }));
}

/** The trial of a rule by both evaluators: a case does not hold where they answer otherwise than each other. */
export function trialByBoth(rule: CheckedRule, evaluation: EvaluationContext): RuleTrial {
  return heldAgainst(trialOf(rule, evaluation), productionTrialOf(rule, evaluation));
}

/** The trial with a problem at each case that the production engine answers otherwise. */
export function heldAgainst(trial: RuleTrial, production: readonly ProductionTrial[]): RuleTrial {
  const cases = trial.cases.map((each, i): CaseTrial => {
    const own = production[i];
    if (own === undefined || own.unlike !== null || own.fired === each.fired) return each;
    const answer = own.fired ? 'fires it' : 'does not fire it';
    return { ...each, problems: [...each.problems, `the production engine ${answer}`] };
  });
  return { ...trial, cases };
}

function rowsOf(subjectKey: string, events: readonly RuleEvent[]): CaseRow[] {
  return events.flatMap((event): CaseRow[] => {
    const { institution } = event;
    const id = `${subjectKey}-${event.id}`;
    const reversals = (event.reversals ?? []).map(({ time, amountMinor, ...reversal }): CaseRow => {
      const own = { ...event, ...reversal, time, id: `${subjectKey}-${reversal.id}` };
      return { subjectKey, event: own, reverses: { institution, id, amountMinor } };
    });
    return [{ subjectKey, event: { ...event, id }, reverses: null }, ...reversals];
  });
}

/** By subject, the first field of an event that the columns say otherwise than its case. */
function differences(
  store: FactStore,
  kind: CheckedRule['subjects'][number],
  rows: readonly CaseRow[],
  fields: readonly EventFieldName[],
): Map<string, string> {
  const rowById = new Map(rows.map((row) => [row.event.id, row]));
  const found = new Map<string, string>();
  for (let row = 0; row < store.rows; row++) {
    const given = rowById.get(store.rowId(row));
    if (given === undefined || given.reverses !== null || found.has(given.subjectKey)) continue;
    const said = factEvent(store, 2 * row + sideOf(given), standpointOf(kind));
    for (const field of fields) {
      const [here, there] = [said.fields[field], given.event.fields[field]].map(comparable);
      if (here === there) continue;
      found.set(given.subjectKey, `${field} is ${there} in the case and ${here} in the columns`);
      break;
    }
  }
  return found;
}

function comparable(value: FieldValue | undefined): string {
  if (value === undefined || value === null) return 'null';
  return typeof value === 'object' ? JSON.stringify([...value].sort()) : String(value);
}
