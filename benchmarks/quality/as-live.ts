/**
 * Experimental rules on a population in which nobody does wrong, evaluated as if they were live: how often each fires, on whom
 * its weight falls, and which alerts rest on it. Composites that name them count them, as they would once they are promoted.
 */
import { requiredRules } from '../../pipelines/compose/index.ts';
import type { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import type { Truth } from '../../pipelines/simulate/truth.ts';
import { catalogueOf } from '../../rules/compiler/index.ts';
import { compileKnowledge, type Knowledge, readKnowledgeFiles } from '../../services/workspace/knowledge.ts';
import type { Evaluation } from './evaluation.ts';

const EXPERIMENTAL = /^status: experimental$/m;

/** Ordinary people around the look-alikes. */
export const OTHERS = 'other';

/** The shipped knowledge with every experimental rule made live, and which these are. */
export async function knowledgeAsLive(): Promise<{ knowledge: Knowledge; asLive: readonly AsLiveRule[] }> {
  const { texts, rates } = await readKnowledgeFiles();
  const shipped = compileKnowledge({ texts, rates });
  const asLive = catalogueOf(shipped.ruleSet)
    .filter(({ status }) => status === 'experimental')
    .map(({ id }) => ({
      id,
      composites: shipped.composites
        .filter(({ file }) => file.status === 'live' && namesOf(file).has(id))
        .map(({ file }) => file.id),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const changed = Object.fromEntries(
    Object.entries(texts).map(([path, text]) => [
      path,
      path.startsWith('catalogue/') ? text.replace(EXPERIMENTAL, 'status: live') : text,
    ]),
  );
  return { knowledge: compileKnowledge({ texts: changed, rates }), asLive };
}

function namesOf(file: Knowledge['composites'][number]['file']): Set<string> {
  return new Set([...requiredRules(file), ...file.supports]);
}

export interface AsLiveRule {
  readonly id: string;
  /** Live composites that name it. */
  readonly composites: readonly string[];
}

/** What one rule did in the population. */
export interface AsLiveTally {
  signals: number;
  /** Signals that give somebody weight. */
  weighing: number;
  /** Signals by the look-alike that their observed holder plays; `other` for ordinary people. */
  readonly ofKind: Map<string, number>;
  /** Alerts with a signal of it in their evidence, by typology: it is scored, or it carries a companion that is. */
  readonly alerts: Map<string, number>;
}

const newTally = (): AsLiveTally => ({ signals: 0, weighing: 0, ofKind: new Map(), alerts: new Map() });

const addOne = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

/** Which look-alike each person of a world plays. */
function kindsOf(truth: Truth, pseudonyms: Pseudonymiser): Map<string, string> {
  return new Map(
    truth.cases.flatMap(({ kind, subjects }) =>
      subjects
        .filter(({ role }) => role !== 'infrastructure')
        .map(({ refScheme, ref, institution }): [string, string] => [
          pseudonyms.party(refScheme, ref, institution),
          kind,
        ]),
    ),
  );
}

export type AsLiveTallies = Map<string, AsLiveTally>;

export function emptyTallies(rules: readonly AsLiveRule[]): AsLiveTallies {
  return new Map(rules.map(({ id }) => [id, newTally()]));
}

/** Counts one world in. */
export function addSignals(tallies: AsLiveTallies, truth: Truth, evaluation: Evaluation): void {
  const kinds = kindsOf(truth, evaluation.pseudonyms);
  for (const { rule, observedHolder, attributions } of evaluation.signals) {
    const tally = tallies.get(rule);
    if (tally === undefined) continue;
    tally.signals++;
    if (attributions.some(({ weight }) => weight > 0)) tally.weighing++;
    addOne(tally.ofKind, kinds.get(observedHolder) ?? OTHERS);
  }
  const ruleOf = new Map(evaluation.signals.map(({ id, rule }) => [id, rule]));
  for (const { typology, evidence } of evaluation.alerts)
    for (const rule of new Set(evidence.signals?.map((id) => ruleOf.get(id)))) {
      const tally = rule === undefined ? undefined : tallies.get(rule);
      if (tally !== undefined) addOne(tally.alerts, typology);
    }
}
