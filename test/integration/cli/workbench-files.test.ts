/** Lock and packs by command, as a rule author calls them. */
import { generateKeyPairSync } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rastro } from '../../support/cli.ts';
import { ROOT } from '../../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder of rules of somebody's own: two of the shipped files and the playbook. */
const rules = join(folder, 'rules');
const RULE = 'catalogue/servitude/DEB-01-recruitment-fee-fan-in.yaml';
const VISIBLE = [RULE, 'composites/K-DEBT.yaml', 'composites/playbook.yaml'];
cpSync(join(ROOT, 'rules'), rules, { recursive: true });
rmSync(join(rules, 'rules.lock.json'), { force: true });

test('a lock is written once, holds a change up, and lets it pass under a new version', async () => {
  const lock = (...more: string[]) => rastro(['rules', 'lock', '--rules', rules, ...more]);
  expect(await lock('--check')).toMatchObject({ code: 1, out: expect.stringContaining('there is no lock') });
  expect(await lock()).toMatchObject({ code: 0, out: expect.stringContaining('holds now') });
  expect(await lock('--check')).toMatchObject({ code: 0 });

  const path = join(rules, RULE);
  const text = readFileSync(path, 'utf8');
  for (const file of VISIBLE) expect(readFileSync(join(rules, 'rules.lock.json'), 'utf8')).toContain(file);
  writeFileSync(path, text.replace('value: 25,', 'value: 26,'));
  const refused = await lock('--json');
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.out)).toMatchObject({
    written: false,
    findings: [{ code: 'RAS-RULES-LOCK-VERSION', params: { file: RULE } }],
  });
  writeFileSync(path, text.replace('value: 25,', 'value: 26,').replace(/^version: .*$/m, 'version: 9.0.1'));
  expect(await lock()).toMatchObject({ code: 0 });

  writeFileSync(join(rules, 'rules.lock.json'), '{"format": 2}');
  expect(await lock()).toMatchObject({ code: 1, err: expect.stringContaining('RAS-RULES-LOCK-INVALID') });
  rmSync(join(rules, 'rules.lock.json'));
});

test('a pack comes out of its file as it went in, and a changed one does not', async () => {
  const [key, pub, pack, out] = ['key.pem', 'key.pub', 'pack.json', 'out'].map((name) => join(folder, name));
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(key!, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(pub!, publicKey.export({ type: 'spki', format: 'pem' }));
  const make = [
    'rules',
    'pack',
    '--rules',
    rules,
    '--name',
    'north',
    '--pack-version',
    '1.0.0',
    '--key',
    key!,
  ];
  expect(await rastro([...make, '--out', pack!])).toMatchObject({ code: 0 });
  expect(await rastro([...make, '--out', pack!])).toMatchObject({
    code: 2,
    err: expect.stringContaining('RAS-RULES-EXISTS'),
  });
  const unpack = (file: string, signer: string, into: string) =>
    rastro(['rules', 'unpack', file, '--key', signer, '--out', into, '--json']);
  const opened = await unpack(pack!, pub!, out!);
  expect(opened.code, opened.err).toBe(0);
  expect(readFileSync(join(out!, RULE), 'utf8')).toBe(readFileSync(join(rules, RULE), 'utf8'));
  expect(await rastro(['rules', 'lock', '--check', '--rules', out!])).toMatchObject({ code: 0 });

  expect(await unpack(pack!, pack!, `${out}2`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('RAS-RULES-PACK-KEY'),
  });
  appendFileSync(pack!, 'x');
  expect(await unpack(pack!, pub!, `${out}2`)).toMatchObject({
    code: 1,
    err: expect.stringContaining('RAS-RULES-PACK-INVALID'),
  });
});

test('a new rule goes into a new folder and its cases hold; nothing is written over', async () => {
  const out = join(folder, 'own');
  const make = ['rules', 'new', 'LAB-91', '--form', 'labour_exploitation', '--title', 'Wages to one foreman'];
  const made = await rastro([...make, '--out', out, '--json']);
  expect(made.code, made.err).toBe(0);
  expect(JSON.parse(made.out)).toMatchObject({
    rule: join(out, 'catalogue/labour-exploitation/LAB-91-wages-to-one-foreman.yaml'),
    alsoWritten: ['composites/playbook.yaml', 'rule.schema.json', 'composite.schema.json'],
  });
  expect(await rastro(['rules', 'test', '--rules', out])).toMatchObject({ code: 0 });
  expect(await rastro(['rules', 'coverage', '--rules', out, '--least', '100'])).toMatchObject({ code: 0 });
  expect(await rastro([...make, '--name', 'other', '--out', out])).toMatchObject({
    code: 2,
    err: expect.stringContaining('RAS-RULES-EXISTS'),
  });
  // Without a terminal nobody can be asked.
  expect(await rastro(['rules', 'new', 'LAB-92', '--out', out])).toMatchObject({
    code: 2,
    err: expect.stringContaining('labour_exploitation'),
  });
  // What the file system refuses is said, and is no fault of the program.
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  expect(await rastro([...make, '--out', join(file, 'below')])).toMatchObject({
    code: 2,
    err: expect.stringContaining('RAS-CLI-NOT-WRITTEN'),
  });
  expect(await rastro([...make.slice(0, -1), '', '--out', `${out}-untitled`])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--title'),
  });
});

test('wrong calls end with code 2 and say what is asked for, as text and as JSON', async () => {
  const empty = join(folder, 'empty');
  mkdirSync(join(empty, 'catalogue'), { recursive: true });
  const calls: readonly [readonly string[], string][] = [
    [['lint', '--rules', empty], 'RAS-RULES-NONE'],
    [['lint', '--filter', 'no-such'], 'RAS-CLI-UNKNOWN-NAME'],
    [['test', '--rules', empty], 'RAS-RULES-FOLDER'],
    [['test', '--watch'], 'RAS-CLI-BAD-OPTION'],
    [['coverage', '--least', ''], 'RAS-CLI-BAD-OPTION'],
    [['list', '--unverified', '--form', 'servitude'], 'RAS-CLI-BAD-OPTION'],
    [['explain', 'SEX-99'], 'RAS-CLI-UNKNOWN-NAME'],
    [['explain', 'K-LABOUR', '--plan'], 'RAS-CLI-BAD-OPTION'],
    [['new', 'LAB-93'], 'RAS-CLI-OPTION-MISSING'],
    [['new', 'K-OURS', '--form', 'smuggling'], 'RAS-CLI-OPTION-MISSING'],
    [['backtest'], 'RAS-CLI-OPTION-MISSING'],
    [['backtest', 'x.csv', '--from-store'], 'RAS-CLI-BAD-OPTION'],
    [['shadow', '--data-dir', join(folder, 'none')], 'RAS-RULES-NO-HISTORY'],
    [
      ['activate', '--from', '2026-01-01', '--dry-run', '--data-dir', join(folder, 'none')],
      'RAS-RULES-NO-HISTORY',
    ],
    [
      [
        'sweep',
        'DEB-01',
        '--param',
        'min_payers',
        '--from',
        '4',
        '--to',
        '8',
        '--svg',
        join(folder, 'no/x.svg'),
      ],
      'RAS-CLI-NOT-WRITTEN',
    ],
  ];
  for (const [args, code] of calls) {
    const result = await rastro(['rules', ...args, '--json']);
    const { error } = JSON.parse(result.err) as { error: { code: string; hint: string } };
    expect([args.join(' '), result.code, result.out, error.code]).toEqual([args.join(' '), 2, '', code]);
    expect(error.hint.length).toBeGreaterThan(10);
  }
  const near = await rastro(['rules', 'explain', 'SEX-99']);
  expect(near.err).toMatch(/SEX-01, SEX-02.*in all: `rastro rules list`/);
  expect(near.err).not.toContain('LAB-01');
  // Opening what is not there would have made it.
  expect(existsSync(join(folder, 'none'))).toBe(false);
});

test('explain says the steps of a sequence, as text and as JSON', async () => {
  const { out } = await rastro(['rules', 'explain', 'SEX-22']);
  expect(out).toContain('\nfollowed: journey, then sentOffshore, within 90d\n');
  const { features } = JSON.parse((await rastro(['rules', 'explain', 'SEX-22', '--json'])).out) as {
    features: { name: string }[];
  };
  expect(features.find(({ name }) => name === 'followed')).toEqual({
    name: 'followed',
    agg: 'sequence',
    over: '90d',
    steps: ['journey', 'sentOffshore'],
    within: '90d',
  });
});

test('explain says what a composite asks for, in one language, and which of its rules do not count', async () => {
  const { code, out } = await rastro(['rules', 'explain', 'K-RANSOM', '--lang', 'es']);
  expect(code).toBe(0);
  expect(out).toContain('K-RANSOM Envíos urgentes y crecientes a quien reúne de varios\n');
  expect(out).toContain('\n  1.  SMU-09\n      1 of SMU-01, SMU-05\n');
  expect(out).toMatch(/\nSMU-09 +live +FLW +4 +Envíos urgentes/);
  expect(out).toContain('\nwithout a suspect, about the holder to protect: SMU-09 by itself\n');
  expect(out).not.toContain('count for nothing');
  const waiting = await rastro(['rules', 'explain', 'K-COMPLICIT']);
  expect(waiting.out).toContain('\ncount for nothing, for they are not live: AML-04, AML-06, OFF-02\n');
  const both = await rastro(['rules', 'explain', 'K-SEX-VICTIMLEG']);
  expect(both.out).toContain('1 of SEX-01 (companion), SEX-07 (companion)');
  // A leg is no rule that waits.
  expect(both.out).not.toContain('count for nothing');
  const json = JSON.parse((await rastro(['rules', 'explain', 'K-LABOUR', '--json'])).out) as {
    id: string;
    rules: { id: string; status: string }[];
  };
  expect(json.id).toBe('K-LABOUR');
  expect(json.rules.find(({ id }) => id === 'LAB-10')?.status).toBe('experimental');
  const slip = await rastro(['rules', 'explain', 'K-LABOR']);
  expect([slip.code, slip.out]).toEqual([2, '']);
  expect(slip.err).toContain('the nearest first: K-LABOUR,');
});

test('lists and texts fit into 100 columns, and nothing is printed of an empty table', async () => {
  for (const args of [
    ['list'],
    ['list', '--unverified'],
    ['lint', '--list-checks'],
    ['explain', 'SEX-08', '--plan'],
    ['explain', 'K-LABOUR'],
  ]) {
    const { code, out } = await rastro(['rules', ...args]);
    expect([args, code]).toEqual([args, 0]);
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  }
  const unverified = (await rastro(['rules', 'list', '--unverified'])).out;
  expect(unverified).toMatch(/units\.UMA +2020-02-01 +86\.88 +MXN a day\n/);
  expect(unverified).toMatch(/ca\.cash_ban +2025-06-03 +10000 +CAD +unused\n/);
  expect(await rastro(['rules', 'coverage', '--filter', 'DEB-01'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^[\d,]+ of [\d,]+ branches of 1 rule and 0 composites are shown by a case: 100\.0 %\.\n$/,
    ),
  });
  expect((await rastro(['rules', 'lint', '--filter', 'DEB-01'])).out).toBe('Nothing is found in 1 file.\n');
});

test('a new composite over rules of the folder works as it stands; one whose case does not hold says what it lacks', async () => {
  const out = join(folder, 'composed');
  const rule = (id: string, family: string) =>
    rastro(['rules', 'new', id, '--form', 'servitude', '--family', family, '--out', out]);
  for (const [id, family] of [
    ['LAB-93', 'COL'],
    ['LAB-94', 'CSH'],
  ] as const)
    expect(await rule(id, family)).toMatchObject({ code: 0 });
  const make = (of: string) =>
    rastro(['rules', 'new', 'K-OWN', '--form', 'servitude', '--of', of, '--out', out]);
  // Weak rules alone make no alert.
  expect(await make('LAB-93,LAB-94')).toMatchObject({
    code: 1,
    err: expect.stringContaining('RAS-COMPOSITE-WEAK'),
  });
  const strong = join(out, 'catalogue/servitude/LAB-93-payments-from-many-different-people.yaml');
  writeFileSync(
    strong,
    readFileSync(strong, 'utf8')
      .replace('weight: 1\nholder', 'weight: 4\nholder')
      .replace(/^weight: 1$/m, 'weight: 4'),
  );
  expect(await make('LAB-93')).toMatchObject({ code: 2, err: expect.stringContaining('--of') });
  expect(await make('LAB-93,LAB-99')).toMatchObject({ code: 2, err: expect.stringContaining('LAB-94') });
  expect(await make('LAB-93,LAB-94')).toMatchObject({ code: 0 });
  expect(await make('LAB-93,LAB-94')).toMatchObject({
    code: 2,
    err: expect.stringContaining('RAS-RULES-EXISTS'),
  });

  const tested = await rastro(['rules', 'test', '--rules', out]);
  expect(tested.out).toMatch(/(\d+) of \1 cases of 2 rules and 1 composite hold/);
  expect(await rastro(['rules', 'coverage', '--rules', out, '--least', '100'])).toMatchObject({ code: 0 });

  const path = join(out, 'composites/K-OWN.yaml');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('signals: [LAB-93, LAB-94]', 'signals: [LAB-93]'));
  const failed = await rastro(['rules', 'test', '--rules', out, '--filter', 'k-own']);
  expect(failed.code).toBe(1);
  expect(failed.out).toContain('FAIL K-OWN fires: both, fresh and strong (as if live: LAB-93, LAB-94)');
  expect(failed.out).toContain(path);
  expect(failed.out).toContain('requires 1.2: LACKS 1 of LAB-94; has none');
  expect(failed.out).toMatch(/4\.000 {2}LAB-93 COL, own: 4 × 1000 × 1000 × 1000 ‰/);
  const asJson = JSON.parse(
    (await rastro(['rules', 'test', '--rules', out, '--filter', 'k-own', '--json'])).out,
  );
  expect(asJson).toMatchObject({
    failed: 1,
    rules: [],
    composites: [{ composite: 'K-OWN', status: 'waiting' }],
  });
  expect(asJson.composites[0].cases[0]).toMatchObject({
    fired: false,
    outcome: { level: null },
    sight: {
      alternatives: [
        [
          { holds: true, met: ['LAB-93'] },
          { holds: false, met: [] },
        ],
      ],
    },
  });
  writeFileSync(path, text.slice(0, text.indexOf('  - name: the second alone')));
  expect(await rastro(['rules', 'coverage', '--rules', out, '--least', '100'])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/K-OWN +requires 1\.1 +false +1 of LAB-93/),
  });
  writeFileSync(path, text.replace('signals: [LAB-93, LAB-94]', 'signals: [LAB-93, LAB-95]'));
  expect(await rastro(['rules', 'lint', '--rules', out, '--filter', 'K-OWN'])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/K-OWN\.yaml:\d+:23 .*RAS-COMPOSITE-UNKNOWN-RULE/),
  });
});

test('what there is no history of cannot be gone over', async () => {
  expect(
    await rastro(['rules', 'backtest', '--from-store', '--data-dir', join(folder, 'none')]),
  ).toMatchObject({
    code: 2,
    err: expect.stringContaining('RAS-RULES-NO-HISTORY'),
  });
  expect(
    await rastro([
      'rules',
      'sweep',
      'DEB-01',
      '--param',
      'nosuch',
      '--from',
      '1',
      '--to',
      '2',
      '--on',
      'x.csv',
    ]),
  ).toMatchObject({ code: 2, err: expect.stringContaining('min_payers (8)') });
  expect(await rastro(['rules', 'backtest'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--from-store'),
  });
});

test('a case that does not hold shows what the rule saw; one that nobody wrote is missed; no rule is a failure', async () => {
  const out = join(folder, 'own');
  const path = join(out, 'catalogue/labour-exploitation/LAB-91-wages-to-one-foreman.yaml');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('min_seen: {value: 8', 'min_seen: {value: 7'));
  const failed = await rastro(['rules', 'test', '--rules', out]);
  expect(failed.code).toBe(1);
  expect(failed.out).toContain('FAIL LAB-91 silent: one fewer');
  expect(failed.out).toMatch(/seen +7, asked >= 7/);
  expect(failed.out).toContain(path);
  const asJson = await rastro(['rules', 'test', '--rules', out, '--json']);
  expect(asJson.code).toBe(1);
  expect(JSON.parse(asJson.out)).toMatchObject({ failed: 1, rules: [{ rule: 'LAB-91' }] });
  // Without the charity's case nobody asks what keeps the rule from firing.
  writeFileSync(path, text.slice(0, text.indexOf('  - name: a registered charity')));
  const missed = await rastro(['rules', 'coverage', '--rules', out, '--least', '100', '--json']);
  expect(missed.code).toBe(1);
  expect(JSON.parse(missed.out)).toMatchObject({
    ok: false,
    rules: [{ rule: 'LAB-91', missing: expect.arrayContaining([expect.objectContaining({ never: true })]) }],
  });
  for (const command of ['test', 'coverage'])
    expect(await rastro(['rules', command, '--rules', out, '--filter', 'SEX'])).toMatchObject({ code: 2 });
});
