/**
 * The indicators of an alert: which rules of its composite fired, came near, did not fire, or could not be judged.
 *
 * The last two are kept apart because a reader takes "did not fire" as speaking for a person.
 */
import type { CheckedRule, RuleLookup } from '../../rules/compiler/index.ts';
import type { Alert } from '../../schemas/alert.ts';
import { PRECISIONS } from '../../schemas/enumerations.ts';
import type { Localized } from '../../schemas/errors/define.ts';
import { fillTemplate, type Lang } from '../../schemas/errors/define.ts';
import type { EvidenceTransaction } from '../../schemas/evidence-transaction.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { FeatureReading, Signal } from '../../schemas/signal.ts';
import type { CheckedComposite } from './composites.ts';
import type { AlertVersion } from './episodes.ts';
import { durationText, eachLang, groupDigits, moneyText, numberText } from './text.ts';

export type Indicator = Alert['indicators'][number];

/** The last evaluation of a rule on one subject that did not fire. */
export interface RuleReading {
  readonly rule: string;
  readonly observedOn: string;
  readonly eventTime: number;
  /** Null: the rule could not be decided. */
  readonly truth: false | null;
  readonly features: readonly FeatureReading[];
}

/** Indicators shown with one alert. */
export const ALERT_INDICATORS_MAX = 128;
/** A rule is near from this share of the value that would score 500 milli. */
const NEAR_SHARE_NUM = 4;
const NEAR_SHARE_DEN = 5;

const STATE_RANK: readonly Indicator['state'][] = ['fired', 'near', 'not_evaluable', 'not_fired'];

/** `near`: the strength feature reaches 80 % of what the rule asks, counted towards `full`. */
function isNear(rule: CheckedRule, reading: RuleReading): boolean {
  if (reading.truth !== false) return false;
  const { of, at, full } = rule.file.strength;
  const feature = reading.features.find((f) => f.name === of);
  const asked = numberOf(at, rule) ?? numberOf(feature?.threshold ?? null, rule);
  const best = numberOf(full, rule);
  if (typeof feature?.value !== 'number' || asked === null) return false;
  return best !== null && best < asked
    ? feature.value * NEAR_SHARE_NUM <= asked * NEAR_SHARE_DEN
    : feature.value * NEAR_SHARE_DEN >= asked * NEAR_SHARE_NUM;
}

function numberOf(value: string | number | boolean | null, rule: CheckedRule): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const param = rule.file.params[value.replace(/^params\./, '')];
  return param !== undefined && 'value' in param && typeof param.value === 'number' ? param.value : null;
}

/** What a rule needs and the evidence's feeds do not show: canonical fields, or a finer time. */
function missingFields(
  rule: CheckedRule,
  transactions: readonly EvidenceTransaction[],
  providedOf: ((transaction: EvidenceTransaction) => ReadonlySet<string>) | undefined,
): string[] {
  const missing: string[] = [];
  if (transactions.length === 0) return missing;
  if (providedOf !== undefined) {
    const feeds = new Map(transactions.map((t) => [t.stamp.provided, providedOf(t)]));
    for (const field of rule.needs.fields)
      if (![...feeds.values()].some((provided) => provided.has(field))) missing.push(field);
  }
  const { precision } = rule.needs;
  if (precision !== null) {
    const coarsest = PRECISIONS.indexOf(precision);
    if (!transactions.some((t) => PRECISIONS.indexOf(t.stamp.precision) <= coarsest))
      missing.push(`precision:${precision}`);
  }
  return missing;
}

function firedIndicators(version: AlertVersion, rules: RuleLookup): Indicator[] {
  const fired = new Map<string, Indicator>();
  for (const counted of version.score.counted) {
    const rule = rules.at(counted.rule, counted.eventTime);
    const key = `${counted.rule}\u0000${counted.observedOn}`;
    if (rule === undefined || fired.has(key)) continue;
    fired.set(key, {
      rule: counted.rule,
      version: counted.companion?.version ?? counted.carrier.ruleVersion,
      title: rule.file.title,
      state: 'fired',
      ...(counted.companion === null ? { features: counted.carrier.features } : {}),
      ...(counted.companion === null && counted.carrier.peers !== undefined
        ? { peers: counted.carrier.peers }
        : {}),
      signalId: counted.signalId,
      observedOn: counted.observedOn,
    });
  }
  return [...fired.values()];
}

/** All rules of the composite, fired ones per observed subject first. */
export function indicatorsOf(
  composite: CheckedComposite,
  version: AlertVersion,
  rules: RuleLookup,
  readings: readonly RuleReading[],
  transactions: readonly EvidenceTransaction[],
  providedOf?: (transaction: EvidenceTransaction) => ReadonlySet<string>,
): Indicator[] {
  const indicators = firedIndicators(version, rules);
  const fired = new Set(indicators.map((i) => i.rule));
  const latest = latestReadings(readings, version.eventTime);
  for (const id of composite.scoring) {
    const rule = rules.at(id, version.eventTime);
    if (rule === undefined || fired.has(id)) continue;
    const base = { rule: id, version: rule.version, title: rule.file.title };
    const missing = missingFields(rule, transactions, providedOf);
    const own = latest.get(id) ?? [];
    const near = own.find((reading) => isNear(rules.at(id, reading.eventTime) ?? rule, reading));
    if (near !== undefined) {
      indicators.push({ ...base, state: 'near', features: [...near.features], observedOn: near.observedOn });
      continue;
    }
    const undecided = own.find((reading) => reading.truth === null);
    const decided = own.find((reading) => reading.truth === false);
    if (missing.length > 0 || (undecided !== undefined && decided === undefined)) {
      const unknown = undecided?.features.filter((f) => f.value === null).map(unknownText) ?? [];
      indicators.push({
        ...base,
        state: 'not_evaluable',
        missingFields: [...new Set([...missing, ...(missing.length > 0 ? [] : unknown)])],
        ...(undecided === undefined ? {} : { features: [...undecided.features] }),
      });
      continue;
    }
    indicators.push({
      ...base,
      state: 'not_fired',
      ...(decided === undefined ? {} : { features: [...decided.features], observedOn: decided.observedOn }),
    });
  }
  return indicators
    .sort(
      (a, b) =>
        STATE_RANK.indexOf(a.state) - STATE_RANK.indexOf(b.state) ||
        compareUtf8(a.rule, b.rule) ||
        compareUtf8(a.observedOn ?? '', b.observedOn ?? ''),
    )
    .slice(0, ALERT_INDICATORS_MAX);
}

function unknownText(feature: FeatureReading): string {
  return feature.unknownBecause === undefined ? feature.name : `${feature.name}: ${feature.unknownBecause}`;
}

/** Per rule the latest reading of each observed subject, none later than the alert; by observed subject. */
function latestReadings(readings: readonly RuleReading[], untilMs: number): Map<string, RuleReading[]> {
  const latest = new Map<string, Map<string, RuleReading>>();
  for (const reading of readings) {
    if (reading.eventTime > untilMs) continue;
    const bySubject = latest.get(reading.rule) ?? new Map<string, RuleReading>();
    latest.set(reading.rule, bySubject);
    const known = bySubject.get(reading.observedOn);
    if (known === undefined || reading.eventTime > known.eventTime)
      bySubject.set(reading.observedOn, reading);
  }
  return new Map(
    [...latest].map(([rule, bySubject]) => [
      rule,
      [...bySubject].sort(([a], [b]) => compareUtf8(a, b)).map(([, reading]) => reading),
    ]),
  );
}

const REFERENCE_CURRENCY: Readonly<Record<string, string>> = {
  amountUsd: 'USD',
  amountMxn: 'MXN',
  amountCad: 'CAD',
};

/** The currency of a feature's minor units, where its rule fixes it. */
function currencyOf(rule: CheckedRule, name: string): string | null {
  const feature = rule.file.features[name];
  if (feature === undefined || !('of' in feature) || feature.of === undefined) return null;
  return REFERENCE_CURRENCY[feature.of] ?? null;
}

/** A value of a feature as a reader of the language writes it. */
export function valueText(
  value: FeatureReading['value'],
  unit: string | undefined,
  ccy: string | null,
  lang: Lang,
): string {
  if (value === null) return '?';
  if (typeof value === 'boolean')
    return { en: ['no', 'yes'], es: ['no', 'sí'], fr: ['non', 'oui'] }[lang][+value]!;
  if (typeof value === 'string') return value;
  if (unit === 'ms') return durationText(value, lang);
  if (unit === 'milli') return numberText(value / 1000, lang);
  if (unit === 'minor' && Number.isInteger(value))
    return ccy === null ? groupDigits((value / 100).toFixed(2), lang) : moneyText(BigInt(value), ccy, lang);
  return numberText(value, lang);
}

/** The rule's explanation with the signal's values. */
export function explain(rule: CheckedRule, signal: Signal): Localized {
  return eachLang((lang) => {
    const values: Record<string, string> = {};
    for (const { name, value, unit } of signal.features)
      values[name] = valueText(value, unit, currencyOf(rule, name), lang);
    return fillTemplate(rule.file.explain[lang], values);
  });
}
