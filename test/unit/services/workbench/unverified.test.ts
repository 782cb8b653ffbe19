/** What is marked unverified in reference files is found, wherever it stands in them. */
import { expect, test } from 'vitest';
import { unverifiedOf } from '../../../../services/workbench/unverified.ts';
import { readKnowledgeFiles } from '../../../../services/workspace/knowledge.ts';

const rates = 'kind: rates\nofficial: false\n';
const texts = {
  'catalogue/x.yaml': 'verified: false',
  'lists/a.yaml':
    'verified: false\nzones: {MX: {ccy: MXN, wages: [{from: 2020-01-01, daily: "80", verified: false}, {from: 2021-01-01, verified: true}]}}',
  'thresholds/b.yaml':
    'jurisdiction: MX\nunits: {UMA: [{from: 2020-02-01, daily: "86.88", verified: false}]}\nthresholds: [{id: b.one, unit: UMA, periods: [{from: 2020-01-01, value: "5", status: in_force, verified: false}, {from: 2027-01-01, value: "4", status: proposed, verified: false}, {from: 2001-01-01, value: null, status: in_force, verified: false}]}]',
  'lists/rates.yaml': rates,
};

test('by file and place, with what it states, in its unit, and whether any rule reads it', () => {
  const bare = { from: null, value: null, unit: null, isUsed: true };
  const wage = { where: 'zones.MX.wages', from: '2020-01-01', value: '80', unit: 'MXN a day', isUsed: true };
  const period = { file: 'thresholds/b.yaml', where: 'thresholds.b.one.periods', isUsed: true };
  expect(unverifiedOf({ files: { texts, rates: null } })).toEqual([
    { file: 'lists/a.yaml', where: '', ...bare },
    { file: 'lists/a.yaml', ...wage },
    { ...period, where: 'units.UMA', from: '2020-02-01', value: '86.88', unit: 'MXN a day' },
    { ...period, from: '2020-01-01', value: '5', unit: 'UMA' },
    { ...period, from: '2027-01-01', value: '4', unit: 'UMA', isUsed: false },
    { ...period, from: '2001-01-01', value: null, unit: null },
    { file: 'lists/rates.yaml', where: '', ...bare },
  ]);
});

test('an official rate file stands in for the sample', () => {
  const own = { name: 'own.yaml', text: 'kind: rates\nofficial: true\n' };
  expect(unverifiedOf({ files: { texts, rates: own } }).map(({ file }) => file)).not.toContain(
    'lists/rates.yaml',
  );
});

test('every mark of the shipped files is listed', async () => {
  const files = await readKnowledgeFiles();
  const marks = Object.entries(files.texts)
    .filter(([path]) => !/^(catalogue|composites)\//.test(path))
    .map(([, text]) => text.replace(/#.*$/gm, '').match(/(verified|official): false/g)?.length ?? 0)
    .reduce((sum, n) => sum + n, 0);
  expect(unverifiedOf({ files }).length).toBe(marks);
});
