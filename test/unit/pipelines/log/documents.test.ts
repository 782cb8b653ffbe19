import { describe, expect, test } from 'vitest';
import { blockBytes } from '../../../../pipelines/facts/block.ts';
import { DOCUMENTS_KEPT, Documents } from '../../../../pipelines/log/documents.ts';
import type { BlockLog } from '../../../../pipelines/log/port.ts';
import { decodeBlock } from '../../../../schemas/arrow.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { memoryColdFile } from '../../../support/memory-cold-file.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { transaction } from '../../../support/transactions.ts';

const tx = (id: string, terminal?: string): Transaction =>
  transaction({
    id,
    at: '2026-01-01T00:00:00Z',
    from: 'a',
    to: 'b',
    ...(terminal === undefined ? {} : { row: { terminal: { id: terminal, kind: 'atm' as const } } }),
  });
const many = (count: number, from = 0): Transaction[] => {
  const one = tx('');
  return Array.from({ length: count }, (_, i) => ({ ...one, id: `t${from + i}` }));
};
const docs = (rows: readonly Transaction[]) => rows.map((row) => JSON.stringify(row));

/** Documents over a log in memory, which counts what is read of it. */
function setUp() {
  const log = memoryLog();
  const renewed = memoryColdFile();
  let reads = 0;
  const readPart: BlockLog['readPart'] = (offset, start, length) => {
    reads++;
    return log.readPart(offset, start, length);
  };
  const documents = new Documents({ readPart }, renewed);
  return {
    documents,
    renewed,
    readsOf(work: () => void): number {
      const before = reads;
      work();
      return reads - before;
    },
    async block(rows: readonly Transaction[]): Promise<void> {
      const offset = log.end;
      const block = blockBytes(
        rows.map((row) => ({
          tx: row,
          hash: '0'.repeat(64),
          provided: new Set<string>(),
          revision: 0,
          blockOffset: offset,
        })),
      );
      await log.append('transactions', block);
      documents.addBlock(block, offset, rows.length);
    },
    record: () => log.append('reference', Buffer.from('{}')),
  };
}

describe('the document of a row', () => {
  test('is what its block holds, whatever lies between the blocks', async () => {
    const { documents, block, record } = setUp();
    const rows = [tx('1', 'renta'), tx('2'), tx('3', 'ñandú €'), tx('4'), tx('5')];
    await block(rows.slice(0, 3));
    await record();
    documents.addBlock(new Uint8Array(0), 2, 0);
    await block(rows.slice(3));
    expect(rows.map((_, row) => documents.of(row))).toEqual(rows);
    expect(rows.map((_, row) => documents.read(row))).toEqual(rows);
  });

  test('is the new one where the row was stamped anew, which is a row of its own', async () => {
    const { documents, block, renewed } = setUp();
    await block([tx('1'), tx('2')]);
    // Longer than what units are first read into.
    const long = tx('2', 'x'.repeat(10_000));
    documents.addRenewed(docs([tx('1', 'now'), long]));
    await block([tx('3')]);
    expect(Array.from({ length: 5 }, (_, row) => documents.of(row))).toEqual([
      tx('1'),
      tx('2'),
      tx('1', 'now'),
      long,
      tx('3'),
    ]);
    expect(renewed.units.size).toBe(2);
  });

  test.each([-1, 3])('there is none of row %d', async (row) => {
    const { documents, block } = setUp();
    expect(() => documents.of(0)).toThrow(RangeError);
    await block([tx('1'), tx('2'), tx('3')]);
    expect(() => documents.of(row)).toThrow(RangeError);
  });

  test('of a block that is none is refused when it comes', () => {
    const { documents } = setUp();
    expect(() => documents.addBlock(new Uint8Array(64).fill(7), 0, 1)).toThrow(
      expect.objectContaining({ code: 'RAS-ENGINE-BLOCK-CORRUPT' }),
    );
  });
});

describe('documents are kept as objects', () => {
  test('as long as they are asked for, the one asked for least lately goes', async () => {
    const { documents, block, readsOf } = setUp();
    const extra = 100;
    const half = (DOCUMENTS_KEPT + extra) / 2;
    await block(many(half));
    await block(many(half, half));
    const first = documents.of(0);
    expect(readsOf(() => expect(documents.of(0)).toBe(first))).toBe(0);
    const all = DOCUMENTS_KEPT + extra;
    // Every one is asked for once, the first again in between.
    for (let row = 1; row < all; row++) {
      documents.of(row);
      if (row === DOCUMENTS_KEPT / 2) documents.of(0);
    }
    const known = [0, ...Array.from({ length: DOCUMENTS_KEPT - 1 }, (_, i) => all - 1 - i)];
    expect(readsOf(() => known.forEach((row) => void documents.of(row)))).toBe(0);
    // All of the others are read again: no more than so many were kept.
    let readAgain = 0;
    for (let row = 1; row <= extra; row++) if (readsOf(() => documents.of(row)) > 0) readAgain++;
    expect(readAgain).toBe(extra);
  });

  test('not where they are only read', async () => {
    const { documents, block, readsOf } = setUp();
    await block(many(3));
    documents.read(1);
    expect(readsOf(() => expect(documents.read(1).id).toBe('t1'))).toBeGreaterThan(0);
    expect(readsOf(() => documents.of(1))).toBeGreaterThan(0);
    expect(readsOf(() => documents.read(1))).toBeGreaterThan(0);
  });

  test('equal to what the block was decoded to', async () => {
    const { documents, block } = setUp();
    const rows = many(5);
    await block(rows);
    const decoded = decodeBlock(
      blockBytes(
        rows.map((row) => ({
          tx: row,
          hash: '0'.repeat(64),
          provided: new Set<string>(),
          revision: 0,
          blockOffset: 0,
        })),
      ),
    );
    expect(rows.map((_, row) => documents.of(row))).toEqual(decoded.map((row) => row.tx));
  });
});
