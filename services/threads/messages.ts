/** What a pool and its workers say to each other. Blocks go through the ring; so does what must keep its place among them. */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';
import type { KnowledgeFiles } from '../workspace/knowledge.ts';
import type { SubjectReport } from './block-evaluator.ts';

/** Kinds of records in the ring of a worker. */
export const RECORD = { BLOCK: 1, DECLARE: 2, FLUSH: 3 } as const;

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
  /** The sets in force over time, in the order in which they were recorded. */
  readonly sets: readonly RuleFiles[];
  readonly seed: readonly [number, number];
  readonly subjects: number | undefined;
  readonly rows: number | undefined;
  readonly warmUp: boolean;
}

export interface Declaration {
  readonly institution: string;
  readonly fromMs: number;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | {
      readonly type: 'flushed';
      readonly reports: readonly SubjectReport[];
      /** Of every block since the last flush; from the first worker alone, since all of them say the same. */
      readonly outcomes: readonly Uint8Array[];
    }
  /** Its last word: an operating error, or what another error says of itself. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly params: ErrorParams }
  | { readonly type: 'failed'; readonly code: null; readonly detail: string };
