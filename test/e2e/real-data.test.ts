/**
 * A feed that nobody here wrote: IBM's AMLSim output. Every row is accepted, a second run adds nothing, from a renamed
 * and shuffled copy neither. The data lies beside the project and is optional; `RASTRO_REAL=1` reads all of it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { rastro } from '../support/cli.ts';
import { ROOT } from '../support/project.ts';
import { shuffled } from '../support/small-world.ts';

const DATA = join(ROOT, '..', 'shared', 'data', 'amlsim');
const isAll = process.env['RASTRO_REAL'] === '1';
/** Rows of the larger set that are read unless all are asked for. */
const PREFIX = 10_000;

const SETS = [
  { name: 'typologies', rows: 9_904, take: 9_904 },
  { name: '1k', rows: 121_457, take: isAll ? 121_457 : PREFIX },
] as const;

const isThere = SETS.every(({ name }) => existsSync(join(DATA, name, 'transactions.csv.gz')));
if (!isThere) console.warn(`Skipped: ${DATA} is not there.`);

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly read: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly signals: number;
  readonly alerts: number;
  readonly written: Readonly<Record<string, number>>;
  readonly seconds: number;
}

describe.skipIf(!isThere).each(SETS)('AMLSim $name', ({ name, rows, take }) => {
  const dataDir = join(folder, name);
  const parties = ['--parties', join(DATA, name, 'accounts.csv'), '--parties-mapping', 'amlsim-accounts'];

  /** Runs a file of the set with the mapping `amlsim`. */
  async function run(file: string): Promise<Run> {
    const args = ['run', file, '--mapping', 'amlsim', ...parties, '--data-dir', dataDir, '--json'];
    const { code, out, err } = await rastro(args, { isLong: true });
    expect(code, err).toBe(0);
    return JSON.parse(out) as Run;
  }

  test(`${take} of ${rows} rows: all accepted; again and from a shuffled copy: all duplicates`, async () => {
    const compressed = join(DATA, name, 'transactions.csv.gz');
    const [header = '', ...lines] = gunzipSync(readFileSync(compressed))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBe(rows);
    const kept = lines.slice(0, take);
    const file = take === rows ? compressed : join(folder, `${name}.csv`);
    if (take < rows) writeFileSync(file, `${[header, ...kept].join('\n')}\n`);

    const first = await run(file);
    expect(first).toMatchObject({ read: take, accepted: take, rejected: 0, duplicates: 0 });
    const nothing = { signals: 0, alerts: 0, transactions: 0 };
    const again = { read: take, accepted: 0, rejected: 0, duplicates: take, written: nothing };
    const stands = { signals: first.signals, alerts: first.alerts };
    expect(await run(file)).toMatchObject({ ...again, ...stands });

    const copy = join(folder, `renamed-${name}.csv`);
    writeFileSync(copy, `${[header, ...shuffled(kept, 3)].join('\n')}\n`);
    expect(await run(copy)).toMatchObject({ ...again, ...stands });
    console.info(
      `AMLSim ${name}: ${take} rows in ${first.seconds} s, ${first.signals} signals, ${first.alerts} alerts`,
    );
  }, 600_000);

  test('what cannot be evaluated is named with its reason: the times are dates', async () => {
    const file = join(DATA, name, 'transactions.csv.gz');
    const { code, out } = await rastro(['feed', 'check', file, '--mapping', 'amlsim', ...parties, '--json'], {
      isLong: true,
    });
    expect(code).toBe(0);
    const report = JSON.parse(out) as {
      rules: { rule: string; verdict: string; shortfalls: { what: string; name: string }[] }[];
      byPrecision: Record<string, number>;
    };
    expect(report.byPrecision).toEqual({ day: rows });
    const precise = report.rules.filter(({ shortfalls }) =>
      shortfalls.some(({ what }) => what === 'precision'),
    );
    expect(precise.map(({ rule }) => rule)).toContain('SEX-01');
    for (const { verdict } of precise) expect(verdict).toBe('not');
  }, 120_000);
});
