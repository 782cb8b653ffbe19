/** What the command says and returns when it is called rightly, wrongly, or into a pipe. No store is opened here. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CLI, rastro } from '../support/cli.ts';
import { ROOT } from '../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FIXTURES = join(ROOT, 'test/fixtures/feeds');
const ESCAPE = '\u001b';

describe('exit codes', () => {
  test.each([
    { args: ['--help'], code: 0, says: 'Usage: rastro' },
    { args: ['run', '--help'], code: 0, says: 'Examples:' },
    { args: ['--version'], code: 0, says: '.' },
    { args: ['nosuch'], code: 2, says: "unknown command 'nosuch'" },
    { args: ['run'], code: 2, says: "missing required argument 'file'" },
    { args: ['rules', 'list', '--bogus'], code: 2, says: "unknown option '--bogus'" },
    { args: ['run', 'no-such-file.csv'], code: 2, says: 'RAS-FEED-FILE-NOT-FOUND' },
    { args: ['feed', 'check', 'no-*.csv'], code: 2, says: 'RAS-FEED-FILE-NOT-FOUND' },
    { args: ['feed', 'check', 'x.csv', '--mapping', 'nosuch'], code: 2, says: 'RAS-FEED-MAPPING-NOT-FOUND' },
    { args: ['alerts', 'list', '--limit', '0'], code: 2, says: 'RAS-CLI-BAD-OPTION' },
    { args: ['unmask', 'par_x', '--reason', 'short'], code: 2, says: 'RAS-CLI-BAD-OPTION' },
    { args: ['alerts', 'list', '--config', 'nosuch.yaml'], code: 2, says: 'RAS-CONFIG-FILE-MISSING' },
    { args: ['signals', 'list', '--config', 'nosuch.yaml'], code: 2, says: 'RAS-CONFIG-FILE-MISSING' },
    { args: ['worker', '--config', 'nosuch.yaml'], code: 2, says: 'RAS-CONFIG-FILE-MISSING' },
    { args: ['rejects', 'replay', '--timeout', 'x'], code: 2, says: 'RAS-CLI-BAD-OPTION' },
    { args: ['rejects', 'list', '--record', 'transactions/0/1'], code: 2, says: 'Expected: with --log' },
    { args: ['rejects', 'list', '--log', '--submission', 'x'], code: 2, says: 'Expected: without --log' },
    { args: ['rules', 'activate', 'nosuch', '--from', '2026-01-01'], code: 2, says: 'RAS-RULES-FOLDER' },
    { args: ['rules', 'status'], code: 2, says: 'RAS-CONFIG-SECTION-MISSING' },
    { args: ['tail', 'nosuch'], code: 2, says: 'RAS-CLI-BAD-OPTION' },
    { args: ['unmask', 'par_x'], code: 2, says: "required option '--reason <text>'" },
    { args: ['schema', 'nosuch'], code: 2, says: 'RAS-CLI-UNKNOWN-NAME' },
    { args: ['rules', 'show', 'NO-99'], code: 2, says: 'RAS-CLI-UNKNOWN-NAME' },
    { args: ['rules', 'explain', 'NO-99', '--plan'], code: 2, says: 'RAS-CLI-UNKNOWN-NAME' },
  ])('$args -> $code', async ({ args, code, says }) => {
    const result = await rastro([...args, '--data-dir', join(folder, 'none')]);
    expect(result.code, result.err).toBe(code);
    expect(result.out + result.err).toContain(says);
    if (code !== 0) expect(result.out).toBe('');
  });

  test('with --json an error is one object on standard error, and its hint is there', async () => {
    const { code, out, err } = await rastro(['run', 'no-such-file.csv', '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'RAS-FEED-FILE-NOT-FOUND', hint: expect.any(String) },
    });
  });
});

describe('without a store', () => {
  test('schema prints a JSON Schema of every contract that it lists', async () => {
    const { out } = await rastro(['schema', '--json']);
    const names = Object.keys(JSON.parse(out) as object);
    expect(names.length).toBeGreaterThan(3);
    const one = await rastro(['schema', 'transaction']);
    expect(one.code).toBe(0);
    expect(JSON.parse(one.out)).toHaveProperty('$schema');
  });

  test('rules list counts what ships, rules test runs its cases', async () => {
    const { rules } = JSON.parse((await rastro(['rules', 'list', '--json'])).out) as { rules: unknown[] };
    expect(rules.length).toBeGreaterThanOrEqual(13);
    const tested = await rastro(['rules', 'test']);
    expect(tested.code, tested.out + tested.err).toBe(0);
  });

  test('rules explain --plan prints trigger, gate and cost, also as JSON, and nothing to gate of a rule over signals', async () => {
    const text = await rastro(['rules', 'explain', 'SEX-07', '--plan']);
    expect(text.code, text.err).toBe(0);
    expect(text.out).toMatch(/trigger .*kind == "transfer"/);
    expect(text.out).toMatch(/gate .*#payers\[30d\] >= 15/);
    expect(text.out).toContain('an estimate');
    const { plans } = JSON.parse((await rastro(['rules', 'explain', 'AML-01', '--plan', '--json'])).out) as {
      plans: { subject: string; isGated: boolean }[];
    };
    expect(plans.map(({ subject }) => subject).sort()).toEqual(['beneficiary', 'conductor', 'onBehalfOf']);
    const none = JSON.parse((await rastro(['rules', 'explain', 'SEX-09', '--plan', '--json'])).out) as object;
    expect(none).toMatchObject({ plans: [] });
  });
});

describe('feed check', () => {
  test('0 without rejects, 1 with one, and the counts add up', async () => {
    const good = await rastro(['feed', 'check', join(FIXTURES, 'canonical.csv'), '--json']);
    expect(good.code, good.err).toBe(0);
    expect(JSON.parse(good.out)).toMatchObject({ read: 3, accepted: 3, rejected: 0, duplicates: 0 });

    const line =
      '{"institution":"b","id":"1","kind":"transfer","rail":"spei","channel":"mobile","instrument":"account","occurredAt":"2026-03-02T21:14:05-06:00","settled":{"amount":"850.00","ccy":"MXN"}}';
    const bad = await rastro(['feed', 'check', '-', '--json'], { input: `${line}\n${line}\n{"id":3}\n` });
    expect(bad.code).toBe(1);
    const report = JSON.parse(bad.out) as { rejects: { line: number; code: string }[] };
    expect(report).toMatchObject({ read: 3, accepted: 1, rejected: 1, duplicates: 1 });
    expect(report.rejects[0]).toMatchObject({ line: 3, code: expect.stringMatching(/^RAS-FEED-/) });
  });

  test.each(['amlsim.csv', 'spei-statement.csv', 'interac-export.csv'])(
    'what feed map proposes for %s is a mapping that feed check accepts',
    async (file) => {
      const path = join(FIXTURES, file);
      const proposal = await rastro(['feed', 'map', path, '--id', 'proposed']);
      expect(proposal.code, proposal.err).toBe(0);
      const mapping = join(folder, `${file}.yaml`);
      writeFileSync(mapping, proposal.out);
      const checked = await rastro([
        'feed',
        'check',
        path,
        '--mapping',
        mapping,
        '--institution',
        'bank-1',
        '--json',
      ]);
      // Questions may be open, so rows may be rejected; the mapping itself must be one.
      expect(checked.err).not.toContain('RAS-FEED-MAPPING-INVALID');
      const { read, accepted, rejected, duplicates } = JSON.parse(checked.out) as Record<string, number>;
      expect(read).toBeGreaterThan(0);
      expect(accepted! + rejected! + duplicates!).toBe(read);
    },
  );
});

describe('into a pipe', () => {
  test('no escape codes without a terminal; FORCE_COLOR asks for them, NO_COLOR forbids them', async () => {
    const args = ['feed', 'check', join(FIXTURES, 'canonical.csv')];
    const plain = await rastro(args);
    expect(plain.out + plain.err).not.toContain(ESCAPE);
    expect((await rastro(args, { env: { FORCE_COLOR: '1' } })).out).toContain(ESCAPE);
    const forbidden = await rastro(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(forbidden.out).not.toContain(ESCAPE);
    expect(forbidden.out).toBe(plain.out);
  });

  test('a reader that goes away early is no failure', async () => {
    const child = spawn('sh', ['-c', '"$0" "$1" schema | head -c 10; true', process.execPath, CLI], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdout.resume();
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});
