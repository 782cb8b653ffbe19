/** The hot detector with what it holds beyond memory in a folder. */
import { HotDetector, type HotDetectorOptions } from '../../pipelines/detect/hot/hot-detector.ts';
import { openColdFile } from '../state/disk-cold-file.ts';
import type { Knowledge } from './knowledge.ts';

export interface HotDetectionOptions
  extends Pick<HotDetectorOptions, 'seed' | 'partition' | 'subjects' | 'rows'> {
  readonly knowledge: Pick<Knowledge, 'ruleSet' | 'evaluation'>;
  /** Without it everything stays in memory. */
  readonly state: StateFolder | undefined;
}

export interface StateFolder {
  /** Nobody else's. */
  readonly folder: string;
  /** Rows further behind the newest event time than this are read from disk. */
  readonly hotRowsMs: number;
  /** Subjects without an event for so long, by the newest event time, are kept on disk. */
  readonly idleMs: number;
}

export function openHotDetector({ knowledge, state, ...options }: HotDetectionOptions): HotDetector {
  const { ruleSet, evaluation } = knowledge;
  if (state === undefined) return new HotDetector({ ruleSet, evaluation, ...options });
  const { folder, hotRowsMs, idleMs } = state;
  return new HotDetector({
    ruleSet,
    evaluation,
    coldRows: { cold: openColdFile(folder, 'rows'), hotWindowMs: hotRowsMs },
    idle: { file: openColdFile(folder, 'subjects'), idleMs },
    ...options,
  });
}
