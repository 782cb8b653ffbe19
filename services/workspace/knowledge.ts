/**
 * Everything that is decided before the first row: rules, composites, playbook, reference data, compiled and checked.
 * One build phase; afterwards nothing of it changes.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type CheckedComposite,
  compileComposites,
  compilePlaybook,
  composeSubject,
} from '../../pipelines/compose/index.ts';
import type { Compose } from '../../pipelines/engine/engine.ts';
import {
  compileRules,
  type EvaluationContext,
  type Finding,
  findingText,
  loadRuleFolder,
  type RuleSet,
  type RuleSource,
} from '../../rules/compiler/index.ts';
import { readReferenceFiles } from '../../rules/reference/files.ts';
import { loadReference, type Reference } from '../../rules/reference/reference.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { packageRoot } from '../../schemas/package-root.ts';

export interface Knowledge {
  readonly ruleSet: RuleSet;
  readonly composites: readonly CheckedComposite[];
  readonly reference: Reference;
  readonly evaluation: EvaluationContext;
  readonly compose: Compose;
  /** Hash of all of it: rules, composites, thresholds, lists, rates. Results under equal hashes are equal. */
  readonly hash: string;
}

export interface KnowledgeOptions {
  /** Folder with `catalogue/`, `composites/`; default the shipped `rules/`. */
  readonly rulesDir?: string;
  /** A rate file that replaces the shipped sample table. */
  readonly ratesFile?: string;
}

const PLAYBOOK = 'playbook.yaml';

function refuse(findings: readonly Finding[]): never {
  throw new RastroError('RAS-RULES-REFUSED', {
    count: findings.length,
    findings: findings.map((finding) => findingText(finding)).join('\n'),
  });
}

/** Loads and checks everything. @throws RastroError RAS-RULES-REFUSED with file:line:col of each finding. */
export async function loadKnowledge(options: KnowledgeOptions = {}): Promise<Knowledge> {
  const rulesDir = options.rulesDir ?? join(packageRoot(), 'rules');
  const rates =
    options.ratesFile === undefined
      ? undefined
      : { name: basename(options.ratesFile), text: await readFile(options.ratesFile, 'utf8') };
  const files = readReferenceFiles();
  const reference = loadReference(files, rates);

  const ruleSources = await loadRuleFolder(join(rulesDir, 'catalogue'));
  if (ruleSources.length === 0)
    throw new RastroError('RAS-RULES-NONE', { folder: join(rulesDir, 'catalogue') });
  const compiled = compileRules(ruleSources, { thresholdIds: new Set(reference.thresholds.ids) });
  if (!compiled.ok) refuse(compiled.findings);
  const { ruleSet } = compiled;

  const compositeSources = await loadRuleFolder(join(rulesDir, 'composites'));
  const isPlaybook = (source: RuleSource) => basename(source.path) === PLAYBOOK;
  const playbookSource = compositeSources.find(isPlaybook);
  if (playbookSource === undefined)
    throw new RastroError('RAS-RULES-NONE', { folder: join(rulesDir, 'composites', PLAYBOOK) });
  const playbook = compilePlaybook(playbookSource);
  if (!playbook.ok) refuse(playbook.findings);
  const checked = compileComposites(
    compositeSources.filter((source) => !isPlaybook(source)),
    ruleSet,
    playbook.value,
  );
  if (!checked.ok) refuse(checked.findings);

  const evaluation: EvaluationContext = {
    thresholdAt: (id, timeMs) => reference.thresholds.at(id, timeMs)?.minor ?? null,
    isBusinessDay: reference.holidays.isBusinessDay,
  };
  const compose: Compose = (subject, signals, lookups, nearReadings) =>
    composeSubject(subject, signals, ruleSet, checked.value, {
      evaluation,
      playbook: playbook.value,
      // What stands is written; earlier versions were written when they stood.
      lastVersionsOnly: true,
      nearReadings,
      ...lookups,
    });

  return {
    ruleSet,
    composites: checked.value,
    reference,
    evaluation,
    compose,
    hash: contentHash([
      ruleSet.hash,
      compositeSources.map((source) => source.text),
      [...files].sort(),
      rates?.text ?? null,
    ]),
  };
}
