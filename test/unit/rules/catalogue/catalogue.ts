/** The shipped catalogue, compiled once for the tests of this folder. */
import { join } from 'node:path';
import { compileComposites, compilePlaybook } from '../../../../pipelines/compose/index.ts';
import {
  catalogueOf,
  compileRules,
  type EvaluationContext,
  findingText,
  loadRuleFolder,
} from '../../../../rules/compiler/index.ts';
import { readReferenceFiles } from '../../../../rules/reference/files.ts';
import { loadReference } from '../../../../rules/reference/reference.ts';

const RULES = join(import.meta.dirname, '../../../../rules');

export async function loadCatalogue() {
  const reference = loadReference(readReferenceFiles());
  const sources = await loadRuleFolder(join(RULES, 'catalogue'));
  const compiled = compileRules(sources, {
    thresholdIds: new Set(reference.thresholds.ids),
    peers: reference.peers.definitions,
  });
  if (!compiled.ok) throw new Error(compiled.findings.map((finding) => findingText(finding)).join('\n'));
  const context: EvaluationContext = {
    thresholdAt: (id, timeMs) => reference.thresholds.at(id, timeMs)?.minor ?? null,
    isBusinessDay: reference.holidays.isBusinessDay,
  };
  // Rules that wait or are manual are held to the same.
  return { rules: catalogueOf(compiled.ruleSet), ruleSet: compiled.ruleSet, sources, context };
}

export async function loadComposites() {
  const { ruleSet, context } = await loadCatalogue();
  const sources = await loadRuleFolder(join(RULES, 'composites'));
  const book = sources.find(({ path }) => path.endsWith('playbook.yaml'));
  if (book === undefined) throw new Error('no playbook');
  const playbook = compilePlaybook(book);
  if (!playbook.ok) throw new Error(playbook.findings.map((finding) => findingText(finding)).join('\n'));
  const files = sources.filter((source) => source !== book);
  const composites = compileComposites(files, ruleSet, playbook.value);
  if (!composites.ok) throw new Error(composites.findings.map((finding) => findingText(finding)).join('\n'));
  return { composites: composites.value, playbook: playbook.value, ruleSet, sources, context };
}
