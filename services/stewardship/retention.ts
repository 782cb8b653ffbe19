/**
 * Deletes what is due. The identities of a step are written down first, in bounded pieces, so that every part of a table and
 * every server deletes the same ones; interrupted anywhere, the next run finds what is left.
 */
import { randomUUID } from 'node:crypto';
import type { RetentionConfig } from '../../schemas/config.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Store } from '../store/client.ts';
import { ownTable } from '../store/cluster-form.ts';
import { quoted } from './policy.ts';
import { type RetentionStep, type RetentionTable, retentionSteps } from './retention-steps.ts';

export interface RetentionOptions {
  readonly config: RetentionConfig;
  /** Moment that ages are counted from. */
  readonly nowMs: number;
  readonly actor: string;
  /** Only counts. */
  readonly dryRun?: boolean;
  readonly cluster?: string | undefined;
  /** Identities of one deletion; tests make it small. */
  readonly pieceMax?: number;
}

export interface StepCount {
  readonly step: string;
  /** Identities that were deleted, or would be. */
  readonly deleted: number;
  /** Identities whose time is up and that a hold keeps. */
  readonly held: number;
}

export interface RetentionRun {
  readonly runId: string;
  readonly at: string;
  readonly dryRun: boolean;
  readonly steps: readonly StepCount[];
}

/** Identities of one deletion: they are a set in the store's memory. */
export const PIECE_MAX = 1_000_000;
/** Deletions of one step; what is due beyond them goes with the next run. */
const PIECES_MAX = 1_000;

/** @throws RastroError of the area STORE, or RAS-OPS-RETENTION-STUCK when a deletion leaves what it should delete. */
export async function runRetention(store: Store, options: RetentionOptions): Promise<RetentionRun> {
  const { config, nowMs, dryRun = false } = options;
  const runId = randomUUID();
  const at = new Date(nowMs).toISOString();
  const steps: StepCount[] = [];
  for (const step of retentionSteps(config, nowMs)) {
    const { due, held } = await counted(store, step);
    const deleted = dryRun ? due : await deletedBy(store, step, runId, options);
    steps.push({ step: step.name, deleted, held });
    if (!dryRun) {
      await store.insertRows('retention_runs', [
        {
          run_id: runId,
          step: step.name,
          revision: 0,
          at,
          actor: options.actor,
          deleted,
          held,
          policy: JSON.stringify(config),
        },
      ]);
    }
  }
  return { runId, at, dryRun, steps };
}

async function counted(store: Store, { due }: RetentionStep): Promise<{ due: number; held: number }> {
  const [row] = await store.queryRows<{ free: string; kept: string }>(
    `SELECT countIf(due.held = 0) AS free, countIf(due.held != 0) AS kept FROM (${due}) AS due`,
  );
  return { due: Number(row?.free), held: Number(row?.kept) };
}

async function deletedBy(
  store: Store,
  step: RetentionStep,
  runId: string,
  { cluster, pieceMax = PIECE_MAX }: RetentionOptions,
): Promise<number> {
  const ofPiece = (piece: string) => `run_id = ${quoted(runId)} AND step = ${quoted(piece)}`;
  let deleted = 0;
  for (let n = 0; n < PIECES_MAX; n++) {
    const piece = `${step.name}.${n}`;
    await store.command(
      `INSERT INTO retention_keys (run_id, step, key_1, key_2, revision)
       SELECT ${quoted(runId)}, ${quoted(piece)}, key_1, key_2, 0 FROM (${step.due}) WHERE held = 0 LIMIT ${pieceMax}`,
    );
    const [count] = await store.queryRows<{ n: string }>(
      `SELECT count() AS n FROM retention_keys FINAL WHERE ${ofPiece(piece)}`,
    );
    const size = Number(count?.n);
    if (size > 0) {
      for (const table of step.tables)
        await store.command(deletionOf(table, `retention_keys WHERE ${ofPiece(piece)}`, cluster));
      await store.command(deleteStatement('retention_keys', ofPiece(piece), cluster));
    }
    deleted += size;
    if (size < pieceMax) return deleted;
  }
  throw new RastroError('RAS-OPS-RETENTION-STUCK', {
    table: step.name,
    detail: `more than ${PIECES_MAX} deletions of ${pieceMax} identities`,
  });
}

/** Deletes what of a table has the identities that stand in `from`. */
export function deletionOf(
  { table, columns, besides }: RetentionTable,
  from: string,
  cluster: string | undefined,
): string {
  const keys = `(SELECT ${columns.length === 1 ? 'key_1' : 'key_1, key_2'} FROM ${from})`;
  if (besides === undefined) return deleteStatement(table, `(${columns.join(', ')}) IN ${keys}`, cluster);
  const places = columns.map((_, i) => `k${i}`).join(', ');
  const lists = columns.join(', ');
  const kept = [...columns, ...besides].map(
    (list) => `${list} = arrayFilter((each, ${places}) -> (${places}) NOT IN ${keys}, ${list}, ${lists})`,
  );
  return mutation(
    table,
    `UPDATE ${kept.join(', ')} WHERE arrayExists((${places}) -> (${places}) IN ${keys}, ${lists})`,
    cluster,
  );
}

/** Rewrites the parts without the rows, and waits until all servers have. */
function deleteStatement(table: string, where: string, cluster: string | undefined): string {
  return mutation(table, `DELETE WHERE ${where}`, cluster);
}

function mutation(table: string, action: string, cluster: string | undefined): string {
  const { target } = ownTable(table, cluster);
  // The set was written down: it is the same wherever it is read, which the store cannot know.
  const settings = cluster === undefined ? '' : ', allow_nondeterministic_mutations = 1';
  return `ALTER TABLE ${target} ${action} SETTINGS mutations_sync = 2${settings}`;
}
