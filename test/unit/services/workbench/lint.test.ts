/** A folder of rules and composites, read for all that is wrong with it. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../../schemas/package-root.ts';
import { lintCatalogue } from '../../../../services/workbench/lint.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'lint-'));

function copied(path: string, edit: (text: string) => string): string {
  const folder = newFolder();
  cpSync(join(packageRoot(), 'rules'), folder, { recursive: true, filter: (from) => !from.endsWith('.ts') });
  const file = join(folder, path);
  const text = readFileSync(file, 'utf8');
  const changed = edit(text);
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  return folder;
}

test('composites are read where the rules compile, and not where they do not', async () => {
  const wrong = (text: string) => text.replace(/mediumMilli: \d+/, 'mediumMilli: 99000');
  const folder = copied('composites/K-SMUG.yaml', wrong);
  const composites = (await lintCatalogue(folder)).findings.filter(({ path }) => path.includes('composites'));
  expect(composites.map(({ check }) => check)).toEqual(['RAS-COMPOSITE-LEVELS']);
  const rule = join(folder, 'catalogue/smuggling/SMU-01-border-convergence.yaml');
  writeFileSync(rule, readFileSync(rule, 'utf8').replace('weight:', 'wieght:'));
  const { findings: found } = await lintCatalogue(folder);
  expect(found.map(({ check }) => check)).toContain('RAS-RULES-SHAPE');
  expect(found.filter(({ path }) => path.includes('composites'))).toEqual([]);
});

test('cases of a composite are read: enough of a live one, of the kind that they say, each by its own name', async () => {
  const found = async (edit: (text: string) => string, path = 'composites/K-SMUG.yaml') => {
    const { findings } = await lintCatalogue(copied(path, edit));
    return findings.map(({ check, line, col, message }) => [check, line, col, message]);
  };
  const head = readFileSync(join(packageRoot(), 'rules/composites/K-SMUG.yaml'), 'utf8').split(
    '\ncases:',
  )[0]!;
  const line = head.split('\n').length + 1;
  const one = (name: string, kind: string, fires: boolean, signals: string) =>
    `  - {name: ${name}, kind: ${kind}, fires: ${fires}, signals: ${signals}}`;
  const cases = [
    one('a', 'fires', false, '[SMU-02]'),
    one('a', 'benign_twin', true, '[SMU-01, AML-01]'),
    one('b', 'boundary', true, '[SMU-01, AML-01]'),
  ];
  expect(await found(() => `${head}\ncases:\n${cases.join('\n')}\n`)).toEqual([
    ['composite-cases', line, 1, 'No case of kind silent.'],
    ['composite-cases', line + 1, 21, '`a` is of kind fires and says fires: false.'],
    ['composite-cases', line + 2, 12, 'Two cases are called `a`.'],
    ['composite-cases', line + 2, 21, '`a` is of kind benign_twin and says fires: true.'],
  ]);
  expect(await found((text) => text.split('\ncases:')[0]!)).toHaveLength(3);
  // One that waits may have none; a name that is not there is refused wherever it stands.
  expect(await found((text) => text.split('\ncases:')[0]!, 'composites/K-COMPLICIT.yaml')).toEqual([]);
  expect(await found((text) => `${text}${one('z', 'silent', false, '[XXX-01]')}\n`)).toEqual([
    ['RAS-COMPOSITE-UNKNOWN-RULE', expect.any(Number), 53, 'There is no rule XXX-01.'],
  ]);
});

test('no rule is no answer', async () => {
  await expect(lintCatalogue(newFolder())).rejects.toMatchObject({ code: 'RAS-RULES-FOLDER' });
});
