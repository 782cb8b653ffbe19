/**
 * Signals as documents, and the companions that travel with one when it is attributed to somebody else.
 */
import type { CheckedRule, SignalVersion } from '../../rules/compiler/index.ts';
import { LIMITS } from '../../schemas/identity.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Companion, Signal } from '../../schemas/signal.ts';

export interface SignalOrigin {
  readonly rule: CheckedRule;
  readonly subjectKey: string;
  readonly ruleSetHash: string;
}

/** The document of one version, still without companions. */
export function signalOf(origin: SignalOrigin, version: SignalVersion): Signal {
  const { rule, subjectKey } = origin;
  const { evaluation } = version;
  return {
    id: version.id,
    version: version.version,
    rule: rule.id,
    ruleVersion: rule.version,
    ruleSet: origin.ruleSetHash,
    form: rule.form,
    family: rule.family,
    weight: rule.weight,
    leg: rule.status === 'leg',
    ...(rule.status === 'experimental' ? { shadow: true as const } : {}),
    subjectKind: subjectKey.slice(0, subjectKey.indexOf(':')) as Signal['subjectKind'],
    observedOn: subjectKey,
    observedHolder: evaluation.observedHolder,
    observedBank: evaluation.observedBank,
    holderRole: rule.holderRole,
    attributions: evaluation.attributions.map((attribution) => ({ ...attribution })),
    companions: [],
    openedAt: version.openedAt,
    eventTime: version.eventTime,
    strengthMilli: evaluation.strengthMilli,
    coverage: evaluation.coverage ?? 'product_only',
    precisionWorst: evaluation.precisionWorst ?? 'batch',
    truncated: evaluation.truncated,
    evidenceReversed: version.evidenceReversed,
    params: { ...evaluation.params },
    ...(evaluation.peers === undefined ? {} : { peers: evaluation.peers.map((reading) => ({ ...reading })) }),
    features: [...evaluation.features],
    benign: evaluation.benign.map((test) => ({ ...test })),
    evidence: version.evidence,
  };
}

/** A signal version with what is needed to say whether its episode is open at a time. */
export interface HeldSignal {
  readonly signal: Signal;
  readonly lastFiredAt: number;
  readonly quietMs: number;
}

/** It says something about somebody other than the holder on whom it was observed. */
export function isAttributedAway(signal: Signal): boolean {
  return signal.attributions.some((attribution) => attribution.subject !== signal.observedHolder);
}

/**
 * The other rules in force on the same holder as of `of`'s evaluation: of each signal the last version not after it,
 * while its episode is open (SEMANTICS §10). In the order (rule, signal id), at most `LIMITS.COMPANIONS`.
 */
export function companionsOf(of: Signal, held: readonly HeldSignal[]): Companion[] {
  const latest = new Map<string, HeldSignal>();
  for (const candidate of held) {
    const { signal } = candidate;
    if (signal.rule === of.rule || signal.leg || signal.eventTime > of.eventTime) continue;
    // What an experimental rule says travels with nobody's signal.
    if (signal.shadow === true) continue;
    if (of.eventTime - candidate.lastFiredAt > candidate.quietMs) continue;
    const known = latest.get(signal.id);
    if (known === undefined || known.signal.version < signal.version) latest.set(signal.id, candidate);
  }
  return listedCompanions([...latest.values()].map(({ signal }) => companionOf(signal)));
}

/** The signal as another one carries it. */
export function companionOf(signal: Signal): Companion {
  return {
    rule: signal.rule,
    version: signal.ruleVersion,
    signalId: signal.id,
    weight: signal.weight,
    strengthMilli: signal.strengthMilli,
    family: signal.family,
    eventTime: signal.eventTime,
  };
}

/** In the order (rule, signal id), at most `LIMITS.COMPANIONS`. */
export function listedCompanions(companions: readonly Companion[]): Companion[] {
  return [...companions]
    .sort((a, b) => compareUtf8(a.rule, b.rule) || compareUtf8(a.signalId, b.signalId))
    .slice(0, LIMITS.COMPANIONS);
}
