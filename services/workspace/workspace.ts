/**
 * The workspace: a data folder opened for work. Embedded ClickHouse, file log, secret, engine; recovered so that what
 * memory holds is exactly what the log's marked records made of it.
 *
 * Recovery reads the log from the beginning. Records that a marker covers go into the effective set without being
 * evaluated, for their signals are stored; records without a marker are processed again in full.
 */
import { createHash, type Hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Eventually } from '../../pipelines/detect/detection.ts';
import { OUTCOME } from '../../pipelines/detect/hot/row-ledger.ts';
import type { ClosedBlock } from '../../pipelines/ingest/columns/open-block.ts';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { BlockLog, RecordKind } from '../../pipelines/log/port.ts';
import type { ColdFile } from '../../pipelines/state/cold-file.ts';
import { ALWAYS_MS } from '../../rules/compiler/index.ts';
import { RastroError } from '../../schemas/errors/index.ts';
import { startEmbedded } from '../embedded/start.ts';
import { openFileLog } from '../log/file/file-log.ts';
import { openColdFile } from '../state/disk-cold-file.ts';
import { openStore, type Store } from '../store/client.ts';
import { migrate } from '../store/migrate.ts';
import { openDetection } from './detection.ts';
import type { Knowledge } from './knowledge.ts';
import { LIMITS, type WorkspaceLimits } from './limits.ts';
import { decodeReference } from './reference-record.ts';
import { encodeRules } from './rule-record.ts';
import { RecordedSets, type RuleTimeline } from './rule-timeline.ts';
import { openSecret } from './secret.ts';
import { WorkspaceState } from './state.ts';
import { loadStored } from './stored.ts';
import { decodeWatermark, encodeWatermark } from './watermark-record.ts';
import { type AfterWrite, type WriteCounts, Writer } from './writer.ts';

const LOG_NAME = 'transactions';
/** Of the data folder, for what is not worth memory; emptied at the start. */
const STATE_FOLDER = 'state';

export interface WorkspaceOptions {
  readonly dataDir: string;
  /** The rules to evaluate under. Where the log's newest set is another one, they take the place of all recorded sets. */
  readonly knowledge: Knowledge;
  /**
   * What of the sets recorded in the log stays in force whatever `knowledge` says: `activated` only where the newest was
   * activated from a time on, `any` where there is one. Default: nothing.
   */
  readonly keepRules?: 'activated' | 'any';
  readonly afterWrite?: AfterWrite;
  /** Smaller ones make a small feed take every path of a large one. */
  readonly limits?: Partial<WorkspaceLimits>;
  /** Threads to work with, 1 .. THREADS_MAX; default 1. What stands does not depend on it. */
  readonly threads?: number;
  /** Called while the log is read, with records done of all. */
  readonly onRecovery?: (done: number, total: number) => void;
}

/** Log records that were applied but whose results are not written yet. */
interface Pending {
  from: number;
  to: number;
  rows: number;
  /** Rows of the blocks of transactions, by offset. */
  readonly blocks: Map<number, number>;
  /** Blocks of rows that were stamped anew, which lie beside the log. */
  readonly renewed: { readonly position: number; readonly bytes: number; readonly rows: number }[];
  /** Over the payloads of the records, in order. */
  readonly checksum: Hash;
}

type Closer = () => Eventually<void>;

/** Closes all of them, the one opened last first. @throws what the first that failed threw, once the others are closed. */
async function closeAll(opened: readonly Closer[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of opened.toReversed()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

export class Workspace {
  readonly state: WorkspaceState;
  readonly keys: DataKeys;
  readonly store: Store;
  readonly log: BlockLog;
  readonly writer: Writer;
  readonly limits: WorkspaceLimits;
  /** Rows that were stamped anew, as blocks and one by one. */
  readonly #renewed: ColdFile;
  readonly #opened: readonly Closer[];
  readonly #after: AfterWrite;
  #pending: Pending | undefined;
  /** The log holds a rule set. */
  #knowsRules = false;
  /** Sources that the store knows and memory does not: brought up to date before anything is composed. */
  #cold: Set<string>;

  constructor(parts: {
    state: WorkspaceState;
    keys: DataKeys;
    store: Store;
    log: BlockLog;
    writer: Writer;
    renewed: ColdFile;
    /** What is to be closed, the last one first. */
    opened: readonly Closer[];
    limits: WorkspaceLimits;
    afterWrite: AfterWrite;
  }) {
    this.state = parts.state;
    this.keys = parts.keys;
    this.store = parts.store;
    this.log = parts.log;
    this.writer = parts.writer;
    this.limits = parts.limits;
    this.#renewed = parts.renewed;
    this.#opened = parts.opened;
    this.#after = parts.afterWrite;
    this.#cold = new Set([...parts.writer.signals.sources, ...parts.writer.alerts.sources]);
  }

  /** Appends a reference record and applies it; its effect is written with the next group. */
  async appendReference(payload: Uint8Array): Promise<void> {
    const offset = await this.#append('reference', payload);
    await this.#applyReference(offset, payload);
  }

  /**
   * Appends an empty block: event time has come to `timeMs`, of one institution or for everybody (`schemas/watermark.ts`). Rows of
   * streams that waited for it are evaluated with the next group.
   */
  async appendWatermark(timeMs: number, institution: string | null): Promise<void> {
    const payload = encodeWatermark({ timeMs, institution });
    const offset = await this.#append('watermark', payload);
    await this.#applyWatermark(offset, payload);
  }

  /** Appends a block of rows that are new, and applies it. Returns how many were late. */
  async appendRows(block: ClosedBlock, counts: WriteCounts): Promise<number> {
    const offset = this.log.end;
    const payload = block.bytes(offset);
    await this.#append('transactions', payload);
    const late = await this.#applyRows(offset, payload);
    const pending = this.#pending;
    if (pending !== undefined && pending.to - pending.from + 1 >= this.limits.groupRecords) {
      await this.writeGroup(counts);
    }
    return late;
  }

  /** Brings signals and alerts up to date and writes them with everything applied since the last marker. */
  async writeGroup(counts: WriteCounts): Promise<void> {
    if (this.state.engine.hasWork) await this.#writeStanding(counts);
    const pending = this.#pending;
    if (pending === undefined) return;
    await this.#writeRows(pending, counts);
    await this.writer.marker({
      log: this.log.name,
      from: pending.from,
      to: pending.to,
      rows: pending.rows,
      checksum: pending.checksum.digest('hex'),
    });
    this.#pending = undefined;
  }

  /**
   * Records a rule set and puts it in force; its effect is written with the next group.
   * @throws RastroError RAS-RULES-SETS, RAS-RULES-RECORD-SIZE; nothing is recorded then.
   */
  async appendRules(knowledge: Knowledge): Promise<void> {
    const timeline = this.state.timeline.with(knowledge);
    const payload = encodeRules(knowledge);
    const offset = await this.#append('rules', payload);
    this.#pendingFrom(offset).checksum.update(payload);
    await this.#useRules(timeline);
  }

  /** What stands would be different under the set, without a trace of it anywhere. The workspace is of no use after. */
  async previewRules(knowledge: Knowledge): Promise<WriteCounts> {
    await this.#useRules(this.state.timeline.with(knowledge));
    this.#warm();
    const { signals, alerts } = await this.writer.writesOf(await this.state.engine.flush());
    return { signals: signals.length, alerts: alerts.length, transactions: 0 };
  }

  async close(): Promise<void> {
    await closeAll(this.#opened);
  }

  async #append(kind: RecordKind, payload: Uint8Array): Promise<number> {
    const offset = await this.log.append(kind, payload);
    await this.#after(`log:${kind}`);
    return offset;
  }

  async #writeStanding(counts: WriteCounts): Promise<void> {
    this.#warm();
    await this.writer.standing(await this.state.engine.flush(), counts);
  }

  /** The rows of the records, as the log holds them, then those that were stamped anew. */
  async #writeRows({ from, to, blocks, renewed }: Pending, counts: WriteCounts): Promise<void> {
    if (blocks.size > 0) {
      for await (const { offset, payload } of this.log.read(from)) {
        if (offset > to) break;
        const rows = blocks.get(offset);
        if (rows !== undefined) await this.writer.transactions({ ipcStream: payload, rows }, counts);
      }
    }
    for (const { position, bytes, rows } of renewed) {
      const block = new Uint8Array(bytes);
      this.#renewed.read(position, block);
      await this.writer.transactions({ ipcStream: block, rows }, { ...counts });
      this.#renewed.release(position, bytes);
    }
  }

  #warm(): void {
    for (const source of this.#cold) this.state.engine.warm(source);
    this.#cold.clear();
  }

  async #useRules(timeline: RuleTimeline): Promise<void> {
    // Without a set in the log nobody knows under which one its rows were evaluated.
    const fromMs = this.#knowsRules ? timeline.differsFrom(this.state.timeline) : Number.NEGATIVE_INFINITY;
    this.#knowsRules = true;
    await this.state.useRules(timeline, fromMs);
    // What stands and rests on no subject of the new rules is reported too.
    if (fromMs <= this.state.rows.highestTime) this.#warm();
  }

  #pendingFrom(offset: number): Pending {
    this.#pending ??= {
      from: offset,
      to: offset,
      rows: 0,
      blocks: new Map(),
      renewed: [],
      checksum: createHash('sha256'),
    };
    this.#pending.to = offset;
    return this.#pending;
  }

  async #applyReference(offset: number, payload: Uint8Array): Promise<void> {
    const pending = this.#pendingFrom(offset);
    pending.checksum.update(payload);
    await this.state.applyReference(decodeReference(payload), offset, (block, rows) => {
      pending.renewed.push({ position: this.#renewed.append(block), bytes: block.length, rows });
    });
  }

  async #applyWatermark(offset: number, payload: Uint8Array): Promise<void> {
    this.#pendingFrom(offset).checksum.update(payload);
    await this.#tell(payload);
  }

  async #tell(payload: Uint8Array): Promise<void> {
    const { timeMs, institution } = decodeWatermark(payload);
    await this.state.engine.step({ kind: 'watermark', timeMs, institution });
  }

  /** Returns how many rows were late. */
  async #applyRows(offset: number, payload: Uint8Array): Promise<number> {
    const outcomes = await this.state.engine.step({ kind: 'transactions', block: payload, offset });
    const pending = this.#pendingFrom(offset);
    pending.checksum.update(payload);
    pending.rows += outcomes.length;
    pending.blocks.set(offset, outcomes.length);
    return outcomes.filter((outcome) => outcome === OUTCOME.LATE).length;
  }

  /** Reads the log: marked records silently, the rest as if it had just come in. Its results are not written yet. */
  async recover(markedUntil: number, onRecovery?: WorkspaceOptions['onRecovery']): Promise<RecordedSets> {
    const total = this.log.end;
    const recorded = new RecordedSets();
    for await (const { offset, kind, payload } of this.log.read(0)) {
      if (kind === 'reference') {
        if (offset <= markedUntil)
          await this.state.applyReference(decodeReference(payload), offset, () => undefined);
        else await this.#applyReference(offset, payload);
      } else if (kind === 'rules') {
        recorded.read(payload);
        const timeline = recorded.timeline ?? this.state.timeline;
        if (offset <= markedUntil) {
          this.#knowsRules = true;
          await this.state.useRules(timeline, timeline.differsFrom(this.state.timeline));
          // In force at once: what comes until the last marker would otherwise be taken in under both.
          await this.state.engine.step({ kind: 'settle' });
        } else {
          this.#pendingFrom(offset).checksum.update(payload);
          await this.#useRules(timeline);
        }
      } else if (kind === 'watermark') {
        if (offset <= markedUntil) await this.#tell(payload);
        else await this.#applyWatermark(offset, payload);
      } else if (offset <= markedUntil) {
        await this.state.engine.step({ kind: 'transactions', block: payload, offset });
      } else await this.#applyRows(offset, payload);
      if (offset === markedUntil) await this.state.engine.step({ kind: 'settle' });
      onRecovery?.(offset + 1, total);
    }
    return recorded;
  }
}

/**
 * Opens a data folder: starts its store, migrates, recovers.
 * @throws RastroError of the areas STORE and ENGINE.
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { dataDir, knowledge } = options;
  const keys = await openSecret(dataDir);
  /** What is open, to be closed the other way round where the rest does not open. */
  const opened: Closer[] = [];
  try {
    const embedded = await startEmbedded({ dataDir });
    opened.push(() => embedded.stop());
    const store = openStore({ url: embedded.url, key: embedded.key });
    opened.push(() => store.close());
    await migrate(store);
    const log = await openFileLog(join(dataDir, 'log'), LOG_NAME);
    opened.push(() => log.close());
    const afterWrite = options.afterWrite ?? (() => undefined);
    const writer = new Writer(store, afterWrite);
    const stored = await loadStored(store, writer, log.name);
    if (stored.markedUntil >= log.end) {
      throw new RastroError('RAS-ENGINE-LOG-BEHIND', { end: log.end, marked: stored.markedUntil });
    }
    if (stored.pseudonymKeyId !== undefined && stored.pseudonymKeyId !== keys.pseudonymKeyId) {
      throw new RastroError('RAS-ENGINE-KEY-MISMATCH');
    }
    const limits = { ...LIMITS, ...options.limits };
    const stateDir = join(dataDir, STATE_FOLDER);
    await rm(stateDir, { recursive: true, force: true });
    const renewed = openColdFile(stateDir, 'renewed');
    opened.push(() => renewed.close());
    const { threads = 1 } = options;
    const detection = await openDetection({ knowledge, seed: keys.hashSeed, stateDir, limits, threads });
    opened.push(() => detection.close());
    const state = new WorkspaceState(knowledge, { detection, documents: new Documents(log, renewed) });
    const workspace = new Workspace({
      state,
      keys,
      store,
      log,
      writer,
      renewed,
      opened,
      limits,
      afterWrite,
    });
    const counts: WriteCounts = { signals: 0, alerts: 0, transactions: 0 };
    const recorded = await workspace.recover(stored.markedUntil, options.onRecovery);
    if (stored.pseudonymKeyId === undefined) {
      const doc = JSON.stringify({ pseudonymKeyId: keys.pseudonymKeyId });
      await writer.rows('engine_state', [{ key: 'workspace', revision: stored.stateRevision + 1, doc }]);
    }
    const { newest } = recorded;
    const isKept =
      newest !== undefined &&
      (options.keepRules === 'any' ||
        (options.keepRules === 'activated' && newest.activeFrom !== ALWAYS_MS) ||
        newest.sha256 === knowledge.hash);
    if (isKept) recorded.requireWhole();
    else await workspace.appendRules(knowledge);
    await workspace.writeGroup(counts);
    return workspace;
  } catch (error) {
    // Why it did not open is what is to be told, not what goes wrong on the way out.
    await closeAll(opened).catch(() => undefined);
    throw error;
  }
}
