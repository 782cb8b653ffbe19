import { chmodSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../../../schemas/config.ts';
import { variableOf } from '../../../../services/config/environment.ts';
import { nextVaultKey, openKeys } from '../../../../services/config/keys.ts';
import { checkConfig, loadConfig, sectionOf } from '../../../../services/config/load.ts';
import { HIDDEN, printedSettings, SECRET_NAME } from '../../../../services/config/print.ts';
import { readSecretFile } from '../../../../services/config/secret-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));

function written(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

const GOOD = `kafka:
  brokers: [ '10.0.0.1:9092' ]
  partitions: 64
  sasl:
    mechanism: scram-sha-512
    username: rastro
    passwordFile: /run/secrets/kafka
clickhouse:
  url: https://clickhouse:8443
  passwordFile: /run/secrets/clickhouse
logging: { level: warn }
`;

describe('loading', () => {
  test('nothing given: defaults, no Kafka and no ClickHouse, and a role that needs one says so', async () => {
    const { config } = await loadConfig({ environment: {} });
    expect(config.kafka).toBeUndefined();
    expect(config.observe.host).toBe('127.0.0.1');
    expect(() => sectionOf(config, 'kafka')).toThrow(/RAS-CONFIG-SECTION-MISSING.*RASTRO_KAFKA__BROKERS/);
    expect(sectionOf(config, 'worker').insertLingerMs).toBe(200);
  });

  test('the environment wins over the file, the file over the defaults, and each value says where it came from', async () => {
    const file = written('good.yaml', GOOD);
    const loaded = await loadConfig({
      environment: {
        RASTRO_CONFIG: file,
        RASTRO_DATA_DIR: '/no/configuration',
        RASTRO_KAFKA__BROKERS: 'a:9092, b:9092',
        RASTRO_KAFKA__PARTITIONS: '32',
        RASTRO_KAFKA__CLIENT_ID: '7',
        RASTRO_TRACING__ENABLED: 'true',
        RASTRO_RETENTION__DAYS: '{"rejects": 7}',
      },
    });
    const { config } = loaded;
    expect(config.kafka).toMatchObject({ brokers: ['a:9092', 'b:9092'], partitions: 32, clientId: '7' });
    expect(config.tracing.enabled).toBe(true);
    expect(config.retention.days).toEqual({ rejects: 7 });
    expect(loaded.sourceOf(['kafka', 'brokers'])).toBe('RASTRO_KAFKA__BROKERS');
    expect(loaded.sourceOf(['retention', 'days', 'rejects'])).toBe('RASTRO_RETENTION__DAYS');
    expect(loaded.sourceOf(['kafka', 'sasl', 'username'])).toBe(`${file}:6:5`);
    expect(loaded.sourceOf(['logging', 'level'])).toBe(`${file}:11:12`);
    expect(loaded.sourceOf(['logging', 'format'])).toBe('default');
  });

  test('the name of a variable is that of its field, both ways', () => {
    expect(variableOf(['kafka', 'sasl', 'passwordFile'])).toBe('RASTRO_KAFKA__SASL__PASSWORD_FILE');
  });

  test('JSON is read as well', async () => {
    const file = written('good.json', JSON.stringify({ worker: { insertLingerMs: 2 } }, null, 2));
    expect((await loadConfig({ file, environment: {} })).config.worker.insertLingerMs).toBe(2);
  });
});

describe('mistakes', () => {
  test('every one is named with file, line, column and path', async () => {
    const file = written(
      'bad.yaml',
      `kafka:
  brokers: [ 'nowhere' ]
  partitons: 16
worker:
  insertLingerMs: many
clickhouse:
  url: http://rastro:geheim@clickhouse:8123
`,
    );
    const { issues } = await checkConfig({
      file,
      environment: { RASTRO_INGEST__PROT: '1', RASTRO_LOGGING__LEVEL: 'loud' },
    });
    expect(issues.map(({ where, path }) => `${where} ${path}`).sort()).toEqual(
      [
        `${file}:2:14 kafka.brokers.0`,
        `${file}:3:3 kafka.partitons`,
        `${file}:5:3 worker.insertLingerMs`,
        `${file}:7:3 clickhouse.url`,
        'RASTRO_INGEST__PROT ingest.prot',
        'RASTRO_LOGGING__LEVEL logging.level',
      ].sort(),
    );
    expect(JSON.stringify(issues)).not.toContain('geheim');
    await expect(loadConfig({ file, environment: {} })).rejects.toThrow(/RAS-CONFIG-INVALID.*and 3 more/);
  });

  test('what is no YAML, and a file that is not there', async () => {
    const file = written('broken.yaml', 'kafka:\n  brokers: [\n');
    expect((await checkConfig({ file, environment: {} })).issues[0]?.where).toMatch(/broken\.yaml:\d+:\d+$/);
    await expect(loadConfig({ file: join(folder, 'none.yaml'), environment: {} })).rejects.toThrow(
      /RAS-CONFIG-FILE-MISSING.*ENOENT/,
    );
  });
});

describe('secrets', () => {
  test('no field of the schema holds one: secrets are in files', () => {
    const names: string[] = [];
    const walk = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties } = schema as { properties?: Record<string, unknown> };
      for (const [name, below] of Object.entries(properties ?? {})) {
        names.push(name);
        walk(below);
      }
    };
    walk(z.toJSONSchema(configSchema, { io: 'input' }));
    expect(names).toContain('passwordFile');
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => SECRET_NAME.test(name))).toEqual([]);
  });

  test('and if one did, it would not be printed', async () => {
    const loaded = await loadConfig({ file: written('good.yaml', GOOD), environment: {} });
    const kafka = { ...loaded.config.kafka!, password: 'geheim' };
    const printed = printedSettings({ ...loaded, config: { ...loaded.config, kafka } });
    expect(printed.find(({ path }) => path === 'kafka.password')?.value).toBe(HIDDEN);
    expect(printed.find(({ path }) => path === 'kafka.sasl.passwordFile')?.value).toBe('/run/secrets/kafka');
    expect(JSON.stringify(printed)).not.toContain('geheim');
  });

  test('a role never makes the secret of the keys, and reads none that others may read or a group may write', async () => {
    const keys = join(folder, 'keys');
    mkdirSync(keys);
    await expect(openKeys({ folder: keys })).rejects.toMatchObject({ code: 'RAS-ENGINE-SECRET' });
    expect(readdirSync(keys)).toEqual([]);
    const text = Buffer.alloc(32, 7).toString('base64url');
    written('keys/secret', `${text}\n`, 0o440);
    const first = await openKeys({ folder: keys });
    expect(first.pseudonymKeyId).toMatch(/^[0-9a-f]{16}$/);
    // Rotated: another vault key, the same pseudonyms.
    written('keys/vault-secret', Buffer.alloc(32, 8).toString('base64url'));
    const rotated = await openKeys({ folder: keys });
    expect(rotated.vault).toEqual(await nextVaultKey(join(keys, 'vault-secret')));
    expect(rotated).toEqual({ ...first, vault: rotated.vault });
    expect(rotated.vault).not.toEqual(first.vault);
    for (const mode of [0o444, 0o660]) {
      written('keys/secret', `${text}\n`, mode);
      await expect(openKeys({ folder: keys })).rejects.toMatchObject({ code: 'RAS-ENGINE-SECRET' });
    }
    written('keys/secret', text.slice(0, 20));
    await expect(openKeys({ folder: keys })).rejects.toMatchObject({ code: 'RAS-ENGINE-SECRET' });
  });

  test('a file holds one line, for this user or its group', async () => {
    expect(await readSecretFile(written('s1', 'geheim\n'), 'x')).toBe('geheim');
    expect(await readSecretFile(written('s2', 'geheim', 0o440), 'x')).toBe('geheim');
    for (const [name, text, mode] of [
      ['s3', 'geheim', 0o644],
      ['s4', '', 0o600],
      ['s5', 'two\nlines', 0o600],
    ] as const) {
      const refusal = await readSecretFile(written(name, text, mode), 'kafka.sasl.passwordFile').catch(
        String,
      );
      expect(refusal).toMatch(/RAS-CONFIG-SECRET-UNREADABLE.*kafka\.sasl\.passwordFile/);
      expect(refusal).not.toContain('geheim');
    }
  });
});
