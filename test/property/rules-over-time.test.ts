/**
 * What stands is a function of the effective set and of the rule sets recorded: rows and sets in any order, evaluated
 * whenever, end in the same signals and alerts, word for word; and a set that comes while rows do leaves what was said of
 * the time before it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileKnowledge, type Knowledge, readKnowledgeFiles } from '../../services/workspace/knowledge.ts';
import { type Item, Play, played } from '../support/play.ts';
import { shuffled, smallParties, smallRows, writeSmallRules } from '../support/small-world.ts';

/** Each run plays its stream four times. */
const RUNS = Number(process.env['RASTRO_RUNS'] ?? 20);
const RUN_MS = 6_000;
const DAY = 86_400_000;
/** First day of the rows of the small world. */
const START = Date.UTC(2026, 0, 5, 6);

type Change = (text: string, file: string) => string;

const CHANGES: Readonly<Record<string, Change>> = {
  base: (text) => text,
  /** A base rule, the composite over it, and a weight. */
  stricter: (text, file) => {
    if (file === 'handed.yaml') return text.replace('n >= 2', 'n >= 3');
    if (file === 'control.yaml') return text.replace('mediumMilli: 2000', 'mediumMilli: 2500');
    return file === 'holder.yaml' ? text.replace('weight: 3', 'weight: 2') : text;
  },
  /** The rule over signals; a rule that is tried out and no longer counts. */
  wider: (text, file) => {
    if (file === 'over-signals.yaml') return text.replace('60d', '30d').replace('value: 2,', 'value: 1,');
    return file === 'conductor.yaml' ? text.replace('status: live', 'status: experimental') : text;
  },
};

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
const compiled = new Map<string, (activeFrom: number) => Knowledge>();

beforeAll(async () => {
  for (const [name, change] of Object.entries(CHANGES)) {
    const files = await readKnowledgeFiles({ rulesDir: writeSmallRules(join(folder, name), [], change) });
    const known = new Map<number, Knowledge>();
    compiled.set(name, (activeFrom) => {
      const knowledge = known.get(activeFrom) ?? compileKnowledge(files, { activeFrom });
      known.set(activeFrom, knowledge);
      return knowledge;
    });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base = () => compileKnowledgeOf('base');
function compileKnowledgeOf(name: string, activeFrom?: number): Knowledge {
  const make = compiled.get(name);
  if (make === undefined) throw new Error(name);
  return make(activeFrom ?? -8_640_000_000_000_000);
}

const standing = async (items: readonly Item[], flushEvery: number) =>
  played(await Play.start(base()), items, flushEvery);

const partyItems = (): Item[] => smallParties().map((party) => ({ party }));

test(
  'rows and sets in any order, evaluated at any time, end in the same signals and alerts',
  async () => {
    const seen = { changed: 0, signals: 0, alerts: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          movements: fc.integer({ min: 20, max: 90 }),
          days: fc.constantFrom(20, 60, 200),
          at: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })),
          order: fc.nat(),
          flushEvery: fc.integer({ min: 1, max: 60 }),
        }),
        async ({ seed, movements, days, at, order, flushEvery }) => {
          const time = (percent: number) => START + Math.floor((percent * days) / 100) * DAY;
          const sets: Item[] = [
            { rules: compileKnowledgeOf('stricter', time(at[0])) },
            // Never at the same time: then the order of the records decides.
            { rules: compileKnowledgeOf('wider', time(at[1]) + 1) },
          ];
          const rows: Item[] = smallRows(seed, movements, days).map((row) => ({ row }));
          const known = [...partyItems(), ...rows];
          const expected = await standing([...sets, ...known], Number.MAX_SAFE_INTEGER);
          expect(await standing(shuffled([...sets, ...known], order), flushEvery)).toEqual(expected);
          expect(await standing([...known, ...sets], known.length)).toEqual(expected);
          const before = await standing(known, known.length);
          if (JSON.stringify(before) !== JSON.stringify(expected)) seen.changed++;
          seen.signals += expected.filter((line) => line.includes(' sig_')).length;
          seen.alerts += expected.filter((line) => line.includes(' alt_')).length;
        },
      ),
      { numRuns: RUNS },
    );
    // A property in which the sets change nothing would say nothing.
    expect(seen.changed).toBeGreaterThan(RUNS / 2);
    expect(seen.signals).toBeGreaterThan(RUNS);
    expect(seen.alerts).toBeGreaterThan(RUNS / 10);
  },
  Math.max(60_000, RUNS * RUN_MS),
);

test('a set in force from after the last row on changes nothing, one from the first row on everything that it can', async () => {
  const known: Item[] = [...partyItems(), ...smallRows(7, 120, 60).map((row) => ({ row }))];
  const plain = await standing(known, known.length);
  const late: Item = { rules: compileKnowledgeOf('stricter', START + 1_000 * DAY) };
  expect(await standing([...known, late], 10)).toEqual(plain);
  const early: Item = { rules: compileKnowledgeOf('stricter', START - DAY) };
  const alone = await played(await Play.start(compileKnowledgeOf('stricter')), known, known.length);
  expect(await standing([...known, early], 10)).toEqual(alone);
  expect(alone).not.toEqual(plain);
});

test('rules that a change leaves alone keep their signals word for word but for the set they name', async () => {
  const known: Item[] = [...partyItems(), ...smallRows(7, 120, 60).map((row) => ({ row }))];
  const idsOf = (lines: readonly string[], rule: string) =>
    lines.filter((line) => line.includes(` ${rule} `)).map((line) => line.replace(/ [0-9a-f]{64}$/, ''));
  const plain = await standing(known, known.length);
  const changed = await standing([...known, { rules: compileKnowledgeOf('stricter', START + 30 * DAY) }], 25);
  expect(idsOf(changed, 'SEX-07')).toEqual(idsOf(plain, 'SEX-07'));
  expect(idsOf(changed, 'SMU-05')).toEqual(idsOf(plain, 'SMU-05'));
  expect(idsOf(plain, 'SEX-07').length).toBeGreaterThan(3);
  expect(idsOf(changed, 'SEX-08')).not.toEqual(idsOf(plain, 'SEX-08'));
});
