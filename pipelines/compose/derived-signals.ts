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
import { carriedBy, othersOf } from './relay.ts';
import { lastUntil, SignalVersions } from './signal-versions.ts';

/** Institution of the reference of a signal among events. */
export const SIGNAL_INSTITUTION = 'signal';

/** To whom the subject's own history leads: the one other party that a signal observed on the subject names. */
function payeeOf(signal: Signal, subject: string): string | null {
  if (signal.observedHolder !== subject) return null;
  const others = new Set(signal.attributions.map((attribution) => attribution.subject));
  others.delete(subject);
  return others.size === 1 ? ([...others][0] as string) : null;
}

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
    'signal.isOwn': signal.observedHolder === subject,
    'signal.payee': payeeOf(signal, subject),
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

/** Of the versions of a signal up to each of them: the worst coverage and precision, as places in their order, and whether any was reversed. */
interface Worst {
  readonly time: number;
  readonly coverage: number;
  readonly precision: number;
  readonly isReversed: boolean;
}

const NOTHING_READ: Omit<Worst, 'time'> = { coverage: -1, precision: -1, isReversed: false };

/** What the signals that a version names say of its quality, as of its time. A signal may have hundreds of versions, and so may what reads it. */
class Qualities {
  readonly #byId = new Map<string, Worst[]>();

  /** `signals` in the order of events. */
  constructor(signals: readonly Signal[]) {
    for (const { id, eventTime, coverage, precisionWorst, evidenceReversed } of signals) {
      let known = this.#byId.get(id);
      if (known === undefined) {
        known = [];
        this.#byId.set(id, known);
      }
      const before = known.at(-1) ?? NOTHING_READ;
      known.push({
        time: eventTime,
        coverage: Math.max(before.coverage, COVERAGES.indexOf(coverage)),
        precision: Math.max(before.precision, PRECISIONS.indexOf(precisionWorst)),
        isReversed: before.isReversed || evidenceReversed,
      });
    }
  }

  worstOf(ids: Iterable<string>, untilMs: number): Omit<Worst, 'time'> {
    let { coverage, precision, isReversed } = NOTHING_READ;
    for (const id of ids) {
      const found = lastUntil(this.#byId.get(id) ?? [], untilMs, ({ time }) => time);
      if (found === undefined) continue;
      coverage = Math.max(coverage, found.coverage);
      precision = Math.max(precision, found.precision);
      isReversed ||= found.isReversed;
    }
    return { coverage, precision, isReversed };
  }
}

function documentOf(
  rule: CheckedRule,
  subject: string,
  ruleSetHash: string,
  version: SignalVersion,
  read: ReadSignals,
): Signal {
  const subjectKey = subjectKeyText(rule.subjects[0] ?? 'holder', subject);
  const evidence = signalEvidence(version.evidence);
  const { coverage, precision, isReversed } = read.qualities.worstOf(
    evidence.signals ?? [],
    version.eventTime,
  );
  const signal = signalOf({ rule, subjectKey, ruleSetHash }, version);
  const isRelayed = othersOf(signal).length > 0;
  return {
    ...signal,
    ...(isRelayed ? { companions: carriedBy({ ...signal, evidence }, read.versions) } : {}),
    coverage: COVERAGES[coverage] ?? signal.coverage,
    precisionWorst: PRECISIONS[precision] ?? signal.precisionWorst,
    evidenceReversed: signal.evidenceReversed || isReversed,
    evidence,
  };
}

/** What a rule reads of the signals: those of experimental rules are read by experimental rules alone. */
class ReadSignals {
  readonly #subject: string;
  readonly #signals: readonly Signal[];
  readonly present: ReadonlySet<string>;
  #events: readonly RuleEvent[] | undefined;
  #qualities: Qualities | undefined;
  #versions: SignalVersions | undefined;

  constructor(subject: string, signals: readonly Signal[]) {
    this.#subject = subject;
    this.#signals = signals;
    this.present = new Set(signals.map((signal) => signal.rule));
  }

  get events(): readonly RuleEvent[] {
    this.#events ??= this.#signals.map((signal) => eventOf(signal, this.#subject));
    return this.#events;
  }

  get qualities(): Qualities {
    this.#qualities ??= new Qualities(this.#signals);
    return this.#qualities;
  }

  get versions(): SignalVersions {
    this.#versions ??= new SignalVersions(this.#signals);
    return this.#versions;
  }
}

/** All versions of the signals of all rules over signals on `subject`; `signals` in the order of events. */
export function derivedSignalsOf(
  subject: string,
  signals: readonly Signal[],
  ruleSet: RuleSet,
  context: EvaluationContext,
): Signal[] {
  const all = new ReadSignals(subject, signals);
  const shown = signals.some(({ shadow }) => shadow === true)
    ? new ReadSignals(
        subject,
        signals.filter(({ shadow }) => shadow !== true),
      )
    : all;
  const derived: Signal[] = [];
  /** Episodes opened by each signal, over the versions of a rule of one major version. */
  const openings = new Map<string, Map<string, number>>();
  for (const rule of ruleSet.rules) {
    if (rule.input !== 'signals') continue;
    const read = rule.status === 'experimental' ? all : shown;
    if (!rule.rulesNamed.some((named) => read.present.has(named))) continue;
    const history = { subjectKey: subject, subjectKind: rule.subjects[0] ?? 'holder', events: read.events };
    const family = `${rule.id} ${rule.majorVersion}`;
    const opened = openings.get(family) ?? new Map<string, number>();
    openings.set(family, opened);
    for (const version of signalsOf(rule, history, context, opened)) {
      const ruleSetHash = ruleSetHashAt(ruleSet, version.eventTime);
      derived.push(documentOf(rule, subject, ruleSetHash, version, read));
    }
  }
  return derived;
}
