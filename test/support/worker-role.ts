/** The role of a worker as tests and benchmarks run it: in their process, with a disk of their own. */
import { join } from 'node:path';
import { deriveKeys } from '../../pipelines/ingest/keys.ts';
import { type WorkerConfig, workerConfig } from '../../schemas/config.ts';
import { Metrics } from '../../services/observe/metrics.ts';
import type { Tracing } from '../../services/observe/tracing.ts';
import type { WorkerOptions } from '../../services/worker/open-partition.ts';
import { WorkerRole } from '../../services/worker/role.ts';

const NO_TRACING: Tracing = { span: (_stage, _numbers, work) => work(), close: async () => undefined };

export interface TestWorker
  extends Pick<WorkerOptions, 'bus' | 'store' | 'knowledge' | 'log'>,
    Partial<Pick<WorkerOptions, 'keys' | 'metrics' | 'messages'>> {
  /** Its disk. */
  readonly folder: string;
  /** Default: rows do not wait for others, and a checkpoint is due whenever something came. */
  readonly config?: Partial<WorkerConfig>;
}

export function workerRole({ folder, config, ...options }: TestWorker): WorkerRole {
  return new WorkerRole({
    keys: deriveKeys(Buffer.alloc(32, 7)),
    metrics: new Metrics(),
    tracing: NO_TRACING,
    stateFolder: join(folder, 'state'),
    checkpointFolder: join(folder, 'checkpoints'),
    ...options,
    config: { ...workerConfig.parse({ insertLingerMs: 0 }), checkpointEveryMs: 0, ...config },
  });
}
