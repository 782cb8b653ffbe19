/**
 * From an alert version to the document that an analyst reads (`schemas/alert.ts`).
 */
import type { EvaluationContext, RuleLookup } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { LIMITS } from '../../schemas/identity.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Playbook } from '../../schemas/playbook.ts';
import type { Signal } from '../../schemas/signal.ts';
import { changesBetween } from './changes.ts';
import type { CheckedComposite } from './composites.ts';
import type { AlertVersion } from './episodes.ts';
import {
  type EvidenceBook,
  edgesOf,
  evidenceOf,
  type FlowBook,
  reachableOf,
  type TransactionLookup,
  totalsOf,
} from './evidence.ts';
import { indicatorsOf, type RuleReading } from './indicators.ts';
import { dataGapsOf, narrativeOf, type Telling, whyOf } from './narrative.ts';
import { jurisdictionsOf, procedureOf } from './procedure.ts';
import { partyFactsOf, protectedParties, rolesOf } from './roles.ts';

/** What compose asks of its caller; all of it a function of the effective set and of reference data. */
export interface ComposeContext {
  readonly evaluation: EvaluationContext;
  /** The playbook in force at a time. */
  playbookAt(timeMs: number): Playbook;
  readonly transactionOf: TransactionLookup;
  /** The version of a signal as of a time; companions are attributed elsewhere and do not come with the subject. */
  signalOf?(signalId: string, eventTimeMs: number): Signal | undefined;
  /** Evaluations that did not fire, for the indicators near, not fired and not evaluable. */
  readonly nearReadings?: readonly RuleReading[];
  /** Canonical fields that the feed of a row provides. */
  providedOf?(transaction: EvidenceTransaction): ReadonlySet<string>;
  /** Write only the last version of each alert; what it holds is the same. Default: all versions. */
  readonly lastVersionsOnly?: boolean;
}

/** What the versions of one subject's alerts share. */
export interface Books {
  readonly evidence: EvidenceBook;
  readonly flows: FlowBook;
}

const scoreParts = ({ score }: AlertVersion, subject: string): Alert['scoreParts'] => [
  ...score.lines.map(({ counted: c, milli }) => ({
    rule: c.rule,
    signalId: c.signalId,
    via: c.via,
    observedOn: c.observedOn,
    family: c.family,
    weight: c.weight,
    strengthMilli: c.strengthMilli,
    freshnessMilli: c.freshnessMilli,
    attributionMilli: c.attributionMilli,
    milli,
  })),
  ...score.benign.flatMap(({ signal, rule, lowersMilli }) =>
    signal === null || lowersMilli === 0
      ? []
      : [
          {
            rule,
            signalId: signal.id,
            via: 'own' as const,
            observedOn: subject,
            family: signal.family,
            weight: signal.weight,
            strengthMilli: signal.strengthMilli,
            freshnessMilli: 1000,
            attributionMilli: 1000,
            milli: -lowersMilli,
          },
        ],
  ),
];

const RESULT_RANK = ['failed', 'unknown', 'passed'] as const;

/**
 * Benign explanations: those of the rules behind the score, and those of the composite. `failed`: the explanation
 * holds on some subject; `passed`: it was tested and holds on none.
 */
function benignTestsOf(
  composite: CheckedComposite,
  version: AlertVersion,
  rules: RuleLookup,
  readings: readonly RuleReading[],
): Alert['benignTests'] {
  type Test = Alert['benignTests'][number];
  const tests = new Map<string, Test>();
  const add = (test: Test) => {
    const key = `${test.rule}\u0000${test.id}`;
    const known = tests.get(key);
    if (known === undefined || RESULT_RANK.indexOf(test.result) < RESULT_RANK.indexOf(known.result))
      tests.set(key, test);
  };
  for (const { signal } of version.behind)
    for (const { id, result } of signal.benign) {
      const note = rules.at(signal.rule, signal.eventTime)?.file.benign.find((test) => test.id === id)?.note;
      if (note !== undefined) add({ id, rule: signal.rule, note, result });
    }
  for (const { id, rule, signal } of version.score.benign) {
    const { note } = composite.file.benign.find((term) => term.id === id && term.rule === rule)!;
    const tested = readings.some(
      (r) => r.rule === rule && r.truth === false && r.eventTime <= version.eventTime,
    );
    add({ id, rule, note, result: signal !== null ? 'failed' : tested ? 'passed' : 'unknown' });
  }
  return [...tests.values()].sort((a, b) => compareUtf8(a.rule, b.rule) || compareUtf8(a.id, b.id));
}

/** The key behind `kind:key`, as signals name what they observe. */
export function plainKey(observedOn: string): string {
  return observedOn.slice(observedOn.indexOf(':') + 1);
}

/** Keys of the alert's parties: the subject, and everybody whose history stands behind the score. */
function partyIndexOf(version: AlertVersion, subject: string): Map<string, string> {
  const parties = new Map<string, string>();
  for (const { signal } of version.behind) {
    parties.set(plainKey(signal.observedOn), signal.observedHolder);
    parties.set(signal.observedHolder, signal.observedHolder);
  }
  return parties.set(subject, subject);
}

/** Signals whose transactions are the evidence: the counted ones and, where at hand, their companions. */
function evidenceSignals(version: AlertVersion, ctx: ComposeContext): { signals: Signal[]; away: number } {
  const signals = new Map(version.evidenceSignals.map((signal) => [signal.id, signal]));
  let away = 0;
  for (const { companion } of version.score.counted) {
    if (companion === null || signals.has(companion.signalId)) continue;
    const found = ctx.signalOf?.(companion.signalId, companion.eventTime);
    if (found === undefined) away++;
    else signals.set(found.id, found);
  }
  return { signals: [...signals.values()], away };
}

/** Writes one version of an alert; `previous` is the version before it. */
export function alertOf(
  composite: CheckedComposite,
  version: AlertVersion,
  subject: string,
  ruleSetHash: string,
  rules: RuleLookup,
  ctx: ComposeContext,
  books: Books,
  previous: Alert | null,
): Alert {
  const { file } = composite;
  const { score } = version;
  const { signals, away } = evidenceSignals(version, ctx);
  const evidence = books.evidence.gather(signals);
  const parties = partyIndexOf(version, subject);
  const flows = books.flows.flowsOf(evidence.transactions, parties);
  const facts = partyFactsOf(evidence.transactions, parties);
  const roles = rolesOf(composite, version, subject, rules, facts);
  const readings = ctx.nearReadings ?? [];
  const indicators = indicatorsOf(
    composite,
    version,
    rules,
    readings,
    evidence.transactions,
    ctx.providedOf?.bind(ctx),
  );
  const totals = totalsOf(flows, parties, subject);
  const { edges, left } = edgesOf(flows);
  // What a protected person still has is nobody's to reach for.
  const guarded = protectedParties(roles).has(subject);
  const reachable = guarded ? [] : reachableOf(evidence.transactions, parties, subject);
  const benignTests = benignTestsOf(composite, version, rules, readings);
  const jurisdictions = jurisdictionsOf(composite, evidence.transactions);
  const telling: Telling = {
    composite,
    version,
    subject,
    rules,
    evidence,
    indicators,
    roles,
    totals,
    benignTests,
    edgesLeft: left,
    balanceKnown: guarded || reachable.length > 0,
    companionsAway: away,
  };
  const dataGaps = dataGapsOf(telling);
  const document: Omit<Alert, 'changes'> = {
    id: version.id,
    version: version.version,
    typology: file.id,
    typologyVersion: file.version,
    title: file.title,
    ruleSet: ruleSetHash,
    form: file.form,
    subject,
    jurisdictions,
    level: score.level ?? 'medium',
    scoreMilli: score.scoreMilli,
    scoreParts: scoreParts(version, subject),
    lifeSafety: {
      flag: score.lifeSafety,
      reason: score.lifeSafety ? (file.lifeSafety?.reason ?? null) : null,
    },
    openedAt: version.openedAt,
    eventTime: version.eventTime,
    why: whyOf(telling),
    roles,
    indicators,
    benignTests,
    totals,
    reachable,
    transactions: evidence.refs.slice(0, LIMITS.EVIDENCE_IDS).map((ref) => ({ ...ref })),
    evidence: evidenceOf(evidence, signals),
    edges,
    ...procedureOf({
      composite,
      version,
      subject,
      roles,
      facts,
      transactions: evidence.transactions,
      jurisdictions,
      playbook: ctx.playbookAt(version.eventTime),
      evaluation: ctx.evaluation,
    }),
    dataGaps,
    narrative: narrativeOf(telling, dataGaps),
  };
  return { ...document, changes: changesBetween(previous, document) };
}
