/** Plays rows and parties through partitions as ingest does: a directory, blocks, a router; what stands afterwards, as lines. */

import { HotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import { createEngine } from '../../pipelines/engine/engine.ts';
import type { Step } from '../../pipelines/engine/step.ts';
import type { FactRow } from '../../pipelines/facts/batch.ts';
import { blockBytes } from '../../pipelines/facts/block.ts';
import { canonicalise, transactionHash } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import { ALWAYS_MS, canonicaliseParty } from '../../pipelines/ingest/party-record.ts';
import { PROVIDABLE } from '../../pipelines/ingest/provided.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import { Random } from '../../pipelines/simulate/random.ts';
import type { RecordedRules } from '../../services/worker/recorded-rules.ts';
import type { Knowledge } from '../../services/workspace/knowledge.ts';
import { encodeRules } from '../../services/workspace/rule-record.ts';
import { testContext } from './ingest.ts';
import { memoryColdFile } from './memory-cold-file.ts';
import { memoryLog } from './memory-log.ts';
import { lineOf, PartitionWorld, type WorldCounts } from './partition-world.ts';
import type { Item } from './play.ts';

const PROVIDED = 'canonical@1';
const BLOCK_ROWS = 24;
const TURNS_PER_BLOCK = 12;

export interface PartitionPlay {
  readonly knowledge: Pick<Knowledge, 'ruleSet' | 'evaluation' | 'compose'>;
  readonly partitions: number;
  /** Share of turns in which a machine dies. */
  readonly deaths: number;
  readonly seed: number;
  /** Small enough that messages travel in parts. */
  readonly partBytes: number;
  /** In the end every machine begins again from nothing, its log compacted. */
  readonly isRebuilt: boolean;
  /** Where sets are activated: what reads them. */
  readonly rulesOf?: () => RecordedRules;
}

/** What happened, added up. */
export type WorldTally = { signals: number; alerts: number } & Partial<WorldCounts>;

/** A row as ingest makes it, a step that everybody takes, or a rule set. */
export type Arriving = { readonly row: FactRow } | { readonly step: Step } | { readonly rules: Uint8Array };

export const SOME_FEED: ReadonlyMap<string, ReadonlySet<string>> = new Map([[PROVIDED, new Set(PROVIDABLE)]]);

/** Rows as ingest makes them of what banks send; parties come before. */
export function arriving(
  items: readonly Item[],
  submitting: readonly string[],
  reference: Knowledge['reference'],
): Arriving[] {
  const out: Arriving[] = submitting.map((institution) => ({
    step: { kind: 'declare', institution, fromMs: ALWAYS_MS },
  }));
  const directory = new Directory();
  const context = { ...testContext(directory), reference };
  let line = 0;
  let ordinal = 0;
  for (const item of items) {
    if ('rules' in item) out.push({ rules: encodeRules({ ...item.rules, ordinal: ordinal++ }) });
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
    out.push({ row: { tx, hash: transactionHash(tx), provided: SOME_FEED.get(PROVIDED) ?? new Set() } });
  }
  return out;
}

const blockOf = (rows: readonly FactRow[], offset = 0): Uint8Array =>
  blockBytes(rows.map((row) => ({ ...row, revision: 0, blockOffset: offset })));

/** What stands in the end after partitions took all of it in, as lines. */
export async function partitionedLines(
  play: PartitionPlay,
  provided: ReadonlyMap<string, ReadonlySet<string>>,
  items: readonly Arriving[],
  tally: WorldTally,
): Promise<string[]> {
  const { knowledge, partitions, deaths, seed, partBytes, isRebuilt, rulesOf } = play;
  const random = new Random(seed);
  const world = await PartitionWorld.start({
    knowledge,
    provided,
    partitions,
    random,
    deaths,
    partBytes,
    rulesOf,
  });
  let rows: FactRow[] = [];
  const close = async () => {
    if (rows.length > 0) world.submit(blockOf(rows));
    rows = [];
    for (let turns = random.int(0, TURNS_PER_BLOCK); turns > 0; turns--) await world.turn();
  };
  for (const item of items) {
    if ('rules' in item) world.activate(item.rules);
    else if ('step' in item) {
      await close();
      world.refer(item.step);
    } else rows.push(item.row);
    if (rows.length >= random.int(1, BLOCK_ROWS)) await close();
  }
  await close();
  await world.settle();
  if (isRebuilt) await world.rebuild();
  for (const [name, count] of Object.entries(world.counts) as [keyof WorldCounts, number][])
    tally[name] = (tally[name] ?? 0) + count;
  const { lines } = world;
  for (const line of lines) tally[line.includes(' alt_') ? 'alerts' : 'signals']++;
  return lines;
}

/** The same by one engine, in the order in which it comes, evaluated once. */
export async function engineLines(
  { ruleSet, evaluation, compose }: PartitionPlay['knowledge'],
  provided: ReadonlyMap<string, ReadonlySet<string>>,
  items: readonly Arriving[],
): Promise<string[]> {
  const log = memoryLog();
  const engine = createEngine({
    detection: new HotDetector({ ruleSet, evaluation, seed: [1, 2], horizonMs: Number.POSITIVE_INFINITY }),
    documents: new Documents(log, memoryColdFile()),
    ruleSet,
    compose,
    providedBy: (id) => provided.get(id) ?? new Set(),
  });
  for (const item of items) {
    if ('rules' in item) throw new Error('one engine takes rules as a step');
    if ('step' in item) {
      await engine.step(item.step);
      continue;
    }
    const offset = log.end;
    const block = blockOf([item.row], offset);
    await log.append('transactions', block);
    await engine.step({ kind: 'transactions', block, offset });
  }
  const changes = await engine.flush();
  return changes.flatMap(({ signals, alerts }) => [...signals, ...alerts].map(lineOf)).sort();
}
