/**
 * Institutions that stream, in the distributed form: rows wait for watermarks, which every partition gets, whatever they say and
 * wherever they lie between the rows. What stands in the end is what one engine says of the same rows as files. Machines die meanwhile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALWAYS_MS } from '../../pipelines/ingest/party-record.ts';
import { Random } from '../../pipelines/simulate/random.ts';
import { type Knowledge, loadKnowledge } from '../../services/workspace/knowledge.ts';
import {
  type Arriving,
  arriving,
  partitionedLines,
  SOME_FEED,
  type WorldTally,
} from '../support/partition-play.ts';
import { type Item, Play, played } from '../support/play.ts';
import { SUBMITTING, shuffled, smallParties, smallRows, writeSmallRules } from '../support/small-world.ts';

const RUNS = Number(process.env['RASTRO_RUNS'] ?? 6);
const TIMEOUT_MS = 300_000;
const HOUR = 3_600_000;
/** Behind every row. */
const LAST = Date.UTC(2100, 0, 1);
/** One in so many rows is followed by watermarks. */
const ROWS_PER_WATERMARK = 5;

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
let small: Knowledge;
beforeAll(async () => {
  small = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told = (timeMs: number, institution: string | null): Arriving => ({
  step: { kind: 'watermark', timeMs, institution },
});

test(
  'rows of streams, with any watermarks between them, leave what files leave',
  async () => {
    const tally: WorldTally = { signals: 0, alerts: 0 };
    let watermarks = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          partitions: fc.constantFrom(1, 2, 4, 8),
          deaths: fc.constantFrom(0, 0.04),
          isRebuilt: fc.boolean(),
          movements: fc.integer({ min: 20, max: 80 }),
          days: fc.constantFrom(20, 60),
          streaming: fc.subarray([...SUBMITTING], { minLength: 1 }),
          latenessMs: fc.constantFrom(0, 5_000, HOUR),
          silenceMs: fc.constantFrom(0, 60_000, 24 * HOUR),
        }),
        async ({ movements, days, streaming, latenessMs, silenceMs, ...world }) => {
          const random = new Random(world.seed);
          const rows: Item[] = smallRows(world.seed, movements, days).map((row) => ({ row }));
          const parties: Item[] = smallParties().map((party) => ({ party }));
          const items = [...parties, ...shuffled(rows, world.seed)];
          const expected = await played(await Play.start(small), items, items.length);
          const cadence = { kind: 'stream', latenessMs, silenceMs } as const;
          const arrives: Arriving[] = streaming.map((institution) => ({
            step: { kind: 'cadence', institution, fromMs: ALWAYS_MS, cadence },
          }));
          for (const item of arriving(items, SUBMITTING, small.reference)) {
            arrives.push(item);
            if (!('row' in item) || random.int(0, ROWS_PER_WATERMARK) > 0) continue;
            // Right, too early or too late: it decides when a row is evaluated, and nothing else.
            const timeMs = Math.max(item.row.tx.stamp.eventTime + random.int(-48, 48) * HOUR, 0);
            const institution = random.int(0, 2) === 0 ? null : (streaming[0] as string);
            arrives.push(told(timeMs, institution));
            watermarks++;
          }
          arrives.push(told(LAST, null));
          const lines = await partitionedLines(
            { ...world, knowledge: small, partBytes: 64 * 1024 },
            SOME_FEED,
            arrives,
            tally,
          );
          expect(lines).toEqual(expected);
        },
      ),
      { numRuns: RUNS },
    );
    console.info(`streams, ${RUNS} runs: ${watermarks} watermarks, ${JSON.stringify(tally)}`);
    expect(watermarks).toBeGreaterThan(RUNS);
    expect(tally.signals).toBeGreaterThan(RUNS);
  },
  TIMEOUT_MS,
);
