import { beforeEach, describe, expect, test } from 'vitest';
import { factsOf } from '../../../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../../../pipelines/facts/dictionary.ts';
import { FactStore } from '../../../../pipelines/facts/store.ts';
import { Ordering } from '../../../../pipelines/order/ordering.ts';
import { RowStates } from '../../../../pipelines/order/row-states.ts';
import { transaction } from '../../../support/transactions.ts';

const START = Date.UTC(2026, 0, 1);
const SECOND = 1_000;
const STREAM = { kind: 'stream', latenessMs: 5 * SECOND, silenceMs: 60 * SECOND } as const;
const NO_HASH = '0'.repeat(64);

let dictionary: FactDictionary;
let store: FactStore;
let states: RowStates;
let released: string[];
let sizes: number[];

beforeEach(() => {
  dictionary = new FactDictionary([1, 2]);
  store = new FactStore(dictionary);
  states = new RowStates();
  released = [];
  sizes = [];
});

function orderingOf(heldRowsMax?: number): Ordering {
  const ordering = new Ordering({
    store,
    states,
    release(rows, count) {
      sizes.push(count);
      for (const row of rows.subarray(0, count)) released.push(store.rowId(row));
    },
    ...(heldRowsMax === undefined ? {} : { heldRowsMax }),
  });
  ordering.declare(dictionary.textId('bank'), START, STREAM);
  return ordering;
}

/** Rows `id@second`; what goes on at once, then what the watermark has passed. */
function feed(ordering: Ordering, ...rows: readonly string[]): string[] {
  const batch = factsOf(
    rows.map((text) => {
      const [id = '', second] = text.split('@');
      const tx = transaction({
        institution: 'bank',
        id,
        at: new Date(START + Number(second) * SECOND).toISOString(),
        from: 'a',
        to: 'b',
        usdMinor: 100,
      });
      return { tx, hash: NO_HASH, provided: new Set<string>() };
    }),
    dictionary,
  );
  const first = store.append(batch);
  ordering.take(first, batch.rows);
  const straight: string[] = [];
  for (let row = first; row < first + batch.rows; row++)
    if (!states.isOut(row)) straight.push(store.rowId(row));
  ordering.go();
  return straight;
}

describe('rows of a stream', () => {
  test('wait for the watermark and go on in total order, whatever block they came in', () => {
    const ordering = orderingOf();
    expect(feed(ordering, 'b@10', 'a@10', 'c@7')).toEqual([]);
    expect(released).toEqual([]);
    feed(ordering, 'd@15', 'e@12.001');
    expect(released).toEqual(['c']);
    feed(ordering, 'f@17.002');
    expect(released).toEqual(['c', 'a', 'b', 'e']);
    ordering.drain();
    expect(released).toEqual(['c', 'a', 'b', 'e', 'd', 'f']);
    expect(ordering.counts).toEqual({ held: 6, reordered: 2, releasedEarly: 0, late: 0 });
  });

  test('that the watermark has passed go on at once and are counted', () => {
    const ordering = orderingOf();
    feed(ordering, 'a@10');
    expect(feed(ordering, 'b@4.999', 'c@5')).toEqual(['b']);
    expect(ordering.counts).toMatchObject({ held: 2, late: 1 });
  });

  test('before the institution streamed go on at once', () => {
    const ordering = orderingOf();
    expect(feed(ordering, 'a@-1', 'b@1')).toEqual(['a']);
    expect(ordering.counts).toMatchObject({ held: 1, late: 0 });
  });

  test('that were buried while they waited do not go on', () => {
    const ordering = orderingOf();
    feed(ordering, 'a@1', 'b@2');
    states.bury(0);
    ordering.drain();
    expect(released).toEqual(['b']);
  });

  test('go on early, the oldest first, when too many wait; none is lost', () => {
    const ordering = orderingOf(2);
    feed(ordering, 'a@3', 'b@1', 'c@2', 'd@4');
    expect(released).toEqual(['b', 'c']);
    expect(ordering.heldRows).toBe(2);
    ordering.drain();
    expect(released).toEqual(['b', 'c', 'a', 'd']);
    expect(ordering.counts).toMatchObject({ held: 4, releasedEarly: 2 });
  });

  test('go on with an empty block when the stream is silent', () => {
    const ordering = orderingOf();
    feed(ordering, 'a@1', 'b@0');
    ordering.tell(START + 61 * SECOND);
    ordering.go();
    expect(released).toEqual([]);
    ordering.tell(START + 61 * SECOND + 1);
    ordering.go();
    expect(released).toEqual(['b', 'a']);
  });

  test('are handed on in parts of bounded size', () => {
    const ordering = orderingOf();
    feed(ordering, ...Array.from({ length: 5_000 }, (_, i) => `r${i}@1`));
    ordering.drain();
    expect(sizes).toEqual([4_096, 904]);
    expect(new Set(released).size).toBe(5_000);
  });
});
