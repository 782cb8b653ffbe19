import { describe, expect, test } from 'vitest';
import type { Seen } from '../../../../../pipelines/detect/hot/row-ledger.ts';
import { ColumnIngest, type ColumnsOptions } from '../../../../../pipelines/ingest/columns/column-ingest.ts';
import { PROVIDABLE } from '../../../../../pipelines/ingest/provided.ts';
import { LOG_LIMITS } from '../../../../../pipelines/log/port.ts';
import { simulate } from '../../../../../pipelines/simulate/simulate.ts';
import { decodeBlock } from '../../../../../schemas/arrow.ts';
import { type TransactionInput, transactionInput } from '../../../../../schemas/transaction.ts';
import { testContext, testRow } from '../../../../support/ingest.ts';

const LARGE: Pick<ColumnsOptions, 'blockRows' | 'blockBytes'> = {
  blockRows: LOG_LIMITS.BLOCK_ROWS,
  blockBytes: LOG_LIMITS.RECORD_BYTES,
};

function ingest(limits: Partial<typeof LARGE> = {}): ColumnIngest {
  return new ColumnIngest({
    context: testContext(),
    provided: new Set(PROVIDABLE),
    ...LARGE,
    ...limits,
    origin: {
      submissionId: 'sub_test',
      provided: 'canonical@1',
      hasTravel: false,
      coverageOf: () => 'full_account',
    },
  });
}

/** Rows through the ingest, as whoever reads a feed does it: the blocks' bytes. */
function blocksOf(columns: ColumnIngest, rows: Iterable<TransactionInput>): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const close = () => {
    const closed = columns.close();
    if (closed === null) return;
    blocks.push(closed.bytes(blocks.length));
    columns.reopen();
  };
  let line = 0;
  for (const row of rows) {
    expect(columns.takeInput(row, ++line)).toBeNull();
    if (columns.isFull) close();
    if (columns.keep()) close();
  }
  close();
  return blocks;
}

const idsOf = (block: Uint8Array) => decodeBlock(block).map(({ tx }) => tx.id);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => testRow({ id: `t${i}` }));

describe('a block closes', () => {
  test('when it has all its rows, or is asked to', () => {
    const columns = ingest({ blockRows: 3 });
    expect(columns.close()).toBeNull();
    expect(blocksOf(columns, numbered(7)).map(idsOf)).toEqual([
      ['t0', 't1', 't2'],
      ['t3', 't4', 't5'],
      ['t6'],
    ]);
    expect(columns.rows).toBe(0);
    expect(columns.close()).toBeNull();
  });

  test('before the row that it has no bytes left for, which then waits in the next one', () => {
    const rows = numbered(100).map((row, i) => (i % 3 === 0 ? { ...row, op: 'withdraw' as const } : row));
    const columns = ingest({ blockBytes: 32 * 1024 });
    const blocks = blocksOf(columns, rows).map(idsOf);
    expect(blocks.length).toBeGreaterThan(5);
    expect(blocks.flat()).toEqual(rows.map(({ id }) => id));
    expect([columns.composed, columns.documents]).toEqual([66, 34]);
  });

  test('with one row that is larger than a block', () => {
    expect(blocksOf(ingest({ blockBytes: 1 }), numbered(3)).map(idsOf)).toEqual([['t0'], ['t1'], ['t2']]);
  });

  test('hardly below the bytes that it may have: the estimate holds', () => {
    const { transactions } = simulate({ seed: 5, days: 28, transactions: 1_500 });
    const columns = ingest({ blockBytes: LOG_LIMITS.BLOCK_BYTES });
    const rows = [...transactions].map((row) => transactionInput.parse(row));
    const sizes = blocksOf(columns, rows).map((block) => block.length);
    const full = sizes.slice(0, -1);
    expect(full.length).toBeGreaterThan(1);
    expect(Math.max(...full)).toBeLessThanOrEqual(LOG_LIMITS.BLOCK_BYTES);
    expect(Math.min(...full)).toBeGreaterThan(0.85 * LOG_LIMITS.BLOCK_BYTES);
  });
});

describe('a row that was written is', () => {
  const nobody = { seen: (): Seen => 'new' };
  const seen = (columns: ColumnIngest, row: TransactionInput): Seen => {
    expect(columns.takeInput(row, 1)).toBeNull();
    return columns.seen(nobody);
  };
  const dear = { amount: '1500.01', ccy: 'MXN' };

  test.each([
    ['composed', {}],
    ['a document', { op: 'withdraw' as const }],
  ])('told apart from the kept rows of the open block where it is %s', (_how, form) => {
    const columns = ingest();
    const row = (changes: Partial<TransactionInput> = {}) => testRow({ ...form, ...changes });
    const kept = [
      row(),
      row({ version: 2, settled: dear }),
      row({ institution: 'bank-b' }),
      row({ id: 't2' }),
    ];
    for (const each of kept) {
      expect(seen(columns, each)).toBe('new');
      columns.keep();
    }
    for (const each of kept) {
      expect(seen(columns, each)).toBe('duplicate');
      columns.drop();
    }
    for (const each of [row({ settled: dear }), row({ version: 2 }), row({ id: 't2', settled: dear })]) {
      expect(seen(columns, each)).toBe('conflict');
      columns.drop();
    }
    expect(seen(columns, row({ version: 3 }))).toBe('new');
    columns.drop();
    // What was dropped is not there.
    expect(seen(columns, row({ version: 3, settled: dear }))).toBe('new');
    expect(columns.close()?.count).toBe(4);
    columns.reopen();
    // The log has the others now; this one was written over into the next block, and not kept yet.
    expect(columns.seen(nobody)).toBe('new');
    columns.keep();
    expect(seen(columns, kept[0] as TransactionInput)).toBe('new');
    columns.drop();
    expect(seen(columns, row({ version: 3, settled: dear }))).toBe('duplicate');
  });

  test('what the ledger says of its bytes, where it knows it', () => {
    const columns = ingest();
    columns.takeInput(testRow({ id: 'first' }), 1);
    columns.keep();
    const asked: unknown[] = [];
    columns.takeInput(testRow({ id: 'ñ 2', version: 7 }), 2);
    const words: number[] = [];
    const said = columns.seen({
      seen(institution, bytes, start, end, version, hash, at) {
        asked.push(institution, Buffer.from(bytes.subarray(start, end)).toString('utf8'), version);
        words.push(...hash.subarray(at, at + 4));
        return 'conflict';
      },
    });
    expect(said).toBe('conflict');
    expect(asked).toEqual(['bank-a', 'ñ 2', 7]);
    columns.keep();
    const stored = decodeBlock(columns.close()?.bytes(0) ?? new Uint8Array(0))[1]?.hash ?? '';
    expect(words.map((word) => word.toString(16).padStart(8, '0')).join('')).toBe(stored.slice(0, 32));
  });
});
