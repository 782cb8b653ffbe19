/** A folder of rules and composites, read for all that is wrong with it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compileComposites, compilePlaybook } from '../../pipelines/compose/index.ts';
import { loadRuleFolder, type RuleSource, ruleSetOf } from '../../rules/compiler/index.ts';
import { type LintFinding, lintRules, refused } from '../../rules/lint/index.ts';
import { readReferenceFiles } from '../../rules/reference/files.ts';
import { loadReference } from '../../rules/reference/reference.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { compositeCaseFindings } from './composite-lint.ts';

/**
 * Every finding about the rules of `<folder>/catalogue` and, where the rules compile, the composites of `<folder>/composites`,
 * by path and place.
 *
 * @throws RastroError RAS-RULES-NONE where there is no rule, RAS-RULES-FOLDER where the folder cannot be read.
 */
export async function lintCatalogue(folder: string): Promise<readonly LintFinding[]> {
  const catalogue = join(folder, 'catalogue');
  const sources = await loadRuleFolder(catalogue);
  if (sources.length === 0) throw new RastroError('RAS-RULES-NONE', { folder: catalogue });
  const { thresholds } = loadReference(readReferenceFiles());
  const { findings, rules } = lintRules(sources, {
    thresholdIds: new Set(thresholds.ids),
    thresholdRange: (id) => thresholds.range(id),
  });
  const composites = join(folder, 'composites');
  if (rules.length < sources.length || !existsSync(composites)) return findings;
  const set = ruleSetOf(rules);
  if (!set.ok) return findings;
  return [...findings, ...compositeFindings(await loadRuleFolder(composites), set.ruleSet)];
}

function compositeFindings(
  sources: readonly RuleSource[],
  ruleSet: Parameters<typeof compileComposites>[1],
): LintFinding[] {
  const isPlaybook = ({ path }: RuleSource) => path.endsWith('playbook.yaml');
  const book = sources.find(isPlaybook);
  if (book === undefined) return [];
  const playbook = compilePlaybook(book);
  if (!playbook.ok) return playbook.findings.map(refused);
  const files = sources.filter((source) => !isPlaybook(source));
  const checked = compileComposites(files, ruleSet, playbook.value);
  return checked.ok ? compositeCaseFindings(checked.value, files) : checked.findings.map(refused);
}
