/** What the ingest role says of itself in numbers: never whose submissions they are. */
import type { FastifyInstance } from 'fastify';
import { SUBMISSION_STATES, type SubmissionResult } from '../../schemas/submission.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { SubmissionView } from './view.ts';

const MS_PER_SECOND = 1_000;
/** Topics of which the lag is told, by partition of `submissions` that the process has. */
const LAGS: readonly TopicName[] = ['feeds', 'identities', 'rejected', 'submissions'];

/** Counts at each scrape, over all submissions that are still kept; every ingest process says the same. */
export function watchSubmissions(metrics: Metrics, { table }: Pick<SubmissionView, 'table'>): void {
  metrics.onScrape(() => {
    const counts = new Map<string, number>(SUBMISSION_STATES.map((state) => [state, 0]));
    let bytes = 0;
    for (const { claim, state } of table.submissions()) {
      const name = state?.state ?? 'received';
      counts.set(name, (counts.get(name) ?? 0) + 1);
      bytes += claim.bytes;
    }
    for (const [state, count] of counts) metrics.set('rastro_submissions', { state }, count);
    metrics.set('rastro_submission_bytes', {}, bytes);
  });
}

/** Partitions that the process has, and the submissions of each that wait to be read, as lag of `feeds`. */
export function watchOwned(
  metrics: Metrics,
  { table }: Pick<SubmissionView, 'table'>,
  owned: () => ReadonlySet<number>,
): void {
  let before = new Set<number>();
  metrics.onScrape(() => {
    const now = new Set(owned());
    metrics.set('rastro_partitions_owned', { topic: 'submissions' }, now.size);
    for (const partition of now)
      metrics.set('rastro_lag_records', { topic: 'feeds', partition }, [...table.pending(partition)].length);
    for (const partition of before)
      if (!now.has(partition)) for (const topic of LAGS) metrics.forgetPartition(topic, partition);
    before = now;
  });
}

/** Requests by route and status, and connections that are open. */
export function watchRequests(metrics: Metrics, app: FastifyInstance): void {
  app.addHook('onResponse', async ({ routeOptions }, reply) => {
    const labels = { route: routeOptions.url ?? '', status: reply.statusCode };
    metrics.observe('rastro_http_request_duration_seconds', labels, reply.elapsedTime / MS_PER_SECOND);
  });
  let open = 0;
  app.server.on('connection', (socket) => {
    open++;
    socket.once('close', () => {
      open--;
    });
  });
  metrics.onScrape(() => metrics.set('rastro_http_connections', {}, open));
}

/** What reading a submission came to. */
export function countResult(metrics: Metrics, { counts, rejectsByCode, faults }: SubmissionResult): void {
  metrics.count('rastro_rows_in_total', { topic: 'feeds' }, counts.read);
  for (const [code, rows] of Object.entries(rejectsByCode))
    metrics.count('rastro_rows_rejected_total', { code }, rows);
  for (const { code } of faults) metrics.count('rastro_rows_rejected_total', { code });
}
