/** Closed lists that logs and metrics speak in: a label has no value that is not here, so that their number is bounded. */
import { LEFT_OUT } from '../../pipelines/engine/fitting.ts';
import { ERRORS } from '../../schemas/errors/index.ts';
import { TOPIC_NAMES } from '../../schemas/topics.ts';
import { SHARD_COLUMNS } from '../store/cluster-form.ts';

/** Where time goes. */
export const STAGES = [
  'receive',
  'decode',
  'validate',
  'route',
  'append',
  'fetch',
  'detect',
  'hold',
  'compose',
  'insert',
  'checkpoint',
  'restore',
] as const;
export type Stage = (typeof STAGES)[number];

export const TABLES: readonly string[] = Object.keys(SHARD_COLUMNS);

/** Parts of a partition's state: all but the blocks, which are on disk, in memory. */
export const STATE_PARTS = ['subjects', 'histories', 'rows', 'texts', 'blocks'] as const;
export type StatePart = (typeof STATE_PARTS)[number];

export const SUBMISSION_STATES = [
  'received',
  'validating',
  'accepted',
  'partially_accepted',
  'rejected',
  'processed',
  'refused',
] as const;

/** Paths of the ingest role, as they are declared: what stands for a parameter is no value. */
export const ROUTES = [
  '/v1/feeds/:institution/submissions',
  '/v1/feeds/:institution/submissions/:submissionId',
  '/v1/feeds/:institution/submissions/:submissionId/report',
  '/v1/openapi.json',
] as const;

const PARTITIONS_MAX = 1_024;
const partitions = (value: string) => /^\d{1,4}$/.test(value) && Number(value) < PARTITIONS_MAX;
const oneOf = (values: readonly string[]) => {
  const known = new Set(values);
  return (value: string) => known.has(value);
};

/**
 * Labels and their values. An institution is none: who submits how much is nobody's business who may read a dashboard, and
 * their number times the codes has no bound that we set.
 */
export const LABELS = {
  topic: oneOf(TOPIC_NAMES),
  partition: partitions,
  stage: oneOf(STAGES),
  table: oneOf(TABLES),
  code: oneOf(Object.keys(ERRORS)),
  part: oneOf(STATE_PARTS),
  left_out: oneOf(LEFT_OUT),
  state: oneOf(SUBMISSION_STATES),
  outcome: oneOf(['ok', 'failed', 'refused']),
  route: oneOf(ROUTES),
  status: (value: string) => /^[1-5]\d\d$/.test(value),
} as const;
export type Label = keyof typeof LABELS;

/** What a value that is not in the list of its label is counted as. */
export const OTHER = 'other';

export function boundedLabel(label: Label, value: string | number): string {
  const text = String(value);
  return LABELS[label](text) ? text : OTHER;
}
