/** The hot detector with what it holds beyond memory in a folder. */
import { HotDetector, type HotDetectorOptions } from '../../pipelines/detect/hot/hot-detector.ts';
import type { CheckpointSource } from '../state/checkpoints.ts';
import { type DiskColdFile, openColdFile } from '../state/disk-cold-file.ts';
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

export interface SavedDetectionOptions extends HotDetectionOptions {
  readonly state: StateFolder;
  /** Where to go on from; default: from nothing. */
  readonly from?: CheckpointSource | undefined;
  /** Called where something on disk is not what was written. */
  readonly onDamage?: (() => void) | undefined;
}

/** A detector of which checkpoints can be taken. */
export interface SavedDetection {
  readonly detector: HotDetector;
  /** What a checkpoint of it refers to. */
  readonly cold: Readonly<Record<'rows' | 'subjects', DiskColdFile>>;
}

export function openHotDetector({ knowledge, state, ...options }: HotDetectionOptions): HotDetector {
  if (state !== undefined) return openSavedDetection({ knowledge, state, ...options }).detector;
  const { ruleSet, evaluation } = knowledge;
  return new HotDetector({ ruleSet, evaluation, ...options });
}

/** @throws CheckpointDamage, RastroError RAS-ENGINE-STATE-DAMAGED where it cannot go on from there; then nothing is left open */
export function openSavedDetection({ knowledge, state, ...given }: SavedDetectionOptions): SavedDetection {
  const { ruleSet, evaluation } = knowledge;
  const { from, onDamage, ...options } = given;
  const { folder, hotRowsMs, idleMs } = state;
  const open = (name: string) => openColdFile(folder, name, { from: from?.cold(name), onDamage });
  const opened: DiskColdFile[] = [];
  try {
    const rows = open('rows');
    opened.push(rows);
    const subjects = open('subjects');
    opened.push(subjects);
    const detector = new HotDetector({
      ruleSet,
      evaluation,
      coldRows: { cold: rows, hotWindowMs: hotRowsMs },
      idle: { file: subjects, idleMs },
      ...options,
      checkpoint: from?.image,
    });
    return { detector, cold: { rows, subjects } };
  } catch (error) {
    for (const file of opened) file.close();
    throw error;
  }
}
