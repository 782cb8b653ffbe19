/** What is marked unverified in reference files is found, wherever it stands in them. */
import { expect, test } from 'vitest';
import { unverifiedOf } from '../../../../services/workbench/unverified.ts';
import { readKnowledgeFiles } from '../../../../services/workspace/knowledge.ts';

const rates = 'kind: rates\nofficial: false\n';
const texts = {
  'catalogue/x.yaml': 'verified: false',
  'lists/a.yaml':
    'verified: false\nzones: {MX: {wages: [{from: 2020-01-01, daily: "80", verified: false}, {from: 2021-01-01, verified: true}]}}',
  'thresholds/b.yaml':
    'thresholds: [{id: b.one, periods: [{from: 2020-01-01, value: "5", verified: false}]}]',
  'lists/rates.yaml': rates,
};

test('by file and place, with what it states', () => {
  expect(unverifiedOf({ files: { texts, rates: null } })).toEqual([
    { file: 'lists/a.yaml', where: '', from: null, value: null },
    { file: 'lists/a.yaml', where: 'zones.MX.wages', from: '2020-01-01', value: '80' },
    { file: 'thresholds/b.yaml', where: 'thresholds.b.one.periods', from: '2020-01-01', value: '5' },
    { file: 'lists/rates.yaml', where: '', from: null, value: null },
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
