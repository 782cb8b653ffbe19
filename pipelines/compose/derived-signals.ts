/**
 * Rules over signals: what the signals attributed to one subject say together (SEMANTICS §11).
 *
 * The same evaluator runs them; its events are signal versions. A rule reads base signals only, so depth stays at two.
 */
import {
  type CheckedRule,
  type EvaluationContext,
  type RuleSet,
  ruleSetHashAt,
  type SignalVersion,
  signalsOf,
} from '../../rules/compiler/index.ts';
import { COVERAGES, PRECISIONS } from '../../schemas/enumerations.ts';
import type { FieldValue, RuleEvent, SignalFieldName } from '../../schemas/event-fields.ts';
import { LIMITS } from '../../schemas/identity.ts';
import type { Evidence, Signal } from '../../schemas/signal.ts';
import { signalOf } from '../detect/signals.ts';
import { subjectKeyText } from '../detect/subjects.ts';

/** Institution of the reference of a signal among events. */
export const SIGNAL_INSTITUTION = 'signal';

/** A signal version as an event of the subject it is attributed to. */
function eventOf(signal: Signal, subject: string): RuleEvent {
  let attribution = signal.attributions[0];
  for (const candidate of signal.attributions) {
    if (candidate.subject !== subject) continue;
    if (attribution?.subject !== subject || candidate.weight > attribution.weight) attribution = candidate;
  }
  const fields: Readonly<Record<SignalFieldName, FieldValue>> = {
    time: signal.eventTime,
    'signal.id': signal.id,
    'signal.rule': signal.rule,
    'signal.observedOn': signal.observedOn,
    'signal.observedHolder': signal.observedHolder,
    'signal.observedBank': signal.observedBank,
    'signal.role': attribution?.role ?? 'unknown',
    'signal.strengthMilli': signal.strengthMilli,
    'signal.family': signal.family,
  };
  return {
    time: signal.eventTime,
    institution: SIGNAL_INSTITUTION,
    id: signal.id,
    version: signal.version,
    fields,
  };
}

/** The evidence of a rule over signals: signal ids in place of transactions. */
function signalEvidence(evidence: Evidence): Evidence {
  const ids = new Set(evidence.signals ?? []);
  for (const ref of evidence.transactions) if (ref.institution === SIGNAL_INSTITUTION) ids.add(ref.id);
  return { ...evidence, transactions: [], signals: [...ids].slice(0, LIMITS.EVIDENCE_IDS) };
}

/** The later of two values in the order of a list that runs from best to worst. */
function worst<T extends string>(order: readonly T[], values: readonly T[]): T | null {
  let found = -1;
  for (const value of values) found = Math.max(found, order.indexOf(value));
  return order[found] ?? null;
}

function documentOf(
  rule: CheckedRule,
  subject: string,
  ruleSetHash: string,
  version: SignalVersion,
  signals: readonly Signal[],
): Signal {
  const subjectKey = subjectKeyText(rule.subjects[0] ?? 'holder', subject);
  const evidence = signalEvidence(version.evidence);
  const named = new Set(evidence.signals);
  const read = signals.filter((s) => named.has(s.id) && s.eventTime <= version.eventTime);
  const signal = signalOf({ rule, subjectKey, ruleSetHash }, version);
  return {
    ...signal,
    coverage:
      worst(
        COVERAGES,
        read.map((s) => s.coverage),
      ) ?? signal.coverage,
    precisionWorst:
      worst(
        PRECISIONS,
        read.map((s) => s.precisionWorst),
      ) ?? signal.precisionWorst,
    evidenceReversed: signal.evidenceReversed || read.some((s) => s.evidenceReversed),
    evidence,
  };
}

/** All versions of the signals of all rules over signals on `subject`; `signals` in the order of events. */
export function derivedSignalsOf(
  subject: string,
  signals: readonly Signal[],
  ruleSet: RuleSet,
  context: EvaluationContext,
): Signal[] {
  const present = new Set(signals.map((signal) => signal.rule));
  const derived: Signal[] = [];
  /** Episodes opened by each signal, over the versions of a rule of one major version. */
  const openings = new Map<string, Map<string, number>>();
  let events: readonly RuleEvent[] | undefined;
  for (const rule of ruleSet.rules) {
    if (rule.input !== 'signals' || rule.status === 'waiting' || rule.status === 'manual') continue;
    if (!rule.rulesNamed.some((named) => present.has(named))) continue;
    events ??= signals.map((signal) => eventOf(signal, subject));
    const history = { subjectKey: subject, subjectKind: rule.subjects[0] ?? 'holder', events };
    const family = `${rule.id} ${rule.majorVersion}`;
    const opened = openings.get(family) ?? new Map<string, number>();
    openings.set(family, opened);
    for (const version of signalsOf(rule, history, context, opened)) {
      const ruleSetHash = ruleSetHashAt(ruleSet, version.eventTime);
      derived.push(documentOf(rule, subject, ruleSetHash, version, signals));
    }
  }
  return derived;
}
