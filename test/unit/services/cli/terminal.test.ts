/** Tables and texts on a terminal: aligned, within its width, nothing where there is nothing. */
import { expect, test } from 'vitest';
import { counted, openTerminal, paragraph, tableText, wrapped } from '../../../../services/cli/terminal.ts';

const out = { write: () => true } as unknown as NodeJS.WritableStream;
const terminal = openTerminal({ json: false }, { out, err: out }, { NO_COLOR: '1' });

const columns = [
  { title: 'id', value: (row: { id: string; text: string }) => row.id },
  { title: 'n', value: () => '7', align: 'right' as const },
  { title: 'text', value: (row: { id: string; text: string }) => row.text, wraps: true },
];

test('an empty list is nothing, not a heading', () => {
  expect(tableText([], columns, terminal)).toBe('');
});

test('the column that wraps leaves the others their room', () => {
  const text = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
  const lines = tableText(
    [
      { id: 'A-01', text },
      { id: 'B-02', text: 'short' },
    ],
    columns,
    terminal,
  ).split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines[0]).toBe('id    n  text');
  expect(lines[1]).toMatch(/^A-01 {2}7 {2}word0 word1 /);
  expect(lines[2]).toMatch(/^ {9}word\d+/);
  expect(lines.at(-1)).toBe('B-02  7  short');
  expect(lines.join(' ').match(/word\d+/g)).toHaveLength(40);
});

test('words are kept whole, one that is longer than the line has a line of its own', () => {
  expect(wrapped('a bb ccc dddddddd e', 5)).toEqual(['a bb', 'ccc', 'dddddddd', 'e']);
  expect(wrapped('', 5)).toEqual(['']);
  const lines = paragraph('one two '.repeat(40).trim(), terminal).split('\n');
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines[1]).toMatch(/^ {2}\S/);
});

test('one of something is no plural', () => {
  expect([counted(1, 'rule'), counted(0, 'rule'), counted(2_000, 'entry', 'entries')]).toEqual([
    '1 rule',
    '0 rules',
    '2,000 entries',
  ]);
});

test('a heading that makes a table too wide stands in lines', () => {
  const narrow = { ...terminal, width: 24 };
  const rates = [
    { title: 'rule', value: () => 'SEX-01' },
    { title: 'per 1,000 accounts', value: () => '1.25', align: 'right' as const },
    { title: 'a day', value: () => '<0.01', align: 'right' as const },
  ];
  expect(tableText([1], rates, narrow).split('\n')).toEqual([
    'rule         per  a day',
    '           1,000',
    '        accounts',
    'SEX-01      1.25  <0.01',
  ]);
  expect(tableText([1], rates, terminal).split('\n')).toHaveLength(2);
});

test('a terminal that says it has no columns has as many as none', () => {
  const streams = { out: Object.assign(Object.create(out), { columns: 0 }), err: out };
  expect(openTerminal({ json: false }, streams, {}).width).toBe(100);
});
