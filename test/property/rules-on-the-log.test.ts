/**
 * Rule sets that are activated while a feed comes in: every partition gets them somewhere among its rows, in any order, some twice,
 * and the partitions together say what one engine says under the same sets. Machines die meanwhile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALWAYS_MS } from '../../rules/compiler/index.ts';
import { compilingOnce, RecordedRules } from '../../services/worker/recorded-rules.ts';
import {
  compileKnowledge,
  type Knowledge,
  type KnowledgeFiles,
  readKnowledgeFiles,
} from '../../services/workspace/knowledge.ts';
import { arriving, partitionedLines, SOME_FEED, type WorldTally } from '../support/partition-play.ts';
import { type Item, Play, played } from '../support/play.ts';
import { SUBMITTING, shuffled, smallParties, smallRows, writeSmallRules } from '../support/small-world.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 6);
const TIMEOUT_MS = 300_000;
const DAY = 86_400_000;
/** First day of the rows of the small world. */
const START = Date.UTC(2026, 0, 5, 6);

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let base: KnowledgeFiles;
let stricter: KnowledgeFiles;
let own: Knowledge;

beforeAll(async () => {
  const change = (text: string, file: string) => {
    if (file === 'handed.yaml') return text.replace('n >= 2', 'n >= 3');
    if (file === 'over-signals.yaml') return text.replace('60d', '30d').replace('value: 2,', 'value: 1,');
    if (file === 'control.yaml') return text.replace('mediumMilli: 2000', 'mediumMilli: 2500');
    return file === 'holder.yaml' ? text.replace('weight: 3', 'weight: 2') : text;
  };
  base = await readKnowledgeFiles({ rulesDir: writeSmallRules(join(folder, 'base')) });
  stricter = await readKnowledgeFiles({ rulesDir: writeSmallRules(join(folder, 'stricter'), [], change) });
  own = compileKnowledge(base);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  'sets activated while rows come in leave what one engine leaves, and the earlier set brought back takes them back',
  async () => {
    const tally: WorldTally = { signals: 0, alerts: 0 };
    const seen = { changed: 0 };
    const compile = compilingOnce(own);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          partitions: fc.constantFrom(2, 4, 8),
          deaths: fc.constantFrom(0, 0.04),
          isRebuilt: fc.boolean(),
          movements: fc.integer({ min: 20, max: 80 }),
          days: fc.constantFrom(20, 60),
          from: fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 100 })),
          /** Sets at one time take each other's place: the order of the topic decides. */
          isReplaced: fc.boolean(),
          isTakenBack: fc.constantFrom(false, false, false, true),
        }),
        async ({ movements, days, from, isReplaced, isTakenBack, ...world }) => {
          const time = (percent: number) => START + Math.floor((percent * days) / 100) * DAY;
          const at = [time(from[0]), isReplaced ? time(from[0]) : time(from[1])] as const;
          const sets = [
            compileKnowledge(base, { activeFrom: at[1] }),
            compileKnowledge(stricter, { activeFrom: at[0] }),
            ...(isTakenBack ? [compileKnowledge(base, { activeFrom: ALWAYS_MS })] : []),
          ];
          const parties: Item[] = smallParties().map((party) => ({ party }));
          const rows: Item[] = smallRows(world.seed, movements, days).map((row) => ({ row }));
          const comes = shuffled(rows, world.seed);
          const items: Item[] = [
            { rules: own },
            ...parties,
            ...comes.slice(0, comes.length / 2),
            ...sets.map((rules) => ({ rules })),
            ...comes.slice(comes.length / 2),
          ];
          const expected = await played(await Play.start(own), items, items.length);
          const plain = await played(await Play.start(own), [...parties, ...comes], items.length);
          if (JSON.stringify(plain) !== JSON.stringify(expected)) seen.changed++;
          const lines = await partitionedLines(
            {
              ...world,
              knowledge: own,
              partBytes: 64 * 1024,
              rulesOf: () => new RecordedRules(own, compile),
            },
            SOME_FEED,
            arriving(items, SUBMITTING, own.reference),
            tally,
          );
          expect(lines).toEqual(expected);
          if (isTakenBack) expect(lines).toEqual(plain);
        },
      ),
      { numRuns: RUNS },
    );
    console.info(`sets on the log, ${RUNS} runs: ${JSON.stringify({ ...seen, ...tally })}`);
    // A property in which the sets change nothing would say nothing.
    expect(seen.changed).toBeGreaterThan(0);
    expect(tally.signals).toBeGreaterThan(RUNS);
  },
  TIMEOUT_MS,
);
