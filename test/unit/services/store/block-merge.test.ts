/** What goes to the store, read back with the library. */
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blockBytes } from '../../../../pipelines/facts/block.ts';
import { decodeBlock } from '../../../../schemas/arrow.ts';
import { TABLE_COLUMNS } from '../../../../schemas/block-layout.ts';
import { type MergedBlock, mergedBlocks } from '../../../../services/store/block-merge.ts';
import { anyRow } from '../../../support/fact-rows.ts';

/** A row with every field is large; what is looked at here are few of them. */
const RUNS = { numRuns: 20 };
const COLUMNS = Object.keys(TABLE_COLUMNS);

function rowsOf(batch: RecordBatch): Record<string, unknown>[] {
  return Array.from({ length: batch.numRows }, (_, row) =>
    Object.fromEntries(COLUMNS.map((name) => [name, batch.getChild(name)?.get(row)])),
  );
}

function read(stream: Uint8Array): { columns: string[]; rows: Record<string, unknown>[] } {
  const reader = RecordBatchReader.from(stream).open();
  return {
    columns: reader.schema.fields.map(({ name, nullable }) => `${name}${nullable ? '?' : ''}`),
    // A batch is read before the next one replaces its dictionaries.
    rows: [...reader].flatMap(rowsOf),
  };
}

const placed = fc.record({
  rows: fc.array(anyRow, { minLength: 1, maxLength: 9 }),
  offset: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
  shift: fc.nat({ max: 7 }),
});

describe('blocks as one stream', () => {
  test('are the rows of each in their order, column by column, at the offsets that their log has', () => {
    fc.assert(
      fc.property(fc.array(placed, { minLength: 1, maxLength: 4 }), (pieces) => {
        const blocks = pieces.map(({ rows, offset, shift }): MergedBlock => {
          const bytes = blockBytes(rows.map((row) => ({ ...row, revision: 3, blockOffset: 11 })));
          // As a view somewhere in a larger buffer, which is how records come.
          const held = new Uint8Array(bytes.length + shift).subarray(shift);
          held.set(bytes);
          return { bytes: held, offset };
        });
        const before = blocks.map(({ bytes }) => decodeBlock(bytes));
        const { columns, rows } = read(mergedBlocks(blocks));
        expect(columns).toEqual(
          Object.entries(TABLE_COLUMNS).map(([name, kind]) => `${name}${kind.endsWith('?') ? '?' : ''}`),
        );
        const expected = blocks.flatMap(({ bytes, offset }) =>
          [...RecordBatchReader.from(bytes)].flatMap(rowsOf).map((row) => ({
            ...row,
            ...(offset === undefined ? {} : { block_offset: BigInt(offset) }),
          })),
        );
        expect(rows).toEqual(expected);
        expect(blocks.map(({ bytes }) => decodeBlock(bytes))).toEqual(before);
      }),
      RUNS,
    );
  });

  test('a column that is another one is refused', () => {
    const [row] = fc.sample(anyRow, { numRuns: 1, seed: 1 });
    const bytes = blockBytes([{ ...(row as NonNullable<typeof row>), revision: 1, blockOffset: 0 }]);
    const at = Buffer.from(bytes).indexOf('event_time');
    const renamed = bytes.slice();
    renamed.set(Buffer.from('event_tome'), at);
    expect(() => mergedBlocks([{ bytes: renamed }])).toThrow(
      expect.objectContaining({ code: 'RAS-ENGINE-BLOCK-CORRUPT' }),
    );
    expect(() => mergedBlocks([])).toThrow(RangeError);
  });
});
