/** A part of a rule set that stands by itself: some rules with what they read, some composites with their rules. */
import { requiredRules } from '../../pipelines/compose/index.ts';
import { catalogueOf } from '../../rules/compiler/index.ts';
import type { CompositeFile } from '../../schemas/composite.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';
import { knownNames } from './known-names.ts';

/** Rules that a composite names. */
function rulesOf(file: CompositeFile): string[] {
  return [
    ...requiredRules(file),
    ...file.supports,
    ...(file.lifeSafety?.rules ?? []),
    ...file.benign.map(({ rule }) => rule),
  ];
}

/** @throws RastroError RAS-CLI-UNKNOWN-NAME on an id of neither a rule nor a composite */
export function onlyOf(knowledge: Knowledge, ids: readonly string[], shownUnder: string): Knowledge {
  const rules = new Map(catalogueOf(knowledge.ruleSet).map((rule) => [rule.id, rule]));
  const composites = new Map(knowledge.composites.map((one) => [one.file.id, one]));
  const wanted = new Set<string>();
  const want = (id: string) => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const named of rules.get(id)?.rulesNamed ?? []) want(named);
  };
  for (const id of ids) {
    const composite = composites.get(id);
    if (composite === undefined && !rules.has(id)) {
      const known = knownNames(id, [...rules.keys(), ...composites.keys()]);
      throw new RastroError('RAS-CLI-UNKNOWN-NAME', { what: 'rule or composite', name: id, known });
    }
    want(id);
    for (const rule of composite === undefined ? [] : rulesOf(composite.file)) want(rule);
  }
  const kept = new Set([
    ...[...rules.values()].filter(({ id }) => wanted.has(id)).map(({ path }) => path),
    ...[...composites.values()].filter(({ file }) => wanted.has(file.id)).map(({ path }) => path),
  ]);
  const isKept = (path: string) =>
    !/^(catalogue|composites)\//.test(path) ||
    path === 'composites/playbook.yaml' ||
    [...kept].some((full) => full.endsWith(path));
  const texts = Object.fromEntries(Object.entries(knowledge.files.texts).filter(([path]) => isKept(path)));
  return compileKnowledge({ ...knowledge.files, texts }, { shownUnder });
}
