import { describe, expect, test } from 'vitest';
import { claimOf, SubmissionTable, stateOf } from '../../../../pipelines/ingest/submission/table.ts';
import type { ClaimRecord, StateRecord } from '../../../../schemas/submission.ts';
import { watchSubmissions } from '../../../../services/ingest/ingest-metrics.ts';
import { Metrics } from '../../../../services/observe/metrics.ts';

describe('submissions as numbers', () => {
  const claim = (id: string, bytes: number): ClaimRecord => ({
    institution: 'CA-001',
    submissionId: `sub_${id.repeat(26)}`,
    keyHash: id.repeat(64),
    sha256: 'a'.repeat(64),
    bytes,
    receivedMs: 1_767_225_600_000,
    mapping: 'generic',
    onError: 'acceptValid',
    dryRun: false,
    chunks: { partition: 0, from: 0, to: 0, count: 1 },
  });
  const read = (
    table: SubmissionTable,
    { partition, key, headers = {}, value }: ReturnType<typeof claimOf>,
  ) => table.apply({ topic: 'submissions', partition, offset: 0, key, headers, value });

  test('are counted by state at each scrape, with no institution and no id in them', async () => {
    const table = new SubmissionTable();
    const metrics = new Metrics();
    watchSubmissions(metrics, { table });
    const first = claim('a', 100);
    read(table, claimOf(first, 0));
    read(table, claimOf(claim('b', 50), 0));
    expect(await metrics.text()).toContain('rastro_submissions{state="received"} 2');
    const { institution, submissionId } = first;
    const state: StateRecord = {
      institution,
      submissionId,
      attempt: 1,
      atMs: 1_767_225_600_001,
      state: 'validating',
      result: null,
      rejected: null,
      appended: {},
    };
    read(table, stateOf(state, 0));
    const text = await metrics.text();
    expect(text).toContain('rastro_submissions{state="received"} 1');
    expect(text).toContain('rastro_submissions{state="validating"} 1');
    expect(text).toContain('rastro_submissions{state="rejected"} 0');
    expect(text).toContain('rastro_submission_bytes 150');
    expect(text).not.toMatch(/CA-001|sub_/);
  });
});
