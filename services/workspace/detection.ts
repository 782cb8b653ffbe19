/** Detection for a workspace: what it holds beyond memory lies in the data folder. */
import type { Detection } from '../../pipelines/detect/detection.ts';
import { HotDetector } from '../../pipelines/detect/hot/hot-detector.ts';
import { openColdFile } from '../state/disk-cold-file.ts';
import type { Knowledge } from './knowledge.ts';
import type { WorkspaceLimits } from './limits.ts';

export interface DetectionOptions {
  readonly knowledge: Knowledge;
  /** Scatters identifiers in memory; what is detected does not depend on it. */
  readonly seed: readonly [number, number];
  /** Folder for rows and subjects that leave memory. */
  readonly stateDir: string;
  readonly limits: Pick<WorkspaceLimits, 'hotRowsMs' | 'idleMs'>;
}

export function openDetection({ knowledge, seed, stateDir, limits }: DetectionOptions): Detection {
  const { ruleSet, evaluation } = knowledge;
  return new HotDetector({
    ruleSet,
    evaluation,
    seed,
    coldRows: { cold: openColdFile(stateDir, 'rows'), hotWindowMs: limits.hotRowsMs },
    idle: { file: openColdFile(stateDir, 'subjects'), idleMs: limits.idleMs },
  });
}
