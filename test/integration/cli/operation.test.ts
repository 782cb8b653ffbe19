/** Commands of operation as an operator runs them: configuration, the survivor-safe set, retention. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rastro } from '../../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'operation-'));
const dataDir = join(folder, 'data');
const REASON = ['--reason', 'order 12/2026 of the court'];

describe('rastro config', () => {
  const file = join(folder, 'rastro.yaml');
  writeFileSync(
    file,
    'kafka:\n  brokers: [ "a:9092" ]\n  sasl: { mechanism: plain, username: u, passwordFile: /run/p }\n',
  );

  test('print: the merged result as one JSON value, with where each value came from', async () => {
    const { code, out } = await rastro(['config', 'print', '--config', file, '--json'], {
      env: { RASTRO_KAFKA__PARTITIONS: '32' },
    });
    expect(code).toBe(0);
    const { settings } = JSON.parse(out) as { settings: { path: string; value: unknown; from: string }[] };
    const of = (path: string) => settings.find((each) => each.path === path);
    expect(of('kafka.partitions')).toMatchObject({ value: 32, from: 'RASTRO_KAFKA__PARTITIONS' });
    expect(of('kafka.brokers')).toMatchObject({ value: ['a:9092'], from: `${file}:2:3` });
    expect(of('worker.checkpointEveryMs')).toMatchObject({ from: 'default' });
  });

  test('check: mistakes with their place and exit code 1', async () => {
    const { code, out } = await rastro(['config', 'check', '--config', file], {
      env: { RASTRO_KAFKA__PARTITIONS: 'many' },
    });
    expect(code).toBe(1);
    expect(out).toContain('RASTRO_KAFKA__PARTITIONS: kafka.partitions: ');
  });
});

test('the survivor-safe set and retention on a data folder', { timeout: 240_000 }, async () => {
  const run = (...args: string[]) => rastro(['--data-dir', dataDir, ...args]);
  const proposed = await run('suppress', 'propose', 'hld_y', ...REASON, '--days', '10', '--json');
  const { id } = JSON.parse(proposed.out) as { id: string };
  // One account of the operating system is one person.
  const approved = await run('suppress', 'approve', id, ...REASON);
  expect(approved.code).toBe(1);
  expect(approved.err).toContain('RAS-OPS-SAME-PERSON');
  const dry = JSON.parse((await run('retention', 'run', '--dry-run', '--json')).out) as {
    dryRun: boolean;
    steps: { step: string; deleted: number; held: number }[];
  };
  expect(dry.dryRun).toBe(true);
  expect(dry.steps.map(({ step }) => step)).toContain('transactions');
  expect(dry.steps.every(({ deleted, held: kept }) => deleted === 0 && kept === 0)).toBe(true);
});
