/** Rules read as their author's second pair of eyes would: everything that is found, file by file, nothing stopped at. */
import { errorHint, errorMessage } from '../../schemas/errors/index.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { PeerFile } from '../../schemas/peers.ts';
import { withoutCases } from '../compiler/case-cut.ts';
import { type CheckedRule, isEvaluated } from '../compiler/checked-rule.ts';
import { compileRule, type RuleSource, ruleSetOf } from '../compiler/compile.ts';
import type { Finding } from '../compiler/finding.ts';
import { anyBinding } from '../compiler/plan/index.ts';
import type { EvaluationContext } from '../compiler/reference/evaluation.ts';
import { YamlSource } from '../compiler/source.ts';
import { checkAbsence } from './absence.ts';
import { CHECKS, type LintFinding } from './checks.ts';
import { checkCodes } from './code.ts';
import { checkCases, checkPlace, checkSources, checkWeights } from './file.ts';
import { ungated } from './gate.ts';
import { RulePage } from './rule-page.ts';
import { checkForbidden, checkTexts } from './texts.ts';
import { checkUnits } from './unit.ts';
import { checkReach } from './unreachable.ts';

/** Rules that may be left to people. */
export const MANUAL_MAX = 6;

export interface LintOptions {
  /** Ids of the statutory thresholds there are. */
  readonly thresholdIds: ReadonlySet<string>;
  readonly thresholdRange?: EvaluationContext['thresholdRange'];
  /** Definitions of peers by name; default none. */
  readonly peers?: ReadonlyMap<string, PeerFile>;
  /** Ids of the cities there are; default: not checked. */
  readonly cities?: ReadonlySet<string>;
}

export interface LintResult {
  readonly findings: readonly LintFinding[];
  /** Those that compile, by their files, in the order of the sources. */
  readonly rules: readonly CheckedRule[];
}

/** What is wrong with each file and with all of them together, by path and place. */
export function lintRules(sources: readonly RuleSource[], options: LintOptions): LintResult {
  const findings: LintFinding[] = [];
  const pages: { readonly page: RulePage; readonly text: string }[] = [];
  for (const source of sources) {
    const compiled = compileRule(source, options);
    if (!compiled.ok) findings.push(...compiled.findings.map(refused));
    else {
      const page = new RulePage(compiled.rule, new YamlSource(withoutCases(source.text)));
      pages.push({ page, text: source.text });
    }
  }
  const rules = pages.map(({ page }) => page.rule);
  findings.push(...together(rules, sources.length));
  const open = gatesOf(rules, options);
  for (const { page, text } of pages) {
    checkPlace(page);
    checkSources(page);
    checkWeights(page);
    checkTexts(page);
    checkForbidden(page);
    checkUnits(page);
    checkReach(page);
    checkCodes(page, options.cities);
    checkAbsence(page);
    checkCases(page, text);
    const gate = open.get(page.rule);
    if (gate !== undefined)
      page.report(
        'gate',
        ['when'],
        `Per ${gate.kind} every event that triggers is evaluated in full: ${gate.trigger}.`,
      );
    findings.push(...allowed(page));
  }
  findings.sort((a, b) => compareUtf8(a.path, b.path) || a.line - b.line || a.col - b.col);
  return { findings, rules };
}

/** What the compiler refuses, as a finding. */
export function refused({ code, path, line, col, params }: Finding): LintFinding {
  const [message, hint] = [errorMessage(code, params), errorHint(code, params)];
  return { check: code, path, line, col, message, hint };
}

/** What one file cannot show: ids given twice, rules that others name, too many that are left to people. */
function together(rules: readonly CheckedRule[], files: number): LintFinding[] {
  const findings: LintFinding[] = [];
  const first = new Map<string, CheckedRule>();
  for (const rule of rules) {
    const other = first.get(rule.id);
    if (other === undefined) first.set(rule.id, rule);
    else {
      const params = { name: rule.id, other: other.path };
      findings.push(refused({ code: 'RAS-RULES-DUPLICATE', path: rule.path, line: 1, col: 1, params }));
    }
  }
  // A file that does not compile may hold the rule that another names.
  if (rules.length === files && findings.length === 0) {
    const set = ruleSetOf(rules);
    if (!set.ok) findings.push(...set.findings.map(refused));
  }
  for (const { path } of rules.filter(({ status }) => status === 'manual').slice(MANUAL_MAX)) {
    const message = `More than ${MANUAL_MAX} rules are manual.`;
    findings.push({ check: 'manual', path, line: 1, col: 1, message, hint: CHECKS.manual });
  }
  return findings;
}

function gatesOf(rules: readonly CheckedRule[], { thresholdRange }: LintOptions) {
  const unique = [...new Map(rules.filter(isEvaluated).map((rule) => [rule.id, rule])).values()];
  return ungated(unique, anyBinding(thresholdRange));
}

/** The page's findings without those that its file allows; what allows nothing is a finding itself. */
function allowed({ rule, findings, yaml }: RulePage): LintFinding[] {
  const entries = rule.file.lint ?? [];
  const unused = entries.flatMap(({ allow }, i): LintFinding[] => {
    if (findings.some(({ check }) => check === allow)) return [];
    const message = Object.hasOwn(CHECKS, allow)
      ? `\`${allow}\` finds nothing in this file.`
      : `There is no check \`${allow}\`.`;
    const at = yaml.position(['lint', i, 'allow']);
    return [{ check: 'silence', path: rule.path, ...at, message, hint: CHECKS.silence }];
  });
  const silenced = new Set(entries.map(({ allow }) => allow));
  return [...findings.filter(({ check }) => !silenced.has(check)), ...unused];
}
