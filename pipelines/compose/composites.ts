/**
 * Composite typologies as data, checked against the rules they name.
 *
 * What a composite may not be: satisfiable by one family of evidence, satisfiable without one strong rule, or live while
 * the live rules cannot satisfy it. All of it is found before the first event is read.
 */
import type { z } from 'zod';
import { isCutWrong, withoutCases } from '../../rules/compiler/case-cut.ts';
import {
  ALL_TIME,
  type CheckedRule,
  catalogueOf,
  durationMs,
  type Finding,
  type Interval,
  type RuleSet,
  type RuleSource,
} from '../../rules/compiler/index.ts';
import { YamlSource } from '../../rules/compiler/source.ts';
import { type CompositeCase, type CompositeFile, compositeFile } from '../../schemas/composite.ts';
import { type Family, PROTECTED_ROLES } from '../../schemas/enumerations.ts';
import type { ErrorParams, Localized } from '../../schemas/errors/index.ts';
import { type Playbook, playbook } from '../../schemas/playbook.ts';
import { caseFaults } from './cases.ts';
import { DAY_MS, freshnessTable } from './freshness.ts';
import { LANGS } from './text.ts';

export interface CheckedComposite {
  readonly file: CompositeFile;
  /** None where they were left. */
  readonly cases: readonly CompositeCase[];
  readonly path: string;
  readonly majorVersion: number;
  readonly withinMs: number;
  /** Live rules that score: required or supporting. Experimental ones are signals without weight in an alert. */
  readonly scoring: ReadonlySet<string>;
  /** Live rules that open a life-safety alert about the protected holder they fire on, without a score or a suspect. */
  readonly alone: ReadonlySet<string>;
  /** Freshness in thousandths by whole days, up to `within`. */
  readonly freshness: readonly number[];
  /** It is evaluated as of signals of this interval only; all time for a set that stands alone. */
  readonly inForce: Interval;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** An alert needs evidence of so many families (SEMANTICS §12). */
export const MIN_FAMILIES = 2;
/** ... and one signal of at least this weight. */
export const MIN_STRONG_WEIGHT = 3;

/** Bytes of one composite file or of the playbook. */
export const COMPOSITE_FILE_BYTES_MAX = 262_144;

/** Longest `within` of a composite: the re-evaluation horizon. */
export const COMPOSITE_WITHIN_MAX_DAYS = 400;

/** What a composite's `why` and `narrative` may name. */
export const COMPOSITE_PLACEHOLDERS = [
  'subject',
  'observed',
  'indicators',
  'from',
  'to',
  'transactions',
  'in',
  'out',
  'cash',
  'net',
  'banks',
  'strongest',
] as const;

type Path = readonly PropertyKey[];
type Report = (code: Finding['code'], path: Path, params: ErrorParams) => void;

/** Parses and validates one YAML file against a schema; positions come from the text. */
function read<T>(
  source: RuleSource,
  schema: { safeParse(data: unknown): { success: boolean; data?: T; error?: unknown } },
  findings: Finding[],
): { data: T; report: Report; yaml: YamlSource } | null {
  const bytes = Buffer.byteLength(source.text);
  if (bytes > COMPOSITE_FILE_BYTES_MAX) {
    const params = { bytes, max: COMPOSITE_FILE_BYTES_MAX };
    findings.push({ code: 'RAS-COMPOSITE-SIZE', path: source.path, line: 1, col: 1, params });
    return null;
  }
  const yaml = new YamlSource(source.text);
  const report: Report = (code, path, params) =>
    findings.push({ code, path: source.path, ...yaml.position(path), params });
  for (const { line, col, message } of yaml.problems)
    findings.push({ code: 'RAS-COMPOSITE-YAML', path: source.path, line, col, params: { detail: message } });
  if (yaml.problems.length > 0) return null;
  const parsed = schema.safeParse(yaml.data);
  if (parsed.success) return { data: parsed.data as T, report, yaml };
  const { issues } = parsed.error as { issues: readonly { path: PropertyKey[]; message: string }[] };
  for (const { path, message } of issues)
    report('RAS-COMPOSITE-SCHEMA', path, { where: path.map(String).join('.') || '-', detail: message });
  return null;
}

/** Reads `rules/composites/playbook.yaml`. */
export function compilePlaybook(source: RuleSource): Checked<Playbook> {
  const findings: Finding[] = [];
  const found = read<Playbook>(source, playbook, findings);
  return found === null ? { ok: false, findings } : { ok: true, value: found.data };
}

/**
 * Checks all composites against the rules they name and the playbook entries they ask for. `cases` as for rules: those that are
 * left are not read.
 */
export function compileComposites(
  sources: readonly RuleSource[],
  ruleSet: RuleSet,
  book: Playbook,
  cases: 'read' | 'left' = 'read',
): Checked<readonly CheckedComposite[]> {
  const findings: Finding[] = [];
  const composites: CheckedComposite[] = [];
  const rules = new Map(catalogueOf(ruleSet).map((rule) => [rule.id, rule]));
  const paths = new Map<string, string>();
  for (const source of sources) {
    const text = cases === 'left' ? withoutCases(source.text) : source.text;
    const found = read<z.infer<typeof compositeFile>>({ ...source, text }, compositeFile, findings);
    if (found === null) continue;
    const { data, report, yaml } = found;
    const { cases: given, ...file } = data;
    if (isCutWrong(yaml, text))
      findings.push({
        code: 'RAS-RULES-CASES',
        path: source.path,
        ...yaml.keyPosition(['cases']),
        params: {},
      });
    const other = paths.get(file.id);
    if (other !== undefined) report('RAS-COMPOSITE-DUPLICATE-ID', ['id'], { id: file.id, other });
    paths.set(file.id, source.path);
    const before = findings.length;
    checkNames(file, rules, book, report);
    checkText(file, report);
    checkMeaning(file, report);
    for (const { code, path, params } of caseFaults(file, given, rules)) report(code, path, params);
    // Satisfiability is only meaningful over names that exist.
    if (findings.length === before) checkRequirements(file, rules, report);
    const withinMs = durationMs(file.within);
    composites.push({
      file,
      cases: given,
      path: source.path,
      majorVersion: Number(file.version.split('.')[0]),
      withinMs,
      scoring: new Set(
        [...requiredRules(file), ...file.supports].filter((id) => rules.get(id)?.status === 'live'),
      ),
      alone: new Set((file.lifeSafety?.alone?.rules ?? []).filter((id) => rules.get(id)?.status === 'live')),
      freshness: freshnessTable(
        file.halfLifeDays,
        Math.min(Math.ceil(withinMs / DAY_MS), COMPOSITE_WITHIN_MAX_DAYS),
      ),
      inForce: ALL_TIME,
    });
  }
  if (findings.length > 0) return { ok: false, findings };
  return { ok: true, value: composites.sort((a, b) => (a.file.id < b.file.id ? -1 : 1)) };
}

/** The rules that the alternatives name, in the order of the file, some of them more than once. */
export function requiredRules(file: Pick<CompositeFile, 'requires'>): string[] {
  return file.requires.flatMap((alternative) => alternative.all.flatMap((c) => c.of.map((o) => o.rule)));
}

function checkNames(
  file: CompositeFile,
  rules: ReadonlyMap<string, CheckedRule>,
  book: Playbook,
  report: Report,
): void {
  const known = (rule: string, path: Path, legs: boolean) => {
    const found = rules.get(rule);
    if (found === undefined) report('RAS-COMPOSITE-UNKNOWN-RULE', path, { rule });
    else if (found.status === 'leg' && !legs) report('RAS-COMPOSITE-LEG', path, { rule });
  };
  file.requires.forEach((alternative, a) => {
    alternative.all.forEach((clause, c) => {
      clause.of.forEach(({ rule }, o) => {
        known(rule, ['requires', a, 'all', c, 'of', o, 'rule'], false);
      });
    });
  });
  file.supports.forEach((rule, i) => {
    known(rule, ['supports', i], false);
  });
  file.lifeSafety?.rules.forEach((rule, i) => {
    known(rule, ['lifeSafety', 'rules', i], false);
  });
  file.lifeSafety?.alone?.rules.forEach((id, i) => {
    const path = ['lifeSafety', 'alone', 'rules', i];
    known(id, path, false);
    const rule = rules.get(id);
    if (rule !== undefined && !(file.lifeSafety?.rules.includes(id) && protectsHolder(rule)))
      report('RAS-COMPOSITE-ALONE', path, { rule: id });
  });
  file.benign.forEach(({ rule }, i) => {
    known(rule, ['benign', i, 'rule'], true);
  });
  for (const part of ['perishables', 'asks'] as const)
    file[part].forEach((key, i) => {
      if (book[part][key] === undefined) report('RAS-COMPOSITE-UNKNOWN-KEY', [part, i], { part, key });
    });
}

/** Its holder is one to protect, and no weight falls on them. */
const protectsHolder = (rule: CheckedRule) =>
  PROTECTED_ROLES.has(rule.holderRole) &&
  rule.file.attributions.some(({ to, weight }) => to === 'holder' && weight === 0);

function placeholdersOf(text: string): Set<string> {
  return new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!));
}

function checkText(file: CompositeFile, report: Report): void {
  const known: readonly string[] = COMPOSITE_PLACEHOLDERS;
  const check = (text: Localized, path: Path) => {
    const used = new Set(LANGS.flatMap((lang) => [...placeholdersOf(text[lang])]));
    for (const name of used)
      if (!known.includes(name) || LANGS.some((lang) => !placeholdersOf(text[lang]).has(name)))
        report('RAS-COMPOSITE-PLACEHOLDER', path, { where: path.join('.'), name, known: known.join(', ') });
  };
  for (const where of ['why', 'narrative'] as const) {
    check(file[where], [where]);
    const alone = file.lifeSafety?.alone;
    if (alone !== undefined) check(alone[where], ['lifeSafety', 'alone', where]);
  }
}

function checkMeaning(file: CompositeFile, report: Report): void {
  const { mediumMilli, highMilli } = file.levels;
  if (highMilli < mediumMilli)
    report('RAS-COMPOSITE-LEVELS', ['levels', 'highMilli'], { high: highMilli, medium: mediumMilli });
  const days = Math.ceil(durationMs(file.within) / DAY_MS);
  if (days > COMPOSITE_WITHIN_MAX_DAYS)
    report('RAS-COMPOSITE-WITHIN', ['within'], { days, max: COMPOSITE_WITHIN_MAX_DAYS });
}

type Alternative = CompositeFile['requires'][number];
type Named = Alternative['all'][number]['of'][number];

/** Whether the rules that `admits` lets through can make every clause of the alternative hold. */
function satisfiable(
  alternative: Alternative,
  rules: ReadonlyMap<string, CheckedRule>,
  admits: (rule: CheckedRule, on: Named['on']) => boolean,
): boolean {
  return alternative.all.every((clause) => {
    const matched = clause.of.flatMap(({ rule: id, on }) => {
      const rule = rules.get(id);
      return rule !== undefined && admits(rule, on) ? [rule] : [];
    });
    const ids = new Set(matched.map((rule) => rule.id));
    const families = new Set(matched.map((rule) => rule.family));
    return ids.size >= clause.min && families.size >= (clause.families ?? 1);
  });
}

/** A rule can stand on a subject of its own: it gives weight to someone. */
const givesWeight = (rule: CheckedRule) => rule.file.attributions.some((a) => a.weight > 0);

/** A rule can carry companions: it gives weight to another than the one whose history fires. */
const reachesAnother = (rule: CheckedRule) =>
  rule.input === 'events' &&
  rule.file.attributions.some((a) => a.weight > 0 && a.to !== 'holder' && a.to !== 'subject');

function checkRequirements(
  file: CompositeFile,
  rules: ReadonlyMap<string, CheckedRule>,
  report: Report,
): void {
  file.requires.forEach((alternative, index) => {
    const path = ['requires', index];
    const families = new Set<Family>();
    for (const clause of alternative.all)
      for (const { rule } of clause.of) families.add(rules.get(rule)!.family);
    for (const family of families)
      if (satisfiable(alternative, rules, (rule) => rule.family === family))
        report('RAS-COMPOSITE-ONE-FAMILY', path, { family });
    if (satisfiable(alternative, rules, (rule) => rule.weight < MIN_STRONG_WEIGHT))
      report('RAS-COMPOSITE-WEAK', path, { weight: MIN_STRONG_WEIGHT });
  });
  if (file.status !== 'live') return;
  const inForce = [...rules.values()].filter((rule) => rule.status === 'live' || rule.status === 'leg');
  const live = new Set(inForce.filter((rule) => rule.status === 'live').map((rule) => rule.id));
  const carried = inForce.some(reachesAnother);
  const possible = file.requires.filter((alternative) =>
    satisfiable(alternative, rules, (rule, on) => {
      if (!live.has(rule.id)) return false;
      const own = on !== 'companion' && givesWeight(rule);
      return own || (on !== 'own' && carried);
    }),
  );
  if (possible.length === 0) {
    report('RAS-COMPOSITE-UNSATISFIABLE', ['requires'], { id: file.id, detail: 'requires' });
    return;
  }
  const best = Math.max(...possible.map((alternative) => bestScore(file, alternative, rules, live)));
  if (best < file.levels.mediumMilli)
    report('RAS-COMPOSITE-UNSATISFIABLE', ['levels', 'mediumMilli'], {
      id: file.id,
      detail: `${best} < ${file.levels.mediumMilli}`,
    });
}

/** The largest score the live rules of an alternative and its supports can give; 0 from fewer than two families. */
function bestScore(
  file: CompositeFile,
  alternative: Alternative,
  rules: ReadonlyMap<string, CheckedRule>,
  live: ReadonlySet<string>,
): number {
  const ids = new Set([...alternative.all.flatMap((c) => c.of.map((o) => o.rule)), ...file.supports]);
  const byFamily = new Map<Family, number>();
  for (const id of ids) {
    const rule = rules.get(id)!;
    if (live.has(id)) byFamily.set(rule.family, (byFamily.get(rule.family) ?? 0) + 1000 * rule.weight);
  }
  if (byFamily.size < MIN_FAMILIES) return 0;
  let best = 0;
  for (const [family, sum] of byFamily)
    best += Math.min(sum, file.familyCapMilli?.[family] ?? Number.POSITIVE_INFINITY);
  return best;
}
