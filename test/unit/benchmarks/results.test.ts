import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  compareToBaseline,
  type MeasuredResult,
  REGRESSION_TOLERANCE,
  readBaselines,
  saveBaselines,
} from '../../../benchmarks/harness/baselines.ts';
import { machineClass } from '../../../benchmarks/harness/machine.ts';
import { readResults, recordOf, saveResults } from '../../../benchmarks/harness/results.ts';
import { resultsPage } from '../../../benchmarks/harness/results-page.ts';
import { PLANNED_COMMANDS, RUN_LISTS } from '../../../benchmarks/planned-runs.ts';
import { BENCHMARKS } from '../../../benchmarks/registry.ts';
import { ROOT } from '../../support/project.ts';

const MACHINE = machineClass(undefined);
const FACTS = {
  command: 'npm run bench -- loop',
  date: '2026-01-31',
  machine: 'some-machine',
  node: 'v20.20.0',
  loadPerCore: 0.1,
};

function measured(value: number, unit = 'tx/s', paceNs = 100): MeasuredResult {
  return {
    result: { name: 'loop/whole', value, unit, seed: 1, resultHash: 'abc', details: { blocks: 3 } },
    sizes: { rows: 10, seed: 1 },
    yardstick: 'memory',
    pace: { memoryNs: paceNs, jsonNs: 1_000 },
  };
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rastro-results-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('baselines', () => {
  const compared = async (before: MeasuredResult, now: MeasuredResult) => {
    await saveBaselines(folder, MACHINE, [before]);
    return compareToBaseline(now, await readBaselines(folder, MACHINE));
  };

  test('a slower machine is not a regression, a slower program is', async () => {
    const sameProgram = await compared(measured(1_000, 'tx/s', 100), measured(500, 'tx/s', 200));
    expect(sameProgram).toEqual({ ratio: 1, isRegression: false, sameResult: true });
    const slower = await compared(measured(1_000, 'tx/s', 100), measured(700, 'tx/s', 100));
    expect(slower).toMatchObject({ ratio: 0.7, isRegression: true });
  });

  test('a duration may grow up to the tolerance', async () => {
    const within = await compared(
      measured(100, 'ns/key'),
      measured(100 * (1 + REGRESSION_TOLERANCE), 'ns/key'),
    );
    expect(within?.isRegression).toBe(false);
    const beyond = await compared(measured(100, 'ns/key'), measured(130, 'ns/key'));
    expect(beyond?.isRegression).toBe(true);
  });

  test('a ratio stands for itself, and fails where its goal says which way is better', async () => {
    const withGoal = (value: number, paceNs: number): MeasuredResult => {
      const one = measured(value, 'x', paceNs);
      return { ...one, result: { ...one.result, goal: { value: 1, better: 'more' } } };
    };
    expect(await compared(withGoal(2, 100), withGoal(2, 900))).toMatchObject({
      ratio: 1,
      isRegression: false,
    });
    expect(await compared(withGoal(2, 100), withGoal(1, 100))).toMatchObject({ isRegression: true });
    expect(await compared(measured(2, 'x'), measured(1, 'x'))).toMatchObject({ isRegression: false });
  });

  test('runs of other sizes or units are not compared', async () => {
    const now = { ...measured(1), sizes: { rows: 20, seed: 1 } };
    expect(await compared(measured(1), now)).toBeUndefined();
    expect(await compared(measured(1), measured(1, 'rows/s'))).toBeUndefined();
  });
});

describe('stored results', () => {
  test('come back as they were kept; the last run of the same sizes stands', async () => {
    const results = join(folder, 'results');
    const first = recordOf(measured(1), FACTS, undefined);
    const other = recordOf({ ...measured(3), sizes: { rows: 99, seed: 1 } }, FACTS, undefined);
    await saveResults(results, [first, other]);
    const again = recordOf(measured(2), { ...FACTS, date: '2026-02-01' }, undefined);
    await saveResults(results, [again]);
    const stored = await readResults(results);
    expect([...stored.keys()]).toEqual(['some-machine']);
    const kept = stored.get('some-machine') ?? [];
    expect(kept).toHaveLength(2);
    expect(kept).toEqual(expect.arrayContaining([again, other]));
  });

  test('the page says of each goal whether it was met, and which runs are missing', () => {
    const one = measured(400);
    const missed = recordOf(
      { ...one, result: { ...one.result, goal: { value: 500, better: 'more' } } },
      FACTS,
      undefined,
    );
    const page = resultsPage(new Map([['some-machine', [missed]]]), [
      FACTS.command,
      'npm run bench -- other',
    ]);
    expect(page).toContain(
      '| `loop/whole` | >= 500 tx/s | 400 tx/s | 0.80 | **missed** | abc | 1 | 2026-01-31 |',
    );
    expect(page).toContain('- `npm run bench -- other`');
    expect(page).not.toContain(`- \`${FACTS.command}\``);
  });

  test('`RESULTS.md` is what the stored results make (`npm run bench -- report` writes it)', async () => {
    const page = readFileSync(join(ROOT, 'benchmarks', 'RESULTS.md'), 'utf8');
    expect(page).toBe(resultsPage(await readResults(join(ROOT, 'benchmarks', 'results')), PLANNED_COMMANDS));
  });
});

describe('lists of runs', () => {
  test('the quick one takes at most 25 minutes, and every run is of a benchmark with these options', () => {
    const minutes = RUN_LISTS['quick']?.reduce((sum, run) => sum + run.minutes, 0);
    expect(minutes).toBeLessThanOrEqual(25);
    for (const { benchmark, sizes } of Object.values(RUN_LISTS).flat()) {
      const options = BENCHMARKS.find(({ name }) => name === benchmark)?.options ?? {};
      expect(Object.keys(options), benchmark).toEqual(expect.arrayContaining(Object.keys(sizes)));
    }
  });
});
