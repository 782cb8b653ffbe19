/** A folder of rules and composites, read for all that is wrong with it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileComposites, compilePlaybook } from '../../pipelines/compose/index.ts';
import { checkPeers, loadRuleFolder, type RuleSource, ruleSetOf } from '../../rules/compiler/index.ts';
import { type LintFinding, lintRules, refused } from '../../rules/lint/index.ts';
import { readReferenceFiles } from '../../rules/reference/files.ts';
import { loadReference, type ReferenceFiles } from '../../rules/reference/reference.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { compositeCaseFindings } from './composite-lint.ts';

export interface LintedCatalogue {
  readonly findings: readonly LintFinding[];
  /** Files that were looked at. */
  readonly paths: readonly string[];
}

/** What the folder brings of its own stands in for the shipped file of that name. */
function referenceOf(folder: string): ReferenceFiles {
  const own = ['lists', 'lexicons', 'thresholds', 'peers'].filter((part) => existsSync(join(folder, part)));
  const files = new Map(readReferenceFiles());
  for (const part of own)
    for (const name of readdirSync(join(folder, part)))
      if (name.endsWith('.yaml'))
        files.set(`${part}/${name}`, readFileSync(join(folder, part, name), 'utf8'));
  return files;
}

/**
 * Every finding about the rules of `<folder>/catalogue` and, where the rules compile, the composites of `<folder>/composites`,
 * by path and place.
 *
 * @throws RastroError RAS-RULES-NONE where there is no rule, RAS-RULES-FOLDER where the folder cannot be read.
 */
export async function lintCatalogue(folder: string): Promise<LintedCatalogue> {
  const catalogue = join(folder, 'catalogue');
  const sources = await loadRuleFolder(catalogue);
  if (sources.length === 0) throw new RastroError('RAS-RULES-NONE', { folder: catalogue });
  const texts = referenceOf(folder);
  const { thresholds, peers } = loadReference(texts);
  const ofPeers = [...peers.definitions].flatMap(([name, definition]) => {
    const path = `peers/${name}.yaml`;
    return checkPeers(definition, { path: join(folder, path), text: texts.get(path) ?? '' }).map(refused);
  });
  const { findings: ofRules, rules } = lintRules(sources, {
    thresholdIds: new Set(thresholds.ids),
    thresholdRange: (id) => thresholds.range(id),
    peers: peers.definitions,
  });
  const findings = [...ofPeers, ...ofRules];
  const composites = join(folder, 'composites');
  const pathsOf = (files: readonly RuleSource[]) => files.map(({ path }) => path);
  const composed = existsSync(composites) ? await loadRuleFolder(composites) : [];
  const paths = pathsOf([...sources, ...composed]);
  const set = rules.length < sources.length || composed.length === 0 ? undefined : ruleSetOf(rules);
  if (set?.ok !== true) return { findings, paths };
  return { findings: [...findings, ...compositeFindings(composed, set.ruleSet)], paths };
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
