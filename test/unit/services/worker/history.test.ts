import { describe, expect, test } from 'vitest';
import { decodeBlock } from '../../../../schemas/arrow.ts';
import type { Transaction } from '../../../../schemas/transaction.ts';
import { type HistoryOptions, readHistory } from '../../../../services/worker/history.ts';
import { transaction } from '../../../support/transactions.ts';

interface Head {
  readonly offset: string;
  readonly kind: string;
  readonly rows: string;
  readonly doc: string;
}

const head = (offset: number, kind: string, rows = 0, doc = ''): Head => ({
  offset: `${offset}`,
  kind,
  rows: `${rows}`,
  doc,
});
const stored = (offset: number, place: number, id: string) => ({
  offset: `${offset}`,
  place,
  doc: JSON.stringify(transaction({ id, at: '2026-01-05T06:00:00Z', from: 'x', to: 'y' })),
  hash: 'ab'.repeat(32),
});

/** A store that has these records and rows; what it was asked for rows. */
function storeOf(heads: readonly Head[], rows: readonly ReturnType<typeof stored>[]) {
  const asked: [number, number][] = [];
  const store: HistoryOptions['store'] = {
    async *streamRows<T>(sql: string, params: Readonly<Record<string, unknown>> = {}) {
      const [from, until] = [Number(params['from']), Number(params['until'])];
      const isRows = sql.includes('t.doc');
      if (isRows) asked.push([from, until]);
      const found = (isRows ? rows : heads).filter(
        ({ offset }) => Number(offset) >= from && Number(offset) < until,
      );
      // One at a time: a batch of the store ends anywhere.
      for (const row of found) yield [row as T];
    },
  };
  return { store, asked };
}

const options = (store: HistoryOptions['store'], rowsMax = 100): HistoryOptions => ({
  store,
  log: 'transactions',
  partition: 4,
  providedBy: () => new Set(),
  rowsMax,
});

async function all(given: HistoryOptions, from: number, until: number) {
  const out: { offset: number; kind: string | undefined; ids: string[] | string | null; missing: number }[] =
    [];
  for await (const { record, missing } of readHistory(given, from, until)) {
    const { offset, headers, value } = record;
    const isRows = headers['kind'] === 'transactions' || headers['kind'] === 'copies';
    const ids =
      value === null
        ? null
        : isRows
          ? decodeBlock(value).map(({ tx: row }) => (row as Transaction).id)
          : Buffer.from(value).toString();
    out.push({ offset, kind: headers['kind'], ids, missing });
  }
  return out;
}

describe('a history', () => {
  test('records in their order, whatever their kind; a row stored twice is one; what is missing is counted', async () => {
    const { store } = storeOf(
      [
        head(3, 'rules', 0, '{}'),
        head(4, 'transactions', 3),
        head(5, ''),
        head(6, 'copies', 1),
        head(7, 'copies'),
        head(8, 'transactions', 1),
      ],
      [stored(4, 1, 'a'), stored(4, 1, 'a'), stored(4, 3, 'c'), stored(8, 1, 'd')],
    );
    expect(await all(options(store), 3, 9)).toEqual([
      { offset: 3, kind: 'rules', ids: '{}', missing: 0 },
      { offset: 4, kind: 'transactions', ids: ['a', 'c'], missing: 1 },
      { offset: 5, kind: undefined, ids: null, missing: 0 },
      { offset: 6, kind: 'copies', ids: null, missing: 1 },
      { offset: 7, kind: 'copies', ids: null, missing: 0 },
      { offset: 8, kind: 'transactions', ids: ['d'], missing: 0 },
    ]);
  });

  test('rows are asked for in bounded questions, none where there are none', async () => {
    const heads = [2, 2, 3, 0, 5, 0].map((rows, offset) => head(offset, 'copies', rows));
    const { store, asked } = storeOf(heads, []);
    await all(options(store, 4), 0, 6);
    expect(asked).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ]);
    const empty = storeOf([head(0, 'copies')], []);
    await all(options(empty.store), 0, 1);
    expect(empty.asked).toEqual([]);
  });

  test.each([
    ['none', [], 2],
    ['the first one gone', [3, 4, 5], 2],
    ['one gone in the middle', [2, 3, 5], 4],
    ['the last ones gone', [2, 3], 4],
  ])('a gap is said before anything is handed over: %s', async (_what, offsets, gap) => {
    const { store } = storeOf(
      offsets.map((offset) => head(offset, 'copies')),
      [],
    );
    await expect(readHistory(options(store), 2, 6).next()).rejects.toMatchObject({
      code: 'RAS-WORKER-HISTORY-GONE',
      params: { partition: 4, begin: 6, stored: gap },
    });
  });
});
