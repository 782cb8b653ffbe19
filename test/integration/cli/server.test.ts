/** Alerts and signals of a server, as an analyst reads them: in a pipe, as JSON, with wrong arguments, before anything is there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../../../services/store/client.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { type CliResult, rastro } from '../../support/cli.ts';
import { startSuite } from '../embedded/harness.ts';

const suite = await startSuite();
const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await suite?.cleanUp();
});

const ESCAPE = '\u001b';
const ALERT = 'alt_one';
const SIGNAL = 'sig_one';

describe.skipIf(suite === undefined)('a server', () => {
  const { server } = suite!;
  const configAt = (name: string, clickhouse: object) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ clickhouse }));
    return file;
  };
  const withDatabase = (database: string) =>
    configAt(database, { url: server.url, database, passwordFile: join(folder, 'password') });
  const on = (file: string, ...args: string[]): Promise<CliResult> => rastro([...args, '--config', file]);
  const errorOf = ({ err }: CliResult) =>
    (JSON.parse(err) as { error: { code: string; hint: string; params: Record<string, unknown> } }).error;

  const stores: Store[] = [];
  const migrated = async (database: string) => {
    const store = openStore({ url: server.url, key: server.key, database });
    stores.push(store);
    await migrate(store);
    return store;
  };

  beforeAll(async () => {
    writeFileSync(join(folder, 'password'), server.key, { mode: 0o600 });
    const store = openStore({ url: server.url, key: server.key });
    await store.command('CREATE DATABASE bare');
    await store.command('CREATE DATABASE filled');
    await store.close();
  });
  afterAll(() => Promise.all(stores.map((store) => store.close())));

  test('without its tables: which is missing and what makes them, then nothing stands', async () => {
    const file = withDatabase('bare');
    const before = await on(file, 'alerts', 'list', '--json');
    expect(before).toMatchObject({ code: 1, out: '' });
    expect(errorOf(before)).toMatchObject({
      code: 'RAS-STORE-TABLE-MISSING',
      params: { table: expect.stringMatching(/^(bare\.)?alerts_queue$/) },
      hint: expect.stringContaining('rastro db migrate'),
    });
    await migrated('bare');
    const [alerts, signals] = await Promise.all([
      on(file, 'alerts', 'list'),
      on(file, 'signals', 'list', '--rule', 'SEX-08'),
    ]);
    expect(alerts).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^No alert stands\. /) });
    expect(signals).toEqual({ code: 0, err: '', out: 'No signal stands that is asked for.\n' });
  });

  test('what stands: bare text in a pipe, one JSON value on demand, one error for what is not there', async () => {
    const file = withDatabase('filled');
    const store = await migrated('filled');
    const at = '2026-03-02T12:00:00Z';
    const ms = Date.parse(at);
    const alert = {
      ...{ id: ALERT, version: 1, typology: 'K-SMUG', level: 'high', scoreMilli: 8_500, subject: 'hld_x' },
      ...{ eventTime: ms, lifeSafety: { flag: false }, roles: [], transactions: [], scoreParts: [] },
    };
    const signal = {
      ...{ id: SIGNAL, version: 1, rule: 'SEX-08', ruleVersion: '1.0.0', observedOn: 'account:acc_x' },
      ...{ openedAt: ms, eventTime: ms, strengthMilli: 630, family: 'FLW', weight: 3, holderRole: 'unknown' },
      ...{ features: [], attributions: [], benign: [] },
      evidence: { transactions: [{ institution: 'bank-a', id: 't1', version: 1 }], count: 1, hash: 'h' },
    };
    const shared = { revision: 1, version: 1, status: 'standing' };
    await store.insertRows('alerts', [
      {
        ...{ ...shared, id: ALERT, subject: 'hld_x', typology: 'K-SMUG', score_milli: 8_500 },
        ...{ last_event: at, doc: JSON.stringify(alert) },
      },
    ]);
    await store.insertRows('signals', [
      {
        ...{ ...shared, id: SIGNAL, rule: 'SEX-08', observed_on: 'account:acc_x', strength_milli: 630 },
        ...{ event_time: at, evidence_count: 1, doc: JSON.stringify(signal) },
      },
    ]);

    const env = { FORCE_COLOR: '1', NO_COLOR: '1' };
    const [alerts, signals, asJson, shown, nothing] = await Promise.all([
      rastro(['alerts', 'list', '--config', file], { env }),
      on(file, 'signals', 'list'),
      on(file, 'alerts', 'list', '--json'),
      on(file, 'signals', 'show', SIGNAL),
      on(file, 'signals', 'show', 'no-such', '--json'),
    ]);
    for (const [{ code, out, err }, id] of [
      [alerts, ALERT],
      [signals, SIGNAL],
      [shown, 'bank-a t1 v1'],
    ] as const) {
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(id);
      expect(out).not.toContain(ESCAPE);
    }
    expect(JSON.parse(asJson.out)).toMatchObject([{ id: ALERT, score: 8.5 }]);
    expect(nothing).toMatchObject({ code: 1, out: '' });
    expect(errorOf(nothing)).toMatchObject({ code: 'RAS-CLI-NOT-FOUND', params: { id: 'no-such' } });
  });

  test('one that does not answer, and one that does not know the password', async () => {
    writeFileSync(join(folder, 'wrong'), 'not-it', { mode: 0o600 });
    const [away, denied] = await Promise.all([
      on(configAt('away', { url: 'http://127.0.0.1:1' }), 'signals', 'list', '--json'),
      on(
        configAt('denied', { url: server.url, passwordFile: join(folder, 'wrong') }),
        ...['alerts', 'list', '--json'],
      ),
    ]);
    expect(away).toMatchObject({ code: 1, out: '' });
    expect(errorOf(away).code).toBe('RAS-STORE-UNREACHABLE');
    expect(denied).toMatchObject({ code: 1, out: '' });
    expect(errorOf(denied).code).toBe('RAS-STORE-DENIED');
    expect(denied.err).not.toContain('not-it');
  });
});
