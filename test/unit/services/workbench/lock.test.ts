/** The lock of a rules folder: what may change under a version, and what the shipped one holds. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  compareVersions,
  LOCK_FILE,
  lockFindings,
  lockOf,
  lockText,
  readLock,
} from '../../../../services/workbench/lock.ts';
import {
  compileKnowledge,
  type Knowledge,
  loadKnowledge,
  readKnowledgeFiles,
} from '../../../../services/workspace/knowledge.ts';
import { ROOT, readText } from '../../../support/project.ts';

const SHIPPED = join(ROOT, 'rules');
const files = await readKnowledgeFiles();
const knowledge = await loadKnowledge();
const lock = lockOf(knowledge, SHIPPED);

/** The shipped rules with one file's text changed. */
function changed(path: string, change: (text: string) => string): Knowledge {
  const before = files.texts[path] as string;
  const after = change(before);
  expect(after).not.toBe(before);
  return compileKnowledge({ ...files, texts: { ...files.texts, [path]: after } }, { shownUnder: SHIPPED });
}
const findingsOf = (path: string, change: (text: string) => string) =>
  lockFindings(lock, lockOf(changed(path, change), SHIPPED)).map(({ code, params }) => [
    code,
    params['name'],
  ]);

const DEBT = 'catalogue/servitude/DEB-01-recruitment-fee-fan-in.yaml';

describe('the shipped lock', () => {
  test('is what `rastro rules lock` writes: run it after a rule was added or changed', () => {
    expect(readText(`rules/${LOCK_FILE}`)).toBe(lockText(lock));
  });

  test('is read as it is written', async () => {
    expect(existsSync(join(SHIPPED, LOCK_FILE))).toBe(true);
    expect(await readLock(SHIPPED)).toEqual(lock);
  });
});

describe('a change', () => {
  test('every file of the catalogue is held', () => {
    const held = [lock.rules, lock.composites, lock.reference].flatMap(Object.values).map(({ file }) => file);
    expect(held.sort()).toEqual(Object.keys(files.texts).sort());
  });

  test('of a rule without a new version is refused, whatever of it changed', () => {
    expect(findingsOf(DEBT, (text) => text.replace('value: 25,', 'value: 26,'))).toEqual([
      ['RAS-RULES-LOCK-VERSION', 'DEB-01'],
    ]);
    expect(findingsOf(DEBT, (text) => text.replace('Near-equal fees', 'Equal fees'))).toEqual([
      ['RAS-RULES-LOCK-VERSION', 'DEB-01'],
    ]);
  });

  test('of a composite and of a list, too', () => {
    const composite = files.texts['composites/K-DEBT.yaml'] as string;
    const halfLife = /halfLifeDays: (\d+)/.exec(composite)?.[1] ?? '30';
    const change = (text: string) =>
      text.includes('halfLifeDays')
        ? text.replace(`halfLifeDays: ${halfLife}`, 'halfLifeDays: 77')
        : text.replace('\nlevels:', '\nhalfLifeDays: 77\nlevels:');
    expect(findingsOf('composites/K-DEBT.yaml', change)).toEqual([['RAS-RULES-LOCK-VERSION', 'K-DEBT']]);
    expect(findingsOf('lists/vasps.yaml', (text) => text.replace('vasp-example-mx', 'vasp-other'))).toEqual([
      ['RAS-RULES-LOCK-VERSION', 'lists/vasps.yaml'],
    ]);
  });

  test('of a comment, or of a case, is none', () => {
    expect(findingsOf(DEBT, (text) => `# another comment\n${text}`)).toEqual([]);
    expect(findingsOf(DEBT, (text) => text.replace('twelve families', 'a dozen families'))).toEqual([]);
    expect(findingsOf('lists/vasps.yaml', (text) => `# another comment\n${text}`)).toEqual([]);
    const path = 'composites/K-DEBT.yaml';
    expect(findingsOf(path, (text) => text.slice(0, text.indexOf('\ncases:') + 1))).toEqual([]);
    const other = (text: string) => text.replace('- name: fees alone', '- name: another name');
    expect(findingsOf(path, other)).toEqual([]);
    // Neither is it a change of the set that a log records.
    expect(changed(path, other).hash).toBe(knowledge.hash);
  });

  test('under a new version leaves the lock behind; under an older one it is refused', () => {
    const version = (to: string) => (text: string) => text.replace(/^version: .*$/m, `version: ${to}`);
    expect(findingsOf(DEBT, version('9.0.0'))).toEqual([['RAS-RULES-LOCK-STALE', 'DEB-01']]);
    expect(findingsOf(DEBT, version('0.9.9'))).toEqual([['RAS-RULES-LOCK-OLDER', 'DEB-01']]);
  });

  test('a rule that is new, gone or elsewhere leaves the lock behind', () => {
    const { 'DEB-01': debt, ...others } = lock.rules;
    const without = { ...lock, rules: others };
    const moved = { ...lock, rules: { ...lock.rules, 'DEB-01': { ...debt!, file: 'catalogue/x.yaml' } } };
    for (const [locked, now, detail] of [
      [without, lock, 'it is new'],
      [lock, without, 'it is gone'],
      [moved, lock, 'it was catalogue/x.yaml'],
    ] as const)
      expect(lockFindings(locked, now)).toEqual([
        { code: 'RAS-RULES-LOCK-STALE', params: expect.objectContaining({ name: 'DEB-01', detail }) },
      ]);
  });
});

test('versions are compared number by number', () => {
  expect(compareVersions('1.10.0', '1.9.0')).toBe(1);
  expect(compareVersions('2026-09-30', '2026-11-21')).toBe(-1);
  expect(compareVersions('1.0', '1.0.0')).toBe(0);
});
