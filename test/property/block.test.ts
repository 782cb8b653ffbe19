import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalise, transactionHash } from '../../pipelines/ingest/canonical.ts';
import { type BlockRow, blockSchema, decodeBlock, encodeBlock } from '../../schemas/arrow.ts';
import { testContext, testOrigin, testRow } from '../support/ingest.ts';

const context = testContext();

const blockRow: fc.Arbitrary<BlockRow> = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
    version: fc.integer({ min: 1, max: 4_000_000_000 }),
    op: fc.constantFrom('put' as const, 'withdraw' as const),
    cents: fc.bigInt({ min: 0n, max: 2n ** 200n }),
    ccy: fc.constantFrom('MXN', 'JPY', 'ETH'),
    day: fc.integer({ min: 0, max: 9_999 }),
    text: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    line: fc.nat(),
    revision: fc.maxSafeNat(),
    blockOffset: fc.maxSafeNat(),
  })
  .map(({ id, version, op, cents, ccy, day, text, line, revision, blockOffset }) => {
    const amount = ccy === 'ETH' ? `${cents / 10n ** 18n}` : `${cents % 10n ** 12n}`;
    const row = testRow({
      id,
      version,
      op,
      settled: { amount: amount.slice(0, 40), ccy },
      occurredAt: new Date(Date.UTC(2000, 0, 1 + day)).toISOString(),
      ...(text === undefined ? {} : { purposeText: text }),
    });
    const result = canonicalise(row, { ...testOrigin, line }, context);
    if (!result.ok) throw new Error(JSON.stringify(result.rejects));
    return { tx: result.tx, hash: transactionHash(result.tx), revision, blockOffset };
  });

describe('blocks', () => {
  it('come back as they went in', () => {
    fc.assert(
      fc.property(fc.array(blockRow, { maxLength: 40 }), (rows) => {
        expect(decodeBlock(encodeBlock(rows))).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });

  it('carry in their columns what the documents say', () => {
    fc.assert(
      fc.property(fc.array(blockRow, { minLength: 1, maxLength: 20 }), (rows) => {
        const table = tableFromIPC(encodeBlock(rows));
        rows.forEach(({ tx, revision }, i) => {
          const cell = (name: string) => table.getChild(name)?.get(i) as unknown;
          expect(cell('institution')).toBe(tx.institution);
          expect(cell('id')).toBe(tx.id);
          expect(cell('version')).toBe(tx.version);
          expect(cell('revision')).toBe(BigInt(revision));
          expect(cell('withdrawn')).toBe(tx.op === 'withdraw' ? 1 : 0);
          expect(cell('event_time')).toBe(tx.stamp.eventTime);
          expect(cell('amount_minor')).toBe(tx.stamp.amountMinor);
          expect(cell('ref_usd_minor')).toBe(tx.stamp.usdMinor === null ? null : BigInt(tx.stamp.usdMinor));
          expect(cell('creditor_account')).toBe(tx.stamp.creditor.accountKey);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('have the columns of the store’s table, in its order', () => {
    const sql = readFileSync(
      new URL('../../schemas/clickhouse/0001-transactions.sql', import.meta.url),
      'utf8',
    );
    const table = sql.slice(sql.indexOf('EXISTS transactions ('), sql.indexOf(') ENGINE'));
    const names = [...table.matchAll(/^ {2}(\w+) /gm)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(20);
    expect(blockSchema.names).toEqual(names);
  });

  it('may be empty', () => expect(decodeBlock(encodeBlock([]))).toEqual([]));
});
