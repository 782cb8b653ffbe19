/**
 * What a pool and its workers say to each other. To the workers everything goes through their rings, so that it keeps its
 * place; what they answer is posted.
 */
import type { SilentQuestion } from '../../pipelines/detect/detection.ts';
import type { SilentReading } from '../../pipelines/detect/detector.ts';
import type { SignalVersion } from '../../rules/compiler/index.ts';
import type { Cadence } from '../../schemas/cadence.ts';
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { StateFolder } from '../workspace/hot-detection.ts';
import type { KnowledgeFiles } from '../workspace/knowledge.ts';

/** Kinds of records in the ring of a worker. */
export const RECORD = {
  /** A block of the log. */
  BLOCK: 1,
  /** A block of rows that were stamped anew. */
  RENEWED: 2,
  /** A rule set, as the log holds it (`rule-record.ts`): in force once a message says so. */
  RULE_SET: 3,
  /** A `ToWorker`, as `node:v8` writes it. */
  MESSAGE: 4,
} as const;

/** A rule set as its files; every worker compiles it. */
export interface RuleFiles {
  readonly files: KnowledgeFiles;
  /** Event time from which it is in force. */
  readonly activeFrom: number;
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly ring: SharedArrayBuffer;
  readonly index: number;
  readonly count: number;
  /** The set in force at the start. */
  readonly rules: RuleFiles;
  /** Seeds the hash of identifiers. Any two 32-bit integers. */
  readonly seed: readonly [number, number];
  /** Without it everything stays in memory. */
  readonly state: StateFolder | undefined;
  /** Subjects of a kind, and rows, to make room for at the start. */
  readonly subjects?: number | undefined;
  readonly rows?: number | undefined;
  /** Optimise the generated code before the first block. */
  readonly warmUp: boolean;
}

/** A method of `Detection` with what it is given. */
export type ToWorker =
  | { readonly type: 'declare'; readonly institution: string; readonly fromMs: number }
  | {
      readonly type: 'cadence';
      readonly institution: string;
      readonly fromMs: number;
      readonly cadence: Cadence;
    }
  | { readonly type: 'watermark'; readonly timeMs: number; readonly institution: string | null }
  | { readonly type: 'drain' }
  | { readonly type: 'settle' }
  /** The sets of the timeline, by `ruleSetName`: the worker has been sent all of them, and forgets all others. */
  | { readonly type: 'rules'; readonly sets: readonly string[]; readonly fromMs: number }
  | { readonly type: 'touch'; readonly subjectKeys: readonly string[] }
  | Question;

/** Is answered by one message. */
export type Question =
  | { readonly type: 'evaluate' }
  | { readonly type: 'rowsOfKeys'; readonly keys: ReadonlySet<string> }
  | { readonly type: 'silentReadings'; readonly questions: readonly SilentQuestion[] };

/** All versions of one rule's signals on one subject, as plain data. */
export interface RuleReport {
  /** `ruleVersionKey` of the rule: finds it among the rules of the same sets, compiled elsewhere. */
  readonly ruleKey: string;
  readonly versions: readonly SignalVersion[];
}

/** Everything that stands on a subject; nothing where signals were withdrawn. */
export interface SubjectReport {
  readonly subjectKey: string;
  readonly signals: readonly RuleReport[];
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'evaluated'; readonly reports: readonly SubjectReport[] }
  | { readonly type: 'rows'; readonly rows: readonly number[] }
  | { readonly type: 'readings'; readonly readings: readonly (readonly SilentReading[])[] }
  /** Its last word: an operating error, or what another error says of itself. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly params: ErrorParams }
  | { readonly type: 'failed'; readonly code: null; readonly detail: string };

/** What a set is called between pool and worker. */
export function ruleSetName({ sha256, activeFrom }: { sha256: string; activeFrom: number }): string {
  return `${sha256} ${activeFrom}`;
}
