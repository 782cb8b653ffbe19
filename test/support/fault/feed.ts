/** One invented feed for all faults of a seed, what one engine, undisturbed, says of it, and its records in a file. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { NewRecord } from '../../../pipelines/log/bus.ts';
import { type Embedded, startEmbedded } from '../../../services/embedded/start.ts';
import { openStore } from '../../../services/store/client.ts';
import { loadKnowledge } from '../../../services/workspace/knowledge.ts';
import { rastro } from '../cli.ts';
import { routedRecords } from '../routed-feed.ts';
import { type Standing, standingOf } from '../workspace.ts';

const BLOCK_ROWS = 256;

/** A record of `transactions` whose value lies in a file: a long feed does not fit into memory. */
export interface SpooledRecord {
  readonly partition: number;
  readonly kind: string;
  /** Rows that are stored; 0 where it holds copies, or none at all. */
  readonly rows: number;
  readonly at: number;
  readonly bytes: number;
}

export interface FaultFeed {
  readonly seed: number;
  /** With the secret that pseudonyms are made with. */
  readonly keysFolder: string;
  readonly files: { readonly transactions: string; readonly parties: string };
  readonly expected: Standing;
  readonly rows: number;
  readonly copies: number;
  /** In front of all rows: reference data and rules. */
  readonly head: readonly SpooledRecord[];
  readonly body: readonly SpooledRecord[];
  record(of: SpooledRecord): NewRecord;
  close(): void;
}

async function command(args: readonly string[]): Promise<void> {
  const { code, err } = await rastro(args, { isLong: true });
  if (code !== 0) throw new Error(err);
}

/** What stands in the store of a data folder that nobody holds. */
export async function standingIn(dataDir: string): Promise<Standing> {
  const one: Embedded = await startEmbedded({ dataDir });
  const store = openStore({ url: one.url, key: one.key });
  try {
    return await standingOf(store);
  } finally {
    await store.close();
    await one.stop();
  }
}

/** `rows`: how many at least, of which a few are copies that one engine drops. */
export async function prepareFeed(
  folder: string,
  { seed, rows, days, partitions }: { seed: number; rows: number; days: number; partitions: number },
): Promise<FaultFeed> {
  const feedFolder = join(folder, `feed-${seed}`);
  const dataDir = join(folder, `one-${seed}`);
  const files = {
    transactions: join(feedFolder, 'transactions.csv'),
    parties: join(feedFolder, 'parties.ndjson'),
  };
  const size = ['--transactions', String(rows), '--days', String(days), '--seed', String(seed)];
  await command(['simulate', ...size, '--out', feedFolder]);
  await command(['--data-dir', dataDir, 'run', files.transactions, '--parties', files.parties]);
  const expected = await standingIn(dataDir);
  const path = join(folder, `records-${seed}`);
  const file = openSync(path, 'w+', 0o600);
  const head: SpooledRecord[] = [];
  const body: SpooledRecord[] = [];
  const counts = { rows: 0, copies: 0 };
  let at = 0;
  for await (const { record, kind, rows: held } of routedRecords(
    dataDir,
    await loadKnowledge(),
    partitions,
    BLOCK_ROWS,
  )) {
    const value = record.value as Uint8Array;
    writeSync(file, value, 0, value.length, at);
    const isRows = kind === 'transactions' || kind === 'copies';
    const stored = kind === 'transactions' ? held : 0;
    const spooled = { partition: record.partition, kind, rows: stored, at, bytes: value.length };
    (isRows || body.length > 0 ? body : head).push(spooled);
    counts.rows += stored;
    counts.copies += kind === 'copies' ? held : 0;
    at += value.length;
  }
  return {
    seed,
    keysFolder: dataDir,
    files,
    expected,
    ...counts,
    head,
    body,
    record({ partition, kind, at: from, bytes }) {
      const value = new Uint8Array(bytes);
      readSync(file, value, 0, bytes, from);
      return { partition, key: null, headers: { kind }, value };
    },
    close() {
      closeSync(file);
      rmSync(path);
    },
  };
}
