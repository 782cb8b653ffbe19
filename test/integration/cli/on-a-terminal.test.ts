/** What asks, and what is drawn, on a real terminal. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { rastro } from '../../support/cli.ts';
import { HAS_PSEUDO_TERMINAL, onTerminal } from '../../support/pseudo-terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENTER = '\r';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const TITLE = 'What is seen, in one line';

describe.skipIf(!HAS_PSEUDO_TERMINAL)('`rules new` on a terminal', () => {
  const asked = (args: readonly string[], typed: Parameters<typeof onTerminal>[1]) =>
    onTerminal(['rules', 'new', ...args], typed, { cwd: folder });

  test('asks for what is not given, again after a wrong answer, and what it writes works', async () => {
    const { code, shown } = await asked(
      ['LAB-21', '--out', 'asked'],
      [
        [TITLE, `Wages paid to one foreman${ENTER}`],
        ['Legal form [labour_exploitation]', `labor_exploitation${ENTER}`],
        ['Is it labour_exploitation?', ''],
        ['Legal form [labour_exploitation]', ENTER],
        ['Evidence family [FLW]', `COL${ENTER}`],
        ['Whose history', `hodler${ENTER}`],
        ['Is it holder?', ''],
        ['Whose history', `holder${ENTER}`],
      ],
    );
    expect(code, shown).toBe(0);
    const path = 'asked/catalogue/labour-exploitation/LAB-21-wages-paid-to-one-foreman.yaml';
    expect(shown.replaceAll('\n  ', ' ')).toContain(`${path}: works as it stands`);
    const text = readFileSync(join(folder, path), 'utf8');
    for (const line of ["  en: 'Wages paid to one foreman'", 'family: COL', 'subject: holder'])
      expect(text.split('\n')).toContain(line);
    // Nothing that it says is wider than the terminal; a path and what was typed may be.
    const said = shown.split('\n').filter((line) => !line.includes(']: ') && !line.includes(path));
    expect(said.filter((line) => line.length > 80)).toEqual([]);
    expect(await rastro(['rules', 'test', '--rules', 'asked'], { cwd: folder })).toMatchObject({ code: 0 });
  });

  test.each([
    ['Ctrl-C at the first question', [[TITLE, CTRL_C]]],
    [
      'Ctrl-D at the second one',
      [
        [TITLE, ENTER],
        ['Legal form [', CTRL_D],
      ],
    ],
    [
      'Ctrl-C in the middle of the last answer',
      [
        [TITLE, ENTER],
        ['Legal form [', ENTER],
        ['family [', ENTER],
        ['Whose', `hol${CTRL_C}`],
      ],
    ],
  ] as const)('%s writes nothing and says so', async (_what, typed) => {
    const { code, shown } = await asked(['LAB-22', '--out', 'stopped'], typed);
    expect(code, shown).toBe(1);
    expect(shown).toContain('Nothing was written.');
    expect(shown).not.toContain('RAS-');
    expect(existsSync(join(folder, 'stopped'))).toBe(false);
  });

  test('asks nothing where the id is there already, or the form is given', async () => {
    const given = ['LAB-23', '--form', 'labour_exploitation', '--out', 'given'];
    const first = await asked(given, []);
    expect(first.code, first.shown).toBe(0);
    expect(first.shown).not.toContain(TITLE);
    const before = readdirSync(join(folder, 'given'), { recursive: true });
    const again = await asked(['LAB-23', '--out', 'given'], []);
    expect(again.code).toBe(2);
    expect(again.shown).toContain('RAS-RULES-EXISTS');
    expect(again.shown).not.toContain(TITLE);
    expect(readdirSync(join(folder, 'given'), { recursive: true })).toEqual(before);
  });

  test('tables fit into eighty columns; watching ends with Ctrl-C and without an error', async () => {
    const listed = await onTerminal(['rules', 'list', '--form', 'labour_exploitation'], [], { cwd: folder });
    expect(listed.code).toBe(0);
    expect(listed.shown).toContain('LAB-03');
    expect(listed.shown.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const watched = await onTerminal(
      ['rules', 'test', '--rules', 'given', '--watch'],
      [['end with Ctrl-C', CTRL_C]],
      { cwd: folder },
    );
    expect(watched.code, watched.shown).toBe(0);
    expect(watched.shown).toContain('hold, in');
  });
});

test('a folder that is not there is not watched: it is refused', async () => {
  const found = await rastro(['rules', 'test', '--watch', '--rules', 'nowhere'], { cwd: folder });
  expect(found.code).toBe(2);
  expect(found.err).toContain('RAS-RULES-FOLDER');
});

test('without a terminal nobody is asked: what is missing is named, and nothing is written', async () => {
  const found = await rastro(['rules', 'new', 'LAB-24', '--out', 'unasked'], {
    cwd: folder,
    input: '\n\n\n\n',
  });
  expect(found.code).toBe(2);
  expect(found.out).toBe('');
  expect(found.err).toContain('RAS-CLI-OPTION-MISSING');
  expect(found.err).toContain('--form');
  expect(existsSync(join(folder, 'unasked'))).toBe(false);
});
