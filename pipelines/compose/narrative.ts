/**
 * What a person reads of an alert: one sentence why, a narrative of facts, inference and unknowns, and the data gaps.
 */
import type { RuleLookup } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import type { Lang, Localized } from '../../schemas/errors/define.ts';
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { CheckedComposite } from './composites.ts';
import type { AlertVersion } from './episodes.ts';
import type { EvidenceSet } from './evidence.ts';
import { explain, type Indicator } from './indicators.ts';
import { isRelayed } from './relay.ts';
import { dateText, eachLang, fill, listText, moneyText, numberText, type TextValue } from './text.ts';
import { GAPS, LEVEL_NAMES, NARRATIVE } from './texts.ts';

/** Indicators told one by one in the narrative; the rest are in the table. */
export const NARRATIVE_INDICATORS_MAX = 12;

/** Institutions named one by one in a sentence; beyond it only their number. */
const INSTITUTIONS_NAMED_MAX = 3;

export interface Telling {
  readonly composite: CheckedComposite;
  readonly version: AlertVersion;
  readonly subject: string;
  readonly rules: RuleLookup;
  readonly evidence: EvidenceSet;
  readonly indicators: readonly Indicator[];
  readonly roles: Alert['roles'];
  readonly totals: Alert['totals'];
  readonly benignTests: Alert['benignTests'];
  readonly edgesLeft: number;
  readonly balanceKnown: boolean;
  /** Companion signals whose transactions this process does not hold. */
  readonly companionsAway: number;
}

function institutionsText(transactions: readonly EvidenceTransaction[]): Localized {
  const names = [...new Set(transactions.map((t) => t.institution))].sort(compareUtf8);
  const many = { en: 'institutions', es: 'instituciones', fr: 'institutions' };
  const none = { en: 'no institution', es: 'ninguna institución', fr: 'aucune institution' };
  return eachLang((lang) => {
    if (names.length === 0) return none[lang];
    return names.length > INSTITUTIONS_NAMED_MAX ? `${names.length} ${many[lang]}` : listText(names, lang);
  });
}

type TotalField = 'inMinor' | 'outMinor' | 'cashMinor' | 'netToSubjectMinor';

function amountsText(totals: Alert['totals'], field: TotalField): Localized {
  return eachLang((lang) => {
    const amounts = totals
      .filter((total) => total[field] !== '0')
      .map((total) => moneyText(BigInt(total[field]), total.ccy, lang));
    return amounts.length === 0 ? NARRATIVE.nothing[lang] : listText(amounts, lang);
  });
}

function strongestTitle({ score }: AlertVersion, rules: RuleLookup): TextValue {
  const counted = score.lines[0]?.counted ?? score.counted[0];
  if (counted === undefined) return '';
  return rules.at(counted.rule, counted.eventTime)?.file.title ?? counted.rule;
}

function valuesOf(telling: Telling): Readonly<Record<string, TextValue>> {
  const { evidence, version, indicators, roles, subject, totals, rules } = telling;
  const first = evidence.transactions[0]?.stamp.eventTime ?? version.openedAt;
  const last = evidence.transactions.at(-1)?.stamp.eventTime ?? version.eventTime;
  // Whoever collects in between is no holder whose receipts are told of.
  const observed = new Set(
    roles.filter((p) => p.subject !== subject && p.role !== 'suspected_controller').map((p) => p.subject),
  );
  return {
    subject,
    observed: observed.size,
    indicators: new Set(indicators.filter((i) => i.state === 'fired').map((i) => i.rule)).size,
    from: dateText(first),
    to: dateText(last),
    transactions: evidence.refs.length,
    in: amountsText(totals, 'inMinor'),
    out: amountsText(totals, 'outMinor'),
    cash: amountsText(totals, 'cashMinor'),
    net: amountsText(totals, 'netToSubjectMinor'),
    banks: new Set(evidence.transactions.map((t) => t.institution)).size,
    strongest: strongestTitle(version, rules),
  };
}

/** The texts of the composite, or those of its life-safety rule where that alone opened the alert. */
function textsOf({ composite, version }: Telling): Record<'why' | 'narrative', Localized> {
  return (version.score.alone ? composite.file.lifeSafety?.alone : undefined) ?? composite.file;
}

/** One sentence; its last clause says what was not seen. */
export function whyOf(telling: Telling): Localized {
  const why = fill(textsOf(telling).why, valuesOf(telling));
  const unseen = telling.indicators.filter((i) => i.state === 'not_evaluable').length;
  const also =
    unseen === 0 ? { en: '', es: '', fr: '' } : fill(NARRATIVE.alsoNotEvaluable, { count: unseen });
  const hop = secondHopOf(telling);
  const clause = fill(NARRATIVE.notSeen, { banks: institutionsText(telling.evidence.transactions), also });
  return eachLang((lang) => why[lang].replace(/[.\s]+$/, '') + hop[lang] + clause[lang]);
}

/** Where something counts that came over two hops of the money: through whom, and at which share of its weight. */
function secondHopOf({ version, subject }: Telling): Localized {
  const hops = version.score.counted.filter(({ carrier }) => isRelayed(carrier, subject));
  if (hops.length === 0) return { en: '', es: '', fr: '' };
  const through = [...new Set(hops.map(({ carrier }) => carrier.observedHolder))].sort(compareUtf8);
  const share = Math.max(...hops.map(({ attributionMilli }) => attributionMilli));
  return fill(NARRATIVE.secondHop, {
    through: eachLang((lang) => listText(through, lang)),
    share: eachLang((lang) => numberText(share / 1000, lang)),
  });
}

/** What the data do not say, each as a sentence; the widest gap first. */
export function dataGapsOf(telling: Telling): Localized[] {
  const { evidence, indicators, version, edgesLeft } = telling;
  const signals = version.evidenceSignals;
  const gaps: Localized[] = [fill(GAPS.otherBanks, { banks: institutionsText(evidence.transactions) })];
  const unseen = indicators.filter((i) => i.state === 'not_evaluable');
  if (unseen.length > 0) {
    const rules = unseen.map((i) => `${i.rule} (${(i.missingFields ?? []).join(', ')})`).join('; ');
    gaps.push(fill(GAPS.notEvaluable, { rules }));
  }
  const partial = [...new Set(signals.map((s) => s.coverage))].filter((c) => c !== 'full_account').sort();
  if (partial.length > 0) gaps.push(fill(GAPS.coverage, { coverage: partial.join(', ') }));
  if (evidence.transactions.some((t) => t.stamp.precision === 'day' || t.stamp.precision === 'batch'))
    gaps.push(GAPS.precision);
  if (evidence.missing > 0) gaps.push(fill(GAPS.notHere, { count: evidence.missing }));
  if (telling.companionsAway > 0) gaps.push(fill(GAPS.companionsAway, { count: telling.companionsAway }));
  if (evidence.cut) gaps.push(GAPS.cut);
  if (signals.some((s) => s.truncated)) gaps.push(GAPS.truncated);
  if (signals.some((s) => s.evidenceReversed)) gaps.push(GAPS.reversed);
  if (edgesLeft > 0) gaps.push(fill(GAPS.edgesCut, { count: edgesLeft }));
  if (!telling.balanceKnown) gaps.push(GAPS.balance);
  return gaps;
}

/** `4.500`: milli-points as points. */
export function pointsText(milli: number, lang: Lang): string {
  const sign = milli < 0 ? '-' : '';
  const size = Math.abs(milli);
  const point = lang === 'fr' ? ',' : '.';
  return `${sign}${Math.floor(size / 1000)}${point}${String(size % 1000).padStart(3, '0')}`;
}

function indicatorFacts(telling: Telling): Localized[] {
  const { version, rules } = telling;
  const facts: Localized[] = [];
  const own = version.behind.flatMap(({ signal, attributionMilli }) => {
    const rule = rules.at(signal.rule, signal.eventTime);
    return rule === undefined || signal.leg || (attributionMilli <= 0 && !version.score.alone)
      ? []
      : [{ rule, signal }];
  });
  for (const { rule, signal } of own.slice(0, NARRATIVE_INDICATORS_MAX)) {
    const { title } = rule.file;
    const { observedOn } = signal;
    facts.push(
      fill(NARRATIVE.indicator, { title, rule: rule.id, observedOn, explain: explain(rule, signal) }),
    );
  }
  if (own.length > NARRATIVE_INDICATORS_MAX)
    facts.push(fill(NARRATIVE.moreIndicators, { count: own.length - NARRATIVE_INDICATORS_MAX }));
  return facts;
}

/** Facts first, then inference, then unknowns and coverage; a paragraph each. */
export function narrativeOf(telling: Telling, gaps: readonly Localized[]): Localized {
  const { version, roles, subject, benignTests } = telling;
  const values = valuesOf(telling);
  const institutions = institutionsText(telling.evidence.transactions);
  const facts = [fill(NARRATIVE.facts, { ...values, institutions }), ...indicatorFacts(telling)];
  const guarded = new Set(roles.filter((p) => p.protected && p.subject !== subject).map((p) => p.subject));
  if (guarded.size > 0) facts.push(fill(NARRATIVE.protectedPersons, { count: guarded.size }));
  const level = version.score.level ?? 'medium';
  const inference = fill(NARRATIVE.inference, {
    narrative: fill(textsOf(telling).narrative, values),
    score: eachLang((lang) => pointsText(version.score.scoreMilli, lang)),
    level: LEVEL_NAMES[level],
  });
  const counts = { failed: 0, passed: 0, unknown: 0 };
  for (const test of benignTests) counts[test.result]++;
  const closing = benignTests.length > 0 ? [fill(NARRATIVE.benign, counts)] : [];
  const unknown = fill(NARRATIVE.unknown, {
    gaps: eachLang((lang) => gaps.map((gap) => gap[lang]).join(' ')),
  });
  return eachLang((lang) =>
    [
      facts.map((fact) => fact[lang]).join('\n'),
      inference[lang],
      [...closing, unknown].map((text) => text[lang]).join(' '),
    ].join('\n\n'),
  );
}
