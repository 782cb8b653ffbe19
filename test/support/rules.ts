/** Small rules and histories for tests of the compiler and the evaluator. */
import {
  type CheckedRule,
  compileRule,
  type EvaluationContext,
  findingText,
  type SubjectHistory,
} from '../../rules/compiler/index.ts';
import type { EventFieldName, FieldValue, Reversal, RuleEvent } from '../../schemas/event-fields.ts';
import { compareRefs } from '../../schemas/order.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** Monday, 2026-03-02T12:00Z. */
export const NOON = Date.UTC(2026, 2, 2, 12);

const text = { es: 'x', en: 'x', fr: 'x' };

/** A rule file with everything a rule must have; `parts` overrides members. JSON is YAML. */
export function ruleText(parts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    id: 'TST-01',
    version: '1.2.0',
    status: 'live',
    title: text,
    form: 'laundering',
    family: 'COL',
    weight: 3,
    holderRole: 'unknown',
    subject: 'account',
    jurisdictions: ['US', 'MX', 'CA'],
    sources: [{ document: 'Test', year: 2026 }],
    features: { n: { agg: 'count', over: '30d' } },
    when: 'n >= 1',
    strength: { of: 'n', at: 1, full: 11 },
    attributions: [{ to: 'holder', role: 'unknown', weight: 1, why: text }],
    explain: text,
    cases: [
      { name: 'x', kind: 'fires', fires: true, events: [{ at: '2026-03-02T12:00:00Z', set: { amount: 1 } }] },
    ],
    ...parts,
  });
}

export function rule(parts: Readonly<Record<string, unknown>>): CheckedRule {
  const result = compileRule({ path: 'rule.yaml', text: ruleText(parts) });
  if (!result.ok) throw new Error(result.findings.map((finding) => findingText(finding)).join('\n'));
  return result.rule;
}

/** A rule whose one feature `f` is under test; it never fires. */
export function featureRule(
  feature: Readonly<Record<string, unknown>>,
  parts: Readonly<Record<string, unknown>> = {},
) {
  return rule({
    features: { f: feature, n: { agg: 'count', over: '1d', evidence: false } },
    when: 'n < 0',
    strength: { of: 'n', at: 1, full: 2 },
    explain: { es: '{f}', en: '{f}', fr: '{f}' },
    ...parts,
  });
}

export interface EventOptions {
  readonly institution?: string;
  readonly version?: number;
  readonly reversals?: readonly Reversal[];
}

/** A completed event of full coverage; `fields` are added to or taken out (undefined) of that. */
export function event(
  id: string,
  time: number,
  fields: Readonly<Partial<Record<EventFieldName | `signal.${string}`, FieldValue | undefined>>> = {},
  { institution = 'b1', version = 1, reversals }: EventOptions = {},
): RuleEvent {
  const all = { status: 'completed', coverage: 'full_account', precision: 'second', ...fields };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { time, institution, id, version, fields: given, ...(reversals === undefined ? {} : { reversals }) };
}

export function reversal(id: string, time: number, amountMinor: bigint): Reversal {
  return { time, institution: 'b1', id, version: 1, amountMinor };
}

/** Puts the events into total order. */
export function history(events: readonly RuleEvent[], subjectKey = 'acct_1'): SubjectHistory {
  return { subjectKey, subjectKind: 'account', events: [...events].sort(compareRefs) };
}

/** 2026-03-06 (a Friday) is a bank holiday everywhere; the calendar ends with 2027. Threshold `t` rises at NOON + 1 d. */
export const CONTEXT: EvaluationContext = {
  thresholdAt(id, timeMs) {
    if (id !== 't') return null;
    return timeMs < NOON + DAY ? 1_000_000 : 2_000_000;
  },
  thresholdRange: (id) => (id === 't' ? { least: 1_000_000, most: 2_000_000 } : undefined),
  isBusinessDay(_country, localDay) {
    if (localDay > Date.UTC(2027, 11, 31) / DAY) return null;
    const weekday = new Date(localDay * DAY).getUTCDay();
    return weekday !== 0 && weekday !== 6 && localDay !== Date.UTC(2026, 2, 6) / DAY;
  },
};
