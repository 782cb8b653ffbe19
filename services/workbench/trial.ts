/**
 * A run on trial: the engine that runs in production, over a feed or over records of a log, in a folder of its own that goes
 * with it. Nothing is stored, nothing that is live is opened for writing. What stands at the end is in memory; so are the
 * limits that keep a trial from taking the machine.
 */
import { join } from 'node:path';
import type { Detection, SilentQuestion } from '../../pipelines/detect/detection.ts';
import type { SilentReading } from '../../pipelines/detect/detector.ts';
import { OUTCOME } from '../../pipelines/detect/hot/row-ledger.ts';
import type { Engine } from '../../pipelines/engine/engine.ts';
import type { ClosedBlock } from '../../pipelines/ingest/columns/open-block.ts';
import type { DataKeys } from '../../pipelines/ingest/keys.ts';
import { ALWAYS_MS } from '../../pipelines/ingest/party-record.ts';
import { Documents } from '../../pipelines/log/documents.ts';
import type { BlockLog, RecordKind } from '../../pipelines/log/port.ts';
import type { Alert } from '../../schemas/alert.ts';
import { BlockReader } from '../../schemas/block-reader.ts';
import type { Signal } from '../../schemas/signal.ts';
import { openColdFile } from '../state/disk-cold-file.ts';
import { openDetection } from '../workspace/detection.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { LIMITS } from '../workspace/limits.ts';
import { decodeReference } from '../workspace/reference-record.ts';
import type { FeedTarget } from '../workspace/run-feed.ts';
import { WorkspaceState } from '../workspace/state.ts';
import { decodeWatermark } from '../workspace/watermark-record.ts';

/** What a trial may take. */
export interface TrialLimits {
  /** Rows taken in. */
  readonly rows: number;
  /** Milliseconds of wall time. */
  readonly ms: number;
  /** Bytes of memory of the process. */
  readonly bytes: number;
}

export type TrialStop = 'rows' | 'seconds' | 'memory';

/** What the rows were that a trial took in. */
export interface TrialRows {
  readonly rows: number;
  /** Different accounts that pay or are paid. */
  readonly accounts: number;
  /** Event times, or null without rows. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
}

export interface TrialOutcome extends TrialRows {
  readonly signals: readonly Signal[];
  readonly alerts: readonly Alert[];
  /** CPU time of the engine, in nanoseconds: taking in, detecting, composing. */
  readonly cpuNs: number;
  /** Party records, and how many of them say from when they hold. */
  readonly parties: { readonly all: number; readonly dated: number };
  /** Which limit ended it before its end; null where it came to its end. */
  readonly stopped: TrialStop | null;
}

/** The id of the dictionary of keys in a block. */
const KEYS = 1;
const NOTHING_KNOWN = { queryRows: async () => [] };
const NOTHING_WRITTEN = { rows: async () => undefined };

const cpuNs = (): number => {
  const { user, system } = process.cpuUsage();
  return 1_000 * (user + system);
};

/** Counts rows, accounts and time of blocks. */
class RowsSeen {
  rows = 0;
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;
  readonly accounts = new Set<string>();

  take(bytes: Uint8Array): void {
    const block = new BlockReader(bytes);
    this.rows += block.rows;
    if (block.rows === 0) return;
    for (const time of block.integers('event_time')) {
      if (time < this.firstMs) this.firstMs = time;
      if (time > this.lastMs) this.lastMs = time;
    }
    const { offsets, bytes: texts } = block.dictionary('debtor_account', KEYS);
    for (const column of ['debtor_account', 'creditor_account'] as const) {
      for (const code of new Set(block.codes(column, 'keys', block.rows)?.subarray(0, block.rows))) {
        const text = Buffer.from(texts.subarray(offsets[code], offsets[code + 1])).toString('latin1');
        if (text !== '') this.accounts.add(text);
      }
    }
  }
}

export interface TrialOptions {
  /** Empty, the trial's own; who made it removes it. */
  readonly folder: string;
  readonly knowledge: Knowledge;
  /** Of pseudonyms: trials that are compared have the same. */
  readonly keys: DataKeys;
  readonly limits: TrialLimits;
  /** To be filled, or gone over again by `replay`. */
  readonly log: BlockLog;
}

export class Trial implements FeedTarget {
  readonly state: WorkspaceState;
  readonly keys: DataKeys;
  readonly log: BlockLog;
  readonly limits = LIMITS;
  readonly store = NOTHING_KNOWN;
  readonly writer = NOTHING_WRITTEN;
  readonly #engine: Engine;
  readonly #detection: Detection;
  readonly #renewed: ReturnType<typeof openColdFile>;
  readonly #bounds: TrialLimits;
  readonly #standing = new Map<string, { signals: readonly Signal[]; alerts: readonly Alert[] }>();
  readonly #seen = new RowsSeen();
  readonly #startMs = performance.now();
  readonly #startCpu = cpuNs();
  readonly #parties = { all: 0, dated: 0 };
  #waiting = 0;
  #stopped: TrialStop | null = null;

  private constructor(parts: {
    state: WorkspaceState;
    keys: DataKeys;
    log: BlockLog;
    detection: Detection;
    renewed: ReturnType<typeof openColdFile>;
    bounds: TrialLimits;
  }) {
    this.state = parts.state;
    this.keys = parts.keys;
    this.log = parts.log;
    this.#engine = parts.state.engine;
    this.#detection = parts.detection;
    this.#renewed = parts.renewed;
    this.#bounds = parts.bounds;
  }

  /** @throws RastroError of the areas ENGINE and CONFIG */
  static async open({ folder, knowledge, keys, limits, log }: TrialOptions): Promise<Trial> {
    const stateDir = join(folder, 'state');
    const renewed = openColdFile(stateDir, 'renewed');
    const detection = await openDetection({
      knowledge,
      seed: keys.hashSeed,
      stateDir,
      limits: LIMITS,
      threads: 1,
    });
    const state = new WorkspaceState(knowledge, { detection, documents: new Documents(log, renewed) });
    return new Trial({ state, keys, log, detection, renewed, bounds: limits });
  }

  /** True once a limit was reached: nothing more is taken in. */
  get isEnough(): boolean {
    return this.#stopped !== null;
  }

  /** To be asked before each row that is read: `rows` were read so far. */
  isEnoughAt(rows: number): boolean {
    if (rows >= this.#bounds.rows) this.#stopped ??= 'rows';
    return this.#stopped !== null;
  }

  async appendReference(payload: Uint8Array): Promise<void> {
    const offset = await this.log.append('reference', payload);
    await this.#apply('reference', offset, payload);
  }

  async appendRows(block: ClosedBlock): Promise<number> {
    const offset = this.log.end;
    return this.takeBlock(block.bytes(offset));
  }

  /** Appends a block as it is. Returns how many of its rows were late. */
  async takeBlock(payload: Uint8Array): Promise<number> {
    const offset = await this.log.append('transactions', payload);
    const late = await this.#apply('transactions', offset, payload);
    if (++this.#waiting >= this.limits.groupRecords) await this.writeGroup();
    this.#measure();
    return late;
  }

  /** Takes a record of another log over. Rule sets of that log are left out: the trial has its own. */
  async takeRecord(kind: RecordKind, payload: Uint8Array): Promise<void> {
    if (kind === 'transactions') await this.takeBlock(payload);
    else if (kind === 'reference') await this.appendReference(payload);
    else if (kind === 'watermark') await this.#apply(kind, await this.log.append(kind, payload), payload);
  }

  /** Goes over the records of the log that the trial was opened with. */
  async replay(onRecord?: (done: number, all: number) => void): Promise<void> {
    const all = this.log.end;
    for await (const { offset, kind, payload } of this.log.read(0)) {
      if (this.isEnough) break;
      await this.#apply(kind, offset, payload);
      if (kind === 'transactions' && ++this.#waiting >= this.limits.groupRecords) await this.writeGroup();
      this.#measure();
      onRecord?.(offset + 1, all);
    }
  }

  /** Evaluates what waits. */
  async writeGroup(): Promise<void> {
    this.#waiting = 0;
    if (!this.#engine.hasWork) return;
    for (const { source, signals, alerts } of await this.#engine.flush()) {
      if (signals.length === 0 && alerts.length === 0) this.#standing.delete(source);
      else this.#standing.set(source, { signals, alerts });
    }
  }

  /** What stands over all that was taken in. */
  async outcome(): Promise<TrialOutcome> {
    await this.writeGroup();
    const { rows, accounts, firstMs, lastMs } = this.#seen;
    const signals: Signal[] = [];
    const alerts: Alert[] = [];
    for (const standing of this.#standing.values()) {
      signals.push(...standing.signals);
      alerts.push(...standing.alerts);
    }
    return {
      rows,
      accounts: accounts.size,
      firstMs: rows === 0 ? null : firstMs,
      lastMs: rows === 0 ? null : lastMs,
      signals,
      alerts,
      cpuNs: cpuNs() - this.#startCpu,
      parties: { ...this.#parties },
      stopped: this.#stopped,
    };
  }

  /** Different accounts that pay or are paid, as subjects are called. */
  accounts(): Iterable<string> {
    return this.#seen.accounts;
  }

  /** What rules said of subjects without firing, as of the events that are asked for. */
  async silentReadings(questions: readonly SilentQuestion[]): Promise<readonly (readonly SilentReading[])[]> {
    return this.#detection.silentReadings(questions);
  }

  async close(): Promise<void> {
    await this.#detection.close();
    this.#renewed.close();
  }

  async #apply(kind: RecordKind, offset: number, payload: Uint8Array): Promise<number> {
    if (kind === 'reference') {
      const record = decodeReference(payload);
      this.#parties.all += record.parties.length;
      this.#parties.dated += record.parties.filter(({ validFromMs }) => validFromMs !== ALWAYS_MS).length;
      await this.state.applyReference(record, offset, () => undefined);
      return 0;
    }
    if (kind === 'watermark') {
      const { timeMs, institution } = decodeWatermark(payload);
      await this.#engine.step({ kind: 'watermark', timeMs, institution });
      return 0;
    }
    const outcomes = await this.#engine.step({ kind: 'transactions', block: payload, offset });
    this.#seen.take(payload);
    return outcomes.filter((outcome) => outcome === OUTCOME.LATE).length;
  }

  #measure(): void {
    if (this.#seen.rows >= this.#bounds.rows) this.#stopped ??= 'rows';
    if (performance.now() - this.#startMs >= this.#bounds.ms) this.#stopped ??= 'seconds';
    if (process.memoryUsage.rss() >= this.#bounds.bytes) this.#stopped ??= 'memory';
  }
}
