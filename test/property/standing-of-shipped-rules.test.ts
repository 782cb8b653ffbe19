/**
 * The shipped rules over a simulated feed: rows and parties shuffled as a whole, evaluated whenever, end in the same
 * signals and alerts as in their order of arrival, word for word.
 */
import { expect, test } from 'vitest';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import { loadKnowledge } from '../../services/workspace/knowledge.ts';
import { type Item, Play, played } from '../support/play.ts';
import { shuffled } from '../support/small-world.ts';

const SEED = 3;

test('shuffled rows and parties of a simulated feed end in the same signals and alerts', async () => {
  const simulation = simulate({
    seed: SEED,
    transactions: 1_500,
    days: 60,
    cases: ['S1', 'S6', 'S7', 'S12'],
  });
  const institutions = simulation.institutions.filter(({ submits }) => submits).map(({ id }) => id);
  const parties: Item[] = [...simulation.parties].map((party) => ({ party }));
  const rows: Item[] = [...simulation.transactions].map((row) => ({ row }));
  const knowledge = await loadKnowledge();
  const standing = async (items: readonly Item[], flushEvery: number) =>
    played(await Play.start(knowledge, institutions), items, flushEvery);
  const expected = await standing([...parties, ...rows], 500);
  const rules = new Set(expected.map((line) => line.split(' ')[1]));
  console.info(
    `seed ${SEED}: ${rows.length} rows, ${expected.length} documents of ${[...rules].sort().join(', ')}`,
  );
  expect(rules.size).toBeGreaterThan(5);
  expect(await standing(shuffled([...parties, ...rows], SEED), 900)).toEqual(expected);
}, 240_000);
