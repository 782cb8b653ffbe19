/** Rows that contradict a known one lie on `rejected`, once, with the place of their block; what repeats a row does not. */
import { expect, test } from 'vitest';
import { HotDetector } from '../../../../pipelines/detect/hot/hot-detector.ts';
import { ROW_OUTCOMES } from '../../../../pipelines/detect/hot/row-ledger.ts';
import { blockBytes } from '../../../../pipelines/facts/block.ts';
import { transactionHash } from '../../../../pipelines/ingest/canonical.ts';
import type { TopicRecord } from '../../../../pipelines/log/bus.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { contradictingRows, logRejects } from '../../../../services/ingest/rejected-log.ts';
import { RejectedRecords } from '../../../../services/worker/rejected-records.ts';
import { loadKnowledge } from '../../../../services/workspace/knowledge.ts';
import { testKeys } from '../../../support/ingest.ts';
import { memoryBus } from '../../../support/memory-bus.ts';
import { transaction } from '../../../support/transactions.ts';

const PARTITION = 2;
const at = '2026-01-05T12:00:00Z';

const blockOf = (rows: readonly Transaction[]) =>
  blockBytes(
    rows.map((tx) => ({
      tx,
      hash: transactionHash(tx),
      provided: new Set<string>(),
      revision: 0,
      blockOffset: 0,
    })),
  );
const row = (id: string, usdMinor: number) => transaction({ id, at, from: 'a', to: 'b', usdMinor });

test('the primary copy that says something else is told of once; a repetition and a new version are not', async () => {
  const { ruleSet, evaluation } = await loadKnowledge();
  const detector = new HotDetector({ ruleSet, evaluation, seed: [1, 2] });
  const bus = memoryBus();
  const { raw: rawKey } = testKeys;
  const markers: object[] = [];
  const outputs = { marker: async (marker: object) => void markers.push(marker) };
  const rejectsUntil = (transactions: number) =>
    new RejectedRecords({ partition: PARTITION, bus, outputs, rawKey, until: { transactions, signals: -1 } });
  const rejects = rejectsUntil(-1);
  const later = transaction({ id: 't2', version: 2, at, from: 'a', to: 'b', usdMinor: 9 });
  const blocks = [
    [row('t1', 100), row('t2', 200), row('t3', 300)],
    [row('t1', 100), row('t2', 201), row('t4', 400), later],
    [row('t3', 301), row('t1', 101)],
    [row('t1', 100)],
  ].map(blockOf);
  const records = blocks.map((value, offset): TopicRecord => {
    return {
      topic: 'transactions',
      partition: PARTITION,
      offset,
      key: null,
      headers: { kind: 'transactions' },
      value,
    };
  });
  const outcomes: Uint8Array[] = [];
  const said: boolean[] = [];
  for (const record of records) {
    const outcome = Uint8Array.from(detector.admit(record.value as Uint8Array));
    outcomes.push(outcome);
    said.push(await rejects.addContradicting(record, outcome));
  }
  await rejects.flush();
  expect(outcomes.map((each) => [...each].map((outcome) => ROW_OUTCOMES[outcome]))).toEqual([
    ['ok', 'ok', 'ok'],
    ['duplicate', 'reject', 'ok', 'ok'],
    ['reject', 'reject'],
    ['duplicate'],
  ]);
  expect(said).toEqual([false, true, true, false]);
  // A run that begins again says the same again, or, behind a marker, nothing.
  const again = rejectsUntil(1);
  for (const [i, record] of records.entries())
    await again.addContradicting(record, outcomes[i] as Uint8Array);
  await again.flush();
  const found = await logRejects(bus);
  expect(found.map(({ place, code }) => [place.partition, place.offset, code])).toEqual([
    [PARTITION, 1, 'RAS-ENGINE-CONFLICT'],
    [PARTITION, 2, 'RAS-ENGINE-CONFLICT'],
  ]);
  const rows = await Promise.all(found.map((reject) => contradictingRows({ bus, rawKey }, reject)));
  expect(rows).toEqual([
    [{ institution: 'bank_a', id: 't2', version: 1 }],
    [
      { institution: 'bank_a', id: 't3', version: 1 },
      { institution: 'bank_a', id: 't1', version: 1 },
    ],
  ]);
  // Nobody reads them without the key.
  for (const { begin, end } of await bus.ranges('rejected'))
    for await (const { key, value } of bus.read('rejected', PARTITION, begin, end))
      expect(`${key} ${Buffer.from(value ?? []).toString('latin1')}`).not.toContain('bank_a');
  expect(markers).toEqual([]);
});
