/**
 * The distributed form says what one engine says: signals, companions and alerts, word for word. One to sixteen partitions joined
 * by their logs alone, read in any batches; machines that die and begin again from nothing or behind a checkpoint, and are heard
 * after their death; compacted logs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveSeed, Random } from '../../pipelines/simulate/random.ts';
import { simulate } from '../../pipelines/simulate/simulate.ts';
import { type Knowledge, loadKnowledge } from '../../services/workspace/knowledge.ts';
import {
  type Arriving,
  arriving,
  engineLines,
  partitionedLines,
  SOME_FEED,
  type WorldTally,
} from '../support/partition-play.ts';
import { type Item, Play, played } from '../support/play.ts';
import { SUBMITTING, shuffled, smallParties, smallRows, writeSmallRules } from '../support/small-world.ts';
import { interleaved } from '../support/stream-arrival.ts';
import { MAKER, OPTIONS } from '../support/stream-comparison.ts';
import { rowHash } from '../support/stream-transactions.ts';
import { FEEDS } from '../support/stream-values.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 8);
const PARTITIONS = [1, 2, 4, 8, 16];
/** Streams of which each run has some: rules take turns in them. */
const STREAMS = 1_000;
const CROWD = 8;
const TIMEOUT_MS = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let small: Knowledge;
let shipped: Knowledge;

beforeAll(async () => {
  small = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
  shipped = await loadKnowledge();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nothing = (): WorldTally => ({ signals: 0, alerts: 0 });
const setting = {
  seed: fc.nat(),
  partitions: fc.constantFrom(...PARTITIONS),
  deaths: fc.constantFrom(0, 0.02, 0.06),
  partBytes: fc.constantFrom(4 * 1024, 64 * 1024),
  isRebuilt: fc.boolean(),
};

test(
  'partitions in any interleaving, with deaths and late voices, say what one engine says',
  async () => {
    const parties: Item[] = smallParties().map((party) => ({ party }));
    const tally = nothing();
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ...setting,
          movements: fc.integer({ min: 10, max: 90 }),
          days: fc.constantFrom(20, 60, 390),
        }),
        async ({ movements, days, ...world }) => {
          const rows: Item[] = smallRows(world.seed, movements, days).map((row) => ({ row }));
          const items = [...parties, ...shuffled(rows, world.seed)];
          const expected = await played(await Play.start(small), items, items.length);
          const arrives = arriving(items, SUBMITTING, small.reference);
          const lines = await partitionedLines({ ...world, knowledge: small }, SOME_FEED, arrives, tally);
          expect(lines).toEqual(expected);
        },
      ),
      { numRuns: RUNS },
    );
    console.info(`small rules, ${RUNS} runs: ${JSON.stringify(tally)}`);
    // A property over streams in which nothing happens would say nothing.
    expect(tally.signals).toBeGreaterThan(RUNS);
    expect(tally.alerts).toBeGreaterThan(RUNS / 10);
  },
  TIMEOUT_MS,
);

test(
  'streams at the edge of every shipped rule end in the same signals and alerts',
  async () => {
    const provided = new Map(Object.values(FEEDS).map((id) => [id, OPTIONS.providedBy(id)]));
    const tally = nothing();
    const fates = new Map<string, number>();
    const fired = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...setting, from: fc.nat({ max: STREAMS }) }),
        async ({ from, ...world }) => {
          const arrivals = Array.from({ length: CROWD }, (_, i) => MAKER.make(from + i).arrival)
            // Of a conflict the first row stands: which one that is may differ where not all rows come to all.
            .filter((arrival) => !arrival.isOrdered);
          for (const arrival of arrivals)
            for (const fate of arrival.fates) fates.set(fate, (fates.get(fate) ?? 0) + 1);
          const ops = interleaved(new Random(deriveSeed(world.seed, 'crowd', from)), arrivals);
          const arrives = ops.flatMap((op): Arriving[] => {
            if (op.kind === 'row') {
              const { tx } = op;
              return [{ row: { tx, hash: rowHash(tx), provided: OPTIONS.providedBy(tx.stamp.provided) } }];
            }
            return op.kind === 'declare' ? [{ step: op }] : [];
          });
          const expected = await engineLines(shipped, provided, arrives);
          const lines = await partitionedLines({ ...world, knowledge: shipped }, provided, arrives, tally);
          expect(lines).toEqual(expected);
          for (const line of expected) fired.add(line.split(' ')[1] ?? '');
        },
      ),
      { numRuns: RUNS },
    );
    console.info(
      `shipped rules at their edges, ${RUNS} runs: ${fired.size} rules, ${JSON.stringify(tally)}, ${JSON.stringify([...fates])}`,
    );
    expect(tally.signals).toBeGreaterThan(RUNS);
  },
  TIMEOUT_MS,
);

test(
  'the shipped rules over a simulated feed say the same in 4 and 16 partitions',
  async () => {
    const seed = 3;
    const simulation = simulate({ seed, transactions: 1_500, days: 60, cases: ['S1', 'S6', 'S7', 'S12'] });
    const submitting = simulation.institutions.filter(({ submits }) => submits).map(({ id }) => id);
    const rows: Item[] = [...simulation.transactions].map((row) => ({ row }));
    const items: Item[] = [...[...simulation.parties].map((party) => ({ party })), ...shuffled(rows, seed)];
    const expected = await played(await Play.start(shipped, submitting), items, 900);
    const arrives = arriving(items, submitting, shipped.reference);
    for (const partitions of [4, 16]) {
      const tally = nothing();
      const world = {
        knowledge: shipped,
        partitions,
        deaths: 0.01,
        seed,
        partBytes: 64 * 1024,
        isRebuilt: false,
      };
      expect(await partitionedLines(world, SOME_FEED, arrives, tally)).toEqual(expected);
      console.info(`seed ${seed}, shipped rules, ${partitions} partitions: ${JSON.stringify(tally)}`);
      expect(tally.alerts).toBeGreaterThan(3);
    }
  },
  TIMEOUT_MS,
);
