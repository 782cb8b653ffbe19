/** `rastro rules new K-NAME --of RULE,RULE`: a composite over rules of the folder that works as it stands. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileComposites } from '../../../pipelines/compose/index.ts';
import { type CheckedRule, catalogueOf, findingText } from '../../../rules/compiler/index.ts';
import { FORMS } from '../../../schemas/enumerations.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { compositeTemplate, pointsOf } from '../../workbench/composite-template.ts';
import { knownNames } from '../../workbench/known-names.ts';
import { loadKnowledge } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { oneOf } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { writtenTo } from '../written.ts';

/** What of the options a composite has a use for. */
interface CompositeOptions {
  readonly form?: string;
  readonly title?: string;
  readonly of?: string;
  readonly out: string;
}

/** Rules that a template names. */
const RULES_MAX = 16;

export const COMPOSITE_ID = /^K-[A-Z]+(-[A-Z]+)*$/;

function rulesNamed(text: string, rules: ReadonlyMap<string, CheckedRule>) {
  const ids = [...new Set(text.split(',').map((each) => each.trim()))];
  const found = ids.map((id) => {
    const rule = rules.get(id);
    if (rule !== undefined && pointsOf(rule) > 0) return rule;
    const known = [...rules.values()].filter((each) => pointsOf(each) > 0).map((each) => each.id);
    throw new RastroError('RAS-CLI-UNKNOWN-NAME', { what: 'rule', name: id, known: knownNames(id, known) });
  });
  const [first, second, ...others] = found;
  if (first === undefined || second === undefined || found.length > RULES_MAX)
    throw new RastroError('RAS-CLI-BAD-OPTION', { option: '--of', value: text, expected: 'LAB-21,LAB-22' });
  return [first, second, ...others] as const;
}

export async function newComposite(
  id: string,
  options: CompositeOptions,
  terminal: Terminal,
): Promise<number> {
  const missing = (option: string, expected: string) =>
    new RastroError('RAS-CLI-OPTION-MISSING', { option, expected });
  if (options.form === undefined) throw missing('--form', FORMS.join(' | '));
  if (options.of === undefined) throw missing('--of', 'rules of the folder, as LAB-21,LAB-22');
  const form = oneOf('--form', options.form, FORMS);
  const target = join(options.out, 'composites', `${id}.yaml`);
  if (existsSync(target)) throw new RastroError('RAS-RULES-EXISTS', { path: target });
  const { ruleSet, playbook } = await loadKnowledge({ rulesDir: options.out });
  const rules = rulesNamed(options.of, new Map(catalogueOf(ruleSet).map((rule) => [rule.id, rule])));
  const title = options.title ?? 'Several indicators on one person';
  const year = new Date().getUTCFullYear();
  const text = compositeTemplate({ id, title, form, rules, schema: '../composite.schema.json', year });
  // Rules of one family, or weak ones alone, make no alert: nothing is written then.
  const checked = compileComposites([{ path: target, text }], ruleSet, playbook);
  if (!checked.ok) {
    const findings = checked.findings.map((finding) => findingText(finding)).join('\n');
    throw new RastroError('RAS-RULES-REFUSED', { count: checked.findings.length, findings });
  }
  await writtenTo(target, () => writeFile(target, text, { flag: 'wx' }));
  if (terminal.json) terminal.printJson({ composite: target, id, form, rules: rules.map((rule) => rule.id) });
  else
    terminal.print(
      `${terminal.paint.bold(target)}: works as it stands; change what is marked CHANGE.\n\n  rastro rules test --rules ${options.out} --filter ${id}`,
    );
  return EXIT.FINE;
}
