/** Rows that have left memory say what they said there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { factsOf } from '../../pipelines/facts/batch.ts';
import { FactDictionary } from '../../pipelines/facts/dictionary.ts';
import { factEvent } from '../../pipelines/facts/event.ts';
import { COLUMN_AT } from '../../pipelines/facts/segment.ts';
import { FactStore, type FactStoreOptions } from '../../pipelines/facts/store.ts';
import {
  allocateFacts,
  FACT_COLUMNS,
  type FactBatch,
  type FactColumnName,
  FIELD_FACTS,
  STANDPOINTS,
} from '../../schemas/facts.ts';
import { anyRow, simulatedRows } from '../support/fact-rows.ts';
import { memoryColdFile } from '../support/memory-cold-file.ts';

const SEED = [3, 4] as const;
/** Every row leaves memory as soon as its page is full, whatever its time. */
const AT_ONCE = -1e15;

/** Everything that the store says of a row. */
function tellRow(store: FactStore, row: number): unknown {
  const members: number[][] = [];
  store.eachMember(row, (...member) => members.push(member));
  const events = STANDPOINTS.flatMap((standpoint) =>
    [2 * row, 2 * row + 1].map((leg) => {
      const event = factEvent(store, leg, standpoint);
      const fields = Object.keys(FIELD_FACTS[standpoint]) as (keyof (typeof FIELD_FACTS)['owner'])[];
      return fields.map((field) => event.fields[field]);
    }),
  );
  const { columns, rowMask } = store.home(row);
  const at = row & rowMask;
  return {
    members,
    events,
    id: store.rowId(row),
    version: store.versionOf(row),
    flags: store.flagsOf(row),
    sharedRef: store.sharedRefOf(row),
    wide: store.wideAmount(row),
    time: store.timeOf(row),
    institution: store.institutionOf(row),
    bank: [columns.bank[2 * at], columns.bank[2 * at + 1]],
  };
}

function storesOf(dictionary: FactDictionary, batches: readonly FactBatch[], options: FactStoreOptions) {
  const cold = new FactStore(dictionary, options);
  const hot = new FactStore(dictionary);
  for (const batch of batches) {
    cold.append(batch);
    hot.append(batch);
  }
  return { cold, hot };
}

/** The columns of the first segment, element by element, whatever array they lie in. */
function expectSameColumns(cold: FactStore, hot: FactStore): void {
  const [ours, theirs] = [cold.columns(0), hot.columns(0)];
  for (const [name, { per }] of Object.entries(FACT_COLUMNS)) {
    const places = per === 'leg' ? 131_072 : 65_536;
    const [column, expected] = [ours[name as 'time'], theirs[name as 'time']];
    let differing = 0;
    for (let i = 0; i < places; i++) if (!Object.is(column[i], expected[i])) differing++;
    expect([name, differing]).toEqual([name, 0]);
  }
}

describe('rows that have left memory', () => {
  test('say the same, in whatever order they are asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyRow, { minLength: 1, maxLength: 9 }), { minLength: 2, maxLength: 4 }),
        fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
        // Two pages that take any other's place, and many that have few places each.
        fc.constantFrom(2, 3, 40),
        (blocks, asked, cachePages) => {
          const dictionary = new FactDictionary(SEED);
          const batches = blocks.map((rows) => factsOf(rows, dictionary));
          const file = memoryColdFile();
          const { cold, hot } = storesOf(dictionary, batches, {
            cold: file,
            hotWindowMs: AT_ONCE,
            pageRows: cachePages === 40 ? 1 : 4,
            cachePages,
          });
          const before = hot.rows - (batches.at(-1)?.rows ?? 0);
          const words = Uint32Array.from(batches.flatMap(({ hash }) => [...hash]));
          expect(cold.coldRows).toBe(cachePages === 40 ? before : before - (before % 4));
          for (const draw of asked) {
            const row = draw % hot.rows;
            expect(tellRow(cold, row)).toEqual(tellRow(hot, row));
            const other = (draw >>> 8) % hot.rows;
            expect(Math.sign(cold.compareRows(row, other))).toBe(Math.sign(hot.compareRows(row, other)));
            const id = Buffer.from(hot.rowId(other), 'utf8');
            expect(cold.idEquals(row, id, 0, id.length)).toBe(hot.idEquals(row, id, 0, id.length));
            expect(hot.hashEquals(row, words, 4 * row)).toBe(true);
            expect(cold.hashEquals(row, words, 4 * row)).toBe(true);
            expect(cold.hashEquals(row, words, 4 * other)).toBe(hot.hashEquals(row, words, 4 * other));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('leave by age, a bounded number at a time, and take their segment with them', () => {
    const rows = simulatedRows(12, 1_200, 28).slice(0, 1_000);
    const dictionary = new FactDictionary(SEED);
    const batch = factsOf(rows, dictionary);
    const batches = Array.from({ length: 67 }, (_, i) => {
      const time = batch.columns.time.map((each) => each + i * 86_400_000);
      return { ...batch, columns: { ...batch.columns, time } };
    });
    const options = { cold: memoryColdFile(), hotWindowMs: 100 * 86_400_000 };
    const { cold, hot } = storesOf(dictionary, batches, options);
    // The feed spans 28 days, 67 days of it one behind the other: nothing is a hundred days old.
    expect(cold.coldRows).toBe(0);
    const later = {
      ...batch,
      columns: { ...batch.columns, time: batch.columns.time.map((each) => each + 1e11) },
    };
    cold.append(later);
    hot.append(later);
    const before = cold.bytes;
    let calls = 0;
    for (let last = -1; cold.coldRows !== last; calls++) {
      last = cold.coldRows;
      cold.append({ ...later, rows: 0 });
      expect(cold.coldRows - last).toBeLessThanOrEqual(4_096);
    }
    expect(calls).toBeGreaterThan(10);
    expect(cold.coldRows).toBe(66_992);
    expect(before - cold.bytes).toBeGreaterThan(65_536 * 80);
    for (let row = 0; row < 68_000; row += 997) expect(tellRow(cold, row)).toEqual(tellRow(hot, row));
    // A segment that is gone can still be had as a whole.
    expectSameColumns(cold, hot);
  });

  test('of a segment that lies on disk keep what is asked for; all else comes back when it is', () => {
    const rows = simulatedRows(12, 1_200, 28).slice(0, 1_000);
    const dictionary = new FactDictionary(SEED);
    const batch = factsOf(rows, dictionary);
    const batches = Array.from({ length: 200 }, () => batch);
    const hot = new FactStore(dictionary);
    const cold = new FactStore(dictionary, { cold: memoryColdFile() });
    cold.keep(new Set<FactColumnName>(['time', 'account', 'amount']));
    for (const each of batches) {
      hot.append(each);
      cold.append(each);
    }
    // All of it is of one month, two segments are on disk but for what was asked for, and the third is as it came.
    expect(cold.coldRows).toBe(0);
    const bytes = cold.bytes;
    expect(bytes / hot.bytes).toBeLessThan(0.6);
    const { account, amount } = cold.columns(0);
    expect(cold.bytes).toBe(bytes);
    expect([account[7], amount[7]]).toEqual([hot.columns(0).account[7], hot.columns(0).amount[7]]);
    // What is kept from now on is read back, and no more.
    cold.keep(new Set<FactColumnName>(['time', 'account', 'amount', 'channel']));
    const before = cold.bytes;
    expect(before - bytes).toBeGreaterThanOrEqual(2 * 65_536);
    expect(cold.columns(65_536).channel[5]).toBe(hot.columns(65_536).channel[5]);
    expect(cold.home(70_000).list[COLUMN_AT.channel]?.[5]).toBe(hot.columns(65_536).channel[5]);
    expect(cold.bytes).toBe(before);
    for (let row = 0; row < hot.rows; row += 1_999) expect(tellRow(cold, row)).toEqual(tellRow(hot, row));
    expectSameColumns(cold, hot);
    const into = Object.values(allocateFacts(2));
    cold.copyRow(3, into, 1);
    expect(into[COLUMN_AT.account]?.[2]).toBe(hot.columns(0).account[6]);
  });
});
