/** YAML text to checked rule; files to rule set. Every fault is a finding with its place, never an exception. */
import type { z } from 'zod';
import { contentHash } from '../../schemas/ids.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { PeerFile } from '../../schemas/peers.ts';
import {
  manualRuleFile,
  manualRuleFileWithoutCases,
  ruleFile,
  ruleFileWithoutCases,
} from '../../schemas/rule.ts';
import { isCutWrong, withoutCases } from './case-cut.ts';
import { type CheckedRule, isEvaluated, type RuleSet } from './checked-rule.ts';
import type { Finding, FindingCode } from './finding.ts';
import { checkRule } from './rule-checker.ts';
import { YamlSource } from './source.ts';

/** Bytes of one rule file; the longest of a catalogue has about 12 kB. */
export const RULE_FILE_BYTES_MAX = 262_144;
/** Findings kept of one file: the first ones are what an author mends. */
const FINDINGS_MAX = 100;

/** Event time before every event: a set that has always been in force. */
export const ALWAYS_MS = -8_640_000_000_000_000;

export interface RuleSource {
  readonly path: string;
  readonly text: string;
}

export interface CompileOptions {
  /** Ids of the statutory thresholds there are; without it threshold ids are not checked. */
  readonly thresholdIds?: ReadonlySet<string>;
  /** Definitions of peers by name; default none: what a rule compares with is not known without. */
  readonly peers?: ReadonlyMap<string, PeerFile>;
  /** `left`: nothing from the key `cases` on is read, and the rule has none; default `read`. */
  readonly cases?: 'read' | 'left';
}

export interface CompileSetOptions extends CompileOptions {
  /** Event time from which the set is in force; default always. */
  readonly activeFrom?: number;
}

export type CompileResult =
  | { readonly ok: true; readonly rule: CheckedRule }
  | { readonly ok: false; readonly findings: readonly Finding[] };

export type CompileSetResult =
  | { readonly ok: true; readonly ruleSet: RuleSet }
  | { readonly ok: false; readonly findings: readonly Finding[] };

export function compileRule(source: RuleSource, options: CompileOptions = {}): CompileResult {
  const { path } = source;
  const text = options.cases === 'left' ? withoutCases(source.text) : source.text;
  const bytes = Buffer.byteLength(text);
  if (bytes > RULE_FILE_BYTES_MAX) {
    const params = { bytes, max: RULE_FILE_BYTES_MAX };
    return { ok: false, findings: [{ code: 'RAS-RULES-SIZE', path, line: 1, col: 1, params }] };
  }
  const yaml = new YamlSource(text);
  if (yaml.problems.length > 0) {
    const findings = yaml.problems.map(({ line, col, message }) => ({
      code: 'RAS-RULES-YAML' as FindingCode,
      path,
      line,
      col,
      params: { detail: message },
    }));
    return { ok: false, findings: findings.slice(0, FINDINGS_MAX) };
  }
  const parsed = schemaOf(yaml.data, options.cases ?? 'read').safeParse(yaml.data);
  if (!parsed.success) {
    const findings = parsed.error.issues.map((issue) => shapeFinding(issue, yaml, path));
    return { ok: false, findings: findings.slice(0, FINDINGS_MAX) };
  }
  // What is cut must be the cases and nothing else, or engines would read another rule than was tested.
  if (isCutWrong(yaml, text)) {
    const at = yaml.keyPosition(['cases']);
    return { ok: false, findings: [{ code: 'RAS-RULES-CASES', path, ...at, params: {} }] };
  }
  const checked = checkRule(parsed.data, { path, yaml }, options);
  return 'id' in checked
    ? { ok: true, rule: checked }
    : { ok: false, findings: checked.findings.slice(0, FINDINGS_MAX) };
}

/** A rule that no program asks may leave out what a program would need. */
function schemaOf(data: unknown, cases: 'read' | 'left') {
  const isManual = (data as { status?: unknown } | null)?.status === 'manual';
  if (cases === 'left') return isManual ? manualRuleFileWithoutCases : ruleFileWithoutCases;
  return isManual ? manualRuleFile : ruleFile;
}

function shapeFinding(issue: z.core.$ZodIssue, yaml: YamlSource, path: string): Finding {
  const cause = deepestIssue(issue);
  const at =
    cause.code === 'unrecognized_keys'
      ? yaml.keyPosition([...cause.path, cause.keys[0] ?? ''])
      : yaml.position(cause.path);
  const where = cause.path.length === 0 ? 'rule' : cause.path.join('.');
  return { code: 'RAS-RULES-SHAPE', path, ...at, params: { where, detail: cause.message } };
}

/** Of a failed union, the issue of the alternative that got furthest: what the author most likely meant. */
function deepestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  let best: z.core.$ZodIssue = issue;
  for (const alternative of issue.errors) {
    const first = alternative[0];
    if (first === undefined) continue;
    const inner = deepestIssue({ ...first, path: [...issue.path, ...first.path] } as z.core.$ZodIssue);
    if (best === issue || inner.path.length > best.path.length) best = inner;
  }
  return best;
}

/** Compiles all files together and checks what one file cannot: unique ids, and the rules that others name. */
export function compileRules(
  sources: readonly RuleSource[],
  options: CompileSetOptions = {},
): CompileSetResult {
  const findings: Finding[] = [];
  const rules = new Map<string, CheckedRule>();
  for (const source of sources) {
    const result = compileRule(source, options);
    if (!result.ok) {
      findings.push(...result.findings);
      continue;
    }
    const { rule } = result;
    const other = rules.get(rule.id);
    if (other === undefined) rules.set(rule.id, rule);
    else findings.push(wholeFile('RAS-RULES-DUPLICATE', rule.path, { name: rule.id, other: other.path }));
  }
  return findings.length > 0 ? { ok: false, findings } : ruleSetOf([...rules.values()], options);
}

/** The set of rules that compiled each by itself: checks the rules that others name. */
export function ruleSetOf(rules: readonly CheckedRule[], options: CompileSetOptions = {}): CompileSetResult {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  // A broken file may hold the rule that another names: references are judged once every file compiles.
  const findings = rules.flatMap((rule) => danglingRules(rule, byId));
  if (findings.length > 0) return { ok: false, findings };
  const ordered = [...rules].sort((a, b) => compareUtf8(a.id, b.id));
  const hash = contentHash(ordered.map(({ contentHash: content }) => content));
  const activeFrom = options.activeFrom ?? ALWAYS_MS;
  const timeline = [{ fromMs: Number.NEGATIVE_INFINITY, hash }];
  const evaluated = ordered.filter(isEvaluated);
  const unevaluated = ordered.filter((rule) => !isEvaluated(rule));
  return { ok: true, ruleSet: { rules: evaluated, unevaluated, hash, activeFrom, timeline } };
}

/** Rules over signals read base rules only: depth is at most two (SEMANTICS §11). */
function danglingRules(rule: CheckedRule, rules: ReadonlyMap<string, CheckedRule>): Finding[] {
  return [...rule.rulesNamedAt]
    .filter(([id]) => !serves(rules.get(id), rule))
    .map(([id, { line, col }]) => ({
      code: 'RAS-RULES-DANGLING',
      path: rule.path,
      line,
      col,
      params: { name: id, what: isEvaluated(rule) ? 'evaluated base rule' : 'base rule' },
    }));
}

/** Signals of a rule that is not evaluated never come: what reads them would be silent for ever. */
function serves(named: CheckedRule | undefined, by: CheckedRule): boolean {
  return named?.input === 'events' && (isEvaluated(named) || !isEvaluated(by));
}

function wholeFile(code: FindingCode, path: string, params: Finding['params']): Finding {
  return { code, path, line: 1, col: 1, params };
}
