/**
 * The data of trials: read once into a log of a temporary folder, gone over again under other rules. Where two sets stamp rows
 * otherwise (lists, lexicons, rates, thresholds) a feed is read again, for stamps are made when a row comes in.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { deriveKeys, SECRET_BYTES_MIN } from '../../pipelines/ingest/keys.ts';
import type { BlockLog, RecordKind } from '../../pipelines/log/port.ts';
import { contentHash } from '../../schemas/ids.ts';
import type { Mapping } from '../../schemas/mapping.ts';
import { openFileLog } from '../log/file/file-log.ts';
import { emptyReport, type FeedReport } from '../workspace/feed-report.ts';
import type { Knowledge } from '../workspace/knowledge.ts';
import { FeedReader } from '../workspace/run-feed.ts';
import { Trial, type TrialLimits, type TrialOutcome } from './trial.ts';

export interface FeedSource {
  readonly kind: 'feed';
  readonly files: readonly string[];
  /** Bytes of the files, for progress. */
  readonly bytes: number;
  readonly mapping: Mapping;
  readonly parties: readonly string[];
  readonly partiesMapping: Mapping;
  readonly institution?: string;
}

/** Rows as they were stored: stamped when they came in. */
export interface HistorySource {
  readonly kind: 'history';
  readonly records: () => AsyncIterable<{ readonly kind: RecordKind; readonly payload: Uint8Array }>;
}

export type TrialSource = FeedSource | HistorySource;

export interface TrialRun extends TrialOutcome {
  /** What became of the lines of a feed; null where it was not read this time, or there is none. */
  readonly report: FeedReport | null;
}

/** Called with what is done of all; 0 where that is unknown. */
export type TrialProgress = (done: number, all: number, unit: 'bytes' | 'records') => void;

/** What of a set goes into the stamps of rows. */
function stampsOf({ files }: Knowledge): string {
  const texts = Object.entries(files.texts).filter(([path]) => !/^(catalogue|composites|peers)\//.test(path));
  return contentHash([texts, files.rates]);
}

export class TrialData {
  /** Of the pseudonyms of a feed: made for these trials, kept nowhere. */
  readonly keys = deriveKeys(randomBytes(SECRET_BYTES_MIN));
  readonly #folder: string;
  readonly #source: TrialSource;
  readonly #limits: TrialLimits;
  readonly #logs = new Map<string, BlockLog>();
  #trials = 0;

  /** `folder` is the data's own; who made it removes it, after `close`. */
  constructor(folder: string, source: TrialSource, limits: TrialLimits) {
    this.#folder = folder;
    this.#source = source;
    this.#limits = limits;
  }

  /**
   * What stands under the rules over all of the data, or as much of it as the limits let through. `inspect` sees the trial before it
   * is closed.
   */
  async run(
    knowledge: Knowledge,
    onProgress: TrialProgress = () => undefined,
    inspect: (trial: Trial, outcome: TrialOutcome) => void | Promise<void> = () => undefined,
  ): Promise<TrialRun> {
    const stamps = this.#source.kind === 'feed' ? stampsOf(knowledge) : '';
    const known = this.#logs.get(stamps);
    const number = this.#trials++;
    const log = known ?? (await openFileLog(join(this.#folder, `log-${number}`), 'transactions'));
    this.#logs.set(stamps, log);
    const folder = join(this.#folder, `trial-${number}`);
    const trial = await Trial.open({ folder, knowledge, keys: this.keys, limits: this.#limits, log });
    try {
      let report: FeedReport | null = null;
      if (known !== undefined) await trial.replay((done, all) => onProgress(done, all, 'records'));
      else if (this.#source.kind === 'feed') report = await readFeed(trial, this.#source, onProgress);
      else await readRecords(trial, this.#source, onProgress);
      const outcome = await trial.outcome();
      await inspect(trial, outcome);
      return { ...outcome, report };
    } finally {
      await trial.close();
    }
  }

  /** The log that was filled first; undefined before. */
  get log(): BlockLog | undefined {
    return [...this.#logs.values()][0];
  }

  async close(): Promise<void> {
    for (const log of this.#logs.values()) await log.close();
  }
}

async function readFeed(trial: Trial, source: FeedSource, onProgress: TrialProgress): Promise<FeedReport> {
  const report = emptyReport();
  const reader = new FeedReader({
    workspace: trial,
    mapping: source.mapping,
    counts: { signals: 0, alerts: 0, transactions: 0 },
    report,
    onProgress: (_rows, bytes) => onProgress(bytes, source.bytes, 'bytes'),
    isEnough: () => trial.isEnoughAt(report.accepted),
    ...(source.institution === undefined ? {} : { institution: source.institution }),
  });
  for (const file of source.parties) await reader.parties(file, source.partiesMapping);
  for (const file of source.files) if (!trial.isEnough) await reader.transactions(file);
  return report;
}

async function readRecords(trial: Trial, source: HistorySource, onProgress: TrialProgress): Promise<void> {
  let done = 0;
  for await (const { kind, payload } of source.records()) {
    if (trial.isEnough) break;
    await trial.takeRecord(kind, payload);
    onProgress(++done, 0, 'records');
  }
}
