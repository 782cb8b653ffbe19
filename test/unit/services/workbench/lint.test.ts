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
  const composites = (await lintCatalogue(folder)).filter(({ path }) => path.includes('composites'));
  expect(composites.map(({ check }) => check)).toEqual(['RAS-COMPOSITE-LEVELS']);
  const rule = join(folder, 'catalogue/smuggling/SMU-01-border-convergence.yaml');
  writeFileSync(rule, readFileSync(rule, 'utf8').replace('weight:', 'wieght:'));
  const found = await lintCatalogue(folder);
  expect(found.map(({ check }) => check)).toContain('RAS-RULES-SHAPE');
  expect(found.filter(({ path }) => path.includes('composites'))).toEqual([]);
});

test('no rule is no answer', async () => {
  await expect(lintCatalogue(newFolder())).rejects.toMatchObject({ code: 'RAS-RULES-FOLDER' });
});
