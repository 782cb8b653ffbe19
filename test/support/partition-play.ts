/** Plays rows and parties through partitions as ingest does: a directory, blocks, a router; what stands afterwards, as lines. */

import type { FactRow } from '../../pipelines/facts/batch.ts';
import { blockBytes } from '../../pipelines/facts/block.ts';
import { canonicalise, transactionHash } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { Random } from '../../pipelines/simulate/random.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { testContext } from './ingest.ts';
import { PartitionWorld, type WorldCounts } from './partition-world.ts';
import type { Item } from './play.ts';

const PROVIDED = 'canonical@1';
/** Small enough that messages travel in parts. */
const PART_BYTES = 2 * 1024;
const BLOCK_ROWS = 24;
const TURNS_PER_BLOCK = 12;

export interface PartitionPlay {
  readonly knowledge: Knowledge;
  readonly submitting: readonly string[];
  readonly partitions: number;
  /** Share of turns in which a machine dies. */
  readonly deaths: number;
  readonly seed: number;
  /** In the end every machine begins again from nothing, its log compacted. */
  readonly isRebuilt: boolean;
}

/** What happened, added up. */
export type WorldTally = { signals: number; alerts: number } & Partial<WorldCounts>;

export async function partitionedLines(
  play: PartitionPlay,
  items: readonly Item[],
  tally: WorldTally,
): Promise<string[]> {
  const { knowledge, submitting, partitions, deaths, seed, isRebuilt } = play;
  const random = new Random(seed);
  const provided = new Map([[PROVIDED, new Set<string>(PROVIDABLE)]]);
  const world = await PartitionWorld.start({
    knowledge,
    provided,
    partitions,
    random,
    deaths,
    partBytes: PART_BYTES,
  });
  for (const institution of submitting) world.refer({ kind: 'declare', institution, fromMs: ALWAYS_MS });
  const directory = new Directory();
  const context = { ...testContext(directory), reference: knowledge.reference };
  let rows: FactRow[] = [];
  const close = async () => {
    if (rows.length > 0)
      world.submit(blockBytes(rows.map((row) => ({ ...row, revision: 0, blockOffset: 0 }))));
    rows = [];
    for (let turns = random.int(0, TURNS_PER_BLOCK); turns > 0; turns--) await world.turn();
  };
  let line = 0;
  for (const item of items) {
    if ('party' in item) {
      const party = canonicaliseParty(item.party, context.pseudonyms);
      if (!party.ok) throw new Error(JSON.stringify(party.rejects));
      directory.apply(party.record);
    }
    if (!('row' in item)) continue;
    const origin = {
      submissionId: 'sub_test',
      line: ++line,
      provided: PROVIDED,
      coverage: 'full_account' as const,
    };
    const canonical = canonicalise(item.row, origin, context);
    if (!canonical.ok) throw new Error(JSON.stringify(canonical.rejects));
    const { tx } = canonical;
    rows.push({ tx, hash: transactionHash(tx), provided: provided.get(PROVIDED) as ReadonlySet<string> });
    if (rows.length >= random.int(1, BLOCK_ROWS)) await close();
  }
  await close();
  await world.settle();
  if (isRebuilt) await world.rebuild();
  for (const [name, count] of Object.entries(world.counts) as [keyof WorldCounts, number][])
    tally[name] = (tally[name] ?? 0) + count;
  return world.lines;
}
