/** A folder of rules and composites, read for all that is wrong with it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compileComposites, compilePlaybook } from '../../pipelines/compose/index.ts';
import { loadRuleFolder, type RuleSource, ruleSetOf } from '../../rules/compiler/index.ts';
import { type LintFinding, lintRules, refused } from '../../rules/lint/index.ts';
import {
  type ErrorCode,
  type ErrorParams,
  errorHint,
  errorMessage,
  RastroError,
} from '../../schemas/errors/index.ts';
import { type CheckedReference, referenceOf, referenceTexts } from '../workspace/knowledge.ts';
import { compositeCaseFindings } from './composite-lint.ts';

export interface LintedCatalogue {
  /** About rules and composites. */
  readonly findings: readonly LintFinding[];
  /** About what every rule or composite is judged by: reference data of the folder, the playbook. */
  readonly everywhere: readonly LintFinding[];
  /** Files of the folder that were looked at. */
  readonly paths: readonly string[];
}

/** A finding about a file as a whole, or at the place that `path:line:col` says. */
function ofFile(code: ErrorCode, place: string, params: ErrorParams): LintFinding {
  const [, path = place, line = '1', col = '1'] = /^(.*?)(?::(\d+):(\d+))?$/.exec(place) ?? [];
  const [message, hint] = [errorMessage(code, params), errorHint(code, params)];
  return { check: code, path, line: Number(line), col: Number(col), message, hint };
}

/** Reference data of the folder; a finding where a file of it is not valid. */
function checkedReference(
  texts: ReadonlyMap<string, string>,
  folder: string,
): CheckedReference | LintFinding {
  try {
    return referenceOf(texts, folder);
  } catch (error) {
    if (!RastroError.is(error) || error.code !== 'RAS-RULES-REFERENCE-INVALID') throw error;
    return ofFile(error.code, String(error.params['file']), error.params);
  }
}

/**
 * Every finding about the rules of `<folder>/catalogue`, its reference data and, where the rules compile, the composites of
 * `<folder>/composites`, by path and place. Where a reference file is not valid, that is all that is said: rules are judged by them.
 *
 * @throws RastroError RAS-RULES-NONE where there is no rule, RAS-RULES-FOLDER where the folder cannot be read.
 */
export async function lintCatalogue(folder: string): Promise<LintedCatalogue> {
  const catalogue = join(folder, 'catalogue');
  const sources = await loadRuleFolder(catalogue);
  if (sources.length === 0) throw new RastroError('RAS-RULES-NONE', { folder: catalogue });
  const composed = await loadRuleFolder(join(folder, 'composites'));
  const texts = await referenceTexts(folder);
  const own = [...texts.keys()].map((path) => join(folder, path)).filter((path) => existsSync(path));
  const paths = [...[...sources, ...composed].map(({ path }) => path), ...own];
  const checked = checkedReference(texts, folder);
  if ('check' in checked) return { findings: [], everywhere: [checked], paths };

  const { thresholds, peers, cities } = checked.reference;
  const { findings: ofRules, rules } = lintRules(sources, {
    thresholdIds: new Set(thresholds.ids),
    thresholdRange: (id) => thresholds.range(id),
    peers: peers.definitions,
    cities: new Set(cities.all.map(({ id }) => id)),
  });
  const playbook = join(folder, 'composites', 'playbook.yaml');
  const book = composed.find(({ path }) => path === playbook);
  const everywhere = checked.findings.map(refused);
  if (book === undefined) everywhere.push(ofFile('RAS-RULES-PLAYBOOK-NONE', playbook, { path: playbook }));
  const set = rules.length < sources.length || book === undefined ? undefined : ruleSetOf(rules);
  if (book === undefined || set?.ok !== true) return { findings: ofRules, everywhere, paths };
  const composites = composed.filter((source) => source !== book);
  return {
    findings: [...ofRules, ...compositeFindings(composites, book, set.ruleSet)],
    everywhere,
    paths,
  };
}

function compositeFindings(
  files: readonly RuleSource[],
  book: RuleSource,
  ruleSet: Parameters<typeof compileComposites>[1],
): LintFinding[] {
  const playbook = compilePlaybook(book);
  if (!playbook.ok) return playbook.findings.map(refused);
  const checked = compileComposites(files, ruleSet, playbook.value);
  return checked.ok ? compositeCaseFindings(checked.value, files) : checked.findings.map(refused);
}
