/**
 * What a line of the log may say. A line is an event of this list, and fields of this list whose values have the shape given
 * here; anything else is refused. So a name, an account, a pseudonym or a secret cannot get into a log by way of a message that
 * somebody composed or a field that somebody added.
 */
import { constants } from 'node:os';
import { REFUSAL_REASONS } from '../../pipelines/recovery/checkpoint.ts';
import { ERRORS } from '../../schemas/errors/index.ts';
import { TOPIC_NAMES } from '../../schemas/topics.ts';
import { STAGES, SUBMISSION_STATES, TABLES } from './labels.ts';

/** Event and what it means, for whoever reads the log. */
export const LOG_EVENTS = {
  'role.started': 'the role runs',
  'role.draining': 'asked to end; what was begun is finished',
  'role.ended': 'the role has ended',
  'role.failed': 'the role cannot go on',
  'role.silent': 'no answer from the log for too long; the process ends, to be started anew',
  'history.incomplete': 'rows that a partition was made of are not in the store any more',
  'partition.assigned': 'a partition came',
  'partition.revoked': 'a partition went',
  'partition.rebuilt': 'the state of a partition was built anew',
  'checkpoint.written': 'a checkpoint was written',
  'checkpoint.refused':
    'a checkpoint does not fit or is damaged; the one before is looked at, or the state is built anew',
  'checkpoint.failed': 'a checkpoint could not be written; the one before stays',
  'record.rejected': 'a record of the log could not be read; it went to the rejected ones',
  'message.shortened':
    'a subject has more signals than can be told: the latest versions are; see the limits of the engine',
  'store.down': 'the store does not answer; consumption pauses',
  'store.up': 'the store answers again',
  'store.retried': 'a write is tried again',
  'migration.applied': 'a migration was applied',
  'rules.activated': 'another rule set is in force',
  'submission.received': 'a submission is durable',
  'submission.finished': 'a submission was validated',
  'submission.refused': 'a submission was refused',
  'request.served': 'a request was answered',
  'request.failed': 'a request failed',
  'retention.ran': 'retention deleted what was due',
  'tracing.started': 'spans are exported',
  'log.refused': 'a line was refused: it said what a line must not say',
} as const;
export type LogEvent = keyof typeof LOG_EVENTS;

const anyOf = (values: readonly string[]) => {
  const known = new Set(values);
  return (value: unknown) => typeof value === 'string' && known.has(value);
};
const shaped = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);
const number = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const flag = (value: unknown) => typeof value === 'boolean';

const ROLES = ['ingest', 'worker', 'api', 'cli'] as const;
/** A keyed or plain hash has 32 hex digits or more, and an account number as many digits: neither fits. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const ROUTE_WORDS: ReadonlySet<string> = new Set([
  ...[
    'v1',
    'feeds',
    ':institution',
    'submissions',
    ':submission',
    'report',
    'rejects',
    'receipts',
    'withdraw',
    'keys',
  ],
  ...['metrics', 'healthz', 'readyz', 'openapi', '*'],
]);
/** `/v1/feeds/:institution/submissions`: words of the list, so that a path with somebody's id in it is none. */
const isRoute = (value: unknown) =>
  typeof value === 'string' &&
  /^(\/[^/]+){1,8}$/.test(value) &&
  value
    .slice(1)
    .split('/')
    .every((word) => ROUTE_WORDS.has(word));

const SYSTEM_CODES: ReadonlySet<string> = new Set([
  ...Object.keys(constants.errno),
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Field and the check of its value. */
export const LOG_FIELDS = {
  role: anyOf(ROLES),
  version: shaped(/^\d+\.\d+\.\d+(-[a-z0-9.]{1,20})?$/),
  requestId: shaped(UUID),
  code: anyOf(Object.keys(ERRORS)),
  topic: anyOf(TOPIC_NAMES),
  stage: anyOf(STAGES),
  table: anyOf(TABLES),
  file: shaped(/^\d{4}-[a-z0-9-]{1,60}\.sql$/),
  state: anyOf(SUBMISSION_STATES),
  /** Why a checkpoint was refused. */
  reason: anyOf(REFUSAL_REASONS),
  method: anyOf(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
  /** The pattern of a route, never the path that was asked for. */
  route: isRoute,
  signal: anyOf(['SIGTERM', 'SIGINT']),
  errorName: shaped(/^([A-Z][A-Za-z]{0,30})?Error$/),
  errorCode: (value: unknown) =>
    typeof value === 'string' && (SYSTEM_CODES.has(value) || /^ERR_[A-Z0-9_]{1,40}$/.test(value)),
  partition: number,
  offset: number,
  offsetTo: number,
  generation: number,
  rows: number,
  accepted: number,
  rejected: number,
  records: number,
  bytes: number,
  ms: number,
  count: number,
  attempt: number,
  status: number,
  port: number,
  pid: number,
  lag: number,
  replayed: flag,
  dryRun: flag,
} as const;
export type LogField = keyof typeof LOG_FIELDS;
export type LogValues = Partial<Record<LogField, string | number | boolean>>;

export interface Checked {
  readonly fields: LogValues;
  /** Names of fields that were refused; a name that is not in the list is not repeated either. */
  readonly refused: readonly string[];
}

/** What of `values` a line may say. */
export function checkedFields(values: Readonly<Record<string, unknown>>): Checked {
  const fields: LogValues = {};
  const refused: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(LOG_FIELDS, name)) refused.push('unknown');
    else if (!LOG_FIELDS[name as LogField](value)) refused.push(name);
    else fields[name as LogField] = value as string | number | boolean;
  }
  return { fields, refused };
}

/** What a line may say of an error: its code or its kind. Messages and stacks can quote a row. */
export function errorFields(error: unknown): LogValues {
  if (typeof error !== 'object' || error === null) return { errorName: 'Error' };
  const { name, code } = error as { name?: unknown; code?: unknown };
  return checkedFields(
    typeof code === 'string' && Object.hasOwn(ERRORS, code) ? { code } : { errorName: name, errorCode: code },
  ).fields;
}
