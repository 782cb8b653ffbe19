/**
 * Rule sets for measuring: the shipped rules over events, as many more as wanted made of them with other parameters, and a
 * set in which no rule can hold, so that subjects are kept and nothing is found.
 */
import { parse, stringify } from 'yaml';
import { compileRules, type RuleSet, type RuleSource } from '../../rules/compiler/index.ts';
import type { SubjectKind } from '../../schemas/enumerations.ts';
import type { RuleFile } from '../../schemas/rule.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';

/** Parameters of these units are varied; windows, lists and shares are what the rule is about. */
const VARIED_UNITS: ReadonlySet<string> = new Set(['count', 'minor', 'milli']);
/** A variant asks for so much more than the one before it: never for less, so that it fires where the shipped rule nearly did. */
const STEP = 1.15;
const ID_LETTERS = 26;
const SUBJECTS_PER_RULE = 4;

const isMeasured = ({ input }: RuleSet['rules'][number]): boolean => input === 'events';

function compiled(sources: readonly RuleSource[], knowledge: Knowledge): RuleSet {
  const thresholdIds = new Set(knowledge.reference.thresholds.ids);
  const result = compileRules(sources, {
    thresholdIds,
    peers: knowledge.reference.peers.definitions,
    cases: 'left',
  });
  if (!result.ok) throw new Error(JSON.stringify(result.findings[0]));
  return result.ruleSet;
}

function varied(text: string, variant: number, id: string): string {
  const file = parse(text) as RuleFile & { params?: Record<string, { value?: unknown; unit?: string }> };
  for (const param of Object.values(file.params ?? {})) {
    if (typeof param.value !== 'number' || !VARIED_UNITS.has(param.unit ?? '')) continue;
    param.value = Math.ceil(param.value * STEP ** variant);
  }
  return stringify({ ...file, id });
}

/** `BAA-01`, `BAB-01` ...: the form of a rule's id, no shipped one. */
function variantId(number: number): string {
  const letter = (at: number): string => String.fromCharCode(65 + (at % ID_LETTERS));
  return `B${letter(Math.floor(number / ID_LETTERS))}${letter(number)}-01`;
}

/** The shipped rules over events and, in turn, variants of them, `count` together; all shipped rules and no variant for 0. */
export function ruleSetOf(knowledge: Knowledge, count: number): RuleSet {
  if (count === 0) return knowledge.ruleSet;
  const shipped = knowledge.ruleSet.rules.filter(isMeasured);
  const texts = shipped.map(({ path }) => {
    const found = Object.entries(knowledge.files.texts).find(([name]) => path.endsWith(name));
    if (found === undefined) throw new Error(`no file of ${path}`);
    return { path, text: found[1] };
  });
  const sources = Array.from({ length: count }, (_, i): RuleSource => {
    const { path, text } = texts[i % texts.length] as RuleSource;
    const variant = Math.floor(i / texts.length);
    if (variant === 0) return { path, text };
    const id = variantId(i - texts.length);
    return { path: `${path}#${id}`, text: varied(text, variant, id) };
  });
  return compiled(sources, knowledge);
}

/** Rules over the same kinds of subjects as those of `like`, none of which holds for any event. */
export function silentRuleSet(knowledge: Knowledge, like: RuleSet): RuleSet {
  const kinds = [...new Set(like.rules.filter(isMeasured).flatMap((rule) => rule.subjects))];
  const groups: SubjectKind[][] = [];
  for (let i = 0; i < kinds.length; i += SUBJECTS_PER_RULE)
    groups.push(kinds.slice(i, i + SUBJECTS_PER_RULE));
  const sources = groups.map((subject, i): RuleSource => {
    const text = { en: 'nothing', es: 'nada', fr: 'rien' };
    const event = { at: '2026-03-03T10:00:00-06:00', set: { kind: 'transfer' } };
    const rule = {
      id: variantId(i),
      version: '1.0.0',
      status: 'leg',
      title: text,
      form: 'laundering',
      family: 'CSH',
      weight: 0,
      holderRole: 'unknown',
      subject,
      jurisdictions: ['MX'],
      sources: [{ document: 'none', year: 2026 }],
      let: { never: 'kind == "transfer" && amount < 0' },
      features: { found: { agg: 'count', where: 'never', over: '1d' } },
      when: 'found >= 1',
      strength: { of: 'found', at: 1, full: 2 },
      attributions: [{ to: 'subject', role: 'unknown', weight: 0, why: text }],
      explain: text,
      cases: [{ name: 'never', kind: 'silent', fires: false, events: [event] }],
    };
    return { path: `silent-${i}`, text: stringify(rule) };
  });
  return compiled(sources, knowledge);
}
