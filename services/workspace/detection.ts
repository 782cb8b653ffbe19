/** Detection for a workspace: what it holds beyond memory lies in the data folder. */
import { join } from 'node:path';
import type { Detection } from '../../pipelines/detect/detection.ts';
import { openColdFile } from '../state/disk-cold-file.ts';
import { PoolDetection } from '../threads/pool-detection.ts';
import { openHotDetector } from './hot-detection.ts';
import type { Knowledge } from './knowledge.ts';
import type { WorkspaceLimits } from './limits.ts';

export interface DetectionOptions {
  readonly knowledge: Knowledge;
  /** Scatters identifiers in memory; what is detected does not depend on it. */
  readonly seed: readonly [number, number];
  /** Folder for rows and subjects that leave memory. */
  readonly stateDir: string;
  readonly limits: Pick<WorkspaceLimits, 'hotRowsMs' | 'idleMs'>;
  /** Threads to work with, 1 .. THREADS_MAX: this one, and as many more that detect. */
  readonly threads: number;
}

/** @throws RastroError RAS-ENGINE-WORKER-LOST; RangeError on the number of threads */
export async function openDetection(options: DetectionOptions): Promise<Detection> {
  const { knowledge, seed, stateDir, limits, threads } = options;
  const { hotRowsMs, idleMs } = limits;
  if (threads === 1)
    return openHotDetector({ knowledge, seed, state: { folder: stateDir, hotRowsMs, idleMs } });
  return PoolDetection.start({
    knowledge,
    seed,
    workers: threads - 1,
    cold: openColdFile(stateDir, 'known'),
    stateOf: (index) => ({ folder: join(stateDir, `worker-${index + 1}`), hotRowsMs, idleMs }),
  });
}
