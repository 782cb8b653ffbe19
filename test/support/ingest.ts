/** What tests of ingest share: fixed keys, the shipped reference data, a small row to vary. */

import type { IngestContext } from '../../pipelines/ingest/canonical.ts';
import { Directory } from '../../pipelines/ingest/directory.ts';
import { deriveKeys } from '../../pipelines/ingest/keys.ts';
import { Pseudonymiser } from '../../pipelines/ingest/pseudonym.ts';
import type { Origin } from '../../pipelines/ingest/stamp.ts';
import { ZoneOffsets } from '../../pipelines/ingest/zone-offset.ts';
import { readReferenceFiles } from '../../rules/reference/files.ts';
import { loadReference } from '../../rules/reference/reference.ts';
import { type TransactionInput, transactionInput } from '../../schemas/transaction.ts';

export const TEST_SECRET = Buffer.alloc(32, 7);
export const testKeys = deriveKeys(TEST_SECRET);
export const testReference = loadReference(readReferenceFiles());
export const testOrigin: Origin = {
  submissionId: 'sub-1',
  line: 1,
  provided: 'canonical@1',
  coverage: 'full_account',
};

/** A fresh context: an empty directory, nothing yet seen by the vault. */
export function testContext(directory: Directory = new Directory()): IngestContext {
  return {
    pseudonyms: new Pseudonymiser(testKeys),
    directory,
    reference: testReference,
    zones: new ZoneOffsets(),
  };
}

/** A plain SPEI transfer with some fields of it replaced. */
export function testRow(changes: Partial<TransactionInput> = {}): TransactionInput {
  return transactionInput.parse({
    institution: 'bank-a',
    id: 't1',
    kind: 'transfer',
    rail: 'spei',
    channel: 'mobile',
    instrument: 'account',
    occurredAt: '2025-03-07T22:30:00-06:00',
    settled: { amount: '1500.00', ccy: 'MXN' },
    debtor: { account: { scheme: 'clabe', token: '002010077777777771', bank: 'bank-a' } },
    creditor: { account: { scheme: 'clabe', token: '012180015555555558', bank: 'bank-b' } },
    ...changes,
  });
}
