/**
 * Everything that is decided before the first row: rules, composites, playbook, reference data, compiled and checked.
 * One build phase; afterwards nothing of it changes. A folder of rules is first its files, then what they mean, so that
 * the same build makes a set from a folder and from the log.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import {
  type CheckedComposite,
  compileComposites,
  compilePlaybook,
  composeSubject,
} from '../../pipelines/compose/index.ts';
import type { Compose } from '../../pipelines/engine/step.ts';
import {
  ALWAYS_MS,
  checkPeers,
  compileRules,
  type EvaluationContext,
  type Finding,
  findingText,
  loadRuleFolder,
  type RuleSet,
  type RuleSource,
  withoutCases,
} from '../../rules/compiler/index.ts';
import { readReferenceFiles } from '../../rules/reference/files.ts';
import { loadReference, type Reference } from '../../rules/reference/reference.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { contentHash } from '../../schemas/ids.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import { packageRoot } from '../../schemas/package-root.ts';
import type { Playbook } from '../../schemas/playbook.ts';

/** What the rules in force make of rows: one set, or the sets of a timeline in one. */
export interface RulesInForce {
  readonly ruleSet: RuleSet;
  readonly composites: readonly CheckedComposite[];
  readonly evaluation: EvaluationContext;
  readonly compose: Compose;
}

export interface Knowledge extends RulesInForce {
  readonly reference: Reference;
  readonly playbook: Playbook;
  readonly files: KnowledgeFiles;
  /** Hash of all of it but the cases: rules, composites, thresholds, peers, lists, rates. Results under equal hashes are equal. */
  readonly hash: string;
  /** Event time from which it is in force; `ALWAYS_MS` for always. */
  readonly activeFrom: number;
}

/** The files that make a set; of one in force rules and composites are there without their cases. */
export interface KnowledgeFiles {
  /** Text by path under the rules root, as `catalogue/laundering/AML-01.yaml`. */
  readonly texts: Readonly<Record<string, string>>;
  /** A rate file that stands in for the table among `texts`. */
  readonly rates: { readonly name: string; readonly text: string } | null;
}

export interface KnowledgeOptions {
  /**
   * Folder with `catalogue/`, `composites/`; default the shipped `rules/`. What it holds of `lists/`, `lexicons/`, `thresholds/`
   * and `peers/` stands in for the shipped file of the same name, or beside the shipped ones.
   */
  readonly rulesDir?: string;
  /** A rate file that replaces the shipped sample table. */
  readonly ratesFile?: string;
  /** Rules and composites have their cases; default not: they are most of the text, and engines have no use for them. */
  readonly cases?: boolean;
}

const CATALOGUE = 'catalogue';
const COMPOSITES = 'composites';
const PLAYBOOK = `${COMPOSITES}/playbook.yaml`;
const REFERENCE = ['lists', 'lexicons', 'thresholds', 'peers'] as const;

function refuse(findings: readonly Finding[]): never {
  throw new RastroError('RAS-RULES-REFUSED', {
    count: findings.length,
    findings: findings.map((finding) => findingText(finding)).join('\n'),
  });
}

const shippedDir = () => join(packageRoot(), 'rules');

/** Loads and checks everything. @throws RastroError RAS-RULES-REFUSED with file:line:col of each finding. */
export async function loadKnowledge(options: KnowledgeOptions = {}): Promise<Knowledge> {
  return compileKnowledge(await readKnowledgeFiles(options), {
    shownUnder: options.rulesDir ?? shippedDir(),
    cases: options.cases ?? false,
  });
}

/** Reads every rule file of some folders of a rules folder into `texts`, by path under it. */
async function readInto(
  texts: Map<string, string>,
  rulesDir: string,
  folders: readonly string[],
): Promise<void> {
  for (const folder of folders)
    for (const { path, text } of await loadRuleFolder(join(rulesDir, folder)))
      texts.set(relative(rulesDir, path).split(sep).join('/'), text);
}

/**
 * Reference files by path under the rules root: the shipped ones, and those of a rules folder in their places or beside them.
 * @throws RastroError RAS-RULES-FOLDER
 */
export async function referenceTexts(rulesDir?: string): Promise<Map<string, string>> {
  const texts = new Map(readReferenceFiles());
  if (rulesDir !== undefined)
    await readInto(
      texts,
      rulesDir,
      REFERENCE.filter((name) => existsSync(join(rulesDir, name))),
    );
  return texts;
}

/** Reads the files of a set without looking into them, with all cases. */
export async function readKnowledgeFiles(options: KnowledgeOptions = {}): Promise<KnowledgeFiles> {
  const texts = await referenceTexts(options.rulesDir);
  await readInto(texts, options.rulesDir ?? shippedDir(), [CATALOGUE, COMPOSITES]);
  const rates =
    options.ratesFile === undefined
      ? null
      : { name: basename(options.ratesFile), text: await readFile(options.ratesFile, 'utf8') };
  return { texts: Object.fromEntries([...texts].sort(([a], [b]) => compareUtf8(a, b))), rates };
}

export interface CompileKnowledgeOptions {
  /** Event time from which the set is in force; default always. */
  readonly activeFrom?: number;
  /** Folder under which findings show the files; default their paths under the rules root. */
  readonly shownUnder?: string;
  /** Rules and composites have the cases that stand in the files; default not. */
  readonly cases?: boolean;
}

/** Rules and composites end with their cases; the playbook and reference data have none. */
const hasCases = (path: string) =>
  path.startsWith(`${CATALOGUE}/`) || (path.startsWith(`${COMPOSITES}/`) && path !== PLAYBOOK);

/** What the set is made of: a case shows what a rule means and changes nothing of it. */
function contentOf({ texts, rates }: KnowledgeFiles): KnowledgeFiles {
  const kept = Object.entries(texts).map(([path, text]): [string, string] => [
    path,
    hasCases(path) ? withoutCases(text) : text,
  ]);
  return { texts: Object.fromEntries(kept), rates };
}

export interface CheckedReference {
  readonly reference: Reference;
  /** What is wrong with definitions of peers. */
  readonly findings: readonly Finding[];
}

/** Reference data of a set's texts; what is wrong is said of its file under `shownUnder`. @throws RastroError RAS-RULES-REFERENCE-INVALID */
export function referenceOf(
  texts: ReadonlyMap<string, string>,
  shownUnder: string,
  rates?: KnowledgeFiles['rates'],
): CheckedReference {
  const isReference = (path: string) => REFERENCE.some((folder) => path.startsWith(`${folder}/`));
  try {
    const reference = loadReference(
      new Map([...texts].filter(([path]) => isReference(path))),
      rates ?? undefined,
    );
    const findings = [...reference.peers.definitions].flatMap(([name, definition]) => {
      const path = `peers/${name}.yaml`;
      return checkPeers(definition, { path: join(shownUnder, path), text: texts.get(path) ?? '' });
    });
    return { reference, findings };
  } catch (error) {
    if (!RastroError.is(error)) throw error;
    const file = String(error.params['file']);
    if (error.code !== 'RAS-RULES-REFERENCE-INVALID' || !isReference(file)) throw error;
    throw new RastroError(error.code, { ...error.params, file: join(shownUnder, file) }, { cause: error });
  }
}

/** Compiles and checks the files of a set. @throws RastroError RAS-RULES-REFUSED with file:line:col of each finding. */
export function compileKnowledge(read: KnowledgeFiles, options: CompileKnowledgeOptions = {}): Knowledge {
  const { shownUnder = '', activeFrom = ALWAYS_MS, cases = false } = options;
  const files = contentOf(read);
  const sources = (folder: string): RuleSource[] =>
    Object.entries((cases ? read : files).texts)
      .filter(([path]) => path.startsWith(`${folder}/`))
      .map(([path, text]) => ({ path: join(shownUnder, path), text }));

  const texts = new Map(Object.entries(files.texts));
  const { reference, findings } = referenceOf(texts, shownUnder, files.rates);
  if (findings.length > 0) refuse(findings);

  const ruleSources = sources(CATALOGUE);
  if (ruleSources.length === 0)
    throw new RastroError('RAS-RULES-NONE', { folder: join(shownUnder, CATALOGUE) });
  const thresholdIds = new Set(reference.thresholds.ids);
  const compiled = compileRules(ruleSources, {
    thresholdIds,
    peers: reference.peers.definitions,
    activeFrom,
    cases: cases ? 'read' : 'left',
  });
  if (!compiled.ok) refuse(compiled.findings);
  const { ruleSet } = compiled;

  const playbookPath = join(shownUnder, PLAYBOOK);
  const playbookText = files.texts[PLAYBOOK];
  if (playbookText === undefined) throw new RastroError('RAS-RULES-PLAYBOOK-NONE', { path: playbookPath });
  const playbook = compilePlaybook({ path: playbookPath, text: playbookText });
  if (!playbook.ok) refuse(playbook.findings);
  const compositeSources = sources(COMPOSITES).filter(({ path }) => path !== playbookPath);
  const checked = compileComposites(compositeSources, ruleSet, playbook.value, cases ? 'read' : 'left');
  if (!checked.ok) refuse(checked.findings);

  const evaluation: EvaluationContext = {
    thresholdAt: (id, timeMs) => reference.thresholds.at(id, timeMs)?.minor ?? null,
    thresholdRange: (id) => reference.thresholds.range(id),
    peerAt: (table, quantileMilli, group, timeMs) => reference.peers.at(table, quantileMilli, group, timeMs),
    isBusinessDay: reference.holidays.isBusinessDay,
  };
  const { value: composites } = checked;
  return {
    ruleSet,
    composites,
    reference,
    playbook: playbook.value,
    evaluation,
    compose: composeWith(ruleSet, composites, evaluation, () => playbook.value),
    files,
    hash: contentHash(files),
    activeFrom,
  };
}

/** How the engine composes a person under these rules. */
export function composeWith(
  ruleSet: RuleSet,
  composites: readonly CheckedComposite[],
  evaluation: EvaluationContext,
  playbookAt: (timeMs: number) => Playbook,
): Compose {
  return (subject, signals, lookups, nearReadings) =>
    composeSubject(subject, signals, ruleSet, composites, {
      evaluation,
      playbookAt,
      // What stands is written; earlier versions were written when they stood.
      lastVersionsOnly: true,
      nearReadings,
      ...lookups,
    });
}
