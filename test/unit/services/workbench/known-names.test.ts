/** Names to choose from where a name is none. */
import { expect, test } from 'vitest';
import { knownNames, nearestNames } from '../../../../services/workbench/known-names.ts';

test('the nearest are those of fewest slips, whatever their case', () => {
  const names = ['LAB-01', 'LAB-10', 'LAB-12', 'SEX-12', 'min_payers'];
  expect(nearestNames('lab-12', names)).toEqual(['LAB-12']);
  expect(nearestNames('LAB-12x', names)).toEqual(['LAB-12']);
  expect(nearestNames('LAB-11', names)).toEqual(['LAB-01', 'LAB-10', 'LAB-12']);
  expect(nearestNames('min_payrs', names)).toEqual(['min_payers']);
  expect(nearestNames('nothing', names)).toEqual([]);
});

test('they stand first; of many only those are shown that begin alike', () => {
  expect(knownNames('c', ['aaa', 'bbb', 'ccc'])).toBe('ccc, aaa, bbb');
  const many = Array.from(
    { length: 40 },
    (_, i) => `${i < 20 ? 'LAB' : 'SEX'}-${String(i).padStart(2, '0')}`,
  );
  const shown = knownNames('SEX-300', many);
  expect(shown.startsWith('SEX-30, ')).toBe(true);
  expect(shown).toContain('(40 in all: `rastro rules list`)');
  expect(shown).not.toContain('LAB');
  expect(knownNames('zzzzzzz', many)).toContain('LAB-00');
});
