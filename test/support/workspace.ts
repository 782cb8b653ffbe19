/** Real workspaces for tests: data folders that share one secret, runs into them, and what their stores hold. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RastroError } from '../../schemas/errors/index.ts';
import { loadMapping } from '../../services/feeds/mappings.ts';
import type { Store } from '../../services/store/client.ts';
import { emptyReport, type FeedReport } from '../../services/workspace/feed-report.ts';
import {
  compileKnowledge,
  type Knowledge,
  type KnowledgeOptions,
  readKnowledgeFiles,
} from '../../services/workspace/knowledge.ts';
import type { WorkspaceLimits } from '../../services/workspace/limits.ts';
import { FeedReader } from '../../services/workspace/run-feed.ts';
import { openWorkspace } from '../../services/workspace/workspace.ts';
import type { WriteCounts } from '../../services/workspace/writer.ts';
import { writeSmallRules } from './small-world.ts';

/** Tables that a run writes, the vault and the receipts included. */
const TABLES = [
  'transactions',
  'signals',
  'alerts',
  'alert_versions',
  'block_markers',
  'engine_state',
  'submissions',
  'rejects',
  'vault',
] as const;

/** What stands, in full: a run that differs in one value of one document differs here. */
const STANDING = {
  signals:
    'SELECT id, version, rule, evidence_hash, strength_milli, content_hash FROM signals_standing ORDER BY id',
  alerts:
    "SELECT id, version, typology, subject, score_milli, content_hash, JSONExtractRaw(doc, 'roles') AS roles FROM alerts_standing ORDER BY id",
  // Whole rows but for where they came from: which file and line brought a row is no part of what is known.
  transactions: `SELECT institution, id, version, withdrawn, content_hash,
       replaceRegexpAll(doc, '"(submissionId|line)":("[^"]*"|[0-9]+),?', '') AS doc FROM transactions_effective ORDER BY institution, id`,
  versions:
    'SELECT institution, id, version, content_hash FROM transactions_current ORDER BY institution, id, version',
  // Of every alert that stands its version must be on record too.
  unrecorded:
    'SELECT id, version FROM alerts_standing WHERE (id, version) NOT IN (SELECT id, version FROM alert_versions)',
} as const;

export type Standing = Record<keyof typeof STANDING, readonly Record<string, unknown>[]>;

export async function standingOf(store: Store): Promise<Standing> {
  const out: Partial<Standing> = {};
  for (const [name, sql] of Object.entries(STANDING))
    out[name as keyof Standing] = await store.queryRows(sql);
  return out as Standing;
}

/** Stored rows of every table, those that a merge would remove included. */
export async function rowCounts(store: Store): Promise<Record<string, number>> {
  const out: Record<string, number> = {};
  for (const table of TABLES) {
    const [row] = await store.queryRows<{ n: string }>(`SELECT count() AS n FROM ${table}`);
    out[table] = Number(row?.n);
  }
  return out;
}

/** Merges all that there is to merge, so that the rows of `rowCounts` change by what is written, and by nothing else. */
export async function mergeTables(store: Store): Promise<void> {
  for (const table of TABLES) await store.command(`OPTIMIZE TABLE ${table} FINAL`);
}

const compiled = new Map<string, Knowledge>();

/** The rules as they are now: files that say the same are compiled once in a process. */
export async function knowledgeOf(options: KnowledgeOptions = {}): Promise<Knowledge> {
  const files = await readKnowledgeFiles(options);
  const key = JSON.stringify(files);
  const known = compiled.get(key) ?? compileKnowledge(files);
  compiled.set(key, known);
  return known;
}

export interface RunInput {
  readonly dataDir: string;
  readonly knowledge: KnowledgeOptions;
  readonly files?: readonly string[];
  readonly parties?: readonly string[];
  readonly mapping?: string;
  readonly limits?: Partial<WorkspaceLimits>;
  readonly threads?: number;
}

export interface RunOutput {
  readonly report: FeedReport;
  readonly written: WriteCounts;
  readonly standing: Standing;
  readonly rows: Record<string, number>;
}

/** One run of party files, then of files, into a data folder, as `rastro run` does it. */
export async function runInto(input: RunInput): Promise<RunOutput> {
  const knowledge = await knowledgeOf(input.knowledge);
  const mapping = await loadMapping(input.mapping ?? 'canonical');
  const partiesMapping = await loadMapping('canonical-parties');
  const { dataDir, limits = {}, threads = 1 } = input;
  const workspace = await openWorkspace({ dataDir, knowledge, limits, threads });
  try {
    const written: WriteCounts = { signals: 0, alerts: 0, transactions: 0 };
    const report = emptyReport();
    const reader = new FeedReader({ workspace, mapping, counts: written, report });
    for (const file of input.parties ?? []) await reader.parties(file, partiesMapping);
    for (const file of input.files ?? []) await reader.transactions(file);
    await workspace.writeGroup(written);
    return {
      report,
      written,
      standing: await standingOf(workspace.store),
      rows: await rowCounts(workspace.store),
    };
  } finally {
    await workspace.close();
  }
}

/** A folder for one suite: the small rules, and a migrated, empty data folder to copy from. */
export interface Bench {
  readonly rulesDir: string;
  readonly secretFile: string;
  /**
   * A new data folder with the same secret as all others of this bench: equal identities have equal pseudonyms. Empty, or as
   * the closed folder `of` is now.
   */
  dataDir(name: string, of?: string): string;
  /** Writes a file beside the data folders and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  cleanUp(): void;
}

/**
 * Undefined, with the reason printed, where the engine does not load; in CI that is a failure.  */
export async function openBench(): Promise<Bench | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'rastro-test-'));
  const template = join(folder, 'template');
  const rulesDir = writeSmallRules(join(folder, 'rules'));
  try {
    const workspace = await openWorkspace({
      dataDir: template,
      knowledge: await knowledgeOf({ rulesDir }),
    });
    await workspace.close();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    const isMissing = RastroError.is(error) && error.code === 'RAS-STORE-ENGINE-MISSING';
    if (!isMissing || process.env['CI'] === 'true') throw error;
    console.warn(`Skipped: ${error.message}`);
    return undefined;
  }
  return {
    rulesDir,
    secretFile: join(template, 'secret'),
    dataDir(name, of = template) {
      const path = join(folder, name);
      cpSync(of, path, { recursive: true, verbatimSymlinks: true });
      return path;
    },
    file(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    cleanUp: () => rmSync(folder, { recursive: true, force: true }),
  };
}
