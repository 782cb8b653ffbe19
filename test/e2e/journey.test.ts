/**
 * From files to an explained alert by the command alone: run, list, show, unmask, serve. And nowhere but in the vault a
 * name, an account number or a line of the feed.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { startEmbedded } from '../../services/embedded/start.ts';
import { openStore } from '../../services/store/client.ts';
import { CLI, type CliResult, rastro } from '../support/cli.ts';
import { ndjson, smallParties, smallRows, writeSmallRules } from '../support/small-world.ts';

const ESCAPE = '\u001b';
/** A name, an account and a text that no other fixture has: whatever shows one of them leaked it. */
const MARKERS = ['Zurriaga', '650180009999', 'quimbombo'] as const;

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
const rules = writeSmallRules(join(folder, 'rules'));
const dataDir = join(folder, 'data');
const outputs: CliResult[] = [];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command on this suite's data folder; what it prints is kept for the search at the end. */
async function run(args: readonly string[], input?: string): Promise<CliResult> {
  const result = await rastro([...args, '--data-dir', dataDir], input === undefined ? {} : { input });
  outputs.push(result);
  return result;
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const rows = smallRows(31, 240, 60);
const third = Math.ceil(rows.length / 3);

/** Rows that are wrong in every way that could tempt an error message to quote them. */
const HOSTILE = [
  ...MARKERS.map((marker) => `{"institution":"bank-a","id":"${marker}`),
  `${MARKERS[0]} is not JSON`,
  ...['kind', 'rail', 'occurredAt', 'status', 'valueDate'].map((field) =>
    JSON.stringify({ ...rows[0], id: `bad-${field}`, [field]: `${MARKERS[0]} ${MARKERS[2]}` }),
  ),
  JSON.stringify({ ...rows[0], id: 'bad-amount', settled: { amount: MARKERS[2], ccy: 'MXN' } }),
  JSON.stringify({ ...rows[0], id: 'bad-ccy', settled: { amount: '1', ccy: MARKERS[0] } }),
  JSON.stringify({
    ...rows[0],
    id: 'bad-scheme',
    debtor: { account: { scheme: MARKERS[0], token: MARKERS[1] } },
  }),
].join('\n');

/** A good row that names somebody: the identity belongs into the vault. */
const NAMED = {
  ...rows[0],
  id: 'named',
  debtor: {
    account: { scheme: 'none', token: MARKERS[1], bank: 'bank-a' },
    holders: [{ ref: `ref-${MARKERS[1]}`, refScheme: 'customer' }],
    name: `Ana ${MARKERS[0]}`,
  },
  purposeText: `para ${MARKERS[2]}`,
};

const doctor = await run(['doctor']);
const isSkipped = doctor.out.includes('RAS-STORE-ENGINE-MISSING') && process.env['CI'] !== 'true';
if (isSkipped) console.warn('Skipped: the embedded engine does not load here.');

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}

describe.skipIf(isSkipped)('from files to an alert', () => {
  test('a fresh folder is fine for the doctor, and its tables are up to date', async () => {
    expect(doctor.code, doctor.out).toBe(0);
    expect((await run(['db', 'migrate'])).out).toContain('up to date');
    const status = await run(['db', 'status', '--json']);
    expect(status.code).toBe(0);
    expect((JSON.parse(status.out) as { applied: boolean }[]).every(({ applied }) => applied)).toBe(true);
  });

  test('a glob of plain and compressed files, and parties', async () => {
    file('feed-1.ndjson', ndjson(rows.slice(0, third)));
    file('feed-2.ndjson.gz', gzipSync(ndjson(rows.slice(third, 2 * third))));
    const parties = file('parties.ndjson', ndjson(smallParties()));
    file('bad-parties.ndjson', `${ndjson(smallParties())}{"institution":"bank-a"}\n`);
    const { code, out, err } = await run([
      'run',
      join(folder, 'feed-*'),
      '--rules',
      rules,
      '--parties',
      parties,
      '--json',
    ]);
    expect(code, err).toBe(0);
    expect(err).toBe('');
    const result = JSON.parse(out) as Record<string, number>;
    expect(result).toMatchObject({ read: 2 * third, rejected: 0 });
    expect(must(result['accepted']) + must(result['duplicates'])).toBe(2 * third);
    for (const name of ['signals', 'alerts', 'seconds']) expect(result[name], name).toBeGreaterThan(0);
  });

  test('a party file again: nothing new, and a rejected line of it is exit code 1', async () => {
    const oneRow = file('one-row.ndjson', ndjson(rows.slice(0, 1)));
    const args = ['run', oneRow, '--rules', rules, '--parties', join(folder, 'bad-parties.ndjson'), '--json'];
    const { code, out } = await run(args);
    expect(code).toBe(1);
    const duplicates = smallParties().length;
    const parties = { read: duplicates + 1, accepted: 0, rejected: 1, duplicates };
    expect(JSON.parse(out)).toMatchObject({
      parties,
      read: 1,
      rejected: 0,
      duplicates: 1,
      written: { signals: 0 },
    });
  });

  test('standard input; then the same again changes nothing and says so', async () => {
    const last = ndjson([...rows.slice(2 * third), NAMED]);
    const first = await run(['run', '-', '--rules', rules], last);
    expect(first.code, first.err).toBe(0);
    expect(first.out).toMatch(/read = .* accepted/);
    const again = await run(['run', '-', '--rules', rules], last);
    expect(again.out).toContain('nothing changed');
    expect(again.out).toContain(' 0 accepted');
    expect(again.out + again.err).not.toContain(ESCAPE);
    expect(readdirSync(join(dataDir, 'incoming'))).toEqual([]);
  });

  test('rejected rows: exit code 1, each with line, code and reason', async () => {
    const bad = await run(['run', file('bad.ndjson', HOSTILE), '--rules', rules, '--json']);
    expect(bad.code).toBe(1);
    const { read, rejected, rejects } = JSON.parse(bad.out) as {
      read: number;
      rejected: number;
      rejects: { line: number; code: string; message: string }[];
    };
    expect(read).toBe(HOSTILE.split('\n').length);
    expect(rejected).toBe(read);
    for (const reject of rejects)
      expect(reject).toMatchObject({ line: expect.any(Number), code: expect.stringMatching(/^RAS-FEED-/) });
    await run(['run', join(folder, 'bad.ndjson'), '--rules', rules]);
    await run(['feed', 'check', join(folder, 'bad.ndjson')]);
  });

  test('alerts and signals as lists and in full, in three languages', async () => {
    const list = JSON.parse((await run(['alerts', 'list', '--json'])).out) as Record<string, unknown>[];
    expect(list.length).toBeGreaterThan(0);
    for (const item of list)
      for (const name of ['id', 'version', 'typology', 'level', 'score', 'subject', 'roles', 'transactions'])
        expect(item, name).toHaveProperty(name);
    const id = String(must(list[0])['id']);
    const texts = [];
    for (const lang of ['en', 'es', 'fr']) {
      const shown = await run(['alerts', 'show', id, '--lang', lang]);
      expect(shown.code, shown.err).toBe(0);
      texts.push(shown.out);
    }
    expect(new Set(texts).size).toBe(3);
    expect((await run(['alerts', 'list'])).out).toContain(id);
    const signals = JSON.parse((await run(['signals', 'list', '--json'])).out) as { id: string }[];
    const one = await run(['signals', 'show', must(signals[0]).id]);
    expect(one.out).toContain('evidence');
    const none = await run(['alerts', 'show', 'alt_nosuch']);
    expect(none).toMatchObject({ code: 1, out: '' });
  });
});

interface LogRow {
  readonly pseudonym: string;
  readonly granted: number;
  readonly reason: string;
}

async function withOwnStore<T>(
  work: (query: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<T>,
): Promise<T> {
  const embedded = await startEmbedded({ dataDir });
  const store = openStore({ url: embedded.url, key: embedded.key });
  try {
    return await work((sql) => store.queryRows(sql));
  } finally {
    await store.close();
    await embedded.stop();
  }
}

describe.skipIf(isSkipped)('identities', () => {
  test('unmask shows a name after it has logged the request, and logs the request that finds nothing', async () => {
    const [named] = await withOwnStore((query) =>
      query("SELECT debtor_account AS account FROM transactions_effective WHERE id = 'named'"),
    );
    const account = String(must(named)['account']);
    const reason = 'request 12/2026 of the prosecutor';
    const shown = await rastro(['unmask', account, '--reason', reason, '--data-dir', dataDir]);
    expect(shown.code, shown.err).toBe(0);
    expect(shown.out).toContain(MARKERS[1]);
    const missing = await run(['unmask', 'acc_00000000000000000000000000', '--reason', reason]);
    expect(missing).toMatchObject({ code: 1, out: '' });
    const refused = await run(['unmask', account, '--reason', '   too few']);
    expect(refused).toMatchObject({ code: 2, out: '' });
    const log = await withOwnStore((query) => query('SELECT * FROM vault_access_log ORDER BY at'));
    expect(log as unknown as LogRow[]).toMatchObject([
      { pseudonym: account, granted: 1, reason },
      { granted: 0, reason },
    ]);
  });

  test('no output and no table but the vault holds a raw value of the feed', async () => {
    for (const { out, err } of outputs)
      for (const marker of MARKERS) expect(`${out}${err}`).not.toContain(marker);
    const found = await withOwnStore(async (query) => {
      const tables = await query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
      );
      const leaks: string[] = [];
      for (const { name } of tables) {
        if (name === 'vault_access_log') continue;
        const dump = JSON.stringify(await query(`SELECT * FROM ${String(name)}`));
        for (const marker of MARKERS) if (dump.includes(marker)) leaks.push(`${marker} in ${String(name)}`);
      }
      return { leaks, tables: tables.length };
    });
    expect(found.tables).toBeGreaterThan(8);
    expect(found.leaks).toEqual([]);
    // The log is on disk too.
    for (const segment of readdirSync(join(dataDir, 'log'))) {
      const bytes = readFileSync(join(dataDir, 'log', segment));
      for (const marker of MARKERS) expect(bytes.includes(marker), `${marker} in ${segment}`).toBe(false);
    }
  });
});

describe.skipIf(isSkipped)('db serve', () => {
  test('answers over HTTP on a free port until it is interrupted', async () => {
    const copy = join(folder, 'served');
    cpSync(dataDir, copy, { recursive: true });
    const server = spawn(
      process.execPath,
      [CLI, 'db', 'serve', '--port', '0', '--json', '--data-dir', copy],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = new Promise<number | null>((resolve) => server.on('close', resolve));
    let out = '';
    const url = await new Promise<string>((resolve, reject) => {
      server.on('close', () => reject(new Error(out)));
      server.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
        if (out.trimEnd().endsWith('}')) resolve((JSON.parse(out) as { url: string }).url);
      });
    });
    const ask = (sql: string) => fetch(`${url}/?query=${encodeURIComponent(sql)}`);
    expect(await (await ask('SELECT 1')).text()).toBe('1\n');
    expect(Number(await (await ask('SELECT count() FROM alerts_standing')).text())).toBeGreaterThan(0);
    expect((await ask('SELECT * FROM vault')).status).toBeGreaterThanOrEqual(400);
    server.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
