/**
 * The catalogue and the generator of test data must not know each other: a rule that finds what was built to be found
 * proves nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from './catalogue.ts';

const ROOT = join(import.meta.dirname, '../../../..');

function sourcesUnder(folder: string): { path: string; text: string }[] {
  const path = join(ROOT, folder);
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: file, text: readFileSync(file, 'utf8') };
    });
}

const importsOf = (text: string) => [...text.matchAll(/from\s+'([^']+)'/g)].map(([, target]) => target ?? '');

/** Powers of ten and round calendar units are everybody's; so are counts up to the days of a month. */
const COMMON = new Set([
  36, 40, 45, 48, 50, 60, 72, 75, 80, 90, 100, 120, 150, 180, 200, 240, 250, 270, 300, 360, 365, 400, 500,
  600, 700, 750, 800, 900, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000, 10000, 20000, 40000, 50000, 100000,
]);
const isDistinctive = (value: number) => Number.isFinite(value) && Math.abs(value) > 31 && !COMMON.has(value);

describe('catalogue and generator', () => {
  it('the generator imports nothing of the rules', () => {
    const found = sourcesUnder('pipelines/simulate');
    expect(found.length).toBeGreaterThan(0);
    for (const { path, text } of found)
      for (const target of importsOf(text)) expect(target, path).not.toMatch(/(^|\/)rules\//);
  });

  it('the rules import nothing of the generator', () => {
    for (const { path, text } of sourcesUnder('rules'))
      for (const target of importsOf(text)) expect(target, path).not.toMatch(/simulate/);
  });

  it('share no distinctive number', async () => {
    const { rules } = await loadCatalogue();
    const catalogue = new Set<number>();
    for (const { file } of rules)
      for (const param of Object.values(file.params))
        if ('value' in param && typeof param.value === 'number' && isDistinctive(param.value))
          catalogue.add(param.value);
    expect(catalogue.size).toBeGreaterThan(0);
    const parameters = sourcesUnder('pipelines/simulate').filter(({ path }) =>
      path.endsWith('parameters.ts'),
    );
    expect(parameters.length).toBe(3);
    const code = parameters.map(({ text }) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')).join('\n');
    const numbers = [...code.matchAll(/(?<![\w.])\d[\d_]*(?:\.\d+)?/g)].map(([text]) =>
      Number(text.replaceAll('_', '')),
    );
    expect(numbers.filter((value) => catalogue.has(value))).toEqual([]);
  });
});
