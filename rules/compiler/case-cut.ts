/**
 * Where the cases of a rule or composite begin. They are most of its text and none of its meaning, so that engines read only what stands
 * before them: the line `cases:` is the file's last key, which the compilers check whenever they read cases.
 */
import type { YamlSource } from './source.ts';

const CASES = /^cases:/m;

/** The text before its line `cases:`, all of it where there is none: lines and columns of what is left stay. */
export function withoutCases(text: string): string {
  return text.slice(0, CASES.exec(text)?.index ?? text.length);
}

/** There is a line `cases:`, and it is not where YAML finds the last key of the file. */
export function isCutWrong(yaml: YamlSource, text: string): boolean {
  const before = withoutCases(text);
  if (before.length === text.length) return false;
  return yaml.lastKey() !== 'cases' || before.split('\n').length !== yaml.keyPosition(['cases']).line;
}
