/**
 * Where a rule file's cases begin. They are most of its text and none of its meaning, so that engines read only what stands
 * before them: the line `cases:` is the file's last key, which `compileRule` checks whenever it reads cases.
 */

const CASES = /^cases:/m;

/** The text before its line `cases:`, all of it where there is none: lines and columns of what is left stay. */
export function withoutCases(text: string): string {
  return text.slice(0, CASES.exec(text)?.index ?? text.length);
}
