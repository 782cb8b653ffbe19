/** A folder of rules and composites, read for all that is wrong with it. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../../schemas/package-root.ts';
import { lintCatalogue } from '../../../../services/workbench/lint.ts';
import { oneRule } from '../../../../services/workbench/one-rule.ts';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';

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

const SHIPPED = join(packageRoot(), 'rules');
const shipped = (path: string) => readFileSync(join(SHIPPED, path), 'utf8');

describe('reference data of a folder', () => {
  const RULE = 'catalogue/sexual-exploitation/SEX-14-cash-front.yaml';
  const OWN = 'peers/own_cash.yaml';
  const definition = shipped('peers/cash_share.yaml').replace('name: cash_share', 'name: own_cash');

  /** One rule that compares with peers, the playbook, and files of the folder's own. */
  function folderOf(files: Readonly<Record<string, string>>, bar = 'peer: own_cash'): string {
    const folder = newFolder();
    const all = {
      [RULE]: shipped(RULE).replace('peer: cash_share', bar),
      'composites/playbook.yaml': shipped('composites/playbook.yaml'),
      ...files,
    };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }
  /** What lint finds, and that whatever else reads the folder refuses it for the same reason or takes it as well. */
  async function found(folder: string): Promise<unknown[]> {
    const { findings, everywhere } = await lintCatalogue(folder);
    const both = [...everywhere, ...findings];
    const loaded = await loadKnowledge({ rulesDir: folder, cases: true }).then(
      () => [],
      (error: { readonly code: string; readonly message: string }) => [error],
    );
    expect(loaded.length).toBe(Math.min(both.length, 1));
    for (const { message } of loaded) expect(message).toContain(both[0]!.check);
    return both.map(({ check, path, line, col, message }) => [
      check,
      path.slice(folder.length + 1),
      line,
      col,
      message,
    ]);
  }
  const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

  test('peers: its own are read, and what a rule compares with is one of them, a quantile of it, in its unit', async () => {
    const whole = folderOf({ [OWN]: definition });
    expect(await found(whole)).toEqual([]);
    // One file of it, as `rules diff` takes it, is judged by the same.
    expect((await oneRule(join(whole, RULE))).reference.peers.definitions.has('own_cash')).toBe(true);
    const line = lineOf(shipped(RULE), 'peer: cash_share');
    const names = 'cash_on_stays, cash_share, own_cash, payroll_share';
    const cases: readonly [string, string, string][] = [
      [
        'peer: nobody',
        'RAS-RULES-DANGLING',
        `\`nobody\` does not name a definition of peers (${names}) of this set.`,
      ],
      [
        'quantile: 940',
        'RAS-RULES-DANGLING',
        '`940` does not name a quantile of own_cash (500, 900, 950, 990) of this set.',
      ],
      ['unit: count', 'RAS-RULES-TYPE', 'Expected share, found count.'],
    ];
    for (const [wrong, check, message] of cases) {
      const folder = folderOf({ [OWN]: definition });
      const text = readFileSync(join(folder, RULE), 'utf8').split('\n');
      text[line - 1] = text[line - 1]!.replace(new RegExp(`${wrong.split(':')[0]}: \\w+`), wrong);
      writeFileSync(join(folder, RULE), text.join('\n'));
      expect((await found(folder))[0]).toEqual([check, RULE, line, expect.any(Number), message]);
    }
  });

  test('peers: a definition is checked as rules are, at its own lines', async () => {
    const wrong = definition.replace('measure: cashShare', 'measure: nothing');
    expect(await found(folderOf({ [OWN]: wrong }))).toEqual([
      ['RAS-RULES-NAME', OWN, lineOf(wrong, 'measure: nothing'), 10, '`nothing` is not known here.'],
    ]);
  });

  const broken: Readonly<Record<string, [string, string, RegExp]>> = {
    'an unknown unit': [
      OWN,
      definition.replace('unit: share', 'unit: part'),
      /own_cash\.yaml is not valid: unit/,
    ],
    'a definition under another name': [
      'peers/mine.yaml',
      definition,
      /it belongs into peers\/own_cash\.yaml/,
    ],
    'a table of no definition': [
      'peers/usual.2026-03-01.yaml',
      JSON.stringify({
        kind: 'peer_table',
        name: 'usual',
        day: '2026-03-01',
        version: '1.0.0',
        definition: '0'.repeat(64),
        accounts: 0,
        groupsTooSmall: 0,
        quantiles: [500],
        groups: [],
        sha256: '0'.repeat(64),
      }),
      /there is no definition of this name/,
    ],
    'a second list of holidays': [
      'lists/mine.yaml',
      shipped('lists/holidays.yaml'),
      /the only file of kind holidays is lists\/holidays\.yaml/,
    ],
    'a threshold that is there already': [
      'thresholds/mine.yaml',
      shipped('thresholds/us.yaml'),
      /us\.\w+ is there twice/,
    ],
    'a lexicon that is no YAML': ['lexicons/en.yaml', 'kind: [', /lexicons\/en\.yaml:1:\d+ is not valid/],
  };
  test.each(Object.entries(broken))('%s is refused, with its file', async (_what, [path, text, message]) => {
    const files = { [OWN]: definition, [path]: text };
    if (path === 'peers/mine.yaml') delete (files as Record<string, string>)[OWN];
    const [finding] = (await found(folderOf(files))) as [unknown[]];
    expect(finding[0]).toBe('RAS-RULES-REFERENCE-INVALID');
    expect(finding[4]).toMatch(message);
  });

  test('lists, lexicons and thresholds of its own stand in for the shipped ones', async () => {
    const files = {
      [OWN]: definition,
      'lists/wages.yaml': shipped('lists/wages.yaml').replace(/^version: .*$/m, 'version: 2030-01-01'),
      'lexicons/en.yaml': shipped('lexicons/en.yaml').replace(/^version: .*$/m, 'version: 2030-01-01'),
      'thresholds/us.yaml': shipped('thresholds/us.yaml').replace('us.ctr_cash', 'us.own_threshold'),
    };
    const folder = folderOf(files);
    expect(await found(folder)).toEqual([]);
    const [own, usual] = [await loadKnowledge({ rulesDir: folder }), await loadKnowledge()];
    for (const version of ['listVersion', 'lexiconVersion'] as const)
      expect(own.reference[version]).not.toBe(usual.reference[version]);
    expect(own.reference.thresholds.ids).toContain('us.own_threshold');
    expect(own.reference.thresholds.ids).not.toContain('us.ctr_cash');
  });

  test('a file that would be overlooked and a playbook that is not there are said', async () => {
    const overlooked = folderOf({ [OWN]: definition, 'thresholds/mine.yml': shipped('thresholds/us.yaml') });
    const refusal = { code: 'RAS-RULES-FOLDER', params: { detail: expect.stringContaining('mine.yml') } };
    await expect(lintCatalogue(overlooked)).rejects.toMatchObject(refusal);
    await expect(loadKnowledge({ rulesDir: overlooked })).rejects.toMatchObject(refusal);
    const bookless = folderOf({ [OWN]: definition });
    rmSync(join(bookless, 'composites/playbook.yaml'));
    expect(await found(bookless)).toEqual([
      ['RAS-RULES-PLAYBOOK-NONE', 'composites/playbook.yaml', 1, 1, expect.stringContaining('playbook')],
    ]);
  });
});
