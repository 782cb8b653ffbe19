/**
 * Everything that answers a conformance vector: the reference evaluator, the hot one, and the brute-force oracle. A further
 * evaluator joins `EVALUATORS` and is held to every vector from then on.
 */
import {
  type CheckedRule,
  compileRule,
  type Evaluation,
  type EvaluationContext,
  evaluateAt,
  findingText,
  type Reading,
  type SignalVersion,
  type SubjectHistory,
  signalsOf,
} from '../../rules/compiler/index.ts';
import { createPeers, type Peers, peerMeasureHash, peerTableHash } from '../../rules/reference/peers.ts';
import { type Cadence, FILE_CADENCE } from '../../schemas/cadence.ts';
import { PEER_ACCOUNTS_LEAST, type PeerFile, type PeerTableFile } from '../../schemas/peers.ts';
import { bruteSignals } from './oracle-brute-episodes.ts';
import { bruteEvaluations } from './oracle-brute-timeline.ts';
import type { AnswerAt, AnswerSignal } from './vector-answers.ts';
import { runHot } from './vector-hot.ts';
import { historyOf, refOf, type Vector } from './vectors.ts';

export interface VectorEvaluator {
  readonly name: 'reference' | 'hot' | 'hot, in order' | 'brute';
  /** Why a kind of vector is not this evaluator's; undefined where it is. */
  leavesOut?(vector: Vector): string | undefined;
  /** The evaluation as of each reference, whether or not it triggers. */
  at(vector: Vector, refs: readonly string[]): ReadonlyMap<string, AnswerAt>;
  signals(vector: Vector): readonly AnswerSignal[];
}

/** The definitions of a vector's peers; what they measure is no part of it. */
function definitionsOf({ peers }: Pick<Vector, 'peers'>): PeerFile[] {
  return Object.entries(peers).map(([name, { by, unit, days }]) => {
    const quantiles = Object.values(days).flatMap((groups) =>
      groups.flatMap(({ values }) => Object.keys(values).map(Number)),
    );
    return {
      kind: 'peers',
      name,
      version: '1.0.0',
      title: { es: name, en: name, fr: name },
      sources: [{ document: 'rules/SEMANTICS.md', year: 2026 }],
      by,
      minAccounts: PEER_ACCOUNTS_LEAST,
      quantiles: [...new Set(quantiles.length === 0 ? [500] : quantiles)].sort((a, b) => a - b),
      unit,
      params: {},
      let: {},
      features: {},
      measure: 'n',
    };
  });
}

/** The production's lookup over the tables of a vector. */
function peersOf(vector: Pick<Vector, 'peers'>): Peers {
  const definitions = definitionsOf(vector);
  const tables = definitions.flatMap((definition) =>
    Object.entries(vector.peers[definition.name]!.days).map(([day, groups]): PeerTableFile => {
      const said = {
        kind: 'peer_table' as const,
        name: definition.name,
        day,
        version: definition.version,
        definition: peerMeasureHash(definition),
        accounts: 0,
        groupsTooSmall: 0,
        quantiles: definition.quantiles,
        groups: groups.map(({ of, accounts, values }) => ({
          of,
          accounts,
          values: definition.quantiles.map((quantile) => {
            const value = values[String(quantile)];
            if (value === undefined)
              throw new Error(`${definition.name} of ${day}: a group without ${quantile}`);
            return typeof value === 'bigint' ? String(value) : value;
          }),
        })),
      };
      return { ...said, sha256: peerTableHash(said) };
    }),
  );
  return createPeers(definitions, tables);
}

export function compiled(vector: Pick<Vector, 'ruleText' | 'inForce' | 'peers'>): CheckedRule {
  const peers = new Map(definitionsOf(vector).map((definition) => [definition.name, definition]));
  const result = compileRule({ path: 'vector.yaml', text: vector.ruleText }, { peers });
  if (!result.ok) throw new Error(result.findings.map((finding) => findingText(finding, 'en')).join('\n'));
  return { ...result.rule, inForce: vector.inForce ?? result.rule.inForce };
}

export function contextOf(vector: Pick<Vector, 'thresholds' | 'holidays' | 'peers'>): EvaluationContext {
  const peers = peersOf(vector);
  return {
    peerAt: (table, quantile, group, timeMs) => peers.at(table, quantile, group, timeMs),
    thresholdAt: (id, timeMs) =>
      (vector.thresholds.get(id) ?? []).filter((step) => step.from <= timeMs).at(-1)?.value ?? null,
    thresholdRange: (id) => {
      const values = (vector.thresholds.get(id) ?? []).map(({ value }) => Number(value));
      return values.length === 0 ? undefined : { least: Math.min(...values), most: Math.max(...values) };
    },
    isBusinessDay: (country, localDay) => {
      const weekday = new Date(localDay * 86_400_000).getUTCDay();
      return weekday !== 0 && weekday !== 6 && !(vector.holidays.get(country)?.has(localDay) ?? false);
    },
  };
}

/** Values by feature; an integer beyond 2^53 is text in a signal and becomes an integer again. */
function readings(evaluation: Reading, rule: CheckedRule): AnswerAt['features'] {
  const types = new Map(rule.program.features.map((feature) => [feature.name, feature.type]));
  return Object.fromEntries(
    evaluation.features.map(({ name, value }) => [
      name,
      types.get(name) === 'int' && typeof value === 'string' ? BigInt(value) : value,
    ]),
  );
}

export function answerAt(evaluation: Evaluation, rule: CheckedRule, history: SubjectHistory): AnswerAt {
  return {
    truth: evaluation.truth,
    features: readings(evaluation, rule),
    missing: Object.fromEntries(evaluation.features.map((feature) => [feature.name, feature.missing ?? 0])),
    strength: evaluation.strengthMilli,
    evidence: evaluation.evidence.map((index) => refOf(history.events[index]!)),
  };
}

/** The engine's versions as the vectors write them. A rule over signals keeps only ids; its references are gathered here. */
export function answerSignals(
  versions: readonly SignalVersion[],
  rule: CheckedRule,
  history: SubjectHistory,
  context: EvaluationContext,
): AnswerSignal[] {
  const opening = new Map<string, number>();
  const held = new Map<string, Set<number>>();
  const ref = (index: number) => refOf(history.events[index]!);
  return versions.map(({ id, version, eventTime, evaluation, evidence }) => {
    if (version === 1) opening.set(id, evaluation.index);
    const read =
      rule.input === 'signals' ? evaluateAt(rule, history, evaluation.index, context).evidence : [];
    const indexes = new Set([...(held.get(id) ?? []), ...read]);
    held.set(id, indexes);
    const gathered = [...indexes].sort((a, b) => a - b).map(ref);
    return {
      id,
      opens: ref(opening.get(id)!),
      version,
      at: ref(evaluation.index),
      tick: eventTime === history.events[evaluation.index]!.time ? undefined : eventTime,
      evidence: rule.input === 'signals' ? gathered : evidence.transactions.map(refOf),
      evidenceCount: evidence.count,
      features: readings(evaluation, rule),
      strength: evaluation.strengthMilli,
      truncated: evaluation.truncated,
      attributions: evaluation.attributions.map(({ subject, role, weight }) => ({ subject, role, weight })),
    };
  });
}

const reference: VectorEvaluator = {
  name: 'reference',
  at(vector, refs) {
    const [rule, context] = [compiled(vector), contextOf(vector)];
    const history = historyOf(vector) as SubjectHistory;
    const indexes = history.events.flatMap((event, i) => (refs.includes(refOf(event)) ? [i] : []));
    return new Map(
      indexes.map((i) => [
        refOf(history.events[i]!),
        answerAt(evaluateAt(rule, history, i, context), rule, history),
      ]),
    );
  },
  signals(vector) {
    const history = historyOf(vector) as SubjectHistory;
    const rule = compiled(vector);
    const context = contextOf(vector);
    const versions = signalsOf(rule, history, context, undefined, vector.knownMs);
    return answerSignals(versions, rule, history, context);
  },
};

/** The hot evaluator over rows of institutions of a cadence. */
const hotOf = (name: 'hot' | 'hot, in order', cadence: Cadence): VectorEvaluator => ({
  name,
  leavesOut: ({ rule, skip }) =>
    rule.input === 'signals'
      ? 'rules over signals are evaluated by the reference evaluator alone'
      : skip['hot'],
  at(vector, refs) {
    const [rule, context] = [compiled(vector), contextOf(vector)];
    const { history } = runHot(vector, rule, context, cadence);
    const indexes = history.events.flatMap((event, i) => (refs.includes(refOf(event)) ? [i] : []));
    return new Map(
      indexes.map((i) => [
        refOf(history.events[i]!),
        answerAt(evaluateAt(rule, history, i, context), rule, history),
      ]),
    );
  },
  signals(vector) {
    const rule = compiled(vector);
    const context = contextOf(vector);
    const { history, signals } = runHot(vector, rule, context, cadence);
    return answerSignals(
      signals.flatMap(({ versions }) => versions),
      rule,
      history,
      context,
    );
  },
});
const hot = hotOf('hot', FILE_CADENCE);
/** Rows wait for a day or two, which is long for some vectors and short for others. */
const DAY_MS = 86_400_000;
const hotInOrder = hotOf('hot, in order', { kind: 'stream', latenessMs: DAY_MS, silenceMs: 2 * DAY_MS });

const brute: VectorEvaluator = {
  name: 'brute',
  at: (vector) =>
    new Map(
      bruteEvaluations(vector).flatMap((evaluation) =>
        evaluation.isTick ? [] : [[evaluation.event, evaluation]],
      ),
    ),
  signals: (vector) => bruteSignals(vector),
};

export const EVALUATORS: readonly VectorEvaluator[] = [reference, hot, hotInOrder, brute];
