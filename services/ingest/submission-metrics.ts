/** What the log knows of submissions, as numbers: without whose they are. */
import { SUBMISSION_STATES } from '../../schemas/submission.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { SubmissionView } from './view.ts';

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
