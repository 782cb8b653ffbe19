/** The store takes a block of the log as it is: its columns become the table's, the facts beside them are passed over. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { blockBytes } from '../../../pipelines/facts/block.ts';
import { mergedBlocks } from '../../../services/store/block-merge.ts';
import { openStore } from '../../../services/store/client.ts';
import { migrate } from '../../../services/store/migrate.ts';
import { anyRow } from '../../support/fact-rows.ts';
import { startSuite } from './harness.ts';

const suite = await startSuite();
afterAll(() => suite?.cleanUp());

describe.skipIf(suite === undefined)('a block', () => {
  test('is a row of the table for each of its rows, word for word', async () => {
    const { server } = suite!;
    const store = openStore({ url: server.url, key: server.key });
    await migrate(store);
    const rows = fc.sample(anyRow, 300).map(({ tx, ...rest }, i) => ({
      ...rest,
      tx: { ...tx, id: `t${String(i).padStart(4, '0')}`, stamp: { ...tx.stamp, line: i + 1 } },
      revision: i + 2 ** 40,
      blockOffset: 17,
    }));
    await store.insertArrow('transactions', blockBytes(rows));
    const stored = await store.queryRows<Record<string, unknown>>(
      `SELECT * EXCEPT (event_time, amount_minor), toUnixTimestamp64Milli(event_time) AS event_time, toString(amount_minor) AS amount_minor
       FROM transactions ORDER BY id`,
    );
    expect(stored.length).toBe(rows.length);
    const text = (value: number | null) => (value === null ? null : String(value));
    const expected = rows.map(({ tx, hash, revision, blockOffset }) => ({
      institution: tx.institution,
      id: tx.id,
      version: tx.version,
      revision: String(revision),
      withdrawn: tx.op === 'withdraw' ? 1 : 0,
      event_time: String(tx.stamp.eventTime),
      precision: tx.stamp.precision,
      kind: tx.kind,
      rail: tx.rail,
      channel: tx.channel,
      instrument: tx.instrument,
      status: tx.status,
      amount_minor: tx.stamp.amountMinor,
      ccy: tx.stamp.ccy,
      ref_usd_minor: text(tx.stamp.usdMinor),
      ref_mxn_minor: text(tx.stamp.mxnMinor),
      ref_cad_minor: text(tx.stamp.cadMinor),
      rate_id: tx.stamp.rateId ?? '',
      debtor_account: tx.stamp.debtor.accountKey ?? '',
      creditor_account: tx.stamp.creditor.accountKey ?? '',
      debtor_holder: tx.stamp.debtor.holderKey ?? '',
      creditor_holder: tx.stamp.creditor.holderKey ?? '',
      submission_id: tx.stamp.submissionId,
      line: String(tx.stamp.line),
      block_offset: String(blockOffset),
      content_hash: hash,
      doc: JSON.stringify(tx),
    }));
    expect(stored).toEqual(expected);

    // Thin blocks and thick ones, with other dictionaries and other fact columns each, as one insert.
    await store.command('CREATE TABLE merged AS transactions');
    const cuts = [0, 1, 3, 120, 121, rows.length];
    const blocks = cuts.slice(1).map((until, i) => blockBytes(rows.slice(cuts[i], until)));
    await store.insertArrow('merged', mergedBlocks(blocks.map((bytes) => ({ bytes }))));
    const [differing] = await store.queryRows<{ n: string; merged: string }>(
      `SELECT count() AS n, (SELECT count() FROM merged) AS merged
       FROM (SELECT * FROM transactions EXCEPT SELECT * FROM merged)`,
    );
    expect(differing).toEqual({ n: '0', merged: String(rows.length) });
    await store.close();
  });
});
