/**
 * A stage that begins again without a checkpoint: it takes in what was evaluated before it, tells again what was told, and from then on
 * says what one says that was never stopped. Also where the run before told more than it came to mark.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HotDetector } from '../../../../pipelines/detect/hot/hot-detector.ts';
import { DetectStage, type ToldSource } from '../../../../pipelines/engine/detect-stage.ts';
import type { Observed } from '../../../../pipelines/engine/messages.ts';
import { Documents } from '../../../../pipelines/log/documents.ts';
import { type Knowledge, loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { memoryColdFile } from '../../../support/memory-cold-file.ts';
import { type Arriving, arriving, blockOf, SOME_FEED } from '../../../support/partition-play.ts';
import { SUBMITTING, smallParties, smallRows, writeSmallRules } from '../../../support/small-world.ts';

const SEED = 10;
const MOVEMENTS = 60;
const DAYS = 20;
const BLOCK_ROWS = 6;

const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let knowledge: Knowledge;
let steps: Arriving[];
let blocks: Uint8Array[];
/** What one that was never stopped tells, by position. */
let expected: (readonly Observed[])[];

const lineOf = ({ source, holder, signals }: Observed) =>
  `${source} for ${holder}: ${signals.map(({ signal }) => `${signal.rule} ${signal.id} v${signal.version}`).join()}`;

/** Of each source and holder, what was told last up to a position. */
function standingAt(position: number): ReadonlyMap<string, string> {
  const standing = new Map<string, string>();
  for (const observed of expected.slice(0, position + 1).flat())
    standing.set(`${observed.source} ${observed.holder}`, lineOf(observed));
  return standing;
}

function toldAt(position: number): ToldSource[] {
  const holders = new Map<string, string[]>();
  for (const { source, holder } of expected[position] ?? [])
    holders.set(source, [...(holders.get(source) ?? []), holder]);
  return [...holders];
}

async function stageOf(): Promise<{ readonly stage: DetectStage; take(offset: number): Promise<void> }> {
  const { ruleSet, evaluation } = knowledge;
  const readPart = (offset: number, start: number, length: number) =>
    (blocks[offset] as Uint8Array).subarray(start, start + length);
  const stage = new DetectStage({
    detection: new HotDetector({ ruleSet, evaluation, seed: [1, 2] }),
    ruleSet,
    documents: new Documents({ readPart }, memoryColdFile()),
    providedBy: (id) => SOME_FEED.get(id) ?? new Set(),
  });
  for (const item of steps) if ('step' in item) await stage.step(item.step);
  return {
    stage,
    take: async (offset) => {
      await stage.step({ kind: 'transactions', block: blocks[offset] as Uint8Array, offset });
    },
  };
}

beforeAll(async () => {
  knowledge = await loadKnowledge({ rulesDir: writeSmallRules(folder) });
  const items = [
    ...smallParties().map((party) => ({ party })),
    ...smallRows(SEED, MOVEMENTS, DAYS).map((row) => ({ row })),
  ];
  steps = arriving(items, SUBMITTING, knowledge.reference);
  const rows = steps.flatMap((item) => ('row' in item ? [item.row] : []));
  blocks = [];
  for (let from = 0; from < rows.length; from += BLOCK_ROWS)
    blocks.push(blockOf(rows.slice(from, from + BLOCK_ROWS), blocks.length));
  const { stage, take } = await stageOf();
  expected = [];
  for (const offset of blocks.keys()) {
    await take(offset);
    expected.push((await stage.flush(offset)).observed);
  }
});

test('says what one says that was never stopped, wherever it begins and however much more was told', async () => {
  let compared = 0;
  for (let marked = 0; marked < blocks.length; marked += 2) {
    for (let toldUntil = marked; toldUntil < blocks.length; toldUntil += 5) {
      const { stage, take } = await stageOf();
      for (let asOf = 0; asOf <= toldUntil; asOf++) stage.repeat(toldAt(asOf), asOf);
      for (const offset of blocks.keys()) {
        await take(offset);
        if (offset === marked) await stage.step({ kind: 'settle' });
        if (offset < marked) continue;
        const { observed } = await stage.flush(offset);
        const standing = standingAt(offset);
        for (const each of observed) {
          const line = standing.get(`${each.source} ${each.holder}`);
          // Whom it tells before anybody else did hears of nothing.
          if (line === undefined) expect(each.signals).toEqual([]);
          else expect(lineOf(each), `marked ${marked}, told ${toldUntil}, at ${offset}`).toBe(line);
          compared++;
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(blocks.length);
});
