/** What one rule set has otherwise than another, by name. */
import { compositeContent } from '../../pipelines/compose/index.ts';
import { catalogueOf } from '../../rules/compiler/index.ts';
import { compareUtf8 } from '../../schemas/order.ts';
import type { Knowledge } from './knowledge.ts';

export interface NamedChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface SetDifference {
  readonly rules: NamedChanges;
  readonly composites: NamedChanges;
  /** Lists, lexicons, thresholds, peers, the playbook and a rate file, by path. */
  readonly files: NamedChanges;
}

function changesBetween(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): NamedChanges {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compareUtf8);
  return {
    added: names.filter((name) => !before.has(name)),
    changed: names.filter(
      (name) => before.has(name) && after.has(name) && before.get(name) !== after.get(name),
    ),
    removed: names.filter((name) => !after.has(name)),
  };
}

function contentsOf(knowledge: Knowledge | undefined) {
  const { texts, rates } = knowledge?.files ?? { texts: {}, rates: null };
  const files = Object.entries(texts).filter(([path]) => !/^(catalogue|composites)\//.test(path));
  const playbook = texts['composites/playbook.yaml'];
  return {
    rules: new Map(
      (knowledge === undefined ? [] : catalogueOf(knowledge.ruleSet)).map((rule) => [
        rule.id,
        rule.contentHash,
      ]),
    ),
    composites: new Map(knowledge?.composites.map((one) => [one.file.id, compositeContent(one)])),
    files: new Map([
      ...files,
      ...(playbook === undefined ? [] : [['composites/playbook.yaml', playbook] as const]),
      ...(rates === null ? [] : [[`rates: ${rates.name}`, rates.text] as const]),
    ]),
  };
}

/** `before` is undefined where no set was in force. */
export function differenceOf(before: Knowledge | undefined, after: Knowledge): SetDifference {
  const [old, now] = [contentsOf(before), contentsOf(after)];
  return {
    rules: changesBetween(old.rules, now.rules),
    composites: changesBetween(old.composites, now.composites),
    files: changesBetween(old.files, now.files),
  };
}
