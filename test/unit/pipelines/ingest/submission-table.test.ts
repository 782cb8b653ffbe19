import { expect, test } from 'vitest';
import {
  claimOf,
  replayOf,
  SubmissionTable,
  stateOf,
} from '../../../../pipelines/ingest/submission/table.ts';
import type { NewRecord } from '../../../../pipelines/log/bus.ts';
import type { StateRecord, SubmissionState } from '../../../../schemas/submission.ts';

const ID = `sub_${'0'.repeat(26)}`;
const PARTITION = 3;
const claim = claimOf(
  {
    institution: 'bank-a',
    submissionId: ID,
    keyHash: '0'.repeat(64),
    sha256: '1'.repeat(64),
    bytes: 1,
    receivedMs: 0,
    mapping: 'canonical',
    onError: 'acceptValid',
    dryRun: false,
    chunks: { partition: 0, from: 0, to: 1, count: 1 },
  },
  PARTITION,
);
const result = {
  counts: { read: 2, accepted: 1, rejected: 1, duplicates: 0 },
  totals: [],
  rejectsByCode: {},
  faults: [],
  idsDerived: false,
};
const state = (name: SubmissionState, attempt: number, more: Partial<StateRecord> = {}) =>
  stateOf(
    {
      institution: 'bank-a',
      submissionId: ID,
      attempt,
      state: name,
      atMs: 1,
      result: name === 'validating' ? null : result,
      rejected: null,
      appended: {},
      ...more,
    },
    PARTITION,
  );
const replay = (attempt: number, nonce: string, mapping: string | null = null) =>
  replayOf(
    { institution: 'bank-a', submissionId: ID, attempt, mapping, codes: null, askedMs: 1 },
    PARTITION,
    nonce,
  );

function tableOf(...records: readonly NewRecord[]) {
  const table = new SubmissionTable();
  for (const [offset, { partition, key, headers = {}, value }] of records.entries())
    table.apply({ topic: 'submissions', partition, offset, key, headers, value });
  return table;
}
const pendingOf = (table: SubmissionTable) => [...table.pending(PARTITION)].length;

test('a submission is to be read until it has a result', () => {
  expect(pendingOf(tableOf(claim))).toBe(1);
  expect(pendingOf(tableOf(claim, state('validating', 1)))).toBe(1);
  const table = tableOf(claim, state('validating', 1), state('partially_accepted', 1));
  expect(pendingOf(table)).toBe(0);
  expect([...table.unprocessed()]).toHaveLength(1);
  expect([...tableOf(claim, state('accepted', 1), state('processed', 1)).unprocessed()]).toEqual([]);
});

test('of two who ask for a replay at the same time the first is answered, once', () => {
  const table = tableOf(
    claim,
    state('partially_accepted', 1),
    replay(2, 'a', 'first'),
    replay(2, 'b', 'second'),
  );
  expect(table.submission(ID)?.replay?.mapping).toBe('first');
  expect(pendingOf(table)).toBe(1);
  const done = tableOf(
    ...[claim, state('partially_accepted', 1), replay(2, 'a'), replay(2, 'b')],
    ...[state('validating', 2), state('accepted', 2)],
  );
  expect(pendingOf(done)).toBe(0);
  expect(done.submission(ID)?.settled?.attempt).toBe(2);
});

test('what a process that lost its partition still writes of an earlier attempt changes nothing', () => {
  const table = tableOf(
    ...[claim, state('partially_accepted', 1), replay(2, 'a'), state('accepted', 2)],
    ...[state('validating', 1), state('rejected', 1)],
  );
  expect(table.submission(ID)).toMatchObject({ state: { state: 'accepted', attempt: 2 }, replay: null });
  expect(pendingOf(table)).toBe(0);
});

test('a replay of what is not read yet, and records that are none of ours, are passed over', () => {
  const broken = { ...claim, value: Buffer.from('{') };
  const table = tableOf(
    broken,
    claim,
    replay(2, 'a'),
    { ...claim, key: 'x', headers: {} },
    { ...claim, key: null },
  );
  expect(table.size).toBe(1);
  expect(table.submission(ID)?.replay).toBeNull();
});
